/* eval_case.c - a case from its file, with everything checked: a typing mistake is no pass. */
#include "clock.h"
#include "diagnose/eval.h"
#include "str.h"

enum { BEGAN_MS_AGO = 9 * 60000 };
static const int64_t default_now_ms = 1795521060000; /* 2026-11-24T11:51:00Z */

static bool bad(const char *file, const char *what, struct err *e)
{
	return err_set(e, ERR_INPUT, false, "%s: %s", file, what);
}

static bool known(
        struct arena *a, const char *file, const json *o, const char *const *names, struct err *e)
{
	json_each (m, o) {
		const char *const *n = names;

		while (*n && !str_eq(*n, json_key(m)))
			n++;
		if (!*n)
			return bad(file,
			        arena_printf(a, "“%s” is no member of a case", json_key(m)), e);
	}
	return true;
}

static bool is_word(const json *o, const char *path)
{
	enum confidence c;

	return confidence_parse(json_str(o, path, ""), &c);
}

static bool check_expect(struct arena *a, const char *file, const json *x, struct err *e)
{
	static const char *const names[] = {
	        "cause", "remedy", "least", "most", "cites", "must_not_say", NULL};
	enum remedy r;

	if (!json_is_obj(x) || !known(a, file, x, names, e))
		return json_is_obj(x) ? false : bad(file, "expect is missing", e);
	if (!json_get(x, ".cause") || !json_is_arr(json_get(x, ".remedy")))
		return bad(file, "expect wants cause (words or null) and remedy (kinds)", e);
	if (json_has(x, ".cause") &&
	        (json_len(json_get(x, ".cause")) == 0 || json_len(json_get(x, ".remedy")) == 0))
		return bad(file, "a cause wants words, and a kind of remedy", e);
	json_each (k, json_get(x, ".remedy")) {
		if (!remedy_parse(json_str(k, "", ""), &r))
			return bad(file, "an unknown kind of remedy", e);
	}
	return (is_word(x, ".least") && is_word(x, ".most")) ||
	       bad(file, "expect wants least and most: none, low, medium or high", e);
}

static bool check_stands(struct arena *a, const char *file, const json *x, struct err *e)
{
	static const char *const names[] = {"verdict", "confidence", "notes", NULL};

	if (!x)
		return true;
	if (!known(a, file, x, names, e))
		return false;
	for (int v = EVAL_RIGHT; v <= EVAL_WRONG; v++) {
		if (str_eq(json_str(x, ".verdict", ""), eval_verdict_name((enum eval_verdict)v)))
			return is_word(x, ".confidence") ||
			       bad(file, "stands wants a word of confidence", e);
	}
	return bad(file, "stands wants a verdict: right, missed or wrong", e);
}

static bool time_of(const json *j, const char *path, int64_t def, int64_t *out)
{
	const char *text = json_str(j, path, NULL);

	*out = def;
	return !text || clock_parse_rfc3339(text, out);
}

static const struct plan_tree *tree_of(struct arena *a, const json *paths)
{
	struct plan_tree *t = ARENA_NEW(a, struct plan_tree);
	const char **p = ARENA_ARRAY(a, json_len(paths) + 1, const char *);

	if (!paths)
		return NULL;
	json_each (x, paths) {
		p[t->n++] = json_str(x, "", "");
	}
	t->paths = p;
	return t;
}

bool eval_case_parse(struct arena *a, const char *file, const char *text, size_t n,
        struct eval_case *out, struct err *e)
{
	static const char *const names[] = {"name", "service", "headline", "severity", "repo",
	        "began", "now", "evidence", "tree", "expect", "answer", "doubt", "stands", NULL};
	struct evidence_list *l = evidence_new(a);
	const json *j = json_parse(a, text, n, e);

	if (!j)
		return err_wrap(e, "%s", file);
	if (!json_is_obj(j) || !known(a, file, j, names, e))
		return json_is_obj(j) ? false : bad(file, "a case is a JSON object", e);
	evidence_append(l, json_get(j, ".evidence"));
	*out = (struct eval_case){.name = json_str(j, ".name", ""),
	        .file = file,
	        .expect = json_get(j, ".expect"),
	        .answer = json_get(j, ".answer"),
	        .doubt = json_get(j, ".doubt"),
	        .stands = json_get(j, ".stands")};
	out->q = (struct diagnose_request){.incident = 1,
	        .service = json_str(j, ".service", ""),
	        .headline = json_str(j, ".headline", ""),
	        .severity = json_str(j, ".severity", "critical"),
	        .repo = json_str(j, ".repo", NULL),
	        .evidence = l,
	        .tree = tree_of(a, json_get(j, ".tree"))};
	if (!*out->name || !*out->q.service || !*out->q.headline)
		return bad(file, "name, service and headline are wanted", e);
	if (evidence_count(l) == 0 || evidence_count(l) != json_len(json_get(j, ".evidence")))
		return bad(file, "an item of evidence has no value or an unknown kind", e);
	if (!time_of(j, ".now", default_now_ms, &out->q.now_ms) ||
	        !time_of(j, ".began", out->q.now_ms - BEGAN_MS_AGO, &out->q.began_ms))
		return bad(file, "began and now are RFC 3339 times", e);
	if (out->stands && !out->answer)
		return bad(file, "stands is about a recorded answer, and there is none", e);
	return check_expect(a, file, out->expect, e) && check_stands(a, file, out->stands, e);
}
