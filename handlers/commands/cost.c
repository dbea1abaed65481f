/* /heal cost: what the models and agents cost. */
#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "spark.h"
#include "str.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	static const struct {
		const char *name;
		int64_t ms;
	} spans[] = {{"24 h", 86400000}, {"7 days", 7 * 86400000LL}, {"30 days", 30 * 86400000LL}};
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct str b = str_new(a);
	struct message *m = message_new(a, "Cost");
	int64_t now = clock_now_ms(), lost;

	(void)c;
	for (size_t i = 0; i < 3; i++) {
		double diagnosis, fix;

		if (!spend_sum(h->store, now - spans[i].ms, "diagnosis", 0, &diagnosis, e) ||
		        !spend_sum(h->store, now - spans[i].ms, "fix", 0, &fix, e))
			return false;
		mrk_add(&b, "last %s: %s (diagnoses %s, fixes %s)\n", spans[i].name,
		        num_usd(a, diagnosis + fix), num_usd(a, diagnosis), num_usd(a, fix));
	}
	if (!spend_count(h->store, now - spans[2].ms, "lost", &lost, e))
		return false;
	if (lost > 0)
		mrk_add(&b,
		        "Answers lost in 30 days (crash or time-out; they may have been paid as well): "
		        "%s\n",
		        num_int(a, (double)lost));
	mrk_add(&b, "Limits: %s a diagnosis, %s a fix, %s a day.",
	        num_usd(a, h->settings->limits.diagnosis_usd),
	        num_usd(a, h->settings->limits.fix_usd), num_usd(a, h->settings->limits.day_usd));
	message_section(m, KEEP_ALWAYS, b.s);
	return reply(w, c, "reply", m, e);
}

const struct command cmd_cost = {
        .name = "cost",
        .args = "",
        .help = "what models and agents cost",
        .example = "cost",
        .right = RIGHT_VIEWER,
        .run = run,
};
