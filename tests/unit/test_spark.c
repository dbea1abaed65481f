/*
 * test_spark.c - sparklines, numbers, tables.
 */
#include <math.h>

#include "spark.h"
#include "str.h"
#include "unit/unit.h"

static void test_spark(void **state)
{
	struct arena *a = *state;
	static const double ramp[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
	static const double gap[] = {1, NAN, 1, NAN, NAN, 2};
	static const double zero[] = {0, 0, 0};
	static const double spike[] = {0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0};
	static const double odd[] = {INFINITY, -1, NAN, 4};
	static const double none[] = {NAN, NAN};
	assert_string_equal(spark(a, ramp, 9, 0, NAN), "▁▂▃▄▅▆▇██");
	assert_string_equal(spark(a, gap, 6, 0, 0), "▅ ▅  █");
	assert_string_equal(spark(a, zero, 3, 0, NAN), "▁▁▁");
	assert_string_equal(spark(a, none, 2, 0, NAN), "  ");
	assert_string_equal(spark(a, none, 0, 8, NAN), "");
	/* Under its limit a calm series looks calm. */
	assert_string_equal(spark(a, ramp, 9, 0, 64), "▁▁▁▁▁▁▁▁▂");
	/* A peak survives the squeeze. */
	assert_string_equal(spark(a, spike, 12, 3, NAN), "█▁▁");
	assert_string_equal(spark(a, spike, 12, 4, NAN), "▁█▁▁");
	assert_string_equal(spark(a, odd, 4, 0, NAN), " ▁ █");
}

static void test_numbers(void **state)
{
	struct arena *a = *state;
	static const struct {
		double v;
		const char *unit, *text;
	} cases[] = {
	        {0.124, "share", "12.4 %"},
	        {0.41, "share", "41 %"},
	        {0, "share", "0 %"},
	        {0.0004, "share", "< 0.1 %"},
	        {0.9999, "share", "99.9 %"},
	        {1, "share", "100 %"},
	        {12.5, "share", "1 250 %"},
	        {NAN, "share", "–"},
	        {2940, "ms", "2 940 ms"},
	        {3.14, "ms", "3.1 ms"},
	        {310.4, "ms", "310 ms"},
	        {75000, "ms", "75 s"},
	        {INFINITY, "ms", "–"},
	        {1318, "count", "1 318"},
	        {1234567, "count", "1 234 567"},
	        {-1234, "count", "-1 234"},
	        {-0.2, "count", "0"},
	        {1e30, "count", "1.00e+30"},
	        {1, "gb", "1 GB"},
	        {0.512, "gb", "512 MB"},
	        {1.5, "gb", "1.5 GB"},
	        {2000, "gb", "2 TB"},
	        {0.25, "vcpu", "0.25 vCPU"},
	        {2, "vcpu", "2 vCPU"},
	        {32, "vcpu", "32 vCPU"},
	        {0.031, "usd", "$0.03"},
	        {0.001, "usd", "< $0.01"},
	        {4.5, "s", "4.5 s"},
	        {7, "bananas", "7"},
	};
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		unit_case("%g %s", cases[i].v, cases[i].unit);
		assert_string_equal(num_unit(a, cases[i].v, cases[i].unit), cases[i].text);
	}
	assert_string_equal(num_change(a, 0.002, 0.124, "share"), "0.2 → 12.4 %");
	assert_string_equal(num_change(a, 310, 2940, "ms"), "310 → 2 940 ms");
	assert_string_equal(num_change(a, 0.512, 1.5, "gb"), "512 MB → 1.5 GB");
	assert_string_equal(num_change(a, 1000, 2000, "count"), "1 000 → 2 000");
	assert_string_equal(num_change(a, NAN, 5, "count"), "– → 5");
	assert_string_equal(num_of_gb(a, 0.41, 1), "41 % of 1 GB");
	assert_string_equal(num_of_gb(a, 0.9999, 1), "99.9 % of 1 GB");
	assert_string_equal(num_of_gb(a, 0.41, NAN), "410 MB");
}

static void test_width(void **state)
{
	struct arena *a = *state;
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("é✅🔴"), 5);
	assert_int_equal(text_width("e\xcc\x81"), 1);
	assert_int_equal(text_width("漢字"), 4);
	assert_int_equal(text_width("▁▂▃ – …"), 7);
	assert_string_equal(text_fit(a, "ab", 4, false), "ab  ");
	assert_string_equal(text_fit(a, "ab", 4, true), "  ab");
	assert_string_equal(text_fit(a, "abcdef", 4, true), "abc…");
	assert_string_equal(text_fit(a, "漢字漢字", 4, false), "漢… ");
	assert_string_equal(text_fit(a, "abc", 0, false), "");
}

static void test_table(void **state)
{
	struct arena *a = *state;
	struct table *t = table_new(a);
	table_column(t, "service", TABLE_LEFT, 8);
	table_column(t, "5xx", TABLE_RIGHT, 0);
	table_column(t, "", TABLE_LEFT, 0);
	table_rule(t);
	table_cell(t, "api");
	table_cell(t, "12.4 %");
	table_cell(t, "🔴");
	table_cell(t, "a\nvery\tlong name");
	table_cell(t, "0 %");
	table_cell(t, NULL);
	assert_string_equal(table_text(t, true, 0), "service      5xx\n"
	                                            "────────────────────\n"
	                                            "api       12.4 %  🔴\n"
	                                            "a very …     0 %\n");
	assert_string_equal(table_text(t, true, 1), "service      5xx\n"
	                                            "────────────────────\n"
	                                            "api       12.4 %  🔴\n"
	                                            "… 1 more\n");
	table_cell(t, "half");
	assert_true(str_ends(table_text(t, false, 0), "\nhalf\n"));
	assert_string_equal(table_text(table_new(a), true, 0), "");
}

UNIT_MAIN(UNIT_ARENA(test_spark), UNIT_ARENA(test_numbers), UNIT_ARENA(test_width),
        UNIT_ARENA(test_table))
