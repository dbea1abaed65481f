/*
 * log.c - see log.h. One write(2) per line: lines of different threads do not mix.
 *
 * The level and the filter are the process's own (stderr is one), set before threads exist.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "clock.h"
#include "str.h"

static const char *const words[] = {"ERROR", "WARN ", "INFO ", "DEBUG"};

static atomic_int max_level = LOG_INFO;
static const char *(*filter)(void *ctx, struct arena *a, const char *line);
static void *filter_ctx;

void log_set_level(enum log_level level)
{
	atomic_store(&max_level, (int)level);
}

bool log_level_parse(const char *word, enum log_level *out)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq(word, names[i])) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

void log_set_filter(const char *(*fn)(void *ctx, struct arena *a, const char *line), void *ctx)
{
	filter = fn;
	filter_ctx = ctx;
}

/* A line is one line and shows what is in it: \n, \x1b, invalid UTF-8 as bytes. */
static void add_visible(struct str *b, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0, used; i < n; i += used) {
		uint32_t cp;
		bool ok;

		used = utf8_next(s + i, n - i, &cp, &ok);
		if (ok && cp >= 0x20 && (cp < 0x7F || cp > 0x9F))
			str_addn(b, s + i, used);
		else if (cp == '\n')
			str_add(b, "\\n");
		else if (cp == '\t')
			str_add(b, "\\t");
		else
			for (size_t k = 0; k < used; k++)
				str_addf(b, "\\x%02x", (unsigned char)s[i + k]);
	}
}

static void write_all(const char *s, size_t n)
{
	while (n > 0) {
		ssize_t w = write(STDERR_FILENO, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return; /* nobody reads: nothing better to do than to go on */
		s += w;
		n -= (size_t)w;
	}
}

__attribute__((format(printf, 3, 0))) static void vlog(
        enum log_level level, const char *area, const char *fmt, va_list ap)
{
	int saved = errno;
	struct arena *a;
	struct str b;

	if ((int)level > atomic_load(&max_level))
		return;
	a = arena_new(1024);
	b = str_new(a);
	str_addf(&b, "%s %s %s ", clock_rfc3339(a, clock_now_ms()), words[level], area);
	add_visible(&b, arena_vprintf(a, fmt, ap));
	if (filter) {
		const char *line = filter(filter_ctx, a, b.s);

		b = str_new(a);
		add_visible(&b, line);
	}
	str_addc(&b, '\n');
	write_all(b.s, b.len);
	arena_free(a);
	errno = saved;
}

#define LOG_FN(name, level)                                                                        \
	void name(const char *area, const char *fmt, ...)                                          \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		vlog(level, area, fmt, ap);                                                        \
		va_end(ap);                                                                        \
	}

LOG_FN(log_error, LOG_ERROR)
LOG_FN(log_warn, LOG_WARN)
LOG_FN(log_info, LOG_INFO)
LOG_FN(log_debug, LOG_DEBUG)
