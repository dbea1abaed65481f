/* bodies.c - the steps of a fix around its session: check, start, stop, verify, pull request. */
#include <string.h>

#include "clock.h"
#include "fix/host.h"
#include "fix/outcome.h"
#include "fix/redacted.h"
#include "fix/session.h"
#include "heal.h"
#include "str.h"

/* A session that is still busy is stopped again, for about five seconds in all. */
#define CI_OUTPUT     6000 /* bytes of a failing job that the agent gets */
#define STOP_TRIES    9
#define STOP_AGAIN_MS 400

static bool contract_of(struct wf *w, const json *in, struct fix_contract *c, struct err *e)
{
	return fix_contract_parse(wf_arena(w), json_get(in, ".contract"), c, e);
}

static bool have_opencode(const struct heal *h, struct err *e)
{
	return h->opencode ||
	       err_set(e, ERR_CONFIG, false,
	               "no OpenCode server is set: write its address to opencode.url");
}

static bool have_github(const struct heal *h, struct err *e)
{
	return h->github ||
	       err_set(e, ERR_CONFIG, false,
	               "no way to GitHub is set: GITHUB_TOKEN, or [github] app and GITHUB_APP_KEY");
}

static const json *clean(struct wf *w, json *j)
{
	return fix_redacted(wf_arena(w), wf_heal(w)->redact, j);
}

/* --- check --- */

static bool repo_usable(const struct github_repo *r, struct err *e)
{
	if (r->archived)
		return err_set(e, ERR_CONFLICT, false,
		        "%s is archived: nothing can be pushed to it", r->full_name);
	if (!r->can_push)
		return err_set(e, ERR_FORBIDDEN, false,
		        "GITHUB_TOKEN may not write to %s: give it Contents and Pull requests (write)",
		        r->full_name);
	return true;
}

const json *fix_body_check(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct fix_contract c;
	struct github_repo repo;
	const char *version, *sha;
	struct err gone = {0};
	bool full = false;
	json *out = json_obj(a);

	if (!have_opencode(h, e) || !have_github(h, e) || !contract_of(w, in, &c, e))
		return NULL;
	if (!github_repo_get(h->github, a, c.repo, &repo, e) || !repo_usable(&repo, e))
		return NULL;
	if (!c.base)
		c.base = repo.default_branch;
	if (!fix_contract_check(&c, e))
		return NULL;
	if (!github_branch(h->github, a, c.repo, c.base, &sha, e)) {
		err_wrap(e, "the base of the fix");
		return NULL;
	}
	if (!fix_pick_host(w, &c, &version, &full, e))
		return NULL;
	if (full) /* every server has its hands full: this one waits, visibly */
		return wf_again(w, h->settings->opencode.poll_ms, json_obj(a), e);
	json_set_str(out, "version", version);
	json_set_str(out, "repo", repo.full_name);
	json_set_str(out, "base", c.base);
	json_set_str(out, "base_sha", sha);
	if (!github_branch(h->github, a, c.repo, c.branch, &sha, &gone)) {
		if (gone.code != ERR_NOT_FOUND) {
			*e = gone;
			return NULL;
		}
		sha = "";
	}
	json_set_str(out, "branch_sha", sha);
	return out;
}

/* --- start --- */

static const char *title_of(struct arena *a, const struct fix_contract *c, int64_t attempt)
{
	return attempt > 1 ? arena_printf(a, "%s (%d)", fix_title(a, c), (int)attempt)
	                   : fix_title(a, c);
}

const json *fix_body_start(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct fix_contract c;
	struct opencode_session *s;
	struct opencode_prompt p = {0};
	const struct opencode_rule *rules;
	const char *title, *version;
	json *out = json_obj(a);
	size_t n;

	if (!have_opencode(h, e) || !contract_of(w, in, &c, e) || !fix_contract_check(&c, e))
		return NULL;
	if (!fix_use_host(w, &c, e))
		return NULL;
	rules = fix_rules(a, &c, &n);
	title = title_of(a, &c, json_int(in, ".attempt", 1));
	p.text = fix_prompt(a, &c, h->settings->heal.prompts, &version, e);
	s = p.text ? fix_session(w, &c, title, rules, n, e) : NULL;
	if (!s)
		return NULL;
	/* Server time and title: the same id in every repetition of this step. */
	p.message_id = opencode_message_id(a, s->created_ms, title);
	p.agent = c.agent;
	p.model = c.model;
	if (!opencode_prompt(h->opencode, a, s->id, &p, e))
		return NULL;
	json_set_str(out, "session", s->id);
	json_set_str(out, "message", p.message_id);
	json_set_str(out, "prompt_version", version);
	return out;
}

/* --- stop --- */

/* The session named, or the newest of this fix; "" = there is none. */
static bool session_of(
        struct wf *w, const json *in, const struct fix_contract *c, const char **id, struct err *e)
{
	struct err none = {0};

	*id = json_str(in, ".session", "");
	for (int attempt = 2; attempt >= 1 && !**id; attempt--) {
		struct opencode_session *s = opencode_find(wf_heal(w)->opencode, wf_arena(w),
		        title_of(wf_arena(w), c, attempt), &none);

		if (!s && none.code != ERR_NOT_FOUND) {
			*e = none;
			return false;
		}
		*id = s ? s->id : "";
	}
	return true;
}

/* An abort is a wish: the server answers true, and the session may go on all the same. */
static const json *stop_session(struct wf *w, const char *id, struct err *e)
{
	struct opencode *o = wf_heal(w)->opencode;
	int64_t tries = json_int(wf_state(w), ".tries", 0);
	json *out = json_obj(wf_arena(w));
	struct opencode_view v;

	if (*id && !opencode_abort(o, wf_arena(w), id, e))
		return NULL;
	if (*id && !opencode_look(o, wf_arena(w), id, &v, e))
		return NULL;
	if (*id && v.found && v.status != OPENCODE_IDLE && tries < STOP_TRIES) {
		json_set_int(out, "tries", tries + 1);
		return wf_again(w, STOP_AGAIN_MS, out, e);
	}
	json_set_bool(out, "stopped", !*id || !v.found || v.status == OPENCODE_IDLE);
	json_set_str(out, "session", *id ? id : NULL);
	json_set_num(out, "cost_usd", *id && v.found ? v.session.cost_usd : 0);
	return out;
}

const json *fix_body_abort(struct wf *w, const json *in, struct err *e)
{
	struct fix_contract c;
	const char *id;

	if (!contract_of(w, in, &c, e) || !fix_use_host(w, &c, e) || !session_of(w, in, &c, &id, e))
		return NULL;
	return stop_session(w, id, e);
}

/* --- verify, follow the pull request --- */

const json *fix_body_verify(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const json *said = json_get(in, ".claim");
	struct fix_claim claim = {
	        .status = json_str(said, ".status", ""),
	        .pr_number = (int)json_int(said, ".pr_number", 0),
	        .summary = json_str(said, ".summary", ""),
	        .tests = json_str(said, ".tests", ""),
	        .tested = json_get(in, ".tests"),
	        .refused = json_get(said, ".refused"),
	        .cost_usd = json_num(in, ".cost_usd", 0),
	};
	struct fix_contract c;
	struct fix_outcome o;
	bool ok;

	if (!have_github(h, e) || !contract_of(w, in, &c, e))
		return NULL;
	if (json_bool(claim.tested, ".ran", false)) /* what was seen wins over what was said */
		claim.tests = json_bool(claim.tested, ".passed", false) ? "passed" : "failed";
	ok = fix_verify(h->github, a, &c, &claim, json_get(in, ".published"), h->redact, &o, e);
	github_release(h->github);
	if (!ok)
		return NULL;
	return clean(w, fix_outcome_json(a, &o));
}

static json *ci_json(struct arena *a, const struct github_checks *k)
{
	json *j = json_obj(a), *failing = json_set_arr(j, "failing");

	json_set_str(j, "verdict", github_ci_name(k->verdict));
	json_set_int(j, "passed", k->passed);
	json_set_int(j, "failed", k->failed);
	json_set_int(j, "pending", k->pending);
	for (size_t i = 0; i < k->nfailing; i++) {
		json *f = json_add_obj(failing);

		json_set_str(f, "name",
		        str_clean(a, k->failing[i].name, strlen(k->failing[i].name), 80));
		json_set_str(f, "url", k->failing[i].url);
	}
	return j;
}

static void add_reviews(struct arena *a, json *out, const struct github_reviews *r)
{
	json *j = json_set_obj(out, "reviews");

	json_set_int(j, "approved", r->approved);
	json_set_int(j, "changes", r->changes);
	json_set_str(j, "by", str_clean(a, r->by, strlen(r->by), 60));
	json_set_bool(j, "wants_changes", r->wants_changes);
}

const json *fix_body_pr(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct fix_contract c;
	struct github_pr pr;
	struct github_checks checks;
	struct github_reviews reviews;
	json *out;

	if (!have_github(h, e) || !contract_of(w, in, &c, e))
		return NULL;
	if (!github_pr_get(h->github, a, c.repo, (int)json_int(in, ".number", 0), &pr, e))
		return NULL;
	out = fix_pr_json(a, &pr);
	/* Of the head that was read just now. */
	if (!github_checks_get(h->github, a, c.repo, pr.head_sha, &checks, e))
		return NULL;
	json_set(out, "ci", ci_json(a, &checks));
	if (!github_reviews_get(h->github, a, c.repo, pr.number, &reviews, e))
		return NULL;
	add_reviews(a, out, &reviews);
	return clean(w, out);
}

const json *fix_body_ci(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct fix_contract c;
	struct github_checks checks;
	json *out = json_obj(a);
	const char *text = "";

	if (!have_github(h, e) || !contract_of(w, in, &c, e) ||
	        !github_checks_get(h->github, a, c.repo, json_str(in, ".sha", ""), &checks, e))
		return NULL;
	for (size_t i = 0; i < checks.nfailing && !*text; i++) {
		if (!github_check_output(
		            h->github, a, c.repo, &checks.failing[i], CI_OUTPUT, &text, e))
			return NULL;
		json_set_str(out, "name", checks.failing[i].name);
	}
	json_set_bool(out, "failing", checks.nfailing > 0);
	json_set_str(out, "text", text);
	return clean(w, out);
}

const json *fix_body_session(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const char *id = json_str(in, ".session", "");
	struct opencode_view v = {0};
	json *out = json_obj(a);
	struct fix_contract c;
	int64_t last = 0;

	if (!contract_of(w, in, &c, e) || !fix_use_host(w, &c, e) ||
	        (*id && !opencode_look(h->opencode, a, id, &v, e)))
		return NULL;
	for (size_t i = 0; i < v.nmessages; i++)
		last = v.messages[i].created_ms > last ? v.messages[i].created_ms : last;
	json_set_bool(out, "found", v.found);
	json_set_bool(out, "busy", v.status != OPENCODE_IDLE);
	json_set_int(out, "last_ms", last);
	return out;
}
