/* http_request.c - what goes out: URL, headers, method, body. See http.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_private.h"
#include "str.h"

static bool split_url(struct transfer *t)
{
	CURLU *u = curl_url();
	char *host = NULL, *path = NULL;
	bool ok;

	if (!u)
		abort();
	ok = curl_url_set(u, CURLUPART_URL, t->r->url, 0) == CURLUE_OK &&
	     curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	     curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK;
	if (ok) {
		t->host = arena_strdup(t->a, host);
		t->path = arena_strdup(t->a, t->r->secret_path ? "/…" : path);
	} else {
		err_set(&t->e, ERR_CONFIG, false,
		        "an address of a peer is not a URL; check the settings");
	}
	curl_free(host);
	curl_free(path);
	curl_url_cleanup(u);
	return ok;
}

static bool add_header(struct transfer *t, const char *name, const char *value)
{
	struct curl_slist *grown;

	if (strpbrk(name, "\r\n:") || strpbrk(value, "\r\n"))
		return err_set(&t->e, ERR_CONFIG, false, "the header %s for %s holds a line break",
		        name, t->host);
	/* "Name;" is curl's way to write a header without a value */
	grown = curl_slist_append(t->headers, *value ? arena_printf(t->a, "%s: %s", name, value)
	                                             : arena_printf(t->a, "%s;", name));
	if (!grown)
		abort();
	t->headers = grown;
	return true;
}

static void drop_header(struct transfer *t, const char *name)
{
	struct curl_slist *grown = curl_slist_append(t->headers, arena_printf(t->a, "%s:", name));

	if (!grown)
		abort();
	t->headers = grown;
}

static bool own_header(const struct http_request *r, const char *name)
{
	for (const struct http_header *h = r->headers; h && h->name; h++)
		if (str_ieq(h->name, name))
			return true;
	return false;
}

static bool set_headers(struct transfer *t)
{
	const struct http_request *r = t->r;
	const char *type = r->body_json   ? "application/json; charset=utf-8"
	                   : r->body_form ? "application/x-www-form-urlencoded"
	                                  : NULL;

	for (const struct http_header *h = r->headers; h && h->name; h++)
		if (h->value && !add_header(t, h->name, h->value))
			return false;
	if (r->bearer &&
	        !add_header(t, "Authorization", arena_printf(t->a, "Bearer %s", r->bearer)))
		return false;
	if (!own_header(r, "Content-Type")) {
		if (type)
			add_header(t, "Content-Type", type);
		else
			drop_header(t, "Content-Type"); /* curl would claim a form */
	}
	drop_header(t, "Expect"); /* waiting for a 100 costs a second with peers that send none */
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return true;
}

static bool choose_body(struct transfer *t)
{
	const struct http_request *r = t->r;

	assert((r->body_json != NULL) + (r->body_form != NULL) + (r->body_raw != NULL) <= 1);
	if (r->body_json) {
		json *copy = json_copy(t->a, r->body_json);

		if (!http_gate(t->a, copy, t->host))
			return err_set(&t->e, ERR_CONFIG, false,
			        "nothing may leave for %s: the redaction gate is not installed",
			        t->host);
		t->body = json_print(t->a, copy);
		t->body_len = strlen(t->body);
	} else if (r->body_form) {
		t->body = r->body_form;
		t->body_len = strlen(r->body_form);
	} else if (r->body_raw) {
		t->body = r->body_raw;
		t->body_len = r->body_raw_len;
	}
	return true;
}

static size_t on_send(char *to, size_t size, size_t n, void *p)
{
	struct transfer *t = p;
	size_t room = size * n, left = t->body_len - t->body_sent;

	if (left < room)
		room = left;
	memcpy(to, t->body + t->body_sent, room);
	t->body_sent += room;
	return room;
}

/* curl writes a request once more when a kept connection turns out dead before the first byte of
 * the answer. The peer may have acted on it all the same, so a body must not go out twice: refusing
 * to rewind is how libcurl is told (CURLE_SEND_FAIL_REWIND). */
static int on_rewind(void *p, curl_off_t offset, int origin)
{
	const struct transfer *t = p;

	return offset == 0 && origin == SEEK_SET && t->body_sent == 0 ? CURL_SEEKFUNC_OK
	                                                              : CURL_SEEKFUNC_FAIL;
}

static void set_method(struct transfer *t)
{
	const char *method = str_or(t->r->method, t->body ? "POST" : "GET");

	if (str_eq(method, "HEAD")) {
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
	} else if (t->body && t->body_len > 0) {
		curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body_len);
		curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_send);
		curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
		curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_rewind);
		curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
	} else if (t->body || str_eq(method, "POST")) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "");
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, 0L);
	}
	if (!str_eq(method, "HEAD"))
		curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
}

bool http_set_request(struct transfer *t)
{
	if (!split_url(t) || !choose_body(t) || !set_headers(t))
		return false;
	set_method(t);
	curl_easy_setopt(t->easy, CURLOPT_URL, t->r->url);
	if (t->r->basic_user) {
		curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(t->easy, CURLOPT_USERNAME, t->r->basic_user);
		curl_easy_setopt(t->easy, CURLOPT_PASSWORD, str_or(t->r->basic_password, ""));
	}
	return true;
}
