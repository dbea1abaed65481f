/*
 * linediff.c - the lines that two versions of a file do not share: E. Myers, "An O(ND) Difference
 * Algorithm and Its Variations" (1986), the greedy form with kept traces. Pure.
 */
#include <stdlib.h>
#include <string.h>

#include "fix/bundle.h"
#include "str.h"

#define EDITS_MAX 1000

struct line {
	const char *s;
	size_t n;
	uint64_t hash;
};

struct lines {
	struct line *l;
	int n;
};

static struct lines split(struct arena *a, const struct text *t)
{
	struct lines out = {0};
	size_t count = 1;
	const char *p = t ? t->s : "", *end = p + (t ? t->n : 0);

	for (const char *q = p; q < end; q++)
		count += *q == '\n';
	out.l = ARENA_ARRAY(a, count, struct line);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);

		out.l[out.n++] = (struct line){p, n, str_hash(p, n)};
		p += n + (nl != NULL);
	}
	return out;
}

static bool same(const struct line *x, const struct line *y)
{
	return x->hash == y->hash && x->n == y->n && memcmp(x->s, y->s, x->n) == 0;
}

/* Between the common head and the common tail. */
struct middle {
	const struct line *x, *y;
	int n, m;
};

/* The furthest reaching paths, edit by edit: trace[d] has 2d+1 entries, diagonal k at d+k. Returns
 * the number of edits, -1 when there are too many. */
static int search(struct arena *a, const struct middle *w, int **trace)
{
	int size = 2 * EDITS_MAX + 3, *v = ARENA_ARRAY(a, (size_t)size, int);
	int *mid = v + EDITS_MAX + 1;

	for (int d = 0; d <= EDITS_MAX; d++) {
		for (int k = -d; k <= d; k += 2) {
			bool down = k == -d || (k != d && mid[k - 1] < mid[k + 1]);
			int i = down ? mid[k + 1] : mid[k - 1] + 1, j = i - k;

			while (i < w->n && j < w->m && i >= 0 && j >= 0 &&
			        same(&w->x[i], &w->y[j])) {
				i++;
				j++;
			}
			mid[k] = i;
			if (k == w->n - w->m && i >= w->n) {
				trace[d] = NULL;
				return d;
			}
		}
		trace[d] = ARENA_ARRAY(a, (size_t)(2 * d + 1), int);
		memcpy(trace[d], mid - d, (size_t)(2 * d + 1) * sizeof(int));
	}
	return -1;
}

/* Marks what is gone and what is new by walking the traces back. */
static void mark(const struct middle *w, int **trace, int d, bool *gone, bool *added)
{
	int i = w->n, j = w->m;

	for (; d > 0; d--) {
		const int *before = trace[d - 1] + (d - 1);
		int k = i - j;
		bool down = k == -d || (k != d && before[k - 1] < before[k + 1]);
		int pk = down ? k + 1 : k - 1, pi = before[pk], pj = pi - pk;

		while (i > pi && j > pj) {
			i--;
			j--;
		}
		if (down)
			added[--j] = true;
		else
			gone[--i] = true;
		i = pi;
		j = pj;
	}
}

static void put(struct str *b, char sign, const struct line *l)
{
	str_addc(b, sign);
	str_addn(b, l->s, l->n);
	str_addc(b, '\n');
}

static void write_patch(struct arena *a, const struct middle *w, int offset, const bool *gone,
        const bool *added, struct github_file *f)
{
	struct str b = str_new(a);
	int i = 0, j = 0;

	while (i < w->n || j < w->m) {
		int i0 = i, j0 = j;

		if (i < w->n && j < w->m && !gone[i] && !added[j]) {
			i++;
			j++;
			continue;
		}
		while (i < w->n && gone[i])
			i++;
		while (j < w->m && added[j])
			j++;
		if (i == i0 && j == j0) /* cannot be: the rest is common */
			break;
		str_addf(&b, "@@ -%d,%d +%d,%d @@\n", offset + i0 + 1, i - i0, offset + j0 + 1,
		        j - j0);
		for (int k = i0; k < i; k++)
			put(&b, '-', &w->x[k]);
		for (int k = j0; k < j; k++)
			put(&b, '+', &w->y[k]);
		f->deletions += i - i0;
		f->additions += j - j0;
	}
	f->patch = b.s;
}

static bool is_binary(const struct text *t)
{
	return t && memchr(t->s, '\0', t->n < 8000 ? t->n : 8000) != NULL; /* git's own rule */
}

void line_diff(
        struct arena *a, const struct text *old, const struct text *new, struct github_file *f)
{
	struct lines x = split(a, old), y = split(a, new);
	int head = 0, tail = 0, d, **trace = ARENA_ARRAY(a, EDITS_MAX + 1, int *);
	struct middle w;
	bool *gone, *added;

	f->additions = f->deletions = 0;
	f->patch = NULL;
	if (is_binary(old) || is_binary(new))
		return;
	while (head < x.n && head < y.n && same(&x.l[head], &y.l[head]))
		head++;
	while (tail < x.n - head && tail < y.n - head &&
	        same(&x.l[x.n - 1 - tail], &y.l[y.n - 1 - tail]))
		tail++;
	w = (struct middle){x.l + head, y.l + head, x.n - head - tail, y.n - head - tail};
	gone = ARENA_ARRAY(a, (size_t)w.n + 1, bool);
	added = ARENA_ARRAY(a, (size_t)w.m + 1, bool);
	d = search(a, &w, trace);
	if (d >= 0) {
		mark(&w, trace, d, gone, added);
	} else {
		memset(gone, true, (size_t)w.n);
		memset(added, true, (size_t)w.m);
	}
	write_patch(a, &w, head, gone, added, f);
}
