/*
 * /heal status: a health line per service from the last scan, worst first; open incidents above.
 * Asks nobody: what is shown is in the store, with its age.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "handler.h"
#include "incident.h"
#include "spark.h"
#include "str.h"

enum { MAX_LINES = 40 };

static int rank(const struct scan_row *r)
{
	const char *sev = json_str(r->view, ".severity", "none");

	return str_eq(sev, "critical") ? 2 : str_eq(sev, "warning");
}

static int worst_first(const void *pa, const void *pb)
{
	const struct scan_row *a = pa, *b = pb;

	if (rank(a) != rank(b))
		return rank(b) - rank(a);
	return strcmp(a->service, b->service);
}

static const char *lamp(const struct scan_row *r)
{
	static const char *const icons[] = {"●", "▲", "■"};

	if (json_bool(r->view, ".blind", false))
		return "?";
	return icons[rank(r)];
}

static void add_line(struct table *t, struct arena *a, const struct scan_row *r)
{
	const json *facts = json_get(r->view, ".facts");

	table_cell(t, lamp(r));
	table_cell(t, r->service);
	table_cell(t, num_share(a, facts_metric(facts, "error_rate")));
	table_cell(t, num_ms(a, facts_metric(facts, "p95")));
	table_cell(t, num_share(a, facts_metric(facts, "cpu")));
	table_cell(t, num_share(a, facts_metric(facts, "memory")));
}

static const char *lines(struct arena *a, struct scan_row *rows, size_t n, const char *only)
{
	static const char *const heads[] = {"", "service", "5xx", "p95", "cpu", "mem"};
	struct table *t = table_new(a);

	for (size_t i = 0; i < 6; i++)
		table_column(t, heads[i], i < 2 ? TABLE_LEFT : TABLE_RIGHT, i == 1 ? 24 : 0);
	qsort(rows, n, sizeof(*rows), worst_first);
	for (size_t i = 0; i < n; i++)
		if (!only || str_ieq(rows[i].service, only))
			add_line(t, a, &rows[i]);
	return table_text(t, true, MAX_LINES);
}

static bool add_open(struct wf *w, struct message *m, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct incident_filter f = {.which = "open", .limit = 10};
	struct str b = str_new(a);
	struct incident *list;
	size_t n;

	if (!incident_list(wf_heal(w)->store, a, &f, &list, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		mrk_add(&b, "%s *INC-%lld* %s · %s\n",
		        list[i].severity == SEVERITY_CRIT ? ":red_circle:"
		                                          : ":large_yellow_circle:",
		        (long long)list[i].id, list[i].service, list[i].headline);
	message_section(m, KEEP_HIGH, n ? b.s : ":large_green_circle: No open incident.");
	return true;
}

static void add_age(struct message *m, struct arena *a, const struct heal *h,
        const struct scan_row *rows, size_t n)
{
	int64_t newest = 0, now = clock_now_ms();

	for (size_t i = 0; i < n; i++)
		if (rows[i].scanned_ms > newest)
			newest = rows[i].scanned_ms;
	message_context(m, KEEP_NORMAL,
	        newest ? mrk(a, "last scan %s ago · every %s · window %s",
	                         clock_duration(a, now - newest),
	                         clock_duration(a, h->settings->scan.every_ms),
	                         clock_duration(a, h->settings->scan.window_ms))
	               : "No scan yet.");
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, "Status");
	struct scan_row *rows;
	size_t n;

	if (!scan_load(wf_heal(w)->store, a, NULL, &rows, &n, e) || !add_open(w, m, e))
		return false;
	if (n > 0)
		message_code(m, KEEP_NORMAL, lines(a, rows, n, c->argc > 0 ? c->argv[0] : NULL));
	add_age(m, a, wf_heal(w), rows, n);
	return reply(w, c, "reply", m, e);
}

const struct command cmd_status = {
        .name = "status",
        .args = "[service]",
        .help = "open incidents and a health line per service",
        .example = "status",
        .right = RIGHT_VIEWER,
        .run = run,
};
