/*
 * FIX: the contract is checked, a session made, the plan handed over, the agent followed to its
 * end, and what it left verified at GitHub. Then the pull request's card stands in the thread and
 * FOLLOW takes over. One fix at a time per repository; others wait in the queue, visibly.
 */
#include "fix.h"

#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "facts.h"
#include "fix_start.h"
#include "handler.h"
#include "incident.h"
#include "log.h"
#include "redact.h"
#include "str.h"

/* --- from a wish to a contract --- */

static const char *repo_of(const struct heal *h, const struct incident *inc, const json *in)
{
	const char *repo = json_str(in, ".repo", settings_service(h->settings, inc->service)->repo);

	return repo ? repo : json_str(inc->facts, ".service.repo", NULL);
}

static const char *branch_of(const struct heal *h, const struct incident *inc, const json *in)
{
	const char *b =
	        json_str(in, ".branch", settings_service(h->settings, inc->service)->branch);

	return b ? b : json_str(inc->facts, ".service.branch", NULL);
}

static bool skips(const json *in, size_t number)
{
	json_each (n, json_get(in, ".skip"))
		if (json_int(n, "", 0) == (int64_t)number)
			return true;
	return false;
}

/* The plan as the agent gets it, without the steps that a person left out. */
static const char *plan_text(
        struct arena *a, const struct diagnosis *dx, const json *in, struct err *e)
{
	struct plan p;
	size_t kept = 0, n;

	if (!plan_parse(a, dx->plan, &p, e))
		return NULL;
	n = p.nsteps;
	for (size_t i = 0; i < n; i++)
		if (!skips(in, i + 1))
			p.steps[kept++] = p.steps[i];
	p.nsteps = kept;
	if (n > 0 && kept == 0) {
		err_set(e, ERR_INPUT, false,
		        "every step of the plan was left out; tick at least one");
		return NULL;
	}
	return plan_for_agent(a, &p);
}

static bool pick_base(struct heal *h, struct arena *a, struct fix_contract *c, struct err *e)
{
	struct github_repo repo;

	if (!h->github)
		return err_set(e, ERR_INPUT, false,
		        "no GitHub token is set, so nothing could be verified; an operator sets "
		        "GITHUB_TOKEN");
	if (!github_repo_get(h->github, a, c->repo, &repo, e))
		return false;
	c->repo = repo.full_name;
	if (!c->base)
		c->base = repo.default_branch;
	return true;
}

static double budget_of(const struct settings *s, double asked)
{
	double limit = s->limits.fix_usd;

	return asked > 0 && (limit <= 0 || asked < limit) ? asked : limit;
}

static void fill_limits(
        struct heal *h, const struct incident *inc, const json *in, struct fix_contract *c)
{
	const struct settings *s = h->settings;
	const struct service_settings *svc = settings_service(s, inc->service);

	c->directory = svc->directory;
	c->tests = svc->tests;
	c->publish_cmd = s->opencode.publish_cmd;
	c->budget_usd = budget_of(s, json_num(in, ".budget", 0));
	c->deadline_ms = clock_now_ms() + s->opencode.deadline_ms;
	c->idle_ms = s->opencode.idle_ms;
	c->draft = json_bool(in, ".draft", false);
	c->agent = s->opencode.agent;
	c->model = s->opencode.model;
	c->extra = json_str(in, ".extra", NULL);
}

static bool make_contract(struct wf *w, const struct incident *inc, const struct diagnosis *dx,
        const json *in, struct fix_contract *c, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);

	*c = (struct fix_contract){
	        .incident = inc->id,
	        .service = inc->service,
	        .headline = inc->headline,
	        .repo = repo_of(h, inc, in),
	        .base = branch_of(h, inc, in),
	        .plan_version = dx->version,
	        .plan_hash = dx->plan_hash,
	        .evidence = dx->evidence,
	        .requested_by = person_name(h, a, json_str(in, ".user", NULL)),
	};
	if (!c->repo)
		return err_set(e, ERR_INPUT, false,
		        "%s has no repository: set repo = owner/name in [service \"%s\"] of heal.ini, or "
		        "`/heal fix %lld repo=owner/name`",
		        inc->service, inc->service, (long long)inc->id);
	fill_limits(h, inc, in, c);
	c->plan = plan_text(a, dx, in, e);
	if (!c->plan || !pick_base(h, a, c, e))
		return false;
	c->clone_url = arena_printf(a, "%s/%s.git", h->settings->github.git_url, c->repo);
	return true;
}

static bool may_fix(const struct heal *h, const struct incident *inc, const struct diagnosis *dx,
        const json *in, struct err *e)
{
	int64_t seen = json_int(in, ".plan_version", 0);

	if (!h->opencode)
		return err_set(e, ERR_INPUT, false,
		        "no OpenCode server is connected; an operator sets url in [opencode]");
	if (!dx || !dx->plan)
		return err_set(e, ERR_INPUT, false,
		        "INC-%lld has no plan yet; `/heal diagnose %lld` makes one",
		        (long long)inc->id, (long long)inc->id);
	if (seen > 0 && seen != dx->version)
		return err_set(e, ERR_CONFLICT, false,
		        "the plan is now v%d; look at it in the thread and start again",
		        dx->version);
	return true;
}

/* What the metric is now: what the fix has to beat. */
static void add_before(json *contract, const struct incident *inc)
{
	const char *unit;
	const char *metric = facts_metric_of(inc->signal, &unit);
	json *b = json_set_obj(contract, "before");

	json_set_str(b, "metric", metric);
	json_set_str(b, "unit", unit);
	json_set_num(b, "value", facts_metric(inc->facts, metric));
}

static bool start_run(struct wf *w, const struct fix_row *row, int64_t *run, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_obj(a);
	struct fix_row known = {.incident = row->incident, .n = row->n, .cost_usd = -1};
	struct wf_start st = {
	        .workflow = "fix",
	        .input = in,
	        .key = arena_printf(a, "fix:%lld:%d", (long long)row->incident, row->n),
	        .concurrency = arena_printf(a, "fix:%s", row->repo),
	};

	json_set_int(in, "incident", row->incident);
	json_set_int(in, "n", row->n);
	json_set(in, "contract", row->contract);
	json_set_str(in, "user", row->started_by);
	if (!flow_start(wf_heal(w)->store, &st, run, e))
		return false;
	known.run = *run;
	return fix_update(wf_heal(w)->store, &known, NULL, e);
}

static const json *begin_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(h->store, a, json_int(in, ".incident", 0), e);
	struct err none = {0};
	struct diagnosis *dx = inc ? diagnosis_get(h->store, a, inc->id, 0, &none) : NULL;
	struct fix_row *last = inc ? fix_get(h->store, a, inc->id, 0, &none) : NULL;
	struct fix_contract c;
	struct fix_row row = {.cost_usd = -1, .state = "queued"};
	json *out = json_obj(a), *contract;
	int64_t run;

	if (!inc || !may_fix(h, inc, dx, in, e) || !make_contract(w, inc, dx, in, &c, e))
		return NULL;
	c.n = row.n = last ? last->n + 1 : 1;
	if (last && str_eq(json_str(last->contract, ".key", ""), wf_key(w)))
		c.n = row.n = last->n; /* our own, from before a crash */
	c.branch = fix_branch(a, inc->id, c.n);
	if (!fix_contract_check(&c, e))
		return NULL;
	contract = fix_contract_json(a, &c);
	json_set_str(contract, "key", wf_key(w));
	add_before(contract, inc);
	row.incident = inc->id;
	row.repo = c.repo;
	row.base = c.base;
	row.branch = c.branch;
	row.contract = contract;
	row.started_by = json_str(in, ".user", NULL);
	row.started_ms = clock_now_ms();
	row.deadline_ms = c.deadline_ms;
	if (!fix_begin(
	            h->store, wf_key(w), &row, h->settings->limits.open_prs_per_repo, &row.n, e) ||
	        !start_run(w, &row, &run, e) ||
	        !audit_add(h->store, row.started_by, "fix", inc->id, contract, e))
		return NULL;
	json_set_int(out, "n", row.n);
	json_set_int(out, "run", run);
	json_set_str(out, "repo", c.repo);
	json_set_str(out, "base", c.base);
	json_set_str(out, "branch", c.branch);
	json_set_int(out, "plan_version", dx->version);
	json_set_str(out, "plan_hash", dx->plan_hash);
	return out;
}

const json *fix_start(struct wf *w, const struct call *c, const struct fix_ask *ask, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", ask->incident);
	json_set_int(in, "plan_version", ask->plan_version);
	json_set_str(in, "extra", ask->extra);
	json_set_str(in, "repo", ask->repo);
	json_set_str(in, "branch", ask->branch);
	json_set_num(in, "budget", ask->budget_usd);
	json_set_bool(in, "draft", ask->draft);
	json_set(in, "skip", ask->skip);
	json_set_str(in, "user", c->user);
	return wf_step(w, "begin", begin_step, in, e);
}

/* --- the run --- */

/* The clock of the deadline starts here: a fix may have waited in its repository's queue. */
static const json *running_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	struct fix_row row = {
	        .incident = json_int(in, ".incident", 0),
	        .n = (int)json_int(in, ".n", 0),
	        .state = "running",
	        .deadline_ms = clock_now_ms() + wf_heal(w)->settings->opencode.deadline_ms,
	        .cost_usd = -1,
	};

	if (!fix_update(wf_heal(w)->store, &row, NULL, e))
		return NULL;
	json_set_int(out, "deadline", row.deadline_ms);
	return out;
}

static const json *session_step(struct wf *w, const json *in, struct err *e)
{
	const json *got = fix_body_start(w, in, e);
	struct fix_row row = {
	        .incident = json_int(in, ".contract.incident", 0),
	        .n = (int)json_int(in, ".contract.n", 0),
	        .session = json_str(got, ".session", NULL),
	        .cost_usd = -1,
	};

	if (!got || !fix_update(wf_heal(w)->store, &row, NULL, e))
		return NULL;
	return got;
}

/* A session, and the agent's work in it to its end; once more when the server lost it. */
static const json *work(struct wf *w, const json *contract, struct err *e)
{
	struct arena *a = wf_arena(w);
	static const struct wf_policy patient = {.attempts = 40,
	        .first_ms = 2000,
	        .max_ms = 15000}; /* the contract has the deadline */
	const json *end = NULL;

	for (int attempt = 1; attempt <= 2; attempt++) {
		json *in = json_obj(a);
		const json *session;

		json_set(in, "contract", contract);
		json_set_int(in, "attempt", attempt);
		session = wf_step(w, arena_printf(a, "session:%d", attempt), session_step, in, e);
		if (!session)
			return NULL;
		json_set_str(in, "session", json_str(session, ".session", NULL));
		json_set_str(in, "message", json_str(session, ".message", NULL));
		end = wf_step_with(
		        w, arena_printf(a, "follow:%d", attempt), &patient, fix_body_follow, in, e);
		if (!end || !str_eq(json_str(end, ".end", ""), "lost"))
			return end;
	}
	return end;
}

static struct fix_row row_of(struct wf *w)
{
	return (struct fix_row){
	        .incident = json_int(wf_input(w), ".incident", 0),
	        .n = (int)json_int(wf_input(w), ".n", 0),
	        .cost_usd = -1,
	        .ended_ms = clock_now_ms(),
	};
}

static bool record_pr(struct wf *w, const json *in, struct fix_row *row, struct err *e)
{
	const json *pr = json_get(in, ".outcome.pr");
	json *card = json_copy(wf_arena(w), pr);
	struct incident_event ev = {.kind = INCIDENT_EV_PR_OPENED};

	row->state = "pr_open";
	row->pr_number = (int)json_int(pr, ".number", 0);
	row->pr_url = json_str(pr, ".url", NULL);
	row->pr_title = json_str(pr, ".title", NULL);
	json_set(card, "flags", json_get(in, ".outcome.gate.flags"));
	row->pr = card;
	ev.note = arena_printf(wf_arena(w), "%s#%d", json_str(in, ".repo", ""), row->pr_number);
	return fix_settle(wf_heal(w)->store, row, &ev, NULL, e);
}

static const char *failure_text(struct arena *a, const json *in)
{
	const char *why = json_str(in, ".end.why", "");
	const char *left = json_str(in, ".outcome.left", "");

	if (!*why && !*left)
		return "the agent ended without a pull request; nothing was pushed";
	return arena_printf(a, "%s%s%s", why, *why && *left ? ". " : "", left);
}

/* What came of it, once: the card, or what happened and what is left behind. */
static const json *record_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct fix_row row = row_of(w);
	struct incident_event ev = {.kind = INCIDENT_EV_FIX_FAILED};
	bool pr = str_eq(json_str(in, ".outcome.end", ""), "pr");
	json *out = json_obj(a);

	row.cost_usd = json_num(in, ".end.cost_usd", 0);
	row.progress = json_get(in, ".end.progress");
	if (!spend_add(h->store, wf_key(w), row.incident, "fix",
	            json_str(wf_input(w), ".user", NULL), row.cost_usd, 0, e))
		return NULL;
	json_set_bool(out, "pr", pr);
	json_set_int(out, "number", json_int(in, ".outcome.pr.number", 0));
	if (pr)
		return record_pr(w, in, &row, e) ? out : NULL;
	row.state = "failed";
	row.error = ev.note = redact_text(h->redact, a, failure_text(a, in));
	return fix_settle(h->store, &row, &ev, NULL, e) ? out : NULL;
}

static bool start_follow(struct wf *w, int number, struct err *e)
{
	json *in = json_copy(wf_arena(w), wf_input(w));
	int64_t run;

	json_set_int(in, "number", number);
	return wf_spawn(w, "follow the pull request", "follow", in, &run, e);
}

static bool fix(struct wf *w, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_obj(a), *contract = json_copy(a, json_get(wf_input(w), ".contract"));
	const json *running = wf_step(w, "running", running_step, wf_input(w), e);
	const json *end, *outcome, *recorded;

	if (!running)
		return false;
	json_set_int(contract, "deadline_ms", json_int(running, ".deadline", 0));
	json_set(in, "contract", contract);
	if (!wf_step(w, "check", fix_body_check, in, e))
		return false;
	end = work(w, contract, e);
	if (!end)
		return false;
	json_set(in, "claim", json_get(end, ".claim"));
	outcome = wf_step(w, "verify", fix_body_verify, in, e);
	if (!outcome)
		return false;
	in = json_obj(a);
	json_set(in, "end", end);
	json_set(in, "outcome", outcome);
	json_set_str(in, "repo", json_str(wf_input(w), ".contract.repo", ""));
	recorded = wf_step(w, "record", record_step, in, e);
	if (!recorded)
		return false;
	return !json_bool(recorded, ".pr", false) ||
	       start_follow(w, (int)json_int(recorded, ".number", 0), e);
}

/* The run failed for good: the session is ended, the thread says what happened. */
static const json *failed_step(struct wf *w, const json *in, struct err *e)
{
	struct fix_row row = {
	        .incident = json_int(in, ".input.incident", 0),
	        .n = (int)json_int(in, ".input.n", 0),
	        .state = "failed",
	        .error = arena_printf(wf_arena(w), "%s", json_str(in, ".error", "the fix failed")),
	        .ended_ms = clock_now_ms(),
	        .cost_usd = -1,
	};
	struct incident_event ev = {.kind = INCIDENT_EV_FIX_FAILED, .note = row.error};

	return fix_settle(wf_heal(w)->store, &row, &ev, NULL, e) ? json_obj(wf_arena(w)) : NULL;
}

/* True also when the server cannot be reached: then the session ends at its own limits. */
static bool end_session(struct wf *w, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	struct err unreachable = {0};

	json_set(in, "contract", json_get(wf_input(w), ".input.contract"));
	json_set_null(in, "session");
	if (wf_step(w, "abort", fix_body_abort, in, &unreachable))
		return true;
	if (unreachable.code == ERR_SUSPENDED || unreachable.code == ERR_CANCELED) {
		*e = unreachable;
		return false;
	}
	log_warn("fix", "the session could not be ended: %s", unreachable.msg);
	return true;
}

static bool fix_failed(struct wf *w, struct err *e)
{
	return end_session(w, e) && wf_step(w, "record", failed_step, wf_input(w), e) != NULL;
}

/* Stopped while a step was on its way: the session it may just have made is ended too. Who stopped
 * it has recorded why. */
static bool fix_cancelled(struct wf *w, struct err *e)
{
	return end_session(w, e);
}

const struct workflow wf_fix = {
        .name = "fix",
        .version = 1,
        .run = fix,
        .lane = WF_BACKGROUND,
        .on_failure = fix_failed,
        .on_cancel = fix_cancelled,
};
