/*
 * swar.h - eight bytes at a time in one register ("SIMD within a register"; Warren, Hacker's
 * Delight, chapter 6): where a run of word characters ends, and a hash. A comparison of all eight
 * bytes is an addition that carries into bit 7 of each.
 */
#ifndef DIGEST_SWAR_H
#define DIGEST_SWAR_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SWAR_ONES UINT64_C(0x0101010101010101)
#define SWAR_HIGH (SWAR_ONES << 7)

/* The first byte is the lowest. */
static inline uint64_t swar_load(const char *p)
{
	uint64_t x;

	memcpy(&x, p, 8);
	return le64toh(x);
}

/* Bit 7 of each byte of x that is an ASCII letter, a digit or '_'; *digits: of the digits. */
static inline uint64_t swar_word(uint64_t x, uint64_t *digits)
{
	uint64_t low = x & ~SWAR_HIGH, letter = low | SWAR_ONES * 0x20;

	*digits = (low + SWAR_ONES * (0x80 - '0')) & ~(low + SWAR_ONES * (0x7f - '9')) & ~x &
	          SWAR_HIGH;
	letter = (letter + SWAR_ONES * (0x80 - 'a')) & ~(letter + SWAR_ONES * (0x7f - 'z'));
	return (letter | ~((low ^ SWAR_ONES * '_') + SWAR_ONES * 0x7f) | *digits) & ~x & SWAR_HIGH;
}

/* How many bytes lie before the lowest marked one; marks != 0. */
static inline size_t swar_first(uint64_t marks)
{
	return (size_t)__builtin_ctzll(marks) / 8;
}

static inline uint64_t swar_mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * UINT64_C(0x9fb21c651e98df25);
	return h ^ h >> 35;
}

/* Of n bytes; reads none behind them. */
static inline uint64_t swar_hash(const char *p, size_t n)
{
	uint64_t h = n * UINT64_C(0x9e3779b97f4a7c15), x = 0;

	if (n >= 8) {
		for (size_t i = 0; i + 8 < n; i += 8)
			h = swar_mix(h, swar_load(p + i));
		return swar_mix(h, swar_load(p + n - 8));
	}
	while (n > 0)
		x = x << 8 | (unsigned char)p[--n];
	return swar_mix(h, x);
}

#endif
