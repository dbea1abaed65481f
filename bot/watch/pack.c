/* pack.c - numbers in 16 bits, see state.h. */
#include <math.h>
#include <string.h>

#include "watch/state.h"

#define PACK_MOST 4.2e9

uint16_t pack_share(double v)
{
	if (!(v >= 0))
		return NO_U16;
	return (uint16_t)(fmin(v * SHARE_STEPS, NO_U16 - 1) + 0.5);
}

/* A tiny float of 1 + v: 5 bits of exponent, 11 of mantissa, so 0.03 % a step up to 4e9. */
uint16_t pack_log(double v)
{
	float x = (float)fmin(v, PACK_MOST) + 1;
	uint32_t bits;

	if (!(v >= 0))
		return NO_U16;
	memcpy(&bits, &x, sizeof(bits));
	bits = bits - (127U << 23) + (1U << 11); /* rounded */
	return (uint16_t)(bits >> 12 < NO_U16 ? bits >> 12 : NO_U16 - 1);
}

double unpack_log(uint16_t v)
{
	uint32_t bits = ((uint32_t)v << 12) + (127U << 23);
	float x;

	if (v == NO_U16)
		return (double)NAN;
	memcpy(&x, &bits, sizeof(x));
	return (double)(x - 1);
}

double select_nth(double *v, int n, int k)
{
	int low = 0, high = n - 1;

	while (low < high) {
		double pivot = v[low + (high - low) / 2];
		int i = low, j = high;

		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (pivot < v[j])
				j--;
			if (i <= j) {
				double t = v[i];

				v[i++] = v[j];
				v[j--] = t;
			}
		}
		if (k <= j)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
	return v[k];
}
