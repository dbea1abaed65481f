/*
 * Reactions on the bot's own messages: a rating, an ack, a nap. Removal undoes; one rating per
 * person and diagnosis, the latest wins. Nothing is fixed or rolled back by an emoji.
 */
#include <string.h>

#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "slack.h"
#include "str.h"

static const struct meaning {
	const char *emoji; /* canonical */
	const char *vote;  /* NULL = not a rating */
	enum right right;
} meanings[] = {
        {"+1", "right", RIGHT_VIEWER},
        {"100", "right", RIGHT_VIEWER},
        {"-1", "wrong", RIGHT_VIEWER},
        {"shrug", "useless", RIGHT_VIEWER},
        {"eyes", NULL, RIGHT_RESPONDER},
        {"zzz", NULL, RIGHT_RESPONDER},
        {"white_check_mark", NULL, RIGHT_RESPONDER},
        {"no_entry_sign", NULL, RIGHT_RESPONDER},
};

/* Skin tones and aliases: "+1::skin-tone-3", "thumbsup", "man-shrugging". */
static const char *canonical(struct arena *a, const char *emoji)
{
	char *base = arena_strndup(a, emoji, strcspn(emoji, ":"));

	if (str_eq(base, "thumbsup"))
		return "+1";
	if (str_eq(base, "thumbsdown"))
		return "-1";
	if (str_eq(base, "man-shrugging") || str_eq(base, "woman-shrugging"))
		return "shrug";
	if (str_eq(base, "heavy_check_mark"))
		return "white_check_mark";
	return base;
}

static const struct meaning *meaning_of(const char *emoji)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (str_eq(meanings[i].emoji, emoji))
			return &meanings[i];
	return NULL;
}

/* --- ratings --- */

static bool has_vote(struct store *s, struct arena *a, int64_t incident, const char *target,
        int number, const char *user, const char *vote, struct err *e)
{
	struct vote_row *rows;
	size_t n;

	if (!vote_list(s, a, incident, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].user, user) && str_eq(rows[i].target, target) &&
		        rows[i].number == number)
			return str_eq(rows[i].vote, vote);
	return false;
}

static const json *vote_step(struct wf *w, const json *in, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct arena *a = wf_arena(w);
	int64_t incident = json_int(in, ".incident", 0);
	const char *target = json_str(in, ".target", "diagnosis");
	const char *user = json_str(in, ".user", ""), *vote = json_str(in, ".vote", NULL);
	bool fix = str_eq(target, "fix");
	struct err none = {0};
	struct fix_row *f = fix ? fix_get(s, a, incident, 0, &none) : NULL;
	struct diagnosis *d = fix ? NULL : diagnosis_get(s, a, incident, 0, &none);
	int number = f ? f->n : d ? d->version : 0;

	if (number == 0)
		return json_obj(a); /* nothing to rate yet */
	if (json_bool(in, ".removed", false)) {
		if (!has_vote(s, a, incident, target, number, user, vote, &none))
			return json_obj(a); /* a later, other vote stands */
		vote = NULL;
	}
	if (!vote_set(s,
	            &(struct vote){incident, target, number, user, vote, json_int(in, ".at", 0)},
	            e))
		return NULL;
	return json_obj(a);
}

static bool rate(struct wf *w, const struct call *c, const struct meaning *m, const char *slot,
        bool removed, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	bool fix = str_eq(slot, "pr");
	struct message *ask;
	struct button b = {.action = "hint", .text = "Tell me what it was…"};

	if (fix && str_eq(m->vote, "useless"))
		return true;
	json_set_int(in, "incident", c->incident);
	json_set_str(in, "target", fix ? "fix" : "diagnosis");
	json_set_str(in, "user", c->user);
	json_set_str(in, "vote", m->vote);
	json_set_bool(in, "removed", removed);
	json_set_int(in, "at", slack_ts_ms(json_str(c->payload, ".event_ts", "0")));
	if (!wf_step(w, "vote", vote_step, in, e))
		return false;
	if (removed || fix || !str_eq(m->vote, "wrong"))
		return true;
	b.value = arena_printf(wf_arena(w), "%lld", (long long)c->incident);
	ask = message_new(wf_arena(w), "What was it?");
	message_section(ask, KEEP_ALWAYS,
	        "Thanks. If you know better, one line makes the next one better.");
	message_button(ask, &b);
	return reply(w, c, "what", ask, e);
}

/* --- acts --- */

static bool act(struct wf *w, struct call *c, const char *emoji, bool removed, struct err *e)
{
	struct incident *inc = incident_get(wf_heal(w)->store, wf_arena(w), c->incident, e);
	struct incident_event ev = {.actor = c->user};
	struct message *m;
	struct button b = {.action = "cmd", .style = STYLE_DANGER};
	bool resolve = str_eq(emoji, "white_check_mark");

	if (!inc)
		return false;
	if (str_eq(emoji, "eyes")) {
		if (inc->severity == SEVERITY_CRIT && !removed)
			return reply_text(w, c, "no", e,
			        "A critical incident wants a button or `/heal ack %lld`, so that nobody "
			        "acknowledges it by accident.",
			        (long long)inc->id);
		ev.kind = removed ? INCIDENT_EV_UNACKED : INCIDENT_EV_ACKED;
		return change(w, "ack", inc->id, &ev, e);
	}
	if (str_eq(emoji, "zzz")) {
		ev.kind = removed ? INCIDENT_EV_UNSNOOZED : INCIDENT_EV_SNOOZED;
		ev.until_ms = removed ? 0 : wf_started_ms(w) + 4LL * 3600 * 1000;
		return change(w, "snooze", inc->id, &ev, e);
	}
	if (removed || incident_state_over(inc->state))
		return true;
	m = message_new(wf_arena(w), resolve ? "Resolve?" : "Not an issue?");
	message_section(m, KEEP_ALWAYS,
	        mrk(wf_arena(w),
	                resolve ? "Resolve INC-%s (%s)?" : "Dismiss INC-%s (%s) as not an issue?",
	                arena_printf(wf_arena(w), "%lld", (long long)inc->id), inc->headline));
	b.text = resolve ? "Resolve" : "Not an issue";
	b.value = arena_printf(
	        wf_arena(w), resolve ? "resolve %lld yes" : "ignore %lld", (long long)inc->id);
	message_button(m, &b);
	return reply(w, c, "confirm", m, e);
}

static bool react(struct wf *w, const struct call *given, bool removed, struct err *e)
{
	struct call c = *given;
	struct arena *a = wf_arena(w);
	const char *emoji = canonical(a, json_str(c.payload, ".reaction", ""));
	const struct meaning *m = meaning_of(emoji);
	const char *slot;
	enum right has;

	c.via = VIA_REACTION;
	c.channel = json_str(c.payload, ".item.channel", "");
	c.message_ts = json_str(c.payload, ".item.ts", "");
	if (!m || str_eq(c.user, person_self(wf_heal(w), wf_arena(w))))
		return true;
	if (!incident_of_message(
	            wf_heal(w)->store, a, c.channel, c.message_ts, &c.incident, &slot, e))
		return false;
	if (c.incident == 0)
		return true;
	if (m->right > RIGHT_VIEWER) {
		if (!right_of(w, c.user, &has, e))
			return false;
		if (has < m->right)
			return true;
	}
	if (m->vote)
		return str_eq(slot, "root") || str_eq(slot, "plan") || str_eq(slot, "pr")
		               ? rate(w, &c, m, slot, removed, e)
		               : true;
	return str_eq(slot, "root") ? act(w, &c, emoji, removed, e) : true;
}

static bool added(struct wf *w, const struct call *c, struct err *e)
{
	return react(w, c, false, e);
}

static bool removed(struct wf *w, const struct call *c, struct err *e)
{
	return react(w, c, true, e);
}

const struct event event_reaction_added = {.type = "reaction_added", .run = added};
const struct event event_reaction_removed = {.type = "reaction_removed", .run = removed};
