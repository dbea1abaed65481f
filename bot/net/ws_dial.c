/*
 * ws_dial.c - from a URL to a socket: the name on the helper thread (libwebsockets would block the
 * loop with getaddrinfo), then one address after the other, directly or through a proxy.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "net/ioloop_private.h"
#include "net/ws_private.h"
#include "str.h"

bool ws_url_parse(const char *url, struct ws_url *out)
{
	const char *p = url;
	size_t n;

	memset(out, 0, sizeof(*out));
	out->tls = strncasecmp(p, "wss://", 6) == 0;
	if (!out->tls && strncasecmp(p, "ws://", 5) != 0)
		return false;
	p += out->tls ? 6 : 5;
	out->port = out->tls ? 443 : 80;
	n = *p == '[' ? strcspn(++p, "]") : strcspn(p, ":/?#");
	if (n == 0 || n >= sizeof(out->host) || memchr(p, '@', n))
		return false;
	memcpy(out->host, p, n);
	p += n;
	if (*p == ']')
		p++;
	if (*p == ':') {
		char *end;
		long port = strtol(p + 1, &end, 10);

		if (end == p + 1 || port < 1 || port > 65535)
			return false;
		out->port = (int)port;
		p = end;
	}
	if (*p && *p != '/' && *p != '?')
		return false;
	n = strcspn(p, "#");
	if (n + 2 > sizeof(out->path))
		return false;
	snprintf(out->path, sizeof(out->path), "%s%.*s", *p == '/' ? "" : "/", (int)n, p);
	return strpbrk(out->path, " \r\n\t") == NULL && strpbrk(out->host, " \r\n\t") == NULL;
}

static bool is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

/* ---- the name, on the helper thread --------------------------------------------------------- */

static void resolve(void *arg)
{
	struct ws *w = arg;
	const char *host = w->proxied ? w->proxy.host : w->url->host;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *all = NULL;
	int rc = getaddrinfo(host, NULL, &hints, &all);

	if (rc != 0) {
		snprintf(w->trouble, sizeof(w->trouble), "%s", gai_strerror(rc));
		return;
	}
	for (const struct addrinfo *it = all; it && w->naddress < WS_MAX_ADDRESSES;
	        it = it->ai_next) {
		char *to = w->address[w->naddress];

		if (!w->url->tls && !is_loopback(it->ai_addr))
			continue;
		if (getnameinfo(it->ai_addr, it->ai_addrlen, to, sizeof(w->address[0]), NULL, 0,
		            NI_NUMERICHOST) == 0)
			w->naddress++;
	}
	freeaddrinfo(all);
}

/* ---- addresses, on the loop ----------------------------------------------------------------- */

static void set_proxy(struct ws *w, const char *address)
{
	char text[512];

	snprintf(text, sizeof(text), strchr(address, ':') ? "%s%s[%s]:%d" : "%s%s%s:%d",
	        w->proxy.auth, w->proxy.auth[0] ? "@" : "", address, w->proxy.port);
	lws_set_proxy(ioloop_vhost(w->l, true), text);
}

static void connect_to(struct ws *w, const char *address)
{
	/* Validity is judged by ws.c; the library's own pings come in whole seconds. */
	static const lws_retry_bo_t no_pings = {.secs_since_valid_hangup = 0};
	char host[sizeof(w->url->host) + 16];
	struct lws_client_connect_info info = {
	        .context = ioloop_lws(w->l),
	        .vhost = ioloop_vhost(w->l, w->proxied),
	        .address = w->proxied ? w->url->host : address,
	        .port = w->url->port,
	        .path = w->url->path,
	        .host = host,
	        .ssl_connection = (w->url->tls ? LCCSCF_USE_SSL : 0) |
	                          LCCSCF_HTTP_NO_FOLLOW_REDIRECT | LCCSCF_PRIORITIZE_READS,
	        .local_protocol_name = IOLOOP_WS,
	        .retry_and_idle_policy = &no_pings,
	        .userdata = w,
	        .pwsi = &w->wsi,
	};

	if (strchr(w->url->host, ':'))
		snprintf(host, sizeof(host), "[%s]", w->url->host);
	else
		snprintf(host, sizeof(host), "%s", w->url->host);
	if (w->url->port != (w->url->tls ? 443 : 80))
		snprintf(host + strlen(host), sizeof(host) - strlen(host), ":%d", w->url->port);
	if (w->proxied)
		set_proxy(w, address);
	w->dialling = true;
	if (!lws_client_connect_via_info(&info))
		w->wsi = NULL;
	w->dialling = false;
	if (!w->wsi)
		ws_dial_ended(w);
}

static void try_next(void *arg)
{
	struct ws *w = arg;
	int left = w->naddress - w->next_address;

	w->resolving = false; /* the post is done */
	if (w->state == WS_CONNECTING) {
		if (left > 1)
			ioloop_timer_set(w->budget, w->o.connect_ms / w->naddress);
		connect_to(w, w->address[w->next_address++]);
	}
	ws_release(w);
}

void ws_dial_ended(struct ws *w)
{
	ioloop_timer_cancel(w->budget);
	if (w->state != WS_CONNECTING)
		return;
	if (w->next_address < w->naddress && w->end.http_status == 0) {
		w->resolving = true; /* held by the post */
		ioloop_post(w->l, try_next, w);
		return;
	}
	ws_fail(w, ERR_NET, "%s: %s", w->url->host,
	        str_or(w->trouble, "the connection was closed during the handshake"));
}

/* One of several addresses does not answer: go to the next. */
void ws_budget_over(void *arg)
{
	struct ws *w = arg;

	if (w->state == WS_CONNECTING && w->wsi)
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void resolved(void *arg)
{
	struct ws *w = arg;

	w->resolving = false;
	if (w->state != WS_RESOLVING) {
		/* the owner gave up meanwhile */
	} else if (w->naddress == 0 && !w->trouble[0]) {
		ws_fail(w, ERR_CONFIG, "%s: ws:// without TLS is for this machine only; use wss://",
		        w->url->host);
	} else if (w->naddress == 0) {
		ws_fail(w, ERR_NET, "the name %s cannot be resolved: %s",
		        w->proxied ? w->proxy.host : w->url->host, w->trouble);
	} else {
		w->state = WS_CONNECTING;
		w->resolving = true;
		try_next(w);
		return;
	}
	ws_release(w);
}

void ws_dial(struct ws *w)
{
	bool bad = false;

	if (w->end.err.code != ERR_NONE) {
		ws_over(w);
		return;
	}
	w->proxied = w->url->tls && proxy_for(w->url->host, &w->proxy, &bad);
	if (bad) {
		ws_fail(w, ERR_CONFIG,
		        "https_proxy is not an http:// proxy, which is all that works");
		return;
	}
	w->resolving = true;
	ioloop_work(w->l, resolve, resolved, w);
}
