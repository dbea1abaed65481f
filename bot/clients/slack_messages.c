/*
 * slack_messages.c - posting once, finding again, editing.
 */
#include <assert.h>
#include <string.h>

#include "base/crash.h"
#include "clients/slack_looks.h"
#include "clients/slack_private.h"
#include "clock.h"
#include "log.h"
#include "str.h"

#define EVENT_TYPE  "heal_message"
#define MAX_TEXT    3900 /* chat.update refuses more than 4,000 */
#define MAX_KEY     200
#define FIND_PAGES  5
#define FIND_SLACK  60000 /* our clock and Slack's may differ by so much */
#define LOOK_GAP_MS 1500

char *slack_ts(struct arena *a, int64_t ms)
{
	return arena_printf(
	        a, "%lld.%06lld", (long long)(ms / 1000), (long long)(ms % 1000) * 1000);
}

int64_t slack_ts_ms(const char *ts)
{
	long long s = 0;
	int frac = 0, digits = 0;
	if (!ts || *ts < '0' || *ts > '9')
		return 0;
	for (; *ts >= '0' && *ts <= '9'; ts++) {
		if (s > 100000000000LL)
			return 0;
		s = s * 10 + (*ts - '0');
	}
	if (*ts == '.')
		for (ts++; *ts >= '0' && *ts <= '9' && digits < 3; ts++, digits++)
			frac = frac * 10 + (*ts - '0');
	for (; digits < 3; digits++)
		frac *= 10;
	return s * 1000 + frac;
}

/* --- posting --- */

static void set_text(struct arena *a, json *o, const char *text)
{
	assert(text && *text);
	json_set_str(o, "text", str_ellipsis(a, text, MAX_TEXT));
}

static json *post_args(struct arena *a, const struct slack_message *m, bool with_blocks)
{
	json *o = json_obj(a);
	json_set_str(o, "channel", m->channel);
	set_text(a, o, m->text);
	if (m->thread_ts)
		json_set_str(o, "thread_ts", m->thread_ts);
	if (m->thread_ts && m->broadcast)
		json_set_bool(o, "reply_broadcast", true);
	if (with_blocks && m->blocks && json_len(m->blocks) > 0)
		json_set(o, "blocks", m->blocks);
	if (m->key) {
		assert(strlen(m->key) <= MAX_KEY);
		json *meta = json_set_obj(o, "metadata");
		json_set_str(meta, "event_type", EVENT_TYPE);
		json_set_str(json_set_obj(meta, "event_payload"), "key", m->key);
	}
	/* Links inside blocks would unfold otherwise. */
	json_set_bool(o, "unfurl_links", false);
	json_set_bool(o, "unfurl_media", false);
	return o;
}

/* Slack posts a reply into the channel, as a root, when the thread's root was deleted. */
static bool is_stray(const struct slack_message *m, const json *answer)
{
	const json *msg = json_get(answer, ".message");
	return m->thread_ts && json_is_obj(msg) &&
	       !str_eq(json_str(msg, ".thread_ts", NULL), m->thread_ts);
}

static bool remove_stray(
        struct slack *s, struct arena *a, const struct slack_posted *posted, struct err *e)
{
	struct err why;
	if (!slack_delete(s, a, posted->channel, posted->ts, &why))
		log_warn("slack", "a reply whose thread is gone stays in the channel: %s", why.msg);
	return err_set(e, ERR_CONFLICT, false,
	        "Slack chat.postMessage: the thread's first message was deleted");
}

bool slack_post(struct slack *s, struct arena *a, const struct slack_message *m,
        struct slack_posted *out, struct err *e)
{
	*out = (struct slack_posted){0};
	const json *j = slack_call(s, a, "chat.postMessage", post_args(a, m, true), m->channel, e);
	if (!j && m->blocks && slack_blames_blocks(s->error)) {
		log_error("slack", "chat.postMessage: %s; posting the text alone", s->error);
		j = slack_call(s, a, "chat.postMessage", post_args(a, m, false), m->channel, e);
		out->plain = true;
	}
	if (!j)
		return false;
	out->channel = json_str(j, ".channel", m->channel);
	out->ts = json_str(j, ".ts", NULL);
	if (!out->ts) {
		err_set(e, ERR_PROTO, true, "Slack chat.postMessage answered without a ts");
		if (e)
			e->ambiguous = true;
		return false;
	}
	return !is_stray(m, j) || remove_stray(s, a, out, e);
}

/* --- finding --- */

static const char *find_in(const json *messages, const char *key)
{
	json_each (m, messages) {
		if (str_eq(json_str(m, ".metadata.event_type", NULL), EVENT_TYPE) &&
		        str_eq(json_str(m, ".metadata.event_payload.key", NULL), key))
			return json_str(m, ".ts", NULL);
	}
	return NULL;
}

bool slack_messages(struct slack *s, struct arena *a, const struct slack_page *p,
        const json **messages, const char **next, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "channel", p->channel);
	if (p->thread_ts)
		json_set_str(o, "ts", p->thread_ts);
	if (p->oldest)
		json_set_str(o, "oldest", p->oldest);
	if (p->latest)
		json_set_str(o, "latest", p->latest);
	if (p->cursor)
		json_set_str(o, "cursor", p->cursor);
	json_set_int(o, "limit", p->limit > 0 ? p->limit : 100);
	json_set_bool(o, "inclusive", true);
	json_set_bool(o, "include_all_metadata", true);
	const char *method = p->thread_ts ? "conversations.replies" : "conversations.history";
	const json *j = slack_call(s, a, method, o, NULL, e);
	if (!j)
		return false;
	*messages = json_get(j, ".messages");
	if (!json_is_arr(*messages))
		return err_set(e, ERR_PROTO, true, "Slack %s answered without messages", method);
	const char *cursor = json_str(j, ".response_metadata.next_cursor", "");
	*next = *cursor ? cursor : NULL;
	return true;
}

/* A person's id is a fine address for a post, but history wants the conversation's. */
static bool conversation_of(
        struct slack *s, struct arena *a, const char *channel, const char **out, struct err *e)
{
	*out = channel;
	bool person = channel[0] == 'U' || channel[0] == 'W';
	return !person || slack_open_dm(s, a, channel, out, e);
}

bool slack_find(struct slack *s, struct arena *a, const struct slack_message *m, int64_t since_ms,
        struct slack_posted *out, struct err *e)
{
	*out = (struct slack_posted){0};
	struct slack_page page = {.thread_ts = m->thread_ts};
	if (!conversation_of(s, a, m->channel, &page.channel, e))
		return false;
	if (since_ms > FIND_SLACK)
		page.oldest = slack_ts(a, since_ms - FIND_SLACK);
	out->channel = page.channel;
	for (int i = 0; i < FIND_PAGES; i++) {
		const json *messages;
		if (!slack_messages(s, a, &page, &messages, &page.cursor, e))
			return false;
		out->ts = find_in(messages, m->key);
		out->found = out->ts != NULL;
		if (out->found || !page.cursor)
			return true;
	}
	return true;
}

bool slack_post_once(struct slack *s, struct arena *a, const struct slack_message *m,
        bool maybe_done, int64_t since_ms, struct slack_posted *out, struct err *e)
{
	const int64_t gap_ms = (int64_t)(LOOK_GAP_MS / crash_haste());
	assert(m->key);
	if (!maybe_done)
		return slack_post(s, a, m, out, e);
	if (!slack_find(s, a, m, since_ms, out, e)) {
		/* The look itself failed: whether the message is there is as open as before. */
		if (e && e->retryable)
			e->ambiguous = true;
		return false;
	}
	if (out->found)
		return true;
	if (!s->shared || slack_looks_enough(s->shared->looks, m->key, clock_mono_ms(), gap_ms))
		return slack_post(s, a, m, out, e);
	err_set(e, ERR_TIMEOUT, true,
	        "Slack does not show the message yet; looking once more before posting again");
	if (e) {
		e->ambiguous = true;
		e->retry_ms = (uint32_t)(gap_ms + gap_ms / 3);
	}
	return false;
}

/* --- editing --- */

static json *update_args(
        struct arena *a, const char *channel, const char *ts, const char *text, const json *blocks)
{
	json *o = json_obj(a);
	json_set_str(o, "channel", channel);
	json_set_str(o, "ts", ts);
	set_text(a, o, text);
	/* Without blocks the text would leave old blocks standing in some clients. */
	json_set_arr(o, "blocks");
	if (blocks)
		json_set(o, "blocks", blocks);
	return o;
}

bool slack_update(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const char *text, const json *blocks, struct err *e)
{
	if (slack_call(s, a, "chat.update", update_args(a, channel, ts, text, blocks), channel, e))
		return true;
	if (str_eq(s->error, "block_mismatch")) /* it is of no use any more: make it true */
		return slack_delete(s, a, channel, ts, e) && false;
	if (!blocks || !slack_blames_blocks(s->error))
		return false;
	log_error("slack", "chat.update: %s; keeping the text alone", s->error);
	return slack_call(s, a, "chat.update", update_args(a, channel, ts, text, NULL), channel, e);
}

bool slack_ephemeral(struct slack *s, struct arena *a, const char *user,
        const struct slack_message *m, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "channel", m->channel);
	json_set_str(o, "user", user);
	set_text(a, o, m->text);
	if (m->thread_ts)
		json_set_str(o, "thread_ts", m->thread_ts);
	if (m->blocks && json_len(m->blocks) > 0)
		json_set(o, "blocks", m->blocks);
	return slack_call(s, a, "chat.postEphemeral", o, NULL, e);
}

bool slack_delete(
        struct slack *s, struct arena *a, const char *channel, const char *ts, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "channel", channel);
	json_set_str(o, "ts", ts);
	struct err why = {0};
	if (slack_call(s, a, "chat.delete", o, NULL, &why))
		return true;
	if (str_eq(s->error, "message_not_found"))
		return true;
	if (e)
		*e = why;
	return false;
}

bool slack_permalink(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const char **url, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "channel", channel);
	json_set_str(o, "message_ts", ts);
	const json *j = slack_call(s, a, "chat.getPermalink", o, NULL, e);
	if (!j)
		return false;
	*url = json_str(j, ".permalink", "");
	return true;
}
