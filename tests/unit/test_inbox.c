/* test_inbox.c - stored before it is acknowledged, and handled once. */
#include <stdatomic.h>

#include "clock.h"
#include "flowkit.h"
#include "store/inbox.h"
#include "str.h"
#include "unit.h"

static _Atomic int handled;

static int setup(void **state)
{
	atomic_store(&handled, 0);
	*state = kit_new();
	return 0;
}

static int teardown(void **state)
{
	clock_fake(0);
	kit_free(*state);
	return 0;
}

#define INBOX_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static struct kit *the_kit; /* handlers have no closure */

static const json *body_handle(struct wf *w, const json *in, struct err *e)
{
	struct inbox_row *row =
	        inbox_get(the_kit->store, wf_arena(w), json_int(in, ".inbox", 0), e);

	if (!row)
		return NULL;
	atomic_fetch_add(&handled, 1);
	return row->payload;
}

static bool run_handle(struct wf *w, struct err *e)
{
	const json *j = wf_step(w, "handle", body_handle, wf_input(w), e);

	wf_result(w, j);
	return j != NULL;
}

static const struct workflow handle = {.name = "handle", .version = 1, .run = run_handle};
static const struct workflow *const workflows[] = {&handle, NULL};

static struct inbox_put envelope(const char *env, const char *event, const char *payload)
{
	return (struct inbox_put){.keys = {env, event},
	        .kind = "events_api",
	        .payload = payload,
	        .payload_len = strlen(payload),
	        .received_ms = clock_now_ms(),
	        .workflow = "handle"};
}

static void test_once(void **state)
{
	struct kit *k = *state;
	struct inbox_put first = envelope("env:1", "event:Ev1", "{\"text\":\"hi\"}");
	/* Slack repeats an event in a new envelope, and an envelope on a new socket. */
	struct inbox_put same_event = envelope("env:2", "event:Ev1", "{\"text\":\"hi\"}");
	struct inbox_put same_envelope = envelope("env:1", NULL, "{\"text\":\"hi\"}");
	struct inbox_put known_by_repeat = envelope("env:2", "event:Ev9", "{}");
	struct run_detail *d;
	struct inbox_row *row;
	struct err e;

	the_kit = k;
	kit_start(k, workflows, 2);
	assert_true(inbox_write(k->store, &first, &e));
	assert_false(first.duplicate);
	d = kit_until(k, first.run, "done");
	assert_string_equal(json_str(d->run.result, ".text", ""), "hi");
	kit_reopen(k);
	kit_start(k, workflows, 2);
	assert_true(inbox_write(k->store, &same_event, &e));
	assert_true(inbox_write(k->store, &same_envelope, &e));
	assert_true(inbox_write(k->store, &known_by_repeat, &e));
	assert_true(same_event.duplicate && same_envelope.duplicate && known_by_repeat.duplicate);
	assert_int_equal(same_event.id, first.id);
	assert_int_equal(same_event.run, 0);
	assert_int_equal(handled, 1);
	row = inbox_get(k->store, k->a, first.id, &e);
	assert_non_null(row);
	assert_int_equal(row->deliveries, 4);
	assert_string_equal(row->status, "done");
	assert_int_equal(row->run, first.run);
	assert_null(inbox_get(k->store, k->a, 99, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
}

static _Atomic int stored;

static void on_stored(void *arg, const struct err *e)
{
	const struct inbox_put *p = arg;

	assert_null(e);
	assert_true(p->id > 0);
	atomic_fetch_add(&stored, 1);
}

static void test_submit(void **state)
{
	enum { MANY = 300 };
	static struct inbox_put p[2 * MANY];
	struct kit *k = *state;
	int duplicates = 0;

	the_kit = k;
	atomic_store(&stored, 0);
	kit_start(k, workflows, 4);
	for (int i = 0; i < 2 * MANY; i++) { /* each twice, the copies mixed in */
		int n = i < MANY ? i : i - MANY;

		p[i] = envelope(
		        arena_printf(k->a, "env:%d", i), arena_printf(k->a, "event:%d", n), "{}");
		inbox_submit(k->store, &p[i], on_stored);
	}
	kit_until_count(&stored, 2 * MANY);
	kit_until_count(&handled, MANY);
	for (int i = 0; i < 2 * MANY; i++)
		duplicates += p[i].duplicate;
	assert_int_equal(duplicates, MANY);
	for (int i = 0; i < MANY; i++)
		kit_until(k, p[i].run, "done");
	assert_int_equal(handled, MANY);
}

static void test_lag_and_prune(void **state)
{
	struct kit *k = *state;
	int64_t now = clock_now_ms(), n;
	struct inbox_put waits = envelope("env:1", NULL, "{}"),
	                 ignored = envelope("env:2", NULL, "{}");
	struct inbox_put again = envelope("env:2", NULL, "{}");
	struct inbox_lag lag;
	struct inbox_row *rows;
	struct err e;
	size_t count;

	the_kit = k;
	clock_fake(now);
	runs_register(k->store, workflows); /* no engine: nothing is handled yet */
	ignored.workflow = NULL;
	waits.received_ms = now - 5000;
	assert_true(inbox_write(k->store, &waits, &e));
	assert_true(inbox_write(k->store, &ignored, &e));
	assert_true(inbox_write(k->store, &again, &e));
	assert_true(inbox_lag(k->store, &lag, &e));
	assert_int_equal(lag.waiting, 1);
	assert_int_equal(lag.oldest_ms, 5000);
	assert_int_equal(lag.received_24h, 2);
	assert_int_equal(lag.duplicates_24h, 1);
	assert_true(inbox_list(k->store, k->a, 10, &rows, &count, &e));
	assert_int_equal(count, 2);
	assert_string_equal(rows[0].status, "ignored");
	assert_string_equal(rows[1].status, "waiting");
	/* What was not handled yet is never pruned; keys are. */
	assert_true(inbox_prune(k->store, now + 1, 100, &n, &e));
	assert_int_equal(n, 3); /* the ignored row and both keys */
	assert_true(inbox_list(k->store, k->a, 10, &rows, &count, &e));
	assert_int_equal(count, 1);
	kit_start(k, workflows, 1);
	kit_until(k, waits.run, "done");
	assert_int_equal(handled, 1);
	assert_true(inbox_prune(k->store, now + 1, 100, &n, &e));
	assert_int_equal(n, 1);
}

static bool damage_fn(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return db_script(db, "UPDATE inbox SET payload = '{\"text\":'", e);
}

/* Not silently an envelope that says nothing. */
static void test_damaged_payload(void **state)
{
	struct kit *k = *state;
	struct inbox_put p = envelope("env:1", NULL, "{}");
	struct err e;

	runs_register(k->store, workflows);
	assert_true(inbox_write(k->store, &p, &e));
	assert_non_null(inbox_get(k->store, k->a, p.id, &e));
	assert_true(store_write(k->store, damage_fn, NULL, &e));
	assert_null(inbox_get(k->store, k->a, p.id, &e));
	assert_int_equal(e.code, ERR_STORE);
	assert_non_null(strstr(e.msg, "is damaged in the store"));
}

static void test_unknown_workflow(void **state)
{
	struct kit *k = *state;
	struct inbox_put p = envelope("env:1", NULL, "{}");
	struct inbox_lag lag;
	struct err e;

	runs_register(k->store, workflows);
	p.workflow = "nobody";
	assert_false(inbox_write(k->store, &p, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	/* Nothing of it is stored: the next delivery is not taken for a duplicate. */
	p.workflow = "handle";
	assert_true(inbox_write(k->store, &p, &e));
	assert_false(p.duplicate);
	assert_true(inbox_lag(k->store, &lag, &e));
	assert_int_equal(lag.received_24h, 1);
}

UNIT_MAIN(INBOX_TEST(test_once), INBOX_TEST(test_submit), INBOX_TEST(test_lag_and_prune),
        INBOX_TEST(test_unknown_workflow), INBOX_TEST(test_damaged_payload))
