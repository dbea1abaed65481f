/*
 * replay.c - runs a fuzz target over its stored corpus, without libFuzzer.
 *
 * The program's own name says which: .../replay/json reads tests/fuzz/corpus/json/. It prints TAP.
 * An empty input and each file cut in half are run too. A crash is a crash of this program.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t cap = 0;

	*n = 0;
	if (!f)
		return NULL;
	do {
		cap = cap ? cap * 2 : 4096;
		p = realloc(p, cap);
		if (!p)
			abort();
		*n += fread(p + *n, 1, cap - *n, f);
	} while (*n == cap);
	fclose(f);
	return p;
}

/* Exactly n bytes on the heap, so that ASan sees a read past the end. */
static void run_input(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	if (n)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const struct dirent *d;
	char dir[512], path[1024];
	int files = 0;
	DIR *h;

	if (argc > 1)
		snprintf(dir, sizeof(dir), "%s", argv[1]);
	else
		snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", slash ? slash + 1 : argv[0]);
	run_input(NULL, 0);
	h = opendir(dir);
	while (h && (d = readdir(h))) {
		uint8_t *p;
		size_t n;

		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		if (d->d_name[0] == '.' || !(p = read_file(path, &n)))
			continue;
		fprintf(stderr, "# %s\n", path);
		run_input(p, n);
		run_input(p, n / 2);
		free(p);
		files++;
	}
	if (h)
		closedir(h);
	printf("%sok 1 - %d inputs of %s\n1..1\n", files ? "" : "not ", files, dir);
	return files ? 0 : 1;
}
