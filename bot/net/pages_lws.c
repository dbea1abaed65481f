/*
 * pages_lws.c - the HTTP side of pages.h, on libwebsockets.
 *
 * One `conn` per connection, in memory the library keeps with it. A page is a `page_job`: made on
 * the loop, filled in on the pages' thread, and back on the loop given to its connection - if that
 * is still there: a connection that ends first lets go of its job.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net/pages_private.h"
#include "str.h"

#define MAX_CONNECTIONS 64 /* Slack's sockets share the loop's descriptors */
#define MAX_HEADER      2048
#define MAX_FORM        4096
#define MAX_WAITING     32
#define MAX_IN_FLIGHT   ((size_t)32 << 20)
#define CHUNK           16384
#define STALL_S         20     /* without progress */
#define ANSWER_MS       120000 /* from the first byte of an answer to its last */

struct conn;

struct page_job {
	struct pages *p;
	struct conn *conn; /* NULL = it has gone; loop thread only */
	const struct page_route *route;
	void *ctx;
	struct page_request q;
	struct page_answer answer;
};

struct conn {
	struct lws *wsi;
	struct arena *a; /* of the answer under way; NULL = none */
	struct page_answer answer;
	const char *cookie; /* to set */
	struct page_job *job;
	struct page_request q; /* of a form */
	struct page_head head;
	char *form; /* its body so far */
	size_t form_len;
	size_t sent;
	int64_t begun_ms;
	bool head_only, head_sent, ready;
	bool ended; /* the last byte is written */
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
	const char **list = ARENA_ARRAY(a, PAGES_PARAMS + 1, const char *);

	for (int i = 0; i < PAGES_PARAMS; i++) {
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

static void read_head(struct lws *wsi, struct conn *c, const char *path)
{
	char proto[16];

	c->q = (struct page_request){
	        .a = c->a, .path = arena_strdup(c->a, path), .params = params(wsi, c->a)};
	c->head = (struct page_head){.host = header(wsi, c->a, WSI_TOKEN_HOST),
	        .authorization = header(wsi, c->a, WSI_TOKEN_HTTP_AUTHORIZATION),
	        .cookie = header(wsi, c->a, WSI_TOKEN_HTTP_COOKIE),
	        .accept = header(wsi, c->a, WSI_TOKEN_HTTP_ACCEPT)};
	if (lws_hdr_custom_copy(wsi, proto, sizeof(proto), "x-forwarded-proto:", 18) > 0)
		c->head.forwarded_proto = arena_strdup(c->a, proto);
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

static bool add_each(
        struct lws *wsi, const struct header_line *lines, unsigned char **p, unsigned char *end)
{
	for (; lines->name; lines++)
		if (lines->value && !add(wsi, lines->name, lines->value, p, end))
			return false;
	return true;
}

/* No script, no frame, nothing from elsewhere, nothing kept. */
static const struct header_line guards[] = {
        {"content-security-policy:",
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
                "base-uri 'none'; frame-ancestors 'none'"},
        {"x-content-type-options:", "nosniff"},
        {"referrer-policy:", "no-referrer"},
        {"cross-origin-opener-policy:", "same-origin"},
        {"cross-origin-resource-policy:", "same-origin"},
        {NULL, NULL},
};

static const char *number(struct arena *a, const char *before, int n)
{
	return n > 0 ? arena_printf(a, "%s%d", before, n) : NULL;
}

static bool write_head(struct conn *c)
{
	const struct page_answer *out = &c->answer;
	const struct header_line own[] = {
	        {"cache-control:",
	                str_or(number(c->a, "public, max-age=", out->cache_s), "no-store")},
	        {"connection:", "close"}, /* see end_of_answer */
	        {"refresh:", number(c->a, "", out->refresh_s)},
	        {"retry-after:", out->status == 503 ? "1" : NULL},
	        {"allow:", out->status == 405 ? "GET, HEAD" : NULL},
	        {"www-authenticate:", out->status == 401 ? "Bearer realm=\"heal\"" : NULL},
	        {"location:", out->location},
	        {"content-disposition:",
	                out->download
	                        ? arena_printf(c->a, "attachment; filename=\"%s\"", out->download)
	                        : NULL},
	        {"set-cookie:", c->cookie},
	        {NULL, NULL},
	};
	unsigned char buf[LWS_PRE + 2 * MAX_HEADER], *start = buf + LWS_PRE, *p = start;
	unsigned char *end = buf + sizeof(buf) - 1;

	return !lws_add_http_common_headers(
	               c->wsi, (unsigned int)out->status, out->content_type, out->len, &p, end) &&
	       add_each(c->wsi, guards, &p, end) && add_each(c->wsi, own, &p, end) &&
	       lws_finalize_write_http_header(c->wsi, start, &p, end) == 0;
}

/* Ends what is under way: the answer, the form, the page in the making. */
static void forget(struct pages *p, struct conn *c)
{
	if (c->job)
		c->job->conn = NULL; /* it owns c->a */
	else
		arena_free(c->a);
	if (c->ready)
		p->in_flight -= c->answer.len;
	memset(c, 0, sizeof(*c));
}

/* One request for each connection. What a client sends right behind the first is kept by the
 * library (4.1), which goes round in a circle for ever when that is a request with a body. It is
 * closed when it can take more, for then the library holds nothing back. */
static int end_of_answer(struct conn *c)
{
	c->ended = true;
	lws_callback_on_writable(c->wsi);
	return 0;
}

/* The answer is complete: it is sent as the connection takes it. */
static int send_answer(struct pages *p, struct conn *c)
{
	if (c->answer.len == 0)
		c->answer.len = strlen(c->answer.body);
	if (p->in_flight + c->answer.len > MAX_IN_FLIGHT) {
		pages_begin(&c->answer);
		pages_say(&c->answer, 503, "Too many large answers are on their way: try again.\n");
		c->answer.len = strlen(c->answer.body);
	}
	p->in_flight += c->answer.len;
	c->ready = true;
	c->begun_ms = clock_mono_ms();
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALL_S);
	lws_callback_on_writable(c->wsi);
	return 0;
}

static int write_more(struct conn *c)
{
	unsigned char buf[LWS_PRE + CHUNK];
	size_t n = c->answer.len - c->sent;
	bool last = n <= CHUNK;

	if (!c->ready)
		return 0;
	if (c->ended || clock_mono_ms() - c->begun_ms > ANSWER_MS)
		return -1;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALL_S);
	if (!c->head_sent) {
		if (!write_head(c))
			return -1;
		c->head_sent = true;
		if (c->head_only || n == 0)
			return end_of_answer(c);
		lws_callback_on_writable(c->wsi);
		return 0;
	}
	if (n > CHUNK)
		n = CHUNK;
	memcpy(buf + LWS_PRE, c->answer.body + c->sent, n);
	if (lws_write(c->wsi, buf + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
	        (int)n)
		return -1;
	c->sent += n;
	if (last)
		return end_of_answer(c);
	lws_callback_on_writable(c->wsi);
	return 0;
}

/* ---- pages ---------------------------------------------------------------------------------- */

/* On the pages' thread. */
static void make_page(void *arg)
{
	struct page_job *j = arg;

	j->route->fn(j->ctx, &j->q, &j->answer);
}

/* Back on the loop; also for pages that were never begun. */
static void page_made(void *arg)
{
	struct page_job *j = arg;
	struct conn *c = j->conn;

	if (!c) {
		arena_free(j->q.a);
	} else {
		c->job = NULL;
		c->answer = j->answer;
		send_answer(j->p, c);
	}
	free(j);
}

static int start_page(struct pages *p, struct conn *c, const struct page_route *r, void *ctx)
{
	struct page_job *j;

	if (!r->urgent && helper_waiting(p->reader) >= MAX_WAITING) {
		pages_say(&c->answer, 503, "Too many pages are asked for: try again.\n");
		return send_answer(p, c);
	}
	j = calloc(1, sizeof(*j));
	if (!j)
		abort();
	*j = (struct page_job){.p = p, .conn = c, .route = r, .ctx = ctx, .q = c->q};
	pages_begin(&j->answer);
	if (r->look)
		j->q.seen = r->look(ctx, c->a);
	c->job = j;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALL_S);
	helper_work(p->reader, r->urgent, make_page, page_made, j);
	return 0;
}

/* ---- forms ---------------------------------------------------------------------------------- */

static int form_complete(struct pages *p, struct conn *c)
{
	if (!c->form || c->ready)
		return 0;
	pages_post(p, &c->q, &c->head, str_or(c->form, ""), c->form_len, &c->answer, &c->cookie);
	return send_answer(p, c);
}

static int form_more(struct conn *c, const char *in, size_t n)
{
	if (!c->form || c->ready)
		return 0;
	if (c->form_len + n > MAX_FORM)
		return -1;
	memcpy(c->form + c->form_len, in, n);
	c->form_len += n;
	return 0;
}

/* The length of the request's body; -1 when it cannot be known: chunked, or no number. */
static int64_t body_length(struct lws *wsi, struct arena *a)
{
	int64_t length = 0;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return -1;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 &&
	        (!str_int(str_or(header(wsi, a, WSI_TOKEN_HTTP_CONTENT_LENGTH), ""), &length) ||
	                length < 0))
		return -1;
	return length;
}

static int refuse(struct pages *p, struct conn *c, int status, const char *why)
{
	pages_say(&c->answer, status, why);
	return send_answer(p, c);
}

static int begin_form(struct pages *p, struct conn *c, struct lws *wsi)
{
	int64_t length = body_length(wsi, c->a);

	if (length < 0 || length > MAX_FORM)
		return refuse(p, c, 413, "That form is too large.\n");
	c->form = arena_alloc(c->a, MAX_FORM + 1);
	return length == 0 ? form_complete(p, c) : 0;
}

/* ---- requests ------------------------------------------------------------------------------- */

static int request(struct pages *p, struct lws *wsi, struct conn *c, const char *path)
{
	bool get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
	const struct page_route *r;
	void *ctx = NULL;

	forget(p, c);
	c->wsi = wsi;
	c->a = arena_new(0);
	c->head_only = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	pages_begin(&c->answer);
	read_head(wsi, c, path);
	if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0)
		return begin_form(p, c, wsi);
	if (!get && !c->head_only)
		return refuse(p, c, 405, "These pages are read-only: GET only.\n");
	/* The library hands it over as if it were a form, or takes it for the next request. */
	if (body_length(wsi, c->a) != 0)
		return refuse(p, c, 400, "A GET has no body here.\n");
	r = pages_route(p, &c->q, &c->head, &c->answer, &ctx);
	return r ? start_page(p, c, r, ctx) : send_answer(p, c);
}

static int on_event(
        struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	const struct lws_vhost *vh = wsi ? lws_get_vhost(wsi) : NULL;
	struct pages *p = vh ? lws_get_vhost_user(lws_get_vhost(wsi)) : NULL;

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
		return request(p, wsi, user, in);
	case LWS_CALLBACK_HTTP_BODY:
		return form_more(user, in, n);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return form_complete(p, user);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return write_more(user);
	case LWS_CALLBACK_CLOSED_HTTP:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (user)
			forget(p, user);
		break;
	default:
		break;
	}
	return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

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
	        .timeout_secs = 10,
	        .http_proxy_address = "none:0",
	        .options = (v6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6) |
	                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
	};

	p->protocols[0] = (struct lws_protocols){
	        .name = "http", .callback = on_event, .per_session_data_size = sizeof(struct conn)};
	p->vhost = lws_create_vhost(ioloop_lws(p->l), &info);
	return p->vhost != NULL;
}

struct pages *pages_new(struct ioloop *l, const struct pages_options *o, struct err *e)
{
	bool v6 = strchr(o->host, ':') != NULL;
	struct pages *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->l = l;
	p->a = arena_new(0);
	p->token = o->token ? arena_strdup(p->a, o->token) : NULL;
	p->loopback = pages_is_loopback(o->host);
	p->form = o->form;
	p->reader = helper_new(l);
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

void pages_stop(struct pages *p)
{
	if (p)
		helper_end(p->reader, -1);
}

void pages_free(struct pages *p)
{
	if (!p)
		return;
	helper_end(p->reader, -1);
	helper_free(p->reader);
	arena_free(p->a);
	free(p);
}

int pages_port(const struct pages *p)
{
	return lws_get_vhost_listen_port(p->vhost);
}
