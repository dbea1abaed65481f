/* The message of an act at Railway: what was sent by whom, what came of it, and the way back. */
#include <string.h>

#include "clock.h"
#include "incident/render_private.h"
#include "render.h"
#include "str.h"

static const char *lamp(const struct act_row *act)
{
	if (str_eq(act->state, "running"))
		return "⏳";
	if (str_eq(act->state, "unknown"))
		return "❔";
	if (!str_eq(act->state, "done"))
		return "❌";
	return str_eq(json_str(act->proof, ".verdict", ""), "not verified") ? "⚠️" : "✅";
}

/* "KIND args" of the ask that takes it back, as the button's words. */
static const char *undo_words(struct arena *a, const json *undo)
{
	const char *kind = json_str(undo, ".kind", "");
	struct str b = str_new(a);

	str_add(&b, kind);
	if (json_str(undo, ".deployment", NULL))
		str_addf(&b, " %s", json_str(undo, ".deployment", ""));
	if (json_int(undo, ".replicas", 0) > 0)
		str_addf(&b, " replicas=%d", (int)json_int(undo, ".replicas", 0));
	if (json_num(undo, ".cpu", 0) > 0)
		str_addf(&b, " cpu=%g", json_num(undo, ".cpu", 0));
	if (json_num(undo, ".memory_gb", 0) > 0)
		str_addf(&b, " memory=%g", json_num(undo, ".memory_gb", 0));
	return b.s;
}

static void add_undo(const struct render *r, struct message *m)
{
	const json *undo = json_get(r->act->proposal, ".undo_ask");
	struct button b = {.action = "act", .text = "↩️ Undo…"};

	if (!json_is_obj(undo) || !str_eq(r->act->state, "done") ||
	        incident_state_over(r->inc->state))
		return;
	b.value = arena_printf(r->a, "%s %s", render_id(r->a, r->inc), undo_words(r->a, undo));
	message_button(m, &b);
}

struct message *render_act(const struct render *r)
{
	const struct act_row *act = r->act;
	struct message *m;

	if (!act)
		return NULL;
	m = message_new(
	        r->a, arena_printf(r->a, "%s for INC-%s", json_str(act->proposal, ".title", "Act"),
	                      render_id(r->a, r->inc)));
	message_section(m, KEEP_ALWAYS,
	        mrk(r->a, "%s *%s* by %s", lamp(act), json_str(act->proposal, ".title", ""),
	                r->name(r->name_ctx, r->a, act->started_by)));
	message_section(m, KEEP_HIGH, mrk(r->a, "%s", str_or(act->note, "starting…")));
	message_context(m, KEEP_NORMAL, mrk(r->a, "%s", json_str(act->proposal, ".changes", "")));
	add_undo(r, m);
	return m;
}
