/* blockkit_files.c - `sandbox --check-blocks FILE…`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blockkit.h"
#include "str.h"

static char *read_all(struct arena *a, const char *name, size_t *n)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	if (!f)
		return NULL;
	struct str s = str_new(a);
	char chunk[65536];
	size_t got;
	while ((got = fread(chunk, 1, sizeof chunk, f)) > 0)
		str_addn(&s, chunk, got);
	bool failed = ferror(f);
	if (f != stdin)
		fclose(f);
	*n = s.len;
	return failed ? NULL : s.s;
}

static json *judge(struct arena *a, const json *v)
{
	const char *type = json_str(v, ".type", "");
	if (json_is_arr(v))
		return blockkit_blocks(a, v, BK_MESSAGE);
	if (json_has(v, ".envelope_id") || json_has(v, ".payload"))
		return blockkit_ack(a, v);
	if (json_is_obj(json_get(v, ".view")))
		return blockkit_view(a, json_get(v, ".view"));
	if (strcmp(type, "modal") == 0 || strcmp(type, "home") == 0)
		return blockkit_view(a, v);
	return blockkit_message(a, v);
}

static int check_file(struct arena *a, const char *name)
{
	struct err e = {0};
	size_t n = 0;
	const char *text = read_all(a, name, &n);
	if (!text) {
		fprintf(stderr, "sandbox: cannot read %s\n", name);
		return 2;
	}
	json *v = json_parse(a, text, n, &e);
	if (!v) {
		fprintf(stderr, "%s: %s\n", name, e.msg);
		return 2;
	}
	json *findings = judge(a, v);
	json_each (it, findings)
		printf("%s: %s: %s: %s\n", name, json_str(it, ".pointer", ""),
		        json_str(it, ".code", ""), json_str(it, ".message", ""));
	return json_len(findings) ? 1 : 0;
}

int blockkit_check_files(char **files)
{
	int worst = *files ? 0 : 2;
	for (; *files; files++) {
		struct arena *a = arena_new(0);
		int code = check_file(a, *files);
		worst = code > worst ? code : worst;
		arena_free(a);
	}
	return worst;
}
