/*
 * crash.h - where the crash tests kill the bot.
 *
 * With -DHEAL_CRASH_POINTS (test builds only) a thread says what it is about to do, and the program
 * sends SIGKILL to itself when a point of CRASH_AT is reached. Otherwise all of it is nothing.
 *
 *	CRASH_AT    "point:n", the n-th time the point is reached anywhere, or "point:place:n";
 *	                 several are separated by newlines, the first one reached kills
 *	CRASH_LIST  file: each reached "point:place:n" is appended (n up to 3), and at the end
 *	                 "killed point:place:n"
 *
 *	CRASH_HASTE      pauses that only spare a peer are so many times shorter (1)
 *
 * A place is "workflow.step" ("envelope!failed.tell"), "workflow" between steps, or "inbox.kind";
 * within a call, " METHOD word" of the request follows. Digits of steps and words are written as #,
 * so that places do not depend on ids.
 *
 *	after-claim    claimed, not yet entered
 *	before-body    the attempt is stored, the body not yet called
 *	before-call    the body (or whoever) is about to send a request
 *	during-reply   the peer has acted, the first line of its answer has arrived
 *	after-effect   the body returned, after having called a peer; its result is nowhere but in
 *	               memory
 *	after-body     the same for a body that called nobody
 *	before-commit  the same for a step without a body: spawn, wait, join
 *	after-commit   a step's result is stored
 *	before-park    the run will come back later, that is not stored
 *	after-park     that is stored
 *	before-end     the workflow returned, its end is not stored
 *	after-end      its end is stored
 *	before-inbox   an envelope has arrived, it is not stored
 *	after-inbox    it is stored and not acknowledged
 *	after-ack      it is acknowledged
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#include <stdint.h>

#ifdef HEAL_CRASH_POINTS
/* What this thread executes from now on; step NULL = between steps, both NULL = nothing. */
void crash_place(const char *workflow, const char *step);
void crash_point(const char *point);
/* A point of an HTTP request; also counts it for crash_called. */
void crash_point_call(const char *point, const char *method, const char *url);
/* Did this thread reach a point of a request since crash_place? (to name the point that follows) */
int crash_called(void);
/* Appends "what run-<run>.<step>" to the file that CRASH_MARKS names: what the engine takes for
 * stored at the moment when it begins to rely on it (the tests of power loss). "begin": an attempt,
 * its body is about to be called; "done": a result. */
void crash_mark(const char *what, int64_t run, const char *step);
double crash_haste(void);
#else
#define crash_place(workflow, step)          ((void)(workflow), (void)(step))
#define crash_point(point)                   ((void)0)
#define crash_point_call(point, method, url) ((void)0)
#define crash_called()                       0
#define crash_mark(what, run, step)          ((void)0)
#define crash_haste()                        1.0
#endif

#endif
