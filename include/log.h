/*
 * log.h - one line per event on stderr: time level area message, key=value.
 *
 * Control characters are made visible, and every line passes the redaction filter that the program
 * installs before its first secret is read. Thread: any (one write per line).
 */
#ifndef HEAL_LOG_H
#define HEAL_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* `area` is the module, e.g. "slack"; the text should read as one clear sentence or key=value. */
void log_error(const char *area, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *area, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *area, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *area, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void log_set_level(enum log_level level);
bool log_level_parse(const char *word, enum log_level *out); /* error warn info debug */

/* The filter gets each finished line and returns the text to write (from `a`). Set once at start,
 * before threads exist. */
void log_set_filter(const char *(*fn)(void *ctx, struct arena *a, const char *line), void *ctx);

#endif
