/* suspect_i.h - inside bot/diagnose: texts in the form in which instructions are looked for. */
#ifndef DIAGNOSE_SUSPECT_I_H
#define DIAGNOSE_SUSPECT_I_H

#include "arena.h"

/* A text as a model reads it: escapes undone (%20, &lt;, \u0069), look-alike letters of other
 * alphabets, full width and mathematical letters as plain ones, no accents, lower case, white space
 * to one blank. Letters of other languages stay. */
char *suspect_fold(struct arena *a, const char *text);

/* The words of a folded text: letters and digits, the rest is a separator ("." a sentence's end).
 * Letters that stand alone in a row ("i g n o r e") are one word; digits in words are the letters
 * they look like ("1gn0re"). */
struct suspect_words {
	const char **w;
	size_t n;
};
struct suspect_words suspect_words(struct arena *a, const char *folded);

/* What a long run of base64 in the text says, when that is text; NULL = none. */
const char *suspect_base64(struct arena *a, const char *text);

#endif
