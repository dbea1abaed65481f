/* healbot scan: one scan to the terminal. Needs Railway only; remembers nothing. */
#include <stdio.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/gate.h"
#include "app/world.h"
#include "clock.h"
#include "net/http.h"
#include "scan.h"

static int fail(const struct err *e)
{
	bool input = e->code == ERR_INPUT || e->code == ERR_CONFIG;

	fprintf(stderr, "healbot: %s\n", e->msg);
	return input ? EXIT_USAGE : EXIT_PEER;
}

static bool look(
        struct heal *h, struct arena *a, const char *only, struct scan *scan, struct err *e)
{
	const struct settings *s = h->settings;
	struct railway_place place;

	if (!h->railway)
		return err_set(e, ERR_CONFIG, false,
		        "no Railway token: set RAILWAY_API_TOKEN (account or workspace) or RAILWAY_TOKEN "
		        "(project)");
	if (!railway_resolve(
	            h->railway, a, s->railway.project, s->railway.environment, &place, e) ||
	        !scan_measure(h->railway, a, s, &place, only, clock_now_ms(), scan, e))
		return false;
	scan_judge(a, s, h->redact, NULL, 0, scan);
	return true;
}

static void print(struct arena *a, const struct scan *scan, bool as_json)
{
	if (as_json) {
		puts(json_print_pretty(a, scan_json(a, scan)));
		return;
	}
	printf("%s / %s · %s · last %s\n\n", scan->place.project_name, scan->place.environment_name,
	        clock_rfc3339(a, scan->now_ms),
	        clock_duration(a, scan->rail.end_ms - scan->rail.start_ms));
	fputs(scan_table(a, scan, isatty(STDOUT_FILENO)), stdout);
	printf("\n%s\n", scan_summary(a, scan));
}

int command_scan(struct cli *c, int argc, char **argv)
{
	struct shared *sh;
	struct heal *h;
	struct scan scan = {0};
	struct err e = {0};
	int code = EXIT_OK;

	(void)argc;
	(void)argv;
	http_global_init();
	gate_install(c->secrets, c->settings->redact.ips);
	sh = shared_new(c->settings, c->secrets, NULL);
	h = world_new(sh);
	if (look(h, c->arena, cli_opt(c, "service"), &scan, &e))
		print(c->arena, &scan, cli_opt(c, "json") != NULL);
	else
		code = fail(&e);
	world_free(h);
	shared_free(sh);
	http_global_fini();
	return code;
}
