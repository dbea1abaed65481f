/* redact_ip.c - IP addresses, when the operator wants them masked. What they are is asked of
 * inet_pton(3). */
#include <arpa/inet.h>
#include <string.h>

#include "digest/redact_i.h"

enum { LONGEST = 46 };

/* Not routed on the Internet: RFC 1918, 6598, 3927, 5737 and multicast. */
static bool is_private4(const unsigned char *b)
{
	return b[0] == 10 || (b[0] == 172 && b[1] >> 4 == 1) || (b[0] == 192 && b[1] == 168) ||
	       (b[0] == 100 && b[1] >> 6 == 1) || (b[0] == 169 && b[1] == 254) || b[0] >= 224 ||
	       (b[0] == 192 && b[1] == 0 && b[2] == 2) ||
	       (b[0] == 198 && b[1] == 51 && b[2] == 100) ||
	       (b[0] == 203 && b[1] == 0 && b[2] == 113);
}

static bool wanted(const struct scan *x, const char *text)
{
	unsigned char b[16];

	if (inet_pton(AF_INET, text, b) == 1)
		return b[0] != 127 && b[0] != 0 && (x->r->ips == REDACT_IPS_ALL || !is_private4(b));
	if (inet_pton(AF_INET6, text, b) != 1)
		return false;
	if (b[0] == 0 && b[1] == 0)
		return false; /* ::1 and what looks like a time */
	/* 2000::/3 is what is routed (RFC 4291, 2.4) */
	return x->r->ips == REDACT_IPS_ALL || b[0] >> 5 == 1;
}

/* Digits and dots, or at least three colons: not a version, not a time, not a MAC address. */
static bool may_be(const char *p, size_t n)
{
	size_t dots = 0, colons = 0, hex = 0;

	for (size_t i = 0; i < n; i++) {
		dots += p[i] == '.';
		colons += p[i] == ':';
		hex += IS(p[i], C_HEX) != 0;
	}
	if (colons == 0)
		return dots == 3 && hex + dots == n && n >= 7;
	return dots == 0 && hex + colons == n && (colons == 7 || memmem(p, n, "::", 2)) && n > 5;
}

/* How many bytes of an address and its like stand at `at`. */
static size_t address_len(const struct scan *x, size_t at)
{
	const char *p = x->s + at, *port;
	size_t n = 0;

	while (at + n < x->n && n < LONGEST - 1 && (IS(p[n], C_HEX) || p[n] == ':' || p[n] == '.'))
		n++;
	port = memchr(p, ':', n);
	if (port && memchr(p, '.', n)) /* address:port */
		n = (size_t)(port - p);
	while (n > 1 && (p[n - 1] == '.' || (p[n - 1] == ':' && p[n - 2] != ':')))
		n--;
	return n;
}

size_t ip_at(struct scan *x, size_t at, size_t end)
{
	char text[LONGEST];
	size_t n;

	if (end >= x->n || (x->s[end] != '.' && x->s[end] != ':') || !IS(x->s[at], C_HEX) ||
	        at < x->done ||
	        (at > 0 &&
	                (IS(x->s[at - 1], C_WORD) || x->s[at - 1] == '.' || x->s[at - 1] == ':')))
		return 0;
	n = address_len(x, at);
	if ((at + n < x->n && IS(x->s[at + n], C_WORD)) || !may_be(x->s + at, n))
		return 0;
	memcpy(text, x->s + at, n);
	text[n] = '\0';
	if (!wanted(x, text))
		return 0;
	scan_mask(x, at, at + n, "ip");
	return at + n;
}
