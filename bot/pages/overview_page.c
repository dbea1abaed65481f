/* overview_page.c - the first page: what runs and waits, how the peers are, what needs a person. */
#include <inttypes.h>

#include "clock.h"
#include "incident.h"
#include "net/peers.h"
#include "pages/routes.h"
#include "pages/run_table.h"
#include "store/inbox.h"
#include "str.h"

enum { LISTED = 8 };

const void *overview_look(void *ctx, struct arena *a)
{
	const struct site *site = ctx;
	struct site_slack *s = ARENA_NEW(a, struct site_slack);

	if (site->slack)
		site->slack(site->slack_ctx, a, s);
	return s;
}

/* ---- figures --------------------------------------------------------------------------------- */

static void figure(struct page *p, const char *href, int64_t n, const char *words, bool alarm)
{
	html_open(&p->h, "a", "class", alarm && n ? "figure alarm" : "figure", "href", href, NULL);
	html_open(&p->h, "strong", NULL);
	html_ownf(&p->h, "%" PRId64, n);
	html_close(&p->h, "strong");
	html_own_in(&p->h, "span", NULL, words);
	html_close(&p->h, "a");
}

static void figures(struct page *p, size_t incidents)
{
	struct run_counts c = {0};
	struct err e = {0};

	if (!runs_count(p->site->store, &c, &e)) {
		page_trouble(p, &e);
		return;
	}
	html_open(&p->h, "div", "class", "figures", NULL);
	figure(p, "/incidents", (int64_t)incidents, "open incidents", true);
	figure(p, "/runs?state=running", c.running, "running", false);
	figure(p, "/queue", c.due_now, "due now", false);
	figure(p, "/queue", c.ready + c.queued - c.due_now, "waiting", false);
	figure(p, "/runs?state=paused", c.paused, "paused", true);
	figure(p, "/runs?state=failed", c.failed, "failed", true);
	figure(p, "/runs?state=done", c.done, "done", false);
	html_close(&p->h, "div");
}

/* ---- inbox and what is next ------------------------------------------------------------------ */

static void inbox(struct page *p)
{
	struct inbox_lag lag;
	struct err e = {0};

	if (!inbox_lag(p->site->store, &lag, &e)) {
		page_trouble(p, &e);
		return;
	}
	fact_own(p, "Inbox depth", arena_printf(p->a, "%" PRId64 " not yet handled", lag.waiting));
	fact_own(p, "Inbox lag",
	        lag.waiting ? part_duration(p->a, lag.oldest_ms) : "none: everything is handled");
	fact_own(p, "Received in 24 h",
	        arena_printf(p->a, "%" PRId64 " (%" PRId64 " repeated by Slack)", lag.received_24h,
	                lag.duplicates_24h));
}

static void next(struct page *p)
{
	struct run_timer_row *timers;
	struct run_counts c;
	struct err e = {0};
	size_t n;

	if (runs_timers(p->site->store, p->a, &timers, &n, &e))
		for (size_t i = 0; i < n && i < LISTED; i++) {
			fact_open(p, arena_printf(p->a, "Next %s", timers[i].name));
			part_time(p, timers[i].next_ms);
			fact_close(p);
		}
	if (runs_count(p->site->store, &c, &e)) {
		fact_open(p, "Next sleeping run");
		part_time(p, c.next_due_ms);
		fact_close(p);
		fact_own(p, "Most overdue",
		        c.due_now ? part_duration(p->a, c.oldest_due_ms) : "nothing is overdue");
	}
}

static void store_facts(struct page *p)
{
	struct store_stats st;

	store_stats(p->site->store, &st);
	fact_own(p, "Database",
	        arena_printf(p->a, "%s, log %s", part_bytes(p->a, st.db_bytes),
	                part_bytes(p->a, st.wal_bytes)));
	fact_own(p, "Disk free", part_bytes(p->a, st.free_bytes));
}

/* ---- peers ----------------------------------------------------------------------------------- */

static const char *const columns[] = {
        "Peer", "State", "Last answer", "*#Typical", "*#Requests", "*#Failures", NULL};

static void slack_link(struct page *p, const struct site_slack *s)
{
	if (!s || !s->used)
		return;
	row_open(p);
	cell_own(p, columns[0], "Slack Socket Mode");
	cell_open(p, columns[1]);
	part_state(p, s->up ? "connected" : "down");
	if (!s->up)
		html_text_in(&p->h, "small", NULL, s->trouble);
	cell_close(p);
	cell_open(p, columns[2]);
	part_time(p, s->since_ms);
	cell_close(p);
	for (int i = 3; i < 6; i++)
		cell_own(p, columns[i], "");
	row_close(p);
}

static void peer(struct page *p, const struct peer *peer)
{
	row_open(p);
	cell_open(p, columns[0]);
	html_own(&p->h, peer->name);
	html_text_in(&p->h, "small", "wide", peer->host);
	cell_close(p);
	cell_open(p, columns[1]);
	part_state(p, !peer->requests ? "not asked yet" : peer->failing ? "failing" : "ok");
	if (peer->failing)
		html_text_in(&p->h, "small", NULL, peer->trouble);
	cell_close(p);
	cell_open(p, columns[2]);
	part_time(p, peer->last_good_ms);
	cell_close(p);
	cell_own(p, columns[3], peer->last_good_ms ? part_duration(p->a, peer->typical_ms) : "–");
	cell_own(p, columns[4], arena_printf(p->a, "%" PRId64, peer->requests));
	cell_own(p, columns[5], arena_printf(p->a, "%" PRId64, peer->failures));
	row_close(p);
}

static void peers(struct page *p)
{
	struct peer list[PEERS_MAX];
	size_t n = peers_list(p->a, list);

	part_open(p, "Peers");
	table_open(p, "Since the bot was started", columns);
	slack_link(p, p->q->seen);
	for (size_t i = 0; i < n; i++)
		peer(p, &list[i]);
	table_end(p);
	part_close(p);
}

/* ---- what needs a person --------------------------------------------------------------------- */

static void open_incidents(struct page *p, const struct incident *list, size_t n)
{
	static const char *const heads[] = {
	        "!Incident", "Service", "What", "State", "*Since", NULL};

	part_open(p, "Open incidents");
	if (n == 0)
		part_empty(p, "Nothing is open.");
	else
		table_open(p, "The worst on top", heads);
	for (size_t i = 0; i < n && i < LISTED; i++) {
		row_open(p);
		cell_open(p, heads[0]);
		html_link(&p->h, arena_printf(p->a, "/incidents/%" PRId64, list[i].id),
		        arena_printf(p->a, "INC-%" PRId64, list[i].id));
		cell_close(p);
		cell_text(p, heads[1], list[i].service);
		cell_text(p, heads[2], list[i].headline);
		cell_open(p, heads[3]);
		part_state(p, incident_state_name(list[i].state));
		cell_close(p);
		cell_open(p, heads[4]);
		part_time(p, list[i].began_ms);
		cell_close(p);
		row_close(p);
	}
	if (n)
		table_end(p);
	part_close(p);
}

static void lately(struct page *p, const char *heading, const char *state, const char *none)
{
	struct run_filter f = {.state = state, .limit = LISTED};
	struct run_row *rows;
	struct err e = {0};
	size_t n;

	part_open(p, heading);
	if (!runs_list(p->site->store, p->a, &f, &rows, &n, &e))
		page_trouble(p, &e);
	else if (n == 0)
		part_empty(p, none);
	else
		run_table(p, "Newest first", rows, n);
	part_close(p);
}

void overview_page(void *ctx, const struct page_request *q, struct page_answer *out)
{
	struct page p = page_begin(ctx, q, out, SECTION_OVERVIEW, "Overview");
	struct incident_filter f = {.which = "open", .limit = 500};
	struct incident *list = NULL;
	struct err e = {0};
	size_t n = 0;

	if (!incident_list(p.site->store, p.a, &f, &list, &n, &e))
		page_trouble(&p, &e);
	figures(&p, n);
	open_incidents(&p, list, n);
	lately(&p, "Failed runs", "failed", "None failed.");
	html_open(&p.h, "section", NULL);
	html_own_in(&p.h, "h2", NULL, "Queue and store");
	html_open(&p.h, "dl", "class", "facts", NULL);
	inbox(&p);
	next(&p);
	store_facts(&p);
	html_close(&p.h, "dl");
	html_close(&p.h, "section");
	peers(&p);
	lately(&p, "Latest runs", NULL, "Nothing has run yet.");
	page_end(&p);
}
