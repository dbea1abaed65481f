/*
 * slack_trouble.c - connections that misbehave, by order of a test.
 *
 * POST /_control/slack/socket {"do":…, "link":N (default: every link)}
 *   drop              TCP reset                     close {code,reason}
 *   silent            hears nothing, says nothing   slow_pong {ms}   no_pong   normal
 *   warning           disconnect "warning"          refresh_now      disconnect "refresh_requested"
 *   refresh {warning_ms, close_ms}                  both, as Slack does it, then a close
 *   link_disabled     Socket Mode switched off      too_many {times} next connections are refused
 *   duplicates {on}   fragments {bytes}             garbage, binary, bad_utf8, unknown_type
 *   huge {bytes}      an event that big             half_frame       a frame that ends too early
 *   ping              a server ping
 */
#include <stdlib.h>

#include "slack_link.h"

static void send_huge(struct slack *s, int64_t bytes)
{
	struct arena *a = arena_new(0);
	char *text = arena_alloc(a, (size_t)bytes + 1);
	memset(text, 'x', (size_t)bytes);
	json *event = json_obj(a);
	json_set_str(event, "type", "message");
	json_set_str(event, "channel", SLACK_MAIN);
	json_set_str(event, "channel_type", "channel");
	json_set_str(event, "user", "U0ANA00001");
	json_set_str(event, "text", text);
	char ts[32];
	model_ts(s, ts);
	json_set_str(event, "ts", ts);
	json_set_str(event, "event_ts", ts);
	const char *id = slack_id(s, a, 'E');
	struct envelope_spec spec = {.type = "events_api", .payload = event_wrap(s, a, event, id)};
	envelope_send(s, &spec);
	arena_free(a);
}

static bool misbehave(struct link *l, const char *what, const json *arg)
{
	if (str_eq(what, "garbage"))
		sb_ws_text(l->ws, "}{ not JSON", 11);
	else if (str_eq(what, "binary"))
		sb_ws_frame(l->ws, true, 2, "\0\1\2\3", 4);
	else if (str_eq(what, "bad_utf8"))
		sb_ws_text(l->ws, "{\"type\":\"\xff\xfe\"}", 13);
	else if (str_eq(what, "unknown_type"))
		sb_ws_text(l->ws, "{\"type\":\"news\",\"x\":1}", 21);
	else if (str_eq(what, "half_frame")) {
		sb_ws_raw(l->ws, "\x81\x7e\x40\x00{\"envelope_id\":", 19);
		link_close(l, 1011, "");
	} else if (str_eq(what, "ping"))
		sb_ws_frame(l->ws, true, 9, "now", 3);
	else if (str_eq(what, "slow_pong"))
		sb_ws_pong(l->ws, SB_PONG_LATE, (uint32_t)json_int(arg, ".ms", 5000));
	else if (str_eq(what, "no_pong"))
		sb_ws_pong(l->ws, SB_PONG_NEVER, 0);
	else if (str_eq(what, "duplicates"))
		l->duplicates = json_bool(arg, ".on", true);
	else if (str_eq(what, "fragments"))
		l->fragment = (size_t)json_int(arg, ".bytes", 100);
	else
		return false;
	return true;
}

static void silence(struct link *l, bool on)
{
	l->silent = on;
	sb_ws_deaf(l->ws, on);
}

static const char *apply(struct link *l, const char *what, const json *arg)
{
	if (str_eq(what, "drop"))
		sb_ws_cut(l->ws);
	else if (str_eq(what, "close"))
		link_close(l, (int)json_int(arg, ".code", 1000), json_str(arg, ".reason", ""));
	else if (str_eq(what, "silent"))
		silence(l, true);
	else if (str_eq(what, "normal")) {
		silence(l, false);
		sb_ws_pong(l->ws, SB_PONG_NOW, 0);
		l->duplicates = false;
		l->fragment = 0;
	} else if (str_eq(what, "warning"))
		link_send_disconnect(l, "warning");
	else if (str_eq(what, "refresh_now") || str_eq(what, "refresh")) {
		int64_t after = str_eq(what, "refresh") ? json_int(arg, ".warning_ms", 10000) : 0;
		l->close_ms = json_int(arg, ".close_ms", 5000);
		if (after)
			link_send_disconnect(l, "warning");
		link_arm(l, after ? after : 1, link_refresh);
	} else if (str_eq(what, "link_disabled")) {
		link_send_disconnect(l, "link_disabled");
		link_close(l, 1000, "");
	} else if (!misbehave(l, what, arg))
		return "unknown thing to do";
	return NULL;
}

static void refuse_next(struct slack *s, int64_t times)
{
	static const char script[] =
	        "{\"peer\":\"slack\",\"match\":\"socket hello\",\"action\":{\"name\":\"too_many\"}}";
	struct arena *a = arena_new(0);
	json *o = json_parse(a, script, sizeof script - 1, NULL);
	json_set_int(o, "times", times);
	sb_fault_add(s->sb, o);
	arena_free(a);
}

const char *socket_control(struct slack *s, const json *arg)
{
	const char *what = json_str(arg, ".do", "");
	int64_t only = json_int(arg, ".link", 0);
	if (str_eq(what, "huge")) {
		send_huge(s, json_int(arg, ".bytes", 1000000));
		return NULL;
	}
	if (str_eq(what, "too_many")) {
		refuse_next(s, json_int(arg, ".times", 1));
		return NULL;
	}
	if (str_eq(what, "link_disabled"))
		s->cfg.socket_mode = false;
	const char *wrong = s->links ? NULL : "no socket is open";
	for (struct link *l = s->links, *next; l && !wrong; l = next) {
		next = l->next;
		if (!only || l->id == only)
			wrong = apply(l, what, arg);
	}
	slack_changed(s);
	return str_eq(what, "link_disabled") ? NULL : wrong;
}
