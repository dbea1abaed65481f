/*
 * redact.h - the corpus of secrets: a table of kinds, each a form of its value (quality.h) with the
 * clothes it comes in. No string here is a token: the forms are drawn when the program runs.
 */
#ifndef QUALITY_REDACT_H
#define QUALITY_REDACT_H

#include "quality/quality.h"

enum redact_class {
	CLASS_TOKEN,  /* says itself what it is: half of them stand in bare text */
	CLASS_CRED,   /* a secret by its key, its header, its place */
	CLASS_BLOCK,  /* several lines */
	CLASS_PERSON, /* personal data */
	CLASS_UNSEEN  /* kinds that no rule names: invented vendors */
};

struct redact_kind {
	const char *name;
	enum redact_class class;
	const char *value;         /* form of the secret */
	const char *const *around; /* forms with %S; NULL = the general ones */
	const char *keys;          /* of the general ones: "a b c" */
};
extern const struct redact_kind redact_kinds[];
extern const size_t redact_n_kinds;

/* Text that must stay as it is. */
struct redact_harmless {
	const char *name;
	const char *forms[8];
};
extern const struct redact_harmless redact_harmless[];
extern const size_t redact_n_harmless;
/* Ordinary lines: no trap, what logs are full of. */
extern const char *const redact_ordinary[];
extern const size_t redact_n_ordinary;

/* Forms with %S: with a key (its name stands for '@'), and in bare text. */
extern const char *const redact_keyed[];
extern const size_t redact_n_keyed;
extern const char *const redact_bare[];
extern const size_t redact_n_bare;

#endif
