/* slack_hook.c - response_url: five answers within thirty minutes. */
#include <stdio.h>

#include "slack_i.h"

const char *hook_new(struct slack *s, const char *user, struct channel *ch, const struct msg *m)
{
	struct hook *h = ARENA_NEW(s->a, struct hook);
	int64_t n = ++s->seq;
	h->id = arena_printf(s->a, "%lld%s", (long long)n,
	        str_hash_hex(s->a, arena_printf(s->a, "hook%lld", (long long)n)));
	h->user = arena_strdup(s->a, user);
	h->channel = ch;
	h->born_ms = sb_now_ms(s->sb);
	if (m) {
		snprintf(h->ts, sizeof h->ts, "%s", m->ts);
		snprintf(h->thread_ts, sizeof h->thread_ts, "%s", m->thread_ts);
	}
	h->next = s->hooks;
	s->hooks = h;
	return arena_printf(s->a, "%s/slack/response/%s", sb_url(s->sb), h->id);
}

struct hook *hook_by_url(struct slack *s, const char *url)
{
	const char *id = strrchr(url, '/');
	for (struct hook *h = s->hooks; id && h; h = h->next)
		if (str_eq(h->id, id + 1))
			return h;
	return NULL;
}

static const char *post_answer(struct slack *s, struct hook *h, const json *answer)
{
	bool in_channel = str_eq(json_str(answer, ".response_type", ""), "in_channel");
	const char *thread = json_str(answer, ".thread_ts", in_channel ? NULL : h->thread_ts);
	struct msg *m = model_post(s, &(struct new_msg){.channel = h->channel,
	                                      .user = SLACK_BOT,
	                                      .for_user = in_channel ? NULL : h->user,
	                                      .thread_ts = thread && *thread ? thread : NULL,
	                                      .body = answer,
	                                      .ours = true});
	slack_effect(s, in_channel ? "answer" : "ephemeral", "channel", h->channel->id, "user",
	        h->user, "ts", m->ts, "text", json_str(answer, ".text", ""), NULL);
	return NULL;
}

const char *hook_apply(struct slack *s, struct hook *h, struct arena *a, const json *answer)
{
	struct msg *m = *h->ts ? model_any_msg(h->channel, h->ts) : NULL;
	json *findings = blockkit_message(a, answer);
	json_each (it, findings) {
		const char *code = json_str(it, ".code", "");
		if (str_eq(code, "msg_blocks_too_long")) /* observed: not refused here */
			continue;
		slack_violation(s, "answer refused: %s", json_print(a, findings));
		return str_eq(code, "no_text") ? "no_text" : "invalid_blocks";
	}
	if (json_bool(answer, ".delete_original", false)) {
		if (m) {
			slack_effect(s, "delete", "channel", h->channel->id, "ts", m->ts, NULL);
			model_delete(s, m);
		}
		return NULL;
	}
	if (json_bool(answer, ".replace_original", false) && m) {
		model_edit(s, m, answer);
		slack_effect(s, "update", "channel", h->channel->id, "ts", m->ts, "text",
		        json_str(answer, ".text", ""), NULL);
		return NULL;
	}
	return post_answer(s, h, answer);
}

void hook_receive(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	struct hook *h = hook_by_url(s, rq->path);
	const json *body = sb_json(rq, NULL);
	if (!h) {
		sb_sendf(rs, 404, "text/plain", "no_service");
	} else if (sb_now_ms(s->sb) - h->born_ms > HOOK_LIFE_MS) {
		sb_sendf(rs, 404, "text/plain", "expired_url");
	} else if (h->used >= HOOK_USES) {
		sb_sendf(rs, 404, "text/plain", "used_url");
	} else if (!str_eq(rq->method, "POST") || !json_is_obj(body)) {
		sb_sendf(rs, 400, "text/plain", "invalid_payload");
	} else {
		h->used++;
		const char *error = hook_apply(s, h, rq->a, body);
		if (error)
			sb_sendf(rs, 400, "text/plain", "%s", error);
		else
			sb_sendf(rs, 200, "text/html", "ok");
	}
}
