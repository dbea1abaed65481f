/* healbot runs: workflow runs by conditions, and one with its steps as a tree. */
#include <stdio.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/gate.h"
#include "app/runs_print.h"
#include "pages/filter.h"
#include "str.h"

static bool show_one(struct cli *c, struct store *s, const char *word, struct err *e)
{
	int64_t id;
	json *tree;

	if (!str_int(word, &id) || id < 1)
		return err_set(e, ERR_INPUT, false,
		        "\"%.40s\" is no run: write its number, as `healbot runs` shows it", word);
	if (!cli_opt(c, "json"))
		return runs_print_tree(s, c->arena, id, cli_opt(c, "full") != NULL, e);
	tree = runs_json_tree(s, c->arena, id, e);
	if (tree)
		puts(json_print_pretty(c->arena, tree));
	return tree != NULL;
}

static bool read_filter(struct cli *c, struct run_filter *f, struct err *e)
{
	static const char *const conditions[] = {"state", "workflow", "incident", "service",
	        "since", "until", "search", "before", "limit"};

	if (cli_opt(c, "failed"))
		f->state = "failed";
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		if (!filter_set(f, conditions[i], cli_opt(c, conditions[i]), e))
			return false;
	return true;
}

static bool list_all(struct cli *c, struct store *s, struct err *e)
{
	struct run_filter f = {0};
	struct run_row *rows;
	size_t n;

	if (!read_filter(c, &f, e) || !runs_list(s, c->arena, &f, &rows, &n, e))
		return false;
	if (cli_opt(c, "json"))
		puts(json_print_pretty(c->arena, runs_json_list(c->arena, rows, n)));
	else if (n == 0)
		puts("no runs");
	else
		runs_print_list(c->arena, rows, n);
	return true;
}

int command_runs(struct cli *c, int argc, char **argv)
{
	struct err e = {0};
	struct store *s;
	bool ok;

	gate_install(c->secrets, c->settings->redact.ips);
	s = store_open(c->settings->heal.db, STORE_LOOK, &e);
	ok = s && (argc > 0 ? show_one(c, s, argv[0], &e) : list_all(c, s, &e));
	store_close(s);
	if (ok)
		return EXIT_OK;
	fprintf(stderr, "healbot: %s\n", e.msg);
	return e.code == ERR_CONFIG || e.code == ERR_INPUT ? EXIT_USAGE : EXIT_FAILED;
}
