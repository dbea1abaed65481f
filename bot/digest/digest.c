/* Log lines to templates with counts: the public functions. See digest.h and digest_i.h. */
#include "digest.h"

#include <stdlib.h>
#include <string.h>

#include "digest/digest_private.h"
#include "str.h"

struct digest *digest_new(const struct digest_options *o)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	if (o)
		d->o = *o;
	d->scratch = calloc(1, sizeof(*d->scratch));
	if (!d->scratch)
		abort();
	d->table = templates_new(false);
	return d;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	templates_free(d->table);
	free(d->assign);
	free(d->scratch);
	free(d);
}

void digest_keep_assign(struct digest *d)
{
	if (d->keep)
		return;
	d->keep = true;
	templates_free(d->table);
	d->table = templates_new(true);
}

static void assign(struct digest *d, uint32_t id, size_t lines)
{
	if (!d->keep)
		return;
	while (lines--) {
		if (d->nassign == d->cassign) {
			d->cassign = d->cassign ? d->cassign * 2 : 1024;
			d->assign = realloc(d->assign, d->cassign * sizeof(*d->assign));
			if (!d->assign)
				abort();
		}
		d->assign[d->nassign++] = id;
	}
}

static void source_seen(struct digest *d, uint32_t layout)
{
	struct source *s = source_of(d, layout);

	if (s)
		s->events++;
}

struct source *source_of(struct digest *d, uint32_t layout)
{
	size_t i = layout % MAX_SOURCES;

	for (size_t k = 0; k < 8; k++, i = (i + 1) % MAX_SOURCES) {
		struct source *s = &d->source[i];

		if (!s->used) {
			s->used = true;
			s->layout = layout;
		}
		if (s->layout == layout)
			return s;
	}
	return NULL;
}

static void flush(struct digest *d)
{
	struct event *e = &d->event;
	struct sighting s;
	uint32_t id;

	if (!e->open)
		return;
	e->open = false;
	event_finish(e);
	memset(e->group.p + e->group.n, 0, 8);
	words_of(&d->words, e->group.p, e->group.n);
	s = (struct sighting){.words = &d->words,
	        .group = e->group.p,
	        .ngroup = e->group.n,
	        .show = e->show.p,
	        .nshow = e->show.n,
	        .ts_ms = e->ts_ms,
	        .level = e->level,
	        .given = e->given,
	        .layout = e->layout,
	        .before = e->ts_ms > 0 && e->ts_ms < d->o.split_ms};
	id = templates_add(d->table, &s);
	d->totals.events++;
	if (e->ts_ms > 0) {
		d->first_ms = d->first_ms && d->first_ms < e->ts_ms ? d->first_ms : e->ts_ms;
		d->last_ms = d->last_ms > e->ts_ms ? d->last_ms : e->ts_ms;
	}
	source_seen(d, e->layout);
	/* A platform that calls everything on stderr an error is contradicted by the lines. */
	if (e->given >= LEVEL_ERROR) {
		d->given_errors++;
		d->contradicted += e->level == LEVEL_INFO || e->level == LEVEL_DEBUG;
	}
	assign(d, id, e->nrows);
}

void digest_add(struct digest *d, int64_t ts_ms, const char *severity, const char *line, size_t n)
{
	bool more = true;

	while (more) { /* a row of a platform may hold several lines */
		const char *nl = n ? memchr(line, '\n', n < MAX_LINE ? n : MAX_LINE) : NULL;
		size_t k = nl ? (size_t)(nl - line) : n;
		struct line l;

		line_read(d->scratch, line, k, d->o.message_only, &l);
		if (!event_take(&d->event, &l, !d->o.message_only)) {
			flush(d);
			event_start(&d->event, &l);
			if (ts_ms > 0)
				d->event.ts_ms = ts_ms;
			d->event.given = level_given(severity);
		}
		more = nl && nl + 1 < line + n;
		line += k + (nl != NULL);
		n -= k + (nl != NULL);
	}
	d->event.nrows++;
	d->totals.lines++;
}

void digest_end(struct digest *d)
{
	flush(d);
	templates_settle(d->table);
}

const uint32_t *digest_assign(struct digest *d, size_t *n_out)
{
	for (size_t i = 0; i < d->nassign; i++)
		d->assign[i] = templates_group(d->table, d->assign[i]);
	*n_out = d->nassign;
	return d->assign;
}
