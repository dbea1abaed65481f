/* test_digest.c - log lines to templates: headers, masks, merges, levels, budget, hostile input. */
#include "digest.h"
#include "str.h"
#include "tokens.h"
#include "unit/unit.h"

static struct digest *fed(const char *const *lines, size_t n)
{
	struct digest *d = digest_new(NULL);

	for (size_t i = 0; i < n; i++)
		digest_add(d, 0, NULL, lines[i], strlen(lines[i]));
	digest_end(d);
	return d;
}

/* The one template of a line. */
static struct digest_template only(struct arena *a, const char *line)
{
	struct digest *d = fed(&line, 1);
	size_t n;
	const struct digest_template *t = digest_top(d, a, 10, &n);

	assert_int_equal(n, 1);
	digest_free(d);
	return *t;
}

static void test_templates(void **state)
{
	static const struct {
		const char *line, *text, *severity;
	} cases[] = {
	        {"user 17 logged in", "user <*> logged in", "info"},
	        {"2026-08-23 10:00:01,123 INFO [worker.tasks] Task mail[7f3a] done",
	                "Task mail[<*>] done", "info"},
	        {"2026-08-23T10:00:01.5Z ERROR pool: no slot left", "no slot left", "error"},
	        {"Aug  3 04:47:44 host7 sshd[1201]: session closed for user ana",
	                "session closed for user <*>", "info"},
	        {"[Sun Dec 04 04:47:44 2005] [error] mod_x child died", "mod_x child died",
	                "error"},
	        {"17/06/09 20:10:40 WARN storage.Block: lost 3 blocks", "lost <*> blocks", "warn"},
	        {"I0823 10:12:13.123456   77 main.go:12] listening on :8080", "listening on :<*>",
	                "info"},
	        {"03-17 16:13:38.811  1702  2395 D WindowManager: draw done", "draw done", "debug"},
	        {"2026-08-23 10:00:00.001  INFO 1 --- [main] c.a.o.Orders : Order 12 kept",
	                "Order <*> kept", "info"},
	        {"2026-08-23 10:00:00.001 UTC [77] FATAL:  too many connections",
	                "too many connections", "fatal"},
	        {"{\"level\":50,\"time\":1787443200000,\"msg\":\"read failed\",\"pid\":1}",
	                "read failed", "error"},
	        {"{\"level\":\"warn\",\"ts\":1787443200.5,\"message\":\"slow \\\"query\\\" 12\"}",
	                "slow \"query\" <*>", "warn"},
	        {"time=2026-08-23T10:00:00Z level=WARN msg=\"lease lost\" node=n7", "lease lost",
	                "warn"},
	        {"\033[32minfo\033[0m: cache \033[1mwarm\033[0m", "info: cache warm", "info"},
	        {"send 4f2c1ab9-1111-4222-8333-444455556666 to 10.0.0.7:8080 ok",
	                "send <*> to <*> ok", "info"},
	        {"read 512 bytes (0.5 KB) from /srv/data/in.bin", "read <*> from <*>", "info"},
	        {"mail to ana.b@example.com sent", "mail to <*> sent", "info"},
	        {"Out of memory: Killed process 12 (node)",
	                "Out of memory: Killed process <*> (node)", "error"},
	        {"done with 0 errors", "done with <*> errors", "info"},
	        {"I, [2026-08-23T10:15:00.123456 #71]  INFO -- : kept order 3", "kept order <*>",
	                "info"},
	        {"[10:15:00 ERR] no route for order 17", "no route for order <*>", "error"},
	        {"1:M 23 Aug 2026 10:15:00.123 # attack seen", "attack seen", "warn"},
	        {"[2026-08-23 10:15:00,123: ERROR/Pool-3] task broke", "task broke", "error"},
	        {"[2026-08-23 10:15:00] production.ERROR: no cart", "no cart", "error"},
	        {"2026-08-23T10:15:00.1Z 17 [Warning] [MY-010055] [Server] slow host", "slow host",
	                "warn"},
	        {"<27>1 2026-08-23T10:15:00.003Z host app 12 ID47 - disk gone", "disk gone",
	                "error"},
	        {"2026-08-23T10:15:00.1+00:00 app[web.1]: up", "up", "info"},
	        {"web-1  | 2026-08-23T10:15:00.123Z info ready in 12 ms", "ready in <*>", "info"},
	        {"134681 node-246 unix.hw state.off 1077804742 link is down", "link is down",
	                "info"},
	        {"{\"log.level\":\"ERROR\",\"message\":\"cannot pay\",\"ecs.version\":\"1.2.0\"}",
	                "cannot pay", "error"},
	        {"{\"@t\":\"2026-08-23T10:15:00Z\",\"@mt\":\"Order {Id} kept\",\"Id\":17}",
	                "Order {Id} kept", "info"},
	};

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct digest_template t = only(*state, cases[i].line);

		unit_case("%s", cases[i].line);
		assert_string_equal(t.text, cases[i].text);
		assert_string_equal(t.severity, cases[i].severity);
	}
}

static void test_times(void **state)
{
	static const struct {
		const char *line;
		int64_t ms;
	} cases[] = {
	        {"2026-08-23T10:00:01.250Z INFO x y", INT64_C(1787479201250)},
	        {"2026-08-23T12:00:01.250+02:00 INFO x y", INT64_C(1787479201250)},
	        {"2026-08-23 10:00:01,250 INFO x y", INT64_C(1787479201250)},
	        {"[Sun Aug 23 10:00:01 2026] [error] x y", INT64_C(1787479201000)},
	        {"10.0.0.1 - - [23/Aug/2026:10:00:01 +0000] \"GET / HTTP/1.1\" 200 5",
	                INT64_C(1787479201000)},
	        {"{\"time\":1787479201250,\"msg\":\"x\"}", INT64_C(1787479201250)},
	        {"{\"ts\":1787479201,\"msg\":\"x\"}", INT64_C(1787479201000)},
	        {"260823 100001 INFO dfs.X: y", INT64_C(1787479201000)},
	        {"Aug 23 10:00:01 host app[1]: no year, no time", 0},
	        {"nothing of that sort", 0},
	};

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		unit_case("%s", cases[i].line);
		assert_int_equal(only(*state, cases[i].line).first_ms, cases[i].ms);
	}
}

/* Five values in one place are one template; four are four. States in capitals stay apart. */
static void test_merge(void **state)
{
	static const char *const owners[] = {"owner of oak is ann blue", "owner of elm is bob red",
	        "owner of ash is cat green", "owner of fir is dan black",
	        "owner of yew is eva white", "owner of bay is flo brown",
	        "owner of box is gil pink", "owner of fig is hal grey", "owner of nut is ida gold",
	        "owner of gum is joe lime"};
	static const char *const five[] = {"job alpha ended well", "job beta ended well",
	        "job gamma ended well", "job delta ended well", "job omega ended well",
	        "job sigma ended well"};
	static const char *const states[] = {"task went NEW now", "task went IDLE now",
	        "task went BUSY now", "task went DONE now", "task went LOST now",
	        "task went DEAD now"};
	static const char *const pairs[] = {"copy alpha from anna with care",
	        "copy beta from bert with care", "copy gamma from carl with care",
	        "copy delta from dora with care", "copy omega from emil with care",
	        "copy sigma from fritz with care"};
	struct digest *d = fed(five, 4);
	size_t n;
	const struct digest_template *t;

	assert_int_equal(digest_totals(d).templates, 4);
	digest_free(d);
	d = fed(five, 6);
	t = digest_top(d, *state, 10, &n);
	assert_int_equal(n, 1);
	assert_string_equal(t->text, "job <*> ended well");
	assert_int_equal(t->count, 6);
	digest_free(d);
	d = fed(states, 6);
	assert_int_equal(digest_totals(d).templates, 6);
	digest_free(d);
	d = fed(pairs, 6);
	t = digest_top(d, *state, 10, &n);
	assert_int_equal(n, 1);
	assert_string_equal(t->text, "copy <*> from <*> with care");
	digest_free(d);
	d = fed(owners, UNIT_LEN(owners));
	t = digest_top(d, *state, 10, &n);
	assert_int_equal(n, 1);
	assert_string_equal(t->text, "owner of <*> is <*> <*>");
	digest_free(d);
}

static void test_assign(void **state)
{
	static const char *const lines[] = {"a 1 x", "other thing", "a 2 x", "Error: boom",
	        "    at f (/app/a.js:1:2)", "a 3 x"};
	struct digest *d = digest_new(NULL);
	const uint32_t *g;
	size_t n;

	(void)state;
	digest_keep_assign(d);
	for (size_t i = 0; i < UNIT_LEN(lines); i++)
		digest_add(d, 0, NULL, lines[i], strlen(lines[i]));
	digest_end(d);
	g = digest_assign(d, &n);
	assert_int_equal(n, 6);
	assert_int_equal(g[0], g[2]);
	assert_int_equal(g[0], g[5]);
	assert_int_not_equal(g[0], g[1]);
	assert_int_equal(g[3], g[4]); /* a trace is one event */
	digest_free(d);
}

/* A platform that calls all of stderr an error is not believed once lines contradict it. */
static void test_severity(void **state)
{
	struct digest *d = digest_new(NULL);
	const struct digest_template *t;
	size_t n;

	digest_add(d, 1, "error", "odd words without a hint", 24);
	digest_end(d);
	t = digest_top(d, *state, 10, &n);
	assert_string_equal(t->severity, "error");
	assert_int_equal(digest_totals(d).errors, 1);
	for (int i = 0; i < 20; i++)
		digest_add(d, 1, "error", "INFO: all is well", 17);
	digest_end(d);
	t = digest_top(d, *state, 10, &n);
	assert_int_equal(n, 2);
	assert_string_equal(t[0].severity, "info");
	assert_string_equal(t[1].severity, "info");
	digest_free(d);
}

static void test_split(void **state)
{
	struct digest *d = digest_new(&(struct digest_options){.split_ms = 1000});
	const struct digest_template *t;
	size_t n;

	for (int i = 0; i < 10; i++)
		digest_add(d, 100 + i, NULL, "ERROR: old trouble", 18);
	for (int i = 0; i < 10; i++)
		digest_add(d, 2000 + i, NULL, "ERROR: new trouble", 18);
	digest_end(d);
	t = digest_top(d, *state, 10, &n);
	assert_int_equal(n, 2);
	assert_string_equal(t[0].text, "new trouble");
	assert_int_equal(t[0].before, 0);
	assert_int_equal(t[1].before, 10);
	assert_int_equal(t[1].first_ms, 100);
	assert_int_equal(t[1].last_ms, 109);
	assert_non_null(strstr(digest_render(d, *state, 1000), "error new"));
	digest_free(d);
}

/* How often now and before, and what else stood in the variable words. */
static void test_rates(void **state)
{
	struct digest *d = digest_new(&(struct digest_options){.split_ms = 600000});
	const struct digest_template *t;
	const char *s;
	size_t n;

	for (int i = 0; i <= 20; i++) {
		char line[64];
		int64_t ts_ms = i < 10 ? 1 + i * 60000 : 600000 + (i - 10) * 6000;

		digest_add(d, ts_ms, NULL, line,
		        (size_t)snprintf(line, sizeof(line), "no room for order %d", i));
	}
	digest_end(d);
	t = digest_top(d, *state, 10, &n);
	assert_int_equal(n, 1);
	assert_true(
	        t->rate > 10.9 && t->rate < 11.1 && t->rate_before > 0.9 && t->rate_before < 1.1);
	assert_string_equal(t->values, "1; 3; 7");
	s = digest_render(d, *state, 1000);
	assert_non_null(strstr(s, "11/min, before 1.0/min: no room for order 0 | also: 1; 3; 7\n"));
	assert_null(strstr(digest_render(d, *state, 100), "also"));
	digest_free(d);
}

/* --- hostile input --- */

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct digest *flood(size_t lines)
{
	struct digest *d = digest_new(NULL);
	unsigned seed = 7;

	for (size_t i = 0; i < lines; i++) {
		char line[80];
		size_t k = 0;

		while (k < sizeof(line) - 1)
			line[k++] = next(&seed) % 5 ? (char)('a' + next(&seed) % 26) : ' ';
		digest_add(d, 0, NULL, line, k);
	}
	digest_end(d);
	return d;
}

static void test_flood(void **state)
{
	struct digest *d = flood(30000), *again = flood(30000);
	struct digest_totals x = digest_totals(d);
	static const size_t budgets[] = {100, 500, 2000, 8000};

	assert_int_equal(x.lines, 30000);
	assert_true(x.templates <= 10000);
	assert_true(x.dropped_templates > 10000);
	for (size_t i = 0; i < UNIT_LEN(budgets); i++) {
		const char *s = digest_render(d, *state, budgets[i]);

		assert_true(tokens_estimate(s, strlen(s)) <= budgets[i]);
		assert_non_null(strstr(s, "left out: "));
		assert_non_null(strstr(s, "not kept: "));
		assert_string_equal(s, digest_render(again, *state, budgets[i]));
	}
	digest_free(d);
	digest_free(again);
}

static void test_long(void **state)
{
	size_t n = 10u << 20;
	char *line = malloc(n);
	static const char fill[] = {'a', '{', '\0', '[', '\033', '"', ' ', (char)0xff, '\\', '1'};

	(void)state;
	assert_non_null(line);
	for (size_t i = 0; i < sizeof(fill); i++) {
		struct digest *d = digest_new(NULL);

		memset(line, fill[i], n);
		line[0] = i % 2 ? '{' : line[0];
		digest_add(d, 0, "error", line, n);
		digest_end(d);
		assert_int_equal(digest_totals(d).lines, 1);
		digest_free(d);
	}
	free(line);
}

UNIT_MAIN(UNIT_ARENA(test_templates), UNIT_ARENA(test_times), UNIT_ARENA(test_merge),
        UNIT_ARENA(test_assign), UNIT_ARENA(test_severity), UNIT_ARENA(test_split),
        UNIT_ARENA(test_rates), UNIT_ARENA(test_flood), UNIT_ARENA(test_long))
