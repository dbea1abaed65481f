/* Log lines to templates with counts. See digest.h. */
#include "digest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "tokens.h"

enum { MAX_TEMPLATES = 4096 };

struct digest {
	struct arena *a;
	struct digest_options o;
	struct digest_template *t[MAX_TEMPLATES];
	uint64_t hash[MAX_TEMPLATES];
	size_t n;
	struct digest_totals totals;
	bool keep;
	uint32_t *assign;
	size_t nassign, cassign;
};

struct digest *digest_new(const struct digest_options *o)
{
	struct arena *a = arena_new(65536);
	struct digest *d = ARENA_NEW(a, struct digest);

	d->a = a;
	if (o)
		d->o = *o;
	return d;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	free(d->assign);
	arena_free(d->a);
}

void digest_keep_assign(struct digest *d)
{
	d->keep = true;
}

static char *template_of(struct arena *a, const char *line, size_t n)
{
	struct str b = str_new(a);

	for (size_t i = 0; i < n && b.len < 400;) {
		size_t k = i;
		bool digit = false;

		while (k < n && (isalnum((unsigned char)line[k]) || line[k] == '_')) {
			digit |= isdigit((unsigned char)line[k]) != 0;
			k++;
		}
		if (k > i && digit)
			str_add(&b, "<*>");
		else if (k > i)
			str_addn(&b, line + i, k - i);
		else
			str_addc(&b, line[k++]);
		i = k;
	}
	return b.s;
}

static const char *severity_of(const char *given, const char *line)
{
	if (strcasestr(line, "error") || strcasestr(line, "exception") || strcasestr(line, "fatal"))
		return "error";
	if (strcasestr(line, "warn"))
		return "warn";
	return given && *given ? given : "info";
}

void digest_add(struct digest *d, int64_t ts_ms, const char *severity, const char *line, size_t n)
{
	char *sample = arena_strndup(d->a, line, n < 500 ? n : 500);
	char *text = template_of(d->a, line, n);
	uint64_t h = str_hash(text, strlen(text));
	size_t i;

	d->totals.lines++;
	d->totals.events++;
	for (i = 0; i < d->n && d->hash[i] != h; i++)
		;
	if (i == MAX_TEMPLATES) {
		d->totals.dropped_templates++;
		return;
	}
	if (i == d->n) {
		d->t[i] = ARENA_NEW(d->a, struct digest_template);
		d->t[i]->text = text;
		d->t[i]->sample = sample;
		d->t[i]->severity = severity_of(severity, sample);
		d->t[i]->first_ms = ts_ms;
		d->hash[d->n++] = h;
		d->totals.templates++;
	}
	d->t[i]->count++;
	d->t[i]->last_ms = ts_ms;
	d->t[i]->before += ts_ms > 0 && ts_ms < d->o.split_ms;
	d->totals.errors += str_eq(d->t[i]->severity, "error");
	if (d->keep) {
		if (d->nassign == d->cassign) {
			d->cassign = d->cassign ? d->cassign * 2 : 1024;
			d->assign = realloc(d->assign, d->cassign * sizeof(*d->assign));
			if (!d->assign)
				abort();
		}
		d->assign[d->nassign++] = (uint32_t)i;
	}
}

void digest_end(struct digest *d)
{
	(void)d;
}

const uint32_t *digest_assign(struct digest *d, size_t *n_out)
{
	*n_out = d->nassign;
	return d->assign;
}

static int by_rank(const void *pa, const void *pb)
{
	const struct digest_template *a = pa, *b = pb;

	return a->rank < b->rank ? 1 : a->rank > b->rank ? -1 : strcmp(a->text, b->text);
}

const struct digest_template *digest_top(
        struct digest *d, struct arena *a, size_t max, size_t *n_out)
{
	struct digest_template *out = ARENA_ARRAY(a, d->n + 1, struct digest_template);

	for (size_t i = 0; i < d->n; i++) {
		out[i] = *d->t[i];
		out[i].rank = (str_eq(out[i].severity, "error")         ? 100
		                      : str_eq(out[i].severity, "warn") ? 50
		                                                        : 0) +
		              (out[i].before == 0 && d->o.split_ms > 0 ? 40 : 0) +
		              10.0 / (double)out[i].count;
	}
	qsort(out, d->n, sizeof(*out), by_rank);
	*n_out = d->n < max ? d->n : max;
	return out;
}

const char *digest_render(struct digest *d, struct arena *a, size_t budget_tokens)
{
	struct str b = str_new(a);
	size_t n, shown = 0;
	const struct digest_template *t = digest_top(d, a, d->n, &n);

	for (size_t i = 0; i < n; i++) {
		size_t before = b.len;

		str_addf(&b, "%llu× [%s] %s\n", (unsigned long long)t[i].count, t[i].severity,
		        t[i].sample);
		if (tokens_estimate(b.s, b.len) + 20 > budget_tokens) {
			str_cut(&b, before);
			break;
		}
		shown++;
	}
	if (shown < n)
		str_addf(&b, "(%zu more templates left out)\n", n - shown);
	return b.s;
}

struct digest_totals digest_totals(const struct digest *d)
{
	return d->totals;
}
