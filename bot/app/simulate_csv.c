/* simulate_csv.c - one line of samples; see simulate.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/simulate.h"
#include "str.h"

#define LATEST_S 1e11 /* the year 5138: anything later is no time */

static const char *const names[CSV_COLUMNS] = {
        [CSV_SERVICE] = "service",
        [CSV_TS] = "ts",
        [CSV_CPU] = "cpu",
        [CSV_CPU_LIMIT] = "cpu_limit",
        [CSV_MEM] = "mem_gb",
        [CSV_MEM_LIMIT] = "mem_limit_gb",
        [CSV_REQUESTS] = "requests",
        [CSV_4XX] = "errors_4xx",
        [CSV_5XX] = "errors_5xx",
        [CSV_P50] = "p50_ms",
        [CSV_P95] = "p95_ms",
        [CSV_DEPLOY] = "deploy",
        [CSV_P99] = "p99_ms",
        [CSV_DISK] = "disk_gb",
        [CSV_DISK_LIMIT] = "disk_limit_gb",
};

static const char *const bad_number[CSV_COLUMNS] = {
        [CSV_TS] = "ts is not a time in Unix seconds",
        [CSV_CPU] = "cpu is not a number",
        [CSV_CPU_LIMIT] = "cpu_limit is not a number",
        [CSV_MEM] = "mem_gb is not a number",
        [CSV_MEM_LIMIT] = "mem_limit_gb is not a number",
        [CSV_REQUESTS] = "requests is not a number",
        [CSV_4XX] = "errors_4xx is not a number",
        [CSV_5XX] = "errors_5xx is not a number",
        [CSV_P50] = "p50_ms is not a number",
        [CSV_P95] = "p95_ms is not a number",
        [CSV_DEPLOY] = "deploy is neither 0 nor 1",
        [CSV_P99] = "p99_ms is not a number",
        [CSV_DISK] = "disk_gb is not a number",
        [CSV_DISK_LIMIT] = "disk_limit_gb is not a number",
};

/* Ends the field at p with a NUL and returns the begin of the next one, NULL after the last. A
 * field in quotes loses them ("" inside is one quote). */
static char *split(char *p, char *end, char **field)
{
	char *out = p;

	*field = p;
	if (p < end && *p == '"') {
		for (p++; p < end; p++) {
			if (*p == '"' && (p + 1 >= end || p[1] != '"'))
				break;
			p += *p == '"';
			*out++ = *p;
		}
		p += p < end;
		if (p < end && *p != ',')
			return *field = NULL; /* text after the closing quote */
		*out = '\0';
	} else {
		p = memchr(p, ',', (size_t)(end - p));
		p = p ? p : end;
	}
	if (p >= end)
		return NULL;
	*p = '\0';
	return p + 1;
}

bool csv_header(char *line, size_t n, struct csv_header *h, const char **why)
{
	bool have[CSV_COLUMNS] = {false};
	char *p = line, *field;

	for (h->n = 0; p; h->n++) {
		if (h->n == CSV_MAX_FIELDS) {
			*why = "too many columns";
			return false;
		}
		p = split(p, line + n, &field);
		h->column[h->n] = -1;
		for (int i = 0; field && i < CSV_COLUMNS; i++) {
			if (str_eq(names[i], field) && !have[i]) {
				h->column[h->n] = i;
				have[i] = true;
			}
		}
	}
	for (int i = 0; i < CSV_REQUIRED; i++) {
		if (!have[i]) {
			*why = "the header must be service,ts,cpu,cpu_limit,mem_gb,mem_limit_gb,"
			       "requests,errors_4xx,errors_5xx,p50_ms,p95_ms,deploy";
			return false;
		}
	}
	return true;
}

/* A plain decimal number >= 0 quickly; whatever else looks like one goes to strtod. */
static bool number(const char *s, double *out)
{
	static const double tenth[] = {1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9};
	const char *start = s;
	int64_t v = 0;
	int decimals = 0;
	char *end;

	for (; *s >= '0' && *s <= '9' && s - start < 16; s++)
		v = v * 10 + (*s - '0');
	if (*s == '.' && s > start)
		for (s++; *s >= '0' && *s <= '9' && decimals < 9 && s - start < 17; s++, decimals++)
			v = v * 10 + (*s - '0');
	if (*s == '\0' && s > start) {
		*out = (double)v * tenth[decimals];
		return true;
	}
	if (*start == '\0' || strspn(start, "0123456789+-.eE") != strlen(start))
		return false;
	*out = strtod(start, &end);
	return *end == '\0' && *out >= 0 && isfinite(*out);
}

bool csv_sample(char *line, size_t n, const struct csv_header *h, const char **service,
        struct watch_sample *out, const char **why)
{
	double v[CSV_COLUMNS];
	char *p = line, *field;
	int i;

	for (i = 0; i < CSV_COLUMNS; i++)
		v[i] = (double)NAN;
	for (i = 0; p && i < h->n; i++) {
		int c = h->column[i];

		p = split(p, line + n, &field);
		if (!field) {
			*why = "text after a closing quote";
			return false;
		}
		if (c == CSV_SERVICE)
			*service = field;
		else if (c >= 0 && *field && !number(field, &v[c])) {
			*why = bad_number[c];
			return false;
		}
	}
	if (p || i < h->n) {
		*why = p ? "more fields than the header has" : "fewer fields than the header has";
		return false;
	}
	if (!**service || isnan(v[CSV_TS]) || v[CSV_TS] > LATEST_S) {
		*why = **service ? bad_number[CSV_TS] : "no service";
		return false;
	}
	if (v[CSV_DEPLOY] > 0 && v[CSV_DEPLOY] != 1) { /* NAN and 0 are no deployment */
		*why = bad_number[CSV_DEPLOY];
		return false;
	}
	*out = (struct watch_sample){(int64_t)(v[CSV_TS] * 1000 + 0.5), v[CSV_CPU],
	        v[CSV_CPU_LIMIT], v[CSV_MEM], v[CSV_MEM_LIMIT], v[CSV_DISK], v[CSV_DISK_LIMIT],
	        v[CSV_REQUESTS], v[CSV_4XX], v[CSV_5XX], v[CSV_P50], v[CSV_P95], v[CSV_P99],
	        v[CSV_DEPLOY] > 0};
	return true;
}
