/* Shadow mode and the kill switch: two small facts of the store. See include/hold.h. */
#include "hold.h"

#include "clock.h"
#include "incident.h"
#include "str.h"

enum { DAY_MS = 86400000 };

/* --- shadow mode: memo "shadow" {"since":ms,"live":ms,"by":user} --- */

bool shadow_get(struct store *s, struct arena *a, const struct settings *set, struct shadow *out,
        struct err *e)
{
	const json *m = memo_get(s, a, "shadow");
	int64_t now = clock_now_ms();

	(void)e;
	*out = (struct shadow){
	        .since_ms = json_int(m, ".since", now),
	        .live_ms = json_int(m, ".live", 0),
	        .live_by = json_str(m, ".by", NULL),
	};
	out->until_ms = set->scan.shadow == SHADOW_YES ? INT64_MAX : out->since_ms + DAY_MS;
	out->on = set->scan.shadow != SHADOW_NO && out->live_ms == 0 && now < out->until_ms;
	return true;
}

bool shadow_begin(struct store *s, int64_t now_ms, struct err *e)
{
	struct arena *a = arena_new(0);
	bool ok = true;

	if (!memo_get(s, a, "shadow")) {
		json *m = json_obj(a);
		struct scan_row *rows;
		size_t n = 0;

		ok = scan_load(s, a, NULL, &rows, &n, e);
		json_set_int(m, "since", now_ms);
		if (n > 0)
			json_set_int(m, "live", now_ms); /* it has scanned before there was this */
		ok = ok && memo_set(s, "shadow", m, e);
	}
	arena_free(a);
	return ok;
}

bool shadow_end(struct store *s, const char *user, struct err *e)
{
	struct arena *a = arena_new(0);
	const json *before = memo_get(s, a, "shadow");
	int64_t now = clock_now_ms();
	json *m = json_obj(a);
	bool ok;

	json_set_int(m, "since", json_int(before, ".since", now));
	json_set_int(
	        m, "live", json_int(before, ".live", 0) > 0 ? json_int(before, ".live", 0) : now);
	json_set_str(m, "by", json_str(before, ".by", user));
	ok = memo_set(s, "shadow", m, e);
	arena_free(a);
	return ok;
}

/* --- the kill switch: memo "pause" {"since":ms,"until":ms,"by":user,"reason":text};
 * without "until" it lasts until somebody resumes --- */

void pause_get(struct store *s, struct arena *a, struct pause *out)
{
	const json *m = memo_get(s, a, "pause");

	*out = (struct pause){
	        .since_ms = json_int(m, ".since", 0),
	        .until_ms = json_int(m, ".until", INT64_MAX),
	        .by = json_str(m, ".by", NULL),
	        .reason = json_str(m, ".reason", NULL),
	};
	out->on = m && out->until_ms > clock_now_ms();
}

bool pause_set(struct store *s, int64_t until_ms, const char *by, const char *reason, struct err *e)
{
	struct arena *a = arena_new(0);
	json *m = json_obj(a);
	bool ok;

	json_set_int(m, "since", clock_now_ms());
	if (until_ms != INT64_MAX)
		json_set_int(m, "until", until_ms);
	json_set_str(m, "by", by);
	json_set_str(m, "reason", reason);
	ok = memo_set(s, "pause", until_ms == 0 ? NULL : m, e);
	arena_free(a);
	return ok;
}

bool pause_allows(struct store *s, struct arena *a, struct err *e)
{
	struct pause p;

	pause_get(s, a, &p);
	if (!p.on)
		return true;
	return err_set(e, ERR_CONFLICT, false, "paused since %s UTC%s%s; `/heal resume` ends it",
	        clock_hhmm(a, p.since_ms), p.reason ? ": " : "", str_or(p.reason, ""));
}
