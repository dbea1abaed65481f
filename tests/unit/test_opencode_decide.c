/* test_opencode_decide.c - what a look at a session means: the decision table, row by row. */
#include "opencode.h"
#include "str.h"
#include "unit.h"

#define PROMPT "msg_000000000010AAAAAAAAAAAAAA"
#define LATER  "msg_000000000020AAAAAAAAAAAAAA"
#define BEFORE "msg_000000000001AAAAAAAAAAAAAA"

static struct opencode_message answer(const char *finish, const char *error, const char *text)
{
	return (struct opencode_message){
	        .id = LATER,
	        .role = "assistant",
	        .created_ms = 1,
	        .completed_ms = finish || error ? 2 : 0,
	        .finish = finish,
	        .error = error,
	        .error_text = error ? "the model is gone" : NULL,
	        .text = text,
	        .nparts = 1,
	};
}

static struct opencode_message question(const char *id)
{
	return (struct opencode_message){
	        .id = id, .role = "user", .text = "do it", .created_ms = 1};
}

struct row {
	const char *name;
	bool lost;
	enum opencode_status status;
	struct opencode_message last; /* id NULL = no message */
	int64_t quiet_ms;             /* since nothing changes */
	int polls;                    /* looks before this one */
	enum opencode_state want;
	const char *why; /* part of the sentence */
};

static enum opencode_state look(struct arena *a, const struct row *r, const char **why)
{
	struct opencode_message last = r->last;
	struct opencode_view v = {
	        .found = !r->lost,
	        .status = r->status,
	        .retry_attempt = 2,
	        .retry_text = "overloaded",
	        .messages = &last,
	        .nmessages = last.id ? 1 : 0,
	};
	struct opencode_memory m = {.prompt_id = PROMPT, .prompted_ms = 1000000};
	enum opencode_state s = OPENCODE_STARTING;

	for (int i = 0; i <= r->polls; i++) {
		v.at_ms = 1000000 + (r->polls ? r->quiet_ms * i / r->polls : r->quiet_ms);
		s = opencode_decide(a, &v, &m, NULL, why);
		opencode_memory_parse(a, opencode_memory_json(a, &m), &m);
	}
	return s;
}

static void test_table(void **state)
{
	const struct row rows[] = {
	        {"gone", true, OPENCODE_IDLE, {0}, 0, 0, OPENCODE_LOST, "does not know"},
	        {"just prompted", false, OPENCODE_IDLE, {0}, 0, 0, OPENCODE_STARTING, ""},
	        {"prompt never stored", false, OPENCODE_IDLE, {0}, 21000, 3, OPENCODE_DROPPED,
	                "dropped"},
	        {"stored, not begun", false, OPENCODE_IDLE, question(PROMPT), 1500, 2,
	                OPENCODE_STARTING, ""},
	        {"stored, never begun", false, OPENCODE_IDLE, question(PROMPT), 30000, 5,
	                OPENCODE_DROPPED, "never began"},
	        {"older answer only", false, OPENCODE_IDLE,
	                {.id = BEFORE,
	                        .role = "assistant",
	                        .finish = "stop",
	                        .completed_ms = 1,
	                        .text = "done long ago"},
	                3000, 1, OPENCODE_STARTING, ""},
	        {"busy", false, OPENCODE_BUSY, question(PROMPT), 100, 0, OPENCODE_RUNNING, ""},
	        {"busy between turns", false, OPENCODE_BUSY, answer("tool-calls", NULL, ""), 90000,
	                9, OPENCODE_RUNNING, ""},
	        {"retry", false, OPENCODE_RETRY, answer(NULL, NULL, ""), 100, 0, OPENCODE_RETRYING,
	                "overloaded"},
	        {"done", false, OPENCODE_IDLE, answer("stop", NULL, "RESULT {}"), 0, 0,
	                OPENCODE_DONE, ""},
	        {"empty answer", false, OPENCODE_IDLE, answer("stop", NULL, " \n"), 0, 0,
	                OPENCODE_FAILED, "empty"},
	        {"cut", false, OPENCODE_IDLE, answer("length", NULL, "half"), 0, 0, OPENCODE_FAILED,
	                "length"},
	        {"filtered", false, OPENCODE_IDLE, answer("content-filter", NULL, ""), 0, 0,
	                OPENCODE_FAILED, "filter"},
	        {"unknown end", false, OPENCODE_IDLE, answer("weird", NULL, "x"), 0, 0,
	                OPENCODE_FAILED, "weird"},
	        {"error", false, OPENCODE_IDLE, answer(NULL, "APIError", ""), 0, 0, OPENCODE_FAILED,
	                "the model is gone"},
	        {"aborted", false, OPENCODE_IDLE, answer(NULL, "MessageAbortedError", ""), 0, 0,
	                OPENCODE_ABORTED, "stopped"},
	        {"refused, first look", false, OPENCODE_IDLE, answer("tool-calls", NULL, ""), 0, 0,
	                OPENCODE_RUNNING, ""},
	        {"refused", false, OPENCODE_IDLE, answer("tool-calls", NULL, ""), 6000, 1,
	                OPENCODE_STOPPED, "refused"},
	        {"open, first look", false, OPENCODE_IDLE, answer(NULL, NULL, ""), 0, 0,
	                OPENCODE_RUNNING, ""},
	        {"open, too soon", false, OPENCODE_IDLE, answer(NULL, NULL, ""), 3000, 3,
	                OPENCODE_RUNNING, ""},
	        {"server died", false, OPENCODE_IDLE, answer(NULL, NULL, ""), 6000, 2,
	                OPENCODE_INTERRUPTED, "restarted"},
	        {"ended, still busy", false, OPENCODE_BUSY, answer("stop", NULL, "x"), 3000, 1,
	                OPENCODE_RUNNING, ""},
	        {"ended, busy for ever", false, OPENCODE_BUSY, answer("stop", NULL, "x"), 61000, 4,
	                OPENCODE_DONE, ""},
	};

	for (size_t i = 0; i < UNIT_LEN(rows); i++) {
		const char *why = NULL;
		enum opencode_state got = look(*state, &rows[i], &why);

		if (got != rows[i].want || !why || !strstr(why, rows[i].why) ||
		        (!*rows[i].why && *why))
			fail_msg("%s: %s “%s”", rows[i].name, opencode_state_name(got),
			        why ? why : "(none)");
	}
}

/* Turns are counted across looks that overlap, and memory survives being stored. */
static void test_memory(void **state)
{
	struct arena *a = *state;
	struct opencode_memory m = {.prompt_id = PROMPT, .prompted_ms = 5};
	struct opencode_message all[6];
	struct opencode_view v = {.found = true, .status = OPENCODE_BUSY, .at_ms = 10};

	for (int i = 0; i < 6; i++)
		all[i] = (struct opencode_message){
		        .id = arena_printf(a, "msg_0000000001%02dAAAAAAAAAAAAAA", i),
		        .role = i ? "assistant" : "user",
		        .text = "",
		        .created_ms = 1,
		};
	v.messages = all;
	v.nmessages = 3;
	opencode_decide(a, &v, &m, NULL, NULL);
	assert_int_equal(m.turns, 2);
	opencode_decide(a, &v, &m, NULL, NULL);
	assert_int_equal(m.turns, 2);
	assert_int_equal(m.same, 2);
	v.messages = all + 1;
	v.nmessages = 5;
	v.at_ms = 20;
	opencode_memory_parse(a, opencode_memory_json(a, &m), &m);
	opencode_decide(a, &v, &m, NULL, NULL);
	assert_int_equal(m.turns, 5);
	assert_int_equal(m.same, 1);
	assert_int_equal(m.mark_ms, 20);
}

/* A command that prints is not idle, a status that flips is. */
static void test_mark(void **state)
{
	struct arena *a = *state;
	struct opencode_tool tool = {
	        .tool = "bash", .status = "running", .output = "", .input = ""};
	struct opencode_message last = answer(NULL, NULL, "");
	struct opencode_memory m = {.prompt_id = PROMPT};
	struct opencode_view v = {
	        .found = true, .status = OPENCODE_BUSY, .messages = &last, .nmessages = 1};

	last.tools = &tool;
	last.ntools = 1;
	for (int i = 1; i <= 3; i++) {
		v.at_ms = i * 1000;
		v.status = i == 2 ? OPENCODE_RETRY : OPENCODE_BUSY;
		v.retry_text = "";
		opencode_decide(a, &v, &m, NULL, NULL);
	}
	assert_int_equal(m.mark_ms, 1000);
	tool.output = "line";
	v.at_ms = 4000;
	opencode_decide(a, &v, &m, NULL, NULL);
	assert_int_equal(m.mark_ms, 4000);
}

static void test_ids(void **state)
{
	struct arena *a = *state;
	const char *x = opencode_message_id(a, 1763978340000, "heal:inc-1-1:acme/api");
	const char *y = opencode_message_id(a, 1763978340001, "heal:inc-1-1:acme/api");
	const char *z = opencode_message_id(a, 1763978340000, "heal:inc-2-1:acme/api");

	assert_int_equal(strlen(x), 4 + 12 + 14);
	assert_string_equal(x, opencode_message_id(a, 1763978340000, "heal:inc-1-1:acme/api"));
	assert_true(strcmp(x, y) < 0);
	assert_string_not_equal(x, z);
	assert_memory_equal(x, "msg_", 4);
	assert_int_equal(strspn(x + 4, "0123456789abcdef") >= 12, 1);
}

UNIT_MAIN(UNIT_ARENA(test_table), UNIT_ARENA(test_memory), UNIT_ARENA(test_mark),
        UNIT_ARENA(test_ids))
