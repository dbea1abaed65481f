/*
 * http_multi.c - drives transfers with curl's multi interface: one connection pool for one request
 * or for many side by side. See http.h.
 *
 * A struct http keeps a few easy handles for reuse; their connections live in the multi handle.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "clock.h"
#include "net/http_private.h"
#include "str.h"

#define POLL_MS     100 /* how late a stop or a silent stream is noticed */
#define MAX_AT_ONCE 16
#define MAX_KEPT    4

struct http {
	CURLM *multi;
	CURL *kept[MAX_KEPT];
	size_t nkept;
	http_go_on_fn go_on;
	void *go_on_ctx;
};

struct http *http_new(void)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		abort();
	h->multi = curl_multi_init();
	if (!h->multi)
		abort();
	curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)MAX_AT_ONCE);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)MAX_AT_ONCE);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->nkept; i++)
		curl_easy_cleanup(h->kept[i]);
	curl_multi_cleanup(h->multi);
	free(h);
}

void http_set_go_on(struct http *h, http_go_on_fn fn, void *ctx)
{
	h->go_on = fn;
	h->go_on_ctx = ctx;
}

static CURL *take_easy(struct http *h)
{
	CURL *easy = h->nkept > 0 ? h->kept[--h->nkept] : curl_easy_init();

	if (!easy)
		abort();
	return easy;
}

static void put_easy(struct http *h, CURL *easy)
{
	if (h->nkept == MAX_KEPT) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	h->kept[h->nkept++] = easy;
}

static size_t begin(struct http *h, struct transfer *t, size_t n)
{
	size_t running = 0;

	for (size_t i = 0; i < n; i++) {
		t[i].easy = take_easy(h);
		if (!http_prepare(&t[i])) {
			t[i].done = t[i].failed = true;
			continue;
		}
		crash_point_call("before-call", str_or(t[i].r->method, t[i].body ? "POST" : "GET"),
		        t[i].r->url);
		if (curl_multi_add_handle(h->multi, t[i].easy) != CURLM_OK)
			abort();
		running++;
	}
	return running;
}

static void end_one(struct http *h, struct transfer *t, CURLcode rc)
{
	http_finish(t, rc);
	curl_multi_remove_handle(h->multi, t->easy);
}

static size_t collect(struct http *h)
{
	size_t ended = 0;
	int left;

	for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left));) {
		struct transfer *t = NULL;
		CURLcode rc = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		end_one(h, t, rc); /* m is invalid from here on */
		ended++;
	}
	return ended;
}

/* Ends what must not go on: everything when the bot stops or whoever waits for it says so, and
 * streams that fell silent. */
static size_t give_up(struct http *h, struct transfer *t, size_t n)
{
	struct err why = {0};
	bool stopping = http_stopping() || (h->go_on && !h->go_on(h->go_on_ctx, &why));
	int64_t now = clock_mono_ms();
	size_t ended = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t silence = t[i].r->timeout_ms ? t[i].r->timeout_ms : HTTP_TIMEOUT_MS;

		if (t[i].done)
			continue;
		t[i].silent = !stopping && t[i].r->on_data && now - t[i].heard_ms > silence;
		if (!stopping && !t[i].silent)
			continue;
		t[i].why = why;
		end_one(h, &t[i], CURLE_ABORTED_BY_CALLBACK);
		ended++;
	}
	return ended;
}

static void drive(struct http *h, struct transfer *t, size_t n, size_t running)
{
	while (running > 0) {
		int active;

		if (curl_multi_perform(h->multi, &active) != CURLM_OK)
			abort();
		running -= collect(h);
		running -= give_up(h, t, n);
		if (running > 0)
			curl_multi_poll(h->multi, NULL, 0, POLL_MS, NULL);
	}
}

void http_do_all(struct http *h, struct arena *a, const struct http_request *r, size_t n,
        struct http_response *out, bool *ok, struct err *errs)
{
	struct transfer *t;
	size_t running;

	if (n == 0)
		return;
	t = calloc(n, sizeof(*t));
	if (!t)
		abort();
	for (size_t i = 0; i < n; i++) {
		t[i].r = &r[i];
		t[i].out = &out[i];
		t[i].a = a;
		out[i] = (struct http_response){
		        .body = "", .content_type = "", .retry_after_ms = -1};
	}
	running = begin(h, t, n);
	drive(h, t, n, running);
	for (size_t i = 0; i < n; i++) {
		ok[i] = !t[i].failed;
		if (t[i].failed)
			errs[i] = t[i].e;
		http_release(&t[i]);
		put_easy(h, t[i].easy);
	}
	free(t);
}

bool http_do(struct http *h, struct arena *a, const struct http_request *r,
        struct http_response *out, struct err *e)
{
	struct err why;
	bool ok;

	http_do_all(h, a, r, 1, out, &ok, &why);
	if (!ok && e)
		*e = why;
	return ok;
}
