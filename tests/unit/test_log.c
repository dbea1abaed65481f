/* test_log.c - one line per event, control characters visible, level, filter. */
#include "unit.h"

#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "str.h"

/* What fn writes to stderr. */
static const char *captured(struct arena *a, void (*fn)(void))
{
	char buf[4096];
	int saved = dup(STDERR_FILENO), fds[2];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(fds[0], buf, sizeof(buf));
	close(fds[0]);
	return arena_strndup(a, buf, n > 0 ? (size_t)n : 0);
}

static void say(void)
{
	log_debug("test", "unheard");
	log_info("test", "two\nlines\t\x1b[31m \x7f %s \xff é", "token=abc");
	log_error("test", "%d", 5);
}

static const char *filter(void *ctx, struct arena *a, const char *line)
{
	(void)ctx;
	return arena_printf(a, "<%s>\n", line);
}

static void test_lines(void **state)
{
	clock_fake(1795528920000);
	assert_string_equal(captured(*state, say),
	        "2026-11-24T14:02:00Z INFO  test two\\nlines\\t\\x1b[31m \\x7f token=abc \\xff é\n"
	        "2026-11-24T14:02:00Z ERROR test 5\n");
	log_set_level(LOG_ERROR);
	assert_string_equal(captured(*state, say), "2026-11-24T14:02:00Z ERROR test 5\n");
	/* The filter's own line breaks do not break the line. */
	log_set_filter(filter, NULL);
	assert_string_equal(captured(*state, say), "<2026-11-24T14:02:00Z ERROR test 5>\\n\n");
	log_set_filter(NULL, NULL);
	log_set_level(LOG_INFO);
	clock_fake(0);
}

static void test_level(void **state)
{
	enum log_level l = LOG_ERROR;

	(void)state;
	assert_true(log_level_parse("debug", &l) && l == LOG_DEBUG);
	assert_true(log_level_parse("warn", &l) && l == LOG_WARN);
	assert_false(log_level_parse("loud", &l) || log_level_parse(NULL, &l));
	assert_int_equal(l, LOG_WARN);
}

UNIT_MAIN(UNIT_ARENA(test_lines), UNIT_ARENA(test_level))
