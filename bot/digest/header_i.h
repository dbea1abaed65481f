/* header_i.h - inside of the search for headers: header.c (field by field), header_forms.c (formats
 * whose fields say nothing one by one). */
#ifndef DIGEST_HEADER_I_H
#define DIGEST_HEADER_I_H

#include "digest/digest_i.h"

enum { LOOK = 600, AHEAD = 140, MAX_BRACKET = 300 };
enum kind { K_TIME = 1, K_LEVEL, K_BRACKET, K_NUMBER, K_WORD, K_LOGGER, K_TAG, K_DASHES };

struct find {
	const char *p;
	size_t n, i;
	struct header *h;
	bool syslog, colon; /* a host follows; the level ended in a colon */
	bool redis;         /* a sign for the level follows the time */
};

static inline char at(const struct find *f, size_t i)
{
	return i < f->n ? f->p[i] : '\0';
}

static inline bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline size_t word_end(const struct find *f, size_t i)
{
	while (i < f->n && !blank(f->p[i]))
		i++;
	return i;
}

static inline size_t skip_blanks(const struct find *f, size_t i)
{
	while (i < f->n && blank(f->p[i]))
		i++;
	return i;
}

static inline void field(struct find *f, enum kind k, size_t end)
{
	f->h->layout = f->h->layout * 31 + (uint32_t)k;
	f->i = end;
}

/* At the start of the line; true = f->i is behind the anchor. */
bool header_form(struct find *f);
/* Behind the first field; true = another was taken. */
bool header_form_field(struct find *f);

#endif
