/* config_docs.c - the table of settings as documentation (declared in config.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config.h"
#include "app/config_table.h"
#include "clock.h"

static const char *const type_names[] = {
        [SET_STR] = "text",
        [SET_URL] = "URL",
        [SET_HOST_PORT] = "host:port or -",
        [SET_ID] = "Slack id",
        [SET_REPO] = "owner/name",
        [SET_INT] = "whole number",
        [SET_COUNT] = "whole number",
        [SET_NUM] = "number",
        [SET_USD] = "US dollars",
        [SET_DURATION] = "duration",
        [SET_BOOL] = "yes or no",
        [SET_ENUM] = "word",
        [SET_RATIO] = "N/M",
        [SET_LIST] = "list",
        [SET_IDS] = "list of Slack ids",
        [SET_PAGES] = "list of name=url",
        [SET_PAIR_SHARE] = "warn/critical shares",
        [SET_PAIR_MS] = "warn/critical durations",
        [SET_PAIR_FACTOR] = "warn/critical factors",
};

const char *setting_type_text(struct arena *a, const struct setting *s)
{
	const char *name = type_names[s->type];

	switch (s->type) {
	case SET_ENUM: {
		char *words = arena_strdup(a, s->words);

		for (char *p = words; *p; p++)
			*p = *p == ' ' ? '|' : *p;
		return words;
	}
	case SET_DURATION:
		return arena_printf(a, "%s, %s to %s", name,
		        clock_duration_short(a, (int64_t)s->min),
		        clock_duration_short(a, (int64_t)s->max));
	case SET_INT:
	case SET_COUNT:
	case SET_NUM:
		return s->max > 0 && s->max < 1e6
		               ? arena_printf(a, "%s, %g to %g", name, s->min, s->max)
		               : name;
	case SET_STR:
	case SET_URL:
	case SET_HOST_PORT:
	case SET_ID:
	case SET_REPO:
	case SET_USD:
	case SET_BOOL:
	case SET_RATIO:
	case SET_LIST:
	case SET_IDS:
	case SET_PAGES:
	case SET_PAIR_SHARE:
	case SET_PAIR_MS:
	case SET_PAIR_FACTOR:
		return name;
	}
	abort();
}

/* Text in lines of at most `width`, each after `lead`. */
static void wrap(struct str *out, const char *lead, const char *text, size_t width)
{
	size_t at = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (at == 0 || at + 1 + n > width) {
			str_addf(out, "%s%s", at ? "\n" : "", lead);
			at = 0;
		} else {
			str_addc(out, ' ');
			at++;
		}
		str_addn(out, text, n);
		at += n;
		text += n;
		text += strspn(text, " ");
	}
	str_addc(out, '\n');
}

/* "duration; strict profile: …" */
static const char *note(struct arena *a, const struct setting *s)
{
	const char *type = setting_type_text(a, s);

	return s->strict ? arena_printf(a, "%s; profile strict: %s", type, s->strict) : type;
}

static void example_key(struct str *out, const struct setting *s)
{
	const char *value = s->def ? s->def : s->example;

	wrap(out, "# ", arena_printf(out->a, "%s (%s)", s->help, note(out->a, s)), 96);
	str_addf(out, "%s%s = %s\n\n", "#", s->key, value ? value : "");
}

void config_example(struct str *out)
{
	str_add(out,
	        "# heal.ini: settings of healbot. Made by `healbot config --example`.\n"
	        "#\n"
	        "# Every line that begins with # is a comment; a commented key shows its default,\n"
	        "# or an example where there is none. Each key can also be given as an environment\n"
	        "# variable HEAL_<SECTION>_<KEY>, which wins over this file. Durations carry a\n"
	        "# unit (500ms, 90s, 10m, 4h, 7d). Secrets do not belong here: they come from the\n"
	        "# environment (SLACK_BOT_TOKEN ...) or from files (SLACK_BOT_TOKEN_FILE ...).\n\n");
	for (const struct section *sec = setting_sections; sec->name; sec++) {
		bool service = str_eq(sec->name, "service");

		wrap(out, "# ", sec->help, 96);
		str_addf(out, service ? "#[%s \"api\"]\n\n" : "[%s]\n\n", sec->name);
		for (const struct setting *s = setting_table; s->key; s++) {
			if (str_eq(s->section, sec->name))
				example_key(out, s);
		}
	}
	str_cut(out, out->len - 1);
}

/* A cell: | would end it. */
static void cell(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			str_addc(out, '\\');
		str_addc(out, *text);
	}
}

void config_markdown(struct str *out)
{
	struct secret_doc doc;

	for (const struct section *sec = setting_sections; sec->name; sec++) {
		str_addf(out,
		        "#### `[%s%s]`\n\n%s\n\n| key | default | what | type |\n|---|---|---|---|\n",
		        sec->name, str_eq(sec->name, "service") ? " \"name\"" : "", sec->help);
		for (const struct setting *s = setting_table; s->key; s++) {
			if (!str_eq(s->section, sec->name))
				continue;
			str_addf(out, "| `%s` | ", s->key);
			if (s->def)
				str_addf(out, "`%s`", s->def);
			else if (s->example)
				str_addf(out, "–, e.g. `%s`", s->example);
			str_add(out, " | ");
			cell(out, s->help);
			str_add(out, " | ");
			cell(out, note(out->a, s));
			str_add(out, " |\n");
		}
		str_addc(out, '\n');
	}
	str_add(out,
	        "#### Secrets\n\nFrom the environment variable, or from the file that `NAME_FILE` "
	        "names.\n\n| name | what |\n|---|---|\n");
	for (size_t i = 0; secrets_doc(i, &doc); i++) {
		str_addf(out, "| `%s` | ", doc.name);
		cell(out, doc.help);
		str_add(out, " |\n");
	}
}

/* roff: a leading dot or quote and every backslash would be a request. */
static void roff(struct str *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		str_add(out, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			str_add(out, "\\e");
		else if (*text == '-')
			str_add(out, "\\-");
		else
			str_addc(out, *text);
	}
}

void config_man(struct str *out)
{
	struct secret_doc doc;

	str_add(out, ".SH SETTINGS\n");
	for (const struct section *sec = setting_sections; sec->name; sec++) {
		str_addf(out, ".SS [%s]\n", sec->name);
		roff(out, sec->help);
		str_addc(out, '\n');
		for (const struct setting *s = setting_table; s->key; s++) {
			if (!str_eq(s->section, sec->name))
				continue;
			str_add(out, ".TP\n");
			str_addf(out, ".B %s\n", s->key);
			roff(out, s->help);
			str_add(out, " (");
			roff(out, note(out->a, s));
			if (s->def) {
				str_add(out, "; default ");
				roff(out, s->def);
			}
			str_add(out, ")\n");
		}
	}
	str_add(out, ".SH ENVIRONMENT\nEach setting as HEAL_<SECTION>_<KEY>. Secrets, each also as "
	             "NAME_FILE:\n");
	for (size_t i = 0; secrets_doc(i, &doc); i++) {
		str_addf(out, ".TP\n.B %s\n", doc.name);
		roff(out, doc.help);
		str_addc(out, '\n');
	}
}

void config_help(struct str *out)
{
	struct secret_doc doc;

	str_add(out, "Settings are read from heal.ini (--config FILE, HEAL_CONFIG, ./heal.ini,\n"
	             "/etc/heal/heal.ini) and from HEAL_<SECTION>_<KEY>, which wins.\n");
	for (const struct section *sec = setting_sections; sec->name; sec++) {
		str_addf(out, "\n[%s%s]\n", sec->name,
		        str_eq(sec->name, "service") ? " \"name\"" : "");
		wrap(out, "  ", sec->help, 76);
		for (const struct setting *s = setting_table; s->key; s++) {
			if (!str_eq(s->section, sec->name))
				continue;
			str_addf(out, "  %s", s->key);
			if (s->def)
				str_addf(out, " = %s", s->def);
			str_addc(out, '\n');
			wrap(out, "      ",
			        arena_printf(out->a, "%s (%s)", s->help, note(out->a, s)), 72);
		}
	}
	str_add(out, "\nSecrets (environment variable, or its file in NAME_FILE)\n");
	for (size_t i = 0; secrets_doc(i, &doc); i++) {
		str_addf(out, "  %s\n", doc.name);
		wrap(out, "      ", doc.help, 72);
	}
}
