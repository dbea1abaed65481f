/*
 * timeline.c - see timeline.h. Bars are SVG, drawn by the server: no script, and no style
 * attribute, which the pages' Content-Security-Policy forbids.
 */
#include "pages/timeline.h"

#include <inttypes.h>

#include "pages/run_table.h"
#include "str.h"

enum { WIDTH = 1000, HEIGHT = 20, LEAST = 4 };

struct scale {
	int64_t from_ms, length_ms;
};

static const char *const columns[] = {"Step", "When", "#Took", NULL};

/* ---- one bar --------------------------------------------------------------------------------- */

static int64_t place(const struct scale *s, int64_t ms)
{
	int64_t x = (ms - s->from_ms) * WIDTH / s->length_ms;

	return x < 0 ? 0 : x > WIDTH ? WIDTH : x;
}

static void bar(struct page *p, const struct scale *s, const char *class, int64_t from, int64_t to)
{
	int64_t x = place(s, from), w = place(s, to) - x;

	if (w < LEAST)
		w = LEAST;
	if (x + w > WIDTH)
		x = WIDTH - w;
	html_void(&p->h, "rect", "class", class, "x", arena_printf(p->a, "%" PRId64, x), "y", "4",
	        "rx", "3", "width", arena_printf(p->a, "%" PRId64, w), "height", "12", NULL);
}

static int64_t end_of(const struct page *p, const struct run_step *s)
{
	return s->ended_ms ? s->ended_ms : p->now_ms;
}

static const char *class_of(const struct run_step *s)
{
	bool waits = !str_eq(s->kind, "step") && !str_eq(s->kind, "spawn");

	if (str_eq(s->state, "failed"))
		return "bad";
	if (waits || str_eq(s->state, "waiting"))
		return "wait";
	return str_eq(s->state, "running") ? "busy" : "good";
}

/* The whole time thin, the attempts on it: those that failed, and the latest. */
static void draw(struct page *p, const struct scale *scale, const struct run_step *s)
{
	const char *class = class_of(s);
	const char *words = arena_printf(p->a, "%s: begins after %s, %s %s", s->name,
	        part_duration(p->a, s->started_ms - scale->from_ms),
	        s->ended_ms ? "took" : "so far", part_duration(p->a, end_of(p, s) - s->started_ms));

	html_open(&p->h, "svg", "class", "bar", "viewBox", "0 0 1000 20", "preserveAspectRatio",
	        "none", "role", "img", "aria-label", words, NULL);
	bar(p, scale, "span", s->started_ms, end_of(p, s));
	for (size_t i = 0; i < s->nattempts; i++)
		bar(p, scale, "bad", s->attempts[i].started_ms, s->attempts[i].ended_ms);
	if (!str_eq(class, "bad") || s->nattempts == 0)
		bar(p, scale, class,
		        str_eq(s->kind, "step") && s->begun_ms && !str_eq(class, "wait")
		                ? s->begun_ms
		                : s->started_ms,
		        end_of(p, s));
	html_close(&p->h, "svg");
}

/* ---- the table ------------------------------------------------------------------------------- */

static void row(struct page *p, const struct scale *scale, const struct run_step *s)
{
	html_open(&p->h, "tr", "class", s->group ? "parallel" : NULL, NULL);
	cell_open(p, columns[0]);
	part_link(p, arena_printf(p->a, "#step-%d", s->seq), s->name);
	if (s->child) {
		html_own(&p->h, " ");
		html_link(&p->h, run_href(p->a, s->child),
		        arena_printf(p->a, "run %" PRId64, s->child));
	}
	cell_close(p);
	html_open(&p->h, "td", "class", "when", NULL);
	draw(p, scale, s);
	html_close(&p->h, "td");
	cell_own(p, columns[2], part_duration(p->a, end_of(p, s) - s->started_ms));
	html_close(&p->h, "tr");
}

static struct scale scale_of(const struct page *p, const struct run_detail *d)
{
	int64_t to = d->run.ended_ms ? d->run.ended_ms : p->now_ms;

	for (size_t i = 0; i < d->nsteps; i++)
		if (d->steps[i].ended_ms > to)
			to = d->steps[i].ended_ms;
	return (struct scale){.from_ms = d->run.created_ms,
	        .length_ms = to > d->run.created_ms ? to - d->run.created_ms : 1};
}

static void legend(struct page *p, const struct scale *scale)
{
	static const struct {
		const char *class, *words;
	} kinds[] = {{"good", "done"}, {"busy", "running"}, {"bad", "failed attempt"},
	        {"wait", "sleeps or waits"}, {"span", "between attempts"}};

	html_open(&p->h, "p", "class", "legend", NULL);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		html_open(
		        &p->h, "span", "class", arena_printf(p->a, "key %s", kinds[i].class), NULL);
		html_own(&p->h, kinds[i].words);
		html_close(&p->h, "span");
	}
	html_ownf(&p->h, "The full width is %s.", part_duration(p->a, scale->length_ms));
	html_close(&p->h, "p");
}

void timeline(struct page *p, const struct run_detail *d, size_t max)
{
	struct scale scale = scale_of(p, d);

	part_open(p, "Timeline");
	html_open(&p->h, "div", "class", "timeline", NULL);
	table_open(p, "Beside the blue line: steps that ran in parallel", columns);
	for (size_t i = 0; i < d->nsteps && i < max && !html_full(&p->h); i++)
		row(p, &scale, &d->steps[i]);
	table_end(p);
	html_close(&p->h, "div");
	legend(p, &scale);
	part_close(p);
}
