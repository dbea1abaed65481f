/* healbot incidents, export, backup: what the store holds, beside a running bot. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/commands.h"
#include "clock.h"
#include "incident.h"
#include "spark.h"
#include "store/store.h"
#include "str.h"

enum { MAX_LISTED = 500 };

static int fail(const struct err *e)
{
	fprintf(stderr, "healbot: %s\n", e->msg);
	return e->code == ERR_CONFIG || e->code == ERR_INPUT ? EXIT_USAGE : EXIT_FAILED;
}

static struct store *look(struct cli *c, struct err *e)
{
	return store_open(c->settings->heal.db, STORE_LOOK, e);
}

/* --- incidents --- */

static void print_table(struct arena *a, const struct incident *list, size_t n)
{
	static const char *const heads[] = {"ID", "SERVICE", "WHAT", "SEVERITY", "STATE", "SINCE"};
	struct table *t = table_new(a);

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_column(t, heads[i], i == 0 ? TABLE_RIGHT : TABLE_LEFT, 48);
	for (size_t i = 0; i < n; i++) {
		table_cell(t, arena_printf(a, "%" PRId64, list[i].id));
		table_cell(t, list[i].service);
		table_cell(t, list[i].headline);
		table_cell(t, severity_name(list[i].severity));
		table_cell(t, incident_state_name(list[i].state));
		table_cell(t, clock_rfc3339(a, list[i].began_ms));
	}
	fputs(table_text(t, true, 0), stdout);
}

static json *incident_json(struct arena *a, const struct incident *inc)
{
	json *o = json_obj(a);

	json_set_int(o, "id", inc->id);
	json_set_str(o, "fingerprint", inc->fingerprint);
	json_set_str(o, "environment", inc->environment);
	json_set_str(o, "service", inc->service);
	json_set_str(o, "signal", signal_name(inc->signal));
	json_set_str(o, "state", incident_state_name(inc->state));
	json_set_str(o, "severity", severity_name(inc->severity));
	json_set_str(o, "headline", inc->headline);
	json_set_str(o, "began", clock_rfc3339(a, inc->began_ms));
	json_set_str(o, "opened", clock_rfc3339(a, inc->opened_ms));
	json_set_str(o, "ended", inc->ended_ms ? clock_rfc3339(a, inc->ended_ms) : NULL);
	json_set_str(o, "how_ended", inc->how_ended);
	json_set_str(o, "acked_by", inc->acked_by);
	json_set_int(o, "reopened", inc->reopened);
	json_set_int(o, "diagnosis", inc->diagnosis);
	json_set_str(o, "channel", inc->channel);
	json_set_str(o, "root_ts", inc->root_ts);
	return o;
}

int command_incidents(struct cli *c, int argc, char **argv)
{
	struct err e = {0};
	struct store *s = look(c, &e);
	struct incident_filter f = {
	        .which = cli_opt(c, "all") ? "all" : "open", .limit = MAX_LISTED};
	struct incident *list;
	size_t n;
	bool ok;

	(void)argc;
	(void)argv;
	if (!s)
		return fail(&e);
	ok = incident_list(s, c->arena, &f, &list, &n, &e);
	if (ok && cli_opt(c, "json")) {
		json *arr = json_arr(c->arena);

		for (size_t i = 0; i < n; i++)
			json_add(arr, incident_json(c->arena, &list[i]));
		puts(json_print_pretty(c->arena, arr));
	} else if (ok && n == 0) {
		puts("no incidents");
	} else if (ok) {
		print_table(c->arena, list, n);
	}
	store_close(s);
	return ok ? EXIT_OK : fail(&e);
}

/* --- export --- */

static bool add_timeline(struct store *s, struct arena *a, int64_t id, json *o, struct err *e)
{
	json *arr = json_set_arr(o, "timeline");
	struct timeline_row *rows;
	size_t n;

	if (!incident_timeline(s, a, id, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		json *r = json_add_obj(arr);

		json_set_str(r, "at", clock_rfc3339(a, rows[i].ts_ms));
		json_set_str(r, "what", rows[i].kind);
		json_set_str(r, "by", str_or(rows[i].actor, "heal"));
		json_set_str(r, "note", rows[i].note);
	}
	return true;
}

static void add_diagnoses(struct store *s, struct arena *a, const struct incident *inc, json *o)
{
	json *arr = json_set_arr(o, "diagnoses");
	struct err none = {0};

	for (int v = 1; v <= inc->diagnosis; v++) {
		struct diagnosis *d = diagnosis_get(s, a, inc->id, v, &none);
		json *r;

		if (!d)
			continue;
		r = json_add_obj(arr);
		json_set_int(r, "version", v);
		json_set(r, "plan", d->plan);
		json_set_str(r, "plan_hash", d->plan_hash);
		json_set(r, "evidence", d->evidence);
		json_set_str(r, "confidence", d->confidence);
		json_set_str(r, "prompt_version", d->prompt_version);
		json_set_str(r, "model", d->model);
		json_set_num(r, "cost_usd", d->cost_usd);
		json_set_str(r, "at", clock_rfc3339(a, d->created_ms));
	}
}

static void add_fixes(struct store *s, struct arena *a, const struct incident *inc, json *o)
{
	json *arr = json_set_arr(o, "fixes");
	struct err none = {0};

	for (int n = 1; n <= 99; n++) {
		struct fix_row *f = fix_get(s, a, inc->id, n, &none);
		json *r;

		if (!f)
			return;
		r = json_add_obj(arr);
		json_set_int(r, "n", n);
		json_set_str(r, "state", f->state);
		json_set_str(r, "repo", f->repo);
		json_set_str(r, "branch", f->branch);
		json_set(r, "contract", f->contract);
		json_set_str(r, "session", f->session);
		json_set_str(r, "pr", f->pr_url);
		json_set_num(r, "cost_usd", f->cost_usd);
		json_set_str(r, "error", f->error);
		json_set(r, "verification", f->verification);
	}
}

static bool add_votes(struct store *s, struct arena *a, int64_t id, json *o, struct err *e)
{
	json *arr = json_set_arr(o, "ratings");
	struct vote_row *rows;
	size_t n;

	if (!vote_list(s, a, id, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		json *r = json_add_obj(arr);

		json_set_str(r, "user", rows[i].user);
		json_set_str(r, "vote", rows[i].vote);
		json_set_str(r, "target", rows[i].target);
		json_set_int(r, "number", rows[i].number);
	}
	return true;
}

static json *export_json(struct store *s, struct arena *a, int64_t id, struct err *e)
{
	struct incident *inc = incident_get(s, a, id, e);
	json *o;

	if (!inc)
		return NULL;
	o = incident_json(a, inc);
	json_set(o, "facts", inc->facts);
	if (!add_timeline(s, a, id, o, e) || !add_votes(s, a, id, o, e))
		return NULL;
	add_diagnoses(s, a, inc, o);
	add_fixes(s, a, inc, o);
	return o;
}

int command_export(struct cli *c, int argc, char **argv)
{
	struct err e = {0};
	struct store *s = look(c, &e);
	const char *word = argc > 0 ? argv[0] : "";
	json *o;

	if (!s)
		return fail(&e);
	if (!strncasecmp(word, "INC-", 4))
		word += 4;
	o = export_json(s, c->arena, strtoll(word, NULL, 10), &e);
	if (o)
		puts(json_print_pretty(c->arena, o));
	store_close(s);
	return o ? EXIT_OK : fail(&e);
}

/* --- backup --- */

int command_backup(struct cli *c, int argc, char **argv)
{
	struct err e = {0};
	struct store *s = look(c, &e);
	bool ok = s && argc == 1 && store_backup(s, argv[0], &e);

	if (s)
		store_close(s);
	if (!ok)
		return fail(&e);
	printf("%s is a complete copy of %s\n", argv[0], c->settings->heal.db);
	return EXIT_OK;
}
