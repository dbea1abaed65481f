/* test_digest_traces.c - stack traces of each language become one event with the frames that count.
 */
#include "digest.h"
#include "str.h"
#include "unit/unit.h"

static const struct {
	const char *name, *lines, *sample, *severity;
} cases[] = {
        {"node",
                "Error: no such order\n"
                "    at find (/app/src/orders.js:31:22)\n"
                "    at Layer.handle (/app/node_modules/express/lib/router.js:95:5)\n"
                "    at node:internal/process/task_queues:95:5\n",
                "Error: no such order | at find (/app/src/orders.js:31:22) (+2 frames)", "error"},
        {"node, uncaught",
                "/app/src/orders.js:31\n"
                "  throw new TypeError('bad cart');\n"
                "  ^\n"
                "\n"
                "TypeError: bad cart\n"
                "    at price (/app/src/orders.js:31:9)\n"
                "\n"
                "Node.js v22.7.0\n",
                "/app/src/orders.js:31 | TypeError: bad cart | at price (/app/src/orders.js:31:9)",
                "error"},
        {"python",
                "2026-08-23 10:00:00,123 ERROR [billing] unhandled\n"
                "Traceback (most recent call last):\n"
                "  File \"/usr/lib/python3/site-packages/x.py\", line 9, in call\n"
                "    return f()\n"
                "  File \"/app/billing.py\", line 57, in handle\n"
                "    plan = PLANS[code]\n"
                "KeyError: 'pro'\n",
                "unhandled | KeyError: 'pro' | at File \"/app/billing.py\", line 57, in handle (+1 "
                "frames)",
                "error"},
        {"java",
                "2026-08-23 10:00:00.123 ERROR 1 --- [main] c.a.Shop : request failed\n"
                "java.lang.IllegalStateException: checkout\n"
                "\tat org.springframework.web.Servlet.service(Servlet.java:9)\n"
                "\tat com.acme.Checkout.pay(Checkout.java:203)\n"
                "Caused by: java.io.IOException: first cause\n"
                "\tat com.acme.Http.get(Http.java:7)\n"
                "\t... 12 more\n"
                "Caused by: java.net.UnknownHostException: pay.internal\n"
                "\tat java.base/java.net.InetAddress.get(InetAddress.java:1548)\n"
                "\t... 13 more\n",
                "request failed | java.lang.IllegalStateException: checkout | Caused by: "
                "java.net.UnknownHostException: pay.internal | at "
                "com.acme.Checkout.pay(Checkout.java:203) (+5 frames)",
                "error"},
        {"go",
                "panic: runtime error: index out of range [5] with length 5\n"
                "\n"
                "goroutine 12 [running]:\n"
                "main.(*Batcher).flush(0xc000123456, 0x5)\n"
                "\t/app/batcher.go:118 +0x1f4\n"
                "exit status 2\n",
                "panic: runtime error: index out of range [5] with length 5 | at "
                "/app/batcher.go:118 +0x1f4",
                "fatal"},
        {"rust",
                "thread 'main' panicked at src/main.rs:4:5:\n"
                "called `unwrap()` on a `None` value\n"
                "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
                "thread 'main' panicked at src/main.rs:4:5: | called `unwrap()` on a `None` value",
                "fatal"},
        {"ruby",
                "app/cart.rb:12:in `total': undefined method (NoMethodError)\n"
                "\tfrom app/web.rb:40:in `call'\n"
                "\tfrom /usr/lib/ruby/gems/rack/handler.rb:9:in `run'\n",
                "app/cart.rb:12:in `total': undefined method (NoMethodError) | at from "
                "app/web.rb:40:in `call' (+1 frames)",
                "error"},
        {"php",
                "PHP Fatal error:  Uncaught Exception: no db in /srv/db.php:3\n"
                "Stack trace:\n"
                "#0 /srv/index.php(7): connect()\n"
                "#1 {main}\n"
                "  thrown in /srv/db.php on line 3\n",
                "PHP Fatal error:  Uncaught Exception: no db in /srv/db.php:3 | at #0 "
                "/srv/index.php(7): connect() | at #1 {main}",
                "fatal"},
        {".NET",
                "Unhandled exception. System.InvalidOperationException: no pool\n"
                "   at Acme.Pool.Take() in /src/Pool.cs:line 31\n"
                "   at System.Threading.Tasks.Task.Run()\n",
                "Unhandled exception. System.InvalidOperationException: no pool | at "
                "Acme.Pool.Take() in /src/Pool.cs:line 31 (+1 frames)",
                "error"},
        {"json",
                "{\"level\":60,\"err\":{\"message\":\"no cart\",\"stack\":\"Error: no cart\\n    at f "
                "(/app/a.js:1:2)\"},\"msg\":\"died\"}\n",
                "died message=\"no cart\" | Error: no cart | at f (/app/a.js:1:2)", "fatal"},
        {"postgres",
                "2026-08-23 10:00:00.001 UTC [77] ERROR:  deadlock detected\n"
                "2026-08-23 10:00:00.001 UTC [77] DETAIL:  Process 9 waits.\n",
                "deadlock detected | Process 9 waits.", "error"},
};

static void feed(struct digest *d, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");

		digest_add(d, 0, NULL, s, n);
		s += n + 1;
	}
}

/* Each trace between two plain lines: they stay events of their own. */
static void test_traces(void **state)
{
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct digest *d = digest_new(NULL);
		const struct digest_template *t;
		size_t n;

		unit_case("%s", cases[i].name);
		feed(d, "2026-08-23 09:59:59,000 INFO one line before\n");
		feed(d, cases[i].lines);
		feed(d, "2026-08-23 10:00:01,000 INFO one line after\n");
		digest_end(d);
		t = digest_top(d, *state, 10, &n);
		assert_int_equal(digest_totals(d).events, 3);
		assert_int_equal(n, 3);
		assert_string_equal(t[0].sample, cases[i].sample);
		assert_string_equal(t[0].severity, cases[i].severity);
		digest_free(d);
	}
}

/* The same text in one row of a platform, as Railway gives it. */
static void test_one_row(void **state)
{
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct digest *d = digest_new(NULL);
		const struct digest_template *t;
		size_t n;

		unit_case("%s", cases[i].name);
		digest_add(d, 5, "error", cases[i].lines, strlen(cases[i].lines));
		digest_end(d);
		t = digest_top(d, *state, 10, &n);
		assert_int_equal(n, 1);
		assert_string_equal(t[0].sample, cases[i].sample);
		digest_free(d);
	}
}

UNIT_MAIN(UNIT_ARENA(test_traces), UNIT_ARENA(test_one_row))
