/* railway_names.c - Railway's words and our numbers. See include/railway.h. */
#include <stdlib.h>
#include <string.h>

#include "clients/railway_private.h"
#include "clock.h"
#include "str.h"

static const char *const status_words[] = {
        [RAILWAY_UNKNOWN] = "UNKNOWN",
        [RAILWAY_BUILDING] = "BUILDING",
        [RAILWAY_CRASHED] = "CRASHED",
        [RAILWAY_DEPLOYING] = "DEPLOYING",
        [RAILWAY_FAILED] = "FAILED",
        [RAILWAY_INITIALIZING] = "INITIALIZING",
        [RAILWAY_NEEDS_APPROVAL] = "NEEDS_APPROVAL",
        [RAILWAY_QUEUED] = "QUEUED",
        [RAILWAY_REMOVED] = "REMOVED",
        [RAILWAY_REMOVING] = "REMOVING",
        [RAILWAY_SKIPPED] = "SKIPPED",
        [RAILWAY_SLEEPING] = "SLEEPING",
        [RAILWAY_SUCCESS] = "SUCCESS",
        [RAILWAY_WAITING] = "WAITING",
};

enum { STATUS_WORDS = sizeof(status_words) / sizeof(status_words[0]) };

const char *railway_status_name(enum railway_status s)
{
	return (unsigned)s < STATUS_WORDS ? status_words[s] : status_words[RAILWAY_UNKNOWN];
}

/* Words that the schema does not have (yet) are UNKNOWN, never an error. */
enum railway_status railway_status_parse(const char *word)
{
	for (int i = 1; word && i < STATUS_WORDS; i++)
		if (strcmp(word, status_words[i]) == 0)
			return (enum railway_status)i;
	return RAILWAY_UNKNOWN;
}

bool railway_status_rolling(enum railway_status s)
{
	switch (s) {
	case RAILWAY_BUILDING:
	case RAILWAY_DEPLOYING:
	case RAILWAY_INITIALIZING:
	case RAILWAY_QUEUED:
	case RAILWAY_WAITING:
		return true;
	case RAILWAY_UNKNOWN:
	case RAILWAY_CRASHED:
	case RAILWAY_FAILED:
	case RAILWAY_NEEDS_APPROVAL:
	case RAILWAY_REMOVED:
	case RAILWAY_REMOVING:
	case RAILWAY_SKIPPED:
	case RAILWAY_SLEEPING:
	case RAILWAY_SUCCESS:
		return false;
	}
	abort();
}

const char *railway_kind_name(enum railway_kind k)
{
	switch (k) {
	case RAILWAY_SERVICE:
		return "service";
	case RAILWAY_CRON:
		return "cron";
	case RAILWAY_DATABASE:
		return "database";
	case RAILWAY_FUNCTION:
		return "function";
	}
	abort();
}

int64_t railway_time(const json *j, const char *path)
{
	const char *s = json_str(j, path, NULL);
	int64_t ms;

	return s && clock_parse_rfc3339(s, &ms) && ms > 0 ? ms : 0;
}

const char *railway_phrase(struct arena *a, const char *text)
{
	struct str b = str_new(a);

	str_addc(&b, '"');
	for (const char *p = text; *p; p++)
		if (*p != '"' && *p != '\\' && (unsigned char)*p >= ' ')
			str_addc(&b, *p);
	str_addc(&b, '"');
	return b.s;
}
