/* test_clock.c - dates, durations, what people read. */
#include "unit.h"

#include "clock.h"

static void test_rfc3339(void **state)
{
	static const struct {
		const char *in;
		int64_t ms;
		const char *out; /* NULL = the same */
	} t[] = {
	        {"1970-01-01T00:00:00Z", 0, NULL},
	        {"2026-11-24T14:02:00Z", 1795528920000, NULL},
	        {"2026-11-24T14:02:00.123Z", 1795528920123, NULL},
	        {"2026-11-24T14:02:00.1239999Z", 1795528920123, "2026-11-24T14:02:00.123Z"},
	        {"2026-11-24T14:02:00.5Z", 1795528920500, "2026-11-24T14:02:00.500Z"},
	        {"2026-11-24t19:32:00+05:30", 1795528920000, "2026-11-24T14:02:00Z"},
	        {"2026-11-24 04:02:00-10:00", 1795528920000, "2026-11-24T14:02:00Z"},
	        {"2000-02-29T12:00:00Z", 951825600000, NULL},
	        {"1969-12-31T23:59:59.999Z", -1, NULL},
	        {"2016-12-31T23:59:60Z", 1483228800000, "2017-01-01T00:00:00Z"},
	        {"0000-01-01T00:00:00Z", -62167219200000, NULL},
	        {"9999-12-31T23:59:59Z", 253402300799000, NULL},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		int64_t ms = 1;

		unit_case("%s", t[i].in);
		assert_true(clock_parse_rfc3339(t[i].in, &ms));
		assert_true(ms == t[i].ms);
		assert_string_equal(clock_rfc3339(*state, ms), t[i].out ? t[i].out : t[i].in);
	}
}

static void test_no_date(void **state)
{
	static const char *const t[] = {"", "2026", "2026-11-24", "2026-11-24T14:02Z",
	        "2026-11-24T14:02:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
	        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-11-31T00:00:00Z",
	        "2026-11-24T24:00:00Z", "2026-11-24T14:60:00Z", "2026-11-24T14:02:61Z",
	        "2026-11-24T14:02:00.Z", "2026-11-24T14:02:00+24:00", "2026-11-24T14:02:00+05:60",
	        "2026-11-24T14:02:00+0530", "2026-11-24T14:02:00Zx", " 2026-11-24T14:02:00Z",
	        "2026-1-24T14:02:00Z", "-026-11-24T14:02:00Z"};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		unit_case("%s", t[i]);
		assert_false(clock_parse_rfc3339(t[i], &ms));
	}
	assert_false(clock_parse_rfc3339(NULL, &ms));
}

static void test_duration(void **state)
{
	static const struct {
		const char *in;
		int64_t ms;
		const char *out;
	} t[] = {
	        {"0", 0, "0"},
	        {"0s", 0, "0"},
	        {"500ms", 500, "500ms"},
	        {"90s", 90000, "90s"},
	        {"10m", 600000, "10m"},
	        {"60m", 3600000, "1h"},
	        {"4h", 14400000, "4h"},
	        {"24h", 86400000, "1d"},
	        {"7d", 604800000, "1w"},
	        {"2w", 1209600000, "2w"},
	        {"1h30m", 5400000, "90m"},
	        {"1h1m1s", 3661000, "1h1m1s"},
	        {"1s1ms", 1001, "1s1ms"},
	        {"30d", 2592000000, "30d"},
	        {"9223372036854775807ms", INT64_MAX, NULL},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		int64_t ms = -1, again = -1;
		const char *text;

		unit_case("%s", t[i].in);
		assert_true(clock_parse_duration(t[i].in, &ms));
		assert_true(ms == t[i].ms);
		text = clock_duration_short(*state, ms);
		assert_true(clock_parse_duration(text, &again) && again == ms);
		if (t[i].out)
			assert_string_equal(text, t[i].out);
	}
	assert_string_equal(clock_duration_short(*state, -5), "0");
}

static void test_no_duration(void **state)
{
	static const char *const t[] = {"", "10", "-10m", "m", "10 m", "10m ", " 10m", "10M",
	        "1.5h", "10min", "30m1h", "1m1m", "1h30", "9223372036854775808ms",
	        "9223372036854775807s", "15250284453w", "15250284452w9223372036854775807ms",
	        "99999999999999999999999999s", "1y", "+5m", "0x1s"};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		unit_case("%s", t[i]);
		assert_false(clock_parse_duration(t[i], &ms));
	}
	assert_false(clock_parse_duration(NULL, &ms));
}

static void test_people(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} t[] = {
	        {0, "0 s"},
	        {-1, "0 s"},
	        {250, "250 ms"},
	        {999, "999 ms"},
	        {1000, "1 s"},
	        {45000, "45 s"},
	        {59999, "59 s"},
	        {60000, "1 min"},
	        {540000, "9 min"},
	        {3599999, "59 min"},
	        {3600000, "1 h 00 min"},
	        {7500000, "2 h 05 min"},
	        {86400000, "1 d 0 h"},
	        {273600000, "3 d 4 h"},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++)
		assert_string_equal(clock_duration(*state, t[i].ms), t[i].want);
}

static void test_fake(void **state)
{
	int64_t mono = clock_mono_ms();

	clock_fake(1795528920000); /* 2026-11-24T14:02:00Z */
	assert_true(clock_now_ms() == 1795528920000);
	assert_string_equal(clock_hhmm(*state, 1795528920000), "14:02");
	assert_string_equal(clock_hhmm(*state, 1795478400000), "00:00");
	assert_string_equal(clock_hhmm(*state, 1795478399999), "Nov 23 23:59");
	assert_string_equal(clock_hhmm(*state, 1795564800000), "Nov 25 00:00");
	assert_true(clock_mono_ms() >= mono);
	clock_fake(0);
	assert_true(clock_now_ms() != 1795528920000);
}

UNIT_MAIN(UNIT_ARENA(test_rfc3339), UNIT_ARENA(test_no_date), UNIT_ARENA(test_duration),
        UNIT_ARENA(test_no_duration), UNIT_ARENA(test_people), UNIT_ARENA(test_fake))
