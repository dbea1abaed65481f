/*
 * Shadow mode as people see it: one message, edited in place, that lists what would have opened,
 * with the button Go live. The message's place and content hash are a memo of the store.
 */
#include "shadow.h"

#include <stdint.h>

#include "blocks.h"
#include "clock.h"
#include "handler.h"
#include "hold.h"
#include "incident.h"
#include "slack.h"
#include "str.h"

enum { MAX_LINES = 30, EARLY_MS = 60000 };

static const char memo_key[] = "shadow_message"; /* {"channel","ts","hash","final"} */

static void add_line(struct str *b, const struct candidate *c)
{
	mrk_add(b, "%s *%s* · %s · since ",
	        c->severity == SEVERITY_CRIT ? ":red_circle:" : ":large_yellow_circle:", c->service,
	        c->headline);
	mrk_date(b, c->began_ms, "{date_short_pretty} {time}");
	if (c->ended_ms > 0)
		mrk_add(b, " (%s)", clock_duration(b->a, c->ended_ms - c->began_ms));
	else
		str_add(b, " · still so");
	str_addc(b, '\n');
}

static void add_list(struct message *m, struct arena *a, const struct candidate *list, size_t n)
{
	struct str b = str_new(a);
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < n; i++) {
		if (list[i].hold != HOLD_SHADOW)
			continue;
		if (shown < MAX_LINES) {
			add_line(&b, &list[i]);
			shown++;
		}
		all++;
	}
	if (all > shown)
		mrk_add(&b, "… and %zu more", all - shown);
	message_section(m, KEEP_HIGH,
	        all ? mrk(a, "*Would have opened (%zu):*", all)
	            : "*Nothing would have opened so far.*");
	if (all)
		message_section(m, KEEP_NORMAL, b.s);
}

static void add_intro(struct message *m, struct arena *a, const struct shadow *s, const char *by)
{
	struct str b = str_new(a);

	if (s->on) {
		str_add(&b, ":eyes: *Shadow mode*: I measure and judge, but post no incident");
		if (s->until_ms != INT64_MAX) {
			str_add(&b, " until ");
			mrk_date(&b, s->until_ms, "{date_short_pretty} {time}");
		}
		str_add(&b, ". Too much in this list? `/heal why SERVICE` shows the rule, `/heal "
		            "simulate` tries another.");
	} else if (by) {
		mrk_add(&b, ":white_check_mark: *Live*: %s ended shadow mode. ", by);
	} else {
		str_add(&b, ":white_check_mark: *Live*: shadow mode is over. ");
	}
	message_section(m, KEEP_ALWAYS, b.s);
}

static struct message *render(
        struct wf *w, const struct shadow *s, const struct candidate *list, size_t n)
{
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, s->on ? "Heal is in shadow mode" : "Heal is live");
	struct button live = {
	        .action = "cmd", .text = "Go live", .value = "live", .style = STYLE_PRIMARY};

	add_intro(m, a, s, s->live_by ? person_name(wf_heal(w), a, s->live_by) : NULL);
	add_list(m, a, list, n);
	if (s->on) {
		message_row(m, KEEP_ALWAYS);
		message_button(m, &live);
	}
	return m;
}

static bool remember(struct wf *w, const char *channel, const char *ts, const char *hash,
        bool final, struct err *e)
{
	json *o = json_obj(wf_arena(w));

	json_set_str(o, "channel", channel);
	json_set_str(o, "ts", ts);
	json_set_str(o, "hash", hash);
	json_set_bool(o, "final", final);
	return memo_set(wf_heal(w)->store, memo_key, o, e);
}

static bool post(struct wf *w, const struct message *m, const char *hash, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct slack_message msg = {.channel = h->settings->slack.channel,
	        .text = message_text(m),
	        .blocks = message_blocks(m),
	        .key = "heal-shadow"};
	struct slack_posted posted;

	if (!slack_post_once(h->slack, wf_arena(w), &msg, wf_maybe_done(w),
	            wf_started_ms(w) - EARLY_MS, &posted, e))
		return false;
	if (remember(w, posted.channel, posted.ts, posted.found ? "" : hash, false, e))
		return true;
	e->ambiguous = true; /* it is posted: look before posting again */
	return false;
}

static bool show(struct wf *w, const json *memo, const struct message *m, bool final, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const char *hash =
	        arena_printf(a, "%016llx", (unsigned long long)json_hash(a, message_json(m)));
	const char *channel = json_str(memo, ".channel", NULL), *ts = json_str(memo, ".ts", NULL);

	if (!ts)
		return post(w, m, hash, e);
	if (str_eq(json_str(memo, ".hash", ""), hash) && json_bool(memo, ".final", false) == final)
		return true;
	if (!slack_update(h->slack, a, channel, ts, message_text(m), message_blocks(m), e)) {
		if (e->code != ERR_NOT_FOUND)
			return false;
		*e = (struct err){0}; /* somebody deleted it: he knows */
	}
	return remember(w, channel, ts, hash, final, e);
}

static const json *shadow_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const json *memo = memo_get(h->store, a, memo_key);
	struct candidate *list;
	struct shadow s;
	size_t n;

	(void)in;
	if (!h->slack || !h->settings->slack.channel || json_bool(memo, ".final", false))
		return json_obj(a);
	if (!shadow_get(h->store, a, h->settings, &s, e))
		return NULL;
	if (!s.on && !memo)
		return json_obj(a);
	if (!candidate_list(h->store, a, s.since_ms, &list, &n, e) ||
	        !show(w, memo, render(w, &s, list, n), !s.on, e))
		return NULL;
	return json_obj(a);
}

bool shadow_publish(struct wf *w, struct err *e)
{
	return wf_step(w, "shadow", shadow_step, NULL, e) != NULL;
}
