/* err.c - see err.h. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *const names[] = {
        [ERR_NONE] = "none",
        [ERR_INPUT] = "input",
        [ERR_CONFIG] = "config",
        [ERR_AUTH] = "auth",
        [ERR_FORBIDDEN] = "forbidden",
        [ERR_NOT_FOUND] = "not_found",
        [ERR_CONFLICT] = "conflict",
        [ERR_LIMITED] = "limited",
        [ERR_QUOTA] = "quota",
        [ERR_BUDGET] = "budget",
        [ERR_NET] = "net",
        [ERR_TIMEOUT] = "timeout",
        [ERR_STATUS] = "status",
        [ERR_PROTO] = "proto",
        [ERR_STORE] = "store",
        [ERR_SYS] = "sys",
        [ERR_CANCELED] = "canceled",
        [ERR_SUSPENDED] = "suspended",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* Longest message that is formatted before it is cut to err.msg. */
#define LONG_MSG 2048

static void put_msg(struct err *e, const char *text)
{
	size_t n = utf8_floor(text, strlen(text), sizeof(e->msg) - 1);

	memcpy(e->msg, text, n);
	e->msg[n] = '\0';
}

bool err_set(struct err *e, enum err_code code, bool retryable, const char *fmt, ...)
{
	char text[LONG_MSG];
	va_list ap;

	if (!e)
		return false;
	/* Formatted first: the arguments may point into e->msg. */
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->code = code;
	e->retryable = retryable;
	e->ambiguous = false;
	e->retry_ms = 0;
	put_msg(e, text);
	return false;
}

bool err_wrap(struct err *e, const char *fmt, ...)
{
	char text[LONG_MSG];
	va_list ap;
	size_t n;

	/* A suspended run is not a failure: its error travels unchanged. */
	if (!e || e->code == ERR_SUSPENDED)
		return false;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text) - sizeof(e->msg) - 4, fmt, ap);
	va_end(ap);
	n = strlen(text);
	snprintf(text + n, sizeof(text) - n, ": %s", e->msg);
	put_msg(e, text);
	return false;
}

bool err_sys(struct err *e, const char *fmt, ...)
{
	const char *why = strerrordesc_np(errno);
	char text[LONG_MSG];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_SYS, false, "%s: %s", text, why ? why : "unknown error");
}

const char *err_code_name(enum err_code code)
{
	return (size_t)code < NAMES ? names[code] : "unknown";
}

enum err_code err_code_parse(const char *name)
{
	for (size_t i = 0; name && i < NAMES; i++) {
		if (strcmp(names[i], name) == 0)
			return (enum err_code)i;
	}
	return ERR_NONE;
}
