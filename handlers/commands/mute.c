/*
 * /heal mute SERVICE 2h: a maintenance window. Measuring goes on; what is found is kept as a
 * candidate, and what is still bad at the end opens. /heal unmute ends it.
 */
#include "clock.h"
#include "handler.h"
#include "hold.h"
#include "incident.h"
#include "str.h"

enum { DAY_MS = 86400000, DEFAULT_MS = 2 * 3600000 };

/* The service's name as Railway spells it, from the last scan. */
static bool known_service(struct wf *w, const char *word, const char **name, struct err *e)
{
	struct scan_row *rows;
	const char *best = NULL;
	unsigned best_d = 5;
	size_t n;

	if (!scan_load(wf_heal(w)->store, wf_arena(w), NULL, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned d = str_distance(rows[i].service, word);

		if (str_ieq(rows[i].service, word)) {
			*name = rows[i].service;
			return true;
		}
		if (d < best_d) {
			best_d = d;
			best = rows[i].service;
		}
	}
	return err_set(e, ERR_INPUT, false, "I know no service “%.60s”%s%s%s", word,
	        best ? "; did you mean “" : "; `/heal status` lists them", best ? best : "",
	        best ? "”?" : "");
}

static const json *mute_step(struct wf *w, const json *in, struct err *e)
{
	struct mute m = {
	        .service = json_str(in, ".service", ""),
	        .since_ms = wf_started_ms(w),
	        .until_ms = json_int(in, ".until", 0),
	        .by = json_str(in, ".user", NULL),
	};

	return mute_set(wf_heal(w)->store, &m, e) ? json_obj(wf_arena(w)) : NULL;
}

static bool list(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, "Maintenance windows");
	struct str b = str_new(a);
	struct mute *mutes;
	size_t n;

	if (!mute_list(wf_heal(w)->store, a, &mutes, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		mrk_add(&b, "• *%s* until ", mutes[i].service);
		mrk_date(&b, mutes[i].until_ms, "{date_short_pretty} {time}");
		mrk_add(&b, ", by %s\n", person_name(wf_heal(w), a, mutes[i].by));
	}
	message_section(m, KEEP_ALWAYS,
	        n ? b.s : "No service is muted. `/heal mute api 2h` begins a maintenance window.");
	return reply(w, c, "reply", m, e);
}

static bool mute(struct wf *w, const struct call *c, struct err *e)
{
	const char *word = c->argc > 1 ? c->argv[1] : "2h", *name = NULL;
	json *in = json_obj(wf_arena(w));
	int64_t ms = DEFAULT_MS;

	if (c->argc == 0)
		return list(w, c, e);
	if (!clock_parse_duration(word, &ms) || ms < 60000 || ms > 30LL * DAY_MS)
		return err_set(e, ERR_INPUT, false,
		        "“%s” is no time to mute for; try 30m, 2h or 1d (1m to 30d)", word);
	if (!known_service(w, c->argv[0], &name, e))
		return false;
	json_set_str(in, "service", name);
	json_set_str(in, "user", c->user);
	json_set_int(in, "until", wf_started_ms(w) + ms);
	if (!wf_step(w, "mute", mute_step, in, e))
		return false;
	return reply_text(w, c, "reply", e,
	        "%s is muted until %s UTC (%s). Measuring goes on; what is still bad then opens. "
	        "`/heal unmute %s` ends it.",
	        name, clock_hhmm(wf_arena(w), wf_started_ms(w) + ms),
	        clock_duration(wf_arena(w), ms), name);
}

const struct command cmd_mute = {
        .name = "mute",
        .args = "[SERVICE [2h]]",
        .help = "maintenance window: measure, but open nothing for a while; without SERVICE: the list",
        .example = "mute api 2h",
        .right = RIGHT_RESPONDER,
        .run = mute,
};

static const json *unmute_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	bool was;

	if (!mute_end(wf_heal(w)->store, json_str(in, ".service", ""), &was, e))
		return NULL;
	json_set_bool(out, "was", was);
	return out;
}

static bool unmute(struct wf *w, const struct call *c, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	const json *done;

	if (c->argc == 0)
		return err_set(
		        e, ERR_INPUT, false, "unmute what? `/heal mute` lists what is muted");
	json_set_str(in, "service", c->argv[0]);
	done = wf_step(w, "unmute", unmute_step, in, e);
	if (!done)
		return false;
	return json_bool(done, ".was", false)
	               ? reply_text(w, c, "reply", e,
	                         "%s is not muted any more. What is bad opens with the next scan.",
	                         c->argv[0])
	               : reply_text(w, c, "reply", e, "%s was not muted.", c->argv[0]);
}

const struct command cmd_unmute = {
        .name = "unmute",
        .args = "SERVICE",
        .help = "end a maintenance window",
        .example = "unmute api",
        .right = RIGHT_RESPONDER,
        .run = unmute,
};
