/*
 * From a person's wish to a contract and a run: which repository, which steps of the plan, what it
 * may cost. See include/fix_start.h; the run itself is fix.c.
 */
#include "fix_start.h"

#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "fix.h"
#include "handler.h"
#include "hold.h"
#include "incident.h"
#include "prove.h"
#include "slack.h"
#include "spark.h"
#include "str.h"

enum { DAY_MS = 24 * 3600 * 1000 };
#define LEAST_USD 0.05 /* with less no agent gets anywhere */

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
static const char *plan_text(struct arena *a, const struct diagnosis *dx, const json *in,
        const char **cause, struct err *e)
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
	*cause = p.cause;
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
		        "GITHUB_TOKEN, or a GitHub App ([github] app)");
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

struct purse {
	int64_t span_ms;
	double limit; /* <= 0 = none */
	const char *words, *key;
};

/* Of the purse's money what is not spent and not promised to other fixes; the budget shrinks to it.
 */
static bool within(struct wf *w, const struct purse *p, struct fix_contract *c, struct err *e)
{
	struct heal *h = wf_heal(w);
	double spent, reserved, left;

	if (p->limit <= 0)
		return true;
	if (!spend_sum(h->store, clock_now_ms() - p->span_ms, NULL, 0, &spent, e) ||
	        !fix_reserved(h->store, &reserved, e))
		return false;
	left = p->limit - spent - reserved;
	if (left < LEAST_USD)
		return err_set(e, ERR_CONFLICT, false,
		        "of %s %s ([limits] %s) %s are spent and %s promised to fixes under way; no fix "
		        "was started",
		        p->words, num_usd(wf_arena(w), p->limit), p->key,
		        num_usd(wf_arena(w), spent), num_usd(wf_arena(w), reserved));
	if (c->budget_usd <= 0 || c->budget_usd > left)
		c->budget_usd = left;
	return true;
}

static bool within_limits(struct wf *w, struct fix_contract *c, struct err *e)
{
	const struct settings *s = wf_heal(w)->settings;
	const struct purse day = {DAY_MS, s->limits.day_usd, "today's", "day_usd"};
	const struct purse month = {30LL * DAY_MS, s->limits.month_usd, "the month's", "month_usd"};

	return within(w, &day, c, e) && within(w, &month, c, e);
}

static void fill_limits(
        struct heal *h, const struct incident *inc, const json *in, struct fix_contract *c)
{
	const struct settings *s = h->settings;
	const struct service_settings *svc = settings_service(s, inc->service);

	c->publish = (enum fix_publish)s->fix.publish;
	c->breach = (enum fix_breach)s->fix.breach;
	c->tests_must_pass = s->fix.tests_must_pass;
	c->test_rounds = s->fix.test_rounds;
	c->ci_rounds = s->fix.ci_rounds;
	c->max_files = s->fix.max_files;
	c->max_lines = s->fix.max_lines;
	c->directory = svc->directory;
	c->tests = json_str(in, ".tests", svc->tests);
	c->publish_cmd = s->opencode.publish_cmd;
	c->budget_usd = budget_of(s, json_num(in, ".budget", 0));
	c->work_ms = json_int(in, ".deadline", 0);
	if (c->work_ms <= 0 || c->work_ms > s->opencode.deadline_ms)
		c->work_ms = s->opencode.deadline_ms;
	c->deadline_ms = clock_now_ms() + c->work_ms;
	c->idle_ms = s->opencode.idle_ms;
	c->draft = json_bool(in, ".draft", false);
	c->agent = s->opencode.agent;
	c->model = s->opencode.model;
	c->extra = json_str(in, ".extra", NULL);
}

/* The paths of a dialog; NULL when the person left them as they were. */
static const char **globs(struct arena *a, const json *list)
{
	const char **out;
	size_t n = 0;

	if (!json_is_arr(list))
		return NULL;
	out = ARENA_ARRAY(a, json_len(list) + 1, const char *);
	json_each (it, list)
		out[n++] = json_str(it, "", "");
	return out;
}

static bool make_contract(struct wf *w, const struct incident *inc, const struct diagnosis *dx,
        const json *in, struct fix_contract *c, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct err none = {0};

	*c = (struct fix_contract){
	        .incident = inc->id,
	        .service = inc->service,
	        .headline = inc->headline,
	        .repo = repo_of(h, inc, in),
	        .base = branch_of(h, inc, in),
	        .plan_version = dx->version,
	        .plan_hash = dx->plan_hash,
	        .evidence = evidence_json_for_machine(a, dx->evidence),
	        .requested_by = person_name(h, a, json_str(in, ".user", NULL)),
	};
	if (!c->repo)
		return err_set(e, ERR_INPUT, false,
		        "%s has no repository: set repo = owner/name in [service \"%s\"] of heal.ini, or "
		        "`/heal fix %lld repo=owner/name`",
		        inc->service, inc->service, (long long)inc->id);
	fill_limits(h, inc, in, c);
	c->allowed = globs(a, json_get(in, ".allowed"));
	c->forbidden = globs(a, json_get(in, ".forbidden"));
	c->plan = plan_text(a, dx, in, &c->cause, e);
	if (!c->plan || !pick_base(h, a, c, e))
		return false;
	/* A link is a courtesy: without it the fix goes on. */
	if (h->slack && inc->root_ts &&
	        !slack_permalink(h->slack, a, inc->channel, inc->root_ts, &c->thread, &none))
		c->thread = NULL;
	c->clone_url = arena_printf(a, "%s/%s.git", h->settings->github.git_url, c->repo);
	return true;
}

static bool may_fix(const struct heal *h, const struct incident *inc, const struct diagnosis *dx,
        const json *in, struct err *e)
{
	int64_t seen = json_int(in, ".plan_version", 0);
	const char *hash = json_str(in, ".plan_hash", NULL);

	if (!h->opencode)
		return err_set(e, ERR_INPUT, false,
		        "no OpenCode server is connected; an operator sets url in [opencode]");
	if (!dx || !dx->plan)
		return err_set(e, ERR_INPUT, false,
		        "INC-%lld has no plan yet; `/heal diagnose %lld` makes one",
		        (long long)inc->id, (long long)inc->id);
	if (hash && seen == dx->version && !str_eq(hash, dx->plan_hash))
		seen = -1; /* the same number, other words */
	if (seen != 0 && seen != dx->version)
		return err_set(e, ERR_CONFLICT, false,
		        "the plan is now v%d; look at it in the thread and start again",
		        dx->version);
	return true;
}

/* One pull request of an incident at a time, and one fix of a dialog. */
static bool is_free(struct arena *a, const struct fix_row *last, const json *in, struct err *e)
{
	const char *approval = json_str(in, ".approval", NULL);

	(void)a;
	if (last && str_eq(last->state, "pr_open"))
		return err_set(e, ERR_CONFLICT, false,
		        "PR #%d of INC-%lld is still open in %s; merge or close it first",
		        last->pr_number, (long long)last->incident, last->repo);
	if (last && approval && str_eq(json_str(last->contract, ".approval", ""), approval))
		return err_set(e, ERR_CONFLICT, false,
		        "this dialog has started fix %d already; press Fix… again for another one",
		        last->n);
	return true;
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

	if (!inc || !pause_allows(h->store, a, e) || !may_fix(h, inc, dx, in, e) ||
	        !is_free(a, last, in, e) || !make_contract(w, inc, dx, in, &c, e))
		return NULL;
	c.n = row.n = last ? last->n + 1 : 1;
	if (last && str_eq(json_str(last->contract, ".key", ""), wf_key(w)))
		c.n = row.n = last->n; /* our own, from before a crash */
	c.branch = fix_branch(a, inc->id, c.n);
	/* A new store on an old host counts its incidents from 1 again: not in another one's
	 * folder. */
	c.folder = arena_printf(a, "inc-%lld-%d-%.6s", (long long)inc->id, c.n,
	        str_hash_hex(a, arena_printf(a, "%s %lld", c.repo, (long long)inc->opened_ms)));
	if (!fix_contract_check(&c, e) ||
	        (!str_eq(json_str(last ? last->contract : NULL, ".key", ""), wf_key(w)) &&
	                !within_limits(w, &c, e)))
		return NULL;
	contract = fix_contract_json(a, &c);
	json_set_str(contract, "hash", fix_contract_hash(a, &c));
	json_set_str(contract, "key", wf_key(w));
	json_set_str(contract, "approval", json_str(in, ".approval", NULL));
	json_set(contract, "before", prove_before(a, inc)); /* what the fix has to beat */
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
	        !audit_add(h->store, wf_key(w), row.started_by, "fix", inc->id, contract, e))
		return NULL;
	json_set_int(out, "n", row.n);
	json_set_int(out, "run", run);
	json_set_str(out, "repo", c.repo);
	json_set_str(out, "base", c.base);
	json_set_str(out, "branch", c.branch);
	json_set_int(out, "plan_version", dx->version);
	json_set_str(out, "plan_hash", dx->plan_hash);
	json_set_str(out, "contract_hash", json_str(contract, ".hash", ""));
	json_set_num(out, "budget", c.budget_usd);
	return out;
}

const json *fix_start(struct wf *w, const struct call *c, const struct fix_ask *ask, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", ask->incident);
	json_set_int(in, "plan_version", ask->plan_version);
	json_set_str(in, "plan_hash", ask->plan_hash);
	json_set_str(in, "approval", ask->approval);
	json_set_str(in, "tests", ask->tests);
	json_set_int(in, "deadline", ask->deadline_ms);
	json_set(in, "allowed", ask->allowed);
	json_set(in, "forbidden", ask->forbidden);
	json_set_str(in, "extra", ask->extra);
	json_set_str(in, "repo", ask->repo);
	json_set_str(in, "branch", ask->branch);
	json_set_num(in, "budget", ask->budget_usd);
	json_set_bool(in, "draft", ask->draft);
	json_set(in, "skip", ask->skip);
	json_set_str(in, "user", c->user);
	return wf_step(w, "begin", begin_step, in, e);
}
