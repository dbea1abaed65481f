/* test_http.c - HTTP against a scripted server: what goes out, what comes back, what goes wrong. */
#include "unit.h"

#include <stdatomic.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "loopback.h"
#include "net/http.h"
#include "str.h"

static int setup(void **state)
{
	static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",
	        "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};

	for (size_t i = 0; i < UNIT_LEN(proxies); i++)
		unsetenv(proxies[i]);
	http_global_init();
	http_set_gate(http_gate_none, NULL);
	*state = arena_new(0);
	return 0;
}

static int teardown(void **state)
{
	http_set_stop(NULL);
	http_set_gate(NULL, NULL);
	arena_free(*state);
	http_global_fini();
	return 0;
}

/* ---- what goes out -------------------------------------------------------------------------- */

/* Answers each request with itself. */
static void echo(struct lb_conn *c, void *arg)
{
	const char *r;

	(void)arg;
	while ((r = lb_request(c)))
		lb_answer(c, 200, "Content-Type: text/plain\r\nX-Two: 2\r\n", r);
}

static const char *shout(void *ctx, struct arena *a, const char *host, const char *text)
{
	(void)ctx;
	return arena_printf(a, "%s@%s", text, host);
}

static void test_requests(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(echo, NULL, NULL, NULL);
	struct http *h = http_new();
	const struct http_header own[] = {{"X-Own", "v"}, {"X-Empty", ""}, {NULL, NULL}};
	json *body = json_obj(a);
	struct http_response out;
	struct err e;
	struct http_request r = {.url = lb_url(lb, "http", "/p?q=1"), .headers = own};

	assert_true(http_do(h, a, &r, &out, &e));
	assert_int_equal(out.status, 200);
	assert_string_equal(out.content_type, "text/plain");
	assert_string_equal(http_header(&out, "x-two"), "2");
	assert_null(http_header(&out, "x-three"));
	assert_int_equal(out.retry_after_ms, -1);
	assert_true(str_starts(out.body, "GET /p?q=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(out.body, "\r\nX-Own: v\r\n"));
	assert_non_null(strstr(out.body, "\r\nX-Empty:\r\n"));
	assert_non_null(strstr(out.body, "\r\nUser-Agent: heal/"));
	assert_null(strstr(out.body, "Content-Type"));
	assert_null(strstr(out.body, "Authorization"));

	json_set_str(body, "text", "hello");
	r = (struct http_request){
	        .url = lb_url(lb, "http", "/j"), .bearer = "tok", .body_json = body};
	http_set_gate(shout, NULL);
	assert_true(http_do(h, a, &r, &out, &e));
	assert_true(str_starts(out.body, "POST /j HTTP/1.1\r\n"));
	assert_non_null(strstr(out.body, "\r\nAuthorization: Bearer tok\r\n"));
	assert_non_null(strstr(out.body, "\r\nContent-Type: application/json; charset=utf-8\r\n"));
	assert_null(strstr(out.body, "Expect:"));
	assert_string_equal(lb_body(out.body), "{\"text\":\"hello@127.0.0.1\"}");
	assert_string_equal(json_str(body, ".text", ""), "hello"); /* the caller's tree stays */

	r = (struct http_request){.url = lb_url(lb, "http", "/f"),
	        .method = "PUT",
	        .body_form = "a=b",
	        .basic_user = "u",
	        .basic_password = "p"};
	assert_true(http_do(h, a, &r, &out, &e));
	assert_true(str_starts(out.body, "PUT /f HTTP/1.1\r\n"));
	assert_non_null(strstr(out.body, "\r\nAuthorization: Basic dTpw\r\n"));
	assert_non_null(strstr(out.body, "application/x-www-form-urlencoded"));
	assert_string_equal(lb_body(out.body), "a=b");

	r = (struct http_request){.url = lb_url(lb, "http", "/e"), .method = "POST"};
	assert_true(http_do(h, a, &r, &out, &e));
	assert_non_null(strstr(out.body, "\r\nContent-Length: 0\r\n"));

	r = (struct http_request){.url = lb_url(lb, "http", "/d"), .method = "DELETE"};
	assert_true(http_do(h, a, &r, &out, &e));
	assert_true(str_starts(out.body, "DELETE /d "));

	r = (struct http_request){
	        .url = lb_url(lb, "http", "/raw"), .body_raw = "\0\1", .body_raw_len = 2};
	assert_true(http_do(h, a, &r, &out, &e));
	assert_null(strstr(out.body, "Content-Type"));
	assert_non_null(strstr(out.body, "\r\nContent-Length: 2\r\n"));
	assert_int_equal(lb_accepted(lb), 1); /* one connection, kept */
	http_free(h);
	lb_stop(lb);
}

static void test_refused_requests(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(echo, NULL, NULL, NULL);
	struct http *h = http_new();
	const struct http_header split[] = {{"X-Own", "v\r\nX-Evil: 1"}, {NULL, NULL}};
	struct http_response out;
	struct err e;
	struct http_request r = {.url = lb_url(lb, "http", "/"), .headers = split};

	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	r = (struct http_request){.url = "not a url"};
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	r = (struct http_request){.url = "file:///etc/passwd"};
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	http_set_gate(NULL, NULL);
	r = (struct http_request){.url = lb_url(lb, "http", "/"), .body_json = json_obj(a)};
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "gate"));
	assert_int_equal(lb_accepted(lb), 0);
	http_free(h);
	lb_stop(lb);
}

/* ---- what comes back ------------------------------------------------------------------------ */

struct canned {
	const char *name;
	const char *answer; /* raw; the connection is closed behind it */
	const char *method;
	size_t max_bytes;
	/* expected */
	bool ok;
	int status;
	const char *body;
	int64_t retry_after_ms;
	enum err_code code;
	bool retryable, ambiguous;
};

static const struct canned canned[] = {
        {.name = "chunked",
                .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                .ok = true,
                .status = 200,
                .body = "abcde",
                .retry_after_ms = -1},
        {.name = "until close",
                .answer = "HTTP/1.0 200 OK\r\n\r\nall of it",
                .ok = true,
                .status = 200,
                .body = "all of it",
                .retry_after_ms = -1},
        {.name = "429 with seconds",
                .answer = "HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
                .ok = true,
                .status = 429,
                .body = "",
                .retry_after_ms = 7000},
        {.name = "503 html",
                .answer = "HTTP/1.1 503 X\r\nContent-Length: 6\r\n\r\n<html>",
                .ok = true,
                .status = 503,
                .body = "<html>",
                .retry_after_ms = -1},
        {.name = "redirect is not followed",
                .answer = "HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\n"
                          "Content-Length: 0\r\n\r\n",
                .ok = true,
                .status = 302,
                .body = "",
                .retry_after_ms = -1},
        {.name = "100 first",
                .answer = "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                .ok = true,
                .status = 200,
                .body = "ok",
                .retry_after_ms = -1},
        {.name = "HEAD",
                .method = "HEAD",
                .answer = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
                .ok = true,
                .status = 200,
                .body = "",
                .retry_after_ms = -1},
        {.name = "too large, announced",
                .answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
                .max_bytes = 10,
                .code = ERR_PROTO,
                .ambiguous = true},
        {.name = "exactly the limit",
                .answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
                .max_bytes = 10,
                .ok = true,
                .status = 200,
                .body = "0123456789",
                .retry_after_ms = -1},
        {.name = "cut short",
                .answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123",
                .code = ERR_NET,
                .retryable = true,
                .ambiguous = true},
        {.name = "nothing at all",
                .answer = "",
                .code = ERR_NET,
                .retryable = true,
                .ambiguous = true},
        {.name = "no HTTP",
                .answer = "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                .code = ERR_PROTO,
                .retryable = true,
                .ambiguous = true},
};

static void play_canned(struct lb_conn *c, void *arg)
{
	const struct canned *k = arg;

	if (lb_request(c))
		lb_puts(c, k->answer);
}

static void test_answers(void **state)
{
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(canned); i++) {
		struct canned k = canned[i];
		struct loopback *lb = lb_start(play_canned, &k, NULL, NULL);
		struct http *h = http_new();
		struct http_request r = {.url = lb_url(lb, "http", "/secret?token=xyz"),
		        .method = k.method,
		        .max_bytes = k.max_bytes,
		        .body_form = k.method ? NULL : "x=1"};
		struct http_response out;
		struct err e = {0};

		unit_case("%s", k.name);
		assert_int_equal(http_do(h, a, &r, &out, &e), k.ok);
		if (k.ok) {
			assert_int_equal(out.status, k.status);
			assert_string_equal(out.body, k.body);
			assert_int_equal(out.len, strlen(k.body));
			assert_int_equal(out.retry_after_ms, k.retry_after_ms);
			assert_null(http_header(&out, "X-Early"));
		} else {
			assert_int_equal(e.code, k.code);
			assert_int_equal(e.retryable, k.retryable);
			assert_int_equal(e.ambiguous, k.ambiguous);
			assert_null(strstr(e.msg, "xyz"));
		}
		http_free(h);
		lb_stop(lb);
	}
}

/* Swallows the request, then stays silent until the client leaves. */
static void silent(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (lb_request(c))
		lb_wait_eof(c);
}

static void test_timeouts(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(silent, NULL, NULL, NULL);
	struct http *h = http_new();
	struct http_request r = {.url = lb_url(lb, "http", "/"), .timeout_ms = 100};
	struct http_response out;
	struct err e;
	int64_t start = clock_mono_ms();

	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_true(e.retryable && e.ambiguous);
	assert_in_range(clock_mono_ms() - start, 90, 5000);
	http_free(h);
	lb_stop(lb);
}

static void test_no_server(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(silent, NULL, NULL, NULL);
	char *url = arena_strdup(a, lb_url(lb, "http", "/"));
	struct http *h = http_new();
	struct http_request r = {.url = url, .body_form = "x=1"};
	struct http_response out;
	struct err e;

	lb_stop(lb);
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_NET);
	assert_true(e.retryable);
	assert_false(e.ambiguous); /* nothing was written */
	r.url = "http://no-such-host.invalid/";
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_NET);
	assert_non_null(strstr(e.msg, "no-such-host.invalid"));
	http_free(h);
}

static atomic_int taken;

static void reset_after_request(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (!lb_request(c))
		return;
	atomic_fetch_add(&taken, 1);
	lb_reset(c);
}

static void test_reset(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(reset_after_request, NULL, NULL, NULL);
	struct http *h = http_new();
	struct http_request r = {.url = lb_url(lb, "http", "/"), .body_form = "x=1"};
	struct http_response out;
	struct err e;

	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_NET);
	assert_true(e.retryable && e.ambiguous);
	http_free(h);
	lb_stop(lb);
}

/* The first request is answered and the connection kept; the second is taken and never answered. */
static void die_on_second(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (lb_request(c)) {
		atomic_fetch_add(&taken, 1);
		lb_answer(c, 200, "", "one");
	}
	if (lb_request(c))
		atomic_fetch_add(&taken, 1);
}

static void test_post_is_never_repeated(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(die_on_second, NULL, NULL, NULL);
	struct http *h = http_new();
	struct http_request r = {.url = lb_url(lb, "http", "/"), .body_form = "post=once"};
	struct http_response out;
	struct err e;

	atomic_store(&taken, 0);
	assert_true(http_do(h, a, &r, &out, &e));
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_NET);
	assert_true(e.retryable && e.ambiguous);
	http_free(h);
	lb_stop(lb);
	assert_int_equal(atomic_load(&taken), 2); /* a third would be the repetition */
}

static void test_stop(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(silent, NULL, NULL, NULL);
	struct http *h = http_new();
	struct http_request r = {.url = lb_url(lb, "http", "/")};
	volatile bool stop = true;
	struct http_response out;
	struct err e;

	http_set_stop(&stop);
	assert_true(http_stopping());
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_CANCELED);
	http_set_stop(NULL);
	assert_false(http_stopping());
	http_free(h);
	lb_stop(lb);
}

/* ---- streams -------------------------------------------------------------------------------- */

static void stream(struct lb_conn *c, void *arg)
{
	const char *r = lb_request(c);

	(void)arg;
	if (!r)
		return;
	if (strstr(r, "/error")) {
		lb_answer(c, 400, "", "{\"error\":\"no\"}");
		return;
	}
	lb_puts(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	lb_puts(c, "5\r\nfirst\r\n");
	lb_puts(c, "6\r\nsecond\r\n");
	if (strstr(r, "/silent") || strstr(r, "/until"))
		lb_wait_eof(c);
	else
		lb_puts(c, "0\r\n\r\n");
}

struct seen {
	char text[64];
	const char *until;
};

static bool keep(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	strncat(s->text, p, n);
	return !s->until || !strstr(s->text, s->until);
}

static void test_streams(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(stream, NULL, NULL, NULL);
	struct http *h = http_new();
	struct seen seen = {.text = ""};
	struct http_response out;
	struct err e;
	struct http_request r = {
	        .url = lb_url(lb, "http", "/all"), .on_data = keep, .on_data_ctx = &seen};

	assert_true(http_do(h, a, &r, &out, &e));
	assert_string_equal(seen.text, "firstsecond");
	assert_string_equal(out.body, "");

	seen = (struct seen){.until = "second"};
	r.url = lb_url(lb, "http", "/until");
	assert_true(http_do(h, a, &r, &out, &e));
	assert_int_equal(out.status, 200);

	seen = (struct seen){.text = ""};
	r.url = lb_url(lb, "http", "/error");
	assert_true(http_do(h, a, &r, &out, &e));
	assert_string_equal(seen.text, "");
	assert_string_equal(out.body, "{\"error\":\"no\"}");

	r.url = lb_url(lb, "http", "/silent");
	r.timeout_ms = 50;
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_non_null(strstr(e.msg, "silent"));
	assert_string_equal(seen.text, "firstsecond");
	http_free(h);
	lb_stop(lb);
}

/* ---- side by side --------------------------------------------------------------------------- */

static atomic_int waiting;

/* Answers only when all requests have come: they must be under way at the same time. */
static void rendezvous(struct lb_conn *c, void *arg)
{
	const char *r = lb_request(c);
	int n = *(int *)arg;

	if (!r)
		return;
	atomic_fetch_add(&waiting, 1);
	for (int i = 0; i < 5000 && atomic_load(&waiting) < n; i++)
		usleep(1000);
	lb_answer(c, strstr(r, "/1") ? 500 : 200, "", strstr(r, "/2") ? "two" : "");
}

static void test_side_by_side(void **state)
{
	enum { N = 5 };
	struct arena *a = *state;
	int n = N - 1;
	struct loopback *lb = lb_start(rendezvous, &n, NULL, NULL);
	struct http *h = http_new();
	struct http_request r[N] = {{0}};
	struct http_response out[N];
	struct err errs[N];
	bool ok[N];

	atomic_store(&waiting, 0);
	for (int i = 0; i < N; i++)
		r[i].url = arena_printf(a, "http://127.0.0.1:%d/%d", lb_port(lb), i);
	r[4].url = "ftp://127.0.0.1/";
	http_do_all(h, a, r, N, out, ok, errs);
	assert_true(ok[0] && ok[1] && ok[2] && ok[3]);
	assert_false(ok[4]);
	assert_int_equal(errs[4].code, ERR_CONFIG);
	assert_int_equal(out[1].status, 500);
	assert_string_equal(out[2].body, "two");
	assert_int_equal(atomic_load(&waiting), N - 1);
	http_do_all(h, a, r, 0, out, ok, errs);
	http_free(h);
	lb_stop(lb);
}

/* ---- TLS and proxy -------------------------------------------------------------------------- */

static const char *temp_dir(struct arena *a)
{
	char *dir = arena_printf(a, "%s/heal-http-XXXXXX", str_or(getenv("TMPDIR"), "/tmp"));

	assert_non_null(mkdtemp(dir));
	return dir;
}

struct tls_case {
	const char *name, *cert, *ca;
	bool ok;
};

static void test_tls(void **state)
{
	static const struct tls_case cases[] = {
	        {"trusted", "127.0.0.1", "ca.pem", true},
	        {"unknown authority", "127.0.0.1", NULL, false},
	        {"other name", "example.com", "ca.pem", false},
	};
	struct arena *a = *state;
	const char *dir = temp_dir(a);

	unsetenv("CURL_CA_BUNDLE"); /* it would win */
	unsetenv("SSL_CERT_DIR");
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		const struct tls_case *k = &cases[i];
		char *base = arena_printf(a, "%s/%s", dir, k->cert);
		struct loopback *lb;
		struct http *h;
		struct http_request r = {0};
		struct http_response out;
		struct err e;

		unit_case("%s", k->name);
		lb_certificate(dir, k->cert);
		lb = lb_start(echo, NULL, arena_printf(a, "%s.pem", base),
		        arena_printf(a, "%s.key", base));
		if (k->ca)
			setenv("SSL_CERT_FILE", arena_printf(a, "%s/%s", dir, k->ca), 1);
		else
			unsetenv("SSL_CERT_FILE");
		http_global_fini();
		http_global_init();
		h = http_new();
		r.url = lb_url(lb, "https", "/");
		assert_int_equal(http_do(h, a, &r, &out, &e), k->ok);
		if (!k->ok) {
			assert_int_equal(e.code, ERR_CONFIG);
			assert_false(e.retryable || e.ambiguous);
			assert_non_null(strstr(e.msg, "certificate"));
		}
		http_free(h);
		lb_stop(lb);
	}
	unsetenv("SSL_CERT_FILE");
}

static void test_proxy(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(echo, NULL, NULL, NULL);
	struct http *h = http_new();
	struct http_request r = {.url = "http://service.invalid/x"};
	struct http_response out;
	struct err e;

	setenv("http_proxy", lb_url(lb, "http", ""), 1);
	assert_true(http_do(h, a, &r, &out, &e));
	assert_true(str_starts(out.body, "GET http://service.invalid/x HTTP/1.1\r\n"));
	setenv("no_proxy", "invalid", 1);
	assert_false(http_do(h, a, &r, &out, &e));
	assert_int_equal(e.code, ERR_NET);
	unsetenv("http_proxy");
	unsetenv("no_proxy");
	http_free(h);
	lb_stop(lb);
}

/* ---- pure parts ----------------------------------------------------------------------------- */

static void test_retry_after(void **state)
{
	const int64_t now =
	        784111777000; /* 1994-11-06T08:49:37Z, the date of RFC 9110's examples */
	static const struct {
		const char *value;
		int64_t ms;
	} cases[] = {
	        {NULL, -1},
	        {"", -1},
	        {"0", 0},
	        {"1", 1000},
	        {"0.5", 500},
	        {"120", 120000},
	        {"99999999", 86400000},
	        {"-1", -1},
	        {"soon", -1},
	        {"12 parsecs", -1},
	        {"Sun, 06 Nov 1994 08:50:07 GMT", 30000},
	        {"Sunday, 06-Nov-94 08:50:07 GMT", 30000},
	        {"Sun, 06 Nov 1994 08:00:00 GMT", 0},
	        {"Sun, 06 Nov 2034 08:00:00 GMT", 86400000},
	};

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		unit_case("%s", cases[i].value ? cases[i].value : "NULL");
		assert_int_equal(http_retry_after_ms(cases[i].value, now), cases[i].ms);
	}
}

static void test_status(void **state)
{
	static const struct {
		int status;
		enum err_code code;
		bool retryable, ambiguous;
		uint32_t retry_ms;
	} cases[] = {
	        {301, ERR_STATUS, false, false, 0},
	        {400, ERR_STATUS, false, false, 0},
	        {401, ERR_AUTH, false, false, 0},
	        {403, ERR_FORBIDDEN, false, false, 0},
	        {404, ERR_NOT_FOUND, false, false, 0},
	        {408, ERR_STATUS, true, true, 3000},
	        {409, ERR_CONFLICT, false, false, 0},
	        {425, ERR_STATUS, true, false, 3000},
	        {429, ERR_LIMITED, true, false, 3000},
	        {500, ERR_STATUS, true, true, 3000},
	        {503, ERR_STATUS, true, true, 3000},
	};

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct http_response r = {.status = cases[i].status, .retry_after_ms = 3000};
		struct err e;

		unit_case("%d", r.status);
		assert_false(http_status_err(&r, "Railway", &e));
		assert_int_equal(e.code, cases[i].code);
		assert_int_equal(e.retryable, cases[i].retryable);
		assert_int_equal(e.ambiguous, cases[i].ambiguous);
		assert_int_equal(e.retry_ms, cases[i].retry_ms);
		assert_non_null(strstr(e.msg, "Railway"));
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

UNIT_MAIN(CASE(test_requests), CASE(test_refused_requests), CASE(test_answers), CASE(test_timeouts),
        CASE(test_no_server), CASE(test_reset), CASE(test_post_is_never_repeated), CASE(test_stop),
        CASE(test_streams), CASE(test_side_by_side), CASE(test_tls), CASE(test_proxy),
        CASE(test_retry_after), CASE(test_status))
