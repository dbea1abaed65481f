/*
 * cli.h - the command line: one table (cli_table.c) gives parsing, --help and healbot(8).
 *
 * A command is `int command_x(struct cli *c, int argc, char **argv)` (commands.h): options are
 * taken out already (cli_opt), argv holds the words that remain. Its table entry says what must be
 * loaded for it; then c->settings and c->secrets are complete, or the program has ended with exit
 * code 2.
 */
#ifndef APP_CLI_H
#define APP_CLI_H

#include <stdbool.h>

#include "app/config.h"
#include "app/secrets.h"
#include "arena.h"
#include "settings.h"

/* Exit codes. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1, /* it did not work, or `doctor` found a problem */
	EXIT_USAGE = 2,  /* wrong command line, settings or secrets */
	EXIT_PEER = 3,   /* a peer is unreachable or refuses our token */
};

struct cli {
	struct arena *arena;             /* lives as long as the program */
	const struct settings *settings; /* NULL when the command needs none */
	const struct secrets *secrets;   /* likewise */
	const struct cli_command *command;
	const char *config;  /* --config; NULL = not given */
	const char **values; /* by index of the option in the command's table; see cli_opt */
};

struct cli_option {
	const char *name; /* "json", typed --json */
	const char *arg;  /* "FILE": takes a value (--name FILE or --name=FILE); NULL = a switch */
	const char *help;
};

struct cli_command {
	const char *name;
	const char *args;    /* "ID", "[ID]", "ID...": one or more, "[ID...]"; "" = none; checked
	                        against the number of words */
	const char *summary; /* one line */
	const char *details; /* a paragraph for `healbot help NAME` and the man page */
	const char *example;
	unsigned needs; /* enum config_need; 0 = no settings are read */
	int (*run)(struct cli *c, int argc, char **argv);
	const struct cli_option *options; /* ended by {NULL}; NULL = none */
};

/* The table, ended by an entry without a name. */
extern const struct cli_command cli_commands[];

/* The value of an option ("" for a switch), NULL when not given. */
const char *cli_opt(const struct cli *c, const char *name);

/* Settings and secrets, for a command whose options decide whether it needs any (enum config_need).
 * False: the problems were printed, and the exit code is EXIT_USAGE. */
bool cli_load(struct cli *c, unsigned needs);

/* The whole program after main's own set-up: parses, loads what the command needs, runs it. */
int cli_main(int argc, char **argv);

/* `healbot --help`, `healbot help CMD` and deploy/healbot.8. */
void cli_help(struct str *out);
void cli_help_command(struct str *out, const struct cli_command *cmd);
void cli_man(struct str *out);

#endif
