/*
 * healbot eval: recorded cases against a model, or against the answer that each carries, and a
 * table of how good the diagnoses are.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/eval_print.h"
#include "app/gate.h"
#include "app/world.h"
#include "clock.h"
#include "net/http.h"
#include "str.h"

enum { MAX_CASES = 1000, MAX_CASE_BYTES = 1 << 20 };

/* --- the cases --- */

static char *read_file(struct arena *a, const char *path, size_t *n, struct err *e)
{
	FILE *f = fopen(path, "re");
	char *buf;

	if (!f) {
		err_sys(e, "%s", path);
		return NULL;
	}
	buf = arena_alloc(a, MAX_CASE_BYTES + 1);
	*n = fread(buf, 1, MAX_CASE_BYTES + 1, f);
	fclose(f);
	if (*n == 0 || *n > MAX_CASE_BYTES) {
		err_set(e, ERR_INPUT, false, "%s is %s", path, *n ? "larger than 1 MiB" : "empty");
		return NULL;
	}
	buf[*n] = '\0';
	return buf;
}

static int is_case(const struct dirent *d)
{
	return d->d_name[0] != '.' && str_ends(d->d_name, ".json");
}

static bool read_case(
        struct arena *a, const char *folder, const char *name, struct eval_case *out, struct err *e)
{
	struct arena *file = arena_new(0);
	const char *path = arena_printf(a, "%s/%s", folder, name);
	size_t n;
	char *text = read_file(file, path, &n, e);
	bool ok = text && eval_case_parse(a, path, text, n, out, e);

	arena_free(file);
	return ok;
}

static bool read_cases(struct arena *a, const char *folder, struct eval_table *t, struct err *e)
{
	struct dirent **names;
	int n = scandir(folder, &names, is_case, alphasort);
	bool ok = n >= 0;

	if (!ok)
		return err_sys(e, "the folder %s", folder);
	t->rows = ARENA_ARRAY(a, (size_t)n + 1, struct eval_row);
	for (int i = 0; i < n; i++) {
		if (ok && t->n < MAX_CASES)
			ok = read_case(a, folder, names[i]->d_name, &t->rows[t->n++].c, e);
		free(names[i]);
	}
	free(names);
	if (ok && t->n == 0)
		return err_set(e, ERR_INPUT, false, "%s holds no case (*.json)", folder);
	return ok;
}

/* --- a live one --- */

struct live {
	struct shared *sh;
	struct heal *h;
	struct settings s;
	const char *model;
	double spent;
};

/* What the next case would run into as well. */
static bool hopeless(const struct err *e)
{
	return e->code == ERR_AUTH || e->code == ERR_FORBIDDEN || e->code == ERR_NOT_FOUND ||
	       e->code == ERR_CONFIG || e->code == ERR_QUOTA || e->code == ERR_BUDGET ||
	       e->code == ERR_NET;
}

static void bill(struct live *v, struct eval_score *s, const struct llm_answer *x)
{
	if (x->requests == 0)
		return;
	if (x->cost_usd >= 0) {
		s->cost_usd = (s->cost_usd < 0 ? 0 : s->cost_usd) + x->cost_usd;
		v->spent += x->cost_usd;
	}
	s->tokens_in += x->tokens_in > 0 ? x->tokens_in : 0;
	s->tokens_out += x->tokens_out > 0 ? x->tokens_out : 0;
}

/* Diagnosis and cross-check as INVESTIGATE makes them. */
static bool ask(struct live *v, struct arena *a, struct eval_row *row, struct err *e)
{
	struct diagnose_request q = row->c.q;
	struct diagnose_result r, second;
	struct eval_score paid = {.cost_usd = -1};
	struct err why = {0};
	bool ok;

	q.model = v->model;
	q.spent_today_usd = v->spent;
	ok = diagnose_run(v->h->llm, &v->s, a, &q, &r, e);
	bill(v, &paid, &r.answer);
	if (ok) {
		q.model = NULL;
		diagnose_doubt(v->h->llm, &v->s, a, &q, &r.plan, &second, &why);
		bill(v, &paid, &second.answer);
		eval_score(a, &row->c, &r.plan, r.answer.value, &row->score);
		row->prompt_version = r.prompt.version;
		row->model = r.answer.model;
	} else {
		eval_failed(arena_strdup(a, e->msg), &row->score);
	}
	row->score.stands = true; /* that is about the recorded answer */
	row->score.cost_usd = paid.cost_usd;
	row->score.tokens_in = paid.tokens_in;
	row->score.tokens_out = paid.tokens_out;
	return ok || !hopeless(e);
}

static bool live_begin(struct cli *c, struct live *v, struct err *e)
{
	v->s = *c->settings;
	if (cli_opt(c, "prompts"))
		v->s.heal.prompts = cli_opt(c, "prompts");
	v->model = cli_opt(c, "model");
	http_global_init();
	gate_install(c->secrets, c->settings->redact.ips);
	v->sh = shared_new(c->settings, c->secrets, NULL);
	v->h = world_new(v->sh);
	if (!v->h->llm)
		return err_set(e, ERR_CONFIG, false,
		        "--live asks the model of the settings, and none is set: set [llm] model");
	return true;
}

static void live_end(struct live *v)
{
	world_free(v->h);
	shared_free(v->sh);
	http_global_fini();
}

static bool run_live(struct cli *c, struct eval_table *t, struct err *e)
{
	struct live v = {0};
	bool ok = live_begin(c, &v, e);

	for (size_t i = 0; ok && i < t->n; i++)
		ok = ask(&v, c->arena, &t->rows[i], e);
	live_end(&v);
	return ok;
}

/* --- all --- */

static bool run_recorded(struct cli *c, struct eval_table *t, struct err *e)
{
	for (size_t i = 0; i < t->n; i++) {
		struct eval_row *r = &t->rows[i];

		if (!r->c.answer)
			return err_set(e, ERR_INPUT, false,
			        "%s has no recorded answer: replay the folder with --live",
			        r->c.file);
		eval_recorded(c->arena, &r->c, &r->score);
	}
	return true;
}

/* The thresholds; -1 = not given. */
static bool limit_of(struct cli *c, const char *name, int64_t most, int64_t *out)
{
	const char *text = cli_opt(c, name);

	*out = -1;
	if (!text || (str_int(text, out) && *out >= 0 && *out <= most))
		return true;
	fprintf(stderr, "healbot: --%s takes a number from 0 to %lld\n", name, (long long)most);
	return false;
}

static int verdict(const struct eval_table *t, int64_t min, int64_t max_wrong)
{
	double percent = 100 * eval_share(&t->total);
	int code = EXIT_OK;

	if (t->total.changed > 0) {
		fprintf(stderr,
		        "healbot: %zu recorded answers do not come out as their cases say\n",
		        t->total.changed);
		code = EXIT_FAILED;
	}
	if (min >= 0 && percent < (double)min) {
		fprintf(stderr, "healbot: %.1f %% of the checks passed, less than --min %lld\n",
		        percent, (long long)min);
		code = EXIT_FAILED;
	}
	if (max_wrong >= 0 && t->total.wrong > (size_t)max_wrong) {
		fprintf(stderr, "healbot: %zu causes are wrong, more than --max-wrong %lld\n",
		        t->total.wrong, (long long)max_wrong);
		code = EXIT_FAILED;
	}
	return code;
}

int command_eval(struct cli *c, int argc, char **argv)
{
	struct eval_table t = {.live = cli_opt(c, "live") != NULL};
	int64_t min, max_wrong;
	struct err e = {0};

	(void)argc;
	if (!limit_of(c, "min", 100, &min) || !limit_of(c, "max-wrong", MAX_CASES, &max_wrong))
		return EXIT_USAGE;
	if (!t.live && (cli_opt(c, "model") || cli_opt(c, "prompts"))) {
		fputs("healbot: --model and --prompts go with --live\n", stderr);
		return EXIT_USAGE;
	}
	if (t.live && !cli_load(c, NEED_SETTINGS | NEED_LLM))
		return EXIT_USAGE;
	if (!read_cases(c->arena, argv[0], &t, &e)) {
		fprintf(stderr, "healbot: %s\n", e.msg);
		return EXIT_USAGE;
	}
	if (!(t.live ? run_live(c, &t, &e) : run_recorded(c, &t, &e))) {
		fprintf(stderr, "healbot: %s\n", e.msg);
		return t.live && e.code != ERR_CONFIG ? EXIT_PEER : EXIT_USAGE;
	}
	for (size_t i = 0; i < t.n; i++)
		eval_add(&t.total, &t.rows[i].score);
	if (cli_opt(c, "json"))
		puts(json_print_pretty(c->arena, eval_table_json(c->arena, &t)));
	else
		fputs(eval_table_text(c->arena, &t), stdout);
	return verdict(&t, min, max_wrong);
}
