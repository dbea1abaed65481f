/*
 * healbot simulate: samples through the bot's own judging. From a CSV file a JSON line per event;
 * with --try a line for each incident that other thresholds would add or take away, of a file or of
 * what the bot has stored.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/simulate.h"
#include "clock.h"
#include "json.h"
#include "replay.h"
#include "store/store.h"
#include "str.h"

enum { READ_BYTES = 1 << 18, MAX_PAIRS = 20 };

struct printing {
	struct arena *a;
	bool all;
};

static const char *event_word(enum watch_event_kind k)
{
	switch (k) {
	case WATCH_OPEN:
		return "open";
	case WATCH_WORSE:
		return "worse";
	case WATCH_BETTER:
	case WATCH_HOLD:
		return "hold";
	case WATCH_CLOSE:
		return "close";
	}
	return "hold";
}

static void print_event(void *ctx, int64_t ts_ms, const char *service, const struct watch_event *ev)
{
	struct printing *p = ctx;
	const char *word = event_word(ev->kind);
	json *o;

	if (!p->all && str_eq(word, "hold"))
		return;
	o = json_obj(p->a);
	json_set_num(o, "ts", (double)ts_ms / 1000);
	json_set_str(o, "service", service);
	json_set_str(o, "signal", signal_name(ev->signal));
	json_set_str(o, "event", word);
	json_set_str(o, "severity", severity_name(ev->finding.severity));
	json_set_num(o, "eta_s", ev->finding.eta_s);
	puts(json_print(p->a, o));
	arena_reset(p->a);
}

/* --- with other thresholds --- */

struct collecting {
	struct arena *a;
	struct replay_list list;
};

static void collect(void *ctx, int64_t ts_ms, const char *service, const struct watch_event *ev)
{
	struct collecting *c = ctx;

	replay_note(c->a, &c->list, ts_ms, service, ev);
}

static void print_change(struct arena *a, const char *word, const struct replay_episode *x)
{
	json *o = json_obj(a);

	json_set_str(o, "change", word);
	json_set_str(o, "service", x->service);
	json_set_str(o, "signal", signal_name(x->signal));
	json_set_str(o, "severity", severity_name(x->severity));
	json_set_num(o, "from", (double)x->from_ms / 1000);
	if (x->to_ms > 0)
		json_set_num(o, "to", (double)x->to_ms / 1000);
	else
		json_set_null(o, "to");
	json_set_num(o, "value", x->value);
	puts(json_print(a, o));
}

static void print_difference(
        struct arena *a, const struct replay_list *now, const struct replay_list *then)
{
	struct replay_diff d;

	replay_compare(a, now, then, &d);
	for (size_t i = 0; i < d.nadded; i++)
		print_change(a, "added", d.added[i]);
	for (size_t i = 0; i < d.ngone; i++)
		print_change(a, "gone", d.gone[i]);
	fprintf(stderr, "%zu incidents instead of %zu: %zu added, %zu gone\n", then->n, now->n,
	        d.nadded, d.ngone);
}

/* The words of --try. */
static bool tried_settings(struct cli *c, const struct settings **out, struct err *e)
{
	char *text = arena_strdup(c->arena, cli_opt(c, "try")), *save = NULL;
	const char *pairs[MAX_PAIRS];
	size_t n = 0;

	for (char *word = strtok_r(text, " \t,", &save); word && n < MAX_PAIRS;
	        word = strtok_r(NULL, " \t,", &save))
		pairs[n++] = word;
	return settings_try(c->arena, c->settings, pairs, n, out, e);
}

static bool compare_stored(struct cli *c, const struct settings *tried, struct err *e)
{
	const char *text = cli_opt(c, "days");
	long days = text ? strtol(text, NULL, 10) : 14;
	struct store *s;
	struct replay r;
	bool ok;

	if (days < 1 || days > 35)
		return err_set(e, ERR_INPUT, false, "--days %s: 1 to 35 are kept", text);
	s = store_open(c->settings->heal.db, STORE_LOOK, e);
	if (!s)
		return false;
	ok = replay_stored(
	        s, c->arena, c->settings, tried, NULL, clock_now_ms() - days * 86400000L, &r, e);
	store_close(s);
	if (ok)
		print_difference(c->arena, &r.now, &r.then);
	return ok;
}

/* --- a file --- */

static bool simulate(
        struct simulation *s, struct simulation *second, FILE *in, char *buf, struct err *e)
{
	char *copy = buf + READ_BYTES + 1;
	size_t n;

	while ((n = fread(buf, 1, READ_BYTES, in)) > 0) {
		if (second) /* lines are taken apart in place */
			memcpy(copy, buf, n);
		if (!simulation_feed(s, buf, n, e) ||
		        (second && !simulation_feed(second, copy, n, e)))
			return false;
	}
	if (ferror(in))
		return err_sys(e, "cannot read the samples");
	return simulation_end(s, e) && (!second || simulation_end(second, e));
}

static bool run_file(struct cli *c, FILE *in, const struct settings *tried, struct err *e)
{
	struct printing out = {arena_new(0), cli_opt(c, "all") != NULL};
	struct collecting now = {.a = c->arena}, then = {.a = c->arena};
	char *buf = arena_alloc(c->arena, 2 * (READ_BYTES + 1));
	struct simulation *first = tried ? simulation_new(c->arena, c->settings, collect, &now)
	                                 : simulation_new(c->arena, c->settings, print_event, &out);
	struct simulation *second = tried ? simulation_new(c->arena, tried, collect, &then) : NULL;
	bool ok = simulate(first, second, in, buf, e);

	if (ok && tried)
		print_difference(c->arena, &now.list, &then.list);
	arena_free(out.a);
	if (fflush(stdout) != 0 && ok)
		ok = err_sys(e, "cannot write");
	return ok;
}

static int fail(const char *where, const struct err *e)
{
	fprintf(stderr, "healbot simulate: %s%s%s\n", where, *where ? ": " : "", e->msg);
	return e->code == ERR_INPUT || e->code == ERR_CONFIG ? EXIT_USAGE : EXIT_FAILED;
}

int command_simulate(struct cli *c, int argc, char **argv)
{
	const char *path = cli_opt(c, "samples");
	bool from_stdin = str_eq(path, "-"), ok;
	const struct settings *tried = NULL;
	struct err e = {0};
	FILE *in;

	(void)argc;
	(void)argv;
	if (cli_opt(c, "try") && !tried_settings(c, &tried, &e))
		return fail("--try", &e);
	if (!path && tried)
		return compare_stored(c, tried, &e) ? EXIT_OK : fail("", &e);
	if (!path) {
		fputs("healbot simulate: no samples: --samples FILE, - for stdin, or --try "
		      "'p95=2s' for what is stored\n",
		        stderr);
		return EXIT_USAGE;
	}
	in = from_stdin ? stdin : fopen(path, "re");
	if (!in) {
		fprintf(stderr, "healbot simulate: %s: %s\n", path, strerror(errno));
		return EXIT_USAGE;
	}
	ok = run_file(c, in, tried, &e);
	if (!from_stdin)
		fclose(in);
	return ok ? EXIT_OK : fail(from_stdin ? "stdin" : path, &e);
}
