/* http_read.c - reading a request's parts. */
#include "http.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

const char *sb_header(const struct sb_request *rq, const char *name)
{
	for (struct header *h = REQUEST_RESPONSE(rq)->rq_headers; h; h = h->next)
		if (strcasecmp(h->name, name) == 0)
			return h->value;
	return NULL;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *sb_unescape(struct arena *a, const char *s, size_t n, bool plus)
{
	char *out = arena_alloc(a, n + 1), *o = out;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%' && i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			*o++ = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			i += 2;
		} else {
			*o++ = plus && s[i] == '+' ? ' ' : s[i];
		}
	}
	*o = 0;
	return out;
}

json *sb_params(struct arena *a, const char *text)
{
	json *out = json_obj(a);
	while (*text) {
		size_t n = strcspn(text, "&");
		size_t key = strcspn(text, "=&");
		const char *value = key < n ? text + key + 1 : text + n;
		if (key)
			json_set_str(out, sb_unescape(a, text, key, true),
			        sb_unescape(a, value, (size_t)(text + n - value), true));
		text += n + (text[n] == '&');
	}
	return out;
}

static const char *param(struct arena *a, const char *text, const char *name)
{
	json *all = sb_params(a, text);
	json_each (it, all)
		if (strcmp(json_key(it), name) == 0)
			return json_str(it, "", NULL);
	return NULL;
}

const char *sb_query(const struct sb_request *rq, const char *name)
{
	return param(rq->a, rq->query, name);
}

const char *sb_form(const struct sb_request *rq, const char *name)
{
	return param(rq->a, rq->body, name);
}

json *sb_json(const struct sb_request *rq, struct err *e)
{
	return json_parse(rq->a, rq->body, rq->len, e);
}

static const char *credentials(const struct sb_request *rq, const char *scheme)
{
	const char *h = sb_header(rq, "Authorization");
	size_t n = strlen(scheme);
	if (!h || strncasecmp(h, scheme, n) != 0 || h[n] != ' ')
		return NULL;
	h += n;
	while (*h == ' ')
		h++;
	return *h ? h : NULL;
}

const char *sb_bearer(const struct sb_request *rq)
{
	return credentials(rq, "Bearer");
}

bool sb_basic(const struct sb_request *rq, const char **user, const char **password)
{
	const char *b64 = credentials(rq, "Basic");
	if (!b64)
		return false;
	size_t n = strlen(b64);
	char *plain = arena_alloc(rq->a, n + 4);
	int got = EVP_DecodeBlock((unsigned char *)plain, (const unsigned char *)b64, (int)n);
	if (got < 0)
		return false;
	plain[got] = 0; /* padding decodes to NULs: the strings end there */
	char *colon = strchr(plain, ':');
	if (!colon)
		return false;
	*user = arena_strndup(rq->a, plain, (size_t)(colon - plain));
	*password = colon + 1;
	return true;
}

const char *sb_part(const struct sb_request *rq, unsigned i)
{
	const char *p = rq->path;
	while (*p) {
		while (*p == '/')
			p++;
		size_t n = strcspn(p, "/");
		if (!n)
			return NULL;
		if (i-- == 0)
			return sb_unescape(rq->a, p, n, false);
		p += n;
	}
	return NULL;
}
