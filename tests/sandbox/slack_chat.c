/* slack_chat.c - chat.postMessage, update, delete, postEphemeral, getPermalink. */
#include <stdio.h>

#include "slack_i.h"

#define TEXT_CUT    40000
#define UPDATE_TEXT 4000
#define METADATA    8000 /* a limit exists, its value is not published */

/* The arguments that make up a message, structured ones parsed. */
static json *message_args(struct call *c)
{
	static const char *const names[] = {
	        "text", "blocks", "attachments", "metadata", "markdown_text", "thread_ts", "ts"};
	json *m = json_obj(c->a);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const json *v = i == 1 || i == 2 || i == 3 ? arg_json(c, names[i]) : NULL;
		const char *s = v ? NULL : arg_str(c, names[i]);
		if (v)
			json_set(m, names[i], v);
		else if (s)
			json_set_str(m, names[i], s);
	}
	return m;
}

static const char *word_for(const json *finding)
{
	const char *code = json_str(finding, ".code", "");
	const char *pointer = json_str(finding, ".pointer", "");
	if (str_eq(code, "no_text") || str_eq(code, "markdown_text_conflict"))
		return code;
	if (str_starts(pointer, "/text") || str_starts(pointer, "/markdown_text"))
		return "msg_too_long";
	if (str_starts(pointer, "/metadata"))
		return "invalid_metadata_format";
	if (str_eq(pointer, "/thread_ts") || str_eq(pointer, "/ts"))
		return str_eq(pointer, "/ts") ? "message_not_found" : "invalid_thread_ts";
	return NULL;
}

const char *chat_check(struct call *c, const json *m)
{
	json *findings = blockkit_message(c->a, m);
	json_each (it, findings) {
		const char *word = word_for(it);
		if (word)
			return word;
	}
	if (json_has(m, ".metadata") &&
	        strlen(json_print(c->a, json_get(m, ".metadata"))) > METADATA)
		return "metadata_too_large";
	if (!json_len(findings))
		return NULL;
	messages_out(c, blockkit_lines(c->a, findings));
	slack_violation(c->s, "blocks refused: %s", json_print(c->a, findings));
	return json_is_arr(json_get(m, ".blocks")) ? blockkit_error(findings)
	                                           : "invalid_blocks_format";
}

/* What a bot may not do in this channel. */
static const char *may_post(struct call *c, const struct channel *ch)
{
	if (ch->archived)
		return "is_archived";
	if (ch->member || slack_word(c->s->cfg.scopes, "chat:write.public"))
		return NULL;
	return "not_in_channel";
}

static struct channel *post_channel(struct call *c, const char **error)
{
	const char *id = arg_str(c, "channel");
	if (id && (*id == 'U' || *id == 'W') && model_user(c->s, id))
		return model_dm(c->s, id);
	struct channel *ch = arg_channel(c, error);
	if (ch)
		*error = may_post(c, ch);
	return *error ? NULL : ch;
}

static json *content_of(struct call *c, const json *m)
{
	json *body = json_copy(c->a, m);
	const char *text = json_str(m, ".markdown_text", json_str(m, ".text", ""));
	if (strlen(text) > TEXT_CUT) {
		json_set_str(c->out, "warning", "message_truncated");
		struct str cut = str_new(c->a);
		str_add(&cut, text);
		str_cut(&cut, TEXT_CUT);
		text = cut.s;
	}
	json_set_str(body, "text", text);
	return body;
}

/* Finds where a reply goes. A thread whose root is gone: Slack posts into the channel and says
 * nothing (observed); a reply's own ts is no thread. */
static const char *find_thread(struct channel *ch, const char **thread_ts)
{
	if (!*thread_ts)
		return NULL;
	struct msg *root = model_any_msg(ch, *thread_ts);
	if (!root || root->tombstone)
		*thread_ts = NULL;
	else if (*root->thread_ts)
		return "cannot_reply_to_message";
	return NULL;
}

static const char *post_message(struct call *c)
{
	const char *error = NULL;
	struct channel *ch = post_channel(c, &error);
	if (!ch)
		return error;
	json *m = message_args(c);
	if ((error = chat_check(c, m)))
		return error;
	const char *thread_ts = json_str(m, ".thread_ts", NULL);
	if (thread_ts && !*thread_ts)
		thread_ts = NULL;
	if ((error = find_thread(ch, &thread_ts)))
		return error;
	struct msg *posted = model_post(
	        c->s, &(struct new_msg){.channel = ch,
	                      .user = SLACK_BOT,
	                      .thread_ts = thread_ts,
	                      .body = content_of(c, m),
	                      .metadata = json_get(m, ".metadata"),
	                      .ours = true,
	                      .broadcast = thread_ts && arg_bool(c, "reply_broadcast", false)});
	slack_effect(c->s, "post", "channel", ch->id, "ts", posted->ts, "thread_ts",
	        posted->thread_ts, "text", json_str(posted->o, ".text", ""), "key",
	        json_str(posted->metadata, ".event_payload.key", ""), NULL);
	json_set_str(c->out, "channel", ch->id);
	json_set_str(c->out, "ts", posted->ts);
	json_set(c->out, "message", model_msg_json(c->s, c->a, posted, true));
	event_message(c->s, posted);
	return NULL;
}

static const char *post_ephemeral(struct call *c)
{
	const char *error = NULL, *id = arg_str(c, "user");
	struct channel *ch = arg_channel(c, &error);
	if (!ch || (error = may_post(c, ch)))
		return error;
	if (!id)
		return missing(c, "user");
	struct user *u = model_user(c->s, id);
	if (!u || u->deleted || u->bot || (ch->im_user && !str_eq(ch->im_user, id)))
		return "user_not_in_channel";
	json *m = message_args(c);
	if ((error = chat_check(c, m)))
		return error;
	struct msg *posted = model_post(c->s, &(struct new_msg){.channel = ch,
	                                              .user = SLACK_BOT,
	                                              .for_user = id,
	                                              .thread_ts = arg_str(c, "thread_ts"),
	                                              .body = content_of(c, m),
	                                              .ours = true});
	slack_effect(c->s, "ephemeral", "channel", ch->id, "user", id, "text",
	        json_str(posted->o, ".text", ""), NULL);
	json_set_str(c->out, "message_ts", posted->ts);
	return NULL;
}

static bool has_rich_text(const json *blocks)
{
	json_each (b, blocks)
		if (str_eq(json_str(b, ".type", ""), "rich_text"))
			return true;
	return false;
}

static struct msg *own_message(struct call *c, const char *cannot, const char **error)
{
	struct channel *ch = arg_channel(c, error);
	if (!ch)
		return NULL;
	const char *ts = arg_str(c, "ts");
	struct msg *m = ts ? model_msg(ch, ts) : NULL;
	if (!ts)
		*error = missing(c, "ts");
	else if (!m)
		*error = "message_not_found";
	else if (!m->ours)
		*error = cannot;
	else
		return m;
	return NULL;
}

/* Text alone removes the blocks; without text and blocks both stay; metadata stays unless given. */
static json *edited_content(struct call *c, const struct msg *old, const json *m)
{
	json *body = json_obj(c->a);
	bool text = json_has(m, ".text"), blocks = json_has(m, ".blocks");
	json_set_str(body, "text",
	        text     ? json_str(m, ".text", "")
	        : blocks ? ""
	                 : json_str(old->o, ".text", ""));
	const json *kept = blocks ? json_get(m, ".blocks")
	                   : text ? NULL
	                          : json_get(old->o, ".blocks");
	if (kept)
		json_set(body, "blocks", kept);
	return body;
}

static const char *update(struct call *c)
{
	const char *error = NULL;
	struct msg *old = own_message(c, "cant_update_message", &error);
	if (!old)
		return error;
	json *m = message_args(c);
	if (blockkit_units(json_str(m, ".text", "")) > UPDATE_TEXT)
		return "msg_too_long";
	bool content = json_has(m, ".text") || json_has(m, ".blocks") || json_has(m, ".metadata");
	if (!content)
		return "no_text";
	if ((json_has(m, ".text") || json_has(m, ".blocks")) && (error = chat_check(c, m)))
		return error;
	if (has_rich_text(json_get(old->o, ".blocks")) && json_len(json_get(m, ".blocks")) &&
	        !has_rich_text(json_get(m, ".blocks")))
		return "block_mismatch";
	model_edit(c->s, old, edited_content(c, old, m));
	if (json_get(m, ".metadata"))
		model_set_metadata(old, json_get(m, ".metadata"));
	slack_effect(c->s, "update", "channel", old->channel->id, "ts", old->ts, "text",
	        json_str(old->o, ".text", ""), NULL);
	json_set_str(c->out, "channel", old->channel->id);
	json_set_str(c->out, "ts", old->ts);
	json_set_str(c->out, "text", json_str(old->o, ".text", ""));
	json_set(c->out, "message", model_msg_json(c->s, c->a, old, true));
	return NULL;
}

static const char *delete_message(struct call *c)
{
	const char *error = NULL;
	struct msg *m = own_message(c, "cant_delete_message", &error);
	if (!m)
		return error;
	char ts[32];
	snprintf(ts, sizeof ts, "%s", m->ts);
	struct channel *ch = m->channel;
	slack_effect(c->s, "delete", "channel", ch->id, "ts", ts, NULL);
	model_delete(c->s, m);
	json_set_str(c->out, "channel", ch->id);
	json_set_str(c->out, "ts", ts);
	return NULL;
}

static const char *permalink(struct call *c)
{
	const char *error = NULL, *ts = arg_str(c, "message_ts");
	struct channel *ch = arg_channel(c, &error);
	if (!ch)
		return error;
	struct msg *m = ts ? model_msg(ch, ts) : NULL;
	if (!m)
		return ts ? "message_not_found" : missing(c, "message_ts");
	struct str url = str_new(c->a);
	size_t whole = strcspn(m->ts, ".");
	str_addf(&url, "%s/archives/%s/p%.*s%s", sb_url(c->s->sb), ch->id, (int)whole, m->ts,
	        m->ts + whole + 1);
	if (*m->thread_ts)
		str_addf(&url, "?thread_ts=%s&cid=%s", m->thread_ts, ch->id);
	json_set_str(c->out, "channel", ch->id);
	json_set_str(c->out, "permalink", url.s);
	return NULL;
}

const struct method slack_chat_methods[] = {
        {"chat.postMessage", "chat:write", TOKEN_BOT, 0, BODY_JSON, post_message},
        {"chat.postEphemeral", "chat:write", TOKEN_BOT, 4, BODY_JSON, post_ephemeral},
        {"chat.update", "chat:write", TOKEN_BOT, 3, BODY_JSON, update},
        {"chat.delete", "chat:write", TOKEN_BOT, 3, BODY_JSON, delete_message},
        {"chat.getPermalink", "", TOKEN_BOT, 0, BODY_FORM_ONLY, permalink},
        {0},
};
