/* test_socket_core.c - how Socket Mode decides, without a socket: dialogues, and storms. */
#include "unit.h"

#include "chat/socket_core.h"

static const struct socket_limits limits = {
        .quick_ms = 100,
        .first_ms = 1000,
        .max_ms = 60000,
        .crowd_ms = 5000,
        .slow_ms = 300000,
        .hello_ms = 10000,
        .drain_ms = 15000,
        .calm_ms = 5000,
        .stable_ms = 60000,
};

struct world {
	struct socket_core c;
	struct socket_actions out;
	int64_t now;
};

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	socket_core_init(&w->c, &limits);
}

static void feed(struct world *w, enum socket_event_kind kind, int64_t ms)
{
	struct socket_event ev = {
	        .kind = kind, .now_ms = w->now, .random = UINT32_MAX / 2, .ms = ms};

	socket_core_step(&w->c, &ev, &w->out);
}

static const struct socket_action *find(const struct world *w, enum socket_action_kind kind)
{
	for (size_t i = 0; i < w->out.n; i++)
		if (w->out.a[i].kind == kind)
			return &w->out.a[i];
	return NULL;
}

/* The delay a timer was armed with; -1 when it was not. */
static int64_t armed(const struct world *w, enum socket_timer t)
{
	for (size_t i = 0; i < w->out.n; i++)
		if (w->out.a[i].kind == ACTION_ARM && w->out.a[i].timer == t)
			return w->out.a[i].ms;
	return -1;
}

static bool closes(const struct world *w, enum socket_role r)
{
	for (size_t i = 0; i < w->out.n; i++)
		if (w->out.a[i].kind == ACTION_CLOSE && w->out.a[i].role == r)
			return true;
	return false;
}

static void connect(struct world *w, int64_t life)
{
	if (w->c.state == SOCKET_WAIT)
		feed(w, EVENT_RETRY, 0);
	else
		feed(w, EVENT_START, 0);
	assert_non_null(find(w, ACTION_ASK));
	feed(w, EVENT_URL, 0);
	assert_non_null(find(w, ACTION_DIAL));
	feed(w, EVENT_UP, 0);
	assert_int_equal(armed(w, TIMER_STAGE), limits.hello_ms);
	feed(w, EVENT_HELLO, life);
	assert_non_null(find(w, ACTION_PROMOTE));
	assert_int_equal(w->c.state, SOCKET_NONE);
}

static void test_connects(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	connect(&w, 1000000);
	assert_non_null(find(&w, ACTION_UP));
	assert_int_equal(armed(&w, TIMER_REFRESH), 900000);
	assert_int_equal(armed(&w, TIMER_DRAIN), -1);
}

static void test_make_before_break(void **state)
{
	static const enum socket_event_kind again[] = {EVENT_REFRESH, EVENT_START};
	struct world w;

	(void)state;
	begin(&w);
	connect(&w, 0);
	w.now = 100000;
	feed(&w, EVENT_REFRESH, 0); /* warning */
	assert_in_range(armed(&w, TIMER_RETRY), 0, 100);
	assert_false(closes(&w, ROLE_CUR));
	feed(&w, again[0], 0); /* refresh_requested right behind it changes nothing */
	assert_int_equal(w.out.n, 0);
	connect(&w, 0);
	assert_null(find(&w, ACTION_UP)); /* it was never down */
	assert_true(w.c.cur && w.c.old);
	assert_int_equal(armed(&w, TIMER_DRAIN), limits.drain_ms);
	feed(&w, EVENT_DRAINED, 0);
	assert_true(closes(&w, ROLE_OLD));
	feed(&w, EVENT_OLD_GONE, 0);
	assert_false(w.c.old);
}

static void test_two_at_most(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	connect(&w, 0);
	w.now = 100000;
	feed(&w, EVENT_REFRESH, 0);
	connect(&w, 0);
	w.now = 200000; /* the old one still drains */
	feed(&w, EVENT_REFRESH, 0);
	feed(&w, EVENT_RETRY, 0);
	feed(&w, EVENT_URL, 0);
	assert_true(closes(&w, ROLE_OLD));
	assert_non_null(find(&w, ACTION_DIAL));
}

static void test_cut(void **state)
{
	struct world w;
	int64_t before = 0;

	(void)state;
	begin(&w);
	connect(&w, 0);
	w.now = 100000;
	feed(&w, EVENT_CUR_GONE, 0);
	assert_non_null(find(&w, ACTION_DOWN));
	assert_in_range(armed(&w, TIMER_RETRY), 0, 100); /* at once */
	for (int i = 0; i < 10; i++) {
		int64_t ms;

		feed(&w, EVENT_RETRY, 0);
		feed(&w, EVENT_URL_FAILED, 0);
		ms = armed(&w, TIMER_RETRY);
		assert_true(ms >= before && ms <= 72000);
		before = ms;
	}
	assert_in_range(before, 48000, 72000); /* and so for ever */
	connect(&w, 0);
	assert_non_null(find(&w, ACTION_UP));
	w.now += 1000; /* not healthy: the wait is still long */
	feed(&w, EVENT_CUR_GONE, 0);
	assert_in_range(armed(&w, TIMER_RETRY), 48000, 72000);
	connect(&w, 0);
	w.now += limits.stable_ms;
	feed(&w, EVENT_CUR_GONE, 0);
	assert_in_range(armed(&w, TIMER_RETRY), 0, 100);
}

/* Slack asks for a new connection each 10 s: it gets one each time before the old one goes, and a
 * back-off that had been reached before does not make a gap. */
static void test_refresh_again_and_again(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	connect(&w, 0);
	for (int i = 0; i < 5; i++) { /* it was cut young, five times */
		feed(&w, EVENT_CUR_GONE, 0);
		connect(&w, 0);
	}
	for (int i = 0; i < 20; i++) {
		w.now += 10000;
		feed(&w, EVENT_REFRESH, 0);
		assert_in_range(armed(&w, TIMER_RETRY), 0, limits.quick_ms);
		connect(&w, 0);
		assert_true(w.c.old);
		feed(&w, EVENT_OLD_GONE, 0);
	}
	w.now += limits.calm_ms - 1; /* faster than that is a storm */
	feed(&w, EVENT_REFRESH, 0);
	assert_true(armed(&w, TIMER_RETRY) > 10000);
}

static void test_retry_after(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	feed(&w, EVENT_START, 0);
	feed(&w, EVENT_URL_FAILED, 30000);
	assert_in_range(armed(&w, TIMER_RETRY), 30000, 36000);
}

static void test_a_person_must_act(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	feed(&w, EVENT_START, 0);
	feed(&w, EVENT_URL_DENIED, 0);
	assert_in_range(armed(&w, TIMER_RETRY), 240000, 360000);
	assert_true(w.c.slow);
	connect(&w, 0);
	assert_false(w.c.slow);

	feed(&w, EVENT_DISABLED, 0); /* on the living connection */
	assert_in_range(armed(&w, TIMER_RETRY), 240000, 360000);
	assert_false(closes(&w, ROLE_CUR));
	feed(&w, EVENT_CUR_GONE, 0);
	assert_non_null(find(&w, ACTION_DOWN));
	assert_int_equal(armed(&w, TIMER_RETRY), -1); /* the long wait stands */

	begin(&w); /* instead of hello */
	feed(&w, EVENT_START, 0);
	feed(&w, EVENT_URL, 0);
	feed(&w, EVENT_UP, 0);
	feed(&w, EVENT_DISABLED, 0);
	assert_true(closes(&w, ROLE_NEXT));
	assert_in_range(armed(&w, TIMER_RETRY), 240000, 360000);
	feed(&w, EVENT_NEXT_GONE, 0); /* its end is no failure of its own */
	assert_int_equal(w.out.n, 0);
}

static void test_crowd(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	connect(&w, 0);
	w.now = 100000;
	feed(&w, EVENT_REFRESH, 0);
	connect(&w, 0);
	w.now = 200000;
	feed(&w, EVENT_REFRESH, 0);
	feed(&w, EVENT_RETRY, 0);
	w.c.old = true;
	feed(&w, EVENT_URL, 0);
	feed(&w, EVENT_UP, 0);
	feed(&w, EVENT_CROWD, 0);
	assert_true(closes(&w, ROLE_NEXT));
	assert_false(closes(&w, ROLE_CUR)); /* what works goes on working */
	assert_in_range(armed(&w, TIMER_RETRY), 5000, 6000);
}

static void test_no_hello(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	feed(&w, EVENT_START, 0);
	feed(&w, EVENT_URL, 0);
	feed(&w, EVENT_UP, 0);
	feed(&w, EVENT_STAGE, 0);
	assert_true(closes(&w, ROLE_NEXT));
	assert_in_range(armed(&w, TIMER_RETRY), 800, 1200);
}

static void test_stop(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	connect(&w, 0);
	w.now = 100000;
	feed(&w, EVENT_REFRESH, 0);
	connect(&w, 0);
	feed(&w, EVENT_REFRESH, 0);
	feed(&w, EVENT_RETRY, 0);
	feed(&w, EVENT_STOP, 0);
	assert_true(closes(&w, ROLE_CUR) && closes(&w, ROLE_OLD));
	for (int k = 0; k < SOCKET_EVENTS; k++) {
		feed(&w, (enum socket_event_kind)k, 0);
		assert_int_equal(w.out.n, 0);
	}
}

/* ---- storms --------------------------------------------------------------------------------- */

struct storm {
	struct world w;
	uint64_t seed;
	int64_t due; /* when the RETRY timer rings; -1 = it is not set */
	int64_t asks;
};

static uint64_t next_random(struct storm *s)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return s->seed;
}

/* An event that could come now: RETRY only when its timer rings, nothing of a socket that is not
 * there. */
static bool choose(struct storm *s, enum socket_event_kind *kind)
{
	struct socket_core *c = &s->w.c;

	*kind = (enum socket_event_kind)(1 + next_random(s) % (SOCKET_EVENTS - 2));
	if (*kind == EVENT_RETRY || (s->due >= 0 && s->due <= s->w.now)) {
		if (s->due < 0 || c->state != SOCKET_WAIT)
			return false;
		s->w.now = s->due > s->w.now ? s->due : s->w.now;
		s->due = -1;
		*kind = EVENT_RETRY;
	}
	if (*kind == EVENT_CUR_GONE || *kind == EVENT_REFRESH)
		return c->cur;
	return *kind != EVENT_OLD_GONE || c->old;
}

static void check_step(struct storm *s)
{
	if (find(&s->w, ACTION_ASK))
		s->asks++;
	if (find(&s->w, ACTION_DIAL))
		assert_false(s->w.c.old && s->w.c.cur);
	if (armed(&s->w, TIMER_RETRY) >= 0)
		s->due = s->w.now + armed(&s->w, TIMER_RETRY);
	if (s->w.c.state == SOCKET_WAIT)
		assert_true(s->due >= 0); /* it never falls asleep for good */
}

/* Whatever comes, in any order: never two attempts at once, never more than two connections kept,
 * and never a burst of calls. */
static void test_storm(void **state)
{
	struct storm s = {.seed = 88172645463325252u};
	enum socket_event_kind kind;

	(void)state;
	for (int round = 0; round < 200; round++) {
		begin(&s.w);
		s.due = -1;
		s.asks = 0;
		feed(&s.w, EVENT_START, 0);
		while (s.w.now < 3600000) {
			if (!choose(&s, &kind))
				continue;
			feed(&s.w, kind, 0);
			check_step(&s);
			s.w.now += (int64_t)(s.seed >> 40) % 50;
		}
		/* 1 + 2 + 4 + … + 60 + 60 …: about 70 an hour */
		assert_in_range(s.asks, 1, 90);
	}
}

UNIT_MAIN(cmocka_unit_test(test_connects), cmocka_unit_test(test_make_before_break),
        cmocka_unit_test(test_two_at_most), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_refresh_again_and_again), cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_a_person_must_act), cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_no_hello), cmocka_unit_test(test_stop), cmocka_unit_test(test_storm))
