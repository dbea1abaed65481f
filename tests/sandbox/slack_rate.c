/* slack_rate.c - token buckets. */
#include <math.h>
#include <stdlib.h>

#include "slack_i.h"

struct bucket {
	struct bucket *next;
	char *key;
	double tokens;
	int64_t at_ms;
};

int rate_take(struct slack *s, const char *key, double per_s, double burst)
{
	struct bucket *b = s->buckets;
	int64_t now = sb_mono_ms(s->sb);
	while (b && strcmp(b->key, key) != 0)
		b = b->next;
	if (!b) {
		b = calloc(1, sizeof *b);
		if (!b || !(b->key = strdup(key)))
			abort();
		*b = (struct bucket){
		        .next = s->buckets, .key = b->key, .tokens = burst, .at_ms = now};
		s->buckets = b;
	}
	b->tokens = fmin(burst, b->tokens + (double)(now - b->at_ms) / 1000 * per_s);
	b->at_ms = now;
	if (b->tokens < 1)
		return (int)ceil((1 - b->tokens) / per_s);
	b->tokens -= 1;
	return 0;
}

void rate_free(struct slack *s)
{
	while (s->buckets) {
		struct bucket *b = s->buckets;
		s->buckets = b->next;
		free(b->key);
		free(b);
	}
}
