/* simulate.c - the clock of a simulation: which service is judged when. See simulate.h. */
#include "app/simulate.h"

#include <math.h>
#include <string.h>

#include "base/map.h"
#include "str.h"

enum { MAX_LINE = 65536, MAX_SERVICES = 100000, DAY_MS = 86400000, MAX_SAMPLE_MS = 60000 };

struct sim_service {
	const char *name;
	struct watch *watch;
	int64_t next_ms; /* its next evaluation */
	int64_t last_ms, deployed_ms;
	bool has_http;
};

struct simulation {
	const struct settings *settings;
	struct arena *arena, *scratch;
	simulation_event *tell;
	void *ctx;
	struct csv_header header;
	struct sim_service **services;
	size_t n, cap, guess; /* guess: rows usually come in the same order every minute */
	struct map *by_name;
	int64_t tick_ms, latest_ms;
	unsigned long line;
	char *part; /* an unfinished line, MAX_LINE + 1 bytes */
	size_t part_n;
};

static void free_scratch(void *p)
{
	arena_free(p);
}

struct simulation *simulation_new(
        struct arena *a, const struct settings *s, simulation_event *tell, void *ctx)
{
	struct simulation *x = ARENA_NEW(a, struct simulation);

	x->settings = s;
	x->arena = a;
	x->scratch = arena_new(65536);
	arena_defer(a, free_scratch, x->scratch);
	x->tell = tell;
	x->ctx = ctx;
	x->by_name = map_new(a);
	x->part = arena_alloc(a, MAX_LINE + 1);
	return x;
}

/* --- services --- */

static struct sim_service *add_service(struct simulation *s, const char *name)
{
	const struct settings *set = s->settings;
	struct sim_service *x = ARENA_NEW(s->arena, struct sim_service);
	struct watch_rules rules = {&settings_service(set, name)->thresholds, set->scan.every_ms,
	        set->scan.window_ms, set->scan.open_n, set->scan.open_m, set->scan.close_n, true};

	if (s->n == s->cap) {
		struct sim_service **more =
		        ARENA_ARRAY(s->arena, s->cap * 2 + 64, struct sim_service *);

		if (s->n)
			memcpy(more, s->services, s->n * sizeof(struct sim_service *));
		s->services = more;
		s->cap = s->cap * 2 + 64;
	}
	x->name = arena_strdup(s->arena, name);
	x->watch = watch_new(s->arena, &rules);
	s->services[s->n++] = x;
	map_put(s->by_name, name, x);
	return x;
}

static struct sim_service *find_service(struct simulation *s, const char *name)
{
	struct sim_service *x;

	if (s->n && ++s->guess >= s->n)
		s->guess = 0;
	if (s->n && strcmp(s->services[s->guess]->name, name) == 0)
		return s->services[s->guess];
	x = map_get(s->by_name, name);
	for (size_t i = 0; x && i < s->n; i++) {
		if (s->services[i] == x) {
			s->guess = i;
			break;
		}
	}
	if (x || s->n >= MAX_SERVICES)
		return x;
	s->guess = s->n;
	return add_service(s, name);
}

/* --- time --- */

static void evaluate(struct simulation *s, struct sim_service *x, int64_t now_ms)
{
	struct watch_facts f = {
	        .now_ms = now_ms,
	        .has_http = x->has_http,
	        .crashed = -1,
	        .running = -1,
	        .expected = -1,
	        .restarts = -1,
	        .deployed_ms = x->deployed_ms,
	};
	const struct watch_event *ev;
	size_t n;

	ev = watch_evaluate(x->watch, s->scratch, &f, &n);
	for (size_t i = 0; i < n; i++)
		s->tell(s->ctx, now_ms, x->name, &ev[i]);
	arena_reset(s->scratch);
}

/* Every evaluation that is due for x up to `to_ms`. After a day without a sample there is nothing
 * left to judge: the time in between is skipped. */
static void catch_up(struct simulation *s, struct sim_service *x, int64_t to_ms)
{
	int64_t every = s->settings->scan.every_ms;

	if (to_ms - x->last_ms > DAY_MS && x->next_ms > x->last_ms + DAY_MS)
		x->next_ms = to_ms / every * every;
	for (; x->next_ms <= to_ms; x->next_ms += every) {
		evaluate(s, x, x->next_ms);
		if (x->next_ms - x->last_ms > DAY_MS && to_ms - x->next_ms > every)
			x->next_ms = to_ms / every * every - every;
	}
}

static void advance(struct simulation *s, int64_t to_ms)
{
	int64_t every = s->settings->scan.every_ms;

	if (to_ms <= s->latest_ms)
		return;
	s->latest_ms = to_ms;
	if (to_ms < s->tick_ms)
		return;
	/* several evaluations due: all services at one time, then all at the next */
	if (s->tick_ms > 0 && to_ms - s->tick_ms < DAY_MS)
		for (; s->tick_ms + every <= to_ms; s->tick_ms += every)
			for (size_t i = 0; i < s->n; i++)
				catch_up(s, s->services[i], s->tick_ms);
	for (size_t i = 0; i < s->n; i++)
		catch_up(s, s->services[i], to_ms);
	s->tick_ms = (to_ms / every + 1) * every;
}

static bool take_sample(
        struct simulation *s, const char *name, const struct watch_sample *p, const char **why)
{
	int64_t every = s->settings->scan.every_ms;
	struct sim_service *x;

	advance(s, p->ts_ms);
	x = find_service(s, name);
	if (!x) {
		*why = "more than 100 000 services";
		return false;
	}
	if (x->next_ms == 0) {
		x->next_ms = (p->ts_ms / every + 1) * every;
	} else if (p->ts_ms < x->last_ms) {
		*why = "the time goes back";
		return false;
	}
	x->last_ms = p->ts_ms;
	if (x->next_ms <= p->ts_ms)
		catch_up(s, x, p->ts_ms);
	x->has_http |= !isnan(p->requests);
	if (p->deploy)
		x->deployed_ms = p->ts_ms;
	watch_feed(x->watch, p);
	return true;
}

/* --- lines --- */

static bool take_line(struct simulation *s, char *line, size_t n, struct err *e)
{
	struct watch_sample sample;
	const char *service = "", *why = "";
	bool ok;

	s->line++;
	if (n && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	if (s->line == 1 && n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3; /* a byte order mark, as spreadsheets write it */
		n -= 3;
	}
	if (n == 0 && s->line > 1)
		return true;
	if (memchr(line, '\0', n))
		return err_set(e, ERR_INPUT, false, "line %lu: a NUL byte", s->line);
	if (s->line == 1)
		ok = csv_header(line, n, &s->header, &why);
	else
		ok = csv_sample(line, n, &s->header, &service, &sample, &why) &&
		     take_sample(s, service, &sample, &why);
	return ok || err_set(e, ERR_INPUT, false, "line %lu: %s", s->line, why);
}

static bool keep_part(struct simulation *s, const char *p, size_t n, struct err *e)
{
	if (n > MAX_LINE - s->part_n)
		return err_set(e, ERR_INPUT, false, "line %lu: longer than %d bytes", s->line + 1,
		        MAX_LINE);
	memcpy(s->part + s->part_n, p, n);
	s->part_n += n;
	return true;
}

bool simulation_feed(struct simulation *s, char *bytes, size_t n, struct err *e)
{
	char *p = bytes, *end = bytes + n, *nl;

	while ((nl = memchr(p, '\n', (size_t)(end - p)))) {
		size_t len = (size_t)(nl - p);

		if (s->part_n) {
			if (!keep_part(s, p, len, e))
				return false;
			len = s->part_n;
			s->part_n = 0;
			if (!take_line(s, s->part, len, e))
				return false;
		} else if (!take_line(s, p, len, e)) {
			return false;
		}
		p = nl + 1;
	}
	return p == end || keep_part(s, p, (size_t)(end - p), e);
}

bool simulation_end(struct simulation *s, struct err *e)
{
	size_t n = s->part_n;

	s->part_n = 0;
	if (n && !take_line(s, s->part, n, e))
		return false;
	if (s->line == 0)
		return err_set(e, ERR_INPUT, false, "line 1: no header, the file is empty");
	/* the last sample stands for up to a minute: an evaluation at its end is complete */
	if (s->n)
		advance(s, s->latest_ms + MAX_SAMPLE_MS);
	return true;
}
