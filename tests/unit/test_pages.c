/* test_pages.c - the local pages over real HTTP: routes, who may see what, limits. */
#include "unit.h"

#include "err.h"
#include "loopback.h"
#include "net/http.h"
#include "net/ioloop.h"
#include "net/pages.h"
#include "str.h"

static const char big_line[] = "0123456789abcdefghijklmnopqrstuvwxyz\n";
#define BIG_LINES 1000

static void page_plain(void *ctx, const struct page_request *q, struct page_answer *out)
{
	out->body = arena_printf(q->a, "ctx=%s path=%s rest=%s a=%s b=%s trusted=%d",
	        (const char *)ctx, q->path, q->rest, str_or(page_param(q, "a"), "-"),
	        str_or(page_param(q, "b"), "-"), q->trusted);
}

static void page_big(void *ctx, const struct page_request *q, struct page_answer *out)
{
	struct str b = str_new(q->a);

	(void)ctx;
	for (int i = 0; i < BIG_LINES; i++)
		str_add(&b, big_line);
	out->content_type = "text/plain";
	out->body = b.s;
	out->len = b.len;
	out->refresh_s = 5;
}

static void page_status(void *ctx, const struct page_request *q, struct page_answer *out)
{
	(void)ctx;
	out->status = 503;
	out->body = q->trusted ? "why" : "failing";
}

static const struct page_route routes[] = {
        {"/", page_plain, false},
        {"/runs/", page_plain, false},
        {"/big", page_big, false},
        {"/health", page_status, true},
        {NULL, NULL, false},
};
static const struct page_route more[] = {
        {"/more", page_plain, false},
        {"/big", page_plain, false}, /* the first table answers */
        {NULL, NULL, false},
};

struct request {
	const char *name, *method, *path, *bearer;
	struct http_header headers[3];
	bool with_cookie; /* the one set before */
	/* expected */
	int status;
	const char *body;           /* NULL = not looked at */
	const char *header, *value; /* contained in */
};

struct rig {
	struct ioloop *l;
	struct pages *p;
	struct arena *a;
	const struct request *list;
	size_t n;
	struct http_response *out;
	bool *ok;
	char cookie[200];
};

/* On the helper thread: a client beside the loop. */
static void ask_all(void *arg)
{
	struct rig *g = arg;
	struct http *h = http_new();

	for (size_t i = 0; i < g->n; i++) {
		const struct request *k = &g->list[i];
		struct http_header headers[5] = {{"X-Nothing", "1"}};
		struct http_request r = {.method = k->method, .bearer = k->bearer};
		const char *cookie;
		struct err e;
		size_t m = 1;

		for (size_t j = 0; k->headers[j].name; j++)
			headers[m++] = k->headers[j];
		if (k->with_cookie)
			headers[m++] = (struct http_header){"Cookie", g->cookie};
		r.headers = headers;
		r.url = arena_printf(g->a, "http://127.0.0.1:%d%s", pages_port(g->p), k->path);
		g->ok[i] = http_do(h, g->a, &r, &g->out[i], &e);
		cookie = g->ok[i] ? http_header(&g->out[i], "Set-Cookie") : NULL;
		if (cookie)
			snprintf(g->cookie, sizeof(g->cookie), "other=1; %.*s",
			        (int)strcspn(cookie, ";"), cookie);
	}
	http_free(h);
}

static void all_asked(void *arg)
{
	struct rig *g = arg;

	ioloop_quit(g->l);
}

static void run(struct arena *a, const char *token, const struct request *list, size_t n)
{
	struct rig g = {.a = a, .list = list, .n = n};
	struct pages_options o = {.host = "127.0.0.1", .token = token};
	struct err e;

	http_global_init();
	g.out = ARENA_ARRAY(a, n, struct http_response);
	g.ok = ARENA_ARRAY(a, n, bool);
	g.l = ioloop_new(&e);
	g.p = pages_new(g.l, &o, &e);
	assert_non_null(g.p);
	assert_true(pages_port(g.p) > 0);
	pages_add(g.p, routes, (char[]){"one"});
	pages_add(g.p, more, (char[]){"two"});
	ioloop_work(g.l, ask_all, all_asked, &g);
	ioloop_run(g.l);
	ioloop_free(g.l);
	pages_free(g.p);
	for (size_t i = 0; i < n; i++) {
		const char *got;

		unit_case("%s", list[i].name);
		assert_true(g.ok[i]);
		assert_int_equal(g.out[i].status, list[i].status);
		if (list[i].body)
			assert_string_equal(g.out[i].body, list[i].body);
		if (!list[i].header)
			continue;
		got = http_header(&g.out[i], list[i].header);
		assert_non_null(got);
		assert_non_null(strstr(got, list[i].value));
	}
	http_global_fini();
}

static void test_open(void **state)
{
	static const struct request list[] = {
	        {.name = "root",
	                .path = "/",
	                .status = 200,
	                .body = "ctx=one path=/ rest= a=- b=- trusted=1",
	                .header = "Content-Security-Policy",
	                .value = "default-src 'none'"},
	        {.name = "parameters",
	                .path = "/?a=1%202&b=x%26y",
	                .status = 200,
	                .body = "ctx=one path=/ rest= a=1 2 b=x&y trusted=1"},
	        {.name = "below a route",
	                .path = "/runs/42",
	                .status = 200,
	                .body = "ctx=one path=/runs/42 rest=42 a=- b=- trusted=1",
	                .header = "X-Content-Type-Options",
	                .value = "nosniff"},
	        {.name = "second table",
	                .path = "/more",
	                .status = 200,
	                .body = "ctx=two path=/more rest= a=- b=- trusted=1"},
	        {.name = "large", .path = "/big", .status = 200, .header = "Refresh", .value = "5"},
	        {.name = "large again", .path = "/big", .status = 200},
	        {.name = "HEAD",
	                .method = "HEAD",
	                .path = "/big",
	                .status = 200,
	                .body = "",
	                .header = "Content-Length",
	                .value = "37000"},
	        {.name = "unknown", .path = "/nowhere", .status = 404},
	        {.name = "no prefix without a slash", .path = "/bigger", .status = 404},
	        {.name = "status of a route", .path = "/health", .status = 503, .body = "why"},
	        {.name = "POST", .method = "POST", .path = "/", .status = 405},
	        {.name = "DELETE", .method = "DELETE", .path = "/", .status = 405},
	        {.name = "another site's name",
	                .path = "/",
	                .headers = {{"Host", "evil.example"}},
	                .status = 403},
	        {.name = "this machine's name",
	                .path = "/",
	                .headers = {{"Host", "localhost:8080"}},
	                .status = 200},
	        {.name = "this machine's other address",
	                .path = "/",
	                .headers = {{"Host", "[::1]:8080"}},
	                .status = 200},
	};

	run(*state, NULL, list, UNIT_LEN(list));
}

static void test_token(void **state)
{
	static const struct request list[] = {
	        {.name = "nothing", .path = "/", .status = 401},
	        {.name = "nothing, unknown page", .path = "/nowhere", .status = 401},
	        {.name = "open route", .path = "/health", .status = 503, .body = "failing"},
	        {.name = "open route with token",
	                .path = "/health",
	                .bearer = "s3cret",
	                .status = 503,
	                .body = "why"},
	        {.name = "bearer",
	                .path = "/",
	                .bearer = "s3cret",
	                .status = 200,
	                .body = "ctx=one path=/ rest= a=- b=- trusted=1"},
	        {.name = "any host",
	                .path = "/",
	                .bearer = "s3cret",
	                .headers = {{"Host", "heal.example"}},
	                .status = 200},
	        {.name = "wrong bearer", .path = "/", .bearer = "s3cre", .status = 401},
	        {.name = "longer bearer", .path = "/", .bearer = "s3crets", .status = 401},
	        {.name = "other scheme",
	                .path = "/",
	                .headers = {{"Authorization", "Basic s3cret"}},
	                .status = 401},
	        {.name = "wrong in the address", .path = "/?token=x", .status = 401},
	        {.name = "cookie without a session",
	                .path = "/",
	                .headers = {{"Cookie", "heal_session=s3cret"}},
	                .status = 401},
	        {.name = "in the address",
	                .path = "/runs/1?a=x%26y&token=s3cret",
	                .status = 303,
	                .header = "Location",
	                .value = "/runs/1?a=x%26y"},
	        {.name = "in the address, cookie",
	                .path = "/?token=s3cret",
	                .status = 303,
	                .header = "Set-Cookie",
	                .value = "HttpOnly; SameSite=Strict"},
	        {.name = "cookie",
	                .path = "/runs/1?a=x",
	                .with_cookie = true,
	                .status = 200,
	                .body = "ctx=one path=/runs/1 rest=1 a=x b=- trusted=1"},
	        {.name = "no open redirect",
	                .path = "//evil.example/?token=s3cret",
	                .status = 303,
	                .header = "Location",
	                .value = "/"},
	};

	run(*state, "s3cret", list, UNIT_LEN(list));
}

static void test_refused_addresses(void **state)
{
	struct err e;
	struct ioloop *l = ioloop_new(&e);
	struct pages_options o = {.host = "0.0.0.0"};
	struct pages *p, *q;

	(void)state;
	assert_null(pages_new(l, &o, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "HEAL_HTTP_TOKEN"));
	o.token = "t";
	p = pages_new(l, &o, &e);
	assert_non_null(p);
	o = (struct pages_options){.host = "127.0.0.1", .port = pages_port(p)};
	q = pages_new(l, &o, &e);
	assert_null(q);
	assert_int_equal(e.code, ERR_SYS);
	ioloop_free(l);
	pages_free(p);
}

static void test_pure(void **state)
{
	(void)state;
	assert_true(pages_is_loopback("127.0.0.1") && pages_is_loopback("127.9.9.9"));
	assert_true(pages_is_loopback("::1") && pages_is_loopback("LocalHost"));
	assert_false(pages_is_loopback("0.0.0.0") || pages_is_loopback("::"));
	assert_false(pages_is_loopback("10.0.0.1") || pages_is_loopback("127.0.0.1.evil"));
	assert_true(pages_same_token("abc", "abc"));
	assert_false(pages_same_token("abc", "abd") || pages_same_token("abc", "ab"));
	assert_false(pages_same_token("abc", "abcd") || pages_same_token("abc", ""));
}

UNIT_MAIN(UNIT_ARENA(test_open), UNIT_ARENA(test_token), UNIT_ARENA(test_refused_addresses),
        UNIT_ARENA(test_pure))
