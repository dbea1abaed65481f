/* ask.c - what a person wants: names of the kinds, words, JSON. See include/act.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "redact.h"
#include "str.h"

enum { MAX_REPLICAS = 50, MAX_VALUE = 500 };

static const char *const names[ACT_KIND_COUNT] = {
        [ACT_RESTART] = "restart",
        [ACT_ROLLBACK] = "rollback",
        [ACT_REDEPLOY] = "redeploy",
        [ACT_SCALE] = "scale",
        [ACT_LIMITS] = "limits",
        [ACT_VARIABLE] = "variable",
};

const char *act_kind_name(enum act_kind k)
{
	return names[k];
}

bool act_kind_parse(const char *name, enum act_kind *out)
{
	for (int k = 0; k < ACT_KIND_COUNT; k++) {
		if (str_eq(names[k], name)) {
			*out = (enum act_kind)k;
			return true;
		}
	}
	return false;
}

const char **act_people(const struct settings *s, enum act_kind k)
{
	switch (k) {
	case ACT_RESTART:
		return s->actions.restart;
	case ACT_ROLLBACK:
		return s->actions.rollback;
	case ACT_REDEPLOY:
		return s->actions.redeploy;
	case ACT_SCALE:
		return s->actions.scale;
	case ACT_LIMITS:
		return s->actions.limits;
	case ACT_VARIABLE:
		return s->actions.variable;
	case ACT_KIND_COUNT:
		break;
	}
	abort();
}

/* --- words --- */

static bool positive(const char *text, double max, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (str_ieq(end, "gb"))
		end += 2;
	return end != text && *end == '\0' && *out > 0 && *out <= max;
}

static bool is_name(const char *s, size_t n)
{
	if (n == 0 || n > 100 || isdigit((unsigned char)*s))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	return true;
}

static bool take_variable(
        struct arena *a, const char *word, struct redact *r, struct act_ask *out, struct err *e)
{
	const char *eq = strchr(word, '=');

	if (out->name || !eq || !is_name(word, (size_t)(eq - word)) || strlen(eq + 1) > MAX_VALUE)
		return err_set(e, ERR_INPUT, false,
		        "one variable at a time: `/heal variable 42 POOL_SIZE=20`");
	/* what Slack sends is masked before it is stored: a mask is what is left of a secret */
	if (strpbrk(eq, "<>") || (r && !str_eq(redact_text(r, a, word), word)))
		return err_set(e, ERR_INPUT, false,
		        "that value looks like a secret; set it on Railway's own page, not in Slack");
	out->name = arena_strndup(a, word, (size_t)(eq - word));
	out->value = arena_strdup(a, eq + 1);
	return true;
}

static bool take_limit(const char *word, struct act_ask *out, struct err *e)
{
	if (str_starts(word, "memory=") && positive(word + 7, 1000, &out->memory_gb))
		return true;
	if (str_starts(word, "cpu=") && positive(word + 4, 1000, &out->cpu))
		return true;
	return err_set(e, ERR_INPUT, false,
	        "limits are GB of memory and vCPUs: `/heal limits 42 memory=2 cpu=4`");
}

static bool take_replicas(const char *word, struct act_ask *out, struct err *e)
{
	int64_t n;

	if (str_starts(word, "replicas="))
		word += 9;
	if (!str_int(word, &n) || n < 1 || n > MAX_REPLICAS)
		return err_set(e, ERR_INPUT, false,
		        "replicas are a number from 1 to 50: `/heal scale 42 replicas=3`");
	out->replicas = (int)n;
	return true;
}

static bool take(
        struct arena *a, const char *word, struct redact *r, struct act_ask *out, struct err *e)
{
	switch (out->kind) {
	case ACT_SCALE:
		return take_replicas(word, out, e);
	case ACT_LIMITS:
		return take_limit(word, out, e);
	case ACT_VARIABLE:
		return take_variable(a, word, r, out, e);
	case ACT_ROLLBACK:
		if (out->deployment || strlen(word) < 7 ||
		        strspn(word, "0123456789abcdef-") != strlen(word))
			break;
		out->deployment = arena_strdup(a, word);
		return true;
	case ACT_RESTART:
	case ACT_REDEPLOY:
	case ACT_KIND_COUNT:
		break;
	}
	return err_set(e, ERR_INPUT, false, "“%s” is not understood; `/heal help %s`",
	        str_ellipsis(a, word, 40), act_kind_name(out->kind));
}

bool act_parse(struct arena *a, enum act_kind kind, int argc, const char **argv, struct redact *r,
        struct act_ask *out, struct err *e)
{
	*out = (struct act_ask){.kind = kind};
	for (int i = 0; i < argc; i++)
		if (!str_ieq(argv[i], "yes") && !take(a, argv[i], r, out, e))
			return false;
	if (kind == ACT_VARIABLE && !out->name)
		return err_set(
		        e, ERR_INPUT, false, "which variable? `/heal variable 42 POOL_SIZE=20`");
	return true;
}

/* --- JSON --- */

json *act_ask_json(struct arena *a, const struct act_ask *ask)
{
	json *o = json_obj(a);

	json_set_str(o, "kind", act_kind_name(ask->kind));
	json_set_str(o, "deployment", ask->deployment);
	json_set_int(o, "replicas", ask->replicas);
	json_set_num(o, "cpu", ask->cpu);
	json_set_num(o, "memory_gb", ask->memory_gb);
	json_set_str(o, "name", ask->name);
	json_set_str(o, "value", ask->value);
	return o;
}

bool act_ask_of(struct arena *a, const json *j, struct act_ask *out, struct err *e)
{
	*out = (struct act_ask){
	        .deployment = arena_strdup(a, json_str(j, ".deployment", NULL)),
	        .replicas = (int)json_int(j, ".replicas", 0),
	        .cpu = json_num(j, ".cpu", 0),
	        .memory_gb = json_num(j, ".memory_gb", 0),
	        .name = arena_strdup(a, json_str(j, ".name", NULL)),
	        .value = arena_strdup(a, json_str(j, ".value", NULL)),
	};
	if (act_kind_parse(json_str(j, ".kind", ""), &out->kind))
		return true;
	return err_set(e, ERR_PROTO, false, "the stored act is of no kind that is known");
}
