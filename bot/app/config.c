/*
 * config.c - settings from file and environment into struct settings (see config.h).
 *
 * First every given value is collected with where it came from, then values are parsed in an order
 * that lets one depend on another: profile, defaults, file, environment, services. All problems are
 * reported, not only the first.
 */
#include "app/config.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config_check.h"
#include "app/config_file.h"
#include "app/config_table.h"

static const struct setting *find_setting(const char *section, const char *key)
{
	for (const struct setting *s = setting_table; s->key; s++) {
		if (str_eq(s->section, section) && str_eq(s->key, key))
			return s;
	}
	return NULL;
}

bool setting_is_threshold(const struct setting *s)
{
	return str_eq(s->section, "thresholds");
}

/* ---- names that do not exist ---- */

/* Near enough to be a typing mistake. */
#define NEAR 3

struct nearest {
	const char *name;
	unsigned distance;
};

static void consider(struct nearest *n, const char *name, const char *typed)
{
	unsigned d = str_distance(name, typed);

	if (d < n->distance && d < strlen(name)) {
		n->name = name;
		n->distance = d;
	}
}

static void bad_section(struct config_file *f, const struct entry *e)
{
	struct nearest n = {NULL, NEAR + 1};

	for (const struct section *s = setting_sections; s->name; s++)
		consider(&n, s->name, e->section);
	str_addf(f->problems, "%s: [%s]: no such section", e->where, e->section);
	if (n.name)
		str_addf(f->problems, "; did you mean [%s]?", n.name);
	else
		str_add(f->problems, "; `healbot help config` lists them");
	str_addc(f->problems, '\n');
}

static bool in_section(const struct setting *s, const struct entry *e)
{
	return str_eq(s->section, e->section) || (e->service && setting_is_threshold(s));
}

static void bad_key(struct config_file *f, const struct entry *e)
{
	static const char *const secret[] = {"token", "password", "secret", "api_key"};
	struct nearest n = {NULL, NEAR + 1};
	const char *sep = "";

	str_addf(f->problems, "%s: [%s] %s: no such key; ", e->where, e->section, e->key);
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
		if (strstr(e->key, secret[i])) {
			str_add(f->problems,
			        "secrets come from the environment or from the file that "
			        "NAME_FILE names: `healbot help config` lists them\n");
			return;
		}
	}
	for (const struct setting *s = setting_table; s->key; s++) {
		if (in_section(s, e))
			consider(&n, s->key, e->key);
	}
	if (n.name) {
		str_addf(f->problems, "did you mean \"%s\"?\n", n.name);
		return;
	}
	str_add(f->problems, "it has: ");
	for (const struct setting *s = setting_table; s->key; s++) {
		if (in_section(s, e)) {
			str_addf(f->problems, "%s%s", sep, s->key);
			sep = ", ";
		}
	}
	str_addc(f->problems, '\n');
}

static bool section_exists(const char *name)
{
	for (const struct section *s = setting_sections; s->name; s++) {
		if (str_eq(s->name, name))
			return true;
	}
	return false;
}

/* Finds the table row of each entry. */
static void resolve(struct config_file *f)
{
	for (struct entry *e = f->first; e; e = e->next) {
		e->setting = find_setting(e->section, e->key);
		if (!e->setting && e->service)
			e->setting = find_setting("thresholds", e->key);
		if (!section_exists(e->section))
			bad_section(f, e);
		else if (str_eq(e->section, "service") && !e->service)
			str_addf(f->problems,
			        "%s: [service]: which one? Write [service \"name\"]\n", e->where);
		else if (!e->setting)
			bad_key(f, e);
	}
}

/* ---- the environment ---- */

static char *env_name(struct arena *a, const char *section, const char *key)
{
	char *s = arena_printf(a, "HEAL_%s_%s", section, key);

	for (char *p = s; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return s;
}

/* [heal] db is HEAL_HEAL_DB by the rule, and HEAL_DB because everybody would write that. */
static const struct setting *by_env(struct arena *a, const char *name, struct nearest *near)
{
	for (const struct setting *s = setting_table; s->key; s++) {
		const char *full = env_name(a, s->section, s->key);

		if (str_eq(s->section, "service"))
			continue;
		if (str_eq(full, name) ||
		        (str_eq(s->section, "heal") && str_eq(full + strlen("HEAL_"), name)))
			return s;
		consider(near, full, name);
	}
	return NULL;
}

/* HEAL_… that is read elsewhere: the path of this file and the secrets. */
static bool other_env(const char *name)
{
	return str_eq(name, "HEAL_CONFIG") || str_starts(name, "HEAL_HTTP_TOKEN");
}

static const char *env_value(const char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

/* Railway's health check asks the port it chose, from outside the container. Anything that is given
 * by hand wins. Without HEAL_HTTP_TOKEN only /healthz answers there. */
static void platform(struct config_file *f, const char *const *env)
{
	const char *port = env_value(env, "PORT");
	int64_t n;

	for (const struct entry *e = f->first; e; e = e->next)
		if (str_eq(e->section, "heal") && str_eq(e->key, "http"))
			return;
	if (env_value(env, "RAILWAY_PROJECT_ID") && str_int(str_or(port, ""), &n))
		config_file_add(
		        f, "PORT", "heal", NULL, "http", arena_printf(f->a, "0.0.0.0:%s", port));
}

static void read_env(struct config_file *f, const char *const *env)
{
	for (; env && *env; env++) {
		const char *eq = strchr(*env, '=');
		const char *name = eq ? arena_strndup(f->a, *env, (size_t)(eq - *env)) : *env;
		struct nearest near = {NULL, NEAR + 1};
		const struct setting *s;

		/* Compose files set empty variables for "not set". */
		if (!eq || !eq[1] || !str_starts(name, "HEAL_") || other_env(name))
			continue;
		s = by_env(f->a, name, &near);
		if (s)
			config_file_add(f, name, s->section, NULL, s->key, eq + 1);
		else if (near.name)
			str_addf(f->problems, "%s: no such setting; did you mean %s?\n", name,
			        near.name);
		else
			str_addf(f->problems,
			        "%s: no such setting; unset it, or see `healbot help config`\n",
			        name);
	}
}

/* ---- values ---- */

static void apply_text(struct config_file *f, const struct setting *s, const char *text, void *base,
        const struct entry *e)
{
	struct str why = str_new(f->a);

	if (setting_parse(f->a, s, text, (char *)base + s->offset, &why))
		return;
	if (!e) {
		str_addf(&why, " [default of %s.%s is wrong]", s->section, s->key);
		abort(); /* the table itself: found by the first test that runs */
	}
	str_addf(f->problems, "%s: [%s%s%s%s] %s = %s: %s\n", e->where, e->section,
	        e->service ? " \"" : "", e->service ? e->service : "", e->service ? "\"" : "",
	        e->key, config_show(f->a, text), why.s);
}

static void defaults(struct config_file *f, const char *section, void *base, bool strict)
{
	for (const struct setting *s = setting_table; s->key; s++) {
		bool list = s->type == SET_LIST || s->type == SET_IDS || s->type == SET_PAGES;
		const char *def = strict && s->strict ? s->strict : s->def;

		if (!def && list)
			def = ""; /* an empty list, not NULL */

		if (def && str_eq(s->section, section))
			apply_text(f, s, def, base, NULL);
	}
}

/* Entries without a service; file entries come before those of the environment. */
static void apply_global(struct config_file *f, struct settings *out)
{
	for (const struct entry *e = f->first; e; e = e->next) {
		if (e->setting && !e->service)
			apply_text(f, e->setting, e->value, out, e);
	}
}

static void apply_profile(struct config_file *f, struct settings *out)
{
	const struct setting *s = find_setting("heal", "profile");
	struct str unused = str_new(f->a);

	assert(s);
	for (const struct entry *e = f->first; e; e = e->next) {
		if (e->setting == s)
			setting_parse(f->a, s, e->value, (char *)out + s->offset, &unused);
	}
}

static struct service_settings *service_of(struct settings *out, const char *name)
{
	for (size_t i = 0; i < out->nservices; i++) {
		if (str_eq(out->services[i].name, name))
			return &out->services[i];
	}
	return NULL;
}

static void apply_service(
        struct config_file *f, struct service_settings *svc, const struct entry *e)
{
	char *base = (char *)svc;

	/* A threshold's offset is within struct settings: move it to this service's own. */
	if (setting_is_threshold(e->setting))
		base += (ptrdiff_t)offsetof(struct service_settings, thresholds) -
		        (ptrdiff_t)offsetof(struct settings, thresholds);
	apply_text(f, e->setting, e->value, base, e);
}

static void apply_services(struct config_file *f, struct settings *out)
{
	size_t n = 0;

	defaults(f, "service", &out->fallback, false);
	out->fallback.thresholds = out->thresholds;
	for (const struct entry *e = f->first; e; e = e->next)
		n += e->service != NULL;
	out->services = ARENA_ARRAY(f->a, n, struct service_settings);
	for (const struct entry *e = f->first; e; e = e->next) {
		struct service_settings *svc;

		if (!e->service)
			continue;
		svc = service_of(out, e->service);
		if (!svc) {
			svc = &out->services[out->nservices++];
			*svc = out->fallback;
			svc->name = e->service;
		}
		if (e->setting)
			apply_service(f, svc, e);
	}
}

const struct settings *config_load(
        struct arena *a, const struct config_source *src, struct str *problems)
{
	struct settings *out = ARENA_NEW(a, struct settings);
	struct config_file f = {.a = a, .problems = problems};
	size_t before = problems->len;
	bool strict;

	config_file_read(&f, config_path(src));
	read_env(&f, src->env);
	platform(&f, src->env);
	resolve(&f);
	apply_profile(&f, out);
	strict = out->heal.profile == PROFILE_STRICT;
	for (const struct section *s = setting_sections; s->name; s++) {
		if (!str_eq(s->name, "service"))
			defaults(&f, s->name, out, strict);
	}
	apply_global(&f, out);
	apply_services(&f, out);
	config_check(out, problems);
	return problems->len == before ? out : NULL;
}

const struct service_settings *settings_service(const struct settings *s, const char *name)
{
	for (size_t i = 0; name && i < s->nservices; i++) {
		if (strcmp(s->services[i].name, name) == 0)
			return &s->services[i];
	}
	return &s->fallback;
}
