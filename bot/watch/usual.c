/* usual.c - what is usual for a service, from its slots. See struct usual in state.h. */
#include <math.h>

#include "watch/state.h"

enum {
	SETTLE = 6,  /* the newest slots do not count: what is wrong now is not yet usual */
	ENOUGH = 16, /* slots (four hours) until anything is called usual */
	AROUND = 2,  /* slots before and after the same time yesterday */
};

/* The k-th of n numbers, by counting: first the upper bytes, then the lower of that one. */
static uint16_t nth_u16(const uint16_t *v, unsigned n, unsigned k)
{
	uint8_t high[256] = {0}, low[256] = {0};
	unsigned left = k, h = 0, l = 0;

	for (unsigned i = 0; i < n; i++)
		high[v[i] >> 8]++;
	for (; left >= high[h]; h++)
		left -= high[h];
	for (unsigned i = 0; i < n; i++)
		if (v[i] >> 8 == h)
			low[v[i] & 255]++;
	for (; left >= low[l]; l++)
		left -= low[l];
	return (uint16_t)(h << 8 | l);
}

_Static_assert(SLOTS < 256, "nth_u16 counts in bytes");

/* The median; `high` (may be NULL) gets what only a tenth is above. */
static double median_p95(
        const struct watch *w, int64_t from, int64_t to, unsigned enough, double *high)
{
	uint16_t v[SLOTS];
	unsigned n = 0;

	for (int64_t at = from; at <= to; at++) {
		const struct slot *s = slot_of(w, at);

		if (s && s->p95 != NO_U16 && !(s->flags & SLOT_SLOW))
			v[n++] = s->p95;
	}
	if (n < enough)
		return (double)NAN;
	if (high)
		*high = unpack_log(nth_u16(v, n, n * 9 / 10));
	return unpack_log(nth_u16(v, n, n / 2));
}

static void errors(struct watch *w, int64_t from, int64_t to)
{
	double requests = 0, failed = 0;
	unsigned n = 0;

	for (int64_t at = from; at <= to; at++) {
		const struct slot *s = slot_of(w, at);

		if (!s || s->e5xx == NO_U16)
			continue;
		requests += unpack_log(s->requests);
		failed += unpack_log(s->requests) * unpack_share(s->e5xx);
		n++;
	}
	w->usual.error_rate = n >= ENOUGH && requests > 0 ? failed / requests : (double)NAN;
}

static void yesterday(struct watch *w, int64_t now)
{
	struct usual *u = &w->usual;

	for (int64_t at = now - DAY_SLOTS - AROUND; at <= now - DAY_SLOTS + AROUND; at++) {
		const struct slot *s = slot_of(w, at);

		if (!s)
			continue;
		u->requests = fmin(u->requests, unpack_log(s->requests));
		u->cpu_same_time = fmax(u->cpu_same_time, unpack_share(s->cpu));
		u->mem_same_time = fmax(u->mem_same_time, unpack_share(s->mem_high));
	}
}

/* This hour of the week, as it was a week ago and before: weekends and Sunday's batch. */
static void week(struct watch *w, int64_t now)
{
	const struct hour *h = &w->week[now / HOUR_SLOTS % WEEK_HOURS];
	struct usual *u = &w->usual;

	u->requests = fmin(u->requests, unpack_log(h->requests));
	u->cpu_same_time = fmax(u->cpu_same_time, unpack_share(h->cpu));
	u->mem_same_time = fmax(u->mem_same_time, unpack_share(h->mem));
	if (!isnan(u->p95)) /* fmax skips NAN */
		u->p95 = fmax(u->p95, unpack_log(h->p95));
}

/* Half of what was known, half of what is new: four weeks are remembered. */
static uint16_t blend(uint16_t old, uint16_t new)
{
	if (old == NO_U16 || new == NO_U16)
		return old == NO_U16 ? new : old;
	return (uint16_t)((old + new) / 2);
}

static uint16_t more(uint16_t a, uint16_t b)
{
	return a == NO_U16 || (b != NO_U16 && b > a) ? b : a;
}

void usual_learn_hour(struct watch *w, int64_t hour)
{
	struct hour *h = &w->week[hour % WEEK_HOURS], now = {NO_U16, NO_U16, NO_U16, NO_U16};

	for (int64_t at = hour * HOUR_SLOTS; at < (hour + 1) * HOUR_SLOTS; at++) {
		const struct slot *s = slot_of(w, at);

		if (!s)
			continue;
		if (!(s->flags & SLOT_SLOW))
			now.p95 = more(now.p95, s->p95);
		now.requests = s->requests < now.requests ? s->requests : now.requests;
		now.cpu = more(now.cpu, s->cpu);
		now.mem = more(now.mem, s->mem_high);
	}
	h->p95 = blend(h->p95, now.p95);
	h->requests = blend(h->requests, now.requests);
	h->cpu = blend(h->cpu, now.cpu);
	h->mem = blend(h->mem, now.mem);
}

static void memory(struct watch *w, int64_t last)
{
	for (int64_t at = last - DAY_SLOTS; at <= last - SETTLE; at++) {
		const struct slot *s = slot_of(w, at);

		if (!s || s->mem_low == NO_U16)
			continue;
		w->usual.mem_low = fmin(w->usual.mem_low, unpack_share(s->mem_low));
		w->usual.mem_high = fmax(w->usual.mem_high, unpack_share(s->mem_high));
		w->usual.slots++;
	}
	if (w->usual.slots < ENOUGH)
		w->usual.mem_low = w->usual.mem_high = (double)NAN;
}

static void tops(struct watch *w, int64_t from, int64_t to)
{
	uint16_t mem = 0, disk = 0, cpu = NO_U16;
	int cpu_slots = 0;

	for (int64_t at = from; at < to; at++) {
		const struct slot *s = slot_of(w, at);

		if (s && s->mem_high != NO_U16) {
			mem = s->mem_high > mem ? s->mem_high : mem;
			w->usual.mem_slots++;
		}
		if (s && s->disk != NO_U16) {
			disk = s->disk > disk ? s->disk : disk;
			w->usual.disk_slots++;
		}
		if (s && s->cpu != NO_U16) {
			cpu = s->cpu < cpu ? s->cpu : cpu;
			cpu_slots++;
		}
	}
	w->usual.mem_top = unpack_share(mem);
	w->usual.disk_top = unpack_share(disk);
	w->usual.cpu_least = cpu_slots >= DAY_SLOTS * 3 / 4 ? unpack_share(cpu) : (double)NAN;
	w->usual.tops_until = to;
}

/* What two days say changes little in an hour: worked out at its begin, from the slots that are
 * still there at its end, so that a state that was loaded says the same. */
static void two_days(struct watch *w, int64_t hour)
{
	int64_t from = hour - SLOTS + HOUR_SLOTS - 1;

	w->usual.mem_slots = w->usual.disk_slots = 0;
	w->usual.high_p95 = (double)NAN;
	w->usual.two_days_p95 = median_p95(w, from, hour - 1 - SETTLE, ENOUGH, &w->usual.high_p95);
	errors(w, from, hour - HOUR_SLOTS);
	tops(w, from, hour - LATELY);
}

void usual_update(struct watch *w)
{
	int64_t now = w->slot_at, hour = now - now % HOUR_SLOTS;
	struct usual *u = &w->usual;

	u->requests = u->cpu_same_time = u->mem_same_time = u->mem_low = u->mem_high = (double)NAN;
	u->slots = 0;
	if (u->hour != hour)
		two_days(w, hour);
	u->hour = hour;
	u->p95 = u->two_days_p95;
	if (!isnan(u->p95)) /* fmax skips NAN */
		u->p95 = fmax(u->p95,
		        median_p95(w, now - DAY_SLOTS - AROUND, now - DAY_SLOTS + AROUND, 3, NULL));
	yesterday(w, now);
	week(w, now);
	memory(w, now - 1);
}
