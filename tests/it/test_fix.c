/*
 * test_fix.c - the hand-over against a real OpenCode server, real git over HTTP and the simulated
 * GitHub: the agent really clones, edits, tests, commits, pushes and opens the pull request. Only
 * its model is played (tests/sandbox/llm_agent.c).
 *
 * Skipped where OpenCode is not installed (make deps).
 */
#include <time.h>

#include "clock.h"
#include "fix.h"
#include "str.h"
#include "unit/fixpeers.h"
#include "unit/unit.h"

/* --- a fix --- */

struct run {
	struct fixpeers *p;
	struct arena *a;
	struct fix_contract c;
	struct fix_drive d;
	struct opencode_session *session;
	struct opencode_poll poll;
	struct fix_move move;
	struct fix_claim claim;
	struct fix_outcome outcome;
};

static void begin(struct run *r, struct fixpeers *p, int incident)
{
	struct err e = {0};
	const char *base, *version;

	*r = (struct run){.p = p, .a = arena_new(0)};
	r->c = (struct fix_contract){
	        .publish = FIX_BY_AGENT,
	        .incident = incident,
	        .n = 1,
	        .service = "api",
	        .headline = "HTTP 5xx 94 %",
	        .repo = "acme/api",
	        .clone_url = arena_printf(r->a, "%s/git/acme/api.git", p->sandbox),
	        .branch = fix_branch(r->a, incident, 1),
	        .base = "main",
	        .tests = "sh tests/run.sh",
	        .publish_cmd = "gh",
	        .plan_version = 1,
	        .plan_hash = "1234abcd",
	        .plan = "1. Release the connection of refused orders.",
	        .max_files = 20,
	        .max_lines = 800,
	        .budget_usd = 5,
	        .deadline_ms = clock_now_ms() + 300000,
	        .idle_ms = 60000,
	        .max_turns = 60,
	        .agent = "heal",
	        .model = "llm/sandbox",
	};
	if (!fix_contract_check(&r->c, &e) ||
	        !github_branch(p->github, r->a, r->c.repo, r->c.base, &base, &e) ||
	        !opencode_health(p->opencode, r->a, &version, &e) ||
	        !opencode_check(p->opencode, r->a, r->c.agent, r->c.model, &e))
		fail_msg("%s", e.msg);
}

static void hand_over(struct run *r)
{
	struct err e = {0};
	struct opencode_new_session n = {.title = fix_title(r->a, &r->c)};
	struct opencode_prompt prompt = {.agent = r->c.agent, .model = r->c.model};
	const char *version;

	assert_null(opencode_find(r->p->opencode, r->a, n.title, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	n.rules = fix_rules(r->a, &r->c, &n.nrules);
	r->session = opencode_create(r->p->opencode, r->a, &n, &e);
	if (!r->session)
		fail_msg("%s", e.msg);
	prompt.text = fix_prompt(r->a, &r->c, NULL, &version, &e);
	prompt.message_id = opencode_message_id(r->a, r->session->created_ms, n.title);
	assert_string_equal(version, "fix.v2");
	/* Twice, as after a lost answer: it runs once. */
	for (int i = 0; i < 2; i++)
		if (!opencode_prompt(r->p->opencode, r->a, r->session->id, &prompt, &e))
			fail_msg("%s", e.msg);
	r->d.prompts = r->d.sessions = 1;
	r->d.memory.prompt_id = prompt.message_id;
	r->d.memory.prompted_ms = clock_now_ms();
}

static void nap(int64_t ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* What fix_body_follow does, without a store. True when it is over. */
static bool step(struct run *r)
{
	static const struct opencode_timing quick = {.settle_ms = 1500};
	struct opencode_prompt prompt = {.agent = r->c.agent, .model = r->c.model};
	struct err e = {0};
	size_t n;

	if (!opencode_poll(
	            r->p->opencode, r->a, r->session->id, &r->d.memory, &quick, &r->poll, &e))
		fail_msg("%s", e.msg);
	fix_decide(r->a, &r->c, &r->poll, &r->d, 150, &r->move);
	r->d.progress = fix_progress(r->a, &r->c, &r->poll, r->d.progress, &r->d);
	switch (r->move.what) {
	case FIX_DO_PROMPT:
		n = r->poll.view.nmessages;
		prompt.text = r->move.text;
		prompt.message_id =
		        opencode_message_id(r->a, r->poll.view.messages[n - 1].created_ms,
		                arena_printf(r->a, "%d", r->d.prompts));
		assert_true(opencode_prompt(r->p->opencode, r->a, r->session->id, &prompt, &e));
		r->d.memory.prompt_id = prompt.message_id;
		r->d.memory.prompted_ms = clock_now_ms();
		break;
	case FIX_DO_ABORT:
		assert_true(opencode_abort(r->p->opencode, r->a, r->session->id, &e));
		break;
	case FIX_DO_FINISH:
		return true;
	case FIX_DO_ANSWER:
		for (size_t i = 0; i < r->poll.view.nasks; i++)
			assert_true(opencode_permit(
			        r->p->opencode, r->a, r->poll.view.asks[i].id, "reject", "no", &e));
		break;
	case FIX_DO_NEW:
		fail_msg("the session is lost");
		break;
	case FIX_DO_WAIT:
		break;
	}
	nap(r->move.wait_ms < 150 ? 150 : r->move.wait_ms > 500 ? 500 : r->move.wait_ms);
	return false;
}

static void drive(struct run *r)
{
	struct err e = {0};

	for (int i = 0; !step(r); i++)
		assert_true(i < 400);
	fix_claim_of(r->a, &r->c, &r->poll.view, &r->claim);
	if (!fix_verify(r->p->github, r->a, &r->c, &r->claim, NULL, NULL, &r->outcome, &e))
		fail_msg("%s", e.msg);
	print_message("# %s: %d turns, $%.4f, claim %s, end %d, %s%s\n", r->c.branch,
	        r->d.memory.turns, r->poll.view.session.cost_usd, r->claim.status,
	        (int)r->outcome.end, r->move.why, r->outcome.left);
}

static const char *step_state(const struct run *r, const char *name)
{
	json_each (s, json_get(r->d.progress, ".steps")) {
		if (str_eq(json_str(s, ".name", ""), name))
			return json_str(s, ".state", "");
	}
	return "";
}

#define SKIP_WITHOUT_OPENCODE(p)                                                                   \
	do {                                                                                       \
		if ((p)->skip)                                                                     \
			skip();                                                                    \
	} while (0)

/* --- cases --- */

static void test_whole(void **state)
{
	struct fixpeers *p = *state;
	struct run r;
	struct github_checks checks;
	struct err e = {0};
	const char *text;

	SKIP_WITHOUT_OPENCODE(p);
	begin(&r, p, 42);
	hand_over(&r);
	drive(&r);
	assert_true(r.move.ok);
	assert_string_equal(r.claim.status, "pr_opened");
	assert_string_equal(r.claim.tests, "passed");
	assert_int_equal(r.outcome.end, FIX_END_PR);
	assert_false(r.outcome.opened_by_bot);
	assert_int_equal(r.claim.pr_number, r.outcome.pr.number);
	assert_string_equal(r.outcome.pr.head_ref, "heal/inc-42-1");
	assert_string_equal(r.outcome.pr.base_ref, "main");
	assert_int_equal(r.outcome.pr.files, 2);
	assert_true(r.outcome.gate.ok);
	for (int i = 0; i < 2; i++)
		assert_string_equal(step_state(&r, i ? "pr" : "tests"), "done");
	assert_true(json_bool(r.d.progress, ".tests.passed", false));
	assert_true(r.poll.view.session.cost_usd > 0);
	assert_true(r.d.memory.turns >= 10);
	/* The work is really in the repository. */
	if (!github_file_text(p->github, r.a, r.c.repo, "src/orders.sh", r.c.branch, &text, &e))
		fail_msg("%s", e.msg);
	assert_non_null(strstr(text, "pool_release \"$CLIENT\"\n\t\treturn 0"));
	assert_true(
	        github_checks_get(p->github, r.a, r.c.repo, r.outcome.pr.head_sha, &checks, &e));
	assert_int_equal(checks.verdict, GITHUB_CI_PENDING);
	/* Asked twice, it does it once: the session is found again. */
	assert_non_null(opencode_find(p->opencode, r.a, fix_title(r.a, &r.c), &e));
	assert_true(opencode_delete(p->opencode, r.a, r.session->id, &e));
	arena_free(r.a);
}

static void test_bot_opens(void **state)
{
	struct fixpeers *p = *state;
	struct run r;

	SKIP_WITHOUT_OPENCODE(p);
	begin(&r, p, 43);
	fixpeers_fault(p, r.a, "no_pr", 99);
	hand_over(&r);
	drive(&r);
	assert_string_equal(r.claim.status, "pushed");
	assert_int_equal(r.outcome.end, FIX_END_PR);
	assert_true(r.outcome.opened_by_bot);
	assert_string_equal(r.outcome.pr.title, "Fix api: HTTP 5xx 94 % (INC-43)");
	/* A second look finds it and opens nothing. */
	drive(&r);
	assert_false(r.outcome.opened_by_bot);
	fixpeers_control(p, r.a, "reset", "{}");
	arena_free(r.a);
}

static void test_nothing(void **state)
{
	struct fixpeers *p = *state;
	struct run r;

	SKIP_WITHOUT_OPENCODE(p);
	begin(&r, p, 44);
	fixpeers_fault(p, r.a, "give_up", 99);
	hand_over(&r);
	drive(&r);
	assert_string_equal(r.claim.status, "failed");
	assert_int_equal(r.outcome.end, FIX_END_NOTHING);
	assert_string_equal(r.outcome.left, "no branch was pushed");
	fixpeers_control(p, r.a, "reset", "{}");
	arena_free(r.a);
	/* It says it opened one, but pushed nothing: not believed. */
	begin(&r, p, 45);
	fixpeers_fault(p, r.a, "no_push", 99);
	hand_over(&r);
	drive(&r);
	assert_string_equal(r.claim.status, "pr_opened");
	assert_int_equal(r.outcome.end, FIX_END_NOTHING);
	fixpeers_control(p, r.a, "reset", "{}");
	arena_free(r.a);
}

static void test_forbidden(void **state)
{
	struct fixpeers *p = *state;
	struct run r;

	SKIP_WITHOUT_OPENCODE(p);
	begin(&r, p, 46);
	fixpeers_fault(p, r.a, "forbidden", 99);
	hand_over(&r);
	drive(&r);
	assert_false(r.outcome.gate.ok);
	assert_true(r.outcome.gate.stop);
	assert_non_null(strstr(r.outcome.gate.flags[0], ".github/workflows/ci.yml"));
	assert_int_equal(fixpeers_effects(p, r.a, "comment"), 1);
	fixpeers_control(p, r.a, "reset", "{}");
	arena_free(r.a);
}

static void test_wrong_branch(void **state)
{
	struct fixpeers *p = *state;
	struct github_diff diff;
	struct err e = {0};
	struct run r;

	SKIP_WITHOUT_OPENCODE(p);
	begin(&r, p, 47);
	fixpeers_fault(p, r.a, "wrong_branch", 99);
	hand_over(&r);
	drive(&r);
	/* Rules and the branch protection both refuse it; what it says does not matter. */
	assert_int_equal(r.outcome.end, FIX_END_NOTHING);
	assert_true(github_compare(p->github, r.a, r.c.repo,
	        "16915807c51742638e4afe8a1ec97a0dccbe4272", "main", &diff, &e));
	assert_int_equal(diff.ahead, 0);
	fixpeers_control(p, r.a, "reset", "{}");
	arena_free(r.a);
}

static void test_turns(void **state)
{
	struct fixpeers *p = *state;
	struct run r;
	int64_t start;

	SKIP_WITHOUT_OPENCODE(p);
	begin(&r, p, 48);
	r.c.max_turns = 5;
	fixpeers_fault(p, r.a, "endless", 999);
	hand_over(&r);
	while (!r.d.aborting)
		assert_false(step(&r));
	start = clock_mono_ms();
	drive(&r);
	assert_true(clock_mono_ms() - start < 5000);
	assert_non_null(strstr(r.move.why, "turns without an end"));
	assert_int_equal(r.outcome.end, FIX_END_NOTHING);
	fixpeers_control(p, r.a, "reset", "{}");
	arena_free(r.a);
}

/* kill -9 of the server in the middle: messages are durable, the run is not; it is asked to go on.
 */
static void test_server_dies(void **state)
{
	struct fixpeers *p = *state;
	struct run r;

	SKIP_WITHOUT_OPENCODE(p);
	begin(&r, p, 49);
	hand_over(&r);
	while (r.d.memory.turns < 3)
		assert_false(step(&r));
	fixpeers_kill(p);
	fixpeers_restart(p);
	drive(&r);
	assert_int_equal(r.d.continues, 1);
	assert_int_equal(r.outcome.end, FIX_END_PR);
	arena_free(r.a);
}

static void test_dropped(void **state)
{
	struct fixpeers *p = *state;
	struct run r;
	struct err e = {0};
	struct opencode_timing quick = {.start_ms = 1500};
	struct opencode_new_session n = {.title = "heal:dropped"};
	struct opencode_prompt prompt = {.agent = "nobody", .text = "hello"};

	SKIP_WITHOUT_OPENCODE(p);
	begin(&r, p, 50);
	assert_false(opencode_check(p->opencode, r.a, "nobody", NULL, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "heal"));
	assert_false(opencode_check(p->opencode, r.a, NULL, "llm/none", &e));
	assert_non_null(strstr(e.msg, "llm/sandbox"));
	r.session = opencode_create(p->opencode, r.a, &n, &e);
	prompt.message_id = opencode_message_id(r.a, r.session->created_ms, n.title);
	assert_true(opencode_prompt(p->opencode, r.a, r.session->id, &prompt, &e));
	r.d.memory.prompt_id = prompt.message_id;
	r.d.memory.prompted_ms = clock_now_ms();
	for (int i = 0; i < 40 && r.poll.state != OPENCODE_DROPPED; i++) {
		assert_true(opencode_poll(
		        p->opencode, r.a, r.session->id, &r.d.memory, &quick, &r.poll, &e));
		nap(100);
	}
	assert_int_equal(r.poll.state, OPENCODE_DROPPED);
	/* A session the server does not know. */
	assert_true(opencode_poll(
	        p->opencode, r.a, "ses_unknown0000000000000000", &r.d.memory, &quick, &r.poll, &e));
	assert_int_equal(r.poll.state, OPENCODE_LOST);
	arena_free(r.a);
}

static int setup(void **state)
{
	setenv("GH_TOKEN", FIXPEERS_TOKEN, 1); /* here the agent publishes */
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
	        cmocka_unit_test(test_whole),
	        cmocka_unit_test(test_bot_opens),
	        cmocka_unit_test(test_nothing),
	        cmocka_unit_test(test_forbidden),
	        cmocka_unit_test(test_wrong_branch),
	        cmocka_unit_test(test_turns),
	        cmocka_unit_test(test_server_dies),
	        cmocka_unit_test(test_dropped),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
