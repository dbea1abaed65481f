/* kinds.c - what bends the life of a service: twenty ways to look sick and be well, nineteen to be
 * sick. */
#include <math.h>

#include "quality/detect/town.h"

#define EACH(i, from, to) for (int i = (from) < 0 ? 0 : (from); i < (to) && i < MINUTES; i++)

static int minute_after(int from, int room)
{
	return (int)draw_between((size_t)from, (size_t)(MINUTES - 1 - room));
}

/* A scored minute with an hour before it and `room` after. */
static int onset(int room)
{
	return minute_after(DAY + 60, room);
}

static void deploy(struct service *s, int i)
{
	if (i < 0 || i >= MINUTES)
		return;
	s->m[i].deploy = true;
	EACH(k, i, i + 2)
	{
		s->m[k].slow *= (float)draw_real(1.1, 2.5);
		s->m[k].cpu_extra += (float)draw_real(0.1, 0.4);
	}
}

static void trouble(struct service *s, int from, int by, int until)
{
	s->truth = (struct truth){.any = true,
	        .onset = from,
	        .by = by,
	        .until = until < MINUTES ? until : MINUTES - 1};
}

/* --- well --- */

static void calm(struct service *s)
{
	s->wave = s->second = 0.02;
}

static void office_hours(struct service *s)
{
	s->wave = draw_real(0.6, 0.85);
	s->cpu_busy = draw_real(0.3, 0.42);
}

static void two_peaks(struct service *s)
{
	s->wave = 0.3;
	s->second = draw_real(0.3, 0.5);
}

static void nightly(struct service *s)
{
	int at = (int)draw_below(DAY), lasts = (int)draw_between(50, 180);

	s->requests = draw_real(0, 40);
	for (int day = -1; day < DAYS; day++)
		EACH(i, day * DAY + at + (int)draw_below(8), day * DAY + at + lasts)
	s->m[i].cpu_extra = (float)draw_real(0.85, 1);
}

static void full_heap(struct service *s)
{
	s->mem = draw_real(0.8, 0.93);
}

static void fills_cache(struct service *s)
{
	double top = draw_real(0.5, 0.75), speed = draw_real(40, 140);
	int last = -5000, next = (int)draw_below(600);

	EACH(i, 0, MINUTES)
	{
		if (i == next) {
			deploy(s, i);
			last = i;
			next += (int)draw_between(900, 2000);
		}
		s->m[i].mem = (float)(s->mem * 0.5 +
		                      (top - s->mem * 0.5) * (1 - exp((last - i) / speed)));
	}
}

static void collects_garbage(struct service *s)
{
	double top = draw_real(0.5, 0.8), at = s->mem * 0.6, low = at;
	double step = (top - low) / draw_real(25, 220);

	EACH(i, 0, MINUTES)
	{
		at += step * draw_real(0.5, 1.5);
		if (at > top)
			at = low * draw_real(0.95, 1.1);
		s->m[i].mem = (float)at;
	}
}

static void ships_often(struct service *s)
{
	int next = (int)draw_between(30, 300), last = 0;
	double rise = draw_real(0.04, 0.1);

	EACH(i, 0, MINUTES)
	{
		if (i == next) {
			deploy(s, i);
			last = i;
			next += (int)draw_between(90, 500);
		}
		s->m[i].mem = (float)(s->mem * 0.8 + rise * (1 - exp((last - i) / 150.)));
	}
}

static void breathes(struct service *s)
{
	double depth = draw_real(0.06, 0.18);

	s->mem = draw_real(0.35, 0.5);
	s->wave = draw_real(0.4, 0.7);
	EACH(i, 0, MINUTES)
	s->m[i].mem = (float)(s->mem + depth * (town_wave(s, i) - 1));
}

static void bigger_release(struct service *s)
{
	int at = onset(200);
	double more = draw_real(1.3, 1.9);

	s->mem = draw_real(0.2, 0.35);
	deploy(s, at);
	EACH(i, at, MINUTES)
	s->m[i].mem = (float)(s->mem * more);
}

static void campaign(struct service *s)
{
	int at = onset(300), lasts = (int)draw_between(60, 240);
	double more = draw_real(1.4, 2);

	s->cpu_busy = 0.25;
	EACH(i, at, at + lasts)
	s->m[i].load = (float)(1 + (more - 1) * fmin(1, (i - at) / 20.));
}

static void nobody_comes(struct service *s)
{
	s->requests = 0;
}

static void few_and_wrong(struct service *s)
{
	s->requests = draw_real(0.05, 0.5);
	EACH(i, 0, MINUTES)
	s->m[i].e5 = 0.06F;
}

static void gappy(struct service *s)
{
	for (int k = 0; k < 8; k++) {
		int at = (int)draw_below(MINUTES), lasts = (int)draw_between(5, 90);

		EACH(i, at, at + lasts)
		s->m[i].gap = true;
	}
}

static void slow_always(struct service *s)
{
	s->p50 = draw_real(900, 2500);
	s->p95 = s->p50 * draw_real(2, 3);
	s->requests = draw_log(3, 60);
}

static void crawled(struct service *s)
{
	int at = onset(200), lasts = (int)draw_between(20, 180);

	EACH(i, at, at + lasts)
	{
		s->m[i].load = 1.6F;
		s->m[i].e4 = (float)draw_real(0.3, 0.7);
	}
}

static void hiccups(struct service *s)
{
	for (int k = (int)draw_between(6, 16); k > 0; k--) {
		int at = (int)draw_below(MINUTES);

		EACH(i, at, at + 1 + (int)draw_below(2))
		{
			s->m[i].slow = (float)draw_real(3, 10);
			s->m[i].e5 = draw_chance(0.4) ? 0.2F : s->m[i].e5;
		}
	}
}

static void backup(struct service *s)
{
	int at = (int)draw_below(DAY), lasts = (int)draw_between(15, 40);

	s->mem = draw_real(0.35, 0.5);
	for (int day = 0; day < DAYS; day++)
		EACH(i, day * DAY + at, day * DAY + at + lasts)
		{
			s->m[i].mem = (float)(s->mem + 0.3);
			s->m[i].cpu_extra = 0.35F;
			s->m[i].slow = 1.5F;
		}
}

static void sleeps_at_night(struct service *s)
{
	int on = (int)draw_between(420, 800), at = (int)draw_below(DAY);

	s->wave = 0.1;
	EACH(i, 0, MINUTES)
	if ((i + at) % DAY >= on) {
		s->m[i].load = 0;
		s->m[i].mem = 0.03F;
	}
}

static void restless_cpu(struct service *s)
{
	EACH(i, 0, MINUTES)
	s->m[i].cpu_extra = (float)(draw_chance(0.05) ? draw_real(0.2, 0.7) : 0);
}

/* --- sick --- */

/* Memory from minute `at` on, so that it would be full after `hours`; killed there, and again. */
static void leak(struct service *s, int at, double hours, double power, double depth)
{
	double length = hours * 60;
	int begin = at, full = 0;

	EACH(i, 0, at)
	s->m[i].mem = (float)(s->mem + depth * (town_wave(s, i) - 1));
	EACH(i, at, MINUTES)
	{
		double v = s->mem + (1 - s->mem) * pow((i - begin) / length, power) +
		           depth * (town_wave(s, i) - 1);

		if (v >= 0.995) {
			full = full ? full : i;
			s->m[i].up = 0;
			v = 0.05;
			begin = i + 1;
		}
		s->m[i].mem = (float)v;
	}
	trouble(s, at, full - (int)fmax(30, (full - at) / 4.), MINUTES);
	s->truth.full = full;
	s->truth.climb = at;
}

static void leaks_slowly(struct service *s)
{
	s->mem = draw_real(0.15, 0.4);
	leak(s, minute_after(DAY - 240, MINUTES - DAY - 400), draw_real(14, 28),
	        draw_real(0.9, 1.15), 0);
}

static void leaks(struct service *s)
{
	double hours = draw_real(4, 12);

	leak(s, onset((int)(hours * 60) + 120), hours, draw_real(0.85, 1.2), 0);
}

static void leaks_fast(struct service *s)
{
	double hours = draw_real(1, 3.5);

	leak(s, onset((int)(hours * 60) + 120), hours, draw_real(0.85, 1.2), 0);
}

static void leaks_and_breathes(struct service *s)
{
	s->mem = draw_real(0.25, 0.4);
	s->wave = 0.5;
	s->second = 0.1;
	leak(s, minute_after(DAY, MINUTES - DAY - 500), draw_real(12, 22), 1,
	        draw_real(0.05, 0.12));
}

static void leaks_per_request(struct service *s)
{
	int at = minute_after(DAY - 100, MINUTES - DAY - 600), full = 0;
	double v, rate = 0.7 / (draw_real(10, 20) * 60);

	s->mem = draw_real(0.2, 0.3);
	s->wave = draw_real(0.5, 0.75);
	v = s->mem;
	EACH(i, at, MINUTES)
	{
		v += rate * town_wave(s, i);
		if (v >= 0.995) {
			full = full ? full : i;
			s->m[i].up = 0;
			v = s->mem;
		}
		s->m[i].mem = (float)v;
	}
	trouble(s, at, full - (int)fmax(30, (full - at) / 4.), MINUTES);
	s->truth.full = full;
	s->truth.climb = at;
}

static void leaks_under_garbage(struct service *s)
{
	int at = minute_after(DAY, MINUTES - DAY - 700), full = 0, k = 0;
	int period = (int)draw_between(20, 80);
	double floor = 0.2, depth = draw_real(0.1, 0.22),
	       step = (0.8 - depth) / (draw_real(8, 18) * 60);

	EACH(i, 0, MINUTES)
	{
		double v;

		floor += i >= at ? step : 0;
		k = k >= period ? 0 : k + 1;
		v = floor + depth * k / period;
		if (v >= 0.995) {
			full = full ? full : i;
			s->m[i].up = 0;
			floor = 0.2;
			k = 0;
			v = 0.05;
		}
		s->m[i].mem = (float)v;
	}
	trouble(s, at, full - (int)fmax(30, (full - at) / 4.), MINUTES);
	s->truth.full = full;
	s->truth.climb = at;
}

static void killed_again(struct service *s)
{
	int at = onset(240), lasts = (int)draw_between(70, 220), period = (int)draw_between(4, 9);

	s->mem = draw_real(0.3, 0.5);
	s->m[at].deploy = true;
	EACH(i, at, at + lasts)
	{
		int k = (i - at) % period;

		s->m[i].mem =
		        (float)(k == period - 1 ? 0.06 : 0.35 + 0.64 * (k + 1) / (period - 1));
		s->m[i].up = k == period - 1 ? 0.1F : 1;
	}
	trouble(s, at, at + 30, at + lasts);
}

static void fails(struct service *s, int at, int lasts, double share)
{
	EACH(i, at, at + lasts)
	s->m[i].e5 = (float)(share * draw_real(0.8, 1.2));
}

static void fails_shortly(struct service *s)
{
	int at = onset(120), lasts = (int)draw_between(8, 28);

	s->requests = draw_log(60, 2500);
	fails(s, at, lasts, draw_real(0.1, 0.7));
	trouble(s, at, at + 20, at + lasts + 20);
}

static void fails_long(struct service *s)
{
	int at = onset(300), lasts = (int)draw_between(120, 600);

	s->requests = draw_log(60, 2500);
	s->m[at].deploy = draw_chance(0.5);
	fails(s, at, lasts, draw_real(0.06, 0.4));
	trouble(s, at, at + 25, at + lasts);
}

static void fails_a_little(struct service *s)
{
	int at = onset(400), lasts = (int)draw_between(180, 600);

	s->requests = draw_log(300, 3500);
	EACH(i, 0, MINUTES)
	s->m[i].e5 = 0.0004F;
	fails(s, at, lasts, draw_real(0.016, 0.04));
	trouble(s, at, at + 45, at + lasts);
}

static void waits(struct service *s)
{
	int at = onset(240), lasts = (int)draw_between(50, 400);
	double ms = draw_real(800, 4500);

	s->requests = draw_log(40, 1800);
	EACH(i, at, at + lasts)
	s->m[i].wait_ms = (float)(ms * fmin(1, (i - at + 1) / 6.) * draw_real(0.85, 1.15));
	trouble(s, at, at + 30, at + lasts);
}

static void slower(struct service *s)
{
	int at = onset(300), lasts = (int)draw_between(120, 400);
	double times = draw_real(4.5, 7);

	s->requests = draw_log(120, 2500);
	s->p50 = 25;
	s->p95 = draw_real(70, 110);
	EACH(i, at, at + lasts)
	s->m[i].slow = (float)(1 + (times - 1) * fmin(1, (i - at + 1) / 6.));
	trouble(s, at, at + 40, at + lasts);
}

static void creeps(struct service *s)
{
	int at = minute_after(DAY, 900), lasts = (int)draw_between(360, 800);
	double times = draw_real(5, 9);

	s->requests = draw_log(120, 2500);
	s->p50 = 50;
	s->p95 = draw_real(120, 300);
	EACH(i, at, MINUTES)
	s->m[i].slow = (float)(1 + (times - 1) * fmin(1, (double)(i - at) / lasts));
	trouble(s, at, at + (int)(lasts * 2.6 / (times - 1)), MINUTES);
}

static void spins(struct service *s)
{
	int at = onset(300), lasts = (int)draw_between(100, 500);

	EACH(i, at, at + lasts)
	{
		s->m[i].cpu_extra = (float)draw_real(0.96, 1);
		s->m[i].slow = 1.8F;
	}
	trouble(s, at, at + 35, at + lasts);
}

static void falls_silent(struct service *s)
{
	int at = onset(250), lasts = (int)draw_between(40, 240);

	s->requests = draw_log(120, 2500);
	s->wave = draw_real(0.1, 0.35);
	EACH(i, at, at + lasts)
	s->m[i].load = 0;
	trouble(s, at, at + 25, at + lasts);
}

static void is_down(struct service *s)
{
	int at = onset(200), lasts = (int)draw_between(14, 180);

	s->requests = draw_log(40, 2500);
	s->m[at].deploy = true;
	EACH(i, at, at + lasts)
	{
		s->m[i].up = 0;
		s->m[i].mem = 0.04F;
	}
	trouble(s, at, at + 15, at + lasts);
}

static void overloaded(struct service *s)
{
	int at = onset(300), lasts = (int)draw_between(70, 280);
	double times = draw_real(4, 8);

	s->requests = draw_log(60, 1200);
	s->wave = 0.1;
	s->cpu_busy = 0.3;
	EACH(i, at, at + lasts)
	{
		double f = fmin(1, (i - at + 1) / 15.);

		s->m[i].load = (float)(1 + (times - 1) * f);
		s->m[i].slow = (float)(1 + 6 * f);
		s->m[i].e5 = (float)(0.04 * f);
	}
	trouble(s, at, at + 40, at + lasts);
}

static void disk_fills(struct service *s)
{
	double hours = draw_real(10, 24), base = draw_real(0.3, 0.5);
	int at = minute_after(DAY, MINUTES - DAY - 300), full = 0;

	EACH(i, 0, MINUTES)
	{
		double v = i < at ? base : base + (1 - base) * (i - at) / (hours * 60);

		if (v >= 0.995 && !full)
			full = i;
		s->m[i].disk = (float)fmin(v, 1);
	}
	trouble(s, at, full - (int)fmax(30, (full - at) / 4.), MINUTES);
	s->truth.full = full;
	s->truth.climb = at;
}

static void disk_half_full(struct service *s)
{
	double base = draw_real(0.3, 0.6);

	EACH(i, 0, MINUTES)
	s->m[i].disk = (float)(base + 0.03 * (double)i / MINUTES);
}

const struct kind kinds[] = {
        {"calm", true, calm},
        {"office-hours", true, office_hours},
        {"two-peaks", true, two_peaks},
        {"nightly", true, nightly},
        {"full-heap", true, full_heap},
        {"fills-cache", true, fills_cache},
        {"collects-garbage", true, collects_garbage},
        {"ships-often", true, ships_often},
        {"breathes", true, breathes},
        {"bigger-release", true, bigger_release},
        {"campaign", true, campaign},
        {"nobody-comes", true, nobody_comes},
        {"few-and-wrong", true, few_and_wrong},
        {"gappy", true, gappy},
        {"slow-always", true, slow_always},
        {"crawled", true, crawled},
        {"hiccups", true, hiccups},
        {"backup", true, backup},
        {"sleeps-at-night", true, sleeps_at_night},
        {"restless-cpu", true, restless_cpu},
        {"disk-half-full", true, disk_half_full},
        {"leaks-slowly", false, leaks_slowly},
        {"leaks", false, leaks},
        {"leaks-fast", false, leaks_fast},
        {"leaks-and-breathes", false, leaks_and_breathes},
        {"leaks-per-request", false, leaks_per_request},
        {"leaks-under-garbage", false, leaks_under_garbage},
        {"disk-fills", false, disk_fills},
        {"killed-again", false, killed_again},
        {"fails-shortly", false, fails_shortly},
        {"fails-long", false, fails_long},
        {"fails-a-little", false, fails_a_little},
        {"waits", false, waits},
        {"slower", false, slower},
        {"creeps", false, creeps},
        {"spins", false, spins},
        {"falls-silent", false, falls_silent},
        {"is-down", false, is_down},
        {"overloaded", false, overloaded},
        {NULL, false, NULL},
};
