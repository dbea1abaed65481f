/* filter.c - see filter.h. */
#include "pages/filter.h"

#include <string.h>

#include "clock.h"
#include "str.h"

enum { MAX_LIMIT = 1000 };

const char *const filter_states[] = {"unfinished", "ready", "queued", "running", "paused", "due",
        "finished", "done", "failed", "cancelled", NULL};

static bool set_state(struct run_filter *f, const char *value, struct err *e)
{
	for (const char *const *s = filter_states; *s; s++) {
		if (str_ieq(*s, value)) {
			f->state = *s;
			return true;
		}
	}
	return err_set(e, ERR_INPUT, false,
	        "no state \"%.40s\": it is one of unfinished, ready, queued, running, paused, due, "
	        "finished, done, failed, cancelled",
	        value);
}

static bool set_incident(struct run_filter *f, const char *value, struct err *e)
{
	const char *digits = strncasecmp(value, "INC-", 4) == 0 ? value + 4 : value;

	int64_t n;

	if (!str_int(digits, &n) || n < 1)
		return err_set(
		        e, ERR_INPUT, false, "no incident \"%.40s\": write 42 or INC-42", value);
	f->incident = n;
	return true;
}

static bool set_time(int64_t *out, const char *name, const char *value, struct err *e)
{
	int64_t age;

	if (clock_parse_duration(value, &age)) {
		*out = clock_now_ms() - age;
		return true;
	}
	return clock_parse_rfc3339(value, out) ||
	       err_set(e, ERR_INPUT, false,
	               "%s \"%.40s\": write an age such as 30m, 2h, 7d, or a time such as "
	               "2026-11-24T14:00:00Z",
	               name, value);
}

static bool set_number(
        int64_t *out, int64_t max, const char *name, const char *value, struct err *e)
{
	int64_t n = 0;

	if (!str_int(value, &n) || n < 1 || n > max)
		return err_set(e, ERR_INPUT, false, "%s \"%.40s\": write a number from 1%s", name,
		        value, max == MAX_LIMIT ? " to 1000" : "");
	*out = n;
	return true;
}

static bool set_limit(struct run_filter *f, const char *value, struct err *e)
{
	int64_t n = 0;

	if (!set_number(&n, MAX_LIMIT, "limit", value, e))
		return false;
	f->limit = (int)n;
	return true;
}

bool filter_set(struct run_filter *f, const char *name, const char *value, struct err *e)
{
	if (!value || !*value)
		return true;
	if (str_eq(name, "state"))
		return set_state(f, value, e);
	if (str_eq(name, "incident"))
		return set_incident(f, value, e);
	if (str_eq(name, "since"))
		return set_time(&f->since_ms, name, value, e);
	if (str_eq(name, "until"))
		return set_time(&f->until_ms, name, value, e);
	if (str_eq(name, "before"))
		return set_number(&f->before, INT64_MAX, name, value, e);
	if (str_eq(name, "after"))
		return set_number(&f->after, INT64_MAX, name, value, e);
	if (str_eq(name, "limit"))
		return set_limit(f, value, e);
	if (str_eq(name, "workflow"))
		f->workflow = value;
	else if (str_eq(name, "service"))
		f->service = value;
	else if (str_eq(name, "search"))
		f->search = value;
	else
		return err_set(e, ERR_INPUT, false, "no condition \"%.40s\"", name);
	return true;
}
