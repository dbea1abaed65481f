/*
 * upstream.h - which third-party providers a service depends on, inferred from what it shows.
 *
 * Signs: host names and error classes in log lines, names of variables, packages of the
 * repository's manifests, against bot/diagnose/upstreams.csv. A host or an error class in a failing
 * line names a suspect; a variable or a package alone is often left over. Our own network
 * (*.railway.internal, *.up.railway.app, *.rlwy.net) is none. Values of variables are never read.
 *
 * Pure. Memory: the given arena. Thread: the caller's. Texts are foreign and only compared; what is
 * kept of them is a host, a class name, a variable's name, a package's name.
 */
#ifndef HEAL_UPSTREAM_H
#define HEAL_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "json.h"

struct upstreams;
struct upstreams *upstreams_new(struct arena *a);
/* One log line; failing: its severity is error, or it says that something failed. */
void upstreams_line(struct upstreams *u, const char *line, bool failing);
void upstreams_variable(struct upstreams *u, const char *name);
/* package.json, requirements.txt, pyproject.toml, go.mod, Gemfile: the names that stand in quotes,
 * or at the beginning of a line. Of package.json only "dependencies". */
void upstreams_manifest(struct upstreams *u, const char *file, const char *text);

/* Private hosts ("postgres" of postgres.railway.internal) that lines named, NULL-terminated, at
 * most 20. */
const char *const *upstreams_private(const struct upstreams *u);

struct upstream {
	const char *id, *name;   /* "stripe" "Stripe" */
	const char *page, *data; /* for people; to be read */
	const char *why;         /* "api.stripe.com in 41 failing log lines" */
	bool strong; /* a host or an error class in failing lines: may be told as a suspect */
};
/* The likeliest first: failing hosts and error classes, then other hosts, then a variable with a
 * package, then one of these. At most max. */
size_t upstreams_list(const struct upstreams *u, struct arena *a, struct upstream *out, size_t max);

/* Is it a provider of the table, by id or name? */
bool upstreams_known(const struct upstreams *u, const char *name);

/* The signs as JSON between steps; adding is a union. */
json *upstreams_json(const struct upstreams *u, struct arena *a);
void upstreams_add(struct upstreams *u, const json *signs);

#endif
