/*
 * sandbox_run.h - the sandbox program as a child of a test: start it, steer it, stop it.
 *
 * The program's path is in SANDBOX (set by tests/run.sh).
 */
#ifndef UNIT_SANDBOX_RUN_H
#define UNIT_SANDBOX_RUN_H

#include "json.h"

struct sandbox_run;

/* NULL when SANDBOX is not set. Aborts the test when it does not start. `args` are added to the
 * command line, NULL-terminated; may be NULL. */
struct sandbox_run *sandbox_start(const char *const *args);
void sandbox_stop(struct sandbox_run *s);
/* "http://127.0.0.1:PORT" */
const char *sandbox_url(const struct sandbox_run *s);
/* POST (body NULL: GET) to /_control<path>; the answer, in `a`. Aborts the test unless it is 200.
 */
const json *sandbox_control(
        struct sandbox_run *s, struct arena *a, const char *path, const char *body);

#endif
