/*
 * quality.h - what the parts of `make quality` share: drawing, numbers with targets, a filter run.
 *
 * Everything is drawn from a seed by xorshift64* (Vigna, "An experimental exploration of
 * Marsaglia's xorshift generators, scrambled", 2016): the same seed, the same data.
 */
#ifndef QUALITY_H
#define QUALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "str.h"

void draw_seed(uint64_t seed);
uint64_t draw_bits(void);
size_t draw_below(size_t n);                  /* 0 .. n - 1 */
size_t draw_between(size_t low, size_t high); /* both may come */
bool draw_chance(double p);
const char *draw_word(void); /* of a fixed list */

/*
 * Appends `form` to b with its escapes drawn (N is a number of characters):
 *   %AN letters, digits   %hN 0-9a-f     %UN A-Z0-9     %LN a-z0-9   %dN digits    %bN base64
 *   %uN base64url         %g UUID        %w word        %n 1..9999   %t time stamp %s service
 *   %H host               %p password    %i address     %e user      %a one small letter
 *   %(x|y|z) one of them; %S `secret` (may be NULL); %% a percent sign
 */
void draw_form(struct str *b, const char *form, const char *secret);
const char *draw_text(struct arena *a, const char *form, const char *secret);

/* Prints "   name: value (to reach: >= target)"; a miss is remembered and is the exit code. */
void reach_at_least(const char *name, double value, double target);
void reach_at_most(const char *name, double value, double target);
int reach_result(void); /* 0, or 1 when something was missed */

/* Runs argv with in[0..n) on stdin, written `chunk` bytes at a time (0 = all at once); what comes
 * out (arena) and how long it took. Ends the program when the filter fails. */
struct filtered {
	const char *out;
	size_t n;
	double seconds;
};
struct filtered filter_run(
        struct arena *a, const char *const *argv, const char *in, size_t n, size_t chunk);

#endif
