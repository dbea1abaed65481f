/* digest_private.h - the digest itself: digest.c, digest_rank.c, digest_render.c. */
#ifndef DIGEST_PRIVATE_H
#define DIGEST_PRIVATE_H

#include "digest.h"
#include "digest/digest_i.h"

enum { MAX_SOURCES = 256 };

/* Lines with one kind of header come from one program: how many, and how many odd ones among them.
 */
struct source {
	bool used;
	uint32_t layout;
	uint64_t events, rare;
};

struct digest {
	struct digest_options o;
	struct scratch *scratch;
	struct words words; /* of the event that ends; here because the stack is cleared */
	struct event event;
	struct templates *table;
	struct digest_totals totals;
	struct source source[MAX_SOURCES];
	uint64_t given_errors, contradicted;
	int64_t first_ms, last_ms; /* of all events with a time; 0 = none */
	bool keep;
	uint32_t *assign;
	size_t nassign, cassign;
};

/* NULL when there are too many kinds to tell apart. */
struct source *source_of(struct digest *d, uint32_t layout);
/* The level that counts: the line's own, else its words', else the platform's where it is useful.
 */
enum level level_of(const struct digest *d, const struct template *t);

#endif
