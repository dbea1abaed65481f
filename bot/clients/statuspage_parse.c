/* statuspage_parse.c - the answers of status pages, kind by kind. Pure; tested and fuzzed. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "statuspage.h"
#include "str.h"

#define TITLE_MAX      160
#define COMPONENT_MAX  60
#define COMPONENTS_MAX 12
#define BODY_MAX       (2u << 20)

const char *status_level_name(enum status_level l)
{
	switch (l) {
	case STATUS_UNKNOWN:
		return "unknown";
	case STATUS_OK:
		return "ok";
	case STATUS_MAINTENANCE:
		return "maintenance";
	case STATUS_INFO:
		return "info";
	case STATUS_MINOR:
		return "minor";
	case STATUS_MAJOR:
		return "major";
	case STATUS_CRITICAL:
		return "critical";
	}
	abort();
}

/* Words of all kinds; none is used with two meanings. */
static enum status_level level_of(const char *word, enum status_level unknown)
{
	static const struct {
		const char *word;
		enum status_level level;
	} words[] = {
	        {"none", STATUS_OK},
	        {"operational", STATUS_OK},
	        {"up", STATUS_OK},
	        {"ok", STATUS_OK},
	        {"green", STATUS_OK},
	        {"maintenance", STATUS_MAINTENANCE},
	        {"under_maintenance", STATUS_MAINTENANCE},
	        {"undermaintenance", STATUS_MAINTENANCE},
	        {"notice", STATUS_INFO},
	        {"low", STATUS_INFO},
	        {"minor", STATUS_MINOR},
	        {"degraded", STATUS_MINOR},
	        {"degraded_performance", STATUS_MINOR},
	        {"degradedperformance", STATUS_MINOR},
	        {"minoroutage", STATUS_MINOR},
	        {"hasissues", STATUS_MINOR},
	        {"yellow", STATUS_MINOR},
	        {"medium", STATUS_MINOR},
	        {"incident", STATUS_MINOR},
	        {"major", STATUS_MAJOR},
	        {"partial_outage", STATUS_MAJOR},
	        {"partialoutage", STATUS_MAJOR},
	        {"high", STATUS_MAJOR},
	        {"critical", STATUS_CRITICAL},
	        {"major_outage", STATUS_CRITICAL},
	        {"majoroutage", STATUS_CRITICAL},
	        {"downtime", STATUS_CRITICAL},
	        {"red", STATUS_CRITICAL},
	        {"outage", STATUS_CRITICAL},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_ieq(word, words[i].word))
			return words[i].level;
	}
	return unknown;
}

/* --- the report in the making --- */

struct making {
	struct arena *a;
	struct status_report *r;
	size_t ncomponents;
};

static const char *one_line(struct arena *a, const char *s, size_t max)
{
	char *c = str_clean(a, s, strlen(s), max);

	for (char *p = c; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return c;
}

static void worsen(struct making *m, enum status_level level)
{
	if (level > m->r->level)
		m->r->level = level;
}

/* An open problem. The title shown is that of the worst one, the first of equals. */
static void problem(struct making *m, enum status_level level, const char *title, const char *since)
{
	bool worst = level > m->r->level || !*m->r->title;

	worsen(m, level);
	if (!worst)
		return;
	m->r->title = one_line(m->a, title, TITLE_MAX);
	m->r->since_ms = 0;
	if (since)
		(void)clock_parse_rfc3339(since, &m->r->since_ms);
}

static void component(struct making *m, const char *name)
{
	if (!*name || m->ncomponents >= COMPONENTS_MAX)
		return;
	m->r->components[m->ncomponents++] = one_line(m->a, name, COMPONENT_MAX);
}

static bool over(const char *state)
{
	static const char *const words[] = {"resolved", "postmortem", "completed", "closed"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_ieq(state, words[i]))
			return true;
	}
	return false;
}

static const char *began(const json *j)
{
	return json_str(j, ".started_at",
	        json_str(j, ".started", json_str(j, ".created_at", json_str(j, ".begin", NULL))));
}

/* --- kinds; each returns false when the answer is not of its kind --- */

/* The indicator may say "none" while an incident is open: the worst of both counts. */
static bool statuspage(struct making *m, const json *j)
{
	const char *indicator = json_str(j, ".status.indicator", NULL);

	if (!indicator || !json_is_obj(json_get(j, ".page")))
		return false;
	worsen(m, level_of(indicator, STATUS_INFO));
	json_each (it, json_get(j, ".incidents")) {
		enum status_level l = level_of(json_str(it, ".impact", "none"), STATUS_INFO);

		if (!over(json_str(it, ".status", "")))
			problem(m, l < STATUS_INFO ? STATUS_INFO : l, json_str(it, ".name", ""),
			        began(it));
	}
	json_each (it, json_get(j, ".scheduled_maintenances")) {
		const char *state = json_str(it, ".status", "");

		if (str_eq(state, "in_progress") || str_eq(state, "verifying"))
			problem(m, STATUS_MAINTENANCE, json_str(it, ".name", ""), began(it));
	}
	json_each (it, json_get(j, ".components")) {
		if (!json_bool(it, ".group", false) &&
		        level_of(json_str(it, ".status", "operational"), STATUS_INFO) > STATUS_OK)
			component(m, json_str(it, ".name", ""));
	}
	return true;
}

static bool instatus(struct making *m, const json *j)
{
	const char *status = json_str(j, ".page.status", NULL);
	const json *components;

	if (!status || level_of(status, STATUS_UNKNOWN) == STATUS_UNKNOWN)
		return false;
	json_each (it, json_get(j, ".activeIncidents")) {
		enum status_level l = level_of(json_str(it, ".impact", ""), STATUS_INFO);

		if (!over(json_str(it, ".status", "")))
			problem(m, l < STATUS_INFO ? STATUS_INFO : l, json_str(it, ".name", ""),
			        began(it));
	}
	json_each (it, json_get(j, ".activeMaintenances"))
		problem(m, STATUS_MAINTENANCE, json_str(it, ".name", ""),
		        json_str(it, ".start", NULL));
	worsen(m, level_of(status, STATUS_INFO));
	components = json_get(j, ".components");
	if (json_is_obj(components))
		components = json_get(components, ".components");
	json_each (it, components) {
		if (level_of(json_str(it, ".status", "operational"), STATUS_INFO) > STATUS_OK)
			component(m, json_str(it, ".name", ""));
	}
	return true;
}

static bool betterstack(struct making *m, const json *j)
{
	const char *state = json_str(j, ".data.attributes.aggregate_state", NULL);

	if (!state || !str_eq(json_str(j, ".data.type", ""), "status_page"))
		return false;
	json_each (it, json_get(j, ".included")) {
		const char *type = json_str(it, ".type", "");
		const json *at = json_get(it, ".attributes");
		const char *s = json_str(at, ".aggregate_state", "");

		if (str_eq(type, "status_report") && *s && !over(s))
			problem(m, level_of(s, STATUS_INFO), json_str(at, ".title", ""),
			        json_str(at, ".starts_at", NULL));
		else if (str_eq(type, "status_page_resource") &&
		         level_of(json_str(at, ".status", "operational"), STATUS_INFO) > STATUS_OK)
			component(m, json_str(at, ".public_name", ""));
	}
	worsen(m, level_of(state, STATUS_INFO));
	return true;
}

static enum status_level statusio_level(int64_t code)
{
	if (code < 100)
		return STATUS_UNKNOWN;
	if (code < 200)
		return STATUS_OK;
	if (code < 300)
		return STATUS_MAINTENANCE;
	if (code < 400)
		return STATUS_MINOR;
	return code < 500 ? STATUS_MAJOR : STATUS_CRITICAL;
}

static bool statusio(struct making *m, const json *j)
{
	enum status_level l = statusio_level(json_int(j, ".result.status_overall.status_code", 0));

	if (l == STATUS_UNKNOWN)
		return false;
	json_each (it, json_get(j, ".result.incidents"))
		problem(m, l < STATUS_INFO ? STATUS_INFO : l, json_str(it, ".name", ""),
		        json_str(it, ".datetime_open", NULL));
	worsen(m, l);
	json_each (it, json_get(j, ".result.status")) {
		if (statusio_level(json_int(it, ".status_code", 100)) > STATUS_OK)
			component(m, json_str(it, ".name", ""));
	}
	return true;
}

static bool slack(struct making *m, const json *j)
{
	const char *status = json_str(j, ".status", NULL);
	const json *open = json_get(j, ".active_incidents");

	if (!status || !json_is_arr(open))
		return false;
	json_each (it, open) {
		problem(m, level_of(json_str(it, ".type", ""), STATUS_INFO),
		        json_str(it, ".title", ""), json_str(it, ".date_created", NULL));
		json_each (s, json_get(it, ".services"))
			component(m, json_str(s, "", ""));
	}
	worsen(m, str_eq(status, "ok") ? STATUS_OK : STATUS_INFO);
	return true;
}

static bool heroku(struct making *m, const json *j)
{
	const json *systems = json_get(j, ".status");

	if (!json_is_arr(systems) || !json_is_arr(json_get(j, ".incidents")))
		return false;
	json_each (it, systems) {
		enum status_level l = level_of(json_str(it, ".status", ""), STATUS_INFO);

		worsen(m, l);
		if (l > STATUS_OK)
			component(m, json_str(it, ".system", ""));
	}
	json_each (it, json_get(j, ".incidents")) {
		if (!over(json_str(it, ".state", "")))
			problem(m, m->r->level > STATUS_INFO ? m->r->level : STATUS_INFO,
			        json_str(it, ".title", ""), began(it));
	}
	return m->r->level != STATUS_UNKNOWN;
}

static bool firehydrant(struct making *m, const json *j)
{
	if (!json_is_arr(json_get(j, ".incidents")) || !json_is_arr(json_get(j, ".conditions")))
		return false;
	worsen(m, STATUS_OK);
	json_each (it, json_get(j, ".incidents")) {
		if (!over(json_str(it, ".state", json_str(it, ".status", ""))))
			problem(m, STATUS_MINOR, json_str(it, ".name", json_str(it, ".title", "")),
			        began(it));
	}
	return true;
}

/* A history: what has no end is open. */
static bool gcp(struct making *m, const json *j)
{
	if (!json_is_arr(j))
		return false;
	json_each (it, j) {
		enum status_level l = level_of(json_str(it, ".severity", ""), STATUS_INFO);

		if (!json_is_str(json_get(it, ".begin")))
			return false;
		if (json_has(it, ".end"))
			continue;
		problem(m, l, json_str(it, ".external_desc", ""), began(it));
		json_each (p, json_get(it, ".affected_products"))
			component(m, json_str(p, ".title", ""));
	}
	worsen(m, STATUS_OK);
	return true;
}

static const struct {
	enum status_kind kind;
	bool (*parse)(struct making *m, const json *j);
} kinds[] = {
        {STATUS_KIND_STATUSPAGE, statuspage},
        {STATUS_KIND_INSTATUS, instatus},
        {STATUS_KIND_BETTERSTACK, betterstack},
        {STATUS_KIND_STATUSIO, statusio},
        {STATUS_KIND_SLACK, slack},
        {STATUS_KIND_HEROKU, heroku},
        {STATUS_KIND_FIREHYDRANT, firehydrant},
        {STATUS_KIND_GCP, gcp},
};

bool statuspage_parse(struct arena *a, enum status_kind kind, const char *body, size_t n,
        struct status_report *out, struct err *e)
{
	const json *j;

	if (n > BODY_MAX)
		return err_set(e, ERR_PROTO, false, "the answer is too long for a status page");
	j = json_parse(a, body, n, e);
	if (!j)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct making m = {.a = a, .r = out};

		if (kind != STATUS_KIND_AUTO && kind != kinds[i].kind)
			continue;
		out->level = STATUS_UNKNOWN;
		out->title = "";
		out->since_ms = 0;
		out->components = ARENA_ARRAY(a, COMPONENTS_MAX + 1, const char *);
		if (kinds[i].parse(&m, j) && out->level != STATUS_UNKNOWN)
			return true;
	}
	out->level = STATUS_UNKNOWN;
	return err_set(
	        e, ERR_PROTO, false, "the answer is not that of a known kind of status page");
}
