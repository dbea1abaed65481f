/*
 * main.c - quality of the estimate of tokens: `tokens FILE`.
 *
 * counted.txt has texts of this project (drawn logs, sources, documents), each below a line
 * "@ CL100K O200K BYTES" with what gpt-tokenizer 4.0.0 (npm) counted for both vocabularies.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quality/quality.h"
#include "tokens.h"

enum { MAX_TEXTS = 256 };

struct errors {
	double off[MAX_TEXTS];
	size_t n;
};

static void note(struct errors *e, size_t estimated, size_t counted)
{
	e->off[e->n++] = fabs((double)estimated / (double)counted - 1);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *vocabulary, struct errors *e)
{
	char name[64];
	double sum = 0;

	for (size_t i = 0; i < e->n; i++)
		sum += e->off[i];
	qsort(e->off, e->n, sizeof(*e->off), by_value);
	snprintf(name, sizeof(name), "mean error, %s", vocabulary);
	reach_at_most(name, sum / (double)e->n, .035);
	snprintf(name, sizeof(name), "95 %% of the errors, %s", vocabulary);
	reach_at_most(name, e->off[e->n * 95 / 100], .09);
}

int main(int argc, char **argv)
{
	static char text[65536];
	struct errors cl100k = {.n = 0}, o200k = {.n = 0};
	FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;
	size_t a, b, n;

	if (!f) {
		perror("counted.txt");
		return 2;
	}
	while (cl100k.n < MAX_TEXTS && fgets(text, sizeof(text), f)) {
		if (sscanf(text, "@ %zu %zu %zu", &a, &b, &n) != 3 || n >= sizeof(text) ||
		        fread(text, 1, n, f) != n || fgetc(f) != '\n') {
			fprintf(stderr, "counted.txt: text %zu is broken\n", cl100k.n + 1);
			return 2;
		}
		note(&cl100k, tokens_estimate(text, n), a);
		note(&o200k, tokens_estimate(text, n), b);
	}
	fclose(f);
	if (cl100k.n == 0)
		return 2;
	printf("   %zu texts\n", cl100k.n);
	print("cl100k", &cl100k);
	print("o200k", &o200k);
	return reach_result();
}
