/*
 * secrets.h - tokens: from the environment NAME, or from the file that NAME_FILE names.
 *
 * They are taken out of the environment when read (child processes and /proc/self/environ do not
 * have them), checked for their shape, never printed. The redaction gate gets their values.
 */
#ifndef APP_SECRETS_H
#define APP_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "str.h"

/* NULL = not given. Read-only after start; any thread. */
struct secrets {
	const char *const *listed;   /* what the operator lists, NULL-terminated; NULL = nothing */
	const char *slack_app;       /* SLACK_APP_TOKEN, xapp-… */
	const char *slack_bot;       /* SLACK_BOT_TOKEN, xoxb-… */
	const char *railway_api;     /* RAILWAY_API_TOKEN: account or workspace, Bearer */
	const char *railway_project; /* RAILWAY_TOKEN: project token */
	const char *openai;          /* OPENAI_API_KEY */
	const char *anthropic;       /* ANTHROPIC_API_KEY */
	const char *opencode_password; /* OPENCODE_SERVER_PASSWORD */
	const char *opencode_username; /* OPENCODE_SERVER_USERNAME; "opencode" when not given */
	const char *github;            /* GITHUB_TOKEN */
	const char *github_app_key;    /* GITHUB_APP_KEY: PEM of the App of github.app */
	const char *http;              /* HEAL_HTTP_TOKEN: opens the local pages */
};

/* Reads all; false when a value cannot be right (swapped tokens, unreadable file …): each problem
 * is a line with its remedy and without the value. Call before threads. */
bool secrets_load(struct arena *a, struct secrets *out, struct str *problems);

/* The lines of a file as out->listed; false with a line in problems when it cannot be read or one
 * is too short. No line is ever printed. */
bool secrets_listed(struct arena *a, const char *path, struct secrets *out, struct str *problems);

/* Every secret value that is set (user names are none), and the listed ones, NULL-terminated, for
 * the redaction gate. */
const char *const *secrets_values(struct arena *a, const struct secrets *k);

/* No core dumps, no ptrace by others. Call first in main. */
void secrets_harden(void);

/* The i-th secret for documentation; false past the end. */
struct secret_doc {
	const char *name, *shape, *help;
};
bool secrets_doc(size_t i, struct secret_doc *out);

#endif
