/* pack.c - numbers in 16 bits, see state.h. */
#include <math.h>

#include "watch/state.h"

#define SHARE_STEPS 50000.0
#define LOG_STEPS   3000.0 /* of ln(1 + v): 0.03 % a step, up to 3e9 */

uint16_t pack_share(double v)
{
	if (!(v >= 0))
		return NO_U16;
	return (uint16_t)(fmin(v * SHARE_STEPS, NO_U16 - 1) + 0.5);
}

double unpack_share(uint16_t v)
{
	return v == NO_U16 ? (double)NAN : v / SHARE_STEPS;
}

uint16_t pack_log(double v)
{
	if (!(v >= 0))
		return NO_U16;
	return (uint16_t)fmin(log1p(v) * LOG_STEPS + 0.5, NO_U16 - 1);
}

double unpack_log(uint16_t v)
{
	return v == NO_U16 ? (double)NAN : expm1(v / LOG_STEPS);
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
