/*
 * http.c - one request as a whole: settings, limits, trust, outcome. See http.h.
 *
 * http_request.c is what goes out, http_answer.c what comes in, http_error.c what went wrong,
 * http_multi.c drives the transfers.
 *
 * The three globals are the process's own settings: made before threads, only read afterwards.
 */
#include "net/http.h"

#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "net/ca.h"
#include "net/http_private.h"
#include "net/peers.h"
#include "str.h"

static http_gate_fn gate;
static void *gate_ctx;
static const volatile bool *stop_flag;

void http_global_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	ca_init();
}

void http_global_fini(void)
{
	curl_global_cleanup();
}

void http_set_gate(http_gate_fn fn, void *ctx)
{
	gate = fn;
	gate_ctx = ctx;
}

const char *http_gate_none(void *ctx, struct arena *a, const char *host, const char *text)
{
	(void)ctx;
	(void)a;
	(void)host;
	return text;
}

struct gate_host {
	const char *host;
};

static const char *through_gate(void *ctx, struct arena *a, const char *s)
{
	const struct gate_host *g = ctx;

	return gate(gate_ctx, a, g->host, s);
}

bool http_gate(struct arena *a, json *body, const char *host)
{
	struct gate_host g = {host};

	if (!gate)
		return false;
	json_map_strings(a, body, through_gate, &g);
	return true;
}

void http_set_stop(const volatile bool *stop)
{
	stop_flag = stop;
}

bool http_stopping(void)
{
	return stop_flag && __atomic_load_n(stop_flag, __ATOMIC_RELAXED);
}

static void set_limits(struct transfer *t)
{
	const struct http_request *r = t->r;
	long timeout = (long)(r->timeout_ms ? r->timeout_ms : HTTP_TIMEOUT_MS);
	long connect =
	        (long)(r->connect_timeout_ms ? r->connect_timeout_ms : HTTP_CONNECT_TIMEOUT_MS);

	t->max_bytes = r->max_bytes ? r->max_bytes : HTTP_MAX_BYTES;
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, connect);
	if (!r->on_data)
		curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* HTTP/2 would write a refused request again, and costs memory; nothing here needs it */
	curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
	curl_easy_setopt(t->easy, CURLOPT_MAXAGE_CONN, 60L);
	curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

static void set_trust(struct transfer *t)
{
	if (ca_file()) {
		curl_easy_setopt(t->easy, CURLOPT_CAINFO, ca_file());
		curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
	} else if (ca_dir()) {
		curl_easy_setopt(t->easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(t->easy, CURLOPT_CAPATH, ca_dir());
	}
	curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

bool http_prepare(struct transfer *t)
{
	t->start_ms = t->heard_ms = clock_mono_ms();
	if (!http_set_request(t))
		return false;
	curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "heal/" HEAL_VERSION);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->errbuf);
	http_set_answer(t);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	set_limits(t);
	set_trust(t);
	return true;
}

void http_finish(struct transfer *t, CURLcode rc)
{
	int64_t ms = clock_mono_ms() - t->start_ms;
	const char *method = str_or(t->r->method, t->body ? "POST" : "GET");

	t->done = true;
	t->failed = rc != CURLE_OK && !t->ended;
	if (t->failed) {
		http_describe(t, rc);
		log_debug("http", "%s %s%s failed after %lld ms: %s", method, t->host, t->path,
		        (long long)ms, err_code_name(t->e.code));
		peers_note(t->r->url, 0, ms, t->e.msg);
	} else {
		http_get_answer(t);
		log_debug("http", "%s %s%s %d %lld ms", method, t->host, t->path, t->out->status,
		        (long long)ms);
		peers_note(t->r->url, t->out->status, ms, NULL);
	}
	t->out->sent = t->r->body_json ? t->body : NULL;
}

void http_release(struct transfer *t)
{
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	free(t->buf);
	t->buf = NULL;
}
