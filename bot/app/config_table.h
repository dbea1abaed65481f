/*
 * config_table.h - the table of settings and what its rows mean. Only the config_*.c files and
 * their tests include it.
 */
#ifndef APP_CONFIG_TABLE_H
#define APP_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "settings.h"
#include "str.h"

enum setting_type {
	SET_STR,         /* const char *; no control characters */
	SET_URL,         /* const char *; https, or http for a private host */
	SET_HOST_PORT,   /* const char *; "-" = NULL */
	SET_ID,          /* const char *; first letter one of `words`, then capitals and digits */
	SET_REPO,        /* const char *; owner/name */
	SET_INT,         /* int; min..max */
	SET_COUNT,       /* int64_t; min..max, 10k and 2M allowed */
	SET_NUM,         /* double; min..max */
	SET_USD,         /* double; "$2" or "2"; "-" = -1 where min < 0 */
	SET_DURATION,    /* int64_t ms; min..max ms */
	SET_BOOL,        /* bool */
	SET_ENUM,        /* int: index into the blank-separated `words` */
	SET_RATIO,       /* two adjacent ints n, m: "2/3" with 1 <= n <= m <= max */
	SET_LIST,        /* const char **, NULL-terminated; separated by commas or blanks */
	SET_IDS,         /* SET_LIST of SET_ID */
	SET_PAGES,       /* SET_LIST of name=url */
	SET_PAIR_SHARE,  /* struct limits of shares: "90%/95%", "0.9/-", "-" */
	SET_PAIR_MS,     /* struct limits of durations in ms: "1s/5s" */
	SET_PAIR_FACTOR, /* struct limits of factors: "2/4" */
};

struct setting {
	const char *section, *key;
	enum setting_type type;
	size_t offset;   /* in struct settings; in struct service_settings for section "service" */
	const char *def; /* as text; NULL = not set (NULL, or the type's zero) */
	const char *strict; /* the default under profile = strict when it differs */
	double min, max;    /* of numbers, durations in ms; both 0 = no bounds */
	const char *words;
	const char *example; /* shown in documentation when there is no default */
	const char *help;
};

struct section {
	const char *name, *help;
};

extern const struct section setting_sections[]; /* ended by {NULL}; in order of documentation */
extern const struct setting setting_table[];    /* ended by {.key = NULL}; grouped by section */

/* Rows of [thresholds] are allowed in [service "name"] too. */
bool setting_is_threshold(const struct setting *s);

/* Parses `text` and stores it at `at` (the field itself). False: `why` is a phrase that follows the
 * value, such as "a duration needs a unit: 90s, 10m, 4h". */
bool setting_parse(
        struct arena *a, const struct setting *s, const char *text, void *at, struct str *why);

/* "duration", "share pair" … with bounds: for documentation. */
const char *setting_type_text(struct arena *a, const struct setting *s);

#endif
