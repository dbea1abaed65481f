/* slack_message.c - messages, threads and reactions. */
#include <stdio.h>
#include <stdlib.h>

#include "slack_i.h"

void model_free_msg(struct msg *m)
{
	arena_free(m->a);
	arena_free(m->reactions_a);
	free(m);
}

/* ---- messages ------------------------------------------------------------------------------- */

void model_ts(struct slack *s, char ts[32])
{
	int64_t us = sb_now_ms(s->sb) * 1000;
	if (us <= s->last_us)
		us = s->last_us + 1;
	s->last_us = us;
	snprintf(ts, 32, "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
}

static const char *random_id(struct slack *s, struct arena *a)
{
	uint64_t n = (uint64_t)++s->seq;
	return arena_printf(
	        a, "%.5s", str_hash_hex(a, arena_printf(a, "b%llu", (unsigned long long)n)));
}

static bool wants_action_id(const char *type)
{
	return strstr(type, "select") || strstr(type, "button") || strstr(type, "input") ||
	       strstr(type, "picker") || str_eq(type, "overflow") || str_eq(type, "checkboxes");
}

static void name_element(struct slack *s, struct arena *a, json *e)
{
	if (wants_action_id(json_str(e, ".type", "")) && !json_has(e, ".action_id"))
		json_set_str(e, "action_id", random_id(s, a));
}

/* Slack answers with the blocks it keeps: each has an id, each control an action id. */
json *model_blocks(struct slack *s, struct arena *a, const json *blocks)
{
	json *out = json_arr(a);
	json_each (b, blocks) {
		json *copy = json_add_obj(out);
		json_each (it, b) {
			if (!str_eq(json_key(it), "elements") ||
			        str_eq(json_str(b, ".type", ""), "rich_text")) {
				json_set(copy, json_key(it), it);
				continue;
			}
			json *elements = json_set_arr(copy, "elements");
			json_each (e, it) {
				json *named = json_copy(a, e);
				name_element(s, a, named);
				json_add(elements, named);
			}
		}
		static const char *const single[] = {"accessory", "element"};
		for (size_t i = 0; i < 2; i++) {
			const json *e = json_get(b, i ? ".element" : ".accessory");
			if (!json_is_obj(e))
				continue;
			json *named = json_copy(a, e);
			name_element(s, a, named);
			json_set(copy, single[i], named);
		}
		if (!json_has(copy, ".block_id"))
			json_set_str(copy, "block_id", random_id(s, a));
	}
	return out;
}

static void set_content(struct slack *s, struct msg *m, const json *body)
{
	static const char *const kept[] = {"files", "attachments", "subtype", "bot_profile"};
	json_set_str(m->o, "text", json_str(body, ".text", ""));
	if (json_len(json_get(body, ".blocks")))
		json_set(m->o, "blocks", model_blocks(s, m->a, json_get(body, ".blocks")));
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		const json *v = json_get(body, arena_printf(m->a, ".%s", kept[i]));
		if (v)
			json_set(m->o, kept[i], v);
	}
}

static void set_head(struct msg *m)
{
	json_set_str(m->o, "type", "message");
	json_set_str(m->o, "user", m->user);
	if (m->ours) {
		json_set_str(m->o, "bot_id", SLACK_BOT_ID);
		json_set_str(m->o, "app_id", SLACK_APP);
	}
	json_set_str(m->o, "ts", m->ts);
	if (*m->thread_ts)
		json_set_str(m->o, "thread_ts", m->thread_ts);
	json_set_str(m->o, "team", SLACK_TEAM);
	if (m->broadcast)
		json_set_str(m->o, "subtype", "thread_broadcast");
}

struct msg *model_post(struct slack *s, const struct new_msg *n)
{
	struct msg *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	m->channel = n->channel;
	m->a = arena_new(0);
	m->o = json_obj(m->a);
	m->ours = n->ours;
	m->broadcast = n->broadcast;
	m->user = arena_strdup(s->a, n->user);
	m->for_user = arena_strdup(s->a, n->for_user);
	model_ts(s, m->ts);
	if (n->thread_ts)
		snprintf(m->thread_ts, sizeof m->thread_ts, "%s", n->thread_ts);
	set_head(m);
	set_content(s, m, n->body);
	model_set_metadata(m, n->metadata);
	*n->channel->end = m;
	n->channel->end = &m->next;
	slack_changed(s);
	return m;
}

struct msg *model_any_msg(struct channel *c, const char *ts)
{
	for (struct msg *m = c->first; m && ts; m = m->next)
		if (strcmp(m->ts, ts) == 0)
			return m;
	return NULL;
}

struct msg *model_msg(struct channel *c, const char *ts)
{
	struct msg *m = model_any_msg(c, ts);
	return m && !m->for_user && !m->tombstone ? m : NULL;
}

/* Replaces text and blocks; the old tree goes with its arena. */
void model_edit(struct slack *s, struct msg *m, const json *body)
{
	struct arena *old = m->a;
	const json *files = json_get(m->o, ".files");
	m->a = arena_new(0);
	json *o = json_obj(m->a);
	if (files)
		json_set(o, "files", files);
	m->o = o;
	m->metadata = m->metadata ? json_copy(m->a, m->metadata) : NULL;
	set_head(m);
	set_content(s, m, body);
	/* Edits with blocks carry no "edited" mark for people, but history shows it. */
	json *edited = json_set_obj(m->o, "edited");
	char ts[32];
	model_ts(s, ts);
	json_set_str(edited, "user", m->user);
	json_set_str(edited, "ts", ts);
	m->edits++;
	arena_free(old);
	slack_changed(s);
}

void model_set_metadata(struct msg *m, const json *metadata)
{
	if (metadata)
		m->metadata = json_len(metadata) ? json_copy(m->a, metadata) : NULL;
}

static void unlink_msg(struct msg *m)
{
	struct msg **p = &m->channel->first;
	while (*p != m)
		p = &(*p)->next;
	*p = m->next;
	if (m->channel->end == &m->next)
		m->channel->end = p;
	model_free_msg(m);
}

size_t model_replies(const struct msg *root, const char **latest)
{
	size_t n = 0;
	for (const struct msg *m = root->channel->first; m; m = m->next)
		if (!m->for_user && m != root && strcmp(m->thread_ts, root->ts) == 0) {
			n++;
			if (latest)
				*latest = m->ts;
		}
	return n;
}

/* A root with replies leaves a tombstone, everything else goes without a trace. */
void model_delete(struct slack *s, struct msg *m)
{
	if (*m->thread_ts || m->for_user || !model_replies(m, NULL)) {
		unlink_msg(m);
	} else {
		m->tombstone = true;
		m->ours = false;
		m->user = "USLACKBOT";
		arena_free(m->reactions_a);
		m->reactions_a = NULL;
		m->reactions = NULL;
		json *body = json_obj(m->a);
		json_set_str(body, "text", "This message was deleted.");
		json_set_str(body, "subtype", "tombstone");
		m->metadata = NULL;
		model_edit(s, m, body);
	}
	slack_changed(s);
}

/* ---- reactions ------------------------------------------------------------------------------ */

static struct reaction *reaction_named(const struct msg *m, const char *name)
{
	for (struct reaction *r = m->reactions; r; r = r->next)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

static bool listed(const json *users, const char *user)
{
	json_each (it, users)
		if (str_eq(json_str(it, "", NULL), user))
			return true;
	return false;
}

bool model_react(struct slack *s, struct msg *m, const char *user, const char *name)
{
	struct reaction *r = reaction_named(m, name);
	if (r && listed(r->users, user))
		return false;
	if (!m->reactions_a)
		m->reactions_a = arena_new(0);
	if (!r) {
		struct reaction **end = &m->reactions;
		while (*end)
			end = &(*end)->next;
		*end = r = ARENA_NEW(m->reactions_a, struct reaction);
		r->name = arena_strdup(m->reactions_a, name);
		r->users = json_arr(m->reactions_a);
	}
	json_add_str(r->users, user);
	slack_changed(s);
	return true;
}

bool model_unreact(struct slack *s, struct msg *m, const char *user, const char *name)
{
	struct reaction *r = reaction_named(m, name);
	if (!r || !listed(r->users, user))
		return false;
	json *left = json_arr(m->reactions_a);
	json_each (it, r->users)
		if (!str_eq(json_str(it, "", NULL), user))
			json_add(left, it);
	r->users = left;
	if (!json_len(left)) {
		struct reaction **p = &m->reactions;
		while (*p != r)
			p = &(*p)->next;
		*p = r->next;
	}
	slack_changed(s);
	return true;
}

json *model_reactions_json(struct arena *a, const struct msg *m)
{
	json *out = json_arr(a);
	for (struct reaction *r = m->reactions; r; r = r->next) {
		json *o = json_add_obj(out);
		json_set_str(o, "name", r->name);
		json_set(o, "users", r->users);
		json_set_int(o, "count", (int64_t)json_len(r->users));
	}
	return out;
}

json *model_msg_json(struct slack *s, struct arena *a, const struct msg *m, bool all_metadata)
{
	(void)s;
	json *o = json_copy(a, m->o);
	const char *latest = NULL;
	size_t replies = *m->thread_ts ? 0 : model_replies(m, &latest);
	if (replies) {
		json_set_str(o, "thread_ts", m->ts);
		json_set_int(o, "reply_count", (int64_t)replies);
		json_set_str(o, "latest_reply", latest);
	}
	if (m->reactions)
		json_set(o, "reactions", model_reactions_json(a, m));
	if (m->metadata) {
		json *md = json_set_obj(o, "metadata");
		json_set_str(md, "event_type", json_str(m->metadata, ".event_type", ""));
		if (all_metadata)
			json_set(md, "event_payload", json_get(m->metadata, ".event_payload"));
	}
	return o;
}
