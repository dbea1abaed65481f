/*
 * progress.c - what the fix message shows. Told from the tools that really ran, not from what the
 * agent says about itself; looks overlap, so everything here may be seen more than once.
 */
#include <string.h>

#include "fix.h"
#include "fix/claim.h"
#include "str.h"

#define TODO_MAX    12
#define FILES_MAX   4
#define LINE_MAX_   80
#define TAIL_BYTES  400
#define REFUSED_MAX 4

enum step { WORKSPACE, CLONE, REPRODUCE, EDIT, TESTS, PUSH, PR, STEPS };

static const char *const step_names[2][STEPS] = {
        [FIX_BY_BOT] = {"workspace", "clone", "reproduce", "edit", "tests", "commit", "pr"},
        [FIX_BY_AGENT] = {"workspace", "clone", "reproduce", "edit", "tests", "push", "pr"},
};

struct progress {
	struct arena *a;
	const struct fix_contract *c;
	bool done[STEPS], failed[STEPS];
	int running; /* step of the tool that runs now; -1 = none */
	const char *files[FILES_MAX + 1];
	size_t nfiles;
	const char *last;
	bool tested, passed;
	const char *tail; /* of the last test run's output; NULL = not run */
	const char *command;
	const char *refused[REFUSED_MAX]; /* commands that were not let through */
	size_t nrefused;
	int pr;
};

static const char *one_line(struct arena *a, const char *s, size_t max)
{
	char *c = str_clean(a, s, strlen(s), 0);

	for (char *p = c; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return str_ellipsis(a, c, max);
}

/* --- what was known --- */

static void recall(struct progress *p, const json *before)
{
	int i = 0;

	p->running = -1;
	p->last = json_str(before, ".last", "");
	json_each (s, json_get(before, ".steps")) {
		const char *state = json_str(s, ".state", "");

		if (i >= STEPS)
			break;
		p->done[i] = str_eq(state, "done");
		p->failed[i++] = str_eq(state, "failed");
	}
	json_each (f, json_get(before, ".files")) {
		if (p->nfiles < FILES_MAX)
			p->files[p->nfiles++] = json_str(f, "", "");
	}
	p->tested = json_has(before, ".tests.passed");
	p->passed = json_bool(before, ".tests.passed", false);
	p->tail = json_str(before, ".tests.tail", NULL);
	p->command = json_str(before, ".tests.command", NULL);
	json_each (c, json_get(before, ".refused"))
		if (p->nrefused < REFUSED_MAX)
			p->refused[p->nrefused++] = json_str(c, "", "");
	p->pr = (int)json_int(before, ".pr", 0);
}

/* --- what a tool did --- */

static bool is_test(const struct fix_contract *c, const char *command)
{
	static const char *const usual[] = {"npm test", "npm run test", "yarn test", "pnpm test",
	        "make test", "make check", "pytest", "go test", "cargo test", "mvn test", "rspec",
	        "phpunit", "vitest", "jest", "tests/run"};

	if (c->tests && strstr(command, c->tests))
		return true;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (strstr(command, usual[i]))
			return true;
	}
	return false;
}

static enum step step_of(const struct progress *p, const struct opencode_tool *t)
{
	if (str_eq(t->tool, "edit") || str_eq(t->tool, "write") || str_eq(t->tool, "patch") ||
	        str_eq(t->tool, "apply_patch") || str_eq(t->tool, "multiedit"))
		return EDIT;
	if (!str_eq(t->tool, "bash"))
		return WORKSPACE;
	if (strstr(t->input, " pr create"))
		return PR;
	if (strstr(t->input, p->c->publish == FIX_BY_BOT ? "git commit" : "git push"))
		return PUSH;
	if (is_test(p->c, t->input))
		return p->done[EDIT] ? TESTS : REPRODUCE;
	return strstr(t->input, "git clone") ? CLONE : WORKSPACE;
}

static void add_file(struct progress *p, const char *path)
{
	const char *base = strrchr(path, '/');

	base = one_line(p->a, base ? base + 1 : path, 40);
	for (size_t i = 0; i < p->nfiles; i++) {
		if (str_eq(p->files[i], base))
			return;
	}
	if (*base && p->nfiles < FILES_MAX)
		p->files[p->nfiles++] = base;
}

static void tested(struct progress *p, const struct opencode_tool *t)
{
	size_t n = strlen(t->output), from = n > TAIL_BYTES ? n - TAIL_BYTES : 0;

	while (from > 0 && from < n && ((unsigned char)t->output[from] & 0xc0) == 0x80)
		from++;
	p->tested = true;
	p->passed = t->exit == 0;
	p->tail = str_clean(p->a, t->output + from, n - from, 0);
	p->command = one_line(p->a, t->input, LINE_MAX_);
}

/* By a rule of the session, or by GitHub. */
static bool was_refused(const struct opencode_tool *t)
{
	if (str_eq(t->status, "error"))
		return strstr(t->output, "rule which prevents") != NULL;
	return str_eq(t->tool, "bash") && strstr(t->input, "git push") &&
	       (strstr(t->output, " denied to ") || strstr(t->output, "GH006") ||
	               strstr(t->output, "error: 403"));
}

static void see_refused(struct progress *p, const struct opencode_tool *t)
{
	const char *what = one_line(p->a, *t->input ? t->input : t->tool, LINE_MAX_);

	for (size_t i = 0; i < p->nrefused; i++)
		if (str_eq(p->refused[i], what))
			return;
	if (p->nrefused < REFUSED_MAX)
		p->refused[p->nrefused++] = what;
}

static void see_tool(struct progress *p, const struct opencode_tool *t)
{
	enum step s = step_of(p, t);
	bool ended = str_eq(t->status, "completed") || str_eq(t->status, "error");
	bool good = str_eq(t->status, "completed") && (t->exit == 0 || t->exit == OPENCODE_NO_EXIT);

	p->done[WORKSPACE] = true;
	if (*t->input)
		p->last = one_line(p->a, t->input, LINE_MAX_);
	if (!ended) {
		p->running = (int)s;
		return;
	}
	if (was_refused(t))
		see_refused(p, t);
	if (s == WORKSPACE)
		return;
	if ((s == TESTS || s == REPRODUCE) && str_eq(t->status, "completed"))
		tested(p, t);
	/* Reproducing is to see the tests fail: either way it was done. */
	p->done[s] = good || (s == REPRODUCE && ended);
	p->failed[s] = !p->done[s];
	if (s == EDIT && good)
		add_file(p, t->input);
	if (s == PR && p->pr == 0)
		p->pr = fix_pr_number(p->c, t->output);
}

/* --- JSON --- */

static int last_done(const struct progress *p)
{
	int last = -1;

	for (int i = 0; i < STEPS; i++)
		if (p->done[i] || p->failed[i])
			last = i;
	return last;
}

static const char *state_of(const struct progress *p, int i, int last, bool over)
{
	if (p->failed[i])
		return "failed";
	if (p->done[i])
		return "done";
	if (i < last)
		return "skipped";
	if (!over && (p->running == i || (p->running <= last && i == last + 1)))
		return "now";
	return "todo";
}

static const char *detail(const struct progress *p, int i)
{
	struct str b = str_new(p->a);

	if (i == TESTS && p->c->tests)
		return p->c->tests;
	for (size_t f = 0; i == EDIT && f < p->nfiles; f++)
		str_addf(&b, "%s%s", f ? ", " : "", p->files[f]);
	return b.s;
}

static void put_steps(const struct progress *p, json *out, bool over)
{
	json *steps = json_set_arr(out, "steps"), *files = json_set_arr(out, "files");
	int last = last_done(p);

	for (int i = 0; i < STEPS; i++) {
		json *s = json_add_obj(steps);

		json_set_str(s, "name", step_names[p->c->publish][i]);
		json_set_str(s, "state", state_of(p, i, last, over));
		json_set_str(s, "detail", one_line(p->a, detail(p, i), LINE_MAX_));
	}
	for (size_t i = 0; i < p->nfiles; i++)
		json_add_str(files, p->files[i]);
}

static void put_todo(struct arena *a, const struct opencode_view *v, json *out)
{
	json *todo = json_set_arr(out, "todo");

	for (size_t i = 0; i < v->ntodos && i < TODO_MAX; i++) {
		json *t = json_add_obj(todo);

		json_set_str(t, "text", one_line(a, v->todos[i].content, LINE_MAX_));
		json_set_str(t, "state", one_line(a, v->todos[i].status, 16));
	}
}

static void put_tests(const struct progress *p, json *out)
{
	json *t;

	if (!p->tested)
		return;
	t = json_set_obj(out, "tests");
	json_set_str(t, "command", p->command);
	json_set_bool(t, "passed", p->passed);
	json_set_str(t, "tail", p->tail);
}

static void put_refused(const struct progress *p, json *out)
{
	json *list = p->nrefused ? json_set_arr(out, "refused") : NULL;

	for (size_t i = 0; i < p->nrefused; i++)
		json_add_str(list, p->refused[i]);
}

static bool running(enum opencode_state s)
{
	return s == OPENCODE_STARTING || s == OPENCODE_RUNNING || s == OPENCODE_RETRYING;
}

json *fix_progress(struct arena *a, const struct fix_contract *c, const struct opencode_poll *poll,
        const json *before, const struct fix_drive *d)
{
	struct progress p = {.a = a, .c = c};
	const struct opencode_view *v = &poll->view;
	json *out = json_obj(a);

	recall(&p, before);
	for (size_t i = 0; i < v->nmessages; i++) {
		for (size_t k = 0; k < v->messages[i].ntools; k++)
			see_tool(&p, &v->messages[i].tools[k]);
	}
	put_steps(&p, out, !running(poll->state));
	if (v->ntodos)
		put_todo(a, v, out);
	else if (json_has(before, ".todo"))
		json_set(out, "todo", json_get(before, ".todo"));
	put_tests(&p, out);
	put_refused(&p, out);
	json_set_str(out, "last", p.last);
	json_set_int(out, "turns", d->memory.turns);
	json_set_num(out, "cost_usd", v->session.cost_usd);
	json_set_str(out, "state", opencode_state_name(poll->state));
	json_set_str(out, "note", poll->why);
	if (p.pr)
		json_set_int(out, "pr", p.pr);
	return out;
}

static void set_step(json *steps, const char *name, const char *state)
{
	json_each (s, steps) {
		union {
			const json *in;
			json *out;
		} step = {.in = s}; /* of a copy made here */

		if (str_eq(json_str(s, ".name", ""), name))
			json_set_str(step.out, "state", state);
	}
}

json *fix_progress_end(struct arena *a, const json *progress, const json *tests, const char *end)
{
	json *out = progress ? json_copy(a, progress) : json_obj(a);
	json *steps = json_has(out, ".steps") ? json_copy(a, json_get(out, ".steps")) : json_arr(a);
	json *t;

	if (json_bool(tests, ".ran", false)) {
		t = json_set_obj(out, "tests");
		json_set_str(t, "command", json_str(tests, ".command", ""));
		json_set_bool(t, "passed", json_bool(tests, ".passed", false));
		json_set_str(t, "tail", json_str(tests, ".tail", ""));
		json_set_bool(t, "by_bot", true);
		set_step(steps, "tests", json_bool(tests, ".passed", false) ? "done" : "failed");
	}
	set_step(steps, "pr", str_eq(end, "pr") ? "done" : "failed");
	json_set(out, "steps", steps);
	return out;
}
