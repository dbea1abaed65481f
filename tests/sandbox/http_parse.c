/* http_parse.c - the request head and both ways to delimit a body (RFC 9112). */
#include "http_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} known[] = {{101, "Switching Protocols"}, {200, "OK"}, {201, "Created"}, {202, "Accepted"},
	        {204, "No Content"}, {301, "Moved Permanently"}, {302, "Found"},
	        {304, "Not Modified"}, {400, "Bad Request"}, {401, "Unauthorized"},
	        {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
	        {409, "Conflict"}, {413, "Content Too Large"}, {415, "Unsupported Media Type"},
	        {422, "Unprocessable Content"}, {429, "Too Many Requests"},
	        {500, "Internal Server Error"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
	        {504, "Gateway Timeout"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].status == status)
			return known[i].text;
	return "Other";
}

static const char *head_end(const struct buf *in)
{
	return in->len ? memmem(in->s, in->len, "\r\n\r\n", 4) : NULL;
}

/* "GET /x HTTP/1.1" */
static bool request_line(struct sb_response *rs, const char *line, size_t n)
{
	char *copy = arena_strndup(rs->a, line, n);
	char *target = strchr(copy, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	if (!version || target[1] != '/' || strncmp(version + 1, "HTTP/1.", 7) != 0)
		return false;
	*target++ = 0;
	*version++ = 0;
	rs->http10 = strcmp(version, "HTTP/1.0") == 0;
	rs->rq.method = copy;
	rs->rq.target = target;
	rs->rq.path = target;
	rs->rq.query = "";
	char *query = strchr(arena_strdup(rs->a, target), '?');
	if (query) {
		rs->rq.path = arena_strndup(rs->a, target, strcspn(target, "?"));
		rs->rq.query = query + 1;
	}
	return true;
}

static bool header_line(struct sb_response *rs, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	if (!colon || colon == line || isspace((unsigned char)colon[-1]))
		return false;
	const char *value = colon + 1, *end = line + n;
	while (value < end && isspace((unsigned char)*value))
		value++;
	while (end > value && isspace((unsigned char)end[-1]))
		end--;
	struct header *h = ARENA_NEW(rs->a, struct header), **last = &rs->rq_headers;
	h->name = arena_strndup(rs->a, line, (size_t)(colon - line));
	h->value = arena_strndup(rs->a, value, (size_t)(end - value));
	while (*last)
		last = &(*last)->next;
	*last = h;
	return true;
}

static bool parse_head(struct sb_response *rs, const char *p, const char *end)
{
	bool first = true;
	while (p < end) {
		const char *eol = memmem(p, (size_t)(end - p) + 2, "\r\n", 2);
		size_t n = (size_t)((eol ? eol : end) - p);
		if (!(first ? request_line(rs, p, n) : header_line(rs, p, n)))
			return false;
		first = false;
		p += n + 2;
	}
	return !first && sb_header(&rs->rq, "Host");
}

/* Decodes "size CRLF bytes CRLF … 0 CRLF CRLF". */
static int chunked_body(const struct buf *in, size_t at, struct sb_response *rs, size_t *used)
{
	struct str body = str_new(rs->a);
	for (;;) {
		const char *p = in->s + at;
		const char *eol = memmem(p, in->len - at, "\r\n", 2);
		if (!eol)
			return HTTP_PARSE_MORE;
		char *end;
		unsigned long n = strtoul(p, &end, 16);
		if (end == p || n > HTTP_MAX_BODY || body.len + n > HTTP_MAX_BODY)
			return 400;
		at = (size_t)(eol - in->s) + 2;
		if (in->len < at + n + 2)
			return HTTP_PARSE_MORE;
		str_addn(&body, in->s + at, n);
		at += n + 2;
		if (n == 0)
			break;
	}
	rs->rq.body = body.s;
	rs->rq.len = body.len;
	*used = at;
	return 0;
}

int http_parse(const struct buf *in, struct sb_response *rs, size_t *used)
{
	const char *end = head_end(in);
	if (!end)
		return in->len > HTTP_MAX_HEAD ? 431 : HTTP_PARSE_MORE;
	if (!parse_head(rs, in->s, end))
		return 400;
	size_t at = (size_t)(end - in->s) + 4;
	const char *conn = sb_header(&rs->rq, "Connection");
	rs->h->close_after = rs->http10 || (conn && strcasecmp(conn, "close") == 0);
	const char *te = sb_header(&rs->rq, "Transfer-Encoding");
	if (te)
		return strcasecmp(te, "chunked") ? 501 : chunked_body(in, at, rs, used);
	const char *cl = sb_header(&rs->rq, "Content-Length");
	unsigned long n = cl ? strtoul(cl, NULL, 10) : 0;
	if (n > HTTP_MAX_BODY)
		return 413;
	if (in->len < at + n)
		return HTTP_PARSE_MORE;
	char *body = arena_alloc(rs->a, n + 1);
	memcpy(body, in->s + at, n);
	rs->rq.body = body;
	rs->rq.len = n;
	*used = at + n;
	return 0;
}

bool http_parse_wants_continue(const struct buf *in)
{
	const char *end = head_end(in);
	if (!end)
		return false;
	size_t head = (size_t)(end - in->s) + 4;
	char *copy = strndup(in->s, head);
	if (!copy)
		abort();
	bool wants = in->len == head && strcasestr(copy, "\r\nExpect: 100-continue\r\n");
	free(copy);
	return wants;
}
