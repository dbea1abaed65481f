/*
 * llm_second.c - what the cheap model is asked: to break a cause, to answer a question.
 *
 * The sceptic objects when an item says that a provider or a neighbour is in trouble, and the cause
 * cites neither such an item nor a change. The answer names the items that have words of the
 * question.
 */
#include <ctype.h>
#include <string.h>

#include "sandbox/llm.h"

static json *verdict(struct arena *a, const char *word, const char *objection, const char *id)
{
	json *o = json_obj(a), *ids;

	json_set_str(o, "verdict", word);
	json_set_str(o, "objection", objection);
	ids = json_set_arr(o, "evidence");
	if (id)
		json_add_str(ids, id);
	return o;
}

/* The line that the user message ends with: {"suspected_cause":…} or {"question":…}. */
static const char *about(struct arena *a, const char *user, const char *name)
{
	const char *at = strstr(user, arena_printf(a, "\n{\"%s\":", name));
	const json *j = at ? json_parse(a, at + 1, strcspn(at + 1, "\n"), NULL) : NULL;

	return json_str(j, arena_printf(a, ".%s", name), "");
}

static bool in_trouble(const struct llm_item *x)
{
	return (str_eq(x->kind, "upstream") && strstr(x->value, " reports (m")) ||
	       (str_eq(x->kind, "neighbour") && strstr(x->value, "at its limit"));
}

static const json *doubt(struct arena *a, const struct llm_in *in, const char *fault)
{
	const char *cause = about(a, in->user, "suspected_cause");
	struct llm_items it = {.n = 0};
	const char *first;

	llm_read_items(a, in->user, &it);
	first = it.n ? it.v[0].id : NULL;
	if (str_eq(fault, "groundless"))
		return verdict(a, "refuted", "It cannot be", "e99");
	if (str_eq(fault, "weak") || str_eq(fault, "refuted"))
		return verdict(a, fault, "This would look different if the cause were true", first);
	for (size_t i = 0; i < it.n; i++) {
		if (in_trouble(&it.v[i]) && strstr(cause, arena_printf(a, "[%s]", it.v[i].id)))
			return verdict(a, "stands", NULL, NULL); /* it names what is in trouble */
	}
	for (size_t i = 0; i < it.n; i++) {
		if (in_trouble(&it.v[i]) && !strstr(cause, "since the deployment") &&
		        !strstr(cause, arena_printf(a, "[%s]", it.v[i].id)))
			return verdict(
			        a, "weak", "Something else is in trouble as well", it.v[i].id);
	}
	return verdict(a, "stands", NULL, NULL);
}

/* Words of at least four letters that both have. */
static int common(struct arena *a, const char *question, const char *value)
{
	int n = 0;

	for (const char *s = question; *s;) {
		size_t len = 0;

		while (isalnum((unsigned char)s[len]))
			len++;
		n += len >= 4 && strcasestr(value, arena_strndup(a, s, len)) != NULL;
		s += len ? len : 1;
	}
	return n;
}

static const json *question(struct arena *a, const struct llm_in *in)
{
	const char *text = about(a, in->user, "question");
	struct llm_items it = {.n = 0};
	json *o = json_obj(a), *arr = json_set_arr(o, "sentences"), *s;

	llm_read_items(a, in->user, &it);
	for (size_t i = 0; i < it.n && json_len(arr) < 2; i++) {
		if (common(a, text, it.v[i].value) == 0 && common(a, text, it.v[i].kind) == 0)
			continue;
		s = json_add_obj(arr);
		json_set_str(s, "text",
		        arena_printf(a, "The %s item says so [%s].", it.v[i].kind, it.v[i].id));
		json_add_str(json_set_arr(s, "evidence"), it.v[i].id);
	}
	return o;
}

const json *llm_second(struct arena *a, struct llm_in *in, const json *schema, const char **kind)
{
	if (!strstr(in->user, "\nEVIDENCE-"))
		return NULL;
	if (json_has(schema, ".properties.objection")) {
		*kind = "doubt";
		in->fault = sb_fault(in->peer->sb, "llm", "answer doubt");
		return doubt(a, in, json_str(in->fault, ".name", ""));
	}
	if (json_has(schema, ".properties.sentences")) {
		*kind = "question";
		in->fault = sb_fault(in->peer->sb, "llm", "answer question");
		return question(a, in);
	}
	return NULL;
}
