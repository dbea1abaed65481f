/*
 * bench_history.c - how big the history is: samples of 1,000 services for 36 days, a minute each,
 * written as scans write them and thinned once a day. HISTORY_SERVICES=N changes the number.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "history.h"
#include "store/store.h"

enum { DAYS = 36, DAY = 1440, MINUTE_MS = 60000, BATCH = 50, THIN = 500 };

static const int64_t start_ms = 1700006400000; /* a midnight */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double noise(uint32_t *seed) /* -1 … 1 */
{
	*seed = *seed * 1664525U + 1013904223U;
	return (double)(*seed >> 8) / (1 << 23) - 1;
}

/* All there can be: traffic, latency, a volume; nothing that repeats. */
static void draw_day(struct watch_sample *s, int day, uint32_t *seed)
{
	for (int i = 0; i < DAY; i++) {
		double wave = 1 + 0.5 * sin(i * 2 * 3.14159265 / DAY);

		s[i] = (struct watch_sample){
		        .ts_ms = start_ms + ((int64_t)day * DAY + i) * MINUTE_MS,
		        .cpu = 0.4 * wave * (1 + 0.1 * noise(seed)),
		        .cpu_limit = 2,
		        .mem_gb = 0.8 * (1 + 0.01 * noise(seed)),
		        .mem_limit_gb = 2,
		        .disk_gb = 3.1,
		        .disk_limit_gb = 5,
		        .requests = round(600 * wave * (1 + 0.1 * noise(seed))),
		        .errors_4xx = round(12 + 5 * noise(seed)),
		        .errors_5xx = noise(seed) > 0.8 ? 1 : 0,
		        .p50_ms = 40 * (1 + 0.07 * noise(seed)),
		        .p95_ms = 140 * (1 + 0.1 * noise(seed)),
		        .p99_ms = 300 * (1 + 0.2 * noise(seed)),
		};
	}
}

static void stop(const struct err *e)
{
	fprintf(stderr, "bench_history: %s\n", e->msg);
	exit(1);
}

static void write_day(struct store *s, int day, size_t services)
{
	static struct watch_sample samples[BATCH][DAY];
	struct history_add add[BATCH];
	char names[BATCH][16];
	struct err e = {0};

	for (size_t i = 0; i < services; i += BATCH) {
		size_t n = services - i < BATCH ? services - i : BATCH;

		for (size_t k = 0; k < n; k++) {
			uint32_t seed = (uint32_t)(i + k) * 977 + (uint32_t)day;

			draw_day(samples[k], day, &seed);
			snprintf(names[k], sizeof(names[k]), "s%zu", i + k);
			add[k] = (struct history_add){"e", names[k], samples[k], DAY};
		}
		if (!history_append(s, add, n, &e))
			stop(&e);
	}
}

static void thin(struct store *s, int day)
{
	struct err e = {0};
	int64_t done = THIN;

	while (done == THIN)
		if (!history_thin(s, start_ms + (day + 1LL) * DAY * MINUTE_MS, THIN, &done, &e))
			stop(&e);
}

int main(void)
{
	const char *text = getenv("HISTORY_SERVICES");
	size_t services = text ? strtoul(text, NULL, 10) : 1000;
	char dir[] = "/tmp/heal-bench-XXXXXX", path[64], copy[64], cmd[96];
	struct err e = {0};
	struct store *s;
	struct stat file;
	double t = now_s();

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/heal.db", dir);
	snprintf(copy, sizeof(copy), "%s/copy.db", dir);
	s = store_open(path, STORE_OWN, &e);
	if (!s)
		stop(&e);
	for (int day = 0; day < DAYS; day++) {
		write_day(s, day, services);
		thin(s, day);
	}
	t = now_s() - t;
	if (!store_backup(s, copy, &e) || stat(copy, &file) != 0)
		stop(&e);
	printf("   %zu services, %d days of minutes: %.1f MB, %.0f kB a service (at most 200); "
	       "written and thinned in %.1f s, %.1f million samples a second\n",
	        services, DAYS, (double)file.st_size / 1e6,
	        (double)file.st_size / 1e3 / (double)services, t,
	        (double)services * DAYS * DAY / t / 1e6);
	store_close(s);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd) != 0 || (double)file.st_size > 200e3 * (double)services;
}
