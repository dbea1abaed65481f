/*
 * heal.h - a worker's world: what every handler and step body can reach through wf_heal(w).
 *
 * One per worker thread (and per slot of parallel steps): clients, connections and the redactor are
 * its own; the settings and the store are shared. Built and torn down by bot/app/world.c.
 */
#ifndef HEAL_HEAL_H
#define HEAL_HEAL_H

#include "settings.h"

struct store;
struct slack;
struct railway;
struct llm;
struct opencode;
struct github;
struct statuspage;
struct redact;

/* An OpenCode server. */
struct opencode_host {
	const char *name; /* "" = the one of opencode.url */
	struct opencode *client;
};

struct heal {
	const struct settings *settings;
	struct store *store;
	struct slack *slack; /* NULL in `healbot scan` without Slack */
	struct railway *railway;
	struct llm *llm;           /* NULL when no model is set */
	struct opencode *opencode; /* the one in use (fix_use_host); NULL when no server is set */
	const struct opencode_host *hosts; /* all of them, opencode.url first */
	size_t nhosts;
	struct github *github; /* NULL without a token */
	struct statuspage *statuspage;
	struct redact *redact;
	const char *version;
};

#endif
