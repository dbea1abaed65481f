/*
 * config.h - settings: from one table (config_table.c) to values, problems and documentation.
 *
 * The environment (HEAL_<SECTION>_<KEY>) wins over the file, the file over the default. Problems
 * are collected, one line each, naming key, file and line, and the remedy; the program prints them
 * all and ends with exit code 2. Called once at start, before threads.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdbool.h>

#include "app/secrets.h"
#include "arena.h"
#include "settings.h"
#include "str.h"

struct config_source {
	const char *path; /* --config; NULL = HEAL_CONFIG, ./heal.ini, /etc/heal/heal.ini, none */
	const char *const *env; /* "NAME=value", NULL-terminated; NULL = no environment */
};

/* Reads and checks everything. The settings live in `a` (keep it for the life of the program).
 * Returns NULL when there are problems: each is one line in `problems`. */
const struct settings *config_load(
        struct arena *a, const struct config_source *src, struct str *problems);

/* What a command cannot do without. */
enum config_need {
	NEED_SETTINGS = 1 << 0,
	NEED_RAILWAY = 1 << 1,
	NEED_SLACK = 1 << 2,
	NEED_LLM = 1 << 3,      /* when a model is set: its key */
	NEED_OPENCODE = 1 << 4, /* when a server is set: its password, and GitHub's token */
	NEED_HTTP = 1 << 5,     /* when the pages are reachable from elsewhere: no short token */
};

/* Checks that what `needs` names is set; adds a line for each that is not. */
bool config_require(
        const struct settings *s, const struct secrets *k, unsigned needs, struct str *problems);

/* Documentation from the table. */
void config_example(struct str *out);  /* deploy/heal.ini.example */
void config_markdown(struct str *out); /* the README's reference */
void config_man(struct str *out);      /* roff, for healbot(8) */
void config_help(struct str *out);     /* for a terminal */

/* "host:port" or "[v6]:port" taken apart. False when it is not that. */
bool config_host_port(struct arena *a, const char *text, const char **host, int *port);

/* True for hosts that only this machine or its network can reach: localhost, names without a dot,
 * .local .internal .railway.internal, private and loopback addresses. */
bool config_private_host(const char *host);

#endif
