/* usual.c - what is usual for a service, from its slots. See struct usual in state.h. */
#include <math.h>

#include "watch/state.h"

enum {
	SETTLE = 6,  /* the newest slots do not count: what is wrong now is not yet usual */
	ENOUGH = 16, /* slots (four hours) until anything is called usual */
	AROUND = 2,  /* slots before and after the same time yesterday */
};

static double median_p95(const struct watch *w, int64_t from, int64_t to, unsigned enough)
{
	double v[SLOTS];
	unsigned n = 0;

	for (int64_t at = from; at <= to; at++) {
		const struct slot *s = slot_of(w, at);

		if (s && s->p95 != NO_U16 && !(s->flags & SLOT_SLOW))
			v[n++] = s->p95;
	}
	if (n < enough)
		return (double)NAN;
	return unpack_log((uint16_t)select_nth(v, (int)n, (int)n / 2));
}

static void errors(struct watch *w, int64_t last)
{
	double requests = 0, failed = 0;
	unsigned n = 0;

	for (int64_t at = last - SLOTS + 1; at <= last - 4; at++) {
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

static void tops(struct watch *w, int64_t last)
{
	uint16_t mem = 0, disk = 0;

	for (int64_t at = last - SLOTS + 1; at <= last - LATELY; at++) {
		const struct slot *s = slot_of(w, at);

		if (s && s->mem_high != NO_U16 && s->mem_high > mem)
			mem = s->mem_high;
		if (s && s->disk != NO_U16 && s->disk > disk)
			disk = s->disk;
	}
	w->usual.mem_top = unpack_share(mem);
	w->usual.disk_top = unpack_share(disk);
}

void usual_update(struct watch *w)
{
	int64_t now = w->slot_at, last = now - 1;
	double same = median_p95(w, now - DAY_SLOTS - AROUND, now - DAY_SLOTS + AROUND, 3);

	w->usual = (struct usual){NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0, 0, 0};
	w->usual.p95 = median_p95(w, last - SLOTS + 1, last - SETTLE, ENOUGH);
	if (!isnan(w->usual.p95))
		w->usual.p95 = fmax(w->usual.p95, same);
	errors(w, last);
	yesterday(w, now);
	memory(w, last);
	tops(w, last);
}
