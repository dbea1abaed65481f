/* plan_json.c - a plan for the store and back, and the hash of what a person approves. */
#include <string.h>

#include "diagnose.h"
#include "str.h"

static void put_list(json *o, const char *key, const char *const *list)
{
	json *arr = json_set_arr(o, key);

	for (; list && *list; list++)
		json_add_str(arr, *list);
}

static void put_steps(json *o, const struct plan *p)
{
	json *arr = json_set_arr(o, "remediation_steps");

	for (size_t i = 0; i < p->nsteps; i++) {
		json *s = json_add_obj(arr);

		json_set_str(s, "text", p->steps[i].text);
		json_set_str(s, "file", p->steps[i].file);
		json_set_str(s, "risk", p->steps[i].risk);
		json_set_str(s, "verify", *p->steps[i].verify ? p->steps[i].verify : NULL);
	}
}

static void put_hypotheses(json *o, const struct plan *p)
{
	json *arr = json_set_arr(o, "hypotheses");

	for (size_t i = 0; i < p->nhypotheses; i++) {
		json *h = json_add_obj(arr);

		json_set_str(h, "text", p->hypotheses[i].text);
		put_list(h, "for", p->hypotheses[i].for_ids);
		put_list(h, "against", p->hypotheses[i].against_ids);
		json_set_str(h, "verdict", p->hypotheses[i].verdict);
	}
}

static const char *joined(struct arena *a, const char *const *list)
{
	struct str b = str_new(a);

	for (; list && *list; list++)
		str_addf(&b, "%s%s", b.len ? "\n" : "", *list);
	return b.len ? b.s : NULL;
}

json *plan_json(struct arena *a, const struct plan *p)
{
	json *o = json_obj(a), *c;

	json_set_str(o, "summary", p->summary);
	c = json_set_obj(o, "suspected_cause");
	json_set_str(c, "text", p->cause);
	put_list(c, "evidence", p->cause_ids);
	put_hypotheses(o, p);
	json_set_str(o, "confidence", confidence_name(p->confidence));
	json_set_str(o, "confidence_reason", p->confidence_reason);
	json_set_str(o, "doubt", p->doubt);
	put_list(o, "debugging_steps", p->debugging);
	json_set_str(o, "reproduce", joined(a, p->reproduce));
	put_steps(o, p);
	put_list(o, "avoid", p->avoid);
	json_set_str(o, "remedy", remedy_name(p->remedy));
	put_list(o, "missing", p->missing);
	put_list(o, "checked", p->checked);
	json_set_str(o, "question", p->question);
	put_list(o, "notes", p->notes);
	json_set_str(o, "objection", p->objection);
	json_set_str(o, "checked_by", p->checked_by);
	json_set_str(o, "changed", p->changed);
	json_set_bool(o, "conclusive", p->conclusive);
	return o;
}

/* --- back --- */

static const char **get_list(struct arena *a, const json *arr)
{
	const char **out = ARENA_ARRAY(a, json_len(arr) + 1, const char *);
	size_t n = 0;

	json_each (it, arr) {
		if (json_is_str(it))
			out[n++] = arena_strdup(a, json_str(it, "", ""));
	}
	return out;
}

static const char *get(struct arena *a, const json *j, const char *path, const char *def)
{
	return arena_strdup(a, json_str(j, path, def));
}

static const char **split(struct arena *a, const char *text)
{
	size_t n = 1;
	const char **out;

	for (const char *s = text; *s; s++)
		n += *s == '\n';
	out = ARENA_ARRAY(a, n + 1, const char *);
	n = 0;
	for (const char *s = text; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		if (*s != '\n')
			out[n++] = arena_strndup(a, s, strcspn(s, "\n"));
	}
	return out;
}

static void get_steps(struct arena *a, const json *arr, struct plan *p)
{
	p->steps = ARENA_ARRAY(a, json_len(arr) + 1, struct plan_step);
	json_each (s, arr) {
		p->steps[p->nsteps++] = (struct plan_step){
		        .text = get(a, s, ".text", ""),
		        .file = get(a, s, ".file", NULL),
		        .risk = get(a, s, ".risk", "medium"),
		        .verify = get(a, s, ".verify", ""),
		};
	}
}

static void get_hypotheses(struct arena *a, const json *arr, struct plan *p)
{
	p->hypotheses = ARENA_ARRAY(a, json_len(arr) + 1, struct plan_hypothesis);
	json_each (h, arr) {
		p->hypotheses[p->nhypotheses++] = (struct plan_hypothesis){
		        .text = get(a, h, ".text", ""),
		        .for_ids = get_list(a, json_get(h, ".for")),
		        .against_ids = get_list(a, json_get(h, ".against")),
		        .verdict = get(a, h, ".verdict", "possible"),
		};
	}
}

bool plan_parse(struct arena *a, const json *j, struct plan *out, struct err *e)
{
	*out = (struct plan){0};
	if (!json_is_obj(j) || !remedy_parse(json_str(j, ".remedy", ""), &out->remedy) ||
	        !confidence_parse(json_str(j, ".confidence", ""), &out->confidence))
		return err_set(e, ERR_PROTO, false, "the stored plan cannot be read");
	out->summary = get(a, j, ".summary", "");
	out->cause = get(a, j, ".suspected_cause.text", NULL);
	out->cause_ids = get_list(a, json_get(j, ".suspected_cause.evidence"));
	get_hypotheses(a, json_get(j, ".hypotheses"), out);
	out->confidence_reason = get(a, j, ".confidence_reason", "");
	out->doubt = get(a, j, ".doubt", "");
	out->debugging = get_list(a, json_get(j, ".debugging_steps"));
	out->reproduce = split(a, json_str(j, ".reproduce", ""));
	get_steps(a, json_get(j, ".remediation_steps"), out);
	out->avoid = get_list(a, json_get(j, ".avoid"));
	out->missing = get_list(a, json_get(j, ".missing"));
	out->checked = get_list(a, json_get(j, ".checked"));
	out->question = get(a, j, ".question", NULL);
	out->notes = get_list(a, json_get(j, ".notes"));
	out->objection = get(a, j, ".objection", NULL);
	out->checked_by = get(a, j, ".checked_by", NULL);
	out->changed = get(a, j, ".changed", NULL);
	out->conclusive = json_bool(j, ".conclusive", false);
	return true;
}

/* Over what a person reads before approving. It says that nothing changed between reading and
 * clicking; it is no seal against somebody who can write the store. */
const char *plan_hash(struct arena *a, const struct plan *p)
{
	json *o = json_obj(a);

	json_set_str(o, "cause", p->cause);
	json_set_str(o, "remedy", remedy_name(p->remedy));
	put_steps(o, p);
	put_list(o, "avoid", p->avoid);
	return arena_printf(
	        a, "%012llx", (unsigned long long)(json_hash(a, o) & 0xffffffffffffULL));
}
