/* host.c - see host.h. */
#include "fix/host.h"

#include "incident.h"
#include "str.h"

static bool none_set(struct err *e)
{
	return err_set(e, ERR_CONFIG, false,
	        "no OpenCode server is set: write its address to opencode.url");
}

bool fix_use_host(struct wf *w, const struct fix_contract *c, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct err none = {0};
	struct fix_row *f =
	        h->store ? fix_get(h->store, wf_arena(w), c->incident, c->n, &none) : NULL;
	const char *name = json_str(f ? f->contract : NULL, ".host", "");

	if (!h->opencode)
		return none_set(e);
	for (size_t i = 0; i < h->nhosts; i++) {
		if (!str_eq(h->hosts[i].name, name))
			continue;
		h->opencode = h->hosts[i].client;
		return true;
	}
	return h->nhosts == 0 || err_set(e, ERR_CONFIG, false,
	                                 "the OpenCode server “%s” of this fix is not in "
	                                 "opencode.hosts any more",
	                                 name);
}

static bool healthy(struct wf *w, const struct opencode_host *k, const struct fix_contract *c,
        const char **version, struct err *e)
{
	return opencode_health(k->client, wf_arena(w), version, e) &&
	       opencode_check(k->client, wf_arena(w), c->agent, c->model, e);
}

/* The emptiest first: a place among one, then among two … */
static bool take(
        struct wf *w, const struct fix_contract *c, const bool *answers, bool *full, struct err *e)
{
	struct heal *h = wf_heal(w);
	int most = h->settings->opencode.capacity > 0 ? h->settings->opencode.capacity : 100;

	for (int places = 1; *full && places <= most; places++) {
		for (size_t i = 0; *full && i < h->nhosts; i++) {
			bool took = false;

			if (answers[i] && !fix_take_host(h->store, c->incident, c->n,
			                          h->hosts[i].name, places, &took, e))
				return false;
			if (took)
				h->opencode = h->hosts[i].client;
			*full = !took;
		}
	}
	return true;
}

bool fix_pick_host(
        struct wf *w, const struct fix_contract *c, const char **version, bool *full, struct err *e)
{
	struct heal *h = wf_heal(w);
	bool *answers = ARENA_ARRAY(wf_arena(w), h->nhosts + 1, bool), any = false;
	struct opencode_host only = {"", h->opencode};
	struct err why = {0};

	*full = false;
	if (!h->opencode)
		return none_set(e);
	if (h->nhosts == 0) /* a world with one server and no list */
		return healthy(w, &only, c, version, e);
	for (size_t i = 0; i < h->nhosts; i++) {
		answers[i] = healthy(w, &h->hosts[i], c, version, &why);
		any = any || answers[i];
	}
	if (!any) {
		*e = why;
		return false;
	}
	*full = true;
	return take(w, c, answers, full, e);
}
