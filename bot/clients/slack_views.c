/*
 * slack_views.c - modals, the Home tab, reactions.
 */
#include <string.h>

#include "clients/slack_private.h"
#include "str.h"

static bool view_call(struct slack *s, struct arena *a, const char *method, const json *args,
        struct slack_view *out, struct err *e)
{
	const json *j = slack_call(s, a, method, args, NULL, e);
	if (j && out) {
		out->id = json_str(j, ".view.id", "");
		out->hash = json_str(j, ".view.hash", "");
	}
	return j;
}

bool slack_view_open(struct slack *s, struct arena *a, const char *trigger_id, const json *view,
        struct slack_view *out, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "trigger_id", trigger_id);
	json_set(o, "view", view);
	if (view_call(s, a, "views.open", o, out, e))
		return true;
	/* Only we have this trigger: it was used before the answer got lost, or before a crash. */
	if (str_eq(s->error, "exchanged_trigger_id"))
		return true;
	/* A trigger is good for one use within 3 s: no failure of this call heals. */
	if (e) {
		e->retryable = false;
		e->ambiguous = false;
	}
	return false;
}

bool slack_view_update(struct slack *s, struct arena *a, const char *view_id, const char *hash,
        const json *view, struct slack_view *out, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "view_id", view_id);
	if (hash)
		json_set_str(o, "hash", hash);
	json_set(o, "view", view);
	return view_call(s, a, "views.update", o, out, e);
}

bool slack_view_publish(struct slack *s, struct arena *a, const char *user, const char *hash,
        const json *view, struct slack_view *out, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "user_id", user);
	if (hash)
		json_set_str(o, "hash", hash);
	json_set(o, "view", view);
	return view_call(s, a, "views.publish", o, out, e);
}

/* --- reactions --- */

static bool react(struct slack *s, struct arena *a, const char *method, const json *args,
        const char *fine, struct err *e)
{
	struct err why = {0};
	if (slack_call(s, a, method, args, NULL, &why) || str_eq(s->error, fine))
		return true;
	if (e)
		*e = why;
	return false;
}

static json *reaction_args(struct arena *a, const char *channel, const char *ts, const char *emoji)
{
	json *o = json_obj(a);
	json_set_str(o, "channel", channel);
	json_set_str(o, "timestamp", ts);
	json_set_str(o, "name", emoji);
	return o;
}

bool slack_react(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const char *emoji, struct err *e)
{
	return react(
	        s, a, "reactions.add", reaction_args(a, channel, ts, emoji), "already_reacted", e);
}

bool slack_unreact(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const char *emoji, struct err *e)
{
	return react(
	        s, a, "reactions.remove", reaction_args(a, channel, ts, emoji), "no_reaction", e);
}

bool slack_reactions(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const json **out, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "channel", channel);
	json_set_str(o, "timestamp", ts);
	json_set_bool(o, "full", true); /* else the list of users may be cut */
	const json *j = slack_call(s, a, "reactions.get", o, NULL, e);
	if (!j)
		return false;
	*out = json_get(j, ".message.reactions");
	if (!json_is_arr(*out)) /* none: Slack leaves the member out */
		*out = json_arr(a);
	return true;
}
