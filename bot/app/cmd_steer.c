/*
 * healbot retry, cancel, pause, resume: steering runs from the terminal. A running bot is asked
 * (control.h); without one the store is opened and changed here, and the bot acts on it at its next
 * start.
 */
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/control.h"
#include "app/gate.h"
#include "app/steer.h"
#include "clock.h"
#include "store/runs.h"
#include "str.h"

/* ---- the order ------------------------------------------------------------------------------- */

static bool add_runs(json *order, int argc, char **argv, struct err *e)
{
	json *runs = json_set_arr(order, "runs");

	for (int i = 0; i < argc; i++) {
		int64_t id;

		if (!str_int(argv[i], &id) || id < 1)
			return err_set(e, ERR_INPUT, false,
			        "\"%.40s\" is no run: write its number, as `healbot runs` shows it",
			        argv[i]);
		json_add_num(runs, (double)id);
	}
	return true;
}

/* "workflow=fix" "key=fix:*" "older=2h" */
static bool add_condition(json *where, const char *name, const char *value, struct err *e)
{
	int64_t age;

	if (str_eq(name, "workflow"))
		json_set_str(where, "workflow", value);
	else if (str_eq(name, "key"))
		json_set_str(where, "concurrency", value);
	else if (str_eq(name, "older") && clock_parse_duration(value, &age))
		json_set_int(where, "before_ms", clock_now_ms() - age);
	else
		return err_set(e, ERR_INPUT, false,
		        "--where \"%.40s=%.40s\": write workflow=NAME, key=CONCURRENCY-KEY (also "
		        "with a * at its end) or older=2h, several with commas",
		        name, value);
	return true;
}

static bool add_where(struct arena *a, json *order, const char *text, struct err *e)
{
	json *where = json_set_obj(order, "where");

	while (*text) {
		size_t n = strcspn(text, ","), m = strcspn(text, "=");

		if (m >= n)
			return add_condition(where, arena_strndup(a, text, n), "", e);
		if (!add_condition(where, arena_strndup(a, text, m),
		            arena_strndup(a, text + m + 1, n - m - 1), e))
			return false;
		text += n;
		text += *text == ',';
	}
	return json_len(where) > 0 ||
	       err_set(e, ERR_INPUT, false, "--where says nothing: for example workflow=fix");
}

/* ---- carrying it out ------------------------------------------------------------------------- */

static json *do_here(struct cli *c, struct store *s, const json *order, struct err *e)
{
	runs_register(s, all_workflows());
	return steer(s, c->arena, order, e);
}

static json *carry_out(struct cli *c, const json *order, bool *here, struct err *e)
{
	const char *db = c->settings->heal.db;
	struct store *look = store_open(db, STORE_LOOK, e), *s;
	json *answer;

	if (!look) /* no such database: say so instead of making one */
		return NULL;
	store_close(look);
	s = store_open(db, STORE_OWN, e);
	*here = s != NULL;
	if (!s && e->code != ERR_CONFLICT)
		return NULL;
	answer = s ? do_here(c, s, order, e) : control_ask(c->arena, db, order, e);
	store_close(s);
	return answer;
}

static int print(const char *word, const json *answer, bool here)
{
	const json *failed = json_get(answer, ".failed");

	json_each (it, json_get(answer, ".done"))
		puts(json_str(it, "", ""));
	json_each (it, failed)
		fprintf(stderr, "healbot: cannot %s: %s\n", word, json_str(it, "", ""));
	if (here && json_len(json_get(answer, ".done")) > 0)
		puts("no bot is running here: it goes on from this when it is started");
	return json_len(failed) > 0 ? EXIT_FAILED : EXIT_OK;
}

static int fail(const struct err *e)
{
	fprintf(stderr, "healbot: %s\n", e->msg);
	return e->code == ERR_INPUT || e->code == ERR_CONFIG ? EXIT_USAGE : EXIT_FAILED;
}

static int order_runs(struct cli *c, const char *word, int argc, char **argv)
{
	json *order = json_obj(c->arena), *answer = NULL;
	const char *where = cli_opt(c, "where");
	struct err e = {0};
	bool here = false;

	gate_install(c->secrets, c->settings->redact.ips);
	json_set_str(order, "do", word);
	if (cli_opt(c, "from"))
		json_set_str(order, "from", cli_opt(c, "from"));
	if (cli_opt(c, "why"))
		json_set_str(order, "why", gate_text(c->arena, cli_opt(c, "why")));
	if ((argc > 0) == (where != NULL))
		err_set(&e, ERR_INPUT, false, "say which runs: their numbers%s",
		        str_eq(word, "cancel") ? ", or --where, not both" : "");
	else if (where ? add_where(c->arena, order, where, &e) : add_runs(order, argc, argv, &e))
		answer = carry_out(c, order, &here, &e);
	return answer ? print(word, answer, here) : fail(&e);
}

int command_retry(struct cli *c, int argc, char **argv)
{
	return order_runs(c, "retry", argc, argv);
}

int command_cancel(struct cli *c, int argc, char **argv)
{
	return order_runs(c, "cancel", argc, argv);
}

int command_pause(struct cli *c, int argc, char **argv)
{
	return order_runs(c, "pause", argc, argv);
}

int command_resume(struct cli *c, int argc, char **argv)
{
	return order_runs(c, "resume", argc, argv);
}
