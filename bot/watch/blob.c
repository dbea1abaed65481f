/*
 * blob.c - the state as bytes and back. Every number little-endian, floats by their IEEE bits;
 * "HW", the version, then the fields in the order of `fields`. One function walks both ways, so
 * that writing and reading cannot differ.
 */
#include <math.h>
#include <string.h>

#include "str.h"
#include "watch/state.h"

enum { VERSION = 4 };

struct walk {
	struct str *out;        /* writing; NULL = reading */
	const unsigned char *p; /* reading */
	size_t left;
	bool short_of;
};

static void put_bytes(struct str *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addc(out, (char)(unsigned char)(v >> 8 * i));
}

static uint64_t take_bytes(struct walk *k, size_t n)
{
	uint64_t v = 0;

	if (k->left < n) {
		k->short_of = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)k->p[i] << 8 * i;
	k->p += n;
	k->left -= n;
	return v;
}

static uint64_t walk(struct walk *k, uint64_t v, size_t n)
{
	if (!k->out)
		return take_bytes(k, n);
	put_bytes(k->out, v, n);
	return v;
}

static void walk_i64(struct walk *k, int64_t *v)
{
	*v = (int64_t)walk(k, (uint64_t)*v, 8);
}

static void walk_u32(struct walk *k, uint32_t *v)
{
	*v = (uint32_t)walk(k, *v, 4);
}

static void walk_int(struct walk *k, int *v)
{
	*v = (int)(int32_t)(uint32_t)walk(k, (uint32_t)*v, 4);
}

static void walk_u16(struct walk *k, uint16_t *v)
{
	*v = (uint16_t)walk(k, *v, 2);
}

static void walk_f(struct walk *k, float *v)
{
	uint32_t bits;

	memcpy(&bits, v, sizeof(bits));
	bits = (uint32_t)walk(k, bits, 4);
	memcpy(v, &bits, sizeof(bits));
}

static void walk_d(struct walk *k, double *v)
{
	uint64_t bits;

	memcpy(&bits, v, sizeof(bits));
	bits = walk(k, bits, 8);
	memcpy(v, &bits, sizeof(bits));
}

static void walk_signal(struct walk *k, struct watch *w, int i)
{
	int open = w->view.open[i], severity = (int)w->open_severity[i];

	walk_u32(k, &w->history[i]);
	walk_i64(k, &w->since[i]);
	walk_int(k, &w->view.streak_bad[i]);
	walk_int(k, &w->view.streak_good[i]);
	walk_int(k, &w->lower[i]);
	walk_int(k, &w->flaps[i]);
	walk_i64(k, &w->closed_ms[i]);
	walk_int(k, &open);
	walk_int(k, &severity);
	w->view.open[i] = open != 0;
	w->open_severity[i] = severity == SEVERITY_CRIT   ? SEVERITY_CRIT
	                      : severity == SEVERITY_WARN ? SEVERITY_WARN
	                                                  : SEVERITY_NONE;
}

static void walk_fine(struct walk *k, struct fine *f)
{
	float *v[] = {
	        &f->requests, &f->e4xx, &f->e5xx, &f->p95, &f->p99, &f->cpu, &f->mem, &f->disk};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		walk_f(k, v[i]);
	walk_u32(k, &f->n);
}

static void walk_slot(struct walk *k, struct slot *s)
{
	uint16_t *v[] = {&s->mem_low, &s->mem_high, &s->disk, &s->cpu, &s->p95, &s->requests,
	        &s->e5xx, &s->flags};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		walk_u16(k, v[i]);
}

static void walk_hour(struct walk *k, struct hour *h)
{
	walk_u16(k, &h->p95);
	walk_u16(k, &h->requests);
	walk_u16(k, &h->cpu);
	walk_u16(k, &h->mem);
}

static void walk_filling(struct walk *k, struct filling *f)
{
	double *v[] = {&f->mem_low, &f->mem_high, &f->disk, &f->cpu, &f->p95, &f->p95_weight,
	        &f->requests, &f->e5xx};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		walk_d(k, v[i]);
	walk_u32(k, &f->n_disk);
	walk_u32(k, &f->n_cpu);
	walk_u32(k, &f->n_requests);
	walk_u32(k, &f->flags);
}

static void fields(struct walk *k, struct watch *w)
{
	double *d[] = {&w->mem_limit_gb, &w->disk_limit_gb, &w->cpu_limit, &w->last_mem};
	int64_t *t[] = {&w->last_ms, &w->deploy_ms, &w->segment_ms, &w->evaluated_ms, &w->fine_at,
	        &w->slot_at, &w->oom_ms};
	int has = w->has_requests;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		walk_i64(k, t[i]);
	for (size_t i = 0; i < sizeof(d) / sizeof(d[0]); i++)
		walk_d(k, d[i]);
	walk_int(k, &has);
	w->has_requests = has != 0;
	for (int i = 0; i < RESTARTS; i++)
		walk_i64(k, &w->restart_ms[i]);
	for (int i = 0; i < SIGNAL_COUNT; i++)
		walk_signal(k, w, i);
	for (int i = 0; i < FINE; i++)
		walk_fine(k, &w->fine[i]);
	for (int i = 0; i < SLOTS; i++)
		walk_slot(k, &w->slot[i]);
	for (int i = 0; i < WEEK_HOURS; i++)
		walk_hour(k, &w->week[i]);
	walk_filling(k, &w->filling);
}

const void *watch_save(const struct watch *w, struct arena *a, size_t *n_out)
{
	struct watch copy = *w;
	struct str b = str_new(a);
	struct walk k = {.out = &b};

	str_addn(&b, "HW", 2);
	walk(&k, VERSION, 2);
	walk(&k, (uint64_t)w->fine_ms, 8);
	walk(&k, SIGNAL_COUNT, 2);
	fields(&k, &copy);
	*n_out = b.len;
	return b.s;
}

/* What no own blob can hold: numbers that would make the rings nonsense. */
static bool sane(const struct watch *w)
{
	const int64_t far = (int64_t)1 << 52;

	if (w->last_ms < -1 || w->last_ms > far || w->fine_at < -1 || w->slot_at < 0)
		return false;
	if (w->deploy_ms < 0 || w->segment_ms < 0 || w->deploy_ms > far || w->segment_ms > far)
		return false;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (w->flaps[i] < 0 || w->flaps[i] > MAX_FLAPS)
			return false;
	return w->last_ms < 0 ||
	       (w->fine_at == w->last_ms / w->fine_ms && w->slot_at == w->last_ms / SLOT_MS);
}

bool watch_load(struct watch *w, const void *blob, size_t n)
{
	struct walk k = {.p = blob, .left = n};
	struct watch fresh = *w;
	uint64_t magic = take_bytes(&k, 2), version = take_bytes(&k, 2);
	int64_t fine_ms = (int64_t)take_bytes(&k, 8);
	uint64_t signals = take_bytes(&k, 2);

	if (k.short_of || magic != ('H' | 'W' << 8) || version != VERSION ||
	        signals != SIGNAL_COUNT)
		return false;
	if (fine_ms != w->fine_ms)
		return false; /* the window was changed: its bins are of another size */
	fields(&k, &fresh);
	if (k.short_of || k.left > 0 || !sane(&fresh))
		return false;
	*w = fresh;
	w->usual.hour = -1;
	usual_update(w);
	return true;
}
