/* fits.c - which acts fit an incident's evidence. See include/act.h. */
#include "act.h"
#include "facts.h"
#include "str.h"

/* A deployment this long before the trouble is worth going back from. */
#define DEPLOY_BEFORE_MS (2 * 3600 * 1000)

struct sorting {
	const struct settings *s;
	struct act_button *out;
	size_t n;
};

static void offer(struct sorting *t, enum act_kind kind, const char *label)
{
	if (t->n < 3 && act_people(t->s, kind)[0])
		t->out[t->n++] = (struct act_button){label, act_kind_name(kind)};
}

static bool has_signal(const struct incident *inc, enum signal which)
{
	json_each (f, json_get(inc->facts, ".signals"))
		if (str_eq(json_str(f, ".signal", ""), signal_name(which)))
			return true;
	return false;
}

size_t act_fits(const struct settings *s, const struct incident *inc, const struct diagnosis *dx,
        struct act_button out[3])
{
	struct sorting t = {s, out, 0};
	struct arena *a = arena_new(0);
	const char *remedy = dx ? str_or(dx->remedy, "") : "";
	bool capacity = str_eq(remedy, "capacity");
	bool deployed = facts_change(a, inc->facts, inc->began_ms, DEPLOY_BEFORE_MS) != NULL;

	arena_free(a);
	if (str_eq(remedy, "upstream") || str_eq(remedy, "nothing"))
		return 0; /* wait for the provider; nothing is wrong */
	if (deployed || has_signal(inc, SIGNAL_DEPLOY))
		offer(&t, ACT_ROLLBACK, "↩️ Roll back…");
	if (has_signal(inc, SIGNAL_CRASH_LOOP) || has_signal(inc, SIGNAL_MEMORY) ||
	        str_eq(remedy, "infrastructure"))
		offer(&t, ACT_RESTART, "🔄 Restart…");
	if (capacity || has_signal(inc, SIGNAL_CPU))
		offer(&t, ACT_SCALE, "➕ One replica more…");
	if (capacity || has_signal(inc, SIGNAL_MEMORY))
		offer(&t, ACT_LIMITS, "⬆️ Raise the memory limit…");
	return t.n;
}
