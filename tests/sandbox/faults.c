/*
 * faults.c - scripted trouble, the same for all peers.
 *
 * A script is {"peer":"slack","match":"chat.postMessage","match_body":"…","nth":2,"times":3,
 * "every":1,"action":{…}}. `match` is looked for in "METHOD /path?query" (or in the name an
 * envelope or tool call has), `match_body` in the body; both may be missing. The fault strikes from
 * the nth match on (default 1), at each `every`-th (default 1), `times` times (default 1; 0 = for
 * ever). Actions are listed in router.c.
 */
#include <stdlib.h>
#include <string.h>

#include "sandbox_i.h"

struct fault {
	struct fault *next;
	struct arena *a;
	const char *peer, *match, *match_body;
	int64_t nth, times, every, seen, struck;
	json *action;
};

static const char *const known_actions[] = {"status", "retry_after", "headers", "body", "json",
        "content_type", "drop_before", "drop_after", "delay_ms", "delay_after_ms", "truncate",
        "hang", "name", "value"};

static const char *check_action(const json *action)
{
	if (json_is_str(action))
		return NULL;
	if (!json_is_obj(action))
		return "action must be an object or a word";
	json_each (it, action) {
		bool known = false;
		for (size_t i = 0; i < sizeof known_actions / sizeof *known_actions; i++)
			known = known || strcmp(known_actions[i], json_key(it)) == 0;
		if (!known)
			return json_key(it);
	}
	return NULL;
}

const char *sb_fault_add(struct sb *sb, const json *script)
{
	if (!json_str(script, ".peer", NULL))
		return "peer is missing";
	const char *wrong = check_action(json_get(script, ".action"));
	if (wrong)
		return wrong;
	struct arena *a = arena_new(0);
	struct fault *f = ARENA_NEW(a, struct fault), **end = &sb->faults;
	f->a = a;
	f->peer = arena_strdup(a, json_str(script, ".peer", ""));
	f->match = arena_strdup(a, json_str(script, ".match", NULL));
	f->match_body = arena_strdup(a, json_str(script, ".match_body", NULL));
	f->nth = json_int(script, ".nth", 1);
	f->times = json_int(script, ".times", 1);
	f->every = json_int(script, ".every", 1);
	const json *action = json_get(script, ".action");
	if (json_is_str(action)) { /* "drop_after" is short for {"drop_after":true} */
		f->action = json_obj(a);
		json_set_bool(f->action, json_str(action, "", ""), true);
	} else {
		f->action = json_copy(a, action);
	}
	while (*end)
		end = &(*end)->next;
	*end = f;
	return NULL;
}

void faults_clear(struct sb *sb, const char *peer)
{
	for (struct fault **p = &sb->faults; *p;) {
		struct fault *f = *p;
		if (peer && strcmp(f->peer, peer) != 0) {
			p = &f->next;
			continue;
		}
		*p = f->next;
		arena_free(f->a);
	}
}

json *faults_list(struct sb *sb, struct arena *a)
{
	json *out = json_arr(a);
	for (struct fault *f = sb->faults; f; f = f->next) {
		json *o = json_add_obj(out);
		json_set_str(o, "peer", f->peer);
		if (f->match)
			json_set_str(o, "match", f->match);
		if (f->match_body)
			json_set_str(o, "match_body", f->match_body);
		json_set_int(o, "nth", f->nth);
		json_set_int(o, "times", f->times);
		json_set_int(o, "every", f->every);
		json_set_int(o, "seen", f->seen);
		json_set_int(o, "struck", f->struck);
		json_set(o, "action", f->action);
	}
	return out;
}

static bool matches(const struct fault *f, const char *peer, const char *what, const char *body)
{
	return strcmp(f->peer, peer) == 0 && (!f->match || strstr(what, f->match)) &&
	       (!f->match_body || (body && strstr(body, f->match_body)));
}

const json *faults_take(struct sb *sb, const char *peer, const char *what, const char *body)
{
	const json *action = NULL;
	for (struct fault *f = sb->faults; f; f = f->next) {
		if (!matches(f, peer, what, body))
			continue;
		f->seen++;
		bool due = f->seen >= f->nth && (f->times == 0 || f->struck < f->times) &&
		           (f->every <= 1 || (f->seen - f->nth) % f->every == 0);
		if (!due || action)
			continue;
		f->struck++;
		action = f->action;
	}
	return action;
}

const json *sb_fault(struct sb *sb, const char *peer, const char *what)
{
	return faults_take(sb, peer, what, NULL);
}
