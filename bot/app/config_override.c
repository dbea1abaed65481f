/* config_override.c - settings as they would be with other thresholds: for simulations. See
 * include/settings.h. */
#include <string.h>

#include "app/config_check.h"
#include "app/config_table.h"

static bool may_be_tried(const struct setting *s)
{
	static const char *const scan[] = {"every", "window", "open", "close"};

	if (setting_is_threshold(s))
		return true;
	for (size_t i = 0; str_eq(s->section, "scan") && i < sizeof(scan) / sizeof(*scan); i++)
		if (str_eq(s->key, scan[i]))
			return true;
	return false;
}

static const struct setting *find(const char *key, size_t n, const char **nearest)
{
	const struct setting *found = NULL;
	unsigned best = 4;
	char word[64] = "";

	memcpy(word, key, n < sizeof(word) ? n : sizeof(word) - 1);
	for (const struct setting *s = setting_table; s->key; s++) {
		unsigned d;

		if (!may_be_tried(s))
			continue;
		if (str_eq(s->key, word))
			found = s;
		d = str_distance(s->key, word);
		if (d < best) {
			best = d;
			*nearest = s->key;
		}
	}
	return found;
}

/* To all services: what is tried wins over their own sections. */
static bool apply(struct arena *a, struct settings *s, const struct setting *row, const char *text,
        struct str *why)
{
	ptrdiff_t at = (ptrdiff_t)offsetof(struct service_settings, thresholds) +
	               (ptrdiff_t)row->offset - (ptrdiff_t)offsetof(struct settings, thresholds);

	if (!setting_parse(a, row, text, (char *)s + row->offset, why))
		return false;
	if (!setting_is_threshold(row))
		return true;
	for (size_t i = 0; i < s->nservices; i++)
		setting_parse(a, row, text, (char *)&s->services[i] + at, why);
	return setting_parse(a, row, text, (char *)&s->fallback + at, why);
}

bool settings_try(struct arena *a, const struct settings *base, const char *const *pairs, size_t n,
        const struct settings **out, struct err *e)
{
	struct settings *s = ARENA_NEW(a, struct settings);
	struct str problems = str_new(a);

	*s = *base;
	s->services = ARENA_ARRAY(a, base->nservices + 1, struct service_settings);
	if (base->nservices)
		memcpy(s->services, base->services,
		        base->nservices * sizeof(struct service_settings));
	for (size_t i = 0; i < n; i++) {
		const char *eq = strchr(pairs[i], '='), *near = NULL;
		const struct setting *row =
		        eq ? find(pairs[i], (size_t)(eq - pairs[i]), &near) : NULL;
		struct str why = str_new(a);

		if (!row)
			return err_set(e, ERR_INPUT, false, "“%.60s” is nothing to try%s%s%s",
			        pairs[i],
			        near ? "; did you mean “"
			             : "; try p95=2s, memory=80%/90% or open=1/1",
			        near ? near : "", near ? "=…”?" : "");
		if (!apply(a, s, row, eq + 1, &why))
			return err_set(e, ERR_INPUT, false, "%.60s: %s", pairs[i], why.s);
	}
	config_check(s, &problems);
	if (problems.len > 0)
		return err_set(
		        e, ERR_INPUT, false, "%.*s", (int)strcspn(problems.s, "\n"), problems.s);
	*out = s;
	return true;
}
