/* test_pages.c - the local pages over real HTTP: routes, who may see what, limits. */
#include "unit.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

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

static atomic_int waiting, released;

/* Not made until the loop says so: were it made on the loop, nobody could. */
static void page_slow(void *ctx, const struct page_request *q, struct page_answer *out)
{
	(void)ctx;
	(void)q;
	atomic_fetch_add(&waiting, 1);
	while (!atomic_load(&released))
		usleep(1000);
	out->body = "slow";
}

static const void *look(void *ctx, struct arena *a)
{
	return arena_printf(a, "seen of %s", (const char *)ctx);
}

static void page_seen(void *ctx, const struct page_request *q, struct page_answer *out)
{
	(void)ctx;
	out->body = q->seen;
}

static void page_file(void *ctx, const struct page_request *q, struct page_answer *out)
{
	(void)ctx;
	(void)q;
	out->body = "{}";
	out->download = "run-1.json";
	out->cache_s = 60;
}

static const struct page_route routes[] = {
        {.path = "/", .fn = page_plain},
        {.path = "/runs/", .fn = page_plain},
        {.path = "/big", .fn = page_big},
        {.path = "/health", .fn = page_status, .open = true, .urgent = true},
        {.path = "/seen", .fn = page_seen, .look = look},
        {.path = "/file", .fn = page_file},
        {.path = "/slow", .fn = page_slow},
        {.path = NULL},
};
static const struct page_route more[] = {
        {.path = "/more", .fn = page_plain},
        {.path = "/big", .fn = page_plain}, /* the first table answers */
        {.path = NULL},
};

static void form(const struct page_request *q, const char *to, bool wrong, struct page_answer *out)
{
	out->body = arena_printf(q->a, "form to=%s wrong=%d", to, wrong);
}

struct request {
	const char *name, *method, *path, *bearer, *body_sent;
	struct http_header headers[3];
	bool with_cookie; /* the one set before */
	bool with_old;    /* the one before that */
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
	char cookie[200], old[200];
};

/* On the helper thread: a client beside the loop. */
static void ask_all(void *arg)
{
	struct rig *g = arg;
	struct http *h = http_new();

	for (size_t i = 0; i < g->n; i++) {
		const struct request *k = &g->list[i];
		struct http_header headers[5] = {{"X-Nothing", "1"}};
		struct http_request r = {
		        .method = k->method, .bearer = k->bearer, .body_form = k->body_sent};
		const char *cookie;
		struct err e;
		size_t m = 1;

		for (size_t j = 0; k->headers[j].name; j++)
			headers[m++] = k->headers[j];
		if (k->with_cookie)
			headers[m++] = (struct http_header){"Cookie", g->cookie};
		if (k->with_old)
			headers[m++] = (struct http_header){"Cookie", g->old};
		r.headers = headers;
		r.url = arena_printf(g->a, "http://127.0.0.1:%d%s", pages_port(g->p), k->path);
		g->ok[i] = http_do(h, g->a, &r, &g->out[i], &e);
		cookie = g->ok[i] ? http_header(&g->out[i], "Set-Cookie") : NULL;
		if (cookie)
			memcpy(g->old, g->cookie, sizeof(g->old));
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

static void run(
        struct arena *a, const char *host, const char *token, const struct request *list, size_t n)
{
	struct rig g = {.a = a, .list = list, .n = n};
	struct pages_options o = {.host = host, .token = token, .form = form};
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
	pages_stop(g.p);
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
	        {.name = "seen on the loop", .path = "/seen", .status = 200, .body = "seen of one"},
	        {.name = "a file to save",
	                .path = "/file",
	                .status = 200,
	                .header = "Content-Disposition",
	                .value = "attachment; filename=\"run-1.json\""},
	        {.name = "kept for a while",
	                .path = "/file",
	                .status = 200,
	                .header = "Cache-Control",
	                .value = "max-age=60"},
	        {.name = "not kept",
	                .path = "/",
	                .status = 200,
	                .header = "Cache-Control",
	                .value = "no-store"},
	        {.name = "unknown", .path = "/nowhere", .status = 404},
	        {.name = "no prefix without a slash", .path = "/bigger", .status = 404},
	        {.name = "status of a route", .path = "/health", .status = 503, .body = "why"},
	        {.name = "POST", .method = "POST", .path = "/", .status = 405},
	        {.name = "DELETE", .method = "DELETE", .path = "/", .status = 405},
	        {.name = "GET with a body",
	                .method = "GET",
	                .path = "/health",
	                .body_sent = "GET / HTTP/1.1",
	                .status = 400,
	                .header = "Connection",
	                .value = "close"},
	        {.name = "GET with a body of unknown length",
	                .method = "GET",
	                .path = "/",
	                .headers = {{"Transfer-Encoding", "chunked"}},
	                .body_sent = "GET / HTTP/1.1",
	                .status = 400},
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

	run(*state, "127.0.0.1", NULL, list, UNIT_LEN(list));
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
	        {.name = "a token in the address opens nothing",
	                .path = "/?token=s3cret",
	                .status = 401},
	        {.name = "cookie without a session",
	                .path = "/",
	                .headers = {{"Cookie", "heal_session=s3cret"}},
	                .status = 401},
	};

	run(*state, "127.0.0.1", "s3cret", list, UNIT_LEN(list));
}

static void test_sign_in(void **state)
{
	static char large[6000];
	const struct request list[] = {
	        {.name = "a browser gets the form, and goes on where it wanted to",
	                .path = "/runs/1?a=x%26y",
	                .headers = {{"Accept", "text/html,*/*"}},
	                .status = 401,
	                .body = "form to=/runs/1?a=x%26y wrong=0"},
	        {.name = "wrong token in the form",
	                .method = "POST",
	                .path = "/sign-in",
	                .body_sent = "to=%2Fruns%2F1&token=s3cre",
	                .status = 401,
	                .body = "form to=/runs/1 wrong=1"},
	        {.name = "no token in the form",
	                .method = "POST",
	                .path = "/sign-in",
	                .body_sent = "to=%2F",
	                .status = 401,
	                .body = "form to=/ wrong=1"},
	        {.name = "no open redirect",
	                .method = "POST",
	                .path = "/sign-in",
	                .body_sent = "to=%2F%2Fevil.example%2F&token=s3cret",
	                .status = 303,
	                .header = "Location",
	                .value = "/"},
	        {.name = "sign in",
	                .method = "POST",
	                .path = "/sign-in",
	                .body_sent = "to=%2Fruns%2F1%3Fa%3Dx&token=s3cret",
	                .status = 303,
	                .header = "Location",
	                .value = "/runs/1?a=x"},
	        {.name = "sign in, the cookie",
	                .method = "POST",
	                .path = "/sign-in",
	                .body_sent = "token=s3cret",
	                .status = 303,
	                .header = "Set-Cookie",
	                .value = "; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"},
	        {.name = "sign in, behind TLS",
	                .method = "POST",
	                .path = "/sign-in",
	                .headers = {{"X-Forwarded-Proto", "https"}},
	                .body_sent = "token=s3cret",
	                .status = 303,
	                .header = "Set-Cookie",
	                .value = "; Secure"},
	        {.name = "sign in, too large",
	                .method = "POST",
	                .path = "/sign-in",
	                .body_sent = large,
	                .status = 413},
	        {.name = "POST elsewhere",
	                .method = "POST",
	                .path = "/runs/1",
	                .body_sent = "token=s3cret",
	                .status = 405},
	        {.name = "cookie",
	                .path = "/runs/1?a=x",
	                .with_cookie = true,
	                .status = 200,
	                .body = "ctx=one path=/runs/1 rest=1 a=x b=- trusted=1"},
	        {.name = "sign out",
	                .method = "POST",
	                .path = "/sign-out",
	                .body_sent = "x=1",
	                .with_cookie = true,
	                .status = 303,
	                .header = "Set-Cookie",
	                .value = "Max-Age=0"},
	        {.name = "the session is gone", .path = "/", .with_old = true, .status = 401},
	};

	memset(large, 'a', sizeof(large) - 1);
	run(*state, "127.0.0.1", "s3cret", list, UNIT_LEN(list));
}

/* Beyond this machine and without a token: health, and the remedy. */
static void test_no_token(void **state)
{
	static const struct request list[] = {
	        {.name = "health", .path = "/health", .status = 503, .body = "failing"},
	        {.name = "health by any name",
	                .path = "/health",
	                .headers = {{"Host", "healthcheck.railway.app"}},
	                .status = 503},
	        {.name = "a page", .path = "/", .status = 403},
	        {.name = "a page that does not exist", .path = "/nowhere", .status = 403},
	        {.name = "signing in",
	                .method = "POST",
	                .path = "/sign-in",
	                .body_sent = "token=",
	                .status = 405},
	};

	run(*state, "0.0.0.0", NULL, list, UNIT_LEN(list));
}

/* ---- slow pages, clients that go or do not read ---------------------------------------------- */

static int raw_send(const struct pages *p, const char *text)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	        .sin_port = htons((uint16_t)pages_port(p)),
	        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	        write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	return fd;
}

static int raw_request(const struct pages *p, const char *path)
{
	char head[100];

	snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
	return raw_send(p, head);
}

struct slow {
	struct ioloop *l;
	struct pages *p;
	struct arena *a;
	struct http_response out;
	struct ioloop_timer *timer;
	bool ok;
};

/* A page is in the making and its client goes; twenty wait behind it, unread; then one is asked for
 * properly. */
static void ask_slowly(void *arg)
{
	struct slow *g = arg;
	struct http *h = http_new();
	struct http_request r = {
	        .url = arena_printf(g->a, "http://127.0.0.1:%d/slow", pages_port(g->p))};
	int gone = raw_request(g->p, "/slow"), fds[20];
	struct err e;

	while (!atomic_load(&waiting))
		usleep(1000);
	close(gone);
	for (size_t i = 0; i < UNIT_LEN(fds); i++)
		fds[i] = raw_request(g->p, "/big");
	while (!atomic_load(&released))
		usleep(1000);
	g->ok = http_do(h, g->a, &r, &g->out, &e);
	for (size_t i = 0; i < UNIT_LEN(fds); i++)
		close(fds[i]);
	http_free(h);
}

static void all_slow(void *arg)
{
	struct slow *g = arg;

	ioloop_quit(g->l);
}

/* The loop's timers go on while the page waits for them. */
static void release(void *arg)
{
	struct slow *g = arg;

	if (atomic_load(&waiting))
		atomic_store(&released, 1);
	else
		ioloop_timer_set(g->timer, 10);
}

static void test_slow(void **state)
{
	struct slow g = {.a = *state};
	struct pages_options o = {.host = "127.0.0.1"};
	struct err e;

	http_global_init();
	g.l = ioloop_new(&e);
	g.p = pages_new(g.l, &o, &e);
	assert_non_null(g.p);
	pages_add(g.p, routes, NULL);
	g.timer = ioloop_timer_new(g.l, release, &g);
	ioloop_timer_set(g.timer, 100);
	ioloop_work(g.l, ask_slowly, all_slow, &g);
	ioloop_run(g.l);
	pages_stop(g.p);
	ioloop_timer_free(g.timer);
	ioloop_free(g.l);
	pages_free(g.p);
	http_global_fini();
	assert_true(g.ok);
	assert_int_equal(g.out.status, 200);
	assert_string_equal(g.out.body, "slow");
}

/* Requests that come in one piece, the second with a body, while the first page is made. */
static void ask_in_a_row(void *arg)
{
	static const char both[] = "GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
	                           "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	                           "Content-Length: 7\r\n\r\ntoken=x";
	struct slow *g = arg;
	struct http *h = http_new();
	struct http_request r = {
	        .url = arena_printf(g->a, "http://127.0.0.1:%d/health", pages_port(g->p))};
	int fd = raw_send(g->p, both);
	char buf[4096], *all = arena_alloc(g->a, 65536);
	size_t n = 0;
	ssize_t got;
	struct err e;

	while ((got = read(fd, buf, sizeof(buf))) > 0 && n + (size_t)got < 65536) {
		memcpy(all + n, buf, (size_t)got);
		n += (size_t)got;
	}
	close(fd);
	g->ok = http_do(h, g->a, &r, &g->out, &e) && str_starts(all, "HTTP/1.1 200") &&
	        n > BIG_LINES * strlen(big_line) && !strstr(all + 1, "HTTP/1.1");
	http_free(h);
}

/* One answer, whole, and the connection ends. */
static void test_in_a_row(void **state)
{
	struct slow g = {.a = *state};
	struct pages_options o = {.host = "127.0.0.1", .token = NULL};
	struct err e;

	http_global_init();
	g.l = ioloop_new(&e);
	g.p = pages_new(g.l, &o, &e);
	assert_non_null(g.p);
	pages_add(g.p, routes, NULL);
	ioloop_work(g.l, ask_in_a_row, all_slow, &g);
	ioloop_run(g.l);
	pages_stop(g.p);
	ioloop_free(g.l);
	pages_free(g.p);
	http_global_fini();
	assert_true(g.ok);
	assert_int_equal(g.out.status, 503);
}

static void test_busy_port(void **state)
{
	struct err e;
	struct ioloop *l = ioloop_new(&e);
	struct pages_options o = {.host = "0.0.0.0"};
	struct pages *p = pages_new(l, &o, &e);

	(void)state;
	assert_non_null(p);
	o = (struct pages_options){.host = "127.0.0.1", .port = pages_port(p)};
	assert_null(pages_new(l, &o, &e));
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

UNIT_MAIN(UNIT_ARENA(test_open), UNIT_ARENA(test_token), UNIT_ARENA(test_sign_in),
        UNIT_ARENA(test_no_token), UNIT_ARENA(test_slow), UNIT_ARENA(test_in_a_row),
        UNIT_ARENA(test_busy_port), UNIT_ARENA(test_pure))
