/* trace.c - log lines of one request as a waterfall. See include/trace.h. */
#include "trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "spark.h"
#include "str.h"

enum { MIN_ID = 8, MAX_ID = 64, MAX_ROWS = 12, BAR = 16, LINE_CHARS = 90, SERVICE_CHARS = 16 };

/* The value behind a key at s: blanks, quotes, = or : between. */
static const char *value_at(struct arena *a, const char *s)
{
	size_t n = 0;

	s += strspn(s, "\"' ");
	if (*s != '=' && *s != ':')
		return NULL;
	s++;
	s += strspn(s, "\"' ");
	while (isalnum((unsigned char)s[n]) || s[n] == '-')
		n++;
	return n >= MIN_ID && n <= MAX_ID ? arena_strndup(a, s, n) : NULL;
}

const char *trace_id_of(struct arena *a, const char *line)
{
	static const char *const keys[] = {"trace_id", "traceid", "trace-id", "request_id",
	        "requestid", "x-request-id", "request-id", "trace"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *at = strcasestr(line, keys[i]);
		const char *id = at ? value_at(a, at + strlen(keys[i])) : NULL;

		if (id)
			return id;
	}
	return NULL;
}

static int by_time(const void *x, const void *y)
{
	const struct trace_row *a = x, *b = y;

	return a->ts_ms < b->ts_ms ? -1 : a->ts_ms > b->ts_ms;
}

static size_t services(const struct trace_row *rows, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < i && !str_eq(rows[k].service, rows[i].service))
			k++;
		count += k == i;
	}
	return count;
}

static void add_row(
        struct arena *a, struct str *b, const struct trace_row *r, int64_t from, int64_t all)
{
	size_t at = (size_t)((r->ts_ms - from) * (BAR - 1) / all);

	str_addf(b, "\n+%6lld ms %*s%s%*s %s: %s", (long long)(r->ts_ms - from), (int)at, "",
	        r->failed ? "x" : "|", (int)(BAR - 1 - at), "",
	        str_ellipsis(a, r->service, SERVICE_CHARS), str_ellipsis(a, r->line, LINE_CHARS));
}

const char *trace_waterfall(struct arena *a, const char *id, struct trace_row *rows, size_t n)
{
	struct str b = str_new(a);
	bool failed = false;
	int64_t all;

	if (n < 2)
		return NULL;
	qsort(rows, n, sizeof(*rows), by_time);
	all = rows[n - 1].ts_ms - rows[0].ts_ms;
	if (all <= 0)
		return NULL;
	for (size_t i = 0; i < n; i++)
		failed = failed || rows[i].failed;
	str_addf(&b, "trace %s: %s ms, %zu services%s", str_ellipsis(a, id, 12),
	        num_int(a, (double)all), services(rows, n), failed ? ", failed" : "");
	for (size_t i = 0; i < n && i < MAX_ROWS; i++)
		add_row(a, &b, &rows[i], rows[0].ts_ms, all);
	if (n > MAX_ROWS)
		str_addf(&b, "\n… %zu more lines", n - MAX_ROWS);
	return b.s;
}
