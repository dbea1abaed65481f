/* watch.c - hysteresis, severity and events; see watch.h. What is bad says judge.c. */
#include "watch.h"

#include <math.h>
#include <string.h>

#include "watch/state.h"

enum { FLAP_MS = 6 * 3600000 }; /* back within this: flapping */

struct watch *watch_new(struct arena *a, const struct watch_rules *r)
{
	struct watch *w = ARENA_NEW(a, struct watch);

	w->rules = *r;
	w->fine_ms = r->window_ms <= (int64_t)(FINE - 8) * MINUTE_MS
	                     ? MINUTE_MS
	                     : (r->window_ms + FINE - 9) / (FINE - 8);
	w->last_ms = w->fine_at = -1;
	w->last_mem = (double)NAN;
	w->filling.mem_low = w->filling.mem_high = (double)NAN;
	memset(w->week, 0xff, sizeof(w->week)); /* NO_U16 */
	w->usual.hour = -1;
	usual_update(w);
	return w;
}

static int count_bits(uint32_t bits, int n)
{
	int c = 0;

	for (int i = 0; i < n && i < 32; i++)
		c += (int)(bits >> i & 1U);
	return c;
}

/* Nothing was measured that this signal could be judged by: neither good nor bad. */
static bool unknown(const struct watch *w, int i)
{
	const struct finding *f = &w->view.signal[i];

	if (f->severity != SEVERITY_NONE)
		return false;
	if (i == SIGNAL_DEPLOY || i == SIGNAL_CRON || (i == SIGNAL_CRASH_LOOP && !isnan(f->value)))
		return false;
	return w->view.blind || isnan(f->value);
}

static void remember(struct watch *w, int i, bool bad)
{
	w->history[i] = w->history[i] << 1 | bad;
	w->view.streak_bad[i] = bad ? w->view.streak_bad[i] + 1 : 0;
	w->view.streak_good[i] = bad ? 0 : w->view.streak_good[i] + 1;
}

/* What comes back soon after it closed is flapping: each time it must be good for longer, up to
 * four times as long. */
static int good_needed(const struct watch *w, int i)
{
	return w->rules.close_n * (1 + w->flaps[i]);
}

static void note_opening(struct watch *w, int i, int64_t now_ms)
{
	bool again = w->closed_ms[i] > 0 && now_ms - w->closed_ms[i] < FLAP_MS;

	w->flaps[i] = !again ? 0 : w->flaps[i] < MAX_FLAPS ? w->flaps[i] + 1 : MAX_FLAPS;
}

/* An open signal: what has become of it. */
static enum watch_event_kind follow(struct watch *w, int i, int64_t now_ms)
{
	enum severity now = w->view.signal[i].severity;

	if (now > w->open_severity[i]) {
		w->open_severity[i] = now;
		w->lower[i] = 0;
		return WATCH_WORSE;
	}
	if (w->view.streak_good[i] >= good_needed(w, i)) {
		w->view.open[i] = false;
		w->closed_ms[i] = now_ms;
		w->history[i] = 0;
		return WATCH_CLOSE;
	}
	if (now == SEVERITY_NONE || now == w->open_severity[i]) {
		w->lower[i] = 0;
		return WATCH_HOLD;
	}
	if (++w->lower[i] < w->rules.close_n)
		return WATCH_HOLD;
	w->open_severity[i] = now;
	w->lower[i] = 0;
	return WATCH_BETTER;
}

/* One signal's hysteresis; false = nothing to tell. */
static bool step(struct watch *w, int i, int64_t now_ms, enum watch_event_kind *kind)
{
	struct finding *f = &w->view.signal[i];
	bool bad = f->severity != SEVERITY_NONE;

	if (!unknown(w, i))
		remember(w, i, bad);
	/* The scan before lay within this stretch of trouble too, but could not be sure yet. Not
	 * for scans closer than a sample: there one sample would count as two. */
	if (bad && w->rules.every_ms >= MINUTE_MS && f->since_ms > 0 &&
	        f->since_ms + MINUTE_MS <= w->evaluated_ms)
		w->history[i] |= 2;
	if (w->view.open[i]) {
		*kind = follow(w, i, now_ms);
		return true;
	}
	if (!bad)
		return false;
	if (!f->at_once && count_bits(w->history[i], w->rules.open_m) < w->rules.open_n)
		return false;
	w->view.open[i] = true;
	note_opening(w, i, now_ms);
	w->open_severity[i] = f->severity;
	w->lower[i] = 0;
	*kind = WATCH_OPEN;
	return true;
}

/* When it began: the earliest that was seen of this stretch of trouble. */
static void set_since(struct watch *w, int i, int64_t now_ms)
{
	struct finding *f = &w->view.signal[i];
	bool bad = f->severity != SEVERITY_NONE;

	if (bad && f->since_ms <= 0)
		f->since_ms = now_ms;
	if (bad && (w->since[i] <= 0 || f->since_ms < w->since[i]))
		w->since[i] = f->since_ms;
	if (!bad && !w->view.open[i] && count_bits(w->history[i], w->rules.open_m) == 0)
		w->since[i] = 0;
	f->since_ms = bad || w->view.open[i] ? w->since[i] : 0;
}

const struct watch_event *watch_evaluate(
        struct watch *w, struct arena *a, const struct watch_facts *f, size_t *n_out)
{
	struct watch_event *events = NULL;
	enum watch_event_kind kind;

	*n_out = 0;
	judge_all(w, a, f);
	w->view.severity = SEVERITY_NONE;
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		bool told = step(w, i, f->now_ms, &kind);

		set_since(w, i, f->now_ms);
		w->view.recent_bad[i] = count_bits(w->history[i], w->rules.open_m);
		w->view.close_at[i] = good_needed(w, i);
		if (w->view.open[i] && w->open_severity[i] > w->view.severity)
			w->view.severity = w->open_severity[i];
		if (!told)
			continue;
		if (!events)
			events = ARENA_ARRAY(a, SIGNAL_COUNT, struct watch_event);
		events[*n_out] = (struct watch_event){kind, (enum signal)i, w->view.signal[i]};
		events[*n_out].finding.severity = w->open_severity[i];
		(*n_out)++;
	}
	w->evaluated_ms = f->now_ms;
	/* trouble must not become usual; but before anything is usual, there is no telling it apart
	 */
	if (w->view.signal[SIGNAL_LATENCY].severity && w->usual.p95 > 0)
		w->filling.flags |= SLOT_SLOW;
	return events;
}

const struct watch_view *watch_view(const struct watch *w)
{
	return &w->view;
}

int64_t watch_last_ms(const struct watch *w)
{
	return w->last_ms < 0 ? 0 : w->last_ms;
}
