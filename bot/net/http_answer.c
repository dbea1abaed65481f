/* http_answer.c - what comes in: status, headers, body or stream, within limits. See http.h. */
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "clock.h"
#include "net/http_private.h"
#include "str.h"

#define MAX_HEAD_BYTES ((size_t)64 << 10)

static void keep_header(struct transfer *t, const char *line, const char *colon, const char *end)
{
	const char *value = colon + 1;

	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && strchr("\r\n \t", end[-1]))
		end--;
	if (t->nhead == t->cap_head) {
		size_t cap = t->cap_head ? t->cap_head * 2 : 16;
		struct http_header *grown = ARENA_ARRAY(t->a, cap + 1, struct http_header);

		if (t->nhead > 0)
			memcpy(grown, t->head, t->nhead * sizeof(*grown));
		t->head = grown;
		t->cap_head = cap;
	}
	t->head[t->nhead++] = (struct http_header){
	        .name = arena_strndup(t->a, line, (size_t)(colon - line)),
	        .value = arena_strndup(t->a, value, (size_t)(end - value)),
	};
}

static size_t on_header(char *line, size_t size, size_t n, void *p)
{
	struct transfer *t = p;
	size_t len = size * n;
	const char *colon = memchr(line, ':', len);

	t->heard_ms = clock_mono_ms();
	t->head_bytes += len;
	if (t->head_bytes > MAX_HEAD_BYTES) {
		t->too_large = true;
		return 0;
	}
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0) {
		crash_point_call(
		        "during-reply", str_or(t->r->method, t->body ? "POST" : "GET"), t->r->url);
		t->nhead = 0; /* what came before was a 100 or an answer of the proxy */
	} else if (colon)
		keep_header(t, line, colon, line + len);
	return len;
}

static void reserve(struct transfer *t, size_t more)
{
	curl_off_t announced = -1;
	size_t cap = t->cap ? t->cap : 4096;

	if (t->len + more + 1 <= t->cap)
		return;
	if (!t->cap)
		curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
	if (announced > 0 && (size_t)announced <= t->max_bytes)
		cap = (size_t)announced + 1;
	while (cap < t->len + more + 1)
		cap *= 2;
	t->buf = realloc(t->buf, cap);
	if (!t->buf)
		abort();
	t->cap = cap;
}

static bool streams(const struct transfer *t)
{
	long status = 0;

	if (!t->r->on_data)
		return false;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

static size_t on_body(char *from, size_t size, size_t n, void *p)
{
	struct transfer *t = p;
	size_t len = size * n;

	t->heard_ms = clock_mono_ms();
	if (streams(t)) {
		if (t->r->on_data(t->r->on_data_ctx, from, len))
			return len;
		t->ended = true;
		return len + 1; /* anything else than len ends the transfer; 0 may be a right len */
	}
	if (len > t->max_bytes - t->len) {
		t->too_large = true;
		return len + 1;
	}
	reserve(t, len);
	memcpy(t->buf + t->len, from, len);
	t->len += len;
	return len;
}

void http_set_answer(struct transfer *t)
{
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

void http_get_answer(struct transfer *t)
{
	struct http_response *out = t->out;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	*out = (struct http_response){.status = (int)status, .body = "", .len = t->len};
	if (t->len > 0) {
		t->buf[t->len] = '\0';
		out->body = t->buf;
		arena_defer(t->a, free, t->buf);
		t->buf = NULL;
	}
	out->headers = ARENA_ARRAY(t->a, 1, struct http_header);
	if (t->nhead > 0) {
		t->head[t->nhead] = (struct http_header){NULL, NULL};
		out->headers = t->head;
	}
	out->content_type = str_or(http_header(out, "Content-Type"), "");
	out->retry_after_ms = http_retry_after_ms(http_header(out, "Retry-After"), clock_now_ms());
}
