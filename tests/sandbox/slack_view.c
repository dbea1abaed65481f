/* slack_view.c - trigger ids, modals, the Home tab. */
#include <stdio.h>
#include <stdlib.h>

#include "slack_i.h"

#define STACK_MAX 3

/* ---- trigger ids ---------------------------------------------------------------------------- */

const char *trigger_new(struct slack *s, const char *user, const char *view)
{
	struct trigger *t = ARENA_NEW(s->a, struct trigger);
	int64_t n = ++s->seq;
	t->id = arena_printf(s->a, "%lld.%lld.%s", (long long)n, (long long)n * 7919,
	        str_hash_hex(s->a, arena_printf(s->a, "trigger%lld", (long long)n)));
	t->user = arena_strdup(s->a, user);
	t->view = arena_strdup(s->a, view);
	t->born_ms = sb_mono_ms(s->sb);
	t->next = s->triggers;
	s->triggers = t;
	return t->id;
}

static struct trigger *use_trigger(struct call *c, const char **error)
{
	const char *id = arg_str(c, "trigger_id");
	if (!id) {
		*error = missing(c, "trigger_id");
		return NULL;
	}
	struct trigger *t = c->s->triggers;
	while (t && strcmp(t->id, id) != 0)
		t = t->next;
	if (!t)
		*error = "invalid_trigger_id";
	else if (sb_mono_ms(c->s->sb) - t->born_ms > TRIGGER_LIFE_MS)
		*error = "expired_trigger_id";
	else if (t->used)
		*error = "exchanged_trigger_id";
	else
		return t;
	return NULL;
}

/* ---- views ---------------------------------------------------------------------------------- */

struct view *view_find(struct slack *s, const char *id)
{
	for (struct view *v = s->views; v; v = v->next)
		if (v->open && str_eq(v->id, id))
			return v;
	return NULL;
}

struct view *view_top(struct slack *s, const char *user)
{
	for (struct view *v = s->views; v; v = v->next) /* newest first */
		if (v->open && !v->home && str_eq(v->user, user))
			return v;
	return NULL;
}

struct view *view_home(struct slack *s, const char *user)
{
	for (struct view *v = s->views; v; v = v->next)
		if (v->home && str_eq(v->user, user))
			return v;
	return NULL;
}

void view_replace(struct slack *s, struct view *v, const json *view)
{
	static const char *const defaults[] = {"private_metadata", "callback_id", "external_id"};
	struct arena *old = v->a;
	v->a = arena_new(0);
	json *o = json_copy(v->a, view);
	snprintf(v->hash, sizeof v->hash, "%lld.%s", (long long)(sb_now_ms(s->sb) / 1000),
	        str_hash_hex(v->a, arena_printf(v->a, "view%lld", (long long)++s->seq)));
	for (size_t i = 0; i < 3; i++)
		if (!json_str(o, arena_printf(v->a, ".%s", defaults[i]), NULL))
			json_set_str(o, defaults[i], "");
	json_set_str(o, "id", v->id);
	json_set_str(o, "hash", v->hash);
	json_set_str(o, "team_id", SLACK_TEAM);
	json_set_str(o, "app_id", SLACK_APP);
	json_set_str(o, "bot_id", SLACK_BOT_ID);
	json_set_str(o, "app_installed_team_id", SLACK_TEAM);
	json_set_str(o, "root_view_id", v->below ? v->below : v->id);
	json_set_str(o, "previous_view_id", v->below);
	json_set(o, "blocks", model_blocks(s, v->a, json_get(view, ".blocks")));
	json *state = json_set_obj(o, "state");
	json_set_obj(state, "values");
	v->o = o;
	arena_free(old);
	slack_changed(s);
}

struct view *view_add(struct slack *s, const char *user, const json *view, const char *below)
{
	struct view *v = calloc(1, sizeof *v);
	if (!v)
		abort();
	v->user = arena_strdup(s->a, user);
	v->below = arena_strdup(s->a, below);
	v->home = str_eq(json_str(view, ".type", ""), "home");
	v->open = true;
	snprintf(v->id, sizeof v->id, "%s", slack_id(s, s->a, 'V'));
	v->next = s->views;
	s->views = v;
	view_replace(s, v, view);
	return v;
}

void view_close(struct slack *s, struct view *v)
{
	v->open = false;
	slack_changed(s);
}

void view_close_all(struct slack *s, const char *user)
{
	for (struct view *v = s->views; v; v = v->next)
		if (!v->home && str_eq(v->user, user))
			v->open = false;
	slack_changed(s);
}

void views_free(struct slack *s)
{
	while (s->views) {
		struct view *v = s->views;
		s->views = v->next;
		arena_free(v->a);
		free(v);
	}
}

/* ---- methods -------------------------------------------------------------------------------- */

static const json *checked_view(struct call *c, const char *want, const char **error)
{
	const json *view = arg_json(c, "view");
	if (!json_is_obj(view)) {
		*error = missing(c, "view");
		return NULL;
	}
	json *findings = blockkit_view(c->a, view);
	if (json_len(findings)) {
		messages_out(c, blockkit_lines(c->a, findings));
		slack_violation(c->s, "view refused: %s", json_print(c->a, findings));
		*error = str_eq(blockkit_error(findings), "view_too_large") ? "view_too_large"
		                                                            : "invalid_arguments";
		return NULL;
	}
	if (want && !str_eq(json_str(view, ".type", ""), want)) {
		*error = "invalid_arguments";
		return NULL;
	}
	return view;
}

static const char *external_id_taken(struct call *c, const json *view, const struct view *self)
{
	const char *ext = json_str(view, ".external_id", "");
	for (struct view *v = c->s->views; *ext && v; v = v->next)
		if (v != self && v->open && str_eq(json_str(v->o, ".external_id", ""), ext))
			return "duplicate_external_id";
	return NULL;
}

static void show(struct call *c, const struct view *v, const char *what)
{
	slack_effect(c->s, what, "view", v->id, "user", v->user, "callback_id",
	        json_str(v->o, ".callback_id", ""), NULL);
	json_set(c->out, "view", v->o);
}

static const char *open_or_push(struct call *c, bool push)
{
	const char *error = NULL;
	struct trigger *t = use_trigger(c, &error);
	if (!t)
		return error;
	const json *view = checked_view(c, "modal", &error);
	if (!view || (error = external_id_taken(c, view, NULL)))
		return error;
	struct view *below = view_top(c->s, t->user);
	size_t depth = 0;
	for (struct view *v = c->s->views; v; v = v->next)
		depth += v->open && !v->home && str_eq(v->user, t->user);
	if (push && depth >= STACK_MAX)
		return "push_limit_reached";
	t->used = true;
	if (!push)
		view_close_all(c->s, t->user);
	struct view *v = view_add(c->s, t->user, view, push && below ? below->id : NULL);
	show(c, v, push ? "view push" : "view open");
	return NULL;
}

static const char *view_open_method(struct call *c)
{
	return open_or_push(c, false);
}

static const char *view_push_method(struct call *c)
{
	return open_or_push(c, true);
}

static const char *check_hash(struct call *c, const struct view *v)
{
	const char *hash = arg_str(c, "hash");
	return hash && v && !str_eq(hash, v->hash) ? "hash_conflict" : NULL;
}

static const char *view_update_method(struct call *c)
{
	const char *error = NULL, *id = arg_str(c, "view_id"), *ext = arg_str(c, "external_id");
	struct view *v = view_find(c->s, id);
	for (struct view *x = c->s->views; !id && ext && x; x = x->next)
		if (x->open && str_eq(json_str(x->o, ".external_id", ""), ext))
			v = x;
	if (!id && !ext)
		return missing(c, "view_id");
	const json *view = checked_view(c, v && v->home ? "home" : "modal", &error);
	if (!view)
		return error;
	if (!v)
		return "not_found";
	if ((error = check_hash(c, v)) || (error = external_id_taken(c, view, v)))
		return error;
	view_replace(c->s, v, view);
	show(c, v, "view update");
	return NULL;
}

static const char *view_publish_method(struct call *c)
{
	const char *error = NULL, *user = arg_str(c, "user_id");
	if (!user)
		return missing(c, "user_id");
	if (!c->s->cfg.home_tab)
		return "not_enabled";
	if (!model_user(c->s, user))
		return "user_not_found";
	const json *view = checked_view(c, "home", &error);
	if (!view)
		return error;
	struct view *v = view_home(c->s, user);
	if ((error = check_hash(c, v)) || (error = external_id_taken(c, view, v)))
		return error;
	if (v)
		view_replace(c->s, v, view);
	else
		v = view_add(c->s, user, view, NULL);
	show(c, v, "view publish");
	return NULL;
}

const struct method slack_view_methods[] = {
        {"views.open", "", TOKEN_BOT, 4, BODY_JSON, view_open_method},
        {"views.push", "", TOKEN_BOT, 4, BODY_JSON, view_push_method},
        {"views.update", "", TOKEN_BOT, 4, BODY_JSON, view_update_method},
        {"views.publish", "", TOKEN_BOT, 4, BODY_JSON, view_publish_method},
        {0},
};
