/*
 * fixpeers.h - for tests of the fix: the sandbox and a real OpenCode server as children of the test
 * (tests/it/lib/peers.sh), and clients for them.
 */
#ifndef UNIT_FIXPEERS_H
#define UNIT_FIXPEERS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "github.h"
#include "json.h"
#include "opencode.h"

struct http;

#define FIXPEERS_TOKEN "ghp_sandboxsandboxsandboxsandboxsandb0x"

struct fixpeers {
	pid_t pid;
	FILE *to, *from;
	char sandbox[200], url[200], work[300], password[100];
	bool skip; /* OpenCode is not installed */
	struct http *http;
	struct opencode *opencode;
	struct github *github;
};

/* Starts both, or sets skip. Aborts the test when they do not start. */
struct fixpeers *fixpeers_start(void);
void fixpeers_stop(struct fixpeers *p);
/* Clients for another thread; free them by fixpeers_clients_free. */
struct opencode *fixpeers_opencode(const struct fixpeers *p, struct http **http_out);
struct github *fixpeers_github(const struct fixpeers *p, struct http *http);
void fixpeers_clients_free(struct opencode *o, struct github *g, struct http *h);
/* OpenCode dies (SIGKILL), and starts again on the same port with its data. */
void fixpeers_kill(struct fixpeers *p);
void fixpeers_restart(struct fixpeers *p);
/* POST of a control of the sandbox (body NULL: GET). */
const json *fixpeers_control(
        struct fixpeers *p, struct arena *a, const char *path, const char *body);
/* The agent's model misbehaves: see tests/sandbox/llm.h. */
void fixpeers_fault(struct fixpeers *p, struct arena *a, const char *name, int times);
/* Records of kind "effect" whose "what" is this. */
int fixpeers_effects(struct fixpeers *p, struct arena *a, const char *what);

#endif
