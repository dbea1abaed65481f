/* llm_text.c - finding the JSON in what a model wrote around it. */
#include <string.h>

#include "clients/llm_i.h"

/* The byte after the `}` that closes the `{` at s; NULL when none does. Strings are skipped. */
static const char *closing(const char *s)
{
	unsigned depth = 0;
	bool in_string = false;

	for (; *s; s++) {
		if (in_string) {
			if (*s == '\\' && s[1])
				s++;
			else if (*s == '"')
				in_string = false;
		} else if (*s == '"') {
			in_string = true;
		} else if (*s == '{') {
			depth++;
		} else if (*s == '}' && --depth == 0) {
			return s + 1;
		}
	}
	return NULL;
}

/* How many openings are tried: a text of braces must not cost its square. */
enum { MAX_TRIES = 64 };

const json *llm_text_json(struct arena *a, const char *text)
{
	const json *best = NULL;
	size_t best_len = 0;
	int tries = 0;

	for (const char *p = strchr(text, '{'); p && tries < MAX_TRIES;
	        p = strchr(p, '{'), tries++) {
		const char *end = closing(p);
		const json *j = end ? json_parse(a, p, (size_t)(end - p), NULL) : NULL;

		if (j && (size_t)(end - p) > best_len) {
			best = j;
			best_len = (size_t)(end - p);
		}
		p = j ? end : p + 1;
	}
	return best;
}
