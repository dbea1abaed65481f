/* pages_lws.c - the HTTP side of pages.h, on libwebsockets. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/pages_private.h"
#include "str.h"

#define MAX_CONNECTIONS 64 /* Slack's sockets share the loop's descriptors */
#define MAX_HEADER      2048
#define MAX_PARAMS      32
#define CHUNK           4096

/* An answer on its way; the library keeps room for the pointer with each connection. */
struct sending {
	struct arena *a;
	struct page_answer answer;
	size_t sent;
	bool head_only;
};

/* ---- reading -------------------------------------------------------------------------------- */

static const char *header(struct lws *wsi, struct arena *a, enum lws_token_indexes token)
{
	int n = lws_hdr_total_length(wsi, token);
	char *s;

	if (n <= 0 || n > MAX_HEADER)
		return NULL;
	s = arena_alloc(a, (size_t)n + 1);
	return lws_hdr_copy(wsi, s, n + 1, token) > 0 ? s : NULL;
}

static const char **params(struct lws *wsi, struct arena *a)
{
	const char **list = ARENA_ARRAY(a, MAX_PARAMS + 1, const char *);

	for (int i = 0; i < MAX_PARAMS; i++) {
		int n = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
		char *s;

		if (n <= 0 || n > MAX_HEADER)
			break;
		s = arena_alloc(a, (size_t)n + 1);
		if (lws_hdr_copy_fragment(wsi, s, n + 1, WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
			break;
		list[i] = s;
	}
	return list;
}

/* ---- writing -------------------------------------------------------------------------------- */

struct header_line {
	const char *name, *value;
};

static bool add(
        struct lws *wsi, const char *name, const char *value, unsigned char **p, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
	               (const unsigned char *)value, (int)strlen(value), p, end) == 0;
}

static bool write_head(struct lws *wsi, const struct page_answer *out, const char *cookie)
{
	static const struct header_line always[] = {
	        {"content-security-policy:",
	                "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
	                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
	        {"x-content-type-options:", "nosniff"},
	        {"referrer-policy:", "no-referrer"},
	        {"cache-control:", "no-store"},
	};
	unsigned char buf[LWS_PRE + 2 * MAX_HEADER], *start = buf + LWS_PRE, *p = start;
	unsigned char *end = buf + sizeof(buf) - 1;
	char seconds[16];

	if (lws_add_http_common_headers(
	            wsi, (unsigned int)out->status, out->content_type, out->len, &p, end))
		return false;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (!add(wsi, always[i].name, always[i].value, &p, end))
			return false;
	snprintf(seconds, sizeof(seconds), "%d", out->refresh_s);
	if (out->refresh_s > 0 && !add(wsi, "refresh:", seconds, &p, end))
		return false;
	if (out->location && !add(wsi, "location:", out->location, &p, end))
		return false;
	if (cookie && !add(wsi, "set-cookie:", cookie, &p, end))
		return false;
	return lws_finalize_write_http_header(wsi, start, &p, end) == 0;
}

static void forget(struct sending *s)
{
	arena_free(s->a);
	memset(s, 0, sizeof(*s));
}

static int end_of_answer(struct lws *wsi, struct sending *s)
{
	forget(s);
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int write_body(struct lws *wsi, struct sending *s)
{
	unsigned char buf[LWS_PRE + CHUNK];
	size_t n = s->answer.len - s->sent;
	bool last = n <= CHUNK;

	if (!s->a)
		return 0;
	if (n > CHUNK)
		n = CHUNK;
	memcpy(buf + LWS_PRE, s->answer.body + s->sent, n);
	if (lws_write(wsi, buf + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)n)
		return -1;
	s->sent += n;
	if (last)
		return end_of_answer(wsi, s);
	lws_callback_on_writable(wsi);
	return 0;
}

static int answer(struct pages *p, struct lws *wsi, struct sending *s, const char *path)
{
	bool get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
	bool head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	struct page_request q;
	struct page_head h;
	char *cookie = NULL;

	if (s->a) /* the one before was never finished */
		forget(s);
	s->a = arena_new(0);
	s->sent = 0;
	s->head_only = head;
	if (get || head) {
		q = (struct page_request){
		        .a = s->a, .path = arena_strdup(s->a, path), .params = params(wsi, s->a)};
		h = (struct page_head){.host = header(wsi, s->a, WSI_TOKEN_HOST),
		        .authorization = header(wsi, s->a, WSI_TOKEN_HTTP_AUTHORIZATION),
		        .cookie = header(wsi, s->a, WSI_TOKEN_HTTP_COOKIE)};
		pages_respond(p, &q, &h, &s->answer, &cookie);
	} else {
		s->answer = (struct page_answer){.status = 405,
		        .content_type = "text/plain",
		        .body = "GET only.\n",
		        .len = 10};
	}
	if (!write_head(wsi, &s->answer, cookie))
		return -1;
	if (s->head_only || s->answer.len == 0)
		return end_of_answer(wsi, s);
	lws_callback_on_writable(wsi);
	return 0;
}

static int on_event(
        struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	const struct lws_vhost *vh = wsi ? lws_get_vhost(wsi) : NULL;
	struct pages *p = vh ? lws_get_vhost_user(lws_get_vhost(wsi)) : NULL;
	struct sending *s = user;

	(void)n;
	if (!p)
		return 0;
	switch ((int)reason) {
	case LWS_CALLBACK_WSI_CREATE:
		p->connections++;
		break;
	case LWS_CALLBACK_WSI_DESTROY:
		p->connections--;
		break;
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return p->connections > MAX_CONNECTIONS ? -1 : 0;
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* no WebSocket here */
	case LWS_CALLBACK_HTTP:
		return answer(p, wsi, s, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return write_body(wsi, s);
	case LWS_CALLBACK_CLOSED_HTTP:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (s && s->a)
			forget(s);
		break;
	default:
		break;
	}
	return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void new_session(char out[33])
{
	unsigned char raw[16];

	arc4random_buf(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

static bool listen_on(struct pages *p, const struct pages_options *o)
{
	bool v6 = strchr(o->host, ':') != NULL;
	bool any = str_eq(o->host, "0.0.0.0") || str_eq(o->host, "::");
	struct lws_context_creation_info info = {
	        .port = o->port,
	        .iface = any                             ? NULL
	                 : str_ieq(o->host, "localhost") ? "127.0.0.1"
	                                                 : o->host,
	        .protocols = p->protocols,
	        .vhost_name = "pages",
	        .user = p,
	        .keepalive_timeout = 15,
	        .timeout_secs = 10,
	        .http_proxy_address = "none:0",
	        .options = (v6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6) |
	                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
	};

	p->protocols[0] = (struct lws_protocols){.name = "http",
	        .callback = on_event,
	        .per_session_data_size = sizeof(struct sending)};
	p->vhost = lws_create_vhost(ioloop_lws(p->l), &info);
	return p->vhost != NULL;
}

struct pages *pages_new(struct ioloop *l, const struct pages_options *o, struct err *e)
{
	bool v6 = strchr(o->host, ':') != NULL;
	struct pages *p;

	if (!o->token && !pages_is_loopback(o->host)) {
		err_set(e, ERR_CONFIG, false,
		        "the local pages would be open to others at %s: set HEAL_HTTP_TOKEN, or "
		        "listen on 127.0.0.1",
		        o->host);
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->l = l;
	p->a = arena_new(0);
	p->token = o->token ? arena_strdup(p->a, o->token) : NULL;
	new_session(p->session);
	if (listen_on(p, o))
		return p;
	err_set(e, ERR_SYS, false,
	        "the local pages cannot listen on %s%s%s:%d: the port is in use or the address is "
	        "not of this machine",
	        v6 ? "[" : "", o->host, v6 ? "]" : "", o->port);
	pages_free(p);
	return NULL;
}

void pages_add(struct pages *p, const struct page_route *routes, void *ctx)
{
	assert(p->ntables < PAGES_TABLES);
	p->table[p->ntables].routes = routes;
	p->table[p->ntables++].ctx = ctx;
}

void pages_free(struct pages *p)
{
	if (!p)
		return;
	arena_free(p->a);
	free(p);
}

int pages_port(const struct pages *p)
{
	return lws_get_vhost_listen_port(p->vhost);
}
