/* railway_http.c - HTTP metrics, ten services a request. See railway_http in include/railway.h. */
#include <math.h>
#include <string.h>

#include "clients/railway_private.h"
#include "clock.h"
#include "log.h"
#include "str.h"

enum { MAX_EXTRA = 8, MAX_STEPS = 1000, ALL = (1 << RAILWAY_ROOTS) - 1 };

/* A batch's aliases are bits: 2i is the counts of service i, 2i + 1 its durations. */
struct batch {
	struct railway *r;
	struct arena *a;
	const struct railway_http_request *q;
	size_t from, n; /* services of the request */
	struct railway_http *out;
	int64_t complete_ms;
	unsigned budget;
	unsigned todo[RAILWAY_ROOTS]; /* sets of aliases still to be asked, a stack */
	size_t ntodo;
	bool stop; /* no use in asking on: limited, refused, cancelled */
};

static const json *variables(const struct batch *b, unsigned set)
{
	json *v = json_obj(b->a);

	json_set_str(v, "environmentId", b->q->environment_id);
	json_set_str(v, "startDate", clock_rfc3339(b->a, b->q->start_ms));
	json_set_str(v, "endDate", clock_rfc3339(b->a, b->q->end_ms));
	json_set_int(v, "step", b->q->step_ms / 1000);
	if (!b->q->exact_window)
		json_set_int(v, "durationStep", b->q->step_ms / 1000);
	for (size_t i = 0; i < b->n; i++) {
		unsigned bits = set >> (2 * i) & 3;

		if (bits == 0)
			continue;
		json_set_str(v, arena_printf(b->a, "s%zu", i), b->q->service_ids[b->from + i]);
		json_set_bool(v, arena_printf(b->a, "c%zu", i), bits & 1);
		json_set_bool(v, arena_printf(b->a, "d%zu", i), bits & 2);
	}
	return v;
}

static void blind(struct batch *b, unsigned set, const struct err *why)
{
	for (size_t i = 0; i < b->n; i++)
		if (set >> (2 * i) & 3)
			b->out[i].blind = *why;
}

/* Decodes what is there of the set; returns the aliases that are not. */
static unsigned take(struct batch *b, unsigned set, const json *data)
{
	for (size_t i = 0; i < b->n; i++) {
		const json *c = json_get(data, arena_printf(b->a, ".c%zu", i));
		const json *d = json_get(data, arena_printf(b->a, ".d%zu", i));

		if ((set >> (2 * i) & 1) && json_is_arr(c)) {
			railway_decode_counts(b->a, c, b->complete_ms, &b->out[i]);
			set &= ~(1U << (2 * i));
		}
		if ((set >> (2 * i) & 2) && json_is_obj(d)) {
			railway_decode_durations(
			        b->a, d, b->q->exact_window, b->complete_ms, &b->out[i]);
			set &= ~(2U << (2 * i));
		}
	}
	return set;
}

static unsigned named(const struct batch *b, const struct railway_reply *reply)
{
	unsigned set = 0;

	for (size_t k = 0; k < reply->nroots; k++) {
		const char *root = reply->root[k];
		size_t i = (size_t)(root[0] ? root[1] - '0' : 0);

		if ((root[0] == 'c' || root[0] == 'd') && i < b->n && !root[2])
			set |= (root[0] == 'c' ? 1U : 2U) << (2 * i);
	}
	return set;
}

static void push(struct batch *b, unsigned set)
{
	if (set && b->ntodo < RAILWAY_ROOTS)
		b->todo[b->ntodo++] = set;
}

/* Halves by count, not by position: a set of two becomes two of one. */
static void split(struct batch *b, unsigned set)
{
	unsigned low = 0;
	int half = __builtin_popcount(set) / 2;

	for (int bit = 0; bit < RAILWAY_ROOTS && half > 0; bit++) {
		if (set >> bit & 1) {
			low |= 1U << bit;
			half--;
		}
	}
	push(b, set & ~low);
	push(b, low);
}

static bool hopeless(const struct railway_reply *reply, const struct err *e)
{
	return !reply->graphql || e->code == ERR_AUTH || e->code == ERR_LIMITED;
}

static void failed(
        struct batch *b, unsigned set, const struct railway_reply *reply, const struct err *e)
{
	unsigned bad;

	if (reply->data)
		set = take(b, set, reply->data);
	bad = named(b, reply) & set;
	if (hopeless(reply, e)) {
		b->stop = true;
		blind(b, set, e);
	} else if (bad) {
		blind(b, bad, e);
		push(b, set & ~bad);
	} else if (__builtin_popcount(set) <= 1 || e->code == ERR_PROTO) {
		blind(b, set, e); /* alone, or a document that no part of will pass */
	} else {
		split(b, set);
	}
}

static void run_batch(struct batch *b)
{
	unsigned first = b->n == RAILWAY_BATCH ? ALL : (1U << (2 * b->n)) - 1;
	struct err last = {0};

	push(b, first);
	while (b->ntodo > 0) {
		unsigned set = b->todo[--b->ntodo];
		struct railway_reply reply;

		if (b->stop || b->budget == 0) {
			blind(b, set, &last);
			continue;
		}
		b->budget--;
		if (railway_call(b->r, b->a, "railway_http", variables(b, set), &reply, &last)) {
			set = take(b, set, reply.data);
			if (set) {
				err_set(&last, ERR_PROTO, true,
				        "Railway's answer leaves HTTP metrics out");
				blind(b, set, &last);
			}
		} else {
			failed(b, set, &reply, &last);
		}
	}
}

static void finish(struct arena *a, const struct railway_http_request *q, struct railway_http *h)
{
	if (!h->counts_known || !h->latency_known)
		log_debug("railway", "no %s of service %s: %s",
		        h->counts_known ? "HTTP latency" : "HTTP metrics", h->service_id,
		        h->blind.msg);
	if (!q->exact_window || h->window_estimated) {
		h->window = railway_window(a, h);
		h->window_estimated = h->nlatency > 0;
	}
}

static void begin(const struct railway_http_request *q, struct railway_http *out)
{
	for (size_t i = 0; i < q->n; i++) {
		memset(&out[i], 0, sizeof(out[i]));
		out[i].service_id = q->service_ids[i];
		out[i].window = (struct railway_latency){0, NAN, NAN, NAN, NAN};
	}
}

bool railway_http(struct railway *r, struct arena *a, const struct railway_http_request *q,
        struct railway_http *out, unsigned *requests_out, struct err *e)
{
	uint64_t before = r->sent;
	bool stop = false;
	struct err why = {0};
	size_t seen = 0;

	begin(q, out);
	if (q->step_ms < 1000 || (q->end_ms - q->start_ms) / q->step_ms > MAX_STEPS)
		return err_set(
		        e, ERR_INPUT, false, "HTTP metrics need a step, and at most 1,000 of them");
	for (size_t i = 0; i < q->n; i += RAILWAY_BATCH) {
		struct batch b = {.r = r, .a = a, .q = q, .from = i, .out = out + i};

		b.n = q->n - i < RAILWAY_BATCH ? q->n - i : RAILWAY_BATCH;
		b.complete_ms = q->end_ms / q->step_ms * q->step_ms;
		b.budget = 1 + MAX_EXTRA;
		if (stop)
			blind(&b, ALL, &why);
		else
			run_batch(&b);
		if (b.stop && !stop)
			why = out[i].blind.code ? out[i].blind : out[i + b.n - 1].blind;
		stop = stop || b.stop;
	}
	for (size_t i = 0; i < q->n; i++) {
		finish(a, q, &out[i]);
		seen += out[i].counts_known || out[i].latency_known;
	}
	if (requests_out)
		*requests_out = (unsigned)(r->sent - before);
	if (seen > 0 || q->n == 0)
		return true;
	if (e)
		*e = out[0].blind;
	return false;
}
