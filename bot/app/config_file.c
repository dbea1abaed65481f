/*
 * config_file.c - see config_file.h.
 *
 * inih's handler is not told the line, so the reader counts: inih asks for one line and handles it
 * before it asks for the next. The reader also takes leading blanks away (inih would take an
 * indented key for the continuation of the line above) and notices lines that inih would cut.
 */
#include "app/config_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* inih keeps 49 bytes of a section's name and 199 of a line (its compiled-in limits). */
#define SECTION_MAX 49

struct reader {
	struct config_file *f;
	FILE *in;
	const char *path;
	int line;
};

const char *config_path(const struct config_source *src)
{
	if (src->path)
		return src->path;
	for (const char *const *e = src->env; e && *e; e++) {
		if (str_starts(*e, "HEAL_CONFIG=") && (*e)[strlen("HEAL_CONFIG=")])
			return *e + strlen("HEAL_CONFIG=");
	}
	if (access("heal.ini", F_OK) == 0)
		return "heal.ini";
	return access("/etc/heal/heal.ini", F_OK) == 0 ? "/etc/heal/heal.ini" : NULL;
}

const char *config_show(struct arena *a, const char *value)
{
	static const char *const prefixes[] = {
	        "xox", "xapp", "sk-", "ghp_", "gho_", "ghs_", "github_pat_", "Bearer "};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strstr(value, prefixes[i]))
			return "(hidden)";
	}
	return str_ellipsis(a, str_clean(a, value, strlen(value), 0), 60);
}

void config_file_add(struct config_file *f, const char *where, const char *section,
        const char *service, const char *key, const char *value)
{
	struct entry *e = ARENA_NEW(f->a, struct entry);

	*e = (struct entry){.where = arena_strdup(f->a, where),
	        .section = arena_strdup(f->a, section),
	        .service = arena_strdup(f->a, service),
	        .key = arena_strdup(f->a, key),
	        .value = arena_strdup(f->a, value)};
	if (f->last)
		f->last->next = e;
	else
		f->first = e;
	f->last = e;
}

/* fgets for inih: one line, without leading blanks. */
static char *next_line(char *buf, int size, void *arg)
{
	struct reader *r = arg;
	size_t n, blanks;

	if (!fgets(buf, size, r->in))
		return NULL;
	r->line++;
	n = strlen(buf);
	if (n == (size_t)size - 1 && buf[n - 1] != '\n') {
		int c = fgetc(r->in);

		if (c != EOF) {
			str_addf(r->f->problems,
			        "%s:%d: the line is longer than %d bytes: shorten it, or "
			        "give the value as an environment variable\n",
			        r->path, r->line, size - 2);
			while (c != EOF && c != '\n')
				c = fgetc(r->in);
			buf[0] = '\0';
		}
	}
	blanks = strspn(buf, " \t");
	memmove(buf, buf + blanks, strlen(buf + blanks) + 1);
	return buf;
}

/* Takes a comment after " #" and a pair of quotes off (inih does " ;"). */
static const char *tidy(struct arena *a, const char *value)
{
	char *v = arena_strdup(a, value), *p = v;
	size_t n;

	while ((p = strchr(p, '#'))) {
		if (p > v && (p[-1] == ' ' || p[-1] == '\t')) {
			*p = '\0';
			break;
		}
		p++;
	}
	n = strlen(v);
	while (n > 0 && strchr(" \t", v[n - 1]))
		v[--n] = '\0';
	if (n >= 2 && v[0] == '"' && v[n - 1] == '"')
		v = arena_strndup(a, v + 1, n - 2);
	return v;
}

/* `service "api"` → "api"; NULL for other sections. Section is then "service". */
static const char *service_name(struct arena *a, const char **section)
{
	const char *s = *section, *from;
	size_t n = strlen(s);

	if (!str_starts(s, "service \"") || n < 11 || s[n - 1] != '"')
		return NULL;
	from = s + strlen("service \"");
	*section = "service";
	return arena_strndup(a, from, n - strlen("service \"") - 1);
}

static const struct entry *given_before(
        const struct config_file *f, const char *section, const char *service, const char *key)
{
	for (const struct entry *e = f->first; e; e = e->next) {
		if (str_eq(e->section, section) && str_eq(e->service, service) &&
		        str_eq(e->key, key))
			return e;
	}
	return NULL;
}

static int on_entry(void *arg, const char *section, const char *key, const char *value)
{
	struct reader *r = arg;
	struct config_file *f = r->f;
	const char *where = arena_printf(f->a, "%s:%d", r->path, r->line), *service;
	const struct entry *old;

	if (strlen(section) >= SECTION_MAX) {
		str_addf(f->problems,
		        "%s: the name of the section is too long (%d bytes at most)\n", where,
		        SECTION_MAX - 1);
		return 1;
	}
	if (!*section) {
		str_addf(f->problems, "%s: %s: stands before the first [section]\n", where, key);
		return 1;
	}
	service = service_name(f->a, &section);
	old = given_before(f, section, service, key);
	if (old)
		str_addf(f->problems, "%s: [%s] %s: given already (%s): remove one\n", where,
		        section, key, old->where);
	else
		config_file_add(f, where, section, service, key, tidy(f->a, value));
	return 1;
}

void config_file_read(struct config_file *f, const char *path)
{
	struct reader r = {.f = f, .path = path};
	int bad;

	if (!path)
		return;
	r.in = fopen(path, "re");
	if (!r.in) {
		str_addf(f->problems,
		        "%s: cannot be read: %s; give another file with --config or "
		        "HEAL_CONFIG\n",
		        path, strerrordesc_np(errno));
		return;
	}
	bad = ini_parse_stream(next_line, &r, on_entry, &r);
	if (bad > 0)
		str_addf(f->problems, "%s:%d: neither a comment, nor [section], nor key = value\n",
		        path, bad);
	if (ferror(r.in))
		str_addf(f->problems, "%s: cannot be read; is it a file?\n", path);
	fclose(r.in);
}
