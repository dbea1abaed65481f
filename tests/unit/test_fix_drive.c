/* test_fix_drive.c - one decision per look, the progress that is shown, and the gate. */
#include "fix.h"
#include "str.h"
#include "unit.h"

#define NOW 1000000

static struct fix_contract contract(void)
{
	return (struct fix_contract){
	        .publish = FIX_BY_AGENT,
	        .incident = 42,
	        .n = 1,
	        .repo = "acme/api",
	        .branch = "heal/inc-42-1",
	        .base = "main",
	        .tests = "sh tests/run.sh",
	        .plan = "p",
	        .deadline_ms = NOW + 600000,
	        .idle_ms = 300000,
	        .budget_usd = 2,
	        .max_turns = 50,
	        .max_files = 3,
	        .max_lines = 100,
	};
}

struct row {
	const char *name;
	enum opencode_state state;
	enum opencode_status status;
	const char *text; /* of the last message */
	double cost;
	int turns, asks, asked_before;
	int continues, nudges, sessions;
	int64_t quiet_ms, late_ms, retry_in_ms, aborting_ms; /* aborting_ms > 0: since */
	enum fix_do want;
	bool ok;
	const char *why;
};

static void decide(struct arena *a, const struct row *r, struct fix_drive *d, struct fix_move *m)
{
	struct fix_contract c = contract();
	struct opencode_message last = {
	        .role = "assistant", .text = r->text ? r->text : "", .id = "msg_1"};
	struct opencode_ask asks[8] = {{.id = "per_1", .permission = "bash", .what = "x"}};
	struct opencode_poll p = {
	        .state = r->state,
	        .why = "the reason",
	        .view = {.found = true,
	                .at_ms = NOW + r->late_ms,
	                .status = r->status,
	                .retry_in_ms = r->retry_in_ms,
	                .session.cost_usd = r->cost,
	                .messages = &last,
	                .nmessages = 1,
	                .asks = asks,
	                .nasks = (size_t)r->asks},
	};

	*d = (struct fix_drive){
	        .memory = {.mark_ms = NOW + r->late_ms - r->quiet_ms, .turns = r->turns},
	        .prompts = 1,
	        .sessions = r->sessions ? r->sessions : 1,
	        .continues = r->continues,
	        .nudges = r->nudges,
	        .asks = r->asked_before,
	        .aborting = r->aborting_ms > 0,
	        .abort_ms = NOW + r->late_ms - r->aborting_ms,
	        .abort_why = r->aborting_ms ? "the deadline has passed" : NULL,
	};
	fix_drive_parse(a, fix_drive_json(a, d), d);
	fix_decide(a, &c, &p, d, 5000, m);
}

#define CLAIM "RESULT {\"status\":\"pr_opened\"}"

static const struct row decisions[] = {
        {.name = "running", .state = OPENCODE_RUNNING, .want = FIX_DO_WAIT, .why = ""},
        {.name = "starting", .state = OPENCODE_STARTING, .want = FIX_DO_WAIT, .why = ""},
        {.name = "model retries",
                .state = OPENCODE_RETRYING,
                .retry_in_ms = 30000,
                .want = FIX_DO_WAIT,
                .why = ""},
        {.name = "model away for an hour",
                .state = OPENCODE_RETRYING,
                .retry_in_ms = 3600000,
                .want = FIX_DO_ABORT,
                .why = "not available"},
        {.name = "asks", .state = OPENCODE_RUNNING, .asks = 1, .want = FIX_DO_ANSWER, .why = ""},
        {.name = "asks again and again",
                .state = OPENCODE_RUNNING,
                .asks = 1,
                .asked_before = 6,
                .want = FIX_DO_ABORT,
                .why = "asked 7 times"},
        {.name = "deadline",
                .state = OPENCODE_RUNNING,
                .late_ms = 600000,
                .want = FIX_DO_ABORT,
                .why = "deadline"},
        {.name = "budget",
                .state = OPENCODE_RUNNING,
                .cost = 2.0,
                .want = FIX_DO_ABORT,
                .why = "$2.00"},
        {.name = "turns",
                .state = OPENCODE_RUNNING,
                .turns = 50,
                .want = FIX_DO_ABORT,
                .why = "50 turns"},
        {.name = "idle",
                .state = OPENCODE_RUNNING,
                .quiet_ms = 300000,
                .want = FIX_DO_ABORT,
                .why = "nothing happened for 5 min"},
        {.name = "done",
                .state = OPENCODE_DONE,
                .text = CLAIM,
                .want = FIX_DO_FINISH,
                .ok = true,
                .why = ""},
        {.name = "done over budget",
                .state = OPENCODE_DONE,
                .text = CLAIM,
                .cost = 9,
                .want = FIX_DO_FINISH,
                .ok = true,
                .why = ""},
        {.name = "done without a result",
                .state = OPENCODE_DONE,
                .text = "Hello.",
                .want = FIX_DO_PROMPT,
                .why = ""},
        {.name = "still without",
                .state = OPENCODE_DONE,
                .text = "Hello.",
                .nudges = 1,
                .want = FIX_DO_FINISH,
                .ok = true,
                .why = ""},
        {.name = "no time for a nudge",
                .state = OPENCODE_DONE,
                .text = "Hello.",
                .late_ms = 580000,
                .want = FIX_DO_FINISH,
                .ok = true,
                .why = ""},
        {.name = "failed", .state = OPENCODE_FAILED, .want = FIX_DO_FINISH, .why = "the reason"},
        {.name = "stopped by somebody",
                .state = OPENCODE_ABORTED,
                .want = FIX_DO_FINISH,
                .why = "the reason"},
        {.name = "refused", .state = OPENCODE_STOPPED, .want = FIX_DO_PROMPT, .why = ""},
        {.name = "refused twice",
                .state = OPENCODE_STOPPED,
                .nudges = 1,
                .want = FIX_DO_FINISH,
                .why = "the reason"},
        {.name = "interrupted",
                .state = OPENCODE_INTERRUPTED,
                .continues = 1,
                .want = FIX_DO_PROMPT,
                .why = ""},
        {.name = "interrupted thrice",
                .state = OPENCODE_INTERRUPTED,
                .continues = 2,
                .want = FIX_DO_FINISH,
                .why = "the reason"},
        {.name = "dropped", .state = OPENCODE_DROPPED, .want = FIX_DO_PROMPT, .why = ""},
        {.name = "lost", .state = OPENCODE_LOST, .want = FIX_DO_NEW, .why = "the reason"},
        {.name = "lost twice",
                .state = OPENCODE_LOST,
                .sessions = 2,
                .want = FIX_DO_FINISH,
                .why = "the reason"},
        {.name = "abort under way",
                .state = OPENCODE_RUNNING,
                .status = OPENCODE_BUSY,
                .aborting_ms = 1000,
                .want = FIX_DO_WAIT,
                .why = ""},
        {.name = "abort again",
                .state = OPENCODE_RUNNING,
                .status = OPENCODE_BUSY,
                .aborting_ms = 6000,
                .want = FIX_DO_ABORT,
                .why = "deadline"},
        {.name = "aborted",
                .state = OPENCODE_ABORTED,
                .aborting_ms = 1000,
                .want = FIX_DO_FINISH,
                .why = "the deadline has passed"},
        {.name = "done while aborting",
                .state = OPENCODE_DONE,
                .text = CLAIM,
                .aborting_ms = 1000,
                .want = FIX_DO_FINISH,
                .why = "deadline"},
        {.name = "abort that does not stop",
                .state = OPENCODE_RUNNING,
                .status = OPENCODE_BUSY,
                .aborting_ms = 61000,
                .want = FIX_DO_FINISH,
                .why = "did not stop it"},
};

static void test_table(void **state)
{
	for (size_t i = 0; i < UNIT_LEN(decisions); i++) {
		struct fix_drive d;
		struct fix_move m;

		decide(*state, &decisions[i], &d, &m);
		if (m.what != decisions[i].want || m.ok != decisions[i].ok ||
		        (m.what != FIX_DO_PROMPT && !strstr(m.why, decisions[i].why)))
			fail_msg("%s: %d ok %d “%s”", decisions[i].name, (int)m.what, m.ok, m.why);
		if (m.what == FIX_DO_ABORT)
			assert_true(d.aborting);
		if (m.what == FIX_DO_PROMPT && decisions[i].state != OPENCODE_DROPPED)
			assert_non_null(strstr(m.text, "heal/inc-42-1"));
		if (m.what == FIX_DO_PROMPT)
			assert_int_equal(d.prompts, 2);
	}
}

/* --- progress --- */

static struct opencode_tool bash(const char *command, const char *output, int exit)
{
	return (struct opencode_tool){.tool = "bash",
	        .status = "completed",
	        .input = command,
	        .output = output,
	        .exit = exit};
}

static struct opencode_tool edit(const char *path)
{
	return (struct opencode_tool){.tool = "edit",
	        .status = "completed",
	        .input = path,
	        .output = "",
	        .exit = OPENCODE_NO_EXIT};
}

static const json *show(struct arena *a, const json *before, struct opencode_tool *t, size_t n,
        enum opencode_state state)
{
	struct fix_contract c = contract();
	struct fix_drive d = {.memory.turns = 7};
	struct opencode_message m = {
	        .role = "assistant", .text = "", .id = "m", .tools = t, .ntools = n};
	struct opencode_todo todo = {.content = "Clone\nand branch", .status = "completed"};
	struct opencode_poll p = {
	        .state = state,
	        .why = "",
	        .view = {.messages = &m,
	                .nmessages = 1,
	                .todos = &todo,
	                .ntodos = 1,
	                .session.cost_usd = 0.41},
	};

	return fix_progress(a, &c, &p, before, &d);
}

static const char *states(struct arena *a, const json *progress)
{
	struct str b = str_new(a);

	json_each (s, json_get(progress, ".steps"))
		str_addf(&b, "%s%s", b.len ? " " : "", json_str(s, ".state", "?"));
	return b.s;
}

static void test_progress(void **state)
{
	struct arena *a = *state;
	struct opencode_tool first[] = {bash("git clone -q x inc-42-1 && cd inc-42-1", "", 0),
	        bash("cd inc-42-1 && sh tests/run.sh", "FAIL a\n1 failed", 1),
	        {.tool = "edit", .status = "running", .input = "/w/src/orders.ts", .output = ""}};
	struct opencode_tool second[] = {edit("/w/src/orders.ts"), edit("/w/src/pool.ts"),
	        bash("cd inc-42-1 && sh tests/run.sh", "0 failed", 0)};
	struct opencode_tool third[] = {bash("git push -q origin heal/inc-42-1", "", 0),
	        bash("gh pr create --repo acme/api", "https://github.com/acme/api/pull/93", 0)};
	const json *p = show(a, NULL, NULL, 0, OPENCODE_STARTING);

	assert_string_equal(states(a, p), "now todo todo todo todo todo todo");
	p = show(a, p, first, 3, OPENCODE_RUNNING);
	assert_string_equal(states(a, p), "done done done now todo todo todo");
	assert_false(json_bool(p, ".tests.passed", true));
	assert_string_equal(json_str(p, ".tests.tail", ""), "FAIL a\n1 failed");
	p = show(a, p, second, 3, OPENCODE_RUNNING);
	assert_string_equal(states(a, p), "done done done done done now todo");
	assert_string_equal(json_str(p, ".steps[3].detail", ""), "orders.ts, pool.ts");
	assert_true(json_bool(p, ".tests.passed", false));
	/* Seen again, nothing changes. */
	assert_int_equal(json_hash(a, show(a, p, second, 3, OPENCODE_RUNNING)), json_hash(a, p));
	p = show(a, p, third, 2, OPENCODE_DONE);
	assert_string_equal(states(a, p), "done done done done done done done");
	assert_int_equal(json_int(p, ".pr", 0), 93);
	assert_int_equal(json_int(p, ".turns", 0), 7);
	assert_string_equal(json_str(p, ".todo[0].text", ""), "Clone and branch");
}

static void test_progress_failed(void **state)
{
	struct arena *a = *state;
	struct opencode_tool t[] = {edit("a"), bash("sh tests/run.sh", "1 failed", 1),
	        bash("git push origin heal/inc-42-1", "rejected", 1)};
	const json *p = show(a, NULL, t, 3, OPENCODE_DONE);

	assert_string_equal(states(a, p), "done skipped skipped done failed failed todo");
	t[2].exit = 0;
	p = show(a, p, t, 3, OPENCODE_DONE);
	assert_string_equal(states(a, p), "done skipped skipped done failed done todo");
}

/* --- gate --- */

static void test_gate(void **state)
{
	static const struct {
		const char *name;
		struct github_file f;
		bool ok, stop;
		const char *flag;
	} rows[] = {
	        {"fine", {"src/a.ts", NULL, "modified", 3, 1, "@@", 0, 0}, true, false, ""},
	        {"new test", {"tests/a_test.ts", NULL, "added", 30, 0, "@@", 0, 0}, true, false,
	                ""},
	        {"workflow", {".github/workflows/ci.yml", NULL, "modified", 1, 0, "@@", 0, 0},
	                false, true, "never"},
	        {"moved away", {"ci.txt", ".github/workflows/ci.yml", "renamed", 0, 0, NULL, 0, 0},
	                false, true, "never"},
	        {"secret", {"app/.env", NULL, "added", 1, 0, "@@", 0, 0}, false, true, "never"},
	        {"example", {".env.example", NULL, "modified", 1, 0, "@@", 0, 0}, true, false, ""},
	        {"lock file", {"package-lock.json", NULL, "modified", 9, 9, "@@", 0, 0}, false,
	                false, "forbids"},
	        {"issue template", {".github/ISSUE.md", NULL, "added", 1, 0, "@@", 0, 0}, false,
	                false, "forbids"},
	        {"binary", {"logo.png", NULL, "added", 0, 0, NULL, 0, 0}, false, false, "binary"},
	        {"removed test", {"tests/a_test.ts", NULL, "removed", 0, 30, "@@", 0, 0}, false,
	                false, "removes the test"},
	        {"weakened test", {"src/a.test.ts", NULL, "modified", 1, 5, "@@", 0, 0}, false,
	                false, "takes more out"},
	        {"link", {"src/l", NULL, "added", 1, 0, "+x", 0, 0120000}, false, true, "symbolic"},
	        {"submodule", {"lib", NULL, "added", 0, 0, NULL, 0, 0160000}, false, true,
	                "submodule"},
	        {"mode", {"src/a", NULL, "modified", 1, 1, "+x", 0100644, 0100755}, false, false,
	                "mode"},
	        {"secret in a line",
	                {"src/a", NULL, "modified", 1, 0,
	                        "+key = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'\n", 0, 0},
	                false, true, "secret"},
	        {"a person's address",
	                {"src/a", NULL, "modified", 1, 0, "+// ana@acme.example\n", 0, 0}, true,
	                false, ""},
	        {"a secret taken out",
	                {"src/a", NULL, "modified", 0, 1,
	                        "-key = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'\n", 0, 0},
	                true, false, ""},
	        {"assertion",
	                {"tests/a.test.ts", NULL, "modified", 1, 1,
	                        "-  expect(a).toBe(1)\n+  console.log(a)\n", 0, 0},
	                false, false, "weakens"},
	        {"skipped",
	                {"tests/test_a.py", NULL, "modified", 1, 0, "+@pytest.mark.skip\n", 0, 0},
	                false, false, "skips tests"},
	        {"hidden failure",
	                {"tests/run.sh", NULL, "modified", 1, 1, "-sh a.sh\n+sh a.sh || true\n", 0,
	                        0},
	                false, false, "hides failures"},
	        {"dependency",
	                {"package.json", NULL, "modified", 1, 0, "+  \"left-pad\": \"1\"\n", 0, 0},
	                false, false, "left-pad"},
	        {"hidden text",
	                {"src/a.c", NULL, "modified", 1, 0, "+if (a\xe2\x80\xae) {\n", 0, 0}, false,
	                false, "cannot see"},
	        {"too many lines", {"src/a.ts", NULL, "modified", 90, 20, "@@", 0, 0}, false, false,
	                "110 lines"},
	};
	struct fix_contract c = contract();
	struct github_diff none = {0};
	struct redact *r = redact_new();
	struct fix_gate g;

	for (size_t i = 0; i < UNIT_LEN(rows); i++) {
		struct github_file f = rows[i].f;
		struct github_diff d = {.files = &f, .nfiles = 1};

		fix_gate_check(*state, &c, &d, r, &g);
		if (g.ok != rows[i].ok || g.stop != rows[i].stop ||
		        (!g.ok && !strstr(g.flags[0], rows[i].flag)))
			fail_msg("%s: ok %d stop %d “%s”", rows[i].name, g.ok, g.stop,
			        g.nflags ? g.flags[0] : "");
	}
	fix_gate_check(*state, &c, &none, r, &g);
	assert_true(g.stop);
	/* What becomes of a breach is the contract's. */
	for (int how = 0; how < 3; how++) {
		struct github_file f = {.path = "go.sum", .status = "modified", .additions = 1};
		struct github_diff d = {.files = &f, .nfiles = 1};

		c.breach = (enum fix_breach)how;
		fix_gate_check(*state, &c, &d, r, &g);
		assert_int_equal(g.draft, how == FIX_BREACH_DRAFT);
		assert_int_equal(g.stop, how == FIX_BREACH_STOP);
	}
	g = (struct fix_gate){.ok = true, .flags = g.flags};
	fix_gate_text(*state, &c, "title", "see ghp_abcdefghijklmnopqrstuvwxyz0123456789", r, &g);
	assert_true(g.stop);
	redact_free(r);
}

static void test_gate_allowed(void **state)
{
	const char *allowed[] = {"src/**", NULL};
	struct fix_contract c = contract();
	struct github_file f[5];
	struct github_diff d = {.files = f, .nfiles = 5, .truncated = true};
	struct fix_gate g;

	c.allowed = allowed;
	for (int i = 0; i < 5; i++)
		f[i] = (struct github_file){
		        i ? "src/a.c" : "lib/b.c", NULL, "modified", 1, 1, "@@", 0, 0};
	fix_gate_check(*state, &c, &d, NULL, &g);
	assert_int_equal(g.nflags, 3);
	assert_non_null(strstr(g.flags[0], "outside the allowed"));
	assert_int_equal(g.files, 5);
	assert_int_equal(g.additions, 5);
}

UNIT_MAIN(UNIT_ARENA(test_table), UNIT_ARENA(test_progress), UNIT_ARENA(test_progress_failed),
        UNIT_ARENA(test_gate), UNIT_ARENA(test_gate_allowed))
