/*
 * The Fix… button: a dialog that shows the contract, to be narrowed or widened. What is submitted
 * is approved: bound to the plan that was shown, good once and not for ever.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "fix.h"
#include "fix_start.h"
#include "handler.h"
#include "incident.h"
#include "redact.h"
#include "slack.h"
#include "spark.h"
#include "str.h"

enum { MAX_STEPS = 10 };

/* --- the dialog --- */

struct dialog {
	struct wf *w;
	struct arena *a;
	const struct incident *inc;
	const struct diagnosis *dx;
	struct plan plan;
	struct message *m;
	size_t nsteps;
};

static const char *repo_of(const struct dialog *d)
{
	const char *repo = settings_service(wf_heal(d->w)->settings, d->inc->service)->repo;

	return repo ? repo : json_str(d->inc->facts, ".service.repo", "no repository");
}

static const char *branch_of(const struct dialog *d)
{
	const char *b = settings_service(wf_heal(d->w)->settings, d->inc->service)->branch;

	return b ? b : json_str(d->inc->facts, ".service.branch", "");
}

static void add_steps(struct dialog *d)
{
	struct option steps[MAX_STEPS];

	for (size_t i = 0; i < d->nsteps; i++)
		steps[i] = (struct option){
		        .text = str_ellipsis(d->a, d->plan.steps[i].text, 72),
		        .value = arena_printf(d->a, "%zu", i + 1),
		        .selected = true,
		};
	if (d->nsteps > 0)
		message_checks(d->m, "steps", "Steps to be done", steps, d->nsteps);
}

static const char *or_null(const char *s)
{
	return s && *s ? s : NULL;
}

static const char *lines_of(struct arena *a, const char *const *list)
{
	struct str b = str_new(a);

	for (; list && *list; list++)
		str_addf(&b, "%s%s", b.len ? "\n" : "", *list);
	return b.s;
}

static void add_paths(struct dialog *d)
{
	const struct input allowed = {
	        .id = "allowed",
	        .label = "Allowed paths, one a line",
	        .hint = "* within a folder, ** across folders; empty = all that is not forbidden",
	        .placeholder = "src/**",
	        .optional = true,
	        .multiline = true,
	        .max = 2000,
	};
	const struct input forbidden = {
	        .id = "forbidden",
	        .label = "Forbidden paths, one a line",
	        .hint = "Workflows, keys and .env files stay forbidden, whatever stands here",
	        .initial = lines_of(d->a, fix_forbidden_default),
	        .optional = true,
	        .multiline = true,
	        .max = 3000,
	};

	message_input(d->m, &allowed);
	message_input(d->m, &forbidden);
}

static void add_limits(struct dialog *d)
{
	const struct settings *s = wf_heal(d->w)->settings;
	const char *tests = settings_service(s, d->inc->service)->tests;
	const struct input inputs[] = {
	        {.id = "branch",
	                .label = "Base branch",
	                .initial = or_null(branch_of(d)),
	                .optional = true,
	                .max = 200},
	        {.id = "tests",
	                .label = "Tests that have to pass",
	                .initial = or_null(tests),
	                .placeholder = "empty = the agent finds them",
	                .optional = true,
	                .max = 300},
	        {.id = "budget",
	                .label = "Budget in dollars",
	                .initial = arena_printf(d->a, "%.2f", s->limits.fix_usd),
	                .optional = true,
	                .max = 8},
	        {.id = "deadline",
	                .label = "Minutes it may take",
	                .initial = arena_printf(
	                        d->a, "%lld", (long long)(s->opencode.deadline_ms + 59999) / 60000),
	                .optional = true,
	                .max = 5},
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++)
		message_input(d->m, &inputs[i]);
}

static void add_all(struct dialog *d)
{
	const bool by_bot = wf_heal(d->w)->settings->fix.publish == FIX_BY_BOT;
	const struct option draft = {.text = "Open as a draft", .value = "draft"};
	const struct input extra = {
	        .id = "extra",
	        .label = "Extra instruction",
	        .placeholder = "keep the public API stable",
	        .optional = true,
	        .multiline = true,
	        .max = 1000,
	};

	message_section(d->m, KEEP_ALWAYS,
	        mrk(d->a, "*%s* · %s\n%s · plan v%d `%.12s`: %s", d->inc->service, d->inc->headline,
	                repo_of(d), d->dx->version, str_or(d->dx->plan_hash, ""),
	                str_or(d->plan.summary, "")));
	add_steps(d);
	message_input(d->m, &extra);
	message_checks(d->m, "options", "Options", &draft, 1);
	add_paths(d);
	add_limits(d);
	message_context(d->m, KEEP_NORMAL,
	        mrk(d->a,
	                "The agent gets these steps, the evidence and your instruction; no raw logs. %s "
	                "Nothing merges by itself. This dialog is good for %s, once.",
	                by_bot ? "It has no right to push: Heal checks its commit against this "
	                         "contract, and opens the pull request."
	                       : "It pushes its branch and opens the pull request itself.",
	                clock_duration_short(d->a, wf_heal(d->w)->settings->fix.approval_ms)));
}

static json *dialog_of(struct dialog *d, const char *channel)
{
	json *data = json_obj(d->a);
	struct modal v = {
	        .callback = "fix_submit",
	        .title = arena_printf(d->a, "Fix INC-%lld", (long long)d->inc->id),
	        .submit = "Start the fix",
	        .close = "Cancel",
	};

	d->nsteps = d->plan.nsteps < MAX_STEPS ? d->plan.nsteps : MAX_STEPS;
	json_set_int(data, "incident", d->inc->id);
	json_set_int(data, "version", d->dx->version);
	json_set_str(data, "hash", d->dx->plan_hash);
	json_set_str(data, "channel", channel);
	json_set_int(data, "steps", (int64_t)d->nsteps);
	json_set_int(data, "at", clock_now_ms());
	json_set_str(data, "approval", wf_key(d->w));
	v.data = json_print(d->a, data);
	d->m = message_modal(d->a, &v);
	add_all(d);
	return json_copy(d->a, message_json(d->m));
}

static const json *open_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct dialog d = {.w = w, .a = wf_arena(w)};

	d.inc = incident_get(h->store, d.a, json_int(in, ".incident", 0), e);
	d.dx = d.inc ? diagnosis_get(h->store, d.a, d.inc->id, 0, e) : NULL;
	if (!d.dx)
		return NULL;
	if (json_int(in, ".version", 0) > 0 && json_int(in, ".version", 0) != d.dx->version) {
		err_set(e, ERR_CONFLICT, false,
		        "the plan is now v%d; look at it in the thread and press Fix… again",
		        d.dx->version);
		return NULL;
	}
	if (!plan_parse(d.a, d.dx->plan, &d.plan, e) ||
	        !slack_view_open(h->slack, d.a, json_str(in, ".trigger", ""),
	                dialog_of(&d, json_str(in, ".channel", "")), NULL, e))
		return NULL;
	return json_obj(d.a);
}

static bool open_dialog(struct wf *w, const struct call *c, struct err *e)
{
	static const struct wf_policy again_after_crash = {.attempts = 2, .any_input = true};
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", c->incident);
	json_set_int(in, "version", c->argc > 0 ? strtol(c->argv[0], NULL, 10) : 0);
	json_set_str(in, "trigger", c->trigger_id);
	json_set_str(in, "channel", c->channel);
	return wf_step_with(w, "dialog", &again_after_crash, open_step, in, e) != NULL;
}

const struct action action_fix = {.id = "fix", .right = RIGHT_FIXER, .run = open_dialog};

/* --- submitted --- */

static json *skipped(struct arena *a, const json *view, int64_t n)
{
	json *skip = json_arr(a);

	for (int64_t i = 1; i <= n; i++) {
		const char *value = arena_printf(a, "%lld", (long long)i);

		if (!view_checked(view, "steps", value))
			json_add_num(skip, (double)i);
	}
	return skip;
}

/* One entry a line; NULL when there is none. */
static json *list_of(struct arena *a, const char *text)
{
	json *list = json_arr(a);

	while (text && *text) {
		size_t n = strcspn(text, "\r\n"), from = strspn(text, " \t");
		char *line = from < n ? arena_strndup(a, text + from, n - from) : NULL;

		for (size_t k = line ? strlen(line) : 0; k > 0 && line[k - 1] == ' '; k--)
			line[k - 1] = '\0';
		if (line && *line)
			json_add_str(list, line);
		text += n + (text[n] != '\0');
	}
	return json_len(list) ? list : NULL;
}

static bool number(const char *text, double most, double *out, struct err *e, const char *what)
{
	char *end;

	*out = 0;
	if (!text || !*text)
		return true;
	*out = strtod(text + (*text == '$'), &end);
	if (*end || !(*out > 0) || *out > most)
		return err_set(e, ERR_INPUT, false, "“%.40s” is no %s", text, what);
	return true;
}

/* What the person left or changed; false with the sentence for them. */
static bool read_view(
        struct wf *w, const json *view, const json *data, struct fix_ask *ask, struct err *e)
{
	struct arena *a = wf_arena(w);
	const char *extra = view_value(view, "extra"), *branch = view_value(view, "branch");
	const char *tests = view_value(view, "tests");
	double minutes;

	ask->incident = json_int(data, ".incident", 0);
	ask->plan_version = (int)json_int(data, ".version", 0);
	ask->plan_hash = json_str(data, ".hash", NULL);
	ask->approval = json_str(data, ".approval", NULL);
	ask->draft = view_checked(view, "options", "draft");
	ask->skip = skipped(a, view, json_int(data, ".steps", 0));
	ask->branch = branch && *branch ? branch : NULL;
	ask->tests = tests && *tests ? tests : NULL;
	ask->allowed = list_of(a, view_value(view, "allowed"));
	ask->forbidden = list_of(a, view_value(view, "forbidden"));
	if (extra && *extra)
		ask->extra = redact_text(
		        wf_heal(w)->redact, a, str_clean(a, extra, strlen(extra), 1000));
	if (!number(view_value(view, "budget"), 1000, &ask->budget_usd, e, "amount of dollars") ||
	        !number(view_value(view, "deadline"), 1440, &minutes, e, "number of minutes"))
		return false;
	ask->deadline_ms = (int64_t)(minutes * 60000);
	return true;
}

/* The clock is read in a step, so that a repetition decides the same. */
static const json *age_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	int64_t age = clock_now_ms() - json_int(in, ".at", 0);

	(void)e;
	json_set_int(out, "age", age);
	return out;
}

static bool in_time(struct wf *w, const json *data, struct err *e)
{
	const json *got = wf_step(w, "age", age_step, data, e);

	if (!got)
		return false;
	if (json_int(got, ".age", 0) <= wf_heal(w)->settings->fix.approval_ms)
		return true;
	return err_set(e, ERR_CONFLICT, false,
	        "the dialog stood open for %s; press Fix… again and look at the plan as it is now",
	        clock_duration(wf_arena(w), json_int(got, ".age", 0)));
}

static bool submit(struct wf *w, const struct call *c, struct err *e)
{
	const json *view = json_get(c->payload, ".view"), *data;
	const char *text = json_str(view, ".private_metadata", "{}");
	struct call where = *c;
	struct fix_ask ask = {0};

	data = json_parse(wf_arena(w), text, strlen(text), e);
	if (!data)
		return false;
	where.channel = json_str(data, ".channel", NULL);
	if (in_time(w, data, e) && read_view(w, view, data, &ask, e) &&
	        fix_start(w, &where, &ask, e))
		return true;
	return e->code == ERR_SUSPENDED || e->retryable
	               ? false
	               : reply_text(
	                         w, &where, "refused", e, "The fix was not started: %s.", e->msg);
}

const struct action action_fix_submit = {
        .id = "fix_submit",
        .right = RIGHT_FIXER,
        .run = submit,
};
