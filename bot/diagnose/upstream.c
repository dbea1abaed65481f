/* upstream.c - signs of third-party providers, and the table of providers. See include/upstream.h.
 */
#include "upstream.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "spark.h"
#include "str.h"

enum { FIELDS = 7, MAX_PROVIDERS = 100, MAX_PRIVATE = 20 };

/* --- the table --- */

struct provider {
	const char *id, *name, *page, *data;
	const char **hosts, **variables, **packages; /* NULL-terminated */
};

struct signs {
	const char *host, *error, *variable, *package; /* NULL = none seen */
	int failing, seen; /* lines with the host or the class, and of them failing ones */
};

struct upstreams {
	struct arena *a;
	struct provider p[MAX_PROVIDERS];
	struct signs s[MAX_PROVIDERS];
	size_t n;
	const char *private[MAX_PRIVATE + 1];
	size_t nprivate;
};

static const char **split(struct arena *a, const char *text)
{
	size_t n = 1, k = 0;
	const char **out;

	for (const char *s = text; *s; s++)
		n += *s == ';';
	out = ARENA_ARRAY(a, n + 1, const char *);
	for (const char *s = text; *s;) {
		size_t len = strcspn(s, ";");

		if (len)
			out[k++] = arena_strndup(a, s, len);
		s += len + (s[len] == ';');
	}
	return out;
}

static void add_row(struct upstreams *u, const char *line)
{
	const char *f[FIELDS] = {"", "", "", "", "", "", ""};
	struct arena *a = u->a;

	for (size_t i = 0; i < FIELDS; i++) {
		size_t len = strcspn(line, ",");

		f[i] = arena_strndup(a, line, len);
		line += len + (line[len] == ',');
	}
	u->p[u->n++] = (struct provider){
	        f[0], f[1], f[2], f[3], split(a, f[4]), split(a, f[5]), split(a, f[6])};
}

struct upstreams *upstreams_new(struct arena *a)
{
	struct upstreams *u = ARENA_NEW(a, struct upstreams);
	const char *s = embed_get("bot/diagnose/upstreams.csv", NULL);

	u->a = a;
	for (; s && *s && u->n < MAX_PROVIDERS; s += strcspn(s, "\n"), s += *s == '\n') {
		if (*s != '#' && *s != '\n')
			add_row(u, arena_strndup(a, s, strcspn(s, "\n")));
	}
	return u;
}

/* --- matching --- */

/* Equal, or a suffix behind a dot: "x.stripe.com" is one, "notstripe.com" is none. */
static bool under(const char *host, const char *suffix)
{
	size_t n = strlen(host), m = strlen(suffix);

	return str_ieq(host, suffix) ||
	       (n > m && host[n - m - 1] == '.' && str_ieq(host + n - m, suffix));
}

/* "STRIPE_*" takes every name that begins so. */
static bool fits(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return strncasecmp(pattern, name, n - 1) == 0;
	return str_ieq(pattern, name);
}

static bool fits_any(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++) {
		if (fits(*patterns, name))
			return true;
	}
	return false;
}

static void keep(struct upstreams *u, const char **field, const char *text)
{
	if (!*field)
		*field = arena_strdup(u->a, text);
}

static void add_private(struct upstreams *u, const char *host)
{
	const char *name = arena_strndup(u->a, host, strcspn(host, "."));

	for (size_t i = 0; i < u->nprivate; i++) {
		if (str_eq(u->private[i], name))
			return;
	}
	if (u->nprivate < MAX_PRIVATE)
		u->private[u->nprivate++] = name;
}

static void see_host(struct upstreams *u, const char *host, bool failing)
{
	if (under(host, "railway.internal")) {
		add_private(u, host);
		return;
	}
	if (under(host, "railway.app") || under(host, "rlwy.net"))
		return;
	for (size_t i = 0; i < u->n; i++) {
		for (const char **h = u->p[i].hosts; *h; h++) {
			if (!under(host, *h))
				continue;
			keep(u, &u->s[i].host, host);
			u->s[i].seen++;
			u->s[i].failing += failing;
			return;
		}
	}
}

/* "StripeConnectionError", "OpenAI.RateLimitError": begins with a provider's name. */
static void see_class(struct upstreams *u, const char *word, bool failing)
{
	if (!str_ends(word, "Error") && !str_ends(word, "Exception"))
		return;
	for (size_t i = 0; i < u->n; i++) {
		size_t n = strlen(u->p[i].name);

		if (n < 4 || strchr(u->p[i].name, ' ') || strncasecmp(word, u->p[i].name, n) != 0 ||
		        !(isupper((unsigned char)word[n]) || word[n] == '.'))
			continue;
		keep(u, &u->s[i].error, word);
		u->s[i].seen++;
		u->s[i].failing += failing;
	}
}

/* A host has dots and a name of letters at its end; a class ends so that see_class wants it. Most
 * words are neither, and nothing is copied for them. */
static bool looks_like_host(const char *w, size_t n)
{
	return n > 3 && n < 254 && w[0] != '.' && isalpha((unsigned char)w[n - 1]) &&
	       memchr(w, '.', n);
}

static bool looks_like_class(const char *w, size_t n)
{
	return n < 120 && ((n > 5 && memcmp(w + n - 5, "Error", 5) == 0) ||
	                          (n > 9 && memcmp(w + n - 9, "Exception", 9) == 0));
}

static size_t word_len(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '.' || s[n] == '-')
		n++;
	return n;
}

void upstreams_line(struct upstreams *u, const char *line, bool failing)
{
	char word[256];

	for (const char *s = line; *s;) {
		size_t n = word_len(s), end = n;
		bool host, class;

		while (end > 0 && (s[end - 1] == '.' || s[end - 1] == '-'))
			end--;
		host = looks_like_host(s, end);
		class = looks_like_class(s, end);
		if (host || class) {
			memcpy(word, s, end);
			word[end] = '\0';
		}
		if (host)
			see_host(u, word, failing);
		if (class)
			see_class(u, word, failing);
		s += n ? n : 1;
	}
}

void upstreams_variable(struct upstreams *u, const char *name)
{
	for (size_t i = 0; i < u->n; i++) {
		if (fits_any(u->p[i].variables, name))
			keep(u, &u->s[i].variable, name);
	}
}

/* --- manifests --- */

static void see_package(struct upstreams *u, const char *name)
{
	for (size_t i = 0; i < u->n; i++) {
		if (fits_any(u->p[i].packages, name))
			keep(u, &u->s[i].package, name);
	}
}

void upstreams_manifest(struct upstreams *u, const char *file, const char *text)
{
	static const char part[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                           "-._/@";

	if (str_ends(file, "package.json")) {
		const json *deps =
		        json_get(json_parse(u->a, text, strlen(text), NULL), ".dependencies");

		json_each (d, deps)
			see_package(u, json_key(d));
		return;
	}
	for (const char *s = text; *s;) {
		size_t n = strspn(s, part);

		if (n)
			see_package(u, arena_strndup(u->a, s, n));
		s += n ? n : 1;
	}
}

const char *const *upstreams_private(const struct upstreams *u)
{
	return u->private;
}

/* --- ranking --- */

static int rank(const struct signs *s)
{
	if ((s->host || s->error) && s->failing > 0)
		return 4;
	if (s->host || s->error)
		return 3;
	return (s->variable != NULL) + (s->package != NULL);
}

static const char *why(struct arena *a, const struct signs *s)
{
	switch (rank(s)) {
	case 4:
		return arena_printf(a, "%s in %s failing log lines", s->host ? s->host : s->error,
		        num_int(a, s->failing));
	case 3:
		return arena_printf(a, "%s in %s log lines, none of them failing",
		        s->host ? s->host : s->error, num_int(a, s->seen));
	case 2:
		return arena_printf(a, "variable %s and package %s", s->variable, s->package);
	default:
		return s->variable ? arena_printf(a, "variable %s only", s->variable)
		                   : arena_printf(a, "package %s only", s->package);
	}
}

static bool before(const struct upstreams *u, size_t i, size_t k)
{
	int a = rank(&u->s[i]), b = rank(&u->s[k]);

	return a != b                               ? a > b
	       : u->s[i].failing != u->s[k].failing ? u->s[i].failing > u->s[k].failing
	                                            : i < k;
}

size_t upstreams_list(const struct upstreams *u, struct arena *a, struct upstream *out, size_t max)
{
	size_t order[MAX_PROVIDERS], n = 0;

	for (size_t i = 0; i < u->n; i++) {
		size_t at = n;

		if (rank(&u->s[i]) == 0)
			continue;
		for (; at > 0 && before(u, i, order[at - 1]); at--)
			order[at] = order[at - 1];
		order[at] = i;
		n++;
	}
	n = n < max ? n : max;
	for (size_t k = 0; k < n; k++) {
		const struct provider *p = &u->p[order[k]];

		out[k] = (struct upstream){.id = p->id,
		        .name = p->name,
		        .page = p->page,
		        .data = p->data,
		        .why = why(a, &u->s[order[k]]),
		        .strong = rank(&u->s[order[k]]) == 4};
	}
	return n;
}

bool upstreams_known(const struct upstreams *u, const char *name)
{
	for (size_t i = 0; i < u->n; i++) {
		if (str_ieq(u->p[i].id, name) || str_ieq(u->p[i].name, name))
			return true;
	}
	return false;
}

/* --- between steps --- */

json *upstreams_json(const struct upstreams *u, struct arena *a)
{
	json *out = json_obj(a), *providers = json_set_obj(out, "providers"), *hosts;

	for (size_t i = 0; i < u->n; i++) {
		const struct signs *s = &u->s[i];
		json *o;

		if (rank(s) == 0)
			continue;
		o = json_set_obj(providers, u->p[i].id);
		json_set_str(o, "host", s->host);
		json_set_str(o, "error", s->error);
		json_set_str(o, "variable", s->variable);
		json_set_str(o, "package", s->package);
		json_set_int(o, "failing", s->failing);
		json_set_int(o, "seen", s->seen);
	}
	hosts = json_set_arr(out, "private");
	for (size_t i = 0; i < u->nprivate; i++)
		json_add_str(hosts, u->private[i]);
	return out;
}

static void add_signs(struct upstreams *u, size_t i, const json *o)
{
	static const char *const paths[] = {".host", ".error", ".variable", ".package"};
	const char **fields[] = {
	        &u->s[i].host, &u->s[i].error, &u->s[i].variable, &u->s[i].package};

	for (size_t k = 0; k < sizeof(paths) / sizeof(*paths); k++) {
		if (json_has(o, paths[k]))
			keep(u, fields[k], json_str(o, paths[k], ""));
	}
	u->s[i].failing += (int)json_int(o, ".failing", 0);
	u->s[i].seen += (int)json_int(o, ".seen", 0);
}

void upstreams_add(struct upstreams *u, const json *signs)
{
	json_each (o, json_get(signs, ".providers")) {
		for (size_t i = 0; i < u->n; i++) {
			if (str_eq(u->p[i].id, json_key(o)))
				add_signs(u, i, o);
		}
	}
	json_each (h, json_get(signs, ".private"))
		add_private(u, json_str(h, "", ""));
}
