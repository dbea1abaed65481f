/*
 * crash.h - where the crash tests kill the bot.
 *
 * With -DHEAL_CRASH_POINTS (test builds only) flow_crash_point(p) sends SIGKILL to its own process
 *at the n-th time that point is reached, when HEAL_CRASH_AT is "p:n". Otherwise it is nothing.
 *
 *	before-body    the attempt is stored, the body not yet called
 *	after-body     the body returned, its result is nowhere but in memory
 *	after-commit   the result is stored
 *	before-end     the workflow returned, its end is not stored
 *	after-end      its end is stored
 *	after-claim    claimed, not yet entered
 */
#ifndef FLOW_CRASH_H
#define FLOW_CRASH_H

#ifdef HEAL_CRASH_POINTS
void flow_crash_point(const char *point);
#else
#define flow_crash_point(point) ((void)0)
#endif

#endif
