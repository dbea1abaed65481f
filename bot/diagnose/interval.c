/* interval.c - how far a share can be believed. See score_interval. */
#include <math.h>

#include "diagnose.h"

void score_interval(int hits, int of, double *low, double *high)
{
	const double z = 1.959964, n = of; /* 95 % */
	double p, middle, half;

	*low = 0;
	*high = 1;
	if (of <= 0)
		return;
	p = hits / n;
	middle = (p + z * z / (2 * n)) / (1 + z * z / n);
	half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
	*low = fmax(0, middle - half);
	*high = fmin(1, middle + half);
}
