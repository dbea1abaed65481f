/* Incidents in a real database: states, timeline, fingerprints, reopening, fixes, ratings. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "incident/state.h"
#include "store/db.h"
#include "store/runs.h"
#include "store/store.h"
#include "str.h"

static bool nothing(struct wf *w, struct err *e)
{
	(void)w;
	(void)e;
	return true;
}

static const struct workflow publish = {
        .name = "publish", .version = 1, .run = nothing, .lane = WF_INTERACTIVE};
static const struct workflow *const workflows[] = {&publish, NULL};

struct ground {
	char dir[64];
	struct store *s;
	struct arena *a;
};

static int setup(void **state)
{
	struct ground *g = calloc(1, sizeof(*g));
	struct err e = {0};

	strcpy(g->dir, "/tmp/heal-incident-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	g->a = arena_new(0);
	g->s = store_open(arena_printf(g->a, "%s/heal.db", g->dir), STORE_OWN, &e);
	if (!g->s)
		fail_msg("%s", e.msg);
	runs_register(g->s, workflows);
	clock_fake(1700000000000);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct ground *g = *state;
	char cmd[128];

	clock_fake(0);
	store_close(g->s);
	arena_free(g->a);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", g->dir);
	assert_int_equal(system(cmd), 0);
	free(g);
	return 0;
}

static struct incident_new sample(struct arena *a)
{
	json *facts = json_obj(a);

	json_set_int(facts, "good", 0);
	return (struct incident_new){
	        .project_id = "p",
	        .environment_id = "e",
	        .environment = "production",
	        .service_id = "s1",
	        .service = "api",
	        .signal = SIGNAL_ERROR_RATE,
	        .severity = SEVERITY_CRIT,
	        .began_ms = clock_now_ms() - 60000,
	        .headline = "HTTP 5xx 12.4 %",
	        .facts = facts,
	        .channel = "C1",
	        .reopen_ms = 86400000,
	};
}

static int64_t open_one(struct ground *g, bool *opened)
{
	struct incident_new n = sample(g->a);
	struct err e = {0};
	int64_t id = 0;

	if (!incident_open(g->s, &n, &id, opened, &e))
		fail_msg("%s", e.msg);
	return id;
}

static void apply(struct ground *g, int64_t id, enum incident_event_kind kind, const char *actor)
{
	struct incident_event ev = {.kind = kind, .actor = actor};
	struct err e = {0};

	if (!incident_apply(g->s, id, &ev, &e))
		fail_msg("%s", e.msg);
}

static struct incident *get(struct ground *g, int64_t id)
{
	struct err e = {0};
	struct incident *inc = incident_get(g->s, g->a, id, &e);

	if (!inc)
		fail_msg("%s", e.msg);
	return inc;
}

static int64_t publishes(struct ground *g)
{
	struct run_filter f = {.workflow = "publish"};
	struct run_row *rows;
	struct err e = {0};
	size_t n;

	assert_true(runs_list(g->s, g->a, &f, &rows, &n, &e));
	return (int64_t)n;
}

static void opening_twice_is_one(void **state)
{
	struct ground *g = *state;
	bool first, second;
	int64_t a = open_one(g, &first), b = open_one(g, &second);

	assert_true(first);
	assert_false(second);
	assert_int_equal(a, b);
	assert_int_equal(get(g, a)->state, INCIDENT_OPEN);
	assert_int_equal(publishes(g), 1);
}

/* A step that is repeated after a crash: the same key, and nothing happens twice, even when the
 * state would refuse it by now. */
static void an_event_of_a_step_takes_effect_once(void **state)
{
	static const enum incident_event_kind kinds[] = {INCIDENT_EV_ASSIGNED, INCIDENT_EV_RESOLVED,
	        INCIDENT_EV_REOPENED, INCIDENT_EV_DISMISSED};
	struct ground *g = *state;
	struct timeline_row *rows;
	struct err e = {0};
	size_t before, n;
	int64_t id = open_one(g, &(bool){false});

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct incident_event ev = {.kind = kinds[i],
		        .actor = "U1",
		        .note = "U2",
		        .key = arena_printf(g->a, "run-%zu.change", i)};

		assert_true(incident_apply(g->s, id, &ev, &e));
		assert_true(incident_timeline(g->s, g->a, id, &rows, &before, &e));
		if (!incident_apply(g->s, id, &ev, &e))
			fail_msg("%s", e.msg);
		assert_true(incident_timeline(g->s, g->a, id, &rows, &n, &e));
		assert_int_equal(n, before);
	}
	assert_int_equal(get(g, id)->state, INCIDENT_DISMISSED);
}

static int audited;

static bool count_audit(struct db *db, void *arg, struct err *e)
{
	int64_t n = 0;
	bool ok = db_get_int(db, &n, NULL, "SELECT count(*) FROM audit", NULL, e);

	(void)arg;
	audited = (int)n;
	return ok;
}

static void who_did_it_is_written_once(void **state)
{
	struct ground *g = *state;
	struct err e = {0};

	for (int i = 0; i < 2; i++)
		assert_true(audit_add(g->s, "run-1.begin", "U1", "fix", 1, NULL, &e));
	assert_true(audit_add(g->s, "run-2.begin", "U1", "fix", 1, NULL, &e));
	assert_true(store_write(g->s, count_audit, NULL, &e));
	assert_int_equal(audited, 2);
}

static void comes_back_within_a_day_under_the_same_number(void **state)
{
	struct ground *g = *state;
	bool opened;
	int64_t id = open_one(g, &opened), later;

	apply(g, id, INCIDENT_EV_RECOVERED, NULL);
	assert_int_equal(get(g, id)->state, INCIDENT_RESOLVED);
	assert_string_equal(get(g, id)->how_ended, "auto");
	assert_int_equal(open_one(g, &opened), id);
	assert_true(opened);
	assert_int_equal(get(g, id)->reopened, 1);
	assert_null(get(g, id)->how_ended);
	apply(g, id, INCIDENT_EV_RECOVERED, NULL);
	clock_fake(clock_now_ms() + 2 * 86400000LL);
	later = open_one(g, &opened);
	assert_true(later != id);
	assert_int_equal(get(g, later)->previous, id);
	assert_int_equal(get(g, later)->occurrences_30d, 2);
}

static void dismissed_ones_are_not_opened_again_under_the_same_number(void **state)
{
	struct ground *g = *state;
	bool opened;
	int64_t id = open_one(g, &opened);

	apply(g, id, INCIDENT_EV_DISMISSED, "U1");
	assert_true(open_one(g, &opened) != id);
}

static void people_are_told_why_it_is_refused(void **state)
{
	struct ground *g = *state;
	struct incident_event ev = {.kind = INCIDENT_EV_FIX_STARTED, .actor = "U1"};
	struct err e = {0};
	bool opened;
	int64_t id = open_one(g, &opened);

	assert_false(incident_apply(g->s, id, &ev, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_non_null(strstr(e.msg, "no current diagnosis"));
	apply(g, id, INCIDENT_EV_RESOLVED, "U1");
	ev.kind = INCIDENT_EV_ACKED;
	assert_false(incident_apply(g->s, id, &ev, &e));
	assert_non_null(strstr(e.msg, "already resolved"));
	assert_false(incident_apply(g->s, 999, &ev, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void acks_and_naps_are_kept_and_repeatable(void **state)
{
	struct ground *g = *state;
	struct incident_event nap = {
	        .kind = INCIDENT_EV_SNOOZED, .actor = "U1", .until_ms = INT64_MAX};
	struct incident_event worse = {.kind = INCIDENT_EV_WORSE, .severity = SEVERITY_CRIT};
	struct err e = {0};
	struct timeline_row *rows;
	bool opened;
	int64_t id = open_one(g, &opened);
	size_t n;

	apply(g, id, INCIDENT_EV_ACKED, "U1");
	apply(g, id, INCIDENT_EV_ACKED, "U1");
	assert_string_equal(get(g, id)->acked_by, "U1");
	assert_true(incident_apply(g->s, id, &nap, &e));
	assert_true(get(g, id)->snoozed_until_ms == INT64_MAX);
	assert_true(incident_apply(g->s, id, &worse, &e));
	assert_int_equal(get(g, id)->snoozed_until_ms, 0);
	assert_true(incident_timeline(g->s, g->a, id, &rows, &n, &e));
	assert_int_equal(n, 4); /* opened, acknowledged (once), snoozed, worse */
	assert_string_equal(rows[1].kind, "acknowledged");
}

static struct fix_row fix_sample(struct ground *g, int64_t id, int n)
{
	return (struct fix_row){
	        .incident = id,
	        .n = n,
	        .state = "queued",
	        .repo = "acme/api",
	        .base = "main",
	        .branch = arena_printf(g->a, "heal/inc-%lld-%d", (long long)id, n),
	        .contract = json_obj(g->a),
	        .started_by = "U1",
	        .started_ms = clock_now_ms(),
	        .cost_usd = -1,
	};
}

static void diagnose(struct ground *g, int64_t id, const char *key)
{
	struct diagnosis d = {
	        .incident = id,
	        .plan = json_obj(g->a),
	        .plan_hash = "abc",
	        .evidence = json_arr(g->a),
	        .confidence = "medium",
	        .remedy = "code",
	        .model = "m",
	        .prompt_version = "diagnose.v1",
	        .cost_usd = 0.03,
	        .created_ms = clock_now_ms(),
	};
	struct err e = {0};
	int version = 0;

	if (!diagnosis_add(g->s, key, &d, true, &version, &e))
		fail_msg("%s", e.msg);
	assert_true(version > 0);
}

static void a_fix_asked_twice_is_one(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct fix_row f;
	bool opened;
	int64_t id = open_one(g, &opened);
	int n = 0;

	diagnose(g, id, "k1");
	diagnose(g, id, "k1");
	assert_int_equal(get(g, id)->diagnosis, 1);
	f = fix_sample(g, id, 1);
	assert_true(fix_begin(g->s, "run-1.begin", &f, 3, &n, &e));
	assert_true(fix_begin(g->s, "run-1.begin", &f, 3, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(get(g, id)->state, INCIDENT_FIXING);
	f.n = 2;
	assert_false(fix_begin(g->s, "run-2.begin", &f, 3, &n, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_non_null(strstr(e.msg, "being fixed"));
	assert_null(fix_get(g->s, g->a, id, 2, &e));
}

static void fixes_per_repository_are_capped(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct fix_row f;
	bool opened;
	int64_t id = open_one(g, &opened);
	int n;

	diagnose(g, id, "k1");
	f = fix_sample(g, id, 1);
	assert_true(fix_begin(g->s, "a", &f, 1, &n, &e));
	f.state = "failed";
	assert_true(
	        fix_update(g->s, &f, &(struct incident_event){.kind = INCIDENT_EV_FIX_FAILED}, &e));
	f = fix_sample(g, id, 2);
	assert_true(fix_begin(g->s, "b", &f, 1, &n, &e));
	assert_int_equal(n, 2);
}

/* Budgets of what waits or runs are promised; what a fix cost is one row, whoever tells it. */
static void fixes_promise_and_spend_once(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct fix_row f;
	json *contract = json_obj(g->a);
	double usd;
	bool opened, took;
	int64_t id = open_one(g, &opened);
	int n;

	diagnose(g, id, "k1");
	f = fix_sample(g, id, 1);
	json_set_num(contract, "budget_usd", 2);
	f.contract = contract;
	assert_true(fix_begin(g->s, "a", &f, 9, &n, &e));
	assert_true(fix_reserved(g->s, &usd, &e));
	assert_true(usd > 1.99 && usd < 2.01);
	/* One place on a host: nobody else is there; the second fix would find it taken. */
	assert_true(fix_take_host(g->s, id, 1, "b", 1, &took, &e));
	assert_true(took);
	assert_string_equal(json_str(fix_get(g->s, g->a, id, 1, &e)->contract, ".host", ""), "b");
	f = (struct fix_row){.incident = id, .n = 1, .state = "failed", .cost_usd = 0.5};
	assert_true(
	        fix_update(g->s, &f, &(struct incident_event){.kind = INCIDENT_EV_FIX_FAILED}, &e));
	assert_true(fix_reserved(g->s, &usd, &e));
	assert_true(usd < 0.01);
	for (int i = 1; i <= 2; i++)
		assert_true(fix_spend(g->s, id, 1, "U1", 0.25 * i, &e));
	assert_true(spend_sum(g->s, 0, "fix", id, &usd, &e));
	assert_true(usd > 0.49 && usd < 0.51);
}

/* A person resolved the incident while the agent worked: what became of the fix is kept all the
 * same, and it no longer counts as one under way in the repository. */
static void a_fix_ends_although_its_incident_is_over(void **state)
{
	struct ground *g = *state;
	struct incident_event failed = {.kind = INCIDENT_EV_FIX_FAILED};
	struct err e = {0};
	struct fix_row f;
	bool opened, moved = true;
	int64_t id = open_one(g, &opened);
	int n;

	diagnose(g, id, "k1");
	f = fix_sample(g, id, 1);
	assert_true(fix_begin(g->s, "a", &f, 1, &n, &e));
	assert_true(incident_apply(g->s, id,
	        &(struct incident_event){.kind = INCIDENT_EV_RESOLVED, .actor = "U1"}, &e));
	f = (struct fix_row){.incident = id, .n = 1, .state = "failed", .cost_usd = -1};
	assert_false(fix_update(g->s, &f, &failed, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_string_equal(fix_get(g->s, g->a, id, 1, &e)->state, "queued");
	assert_true(fix_settle(g->s, &f, &failed, &moved, &e));
	assert_false(moved);
	assert_string_equal(fix_get(g->s, g->a, id, 1, &e)->state, "failed");
	assert_int_equal(get(g, id)->state, INCIDENT_RESOLVED);
}

static void an_update_keeps_what_is_not_given(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct fix_row f, part = {.cost_usd = -1}, *got;
	bool opened;
	int64_t id = open_one(g, &opened);
	int n;

	diagnose(g, id, "k1");
	f = fix_sample(g, id, 1);
	assert_true(fix_begin(g->s, "a", &f, 0, &n, &e));
	part.incident = id;
	part.n = 1;
	part.session = "ses_1";
	part.cost_usd = 0.5;
	assert_true(fix_update(g->s, &part, NULL, &e));
	part = (struct fix_row){.incident = id, .n = 1, .pr_number = 7, .cost_usd = -1};
	assert_true(fix_update(g->s, &part, NULL, &e));
	got = fix_get(g->s, g->a, id, 1, &e);
	assert_non_null(got);
	assert_string_equal(got->session, "ses_1");
	assert_string_equal(got->state, "queued");
	assert_int_equal(got->pr_number, 7);
	assert_true(got->cost_usd > 0.49);
}

static void vote(struct ground *g, int64_t id, const char *user, const char *word, int64_t at_ms)
{
	struct err e = {0};

	assert_true(vote_set(g->s, &(struct vote){id, "diagnosis", 1, user, word, at_ms}, &e));
}

static void one_rating_per_person_the_latest_wins(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct vote_row *rows;
	struct vote_count *stats;
	bool opened;
	int64_t id = open_one(g, &opened);
	size_t n;

	diagnose(g, id, "k1");
	vote(g, id, "U1", "right", 10);
	vote(g, id, "U1", "wrong", 20);
	vote(g, id, "U1", "useless", 15); /* done before, handled later */
	vote(g, id, "U2", "right", 10);
	assert_true(vote_list(g->s, g->a, id, &rows, &n, &e));
	assert_int_equal(n, 2);
	assert_true(vote_stats(g->s, g->a, 0, &stats, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(stats[0].right, 1);
	assert_int_equal(stats[0].wrong, 1);
	assert_int_equal(stats[0].diagnoses, 1);
	assert_string_equal(stats[0].model, "m");
	vote(g, id, "U1", NULL, 30);
	vote(g, id, "U1", "right", 25); /* was given before it was taken back */
	assert_true(vote_list(g->s, g->a, id, &rows, &n, &e));
	assert_int_equal(n, 1);
}

static void lists_filter_and_order(void **state)
{
	struct ground *g = *state;
	struct incident_filter f = {.which = "open"};
	struct err e = {0};
	struct incident *list;
	bool opened;
	int64_t id = open_one(g, &opened);
	size_t n;

	assert_true(incident_list(g->s, g->a, &f, &list, &n, &e));
	assert_int_equal(n, 1);
	f.service = "API";
	assert_true(incident_list(g->s, g->a, &f, &list, &n, &e));
	assert_int_equal(n, 1);
	f.service = "other";
	assert_true(incident_list(g->s, g->a, &f, &list, &n, &e));
	assert_int_equal(n, 0);
	apply(g, id, INCIDENT_EV_RESOLVED, "U1");
	f = (struct incident_filter){.which = "resolved"};
	assert_true(incident_list(g->s, g->a, &f, &list, &n, &e));
	assert_int_equal(n, 1);
	f.which = "open";
	assert_true(incident_list(g->s, g->a, &f, &list, &n, &e));
	assert_int_equal(n, 0);
}

static void slots_find_their_incident(void **state)
{
	struct ground *g = *state;
	struct slot_row root = {.slot = "root", .channel = "C1", .ts = "1.2", .hash = UINT64_MAX};
	struct err e = {0};
	const char *slot;
	struct slot_row *rows;
	bool opened;
	int64_t id = open_one(g, &opened), found;
	size_t n;

	assert_true(slot_set(g->s, id, &root, &e));
	assert_string_equal(get(g, id)->root_ts, "1.2");
	assert_true(incident_of_message(g->s, g->a, "C1", "1.2", &found, &slot, &e));
	assert_int_equal(found, id);
	assert_string_equal(slot, "root");
	assert_true(incident_of_message(g->s, g->a, "C2", "1.2", &found, &slot, &e));
	assert_int_equal(found, 0);
	assert_true(slot_list(g->s, g->a, id, &rows, &n, &e));
	assert_true(rows[0].hash == UINT64_MAX);
}

static int64_t cured(struct ground *g)
{
	static const enum incident_event_kind story[] = {INCIDENT_EV_FIX_STARTED,
	        INCIDENT_EV_PR_OPENED, INCIDENT_EV_MERGED, INCIDENT_EV_VERIFYING,
	        INCIDENT_EV_VERIFIED};
	bool opened;
	int64_t id = open_one(g, &opened);

	apply(g, id, INCIDENT_EV_DIAGNOSING, NULL);
	diagnose(g, id, "cured");
	for (size_t i = 0; i < UNIT_LEN(story); i++)
		apply(g, id, story[i], "U1");
	return id;
}

static void a_proven_cure_is_found_again(void **state)
{
	struct ground *g = *state;
	int64_t before = cured(g), now;
	struct incident_new n = sample(g->a);
	struct err e = {0};
	struct diagnosis *d;
	bool opened;

	n.reopen_ms = 0;
	assert_true(incident_open(g->s, &n, &now, &opened, &e));
	assert_true(now != before);
	assert_null(diagnosis_cured(g->s, g->a, now, &e)); /* nobody said that it was right */
	assert_int_equal(e.code, ERR_NOT_FOUND);
	vote(g, before, "U1", "right", 1);
	d = diagnosis_cured(g->s, g->a, now, &e);
	assert_non_null(d);
	assert_int_equal(d->incident, before);
	assert_null(diagnosis_cured(g->s, g->a, before, &e)); /* not of itself */
	vote(g, before, "U2", "wrong", 2);
	assert_null(diagnosis_cured(g->s, g->a, now, &e)); /* people disagree */
}

static void money_is_counted_once_per_key(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	double usd;

	assert_true(spend_add(g->s, "a", 1, "diagnosis", NULL, 0.5, 10, &e));
	assert_true(spend_add(g->s, "a", 1, "diagnosis", NULL, 0.5, 10, &e));
	assert_true(spend_add(g->s, "b", 1, "fix", NULL, 1, 10, &e));
	assert_true(spend_sum(g->s, 0, NULL, 0, &usd, &e));
	assert_true(usd > 1.49 && usd < 1.51);
	assert_true(spend_sum(g->s, 0, "fix", 1, &usd, &e));
	assert_true(usd > 0.99 && usd < 1.01);
	assert_true(spend_sum(g->s, clock_now_ms() + 1, NULL, 0, &usd, &e));
	assert_true(usd == 0);
}

static void money_is_listed_by_what_it_was_spent_on(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct spend_row *rows;
	size_t n;

	assert_true(spend_add(g->s, "a", 0, "diagnosis", "U1", 0.5, 10, &e));
	assert_true(spend_add(g->s, "b", 0, "fix", "U2", 2, 20, &e));
	assert_true(spend_add(g->s, "c", 0, "lost", "U2", 9, 0, &e)); /* counted, never summed */
	assert_true(spend_by(g->s, g->a, 0, "person", &rows, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].name, "U2");
	assert_true(rows[0].fix_usd == 2 && rows[0].diagnosis_usd == 0 && rows[0].tokens == 20);
	assert_true(spend_by(g->s, g->a, 0, "day", &rows, &n, &e));
	assert_int_equal(n, 1);
	assert_true(rows[0].diagnosis_usd == 0.5 && rows[0].tokens == 30);
	assert_true(spend_by(g->s, g->a, 0, "service", &rows, &n, &e));
	assert_null(rows[0].name);
	assert_false(spend_by(g->s, g->a, 0, "moon", &rows, &n, &e));
	assert_int_equal(e.code, ERR_INPUT);
}

static void memory_survives(void **state)
{
	struct ground *g = *state;
	struct scan_row row = {.environment_id = "e",
	        .service_id = "s",
	        .service = "api",
	        .watch = "blob",
	        .watch_len = 4,
	        .scanned_ms = 5};
	struct err e = {0};
	struct scan_row *rows;
	json *v = json_obj(g->a);
	size_t n;

	row.view = v;
	assert_true(scan_save(g->s, &row, 1, &e));
	assert_true(scan_save(g->s, &row, 1, &e));
	assert_true(scan_load(g->s, g->a, "e", &rows, &n, &e));
	assert_int_equal(n, 1);
	assert_memory_equal(rows[0].watch, "blob", 4);
	json_set_int(v, "x", 3);
	assert_true(memo_set(g->s, "k", v, &e));
	assert_int_equal(json_int(memo_get(g->s, g->a, "k"), ".x", 0), 3);
	assert_true(memo_set(g->s, "k", NULL, &e));
	assert_null(memo_get(g->s, g->a, "k"));
}

static void every_state_has_a_word_and_every_event_a_rule(void **state)
{
	(void)state;
	for (int s = 0; s < INCIDENT_STATE_COUNT; s++) {
		enum incident_state back;

		assert_true(
		        incident_state_parse(incident_state_name((enum incident_state)s), &back));
		assert_int_equal(back, s);
	}
	for (int ev = 0; ev < INCIDENT_EV_COUNT; ev++)
		assert_true(strlen(incident_event_name((enum incident_event_kind)ev)) > 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(opening_twice_is_one),
	        T(an_event_of_a_step_takes_effect_once),
	        T(who_did_it_is_written_once),
	        T(comes_back_within_a_day_under_the_same_number),
	        T(dismissed_ones_are_not_opened_again_under_the_same_number),
	        T(people_are_told_why_it_is_refused),
	        T(acks_and_naps_are_kept_and_repeatable),
	        T(a_fix_asked_twice_is_one),
	        T(fixes_promise_and_spend_once),
	        T(fixes_per_repository_are_capped),
	        T(a_fix_ends_although_its_incident_is_over),
	        T(an_update_keeps_what_is_not_given),
	        T(one_rating_per_person_the_latest_wins),
	        T(lists_filter_and_order),
	        T(slots_find_their_incident),
	        T(a_proven_cure_is_found_again),
	        T(money_is_counted_once_per_key),
	        T(money_is_listed_by_what_it_was_spent_on),
	        T(memory_survives),
	        cmocka_unit_test(every_state_has_a_word_and_every_event_a_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
