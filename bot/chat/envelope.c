/* envelope.c - see envelope.h. */
#include "chat/envelope.h"

#include <string.h>

#include "str.h"

#define MAX_ID     200 /* of an envelope_id; real ones are UUIDs */
#define MAX_REASON 64

/* ---- what it is ----------------------------------------------------------------------------- */

static enum envelope_reason reason_of(const char *text)
{
	static const struct {
		const char *text;
		enum envelope_reason reason;
	} known[] = {
	        {"warning", REASON_WARNING},
	        {"refresh_requested", REASON_REFRESH},
	        {"link_disabled", REASON_LINK_DISABLED},
	        {"too_many_websockets", REASON_TOO_MANY},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq(text, known[i].text))
			return known[i].reason;
	return REASON_OTHER;
}

static void read_control(struct arena *a, const json *j, struct envelope *out)
{
	const char *type = json_str(j, ".type", "");

	if (str_eq(type, "hello")) {
		int64_t s = json_int(j, ".debug_info.approximate_connection_time", 0);

		out->kind = ENVELOPE_HELLO;
		out->connections = (int)json_int(j, ".num_connections", 0);
		out->lifetime_ms = s > 0 && s < INT64_MAX / 1000 ? s * 1000 : 0;
	} else if (str_eq(type, "disconnect")) {
		const char *reason = json_str(j, ".reason", "");

		out->kind = ENVELOPE_DISCONNECT;
		out->reason = reason_of(reason);
		out->reason_text = str_clean(a, reason, strlen(reason), MAX_REASON);
	}
}

/* ---- the names by which a repetition is known ------------------------------------------------ */

struct keys {
	struct arena *a;
	struct envelope *env;
	size_t n;
};

/* Every part must be there; joined by a character that no id of Slack holds. */
static void add_key(
        struct keys *k, const char *kind, const char *p1, const char *p2, const char *p3)
{
	if (k->n == ENVELOPE_KEYS || !p1 || !*p1 || !p2 || !p3)
		return;
	k->env->keys[k->n++] = arena_printf(
	        k->a, "%s:%s%s%s%s%s", kind, p1, *p2 ? "|" : "", p2, *p3 ? "|" : "", p3);
}

static void key_of_action(struct keys *k, const json *p)
{
	const json *action = json_first(json_get(p, ".actions"));
	const char *where = json_str(p, ".container.message_ts", json_str(p, ".view.id", ""));
	const char *what = arena_printf(k->a, "%s|%s|%s", json_str(action, ".block_id", ""),
	        json_str(action, ".action_id", ""), json_str(action, ".action_ts", ""));

	if (*json_str(action, ".action_ts", ""))
		add_key(k, "action", json_str(p, ".user.id", NULL), where, what);
}

static void find_keys(struct arena *a, struct envelope *env)
{
	struct keys k = {a, env, 0};
	const json *p = env->payload;
	const char *type = json_str(p, ".type", "");

	add_key(&k, "env", env->id, "", "");
	if (env->is_event) {
		add_key(&k, "event", json_str(p, ".event_id", NULL), "", "");
	} else if (str_eq(type, "block_actions")) {
		key_of_action(&k, p);
	} else if (str_eq(type, "view_submission")) {
		add_key(&k, "view", json_str(p, ".view.id", NULL), json_str(p, ".view.hash", NULL),
		        "");
	} else {
		add_key(&k, "trigger", json_str(p, ".trigger_id", NULL), "", "");
	}
}

/* ---- reading -------------------------------------------------------------------------------- */

static void read_work(struct arena *a, const json *j, struct envelope *out)
{
	const char *type = json_str(j, ".type", "");

	out->kind = ENVELOPE_WORK;
	out->type = str_clean(a, type, strlen(type), MAX_REASON);
	out->accepts_payload = json_bool(j, ".accepts_response_payload", false);
	out->is_event = str_eq(type, "events_api");
	out->retry_attempt = (int)json_int(j, ".retry_attempt", 0);
	out->payload = json_get(j, ".payload");
	if (!json_is_obj(out->payload) && !json_is_arr(out->payload) && !json_is_str(out->payload))
		out->kind = ENVELOPE_UNREADABLE;
	else
		find_keys(a, out);
}

static bool usable_id(const char *id, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)id[i] <= 0x20 || (unsigned char)id[i] >= 0x7F || id[i] == '"' ||
		        id[i] == '\\')
			return false;
	return n > 0 && n <= MAX_ID;
}

/* Text that is no JSON may still say what to acknowledge. */
static void look_for_id(struct arena *a, const char *text, size_t n, struct envelope *out)
{
	static const char name[] = "\"envelope_id\"";
	const char *p = memmem(text, n, name, sizeof(name) - 1), *end = text + n, *quote;

	if (!p)
		return;
	p += sizeof(name) - 1;
	while (p < end && (*p == ' ' || *p == ':' || *p == '\t'))
		p++;
	if (p == end || *p++ != '"')
		return;
	quote = memchr(p, '"', (size_t)(end - p));
	if (!quote || !usable_id(p, (size_t)(quote - p)))
		return;
	out->id = arena_strndup(a, p, (size_t)(quote - p));
	out->kind = ENVELOPE_UNREADABLE;
}

void envelope_parse(struct arena *a, const char *text, size_t n, struct envelope *out)
{
	const json *j = json_parse(a, text, n, NULL);
	const char *id = json_str(j, ".envelope_id", NULL);

	*out = (struct envelope){.kind = ENVELOPE_NOISE, .type = "", .reason_text = ""};
	if (!j) {
		look_for_id(a, text, n, out);
	} else if (id && usable_id(id, strlen(id))) {
		out->id = id;
		read_work(a, j, out);
	} else {
		read_control(a, j, out);
	}
}

/* ---- writing -------------------------------------------------------------------------------- */

const char *envelope_ack(struct arena *a, const char *id, const json *payload, bool *cut)
{
	json *ack = json_obj(a);
	const char *text;

	if (cut)
		*cut = false;
	json_set_str(ack, "envelope_id", id);
	if (payload)
		json_set(ack, "payload", payload);
	text = json_print(a, ack);
	if (!payload || strlen(text) <= ENVELOPE_ACK_MAX)
		return text;
	if (cut)
		*cut = true;
	json_del(ack, "payload");
	return json_print(a, ack);
}

/* ---- what is stored ------------------------------------------------------------------------- */

struct copying {
	struct arena *a;
	const char *(*redact)(void *ctx, struct arena *a, const char *text);
	void *ctx;
};

/* Names and addresses, which a redactor might take for secrets or numbers of people, and without
 * which no handler can answer. What people write stands elsewhere. */
static bool is_name(const char *key)
{
	static const char *const whole[] = {"id", "ts", "type", "hash", "user", "channel", "team",
	        "command", "latest_reply", "reaction"};
	static const char *const ends[] = {"_id", "_ts", "_url", "_urls", "_type", "_metadata"};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (str_eq(key, whole[i]))
			return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_ends(key, ends[i]))
			return true;
	return false;
}

static void copy_into(const struct copying *c, json *to, const char *key, const json *from);

static void copy_children(const struct copying *c, json *to, const json *from, const char *key)
{
	json_each (it, from) {
		if (str_eq(json_key(it), "token") && json_is_str(it))
			continue; /* Slack's verification token: obsolete, and a secret */
		copy_into(c, to, json_key(it) ? json_key(it) : key, it);
	}
}

/* Members go under their key, elements of an array are judged by the array's. */
static void copy_into(const struct copying *c, json *to, const char *key, const json *from)
{
	bool member = json_is_obj(to);

	if (json_is_obj(from)) {
		copy_children(c, member ? json_set_obj(to, key) : json_add_obj(to), from, key);
	} else if (json_is_arr(from)) {
		copy_children(c, member ? json_set_arr(to, key) : json_add_arr(to), from, key);
	} else if (json_is_str(from) && c->redact && !is_name(key)) {
		const char *text = c->redact(c->ctx, c->a, json_str(from, "", ""));

		if (member)
			json_set_str(to, key, text);
		else
			json_add_str(to, text);
	} else if (member) {
		json_set(to, key, from);
	} else {
		json_add(to, from);
	}
}

const char *envelope_stored(struct arena *a, const struct envelope *env,
        const char *(*redact)(void *ctx, struct arena *a, const char *text), void *ctx)
{
	const struct copying c = {a, redact, ctx};
	json *o = json_obj(a);

	json_set_str(o, "type", env->type);
	copy_into(&c, o, "payload", env->payload);
	return json_print(a, o);
}
