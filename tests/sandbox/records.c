/* records.c - the ordered list of everything that reached the sandbox and what it changed. */
#include <stdlib.h>
#include <string.h>

#include "sandbox_i.h"

#define BODY_MAX (512u << 10)

struct record {
	struct record *next;
	int64_t seq;
	char *peer, *kind, *text;
};

struct records {
	struct record *first, **end;
	int64_t seq;
	bool off;
};

struct records *records_new(void)
{
	struct records *r = calloc(1, sizeof *r);
	if (!r)
		abort();
	r->end = &r->first;
	return r;
}

void records_clear(struct records *r)
{
	while (r->first) {
		struct record *x = r->first;
		r->first = x->next;
		free(x->peer);
		free(x->kind);
		free(x->text);
		free(x);
	}
	r->end = &r->first;
}

void records_free(struct records *r)
{
	records_clear(r);
	free(r);
}

void records_enable(struct records *r, bool on)
{
	r->off = !on;
}

static char *must_dup(const char *s)
{
	char *p = strdup(s);
	if (!p)
		abort();
	return p;
}

int64_t records_add(struct sb *sb, const char *peer, const char *kind, const json *what)
{
	struct records *r = sb->records;
	if (r->off)
		return 0;
	struct record *x = calloc(1, sizeof *x);
	if (!x)
		abort();
	struct arena *a = arena_new(0);
	json *o = json_obj(a);
	x->seq = ++r->seq;
	json_set_int(o, "seq", x->seq);
	json_set_int(o, "at_ms", sb_now_ms(sb));
	json_set_str(o, "peer", peer);
	json_set_str(o, "kind", kind);
	json_each (it, what)
		json_set(o, json_key(it), it);
	x->peer = must_dup(peer);
	x->kind = must_dup(kind);
	x->text = must_dup(json_print(a, o));
	arena_free(a);
	*r->end = x;
	r->end = &x->next;
	return x->seq;
}

int64_t sb_record(struct sb *sb, const char *peer, const char *kind, const json *what)
{
	return records_add(sb, peer, kind, what);
}

static void set_body(struct arena *a, json *o, const char *body, size_t n)
{
	json *parsed = n && (*body == '{' || *body == '[') ? json_parse(a, body, n, NULL) : NULL;
	if (parsed)
		json_set(o, "body", parsed);
	else if (n)
		json_set_str(o, "body", str_clean(a, body, n, BODY_MAX));
}

void records_request(struct sb_response *rs)
{
	struct sb *sb = rs->h->sb;
	if (sb->records->off)
		return;
	const struct sb_request *rq = &rs->rq;
	json *o = json_obj(rs->a);
	json_set_str(o, "method", rq->method);
	json_set_str(o, "path", rq->path);
	json_set_str(o, "query", rq->query);
	json *headers = json_set_obj(o, "headers");
	for (struct header *h = rs->rq_headers; h; h = h->next) {
		char *name = arena_strdup(rs->a, h->name);
		for (char *p = name; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p |= 32;
		json_set_str(headers, name, h->value);
	}
	if (rq->len <= BODY_MAX)
		set_body(rs->a, o, rq->body, rq->len);
	json_set_int(o, "bytes", (int64_t)rq->len);
	rs->seq = records_add(sb, rs->peer, "request", o);
}

void records_response(struct sb_response *rs, const char *how)
{
	if (!rs->seq)
		return;
	json *o = json_obj(rs->a);
	json_set_int(o, "re", rs->seq);
	json_set_str(o, "path", rs->rq.path);
	json_set_int(o, "status", rs->status);
	if (how)
		json_set_str(o, "ended", how);
	set_body(rs->a, o, rs->shown.s, rs->shown.len);
	records_add(rs->h->sb, rs->peer, "response", o);
}

static bool wanted(const struct record *x, const struct sb_request *rq)
{
	const char *peer = sb_query(rq, "peer"), *kind = sb_query(rq, "kind");
	const char *match = sb_query(rq, "match"), *since = sb_query(rq, "since");
	return (!peer || strcmp(peer, x->peer) == 0) && (!kind || strcmp(kind, x->kind) == 0) &&
	       (!match || strstr(x->text, match)) && (!since || x->seq > strtoll(since, NULL, 10));
}

void records_answer(struct sb *sb, const struct sb_request *rq, struct sb_response *rs)
{
	struct str s = str_new(rq->a);
	size_t n = 0;
	bool count_only = sb_query(rq, "count") != NULL;
	for (struct record *x = sb->records->first; x; x = x->next) {
		if (!wanted(x, rq))
			continue;
		if (!count_only)
			str_addf(&s, "%s%s", n ? ",\n" : "", x->text);
		n++;
	}
	sb_sendf(rs, 200, "application/json", "{\"last\":%lld,\"count\":%zu,\"records\":[%s]}",
	        (long long)sb->records->seq, n, s.s);
}
