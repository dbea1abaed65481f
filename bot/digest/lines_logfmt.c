/* Lines of logfmt: key=value key="some words". At least a message or a level must be among them. */
#include <ctype.h>
#include <string.h>

#include "digest/digest_i.h"

struct pair {
	struct slice key, value;
	bool quoted;
};

/* The next pair of the line, p moves on; false at the end or when there is none. */
static bool next_pair(const char **pp, const char *end, struct pair *x)
{
	const char *p = *pp;

	while (p < end && *p == ' ')
		p++;
	x->key.p = p;
	while (p < end &&
	        (isalnum((unsigned char)*p) || *p == '_' || *p == '.' || *p == '-' || *p == '@'))
		p++;
	x->key.n = (size_t)(p - x->key.p);
	if (x->key.n == 0 || p >= end || *p != '=')
		return false;
	p++;
	x->quoted = p < end && *p == '"';
	x->value.p = p + x->quoted;
	if (x->quoted) {
		for (p++; p < end && *p != '"'; p++) {
			if (*p == '\\' && p + 1 < end)
				p++;
		}
		x->value.n = (size_t)(p - x->value.p);
		p += p < end;
	} else {
		while (p < end && *p != ' ')
			p++;
		x->value.n = (size_t)(p - x->value.p);
	}
	*pp = p;
	return true;
}

static bool take(struct scratch *s, struct line *out, struct text *g, struct text *show,
        const struct pair *x, struct slice *msg)
{
	enum field f = field_memo(s, x->key.p, x->key.n);
	struct slice v = x->value;
	int64_t ms;

	if (f == FIELD_LEVEL) {
		enum level l = level_word(v.p, v.n, true);

		if (l != LEVEL_NONE)
			out->level = l;
		return l != LEVEL_NONE;
	}
	if (f == FIELD_TIME) {
		if (time_at(v.p, v.n, &ms) && out->ts_ms == 0)
			out->ts_ms = ms;
		return false;
	}
	if (f == FIELD_MSG && !msg->p) {
		*msg = v;
		return true;
	}
	if (f == FIELD_SKIP)
		return false;
	if (f == FIELD_ERROR || f == FIELD_KIND) {
		text_adds(g, " | ");
		text_add(g, v.p, v.n);
	}
	text_adds(show, " ");
	text_add(show, x->key.p, (size_t)(v.p + v.n + x->quoted - x->key.p));
	return false;
}

bool line_logfmt(struct scratch *s, const char *p, size_t n, struct line *out)
{
	const char *end = p + n, *start = p;
	struct pair x;
	struct slice msg = {0};
	struct line was = *out;
	struct text g = {s->rest, 0, sizeof(s->rest)}, show = {s->fields, 0, sizeof(s->fields)};
	int known = 0, pairs = 0;

	for (; next_pair(&p, end, &x); pairs++)
		known += take(s, out, &g, &show, &x, &msg);
	while (p < end && isspace((unsigned char)*p))
		p++;
	if (p < end || pairs < 2 || known == 0) {
		*out = was;
		return false;
	}
	out->group = out->show = (struct slice){start, n};
	out->layout = out->layout * 31 + 103;
	if (!msg.p)
		return true;
	memmove(s->group, msg.p, msg.n < MAX_GROUP ? msg.n : MAX_GROUP);
	out->group = (struct slice){s->group, msg.n < MAX_GROUP ? msg.n : MAX_GROUP};
	{
		struct text whole = {s->group, out->group.n, MAX_GROUP};
		struct text all = {s->show, 0, MAX_SHOW};

		text_add(&whole, g.p, g.n);
		out->group.n = whole.n;
		text_add(&all, msg.p, msg.n);
		text_add(&all, show.p, show.n);
		out->show = (struct slice){s->show, all.n};
	}
	return true;
}
