/* town.c - see town.h. */
#include "quality/detect/town.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PI 3.14159265358979

double draw_real(double low, double high)
{
	return low + (high - low) * (double)(draw_bits() >> 11) / 9007199254740992.0;
}

double draw_log(double low, double high)
{
	return exp(draw_real(log(low), log(high)));
}

/* Sum of twelve: near enough to a normal distribution. */
static double normal(void)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += draw_real(0, 1);
	return sum;
}

/* How many of n happen, each with chance p. */
static double happen(double n, double p)
{
	double mean = n * p, count = 0, left;

	if (mean <= 0 || n <= 0)
		return 0;
	if (p >= 1)
		return n;
	if (mean > 30)
		return fmin(n, fmax(0, round(mean + sqrt(mean * (1 - p)) * normal())));
	left = exp(-mean); /* Poisson by products */
	for (double x = draw_real(0, 1); x > left && count < n; x *= draw_real(0, 1))
		count++;
	return count;
}

double town_wave(const struct service *s, int i)
{
	double t = 2 * PI * i / DAY + s->phase;
	double v = 1 + s->wave * sin(t) + s->second * sin(2 * t + 1);

	return fmax(0.05, v) * (i / DAY >= 5 ? 1 - s->weekend : 1);
}

void town_service(struct service *s, const char *kind, int n)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s-%d", kind, n);
	s->requests = draw_log(20, 3000);
	s->wave = draw_real(0.05, 0.45);
	s->second = draw_real(0, 0.2);
	s->phase = draw_real(0, 2 * PI);
	s->p50 = draw_log(12, 130);
	s->p95 = s->p50 * draw_real(2, 5);
	s->mem = draw_real(0.15, 0.55);
	s->cpu_idle = draw_real(0.005, 0.05);
	s->cpu_busy = draw_real(0.1, 0.4);
	s->cpu_limit = (double)(1 << draw_below(4));
	s->mem_limit = 0.5 * (double)(1 << draw_below(5));
	s->disk_limit = draw_real(1, 50);
	for (int i = 0; i < MINUTES; i++)
		s->m[i] = (struct minute){.load = 1,
		        .e4 = 0.02F,
		        .e5 = n % 3 == 0   ? 0
		              : n % 3 == 1 ? 0.0003F
		                           : 0.002F,
		        .slow = 1,
		        .mem = -1,
		        .disk = -1,
		        .up = 1,
		        .gap = draw_chance(0.002)};
}

static double remember(double before, double rho)
{
	return rho * before + sqrt(1 - rho * rho) * normal();
}

static void add_latency(struct str *b, const struct service *s, const struct minute *m,
        double requests, double cpu, const struct jitter *j)
{
	double full = cpu > 0.75 ? 1 + 8 * (cpu - 0.75) * (cpu - 0.75) : 1;
	double own = exp(0.06 * j->latency) * full, few = requests > 60 ? 0.09 : 0.3;
	double p50, p95;

	if (requests <= 0) {
		str_add(b, ",,");
		return;
	}
	p50 = s->p50 * own * (1 + 0.7 * ((double)m->slow - 1)) + (double)m->wait_ms * 0.6;
	p95 = s->p95 * own * (double)m->slow * exp(few * normal()) + (double)m->wait_ms;
	if (draw_chance(0.003)) /* a heavy tail now and then */
		p95 *= draw_real(1.5, 4);
	str_addf(b, ",%.1f,%.1f", p50, fmax(p50, p95));
}

void town_line(struct str *b, const struct service *s, int i, struct jitter *j)
{
	const struct minute *m = &s->m[i];
	double requests, failed, wrong, cpu, mem;

	j->load = remember(j->load, 0.8);
	j->mem = remember(j->mem, 0.97);
	j->cpu = remember(j->cpu, 0.6);
	j->latency = remember(j->latency, 0.98);
	if (m->gap)
		return;
	requests = happen(
	        1e9, s->requests * town_wave(s, i) * (double)m->load * exp(0.12 * j->load) / 1e9);
	failed = happen(requests, fmin(1, (double)m->e5 + 1 - (double)m->up));
	wrong = happen(requests - failed, (double)m->e4);
	cpu = s->cpu_idle + s->cpu_busy * requests * (double)m->up / fmax(1, s->requests);
	cpu = fmin(1, fmax(0, cpu * exp(0.1 * j->cpu) + (double)m->cpu_extra));
	mem = m->mem >= 0 ? (double)m->mem : s->mem;
	mem = fmin(1, fmax(0.01, mem + s->mem * (0.01 * j->mem + 0.002 * normal())));
	str_addf(b, "%s,%lld,%.4f,%g,%.5f,%g,%.0f,%.0f,%.0f", s->name,
	        (long long)(TOWN_START + i * 60LL), cpu * s->cpu_limit, s->cpu_limit,
	        mem * s->mem_limit, s->mem_limit, requests, wrong, failed);
	add_latency(b, s, m, requests, cpu, j);
	str_addf(b, ",%d,", m->deploy);
	if (m->disk >= 0)
		str_addf(b, "%.4f,%.4f\n", (double)m->disk * s->disk_limit, s->disk_limit);
	else
		str_add(b, ",\n");
}
