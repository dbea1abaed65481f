/*
 * proxy.h - which HTTP proxy to use, by the environment variables that libcurl reads as well:
 * https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY, except for hosts in no_proxy / NO_PROXY (names
 * with or without a leading dot, or "*"). Thread: any, as long as nobody changes the environment.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdbool.h>

struct proxy {
	char auth[256]; /* user:password; "" = none; secret */
	char host[256];
	int port;
};

/* True and *out filled when `host` is to be reached through a proxy. *bad (may be NULL) is set, and
 * false returned, when one is configured that is no http:// proxy. */
bool proxy_for(const char *host, struct proxy *out, bool *bad);

/* The pure part: `value` as in https_proxy. False when it is not an http proxy. */
bool proxy_parse(const char *value, struct proxy *out);
/* Does no_proxy's list name the host? */
bool proxy_excepted(const char *list, const char *host);

#endif
