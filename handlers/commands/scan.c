/* /heal scan: look now, at everything or one service; `dry` reports and opens nothing. */
#include "handler.h"
#include "str.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_obj(a);
	struct message *m;
	const json *end;
	int64_t child;

	for (int i = 0; i < c->argc; i++) {
		if (str_ieq(c->argv[i], "dry"))
			json_set_bool(in, "dry", true);
		else
			json_set_str(in, "service", c->argv[i]);
	}
	json_set_str(in, "user", c->user);
	if (!wf_spawn(w, "scan", "scan", in, &child, e))
		return false;
	end = wf_join(w, "done", child, e);
	if (!end)
		return false;
	if (!str_eq(json_str(end, ".state", ""), "done"))
		return err_set(e, ERR_INPUT, false, "%s",
		        json_str(end, ".error.message", "the scan failed"));
	if (json_has(end, ".result.trouble"))
		return err_set(e, ERR_INPUT, false, "%s", json_str(end, ".result.trouble", ""));
	m = message_new(a, json_str(end, ".result.summary", "Scanned"));
	message_section(m, KEEP_ALWAYS, mrk(a, "%s", json_str(end, ".result.summary", "Scanned")));
	if (json_has(end, ".result.table"))
		message_code(m, KEEP_NORMAL, json_str(end, ".result.table", ""));
	return reply(w, c, "reply", m, e);
}

const struct command cmd_scan = {
        .name = "scan",
        .args = "[service] [dry]",
        .help = "scan now; dry = report, open nothing",
        .example = "scan api dry",
        .right = RIGHT_RESPONDER,
        .run = run,
};
