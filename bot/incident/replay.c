/* Stored samples judged again. See include/replay.h. */
#include "replay.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "history.h"
#include "incident.h"
#include "str.h"

enum { DAY_MS = 86400000 };

/* --- episodes --- */

static struct replay_episode *current(struct replay_list *l, const char *service)
{
	for (size_t i = l->n; i > 0; i--)
		if (l->v[i - 1].to_ms == 0 && str_eq(l->v[i - 1].service, service))
			return &l->v[i - 1];
	return NULL;
}

static void begin(struct arena *a, struct replay_list *l, int64_t ts_ms, const char *service,
        const struct watch_event *ev)
{
	if (l->n == l->cap) {
		struct replay_episode *more =
		        ARENA_ARRAY(a, l->cap * 2 + 16, struct replay_episode);

		if (l->n)
			memcpy(more, l->v, l->n * sizeof(*more));
		l->v = more;
		l->cap = l->cap * 2 + 16;
	}
	l->v[l->n] = (struct replay_episode){
	        .service = arena_strdup(a, service),
	        .signal = ev->signal,
	        .severity = ev->finding.severity,
	        .value = ev->finding.value,
	        .limit = ev->finding.limit,
	        .unit = ev->finding.unit,
	        .from_ms = ts_ms,
	};
	l->v[l->n++].open[ev->signal] = true;
}

void replay_note(struct arena *a, struct replay_list *l, int64_t ts_ms, const char *service,
        const struct watch_event *ev)
{
	struct replay_episode *x = current(l, service);

	if (!x && ev->kind == WATCH_CLOSE)
		return;
	if (!x) {
		begin(a, l, ts_ms, service, ev);
		return;
	}
	x->open[ev->signal] = ev->kind != WATCH_CLOSE;
	if (ev->finding.severity > x->severity)
		x->severity = ev->finding.severity;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (x->open[i])
			return;
	x->to_ms = ts_ms;
}

static bool meets(const struct replay_list *l, const struct replay_episode *x)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct replay_episode *y = &l->v[i];

		if (str_eq(x->service, y->service) && (y->to_ms == 0 || y->to_ms >= x->from_ms) &&
		        (x->to_ms == 0 || y->from_ms <= x->to_ms))
			return true;
	}
	return false;
}

static size_t without(const struct replay_list *from, const struct replay_list *in,
        const struct replay_episode **out)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++)
		if (!meets(in, &from->v[i]))
			out[n++] = &from->v[i];
	return n;
}

void replay_compare(struct arena *a, const struct replay_list *now, const struct replay_list *then,
        struct replay_diff *out)
{
	out->gone = ARENA_ARRAY(a, now->n + 1, const struct replay_episode *);
	out->added = ARENA_ARRAY(a, then->n + 1, const struct replay_episode *);
	out->ngone = without(now, then, out->gone);
	out->nadded = without(then, now, out->added);
	out->same = now->n - out->ngone;
}

/* --- the stored samples --- */

static void judge(struct arena *a, const struct settings *set, const char *service,
        const struct watch_sample *s, size_t n, struct replay_list *out)
{
	struct watch_rules rules = {&settings_service(set, service)->thresholds, set->scan.every_ms,
	        set->scan.window_ms, set->scan.open_n, set->scan.open_m, set->scan.close_n, true};
	struct arena *scratch = arena_new(0);
	struct watch *w = watch_new(scratch, &rules);
	struct arena *events = arena_new(0);
	int64_t next = (s[0].ts_ms / rules.every_ms + 1) * rules.every_ms, deployed = 0;
	bool http = false;

	for (size_t i = 0; i <= n; i++) {
		int64_t to = i < n ? s[i].ts_ms : s[n - 1].ts_ms + 60000;

		if (to - next > DAY_MS) /* nothing was stored meanwhile */
			next = to / rules.every_ms * rules.every_ms;
		for (; next <= to; next += rules.every_ms) {
			struct watch_facts k = {.now_ms = next,
			        .has_http = http,
			        .crashed = -1,
			        .running = -1,
			        .expected = -1,
			        .restarts = -1,
			        .deployed_ms = deployed};
			size_t m;
			const struct watch_event *ev = watch_evaluate(w, events, &k, &m);

			for (size_t j = 0; j < m; j++)
				replay_note(a, out, next, service, &ev[j]);
			arena_reset(events);
		}
		if (i == n)
			break;
		http |= !isnan(s[i].requests);
		deployed = s[i].deploy ? s[i].ts_ms : deployed;
		watch_feed(w, &s[i]);
	}
	arena_free(events);
	arena_free(scratch);
}

static void replay_one(struct arena *a, const struct settings *now, const struct settings *tried,
        const char *service, const struct watch_sample *s, size_t n, struct replay *out)
{
	judge(a, now, service, s, n, &out->now);
	if (tried)
		judge(a, tried, service, s, n, &out->then);
	out->services++;
	out->samples += n;
	if (out->from_ms == 0 || s[0].ts_ms < out->from_ms)
		out->from_ms = s[0].ts_ms;
	if (s[n - 1].ts_ms > out->to_ms)
		out->to_ms = s[n - 1].ts_ms;
}

bool replay_stored(struct store *s, struct arena *a, const struct settings *now,
        const struct settings *tried, const char *only, int64_t from_ms, struct replay *out,
        struct err *e)
{
	struct arena *one = arena_new(0);
	struct scan_row *rows;
	size_t n, found = 0;
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = scan_load(s, a, NULL, &rows, &n, e);
	for (size_t i = 0; ok && i < n; i++) {
		struct history_range range;
		struct watch_sample *samples;
		size_t nsamples;

		if (only && !str_ieq(rows[i].service, only))
			continue;
		found++;
		range = (struct history_range){
		        rows[i].environment_id, rows[i].service_id, from_ms, INT64_MAX};
		ok = history_read(s, one, &range, &samples, &nsamples, e);
		if (ok && nsamples > 0)
			replay_one(a, now, tried, rows[i].service, samples, nsamples, out);
		arena_reset(one);
	}
	arena_free(one);
	if (ok && only && found == 0)
		return err_set(e, ERR_INPUT, false,
		        "I know no service “%.60s”; `/heal status` lists them", only);
	return ok;
}
