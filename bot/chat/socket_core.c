/*
 * socket_core.c - see socket_core.h. One row per event, one column per state of the attempt; "-" is
 * an event that says nothing in that state (a timer or a callback that came too late).
 */
#include "chat/socket_core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/backoff.h"

#define REFRESH_SHARE 0.9
#define SPREAD        0.2

struct step {
	struct socket_core *c;
	const struct socket_event *ev;
	struct socket_actions *out;
};

static struct socket_action *act(struct step *s, enum socket_action_kind kind)
{
	struct socket_action *a = &s->out->a[s->out->n++];

	assert(s->out->n <= SOCKET_MAX_ACTIONS);
	*a = (struct socket_action){.kind = kind};
	return a;
}

static void arm(struct step *s, enum socket_timer timer, int64_t ms)
{
	struct socket_action *a = act(s, ACTION_ARM);

	a->timer = timer;
	a->ms = ms;
}

static void cancel(struct step *s, enum socket_timer timer)
{
	act(s, ACTION_CANCEL)->timer = timer;
}

static void close_role(struct step *s, enum socket_role role)
{
	act(s, ACTION_CLOSE)->role = role;
	if (role == ROLE_CUR)
		s->c->cur = false;
	if (role == ROLE_OLD)
		s->c->old = false;
}

/* ---- waiting -------------------------------------------------------------------------------- */

static int64_t backoff(const struct step *s)
{
	const struct socket_limits *l = &s->c->limits;
	int64_t ms = l->first_ms;

	if (s->c->failures == 0)
		return backoff_full_ms(0, l->quick_ms, l->quick_ms, s->ev->random);
	for (unsigned i = 1; i < s->c->failures && ms < l->max_ms; i++)
		ms *= 2;
	return backoff_spread_ms(ms < l->max_ms ? ms : l->max_ms, SPREAD, s->ev->random);
}

static void wait_ms(struct step *s, int64_t ms)
{
	s->c->state = SOCKET_WAIT;
	arm(s, TIMER_RETRY, ms);
}

/* After a failure of the attempt. */
static void retry(struct step *s)
{
	s->c->failures++;
	wait_ms(s, backoff(s));
}

/* CUR ends or is about to: how it lived decides how fast the next may come. */
static void replace(struct step *s)
{
	bool healthy = s->ev->now_ms - s->c->cur_since_ms >= s->c->limits.stable_ms;
	int64_t ms;

	if (healthy)
		s->c->failures = 0;
	ms = backoff(s);
	if (!healthy)
		s->c->failures++;
	wait_ms(s, ms);
}

/* Slack wants CUR replaced. */
static void refresh(struct step *s)
{
	const struct socket_limits *l = &s->c->limits;
	int64_t lived = s->ev->now_ms - s->c->cur_since_ms;

	if (lived >= l->calm_ms && lived < l->stable_ms)
		wait_ms(s, backoff_full_ms(0, l->quick_ms, l->quick_ms, s->ev->random));
	else
		replace(s);
}

static void slow_down(struct step *s)
{
	s->c->slow = true;
	wait_ms(s, backoff_spread_ms(s->c->limits.slow_ms, SPREAD, s->ev->random));
}

/* ---- cells ---------------------------------------------------------------------------------- */

static void ask(struct step *s)
{
	s->c->state = SOCKET_ASK;
	act(s, ACTION_ASK);
}

static void dial(struct step *s)
{
	if (s->c->old) { /* two at most */
		close_role(s, ROLE_OLD);
		cancel(s, TIMER_DRAIN);
	}
	s->c->state = SOCKET_DIAL;
	act(s, ACTION_DIAL);
}

static void url_failed(struct step *s)
{
	int64_t least = s->ev->ms;

	s->c->failures++;
	if (least > 0)
		least = (int64_t)((double)least * (1 + SPREAD * s->ev->random / UINT32_MAX));
	wait_ms(s, least > backoff(s) ? least : backoff(s));
}

static void greet(struct step *s)
{
	s->c->state = SOCKET_GREET;
	arm(s, TIMER_STAGE, s->c->limits.hello_ms);
}

static void promote(struct step *s)
{
	struct socket_core *c = s->c;
	bool was_down = !c->cur;

	cancel(s, TIMER_STAGE);
	act(s, ACTION_PROMOTE);
	c->old = c->cur;
	c->cur = true;
	c->slow = false;
	c->cur_since_ms = s->ev->now_ms;
	c->state = SOCKET_NONE;
	if (c->old)
		arm(s, TIMER_DRAIN, c->limits.drain_ms);
	if (s->ev->ms > 0)
		arm(s, TIMER_REFRESH, (int64_t)((double)s->ev->ms * REFRESH_SHARE));
	else
		cancel(s, TIMER_REFRESH);
	if (was_down)
		act(s, ACTION_UP);
}

static void drop_next(struct step *s)
{
	cancel(s, TIMER_STAGE);
	close_role(s, ROLE_NEXT);
	retry(s);
}

static void next_gone(struct step *s)
{
	cancel(s, TIMER_STAGE);
	retry(s);
}

static void make_room(struct step *s)
{
	int64_t ms;

	if (s->c->old) {
		close_role(s, ROLE_OLD);
		cancel(s, TIMER_DRAIN);
	}
	s->c->failures++;
	ms = backoff(s);
	wait_ms(s, ms > s->c->limits.crowd_ms ? ms : s->c->limits.crowd_ms);
}

static void crowd_next(struct step *s)
{
	cancel(s, TIMER_STAGE);
	close_role(s, ROLE_NEXT);
	make_room(s);
}

static void disabled(struct step *s)
{
	if (s->c->state == SOCKET_DIAL || s->c->state == SOCKET_GREET) {
		cancel(s, TIMER_STAGE);
		close_role(s, ROLE_NEXT);
	}
	cancel(s, TIMER_REFRESH);
	slow_down(s);
}

static void lost_cur(struct step *s)
{
	s->c->cur = false;
	cancel(s, TIMER_REFRESH);
	act(s, ACTION_DOWN);
}

static void cur_gone_idle(struct step *s)
{
	lost_cur(s);
	replace(s);
}

/* An attempt is due already. A quick one may come at once; one that waits for a reason stays. */
static void cur_gone_trying(struct step *s)
{
	lost_cur(s);
}

static void forget_old(struct step *s)
{
	s->c->old = false;
	cancel(s, TIMER_DRAIN);
}

static void drained(struct step *s)
{
	if (s->c->old)
		close_role(s, ROLE_OLD);
}

static void stop(struct step *s)
{
	for (int t = 0; t < SOCKET_TIMERS; t++)
		cancel(s, (enum socket_timer)t);
	if (s->c->state == SOCKET_DIAL || s->c->state == SOCKET_GREET)
		close_role(s, ROLE_NEXT);
	if (s->c->old)
		close_role(s, ROLE_OLD);
	if (s->c->cur)
		close_role(s, ROLE_CUR);
	s->c->state = SOCKET_END;
}

/* ---- the table ------------------------------------------------------------------------------ */

typedef void (*cell)(struct step *s);

#define _ NULL
static const cell table[SOCKET_EVENTS][SOCKET_STATES] = {
        /* clang-format off */
	/*                        NONE           WAIT             ASK              DIAL             GREET            END */
	[EVENT_START]       = {ask,           _,               _,               _,               _,               _},
	[EVENT_RETRY]       = {_,             ask,             _,               _,               _,               _},
	[EVENT_URL]         = {_,             _,               dial,            _,               _,               _},
	[EVENT_URL_FAILED]  = {_,             _,               url_failed,      _,               _,               _},
	[EVENT_URL_DENIED]  = {_,             _,               slow_down,       _,               _,               _},
	[EVENT_UP]          = {_,             _,               _,               greet,           _,               _},
	[EVENT_HELLO]       = {_,             _,               _,               promote,         promote,         _},
	[EVENT_STAGE]       = {_,             _,               _,               _,               drop_next,       _},
	[EVENT_CROWD]       = {make_room,     make_room,       _,               crowd_next,      crowd_next,      _},
	[EVENT_DISABLED]    = {disabled,      disabled,        disabled,        disabled,        disabled,        _},
	[EVENT_REFRESH]     = {refresh,       _,               _,               _,               _,               _},
	[EVENT_NEXT_LEAVES] = {_,             _,               _,               drop_next,       drop_next,       _},
	[EVENT_NEXT_GONE]   = {_,             _,               _,               next_gone,       next_gone,       _},
	[EVENT_CUR_GONE]    = {cur_gone_idle, cur_gone_trying, cur_gone_trying, cur_gone_trying, cur_gone_trying, _},
	[EVENT_OLD_GONE]    = {forget_old,    forget_old,      forget_old,      forget_old,      forget_old,      _},
	[EVENT_DRAINED]     = {drained,       drained,         drained,         drained,         drained,         _},
	[EVENT_STOP]        = {stop,          stop,            stop,            stop,            stop,            _},
        /* clang-format on */
};
#undef _

void socket_core_init(struct socket_core *c, const struct socket_limits *limits)
{
	*c = (struct socket_core){.limits = *limits, .state = SOCKET_NONE};
}

void socket_core_step(
        struct socket_core *c, const struct socket_event *ev, struct socket_actions *out)
{
	struct step s = {c, ev, out};
	cell fn = table[ev->kind][c->state];

	out->n = 0;
	if (fn)
		fn(&s);
}

const char *socket_state_name(enum socket_state s)
{
	switch (s) {
	case SOCKET_NONE:
		return "connected";
	case SOCKET_WAIT:
		return "waiting";
	case SOCKET_ASK:
		return "asking for an address";
	case SOCKET_DIAL:
		return "connecting";
	case SOCKET_GREET:
		return "waiting for hello";
	case SOCKET_END:
		return "closed";
	}
	abort();
}
