/*
 * PUBLISH: makes Slack look like the store. Every change of an incident starts this run in the same
 * transaction; it renders each message of the thread from stored state, posts what is missing
 * (looking first), edits what differs, and leaves the rest alone. One at a time per incident, runs
 * that wait are merged, so that twenty changes in a second are one edit.
 */
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "log.h"
#include "render.h"
#include "slack.h"
#include "str.h"

enum { FIX_EDIT_MS = 15000, NOTIFY_FRESH_MS = 30 * 60 * 1000, OUTAGE_MS = 10 * 60 * 1000 };

static const struct slot {
	const char *name;
	struct message *(*render)(const struct render *r);
} slots[] = {
        {"root", render_root},
        {"evidence", render_evidence},
        {"plan", render_plan},
        {"fix", render_fix},
        {"pr", render_pr},
        {"verify", render_verify},
        {"closing", render_closing},
};

static const char *name_of(void *ctx, struct arena *a, const char *user)
{
	return person_name(ctx, a, user);
}

/* Everything the thread is made of, as it is now. */
static bool load(struct wf *w, int64_t id, struct render *r, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct act_button *fits = ARENA_ARRAY(a, 3, struct act_button);
	struct vote_row *votes;
	struct err none = {0};

	memset(r, 0, sizeof(*r));
	r->a = a;
	r->settings = h->settings;
	r->now_ms = clock_now_ms();
	r->name = name_of;
	r->name_ctx = h;
	r->inc = incident_get(h->store, a, id, e);
	if (!r->inc || !vote_list(h->store, a, id, &votes, &r->nvotes, e))
		return false;
	r->votes = votes;
	/* a store that cannot be read now must not look like an incident without a plan */
	r->dx = diagnosis_get(h->store, a, id, 0, &none);
	if (r->dx || none.code == ERR_NOT_FOUND)
		r->fix = fix_get(h->store, a, id, 0, &none);
	if (r->fix || none.code == ERR_NOT_FOUND) {
		r->nfits = act_fits(h->settings, r->inc, r->dx, fits);
		r->fits = fits;
		return true;
	}
	*e = none;
	return false;
}

static const struct slot_row *row_of(const struct slot_row *rows, size_t n, const char *slot)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].slot, slot))
			return &rows[i];
	return NULL;
}

struct post {
	const char *slot;
	const struct message *m;
	bool broadcast;
};

static bool publish_later(struct wf *w, int64_t id, int64_t delay_ms, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_obj(a);
	struct wf_start st = {
	        .workflow = "publish",
	        .input = in,
	        .concurrency = arena_printf(a, "publish:%lld", (long long)id),
	        .coalesce = true,
	        .delay_ms = delay_ms,
	};

	json_set_int(in, "incident", id);
	return flow_start(wf_heal(w)->store, &st, NULL, e);
}

/* A person deleted the root, and with it the thread: all of it is posted anew, by the next run. */
static bool thread_gone(struct wf *w, const struct incident *inc, struct err *e)
{
	log_info("publish", "the thread of INC-%lld was deleted; posting it anew",
	        (long long)inc->id);
	return publish_later(w, inc->id, 0, e) && slot_forget(wf_heal(w)->store, inc->id, e);
}

static bool edit(struct wf *w, const struct incident *inc, const struct post *p,
        const struct slot_row *old, uint64_t hash, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct slot_row row = *old;

	if (!slack_update(h->slack, wf_arena(w), old->channel, old->ts, message_text(p->m),
	            message_blocks(p->m), e)) {
		if (e->code != ERR_NOT_FOUND)
			return false;
		if (str_eq(p->slot, "root"))
			return thread_gone(w, inc, e);
		row.ts = NULL; /* deleted by a person: post it anew */
		if (!slot_set(h->store, inc->id, &row, e))
			return false;
		return err_set(e, ERR_STATUS, true, "the message was deleted; posting anew");
	}
	row.hash = hash;
	row.updated_ms = clock_now_ms();
	return slot_set(h->store, inc->id, &row, e);
}

static bool post_new(struct wf *w, const struct incident *inc, const struct post *p, uint64_t hash,
        struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	bool root = str_eq(p->slot, "root");
	struct slack_message msg = {
	        .channel = inc->channel,
	        .thread_ts = root ? NULL : inc->root_ts,
	        .text = message_text(p->m),
	        .blocks = message_blocks(p->m),
	        .key = arena_printf(
	                a, "inc-%lld:%s:%d", (long long)inc->id, p->slot, root ? 0 : inc->reopened),
	        .broadcast = p->broadcast,
	};
	struct slack_posted posted;
	struct slot_row row = {.slot = p->slot};

	if (!slack_post_once(
	            h->slack, a, &msg, wf_maybe_done(w), wf_started_ms(w) - 60000, &posted, e)) {
		return e->code == ERR_CONFLICT && !root && thread_gone(w, inc, e);
	}
	if (posted.found)
		wf_found(w);
	row.ts = posted.ts;
	row.channel = posted.channel;
	row.hash = posted.found ? 0 : hash;
	row.posted_ms = row.updated_ms = clock_now_ms();
	if (!slot_set(h->store, inc->id, &row, e)) {
		e->ambiguous = true; /* it is posted: look before posting again */
		return false;
	}
	/* what was posted before a crash or a lost answer may say something older */
	return !posted.found || edit(w, inc, p, &row, hash, e);
}

/* The agent's progress changes every few seconds; people are shown it every 15 s. */
static bool too_soon(const struct render *r, const struct slot_row *old, const char *slot)
{
	return str_eq(slot, "fix") && r->fix && r->fix->ended_ms == 0 &&
	       r->now_ms - old->updated_ms < FIX_EDIT_MS && r->now_ms >= old->updated_ms;
}

static bool show(struct wf *w, const struct render *r, const struct post *p, struct err *e)
{
	struct arena *a = wf_arena(w);
	uint64_t hash = json_hash(a, message_json(p->m));
	const struct slot_row *old;
	struct slot_row *rows;
	size_t n;

	if (!slot_list(wf_heal(w)->store, a, r->inc->id, &rows, &n, e))
		return false;
	old = row_of(rows, n, p->slot);
	if (!old || !old->ts)
		return post_new(w, r->inc, p, hash, e);
	if (old->hash == hash)
		return true;
	if (too_soon(r, old, p->slot))
		return publish_later(w, r->inc->id, FIX_EDIT_MS, e);
	return edit(w, r->inc, p, old, hash, e);
}

static const json *slot_step(struct wf *w, const json *in, struct err *e)
{
	const struct slot *s = &slots[json_int(in, ".slot", 0)];
	struct post p = {.slot = s->name};
	struct render r;

	if (!load(w, json_int(in, ".incident", 0), &r, e))
		return NULL;
	if (s->render != render_root && !r.inc->root_ts)
		return json_obj(wf_arena(w)); /* it was deleted: the next run posts the thread */
	p.m = s->render(&r);
	if (p.m && !show(w, &r, &p, e))
		return NULL;
	return json_obj(wf_arena(w));
}

/* --- what deserves a new notification: it got worse, it is back --- */

static const json *note_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	int64_t row_id = json_int(in, ".row", 0);
	struct timeline_row *rows;
	struct render r;
	size_t n;

	if (!load(w, json_int(in, ".incident", 0), &r, e) ||
	        !incident_timeline(wf_heal(w)->store, a, r.inc->id, &rows, &n, e))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct post p = {.broadcast = true};

		if (rows[i].id != row_id)
			continue;
		p.slot = arena_printf(a, "note:%lld", (long long)row_id);
		p.m = render_note(&r, &rows[i]);
		if (p.m && !show(w, &r, &p, e))
			return NULL;
	}
	return json_obj(a);
}

/* "Cause not found" is told once, not with every new diagnosis of the same trouble. */
static bool told_before(const struct timeline_row *rows, size_t i)
{
	for (size_t k = i; str_eq(rows[i].kind, "inconclusive") && k > 0; k--) {
		if (str_eq(rows[k - 1].kind, "reopened"))
			return false;
		if (str_eq(rows[k - 1].kind, "inconclusive"))
			return true;
	}
	return false;
}

/* Rows that notify and were not shown: fresh ones only, and none while it is snoozed. */
static const json *notes_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct timeline_row *rows;
	struct slot_row *shown;
	struct render r;
	json *out = json_obj(a), *ids = json_set_arr(out, "rows");
	size_t n, nshown;

	if (!load(w, json_int(in, ".incident", 0), &r, e) ||
	        !incident_timeline(wf_heal(w)->store, a, r.inc->id, &rows, &n, e) ||
	        !slot_list(wf_heal(w)->store, a, r.inc->id, &shown, &nshown, e))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		char slot[40];

		snprintf(slot, sizeof(slot), "note:%lld", (long long)rows[i].id);
		if (r.now_ms - rows[i].ts_ms < NOTIFY_FRESH_MS && !row_of(shown, nshown, slot) &&
		        r.inc->snoozed_until_ms < r.now_ms && !told_before(rows, i) &&
		        render_note(&r, &rows[i]))
			json_add_num(ids, (double)rows[i].id);
	}
	return out;
}

static bool publish_notes(struct wf *w, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *found = wf_step(w, "notes", notes_step, wf_input(w), e);

	if (!found)
		return false;
	json_each (row, json_get(found, ".rows")) {
		json *in = json_copy(a, wf_input(w));

		json_set_num(in, "row", json_num(row, "", 0));
		if (!wf_step(w, arena_printf(a, "note:%lld", (long long)json_int(row, "", 0)),
		            note_step, in, e))
			return false;
	}
	return true;
}

/* --- what was done at Railway: a message for each, so that a proof stands beside its act --- */

static const json *act_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	int n = (int)json_int(in, ".act", 0);
	struct post p = {.slot = arena_printf(a, "act:%d", n)};
	struct act_row *act;
	struct render r;

	if (!load(w, json_int(in, ".incident", 0), &r, e))
		return NULL;
	r.act = act = act_get(wf_heal(w)->store, a, r.inc->id, n, e);
	if (!act)
		return NULL;
	p.m = render_act(&r);
	return show(w, &r, &p, e) ? json_obj(a) : NULL;
}

static const json *acts_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct err none = {0};
	struct act_row *last =
	        act_get(wf_heal(w)->store, a, json_int(in, ".incident", 0), 0, &none);
	json *out = json_obj(a);

	if (!last && none.code != ERR_NOT_FOUND) {
		*e = none;
		return NULL;
	}
	json_set_int(out, "n", last ? last->n : 0);
	return out;
}

static bool publish_acts(struct wf *w, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *found = wf_step(w, "acts", acts_step, wf_input(w), e);

	if (!found)
		return false;
	for (int64_t n = 1; n <= json_int(found, ".n", 0); n++) {
		json *in = json_copy(a, wf_input(w));

		json_set_int(in, "act", n);
		if (!wf_step(w, arena_printf(a, "act:%lld", (long long)n), act_step, in, e))
			return false;
	}
	return true;
}

/* A message that Slack does not take keeps no other one from being shown; without a root there is
 * no thread. */
static bool publish(struct wf *w, struct err *e)
{
	struct err refused = {0};

	for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++) {
		json *in = json_copy(wf_arena(w), wf_input(w));

		json_set_int(in, "slot", (int64_t)i);
		if (wf_step(w, slots[i].name, slot_step, in, e))
			continue;
		if (i == 0 || e->code == ERR_SUSPENDED || e->code == ERR_CANCELED)
			return false;
		refused = *e;
	}
	if (!publish_acts(w, e) || !publish_notes(w, e))
		return false;
	if (refused.code == ERR_NONE)
		return true;
	*e = refused;
	return false;
}

/* Slack is the only place to say it, and does not take it. What passes by itself (an outage) is
 * tried again, for as long as it lasts; what does not is in the log and `healbot runs --failed`,
 * and the next change of the incident tries anew. */
static const json *later_step(struct wf *w, const json *in, struct err *e)
{
	return publish_later(w, json_int(in, ".input.incident", 0), OUTAGE_MS, e)
	               ? json_obj(wf_arena(w))
	               : NULL;
}

static bool publish_failed(struct wf *w, struct err *e)
{
	enum err_code why = err_code_parse(json_str(wf_input(w), ".error.code", ""));
	bool passes = why == ERR_NET || why == ERR_TIMEOUT || why == ERR_STATUS ||
	              why == ERR_LIMITED || why == ERR_STORE;

	log_warn("publish", "the thread of INC-%lld is not up to date; %s",
	        (long long)json_int(wf_input(w), ".input.incident", 0),
	        passes ? "tried again in 10 min" : "the incident's next change tries anew");
	return !passes || wf_step(w, "later", later_step, wf_input(w), e) != NULL;
}

const struct workflow wf_publish = {
        .name = "publish",
        .version = 1,
        .run = publish,
        .lane = WF_INTERACTIVE,
        .on_failure = publish_failed,
};
