/*
 * slack_click.c - buttons, menus and forms.
 *
 *   click, select {"ts":… | "view_id":… | "home":true | "modal":true, "action_id":…,
 *                  "block_id":… (if ambiguous), "value":"an option's value", "values":[…]}
 *   submit        {"view_id":… (default: the one on top), "values":{"block_id":"text" | […]}}
 *   close_view    {"view_id":…}
 *   shortcut      {"callback_id":…,"ts":…}           a message shortcut
 */
#include <stdio.h>

#include "slack_i.h"

static const char *person(struct slack *s, const json *arg)
{
	return model_user(s, json_str(arg, ".user", "U0ANA00001"))->id;
}

/* ---- finding the control -------------------------------------------------------------------- */

struct control {
	const json *element, *block;
};

static bool is_it(const json *e, const char *action_id)
{
	return str_eq(json_str(e, ".action_id", NULL), action_id);
}

static bool find_control(
        const json *blocks, const char *block_id, const char *action_id, struct control *out)
{
	json_each (b, blocks) {
		if (block_id && !str_eq(json_str(b, ".block_id", NULL), block_id))
			continue;
		const json *single[] = {json_get(b, ".accessory"), json_get(b, ".element")};
		out->block = b;
		for (size_t i = 0; i < 2; i++)
			if (single[i] && is_it(single[i], action_id)) {
				out->element = single[i];
				return true;
			}
		json_each (e, json_get(b, ".elements"))
			if (is_it(e, action_id)) {
				out->element = e;
				return true;
			}
	}
	return false;
}

static const json *option_in(const json *options, const char *value)
{
	json_each (o, options)
		if (str_eq(json_str(o, ".value", NULL), value))
			return o;
	return NULL;
}

static const json *option_of(const json *element, const char *value)
{
	const json *o = option_in(json_get(element, ".options"), value);
	json_each (g, json_get(element, ".option_groups"))
		if (!o)
			o = option_in(json_get(g, ".options"), value);
	return o;
}

/* ---- what a control says -------------------------------------------------------------------- */

static bool is_choice(const char *type)
{
	return str_eq(type, "static_select") || str_eq(type, "overflow") ||
	       str_eq(type, "radio_buttons");
}

static bool is_multi(const char *type)
{
	return str_eq(type, "checkboxes") || str_eq(type, "multi_static_select");
}

/* Sets value, selected_option … of an action or of a form field. NULL, or why it cannot be. */
static const char *set_value(json *o, const json *e, const json *value)
{
	const char *type = json_str(e, ".type", ""), *text = json_str(value, "", NULL);
	if (is_choice(type)) {
		const json *chosen = text ? option_of(e, text) : json_get(e, ".initial_option");
		if (text && !chosen)
			return "no such option";
		json_set(o, "selected_option", chosen);
	} else if (is_multi(type)) {
		json *all = json_set_arr(o, "selected_options");
		if (!value) {
			json_set(o, "selected_options", json_get(e, ".initial_options"));
			if (!json_has(e, ".initial_options"))
				json_set_arr(o, "selected_options");
			return NULL;
		}
		json_each (v, value) {
			const json *chosen = option_of(e, json_str(v, "", ""));
			if (!chosen)
				return "no such option";
			json_add(all, chosen);
		}
	} else if (str_eq(type, "button") || str_eq(type, "feedback_buttons")) {
		const char *v = text ? text : json_str(e, ".value", NULL);
		if (v)
			json_set_str(o, "value", v);
	} else if (str_eq(type, "users_select")) {
		json_set_str(o, "selected_user", text);
	} else {
		json_set_str(o, "value", text ? text : json_str(e, ".initial_value", NULL));
	}
	return NULL;
}

/* ---- clicks --------------------------------------------------------------------------------- */

struct place {
	struct channel *channel;
	struct msg *msg;
	struct view *view;
	const json *blocks;
};

static const char *find_place(struct slack *s, const json *arg, struct place *p)
{
	const char *user = person(s, arg), *ts = json_str(arg, ".ts", NULL);
	if (json_bool(arg, ".home", false))
		p->view = view_home(s, user);
	else if (json_bool(arg, ".modal", false))
		p->view = view_top(s, user);
	else if (json_str(arg, ".view_id", NULL))
		p->view = view_find(s, json_str(arg, ".view_id", NULL));
	if (p->view) {
		p->blocks = json_get(p->view->o, ".blocks");
		return NULL;
	}
	const char *id = json_str(arg, ".channel", SLACK_MAIN);
	p->channel = str_eq(id, "dm") ? model_dm(s, user) : model_channel(s, id);
	p->msg = ts ? model_any_msg(p->channel, ts) : NULL;
	if (!p->msg || (p->msg->for_user && !str_eq(p->msg->for_user, user)))
		return "no such message or view";
	p->blocks = json_get(p->msg->o, ".blocks");
	return NULL;
}

static void add_place(struct asker *k, json *payload, const struct place *p, const char *user)
{
	json *c = json_set_obj(payload, "container");
	if (p->view) {
		json_set_str(c, "type", "view");
		json_set_str(c, "view_id", p->view->id);
		json_set(payload, "view", p->view->o);
		return;
	}
	bool ephemeral = p->msg->for_user != NULL;
	json_set_str(c, "type", "message");
	json_set_str(c, "message_ts", p->msg->ts);
	json_set_str(c, "channel_id", p->channel->id);
	json_set_bool(c, "is_ephemeral", ephemeral);
	if (*p->msg->thread_ts)
		json_set_str(c, "thread_ts", p->msg->thread_ts);
	json *ch = json_set_obj(payload, "channel");
	json_set_str(ch, "id", p->channel->id);
	json_set_str(ch, "name", p->channel->im_user ? "directmessage" : p->channel->name);
	if (!ephemeral)
		json_set(payload, "message", model_msg_json(k->s, k->a, p->msg, false));
	const char *url = hook_new(k->s, user, p->channel, p->msg);
	k->hook = hook_by_url(k->s, url);
	json_set_str(payload, "response_url", url);
}

static void click_done(void *arg, const struct ack *ack)
{
	struct asker *k = arg;
	asker_shown(k, ack);
	if (ack->trouble)
		json_set_str(k->out, "shown", "a warning sign: this app did not respond");
	if (ack->payload && k->hook) {
		const char *error = hook_apply(k->s, k->hook, k->a, ack->payload);
		if (error)
			json_set_str(k->out, "error", error);
	}
	asker_send(k);
}

const char *click_control(struct asker *k, const json *arg)
{
	struct slack *s = k->s;
	struct place p = {0};
	struct control c = {0};
	const char *user = person(s, arg);
	const char *wrong = find_place(s, arg, &p);
	if (wrong)
		return wrong;
	if (!find_control(p.blocks, json_str(arg, ".block_id", NULL),
	            json_str(arg, ".action_id", NULL), &c))
		return "no such control";
	json *payload = person_payload(s, k->a, "block_actions", user);
	add_place(k, payload, &p, user);
	json_set_str(payload, "trigger_id", trigger_new(s, user, p.view ? p.view->id : NULL));
	json *action = json_add_obj(json_set_arr(payload, "actions"));
	char ts[32];
	model_ts(s, ts);
	json_set_str(action, "action_id", json_str(c.element, ".action_id", ""));
	json_set_str(action, "block_id", json_str(c.block, ".block_id", ""));
	json_set_str(action, "type", json_str(c.element, ".type", ""));
	json_set_str(action, "action_ts", ts);
	if (json_has(c.element, ".text"))
		json_set(action, "text", json_get(c.element, ".text"));
	const json *values = json_get(arg, ".values");
	wrong = set_value(action, c.element, values ? values : json_get(arg, ".value"));
	if (wrong)
		return wrong;
	struct envelope_spec spec = {
	        .type = "interactive", .payload = payload, .done = click_done, .arg = k};
	envelope_send(s, &spec);
	return NULL;
}

/* ---- forms ---------------------------------------------------------------------------------- */

static bool is_empty(const json *field, const json *e)
{
	const char *type = json_str(e, ".type", "");
	if (is_choice(type))
		return !json_has(field, ".selected_option");
	if (is_multi(type))
		return !json_len(json_get(field, ".selected_options"));
	if (str_eq(type, "users_select"))
		return !json_has(field, ".selected_user");
	return !*json_str(field, ".value", "");
}

/* What the client checks before it sends anything. */
static const char *client_refuses(const json *block, const json *field)
{
	const json *e = json_get(block, ".element");
	size_t n = blockkit_units(json_str(field, ".value", ""));
	if (is_empty(field, e))
		return json_bool(block, ".optional", false)
		               ? NULL
		               : "Please complete this required field.";
	if ((int64_t)n > json_int(e, ".max_length", 3000))
		return "Your entry is too long.";
	if ((int64_t)n < json_int(e, ".min_length", 0))
		return "Your entry is too short.";
	return NULL;
}

/* Fills state.values; refusals go to `errors`. */
static const char *fill_form(
        struct asker *k, const json *blocks, const json *values, json *state, json *errors)
{
	json_each (b, blocks) {
		const json *e = json_get(b, ".element");
		if (!str_eq(json_str(b, ".type", ""), "input"))
			continue;
		const char *id = json_str(b, ".block_id", "");
		const json *given = NULL;
		json_each (v, values)
			if (str_eq(json_key(v), id))
				given = v;
		if (json_is_obj(given)) /* {"action_id": value} */
			given = json_first(given);
		json *field = json_set_obj(json_set_obj(state, id), json_str(e, ".action_id", ""));
		json_set_str(field, "type", json_str(e, ".type", ""));
		const char *wrong = set_value(field, e, given);
		if (wrong)
			return arena_printf(k->a, "%s: %s", id, wrong);
		const char *refusal = client_refuses(b, field);
		if (refusal)
			json_set_str(errors, id, refusal);
	}
	return NULL;
}

static struct view *form_of(struct slack *s, const json *arg)
{
	const char *id = json_str(arg, ".view_id", NULL);
	return id ? view_find(s, id) : view_top(s, person(s, arg));
}

static void answer_form(struct asker *k, struct view *v, const json *p)
{
	const char *action = json_str(p, ".response_action", "");
	const json *next = json_get(p, ".view");
	if (str_eq(action, "errors")) {
		json_set(k->out, "errors", json_get(p, ".errors"));
	} else if (str_eq(action, "update")) {
		view_replace(k->s, v, next);
	} else if (str_eq(action, "push")) {
		view_add(k->s, v->user, next, v->id);
	} else if (str_eq(action, "clear")) {
		view_close_all(k->s, v->user);
	} else {
		view_close(k->s, v);
	}
}

static void submit_done(void *arg, const struct ack *ack)
{
	struct asker *k = arg;
	struct view *v = view_find(k->s, k->view);
	asker_shown(k, ack);
	if (ack->trouble)
		json_set_str(k->out, "shown", "We had some trouble connecting. Try again?");
	else if (v)
		answer_form(k, v, ack->payload);
	asker_send(k);
}

const char *submit_control(struct asker *k, const json *arg)
{
	struct slack *s = k->s;
	struct view *v = form_of(s, arg);
	if (!v || v->home)
		return "no modal is open";
	json *payload = person_payload(s, k->a, "view_submission", v->user);
	json *copy = json_copy(k->a, v->o), *errors = json_obj(k->a);
	json *values = json_set_obj(json_set_obj(copy, "state"), "values");
	const char *wrong =
	        fill_form(k, json_get(v->o, ".blocks"), json_get(arg, ".values"), values, errors);
	if (wrong)
		return wrong;
	if (json_len(errors)) {
		json_set_bool(k->out, "ok", false);
		json_set(k->out, "errors", errors);
		asker_send(k);
		return NULL;
	}
	json_set(payload, "view", copy);
	json_set_str(payload, "trigger_id", trigger_new(s, v->user, v->id));
	json_set_arr(payload, "response_urls");
	snprintf(k->view, sizeof k->view, "%s", v->id);
	struct envelope_spec spec = {.type = "interactive",
	        .payload = payload,
	        .accepts_payload = true,
	        .done = submit_done,
	        .arg = k};
	envelope_send(s, &spec);
	return NULL;
}

const char *close_view_control(struct asker *k, const json *arg)
{
	struct slack *s = k->s;
	struct view *v = form_of(s, arg);
	if (!v || v->home)
		return "no modal is open";
	bool tell = json_bool(v->o, ".notify_on_close", false);
	json *payload = person_payload(s, k->a, "view_closed", v->user);
	json_set(payload, "view", v->o);
	json_set_bool(payload, "is_cleared", false);
	view_close(s, v);
	if (!tell) {
		asker_send(k);
		return NULL;
	}
	struct envelope_spec spec = {
	        .type = "interactive", .payload = payload, .done = click_done, .arg = k};
	envelope_send(s, &spec);
	return NULL;
}

const char *shortcut_control(struct asker *k, const json *arg)
{
	struct slack *s = k->s;
	struct place p = {0};
	const char *user = person(s, arg), *wrong = find_place(s, arg, &p);
	if (wrong || !p.msg)
		return wrong ? wrong : "a message is needed";
	json *payload = person_payload(s, k->a, "message_action", user);
	char ts[32];
	model_ts(s, ts);
	add_place(k, payload, &p, user);
	json_set_str(payload, "callback_id", json_str(arg, ".callback_id", ""));
	json_set_str(payload, "message_ts", p.msg->ts);
	json_set_str(payload, "action_ts", ts);
	json_set_str(payload, "trigger_id", trigger_new(s, user, NULL));
	struct envelope_spec spec = {
	        .type = "interactive", .payload = payload, .done = click_done, .arg = k};
	envelope_send(s, &spec);
	return NULL;
}
