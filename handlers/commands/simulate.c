/*
 * /heal simulate key=value… [days=14] [SERVICE]: the stored samples judged under other thresholds:
 * which incidents there would be more, and which less.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "handler.h"
#include "replay.h"
#include "spark.h"
#include "str.h"

enum { DAY_MS = 86400000, DEFAULT_DAYS = 14, MAX_DAYS = 35, MAX_LINES = 20, MAX_PAIRS = 20 };

struct asked {
	const char *pairs[MAX_PAIRS];
	size_t n;
	const char *service;
	int days;
};

static bool parse(const struct call *c, struct asked *q, struct err *e)
{
	q->days = DEFAULT_DAYS;
	for (int i = 0; i < c->argc; i++) {
		const char *word = c->argv[i];

		if (str_starts(word, "days=")) {
			q->days = (int)strtol(word + 5, NULL, 10);
		} else if (!strchr(word, '=')) {
			q->service = word;
		} else if (q->n < MAX_PAIRS) {
			q->pairs[q->n++] = word;
		}
	}
	if (q->n == 0)
		return err_set(e, ERR_INPUT, false,
		        "what shall I try? `/heal simulate p95=2s days=7`, `/heal simulate "
		        "memory=80%%/90%% open=1/1 api`");
	if (q->days < 1 || q->days > MAX_DAYS)
		return err_set(e, ERR_INPUT, false, "days=1 to days=%d: so much is kept", MAX_DAYS);
	return true;
}

static void add_episode(struct str *b, const struct replay_episode *x)
{
	mrk_add(b, "%s *%s* · %s",
	        x->severity == SEVERITY_CRIT ? ":red_circle:" : ":large_yellow_circle:", x->service,
	        signal_label(x->signal));
	if (!isnan(x->value) && x->unit && !str_eq(x->unit, "count"))
		mrk_add(b, " %s", num_unit(b->a, x->value, x->unit));
	str_add(b, " · ");
	mrk_date(b, x->from_ms, "{date_short_pretty} {time}");
	if (x->to_ms > 0)
		mrk_add(b, " (%s)", clock_duration(b->a, x->to_ms - x->from_ms));
	else
		str_add(b, " · still so");
	str_addc(b, '\n');
}

static void add_list(struct message *m, struct arena *a, const char *title,
        const struct replay_episode **v, size_t n)
{
	struct str b = str_new(a);

	if (n == 0)
		return;
	mrk_add(&b, "*%s (%zu)*\n", title, n);
	for (size_t i = 0; i < n && i < MAX_LINES; i++)
		add_episode(&b, v[i]);
	if (n > MAX_LINES)
		mrk_add(&b, "… and %zu more", n - MAX_LINES);
	message_section(m, KEEP_NORMAL, b.s);
}

static struct message *render(struct arena *a, const struct asked *q, const struct replay *r)
{
	struct message *m = message_new(a, "Simulation");
	struct str b = str_new(a);
	struct replay_diff d;

	if (r->samples == 0) {
		message_section(m, KEEP_ALWAYS,
		        "There are no stored samples yet: they come with each scan.");
		return m;
	}
	replay_compare(a, &r->now, &r->then, &d);
	for (size_t i = 0; i < q->n; i++)
		mrk_add(&b, "%s`%s`", i ? " " : "With ", q->pairs[i]);
	mrk_add(&b, ": *%zu incidents* instead of %zu in %s of %zu service%s.", r->then.n, r->now.n,
	        clock_duration(a, r->to_ms - r->from_ms), r->services, r->services == 1 ? "" : "s");
	if (d.ngone + d.nadded == 0)
		str_add(&b, " Nothing would be different.");
	message_section(m, KEEP_ALWAYS, b.s);
	add_list(m, a, "Would be new", d.added, d.nadded);
	add_list(m, a, "Would be gone", d.gone, d.ngone);
	message_context(m, KEEP_LOW,
	        "Replayed from the stored samples. Crashed instances and failed deployments are "
	        "not in them.");
	return m;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const struct settings *tried;
	struct asked q = {0};
	struct replay r;

	if (!parse(c, &q, e) || !settings_try(a, h->settings, q.pairs, q.n, &tried, e) ||
	        !replay_stored(h->store, a, h->settings, tried, q.service,
	                wf_started_ms(w) - (int64_t)q.days * DAY_MS, &r, e))
		return false;
	return reply(w, c, "reply", render(a, &q, &r), e);
}

const struct command cmd_simulate = {
        .name = "simulate",
        .args = "key=value… [days=14] [SERVICE]",
        .help = "which incidents other thresholds would have opened, and which not",
        .example = "simulate p95=2s days=7",
        .right = RIGHT_VIEWER,
        .run = run,
};
