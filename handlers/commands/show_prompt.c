/* What left the machine for a model, byte for byte, with a receipt. See show_prompt.h. */
#include "show_prompt.h"

#include <ctype.h>
#include <string.h>

#include "clock.h"
#include "slack.h"
#include "spark.h"
#include "str.h"

enum { MAX_KINDS = 24, MAX_FILES = 12 };

/* --- the receipt: masks look like <kind#hhhh> (redact.h) --- */

struct receipt {
	struct {
		const char *kind;
		size_t n;
	} of[MAX_KINDS];
	size_t nkinds, total;
};

static void count(struct receipt *r, const char *kind)
{
	r->total++;
	for (size_t i = 0; i < r->nkinds; i++) {
		if (str_eq(r->of[i].kind, kind)) {
			r->of[i].n++;
			return;
		}
	}
	if (r->nkinds < MAX_KINDS) {
		r->of[r->nkinds].kind = kind;
		r->of[r->nkinds++].n = 1;
	}
}

/* The kind of the mask at s ('<'); NULL = it is none. */
static const char *mask_kind(struct arena *a, const char *s)
{
	static const char kind[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t n = strspn(s + 1, kind), hex = 0;

	while (s[1 + n] == '#' && isxdigit((unsigned char)s[2 + n + hex]))
		hex++;
	return n > 0 && hex >= 4 && s[2 + n + hex] == '>' ? arena_strndup(a, s + 1, n) : NULL;
}

static const char *receipt_of(struct arena *a, const char *body)
{
	struct receipt r = {0};
	struct str b = str_new(a);

	for (const char *s = strchr(body, '<'); s; s = strchr(s + 1, '<')) {
		const char *kind = mask_kind(a, s);

		if (kind)
			count(&r, kind);
	}
	if (r.total == 0)
		return "nothing masked in it";
	str_addf(&b, "%zu masked in it: ", r.total);
	for (size_t i = 0; i < r.nkinds; i++)
		str_addf(&b, "%s%zu %s", i ? ", " : "", r.of[i].n, r.of[i].kind);
	return b.s;
}

/* --- the files --- */

static const char *file_name(struct arena *a, int64_t incident, size_t i, const char *purpose)
{
	return arena_printf(a, "inc-%lld-%zu-%s.json", (long long)incident, i + 1, purpose);
}

static const json *send_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	int64_t incident = json_int(in, ".incident", 0);
	const char *dm, *id;
	struct prompt_row *rows;
	size_t n;

	if (!prompt_list(h->store, a, incident, &rows, &n, e) ||
	        !slack_open_dm(h->slack, a, json_str(in, ".user", ""), &dm, e))
		return NULL;
	for (size_t i = n > MAX_FILES ? n - MAX_FILES : 0; i < n; i++) {
		struct slack_file f = {.channel = dm,
		        .name = file_name(a, incident, i, rows[i].purpose),
		        .title = arena_printf(a, "INC-%lld: %s, as it was sent",
		                (long long)incident, rows[i].purpose),
		        .bytes = rows[i].body,
		        .len = strlen(rows[i].body)};

		if (!slack_upload(h->slack, a, &f, &id, e))
			return NULL;
	}
	if (!audit_add(h->store, wf_key(w), json_str(in, ".user", NULL), "show prompt", incident,
	            NULL, e))
		return NULL;
	return json_obj(a);
}

static const char *listed(struct arena *a, const struct prompt_row *rows, size_t n)
{
	struct str b = str_new(a);

	for (size_t i = 0; i < n; i++)
		mrk_add(&b, "%zu · %s · %s · %s UTC · %s bytes · `%s` · %s\n", i + 1,
		        rows[i].purpose, str_or(rows[i].model, "?"), clock_hhmm(a, rows[i].ts_ms),
		        num_int(a, (double)strlen(rows[i].body)), str_hash_hex(a, rows[i].body),
		        receipt_of(a, rows[i].body));
	return b.s;
}

static bool answer(struct wf *w, const struct call *c, const struct incident *inc,
        const struct prompt_row *rows, size_t n, struct err *e)
{
	static const struct wf_policy once = {.attempts = 1};
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, "Prompts");
	json *in = json_obj(a);
	bool sent;

	json_set_int(in, "incident", inc->id);
	json_set_str(in, "user", c->user);
	sent = wf_step_with(w, "send", &once, send_step, in, e) != NULL;
	if (!sent && (e->code == ERR_SUSPENDED || e->code == ERR_CANCELED))
		return false;
	message_section(m, KEEP_ALWAYS,
	        mrk(a, "*What left this machine for a model about INC-%s*: %zu requests",
	                arena_printf(a, "%lld", (long long)inc->id), n));
	message_section(m, KEEP_HIGH, listed(a, rows, n));
	message_context(m, KEEP_ALWAYS,
	        sent ? "The files are in your direct messages with me, byte for byte."
	             : mrk(a, "The files could not be sent: %s. The last one:", e->msg));
	if (!sent)
		message_pre(m, KEEP_NORMAL, rows[n - 1].body);
	return reply(w, c, "reply", m, e);
}

bool show_prompt(struct wf *w, const struct call *c, const struct incident *inc, struct err *e)
{
	struct prompt_row *rows;
	/* Without a list of responders everybody is one: then only who is named counts. */
	enum right need = wf_heal(w)->settings->who.responders[0] ? RIGHT_RESPONDER : RIGHT_FIXER;
	enum right has;
	size_t n;

	if (!right_of(w, c->user, &has, e))
		return false;
	if (has < need)
		return reply_text(w, c, "refused", e,
		        "What was sent to a model is shown to %ss; you are %s. Ask: %s.",
		        right_name(need), right_name(has), right_whom(w, need));
	if (!prompt_list(wf_heal(w)->store, wf_arena(w), inc->id, &rows, &n, e))
		return false;
	if (n == 0)
		return reply_text(w, c, "none", e,
		        "Nothing about INC-%lld was sent to a model, or it was more than 90 days ago.",
		        (long long)inc->id);
	return answer(w, c, inc, rows, n, e);
}
