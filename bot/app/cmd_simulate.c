/* healbot simulate: samples from a CSV file through the bot's own judging, a JSON line per event.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/simulate.h"
#include "json.h"
#include "str.h"

enum { READ_BYTES = 1 << 18 };

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

static bool simulate(struct simulation *s, FILE *in, char *buf, struct err *e)
{
	size_t n;

	while ((n = fread(buf, 1, READ_BYTES, in)) > 0)
		if (!simulation_feed(s, buf, n, e))
			return false;
	if (ferror(in))
		return err_sys(e, "cannot read the samples");
	return simulation_end(s, e);
}

int command_simulate(struct cli *c, int argc, char **argv)
{
	const char *path = cli_opt(c, "samples");
	struct printing out = {arena_new(0), cli_opt(c, "all") != NULL};
	bool from_stdin = str_eq(path, "-"), ok;
	struct err e = {0};
	FILE *in;

	(void)argc;
	(void)argv;
	arena_defer(c->arena, (void (*)(void *))arena_free, out.a);
	if (!path) {
		fputs("healbot simulate: no samples: --samples FILE, or - for stdin\n", stderr);
		return EXIT_USAGE;
	}
	in = from_stdin ? stdin : fopen(path, "re");
	if (!in) {
		fprintf(stderr, "healbot simulate: %s: %s\n", path, strerror(errno));
		return EXIT_USAGE;
	}
	ok = simulate(simulation_new(c->arena, c->settings, print_event, &out), in,
	        arena_alloc(c->arena, READ_BYTES + 1), &e);
	if (!from_stdin)
		fclose(in);
	if (fflush(stdout) != 0 && ok)
		ok = err_sys(&e, "cannot write");
	if (ok)
		return EXIT_OK;
	fprintf(stderr, "healbot simulate: %s: %s\n", from_stdin ? "stdin" : path, e.msg);
	return e.code == ERR_INPUT ? EXIT_USAGE : EXIT_FAILED;
}
