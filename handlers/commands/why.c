/*
 * /heal why SERVICE|ID: why there is or is not an incident: every rule with its exact numbers and
 * its streaks, from the last scan; what holds it back; what money is left.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "handler.h"
#include "hold.h"
#include "incident.h"
#include "spark.h"
#include "str.h"

static const struct scan_row *find(const struct scan_row *rows, size_t n, const char *service)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(rows[i].service, service))
			return &rows[i];
	return NULL;
}

static const char *nearest(const struct scan_row *rows, size_t n, const char *word)
{
	const char *best = NULL;
	unsigned best_d = 5;

	for (size_t i = 0; i < n; i++) {
		unsigned d = str_distance(rows[i].service, word);

		if (d < best_d) {
			best_d = d;
			best = rows[i].service;
		}
	}
	return best;
}

static const char *lamp(const char *severity)
{
	return str_eq(severity, "none")       ? "•"
	       : str_eq(severity, "critical") ? ":red_circle:"
	                                      : ":large_yellow_circle:";
}

/* "bad in 2 of the last 3 scans, 2 of 3 open it", "good 1 of 3 to close". */
static void add_streak(struct str *b, const json *r, const struct settings *s)
{
	int bad = (int)json_int(r, ".bad", 0), good = (int)json_int(r, ".good", 0);

	if (json_bool(r, ".open", false))
		mrk_add(b, " _(open; good %d of %d in a row)_", good,
		        (int)json_int(r, ".close_at", s->scan.close_n));
	else if (json_int(r, ".recent", bad) > 0)
		mrk_add(b, " _(bad in %d of the last %d scans, %d open it)_",
		        (int)json_int(r, ".recent", bad), s->scan.open_m, s->scan.open_n);
	else if (good > 0)
		mrk_add(b, " _(good %d in a row)_", good);
}

static void add_rules(struct str *b, const json *view, const struct settings *s)
{
	json_each (r, json_get(view, ".rules")) {
		mrk_add(b, "%s %s: %s", lamp(json_str(r, ".severity", "none")),
		        json_str(r, ".signal", ""), json_str(r, ".rule", ""));
		add_streak(b, r, s);
		str_addc(b, '\n');
	}
	if (json_bool(view, ".grace", false))
		str_add(b, "A deployment was minutes ago: only crash loops count now.\n");
	if (json_bool(view, ".no_traffic", false))
		str_add(b, "No traffic: neither bad nor recovered.\n");
	if (json_bool(view, ".blind", false))
		str_add(b, "No samples in the window: nothing is judged.\n");
	mrk_add(b,
	        "An incident opens after %d of %d bad scans and closes after %d good ones with "
	        "traffic; what flaps must be good for longer.",
	        s->scan.open_n, s->scan.open_m, s->scan.close_n);
}

/* What holds a finding back: shadow mode, a maintenance window, another incident. */
static bool add_holds(struct wf *w, struct str *b, const struct scan_row *row, struct err *e)
{
	struct heal *h = wf_heal(w);
	const struct candidate *held;
	struct candidate *list;
	struct shadow shadow;
	struct mute *mutes;
	size_t n, nmutes;
	const struct mute *mute;

	if (!candidate_list(h->store, b->a, 0, &list, &n, e) ||
	        !mute_list(h->store, b->a, &mutes, &nmutes, e) ||
	        !shadow_get(h->store, b->a, h->settings, &shadow, e))
		return false;
	held = candidate_of(list, n, row->service_id);
	mute = mute_of(mutes, nmutes, row->service);
	if (mute) {
		str_add(b, "Muted until ");
		mrk_date(b, mute->until_ms, "{date_short_pretty} {time}");
		mrk_add(b, " by %s.\n", person_name(h, b->a, mute->by));
	}
	if (shadow.on)
		str_add(b, "Shadow mode: nothing is posted; `/heal live` ends it.\n");
	if (held && held->hold == HOLD_GROUP)
		mrk_add(b, "It fails together with others: part of *INC-%lld*.\n",
		        (long long)held->incident);
	else if (held)
		mrk_add(b, "Held back (%s): %s, would have opened %s ago.\n", hold_name(held->hold),
		        held->headline, clock_duration(b->a, clock_now_ms() - held->seen_ms));
	return true;
}

static bool add_incident(struct wf *w, struct str *b, const struct scan_row *row, struct err *e)
{
	int64_t id, now = clock_now_ms();
	struct incident *inc;

	if (!incident_of_service(wf_heal(w)->store, row->service_id, &id, e))
		return false;
	if (id == 0) {
		mrk_add(b, "*%s* has no open incident. Last judged %s ago.\n", row->service,
		        clock_duration(b->a, now - row->scanned_ms));
		return true;
	}
	inc = incident_get(wf_heal(w)->store, b->a, id, e);
	if (!inc)
		return false;
	mrk_add(b, "*%s* has *INC-%lld* (%s, %s)", row->service, (long long)id,
	        severity_name(inc->severity), incident_state_name(inc->state));
	if (inc->snoozed_until_ms == INT64_MAX) {
		str_add(b, ", snoozed until it gets worse");
	} else if (inc->snoozed_until_ms > now) {
		str_add(b, ", snoozed until ");
		mrk_date(b, inc->snoozed_until_ms, "{date_short_pretty} {time}");
	}
	if (inc->acked_by)
		str_add(b, ", acknowledged");
	str_add(b, ".\n");
	return true;
}

static bool add_money(struct wf *w, struct str *b, struct err *e)
{
	struct heal *h = wf_heal(w);
	double usd;

	if (!spend_sum(h->store, clock_now_ms() - 86400000, NULL, 0, &usd, e))
		return false;
	mrk_add(b, "\nSpent in the last 24 h: %s of %s.", num_usd(b->a, usd),
	        num_usd(b->a, h->settings->limits.day_usd));
	return true;
}

/* A service's name, or the incident's service. */
static bool which_service(struct wf *w, const struct call *c, const char **name, struct err *e)
{
	int64_t id = c->incident;
	struct incident *inc;

	if (c->argc > 0) {
		*name = c->argv[0];
		if (!str_starts(*name, "INC-") && strspn(*name, "0123456789") != strlen(*name))
			return true;
		id = strtoll(*name + (str_starts(*name, "INC-") ? 4 : 0), NULL, 10);
	}
	if (id <= 0)
		return err_set(e, ERR_INPUT, false, "why what? `/heal why api` or `/heal why 42`");
	inc = incident_get(wf_heal(w)->store, wf_arena(w), id, e);
	if (!inc)
		return false;
	*name = inc->service;
	return true;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, "Why");
	struct str b = str_new(a);
	const struct scan_row *row;
	struct scan_row *rows;
	const char *name = NULL, *near;
	size_t n;

	if (!which_service(w, c, &name, e) || !scan_load(h->store, a, NULL, &rows, &n, e))
		return false;
	row = find(rows, n, name);
	near = row ? NULL : nearest(rows, n, name);
	if (!row)
		return err_set(e, ERR_INPUT, false, "I know no service “%.60s”%s%s%s", name,
		        near ? "; did you mean “" : "; `/heal status` lists them", near ? near : "",
		        near ? "”?" : "");
	if (!add_incident(w, &b, row, e) || !add_holds(w, &b, row, e))
		return false;
	add_rules(&b, row->view, h->settings);
	if (!add_money(w, &b, e))
		return false;
	message_section(m, KEEP_ALWAYS, b.s);
	return reply(w, c, "reply", m, e);
}

const struct command cmd_why = {
        .name = "why",
        .args = "SERVICE|ID",
        .help = "why there is (not) an incident: exact numbers and rules",
        .example = "why api",
        .right = RIGHT_VIEWER,
        .run = run,
};
