/* proxy.c - see proxy.h. */
#include "net/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

static const char *first_env(const char *const *names)
{
	for (; *names; names++) {
		const char *v = getenv(*names);

		if (v && *v)
			return v;
	}
	return NULL;
}

/* name is the entry, or ends in ".entry". */
static bool entry_matches(const char *entry, size_t n, const char *host)
{
	size_t len = strlen(host);

	if (n == 1 && *entry == '*')
		return true;
	if (n > 0 && *entry == '.') {
		entry++;
		n--;
	}
	if (n == 0 || n > len || strncasecmp(host + len - n, entry, n) != 0)
		return false;
	return n == len || host[len - n - 1] == '.';
}

bool proxy_excepted(const char *list, const char *host)
{
	while (list && *list) {
		size_t n = strcspn(list, ", ");

		if (entry_matches(list, n, host))
			return true;
		list += n;
		list += strspn(list, ", ");
	}
	return false;
}

static bool take_port(const char *s, int *port)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (end == s || (*end && *end != '/') || v < 1 || v > 65535)
		return false;
	*port = (int)v;
	return true;
}

bool proxy_parse(const char *value, struct proxy *out)
{
	const char *p = value, *at, *scheme = strstr(value, "://");
	size_t n;

	memset(out, 0, sizeof(*out));
	if (scheme) {
		if (strncasecmp(value, "http://", 7) != 0)
			return false;
		p = scheme + 3;
	}
	at = strrchr(p, '@');
	if (at) {
		snprintf(out->auth, sizeof(out->auth), "%.*s", (int)(at - p), p);
		p = at + 1;
	}
	if (*p == '[') {
		p++;
		n = strcspn(p, "]");
		if (p[n] != ']')
			return false;
		snprintf(out->host, sizeof(out->host), "%.*s", (int)n, p);
		p += n + 1;
	} else {
		n = strcspn(p, ":/");
		snprintf(out->host, sizeof(out->host), "%.*s", (int)n, p);
		p += n;
	}
	out->port = 1080; /* as curl */
	return out->host[0] && (*p != ':' || take_port(p + 1, &out->port));
}

bool proxy_for(const char *host, struct proxy *out, bool *bad)
{
	static const char *const use[] = {
	        "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
	static const char *const except[] = {"no_proxy", "NO_PROXY", NULL};
	const char *value = first_env(use);

	if (bad)
		*bad = false;
	if (!value || proxy_excepted(first_env(except), host))
		return false;
	if (proxy_parse(value, out))
		return true;
	if (bad)
		*bad = true;
	return false;
}
