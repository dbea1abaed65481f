/* session.c - see session.h. */
#include "fix/session.h"

#include <openssl/evp.h>
#include <string.h>

#include "incident.h"
#include "log.h"
#include "str.h"

/* How far the clocks of the two hosts may be apart. */
#define CLOCK_SKEW_MS 300000

struct opencode_session *fix_session(struct wf *w, const struct fix_contract *c, const char *title,
        const struct opencode_rule *rules, size_t nrules, struct err *e)
{
	struct opencode *o = wf_heal(w)->opencode;
	struct arena *a = wf_arena(w);
	json *meta = json_obj(a);
	struct opencode_new_session n = {
	        .title = title, .metadata = meta, .rules = rules, .nrules = nrules};
	struct err none = {0};
	struct opencode_session *s = opencode_find(o, a, title, &none);

	/* One of the same name from before this run is of another life of the bot: a new store on
	 * an old server counts its incidents from 1 again. */
	if (s && s->created_ms + CLOCK_SKEW_MS >= wf_started_ms(w)) {
		wf_found(w);
		return s;
	}
	if (!s && none.code != ERR_NOT_FOUND) {
		*e = none;
		return NULL;
	}
	json_set_str(meta, "bot",
	        json_str(memo_get(wf_heal(w)->store, a, "instance"), ".id", NULL)); /* sweep.c */
	json_set_int(meta, "incident", c->incident);
	json_set_int(meta, "fix", c->n);
	json_set_str(meta, "repo", c->repo);
	json_set_str(meta, "branch", c->branch);
	return opencode_create(o, a, &n, e);
}

static const char *shell_title(struct arena *a, const struct fix_contract *c)
{
	return arena_printf(a, "heal-read:inc-%lld-%d:%s", (long long)c->incident, c->n, c->repo);
}

/* The server hands a command through two shells, the first of which expands "$" and backslashes in
 * it (1.18: eval of a JSON string). Base64 has neither. */
static const char *wrapped(struct arena *a, const char *script)
{
	size_t n = strlen(script);
	char *code = arena_alloc(a, (n + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)code, (const unsigned char *)script, (int)n);
	return arena_printf(a, "echo %s | base64 -d | sh", code);
}

bool fix_shell(struct wf *w, const struct fix_contract *c, const char *command, uint32_t timeout_ms,
        const char **output, struct err *e)
{
	struct opencode_session *s = fix_session(w, c, shell_title(wf_arena(w), c), NULL, 0, e);

	return s &&
	       opencode_shell(wf_heal(w)->opencode, wf_arena(w), s->id, str_or(c->agent, "build"),
	               wrapped(wf_arena(w), command), timeout_ms, output, e);
}

void fix_shell_end(struct wf *w, const struct fix_contract *c)
{
	struct opencode *o = wf_heal(w)->opencode;
	struct err e = {0};
	struct opencode_session *s = opencode_find(o, wf_arena(w), shell_title(wf_arena(w), c), &e);

	if (s && !opencode_delete(o, wf_arena(w), s->id, &e))
		log_warn("fix", "a session could not be removed: %s", e.msg);
}
