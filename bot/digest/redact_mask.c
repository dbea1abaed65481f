/*
 * redact_mask.c - masks: a kind and a keyed hash of the value.
 *
 * The hash is SipHash-2-4 (Aumasson, Bernstein: SipHash, a fast short-input PRF, 2012) under a key
 * that never leaves the process: four hexadecimal digits of it tell two secrets apart, and nobody
 * can try values against them.
 */
#include "digest/redact_i.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static _Atomic uint64_t the_key; /* 0 = not chosen yet */

static uint64_t rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static uint64_t siphash(uint64_t k0, uint64_t k1, const char *p, size_t n)
{
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU,
	        k0 ^ 0x6c7967656e657261U, k1 ^ 0x7465646279746573U};

	for (size_t left = n;; p += 8, left -= 8) {
		uint64_t m = 0;

		memcpy(&m, p, left < 8 ? left : 8);
		if (left < 8)
			m |= (uint64_t)n << 56;
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
		if (left < 8)
			break;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void redact_key(const void *secret, size_t n)
{
	atomic_store(&the_key, siphash(0, 0, secret, n) | 1);
}

/* Threads that come first together agree on one. */
static uint64_t key(void)
{
	uint64_t k = atomic_load(&the_key), fresh, none = 0;

	if (k)
		return k;
	if (getrandom(&fresh, sizeof(fresh), 0) != (ssize_t)sizeof(fresh))
		abort();
	fresh |= 1;
	return atomic_compare_exchange_strong(&the_key, &none, fresh) ? fresh : none;
}

static void tally(struct redact *r, const char *kind)
{
	size_t i = 0;

	r->count++;
	while (i < r->n_tally && strcmp(r->tally[i].kind, kind) != 0)
		i++;
	if (i == REDACT_KINDS)
		i--;
	if (i == r->n_tally)
		r->tally[r->n_tally++] = (struct redact_tally){kind, 0};
	if (i == REDACT_KINDS - 1)
		r->tally[i].kind = "other";
	r->tally[i].n++;
}

void redact_mask(struct redact *r, struct str *out, const char *kind, const char *p, size_t n)
{
	uint64_t k = key();

	str_addf(out, "<%s#%04x>", kind, (unsigned)(siphash(k, ~k, p, n) & 0xffff));
	tally(r, kind);
}

size_t redact_is_mask(const char *p, size_t n)
{
	size_t i = 1, digits = 0;

	if (n < 5 || p[0] != '<' || !IS(p[1], C_LOWER))
		return 0;
	while (i < n && i < 40 && (IS(p[i], C_LOWER | C_DIGIT) || p[i] == '-'))
		i++;
	if (i == n || p[i] != '#')
		return 0;
	for (i++; i < n && digits < 9 && IS(p[i], C_HEX); i++)
		digits++;
	return i < n && p[i] == '>' && digits > 0 && digits < 9 ? i + 1 : 0;
}
