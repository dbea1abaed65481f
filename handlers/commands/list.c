/* /heal list: incidents by state, service and age. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "str.h"

enum { PAGE = 10 };

static bool one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (str_ieq(word, *list))
			return true;
	return false;
}

/* "open mine … service=S since=7d page=2" into the filter. */
static bool parse(const struct call *c, int64_t now, struct incident_filter *f, struct err *e)
{
	static const char *const which[] = {"open", "mine", "snoozed", "resolved", "all", NULL};
	int64_t ms, page;

	for (int i = 0; i < c->argc; i++) {
		const char *word = c->argv[i];

		if (one_of(word, which))
			f->which = word;
		else if (str_starts(word, "service="))
			f->service = word + 8;
		else if (str_starts(word, "since=") && clock_parse_duration(word + 6, &ms))
			f->since_ms = now - ms;
		else if (str_starts(word, "page=") && str_int(word + 5, &page) && page > 0 &&
		         page < 1000)
			f->offset = (int)(page - 1) * PAGE;
		else
			return err_set(e, ERR_INPUT, false,
			        "“%s” is not understood; try `/heal list open`, `/heal list resolved "
			        "since=7d`, `/heal list service=api`",
			        word);
	}
	return true;
}

static void add_row(struct str *b, const struct incident *inc, int64_t now)
{
	static const char *const lamp[] = {
	        [SEVERITY_NONE] = ":white_circle:",
	        [SEVERITY_WARN] = ":large_yellow_circle:",
	        [SEVERITY_CRIT] = ":red_circle:",
	};
	const char *icon =
	        incident_state_over(inc->state) ? ":white_check_mark:" : lamp[inc->severity];

	mrk_add(b, "%s *INC-%lld* · %s · %s · %s, %s ago", icon, (long long)inc->id, inc->service,
	        inc->headline, incident_state_name(inc->state),
	        clock_duration(b->a, now - inc->opened_ms));
	if (inc->acked_by)
		str_add(b, " · acked");
	if (inc->snoozed_until_ms > now)
		str_add(b, " · snoozed");
	str_addc(b, '\n');
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct incident_filter f = {.which = "open", .user = c->user, .limit = PAGE + 1};
	int64_t now = clock_now_ms();
	struct str b = str_new(a);
	struct message *m;
	struct incident *list;
	size_t n;

	if (!parse(c, now, &f, e))
		return false;
	if (!incident_list(wf_heal(w)->store, a, &f, &list, &n, e))
		return false;
	if (n == 0)
		return reply_text(w, c, "reply", e, "No incidents (%s).", f.which);
	for (size_t i = 0; i < n && i < PAGE; i++)
		add_row(&b, &list[i], now);
	if (n > PAGE)
		str_addf(&b, "More: `/heal list %s page=%d`", f.which, f.offset / PAGE + 2);
	m = message_new(a, "Incidents");
	message_section(m, KEEP_ALWAYS, b.s);
	return reply(w, c, "reply", m, e);
}

const struct command cmd_list = {
        .name = "list",
        .args = "[open|mine|snoozed|resolved|all] [service=S] [since=7d] [page=2]",
        .help = "incidents",
        .example = "list resolved since=7d",
        .right = RIGHT_VIEWER,
        .run = run,
};
