/*
 * SWEEP: sessions of this bot that are busy at the OpenCode server although no fix of ours is under
 * way: a bot that was killed between its abort and the answer, a store that was restored from a
 * backup. They cost money and hold the host; they are stopped. At every start, and each hour.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "log.h"
#include "opencode.h"
#include "str.h"

/* What tells this bot's sessions from those of another one at the same server. */
static const char *instance(struct wf *w, struct err *e)
{
	const json *known = memo_get(wf_heal(w)->store, wf_arena(w), "instance");
	json *made = json_obj(wf_arena(w));
	const char *id = json_str(known, ".id", NULL);

	if (id)
		return id;
	id = arena_printf(wf_arena(w), "%" PRIx64 "-%" PRIx64, (uint64_t)clock_now_ms(),
	        str_hash(&made, sizeof(made)));
	json_set_str(made, "id", id);
	return memo_set(wf_heal(w)->store, "instance", made, e) ? id : NULL;
}

/* Is the fix that this session belongs to under way? Unknown ones are of this bot and gone. */
static bool wanted(struct wf *w, const struct opencode_session *s)
{
	int64_t incident = json_int(s->metadata, ".incident", 0);
	struct err none = {0};
	struct fix_row *f = fix_get(wf_heal(w)->store, wf_arena(w), incident,
	        (int)json_int(s->metadata, ".fix", 0), &none);

	return f ? str_eq(f->state, "running") || str_eq(f->state, "queued") ||
	                       str_eq(f->state, "pr_open")
	         : none.code != ERR_NOT_FOUND;
}

static bool stop_one(struct wf *w, struct opencode *o, const struct opencode_session *s,
        int *stopped, struct err *e)
{
	struct opencode_view v;

	if (!opencode_look(o, wf_arena(w), s->id, &v, e))
		return false;
	if (!v.found || v.status == OPENCODE_IDLE)
		return true;
	log_warn("sweep", "session “%s” is busy without a fix: stopped", s->title);
	++*stopped;
	return opencode_abort(o, wf_arena(w), s->id, e);
}

static bool sweep_host(
        struct wf *w, struct opencode *o, const char *id, int *stopped, struct err *e)
{
	struct opencode_session *list;
	size_t n;

	if (!opencode_sessions(o, wf_arena(w), "heal:", &list, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(json_str(list[i].metadata, ".bot", ""), id) || wanted(w, &list[i]))
			continue;
		if (!stop_one(w, o, &list[i], stopped, e) || !wf_heartbeat(w, e))
			return false;
	}
	return true;
}

static const json *sweep_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	const char *id = instance(w, e);
	json *out = json_obj(wf_arena(w));
	int stopped = 0;

	(void)in;
	for (size_t i = 0; id && i < h->nhosts; i++)
		if (!sweep_host(w, h->hosts[i].client, id, &stopped, e))
			return NULL;
	json_set_int(out, "stopped", stopped);
	return id ? out : NULL;
}

/* A server that is away is no trouble of ours: the next sweep sees it. */
static bool sweep(struct wf *w, struct err *e)
{
	struct err away = {0};

	if (!wf_heal(w)->opencode || wf_step(w, "sweep", sweep_step, NULL, &away))
		return true;
	if (away.code != ERR_SUSPENDED && away.code != ERR_CANCELED)
		return true;
	*e = away;
	return false;
}

const struct workflow wf_sweep = {
        .name = "sweep",
        .version = 1,
        .run = sweep,
        .lane = WF_BACKGROUND,
};
