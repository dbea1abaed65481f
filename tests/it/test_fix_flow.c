/*
 * test_fix_flow.c - the bodies of a fix in the durable engine with a real store, against a real
 * OpenCode server: the bot restarts in the middle, the server is killed in the middle, and it is
 * done once all the same.
 *
 * Skipped where OpenCode is not installed (make deps).
 */
#include <pthread.h>
#include <time.h>

#include "clock.h"
#include "fix.h"
#include "flow/flow.h"
#include "heal.h"
#include "incident.h"
#include "redact.h"
#include "store/runs.h"
#include "store/store.h"
#include "str.h"
#include "unit/fixpeers.h"
#include "unit/unit.h"

/* --- the workflow: the bodies in their order --- */

static bool nothing(struct wf *w, struct err *e)
{
	(void)w;
	(void)e;
	return true;
}

static bool run_fix(struct wf *w, struct err *e)
{
	json *in = json_copy(wf_arena(w), wf_input(w));
	const json *got = wf_step(w, "check", fix_body_check, in, e);

	if (!got)
		return false;
	got = wf_step(w, "start", fix_body_start, in, e);
	if (!got)
		return false;
	json_set_str(in, "session", json_str(got, ".session", NULL));
	json_set_str(in, "message", json_str(got, ".message", NULL));
	got = wf_step(w, "follow", fix_body_follow, in, e);
	if (!got)
		return false;
	json_set(in, "claim", json_get(got, ".claim"));
	json_set(in, "end", got);
	got = wf_step(w, "publish", fix_body_publish, in, e);
	if (!got)
		return false;
	json_set(in, "published", got);
	got = wf_step(w, "verify", fix_body_verify, in, e);
	if (!got)
		return false;
	json_set_int(in, "number", json_int(got, ".pr.number", 0));
	json_set(in, "outcome", got);
	if (json_has(got, ".pr.number") && !wf_step(w, "pr", fix_body_pr, in, e))
		return false;
	wf_result(w, in);
	return true;
}

static const struct workflow wf_publish = {
        .name = "publish", .version = 1, .run = nothing, .lane = WF_INTERACTIVE};
static const struct workflow wf_try = {
        .name = "try", .version = 1, .run = run_fix, .lane = WF_BACKGROUND};
static const struct workflow *const workflows[] = {&wf_publish, &wf_try, NULL};

/* --- the bot, as far as it is needed --- */

struct bot {
	struct fixpeers *p;
	struct arena *a;
	char dir[300];
	struct settings settings;
	struct heal heal;
	struct flow *flow;
	pthread_t thread;
	struct redact *redact;
	int64_t incident, run;
	struct fix_contract c;
};

static void *work(void *arg)
{
	struct bot *b = arg;

	flow_work(b->flow, 0, &b->heal);
	return NULL;
}

static void start_bot(struct bot *b)
{
	struct err e = {0};
	struct flow_config c = {.workflows = workflows, .workers = 1};

	b->heal.store = store_open(arena_printf(b->a, "%s/heal.db", b->dir), STORE_OWN, &e);
	if (!b->heal.store)
		fail_msg("%s", e.msg);
	c.store = b->heal.store;
	b->flow = flow_new(&c, &e);
	if (!b->flow)
		fail_msg("%s", e.msg);
	assert_int_equal(pthread_create(&b->thread, NULL, work, b), 0);
}

static void stop_bot(struct bot *b)
{
	flow_stop(b->flow);
	pthread_join(b->thread, NULL);
	flow_free(b->flow);
	store_close(b->heal.store);
}

static void begin(struct bot *b, struct fixpeers *p, const char *tag)
{
	const char *tmp = getenv("TMPDIR");

	*b = (struct bot){.p = p, .a = arena_new(0), .redact = redact_new()};
	snprintf(b->dir, sizeof(b->dir), "%s/bot-%s.XXXXXX", tmp ? tmp : "/tmp", tag);
	assert_non_null(mkdtemp(b->dir));
	b->settings.opencode.poll_ms = 200;
	b->heal = (struct heal){
	        .settings = &b->settings,
	        .opencode = p->opencode,
	        .github = p->github,
	        .redact = b->redact,
	};
	start_bot(b);
}

static void end(struct bot *b)
{
	stop_bot(b);
	redact_free(b->redact);
	arena_free(b->a);
}

/* `before`: incidents of other services that came first, so that ids differ between the cases. */
static void hand_over(struct bot *b, int before)
{
	struct err e = {0};
	struct incident_new in = {
	        .project_id = "p",
	        .environment_id = "e",
	        .environment = "production",
	        .service_id = "s",
	        .service = "api",
	        .signal = SIGNAL_ERROR_RATE,
	        .severity = SEVERITY_CRIT,
	        .began_ms = clock_now_ms(),
	        .headline = "HTTP 5xx 94 %",
	        .facts = json_obj(b->a),
	        .channel = "C1",
	};
	struct fix_row row = {.state = "running", .started_by = "U1", .repo = "acme/api", .n = 1};
	struct wf_start st = {.workflow = "try"};
	json *input = json_obj(b->a);
	bool opened;
	int n = 1;

	for (int i = 0; i < before; i++) {
		in.service = in.service_id = arena_printf(b->a, "other-%d", i);
		assert_true(incident_open(b->heal.store, &in, &b->incident, &opened, &e));
	}
	in.service = "api";
	in.service_id = "s";
	if (!incident_open(b->heal.store, &in, &b->incident, &opened, &e) ||
	        !incident_apply(b->heal.store, b->incident,
	                &(struct incident_event){.kind = INCIDENT_EV_DIAGNOSING}, &e) ||
	        !incident_apply(b->heal.store, b->incident,
	                &(struct incident_event){.kind = INCIDENT_EV_DIAGNOSED}, &e))
		fail_msg("%s", e.msg);
	b->c = (struct fix_contract){
	        .incident = b->incident,
	        .n = n,
	        .service = "api",
	        .headline = "HTTP 5xx 94 %",
	        .repo = "acme/api",
	        .clone_url = arena_printf(b->a, "%s/git/acme/api.git", b->p->sandbox),
	        .base = "main",
	        .branch = fix_branch(b->a, b->incident, n),
	        .tests = "sh tests/run.sh",
	        .publish_cmd = "gh",
	        .plan_version = 1,
	        .plan_hash = "1234abcd",
	        .plan = "1. Release the connection of refused orders.",
	        .deadline_ms = clock_now_ms() + 300000,
	        .agent = "heal",
	        .model = "llm/sandbox",
	};
	row.incident = b->incident;
	row.base = b->c.base;
	row.branch = b->c.branch;
	row.contract = fix_contract_json(b->a, &b->c);
	row.deadline_ms = b->c.deadline_ms;
	row.started_ms = clock_now_ms();
	if (!fix_begin(b->heal.store, "k", &row, 3, &n, &e))
		fail_msg("%s", e.msg);
	json_set(input, "contract", row.contract);
	st.input = input;
	if (!flow_start(b->heal.store, &st, &b->run, &e))
		fail_msg("%s", e.msg);
}

static void nap(void)
{
	struct timespec t = {.tv_nsec = 50000000};

	nanosleep(&t, NULL);
}

static struct run_detail *look(struct bot *b)
{
	struct err e = {0};
	struct run_detail *d = run_get(b->heal.store, b->a, b->run, 0, &e);

	if (!d)
		fail_msg("%s", e.msg);
	return d;
}

/* Until the fix row shows that many turns, so that it is in the middle. */
static void until_turns(struct bot *b, int turns)
{
	struct err e = {0};

	for (int i = 0; i < 1200; i++) {
		struct fix_row *f = fix_get(b->heal.store, b->a, b->incident, 0, &e);

		assert_non_null(f);
		if (json_int(f->progress, ".turns", 0) >= turns)
			return;
		nap();
	}
	fail_msg("no progress");
}

static const json *result(struct bot *b)
{
	struct run_detail *d = NULL;

	const char *text;
	struct err e = {0};

	for (int i = 0; i < 2000; i++) {
		d = look(b);
		if (str_eq(d->run.state, "done") || str_eq(d->run.state, "failed"))
			break;
		nap();
	}
	if (!str_eq(d->run.state, "done"))
		fail_msg("%s: %s", d->run.state, str_or(d->run.error, ""));
	text = run_text(b->heal.store, b->a, b->run, "", RUN_OUTPUT, &e);
	assert_non_null(text);
	return json_parse(b->a, text, strlen(text), &e);
}

static void check_done(struct bot *b)
{
	const json *r = result(b);
	struct err e = {0};
	struct fix_row *f = fix_get(b->heal.store, b->a, b->incident, 0, &e);

	if (!str_eq(json_str(r, ".outcome.end", ""), "pr"))
		fail_msg("%s %s %s %s %s", json_print(b->a, json_get(r, ".published")),
		        json_str(r, ".end.end", "?"), json_str(r, ".end.why", "?"),
		        json_str(r, ".outcome.left", ""),
		        json_print(b->a, json_get(r, ".end.progress.steps")));
	assert_string_equal(json_str(r, ".end.claim.status", ""), "committed");
	assert_string_equal(json_str(r, ".claim.tests", ""), "passed");
	assert_true(json_num(r, ".end.cost_usd", 0) > 0);
	/* Once, whatever happened on the way. */
	assert_int_equal(fixpeers_effects(b->p, b->a, "pull request opened"), 1);
	/* The thread has something to show. */
	assert_non_null(f);
	assert_non_null(f->session);
	assert_true(json_bool(f->progress, ".tests.passed", false));
	assert_int_equal(json_len(json_get(f->progress, ".steps")), 7);
	assert_true(f->cost_usd > 0);
}

/* --- cases --- */

static void test_bot_restarts(void **state)
{
	struct fixpeers *p = *state;
	struct bot b;

	if (p->skip)
		skip();
	begin(&b, p, "restart");
	hand_over(&b, 0);
	for (int turns = 2; turns <= 6; turns += 2) {
		until_turns(&b, turns);
		stop_bot(&b);
		start_bot(&b);
	}
	check_done(&b);
	end(&b);
	fixpeers_control(p, b.a = arena_new(0), "reset", "{}");
	arena_free(b.a);
}

static void test_server_killed(void **state)
{
	struct fixpeers *p = *state;
	struct bot b;

	if (p->skip)
		skip();
	begin(&b, p, "killed");
	hand_over(&b, 7);
	until_turns(&b, 3);
	fixpeers_kill(p);
	for (int i = 0; i < 10; i++)
		nap();
	fixpeers_restart(p);
	check_done(&b);
	assert_true(json_int(result(&b), ".end.turns", 0) >= 10);
	end(&b);
	fixpeers_control(p, b.a = arena_new(0), "reset", "{}");
	arena_free(b.a);
}

static int setup(void **state)
{
	*state = fixpeers_start();
	return 0;
}

static int teardown(void **state)
{
	fixpeers_stop(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_bot_restarts),
	        cmocka_unit_test(test_server_killed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
