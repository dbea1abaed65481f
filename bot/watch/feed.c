/* feed.c - samples into the rings, see state.h. */
#include <math.h>
#include <string.h>

#include "watch/state.h"

#define RESTART_FROM 0.85 /* memory that falls from above this share of its limit … */
#define RESTART_TO   0.5  /* … to below this part of what it was: the process was killed */
#define OOM_FROM     0.93 /* and from here it was for its memory, though once is no loop */

static const struct fine no_fine = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0};
static const struct filling no_filling = {
        .mem_low = NAN, .mem_high = NAN, .disk = 0, .cpu = 0, .p95 = 0, .requests = 0};

static double share_of(double used, double limit)
{
	return limit > 0 && used >= 0 ? used / limit : (double)NAN;
}

int64_t fine_start(const struct watch *w, int64_t now_ms, int back)
{
	return (fine_number(w, now_ms) - back) * w->fine_ms;
}

int fine_count(const struct watch *w, int64_t ms)
{
	int64_t n = (ms + w->fine_ms - 1) / w->fine_ms;

	return n < 1 ? 1 : n > FINE ? FINE : (int)n;
}

/* --- the slot that is being filled --- */

static struct slot packed(const struct filling *f)
{
	double n = f->n_requests;

	return (struct slot){
	        .mem_low = pack_share(f->mem_low),
	        .mem_high = pack_share(f->mem_high),
	        .disk = f->n_disk ? pack_share(f->disk / f->n_disk) : NO_U16,
	        .cpu = f->n_cpu ? pack_share(f->cpu / f->n_cpu) : NO_U16,
	        .p95 = f->p95_weight > 0 ? pack_log(f->p95 / f->p95_weight) : NO_U16,
	        .requests = n > 0 ? pack_log(f->requests / n) : NO_U16,
	        .e5xx = f->requests > 0 ? pack_share(f->e5xx / f->requests) : NO_U16,
	        .flags = (uint16_t)(SLOT_USED | f->flags),
	};
}

static void turn_slot(struct watch *w, int64_t at)
{
	int64_t from = w->slot_at, filled = from;

	if (at <= from)
		return;
	if (from > 0)
		w->slot[from % SLOTS] = packed(&w->filling);
	if (from > 0 && at - from > SLOTS)
		from = at - SLOTS - 1;
	for (int64_t i = from + 1; from > 0 && i < at; i++)
		memset(&w->slot[i % SLOTS], 0, sizeof(w->slot[0]));
	w->slot_at = at;
	w->filling = no_filling;
	if (filled > 0 && filled / HOUR_SLOTS != at / HOUR_SLOTS)
		usual_learn_hour(w, filled / HOUR_SLOTS);
	usual_update(w);
}

static void fill_slot(struct filling *f, const struct watch_sample *s, double mem)
{
	double disk = share_of(s->disk_gb, s->disk_limit_gb), cpu = share_of(s->cpu, s->cpu_limit);

	f->mem_low = fmin(f->mem_low, mem); /* fmin and fmax skip NAN */
	f->mem_high = fmax(f->mem_high, mem);
	if (!isnan(disk)) {
		f->disk += disk;
		f->n_disk++;
	}
	if (!isnan(cpu)) {
		f->cpu += cpu;
		f->n_cpu++;
	}
	if (!isnan(s->requests)) {
		f->requests += s->requests;
		f->n_requests++;
		f->e5xx += isnan(s->errors_5xx) ? 0 : s->errors_5xx;
	}
	if (s->p95_ms >= 0) {
		double weight = s->requests > 0 ? s->requests : 1;

		f->p95 += s->p95_ms * weight;
		f->p95_weight += weight;
	}
}

/* --- the fine bins --- */

static float add(float sum, double v)
{
	return isnan(v) ? sum : isnan(sum) ? (float)v : sum + (float)v;
}

static float mean(float so_far, uint32_t n, double v)
{
	if (isnan(v))
		return so_far;
	return isnan(so_far) ? (float)v : so_far + ((float)v - so_far) / (float)(n + 1);
}

static float blend(float so_far, double had, double v, double weight)
{
	if (!(v >= 0))
		return so_far;
	if (isnan(so_far))
		return (float)v;
	return (float)(((double)so_far * had + v * weight) / (had + weight));
}

static void fill_fine(struct fine *f, const struct watch_sample *s, double mem)
{
	double had = isnan(f->requests) ? 0 : (double)f->requests;
	double weight = s->requests > 0 ? s->requests : 1;

	f->p95 = blend(f->p95, had, s->p95_ms, weight);
	f->p99 = blend(f->p99, had, s->p99_ms, weight);
	f->requests = add(f->requests, s->requests);
	f->e4xx = add(f->e4xx, s->errors_4xx);
	f->e5xx = add(f->e5xx, s->errors_5xx);
	f->cpu = mean(f->cpu, f->n, share_of(s->cpu, s->cpu_limit));
	f->mem = mean(f->mem, f->n, mem);
	f->disk = mean(f->disk, f->n, share_of(s->disk_gb, s->disk_limit_gb));
	f->n++;
}

static struct fine *turn_fine(struct watch *w, int64_t at)
{
	int64_t from = w->fine_at;

	if (at - from > FINE)
		from = at - FINE;
	for (int64_t i = from + 1; i <= at; i++)
		w->fine[i % FINE] = no_fine;
	if (at > w->fine_at)
		w->fine_at = at;
	return &w->fine[at % FINE];
}

/* --- restarts --- */

static void note_restart(struct watch *w, const struct watch_sample *s, double mem)
{
	bool killed = w->last_mem >= RESTART_FROM && mem < w->last_mem * RESTART_TO && !s->deploy;
	bool resized = w->mem_limit_gb > 0 && s->mem_limit_gb > 0 &&
	               fabs(w->mem_limit_gb - s->mem_limit_gb) > 0.01 * w->mem_limit_gb;

	if (killed) {
		memmove(w->restart_ms + 1, w->restart_ms, sizeof(int64_t) * (RESTARTS - 1));
		w->restart_ms[0] = s->ts_ms;
		if (w->last_mem >= OOM_FROM)
			w->oom_ms = s->ts_ms;
	}
	if (s->deploy) {
		w->deploy_ms = s->ts_ms;
		if (s->ts_ms - w->oom_ms <= 3 * MINUTE_MS)
			w->oom_ms = 0; /* it made room for the new one */
	}
	if (killed || resized || s->deploy)
		w->segment_ms = s->ts_ms;
	if (!isnan(mem))
		w->last_mem = mem;
	if (s->mem_limit_gb > 0)
		w->mem_limit_gb = s->mem_limit_gb;
	if (s->cpu_limit > 0)
		w->cpu_limit = s->cpu_limit;
	if (s->disk_limit_gb > 0)
		w->disk_limit_gb = s->disk_limit_gb;
}

void watch_feed(struct watch *w, const struct watch_sample *s)
{
	double mem = share_of(s->mem_gb, s->mem_limit_gb);

	if (s->ts_ms <= w->last_ms || s->ts_ms < 0)
		return;
	w->last_ms = s->ts_ms;
	note_restart(w, s, mem);
	turn_slot(w, s->ts_ms / SLOT_MS);
	fill_slot(&w->filling, s, mem);
	fill_fine(turn_fine(w, s->ts_ms / w->fine_ms), s, mem);
	w->has_requests |= !isnan(s->requests);
}
