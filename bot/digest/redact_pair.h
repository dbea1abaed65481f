/* redact_pair.h - between redact_joint.c (what ties a value to a key) and redact_pair.c (whether it
 * is one). */
#ifndef DIGEST_REDACT_PAIR_H
#define DIGEST_REDACT_PAIR_H

#include "digest/redact_i.h"

enum joint {
	JOINT_NONE,
	JOINT_SIGN,  /* = : => := */
	JOINT_QUERY, /* ?k=v, &k=v, k%3Dv */
	JOINT_ARG,   /* --k v */
	JOINT_LOOSE, /* "k","v"  K("v")  K v: only a random value counts */
	JOINT_WORD,  /* password 'v' */
};

struct pair {
	size_t at, end;   /* the key */
	size_t value;     /* where the value (or its quote) begins */
	bool blank_after; /* "k: v" */
	bool encoded;     /* "k%3Dv" */
	enum joint joint;
};

/* The byte at i, NUL behind the end. */
static inline char pair_byte(const struct scan *x, size_t i)
{
	return i < x->n ? x->s[i] : '\0';
}

/* p->at and p->end are given; false = the word is no key of anything. */
bool pair_joint(const struct scan *x, struct pair *p);
/* Cheap: the word says nothing about what follows it. */
bool pair_plain_words(const struct scan *x, size_t at, size_t end);
/* IDENTIFIED BY */
bool pair_is_by(const struct scan *x, const struct pair *p);
/* Where the value begins inside string(8) "x", Some("x"), ["x"], b"x". */
size_t pair_unwrap(const struct scan *x, size_t at);

#endif
