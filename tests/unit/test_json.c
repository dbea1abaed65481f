/* test_json.c - parsing what peers send, paths, building, printing, hashing. */
#include "unit.h"

#include <math.h>

#include "json.h"
#include "str.h"

static json *parse(struct arena *a, const char *text)
{
	struct err e = {0};
	json *j = json_parse(a, text, strlen(text), &e);

	if (!j)
		fail_msg("%s: %s", text, e.msg);
	return j;
}

static void test_paths(void **state)
{
	const json *j =
	        parse(*state, "{\"a\":{\"b\":[1,{\"c\":\"x\"}]},\"k e\\\"y\\\\\":true,\"n\":null,"
	                      "\"x-y_1\":2.5,\"\":3,\"s\":\"t\"}");

	assert_string_equal(json_str(j, ".a.b[1].c", "-"), "x");
	assert_true(json_bool(j, "[\"k e\\\"y\\\\\"]", false));
	assert_true(json_num(j, ".x-y_1", 0) == 2.5);
	assert_int_equal(json_int(j, "[\"\"]", 0), 3);
	assert_ptr_equal(json_get(j, ""), j);
	/* Absent, wrong type, out of range, through a scalar: the default. */
	assert_string_equal(json_str(j, ".a.b[7].c", "-"), "-");
	assert_string_equal(json_str(j, ".a.b", "-"), "-");
	assert_null(json_str(j, ".s.t.u[0]", NULL));
	assert_null(json_get(j, "[\"k\"]"));
	assert_null(json_get(j, "[\"k e\\\"y\\\\ and more\"]"));
	assert_null(json_get(j, ".a[0]"));
	assert_null(json_get(NULL, ".a"));
	assert_int_equal(json_int(j, ".s", 9), 9);
	assert_false(json_bool(j, ".n", false));
	assert_true(json_has(j, ".a.b[0]"));
	assert_false(json_has(j, ".n") || json_has(j, ".zz"));
	assert_true(json_is_null(json_get(j, ".n")));
	assert_false(json_is_null(NULL) || json_is_obj(NULL) || json_is_str(NULL));
	assert_int_equal(json_len(json_get(j, ".a.b")), 2);
	assert_int_equal(json_len(json_get(j, ".s")), 0);
	assert_int_equal(json_len(NULL), 0);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
		const char *print;
	} t[] = {
	        {"0", 0, "0"}, {"-1.9", -1, "-1.9"}, {"1e3", 1000, "1000"},
	        {"1e30", INT64_MAX, "1e+30"}, {"-1e30", INT64_MIN, "-1e+30"},
	        {"9007199254740991", 9007199254740991, "9007199254740991"},
	        {"1700000000000", 1700000000000, "1700000000000"}, {"0.1", 0, "0.1"},
	        {"0.30000000000000004", 0, "0.30000000000000004"}, {"1e-320", 0, NULL},
	        {"1e999", 7, "null"}, /* infinity: no number */
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		const json *j = parse(*state, t[i].text);

		unit_case("%s", t[i].text);
		if (strcmp(t[i].text, "1e999") != 0)
			assert_true(json_int(j, "", 7) == t[i].want);
		if (t[i].print)
			assert_string_equal(json_print(*state, j), t[i].print);
	}
}

static void test_refused(void **state)
{
	static const char *const t[] = {"", " ", "{", "[1,", "{\"a\"}", "{a:1}", "1 2", "{}x", "\"",
	        "\"\\", "\"\\u12\"", "tru", "nul", "'a'", "[1,]", "{\"a\":1,}", "//x\n1",
	        "\"\\x41\"", "-"};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		struct err e = {0};

		unit_case("%s", t[i]);
		assert_null(json_parse(*state, t[i], strlen(t[i]), &e));
		assert_int_equal(e.code, ERR_PROTO);
		assert_false(e.retryable);
	}
	assert_null(json_parse(*state, "1", 0, NULL));
}

static void test_depth(void **state)
{
	char text[1000];
	struct err e;

	for (size_t d = 199; d <= 202; d++) {
		memset(text, '[', d);
		memset(text + d, ']', d);
		assert_int_equal(json_parse(*state, text, 2 * d, &e) != NULL, d <= 200);
	}
	/* Brackets in strings are text. */
	memset(text, '[', 600);
	text[0] = text[599] = '"';
	assert_non_null(json_parse(*state, text, 600, &e));
	memset(text, '{', sizeof(text));
	assert_null(json_parse(*state, text, sizeof(text), &e));
	assert_non_null(strstr(e.msg, "deeper"));
}

/* What peers really send: cut surrogate pairs, NUL, bytes that are not UTF-8. */
static void test_mend(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *want;
	} t[] = {
	        {"\"\\ud83d\\ude00\"", 0, "😀"},
	        {"\"a\\ud83d\"", 0, "a\uFFFD"},
	        {"\"\\ud83dx\"", 0, "\uFFFDx"},
	        {"\"\\ude00\\ud83d\"", 0, "\uFFFD\uFFFD"},
	        {"\"\\ud83d\\ud83d\\ude00\"", 0, "\uFFFD😀"},
	        {"\"a\\u0000b\"", 0, "a\uFFFDb"},
	        {"\"\\\\u0000\"", 0, "\\u0000"},
	        {"\"\xff\xc3(\"", 0, "\uFFFD\uFFFD("},
	        {"\"a\0b\"", 5, "a\uFFFDb"},
	        {"\xef\xbb\xbf\"bom\"", 0, "bom"},
	        {" \t\r\n\"blanks\" \n", 0, "blanks"},
	        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", 0, "\"\\/\b\f\n\r\té"},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		struct err e = {0};
		const json *j;

		unit_case("%zu %s", i, t[i].text);
		j = json_parse(*state, t[i].text, t[i].n ? t[i].n : strlen(t[i].text), &e);
		assert_non_null(j);
		assert_string_equal(json_str(j, "", "-"), t[i].want);
	}
}

static void test_build(void **state)
{
	struct arena *a = *state;
	json *o = json_obj(a), *arr, *in;

	json_set_str(o, "s", "q\"\\\n\x01é");
	json_set_str(o, "none", NULL);
	json_set_int(o, "i", -5);
	json_set_num(o, "nan", NAN);
	json_set_num(o, "inf", -INFINITY);
	json_set_bool(o, "b", true);
	arr = json_set_arr(o, "arr");
	json_add_str(arr, "x");
	json_add_num(arr, 0.5);
	in = json_add_obj(arr);
	json_set_null(in, "z");
	json_add_num(json_add_arr(arr), 1);
	assert_string_equal(json_print(a, o),
	        "{\"s\":\"q\\\"\\\\\\n\\u0001é\",\"none\":null,\"i\":-5,\"nan\":null,\"inf\":null,\"b\":true,"
	        "\"arr\":[\"x\",0.5,{\"z\":null},[1]]}");
	json_set_str(o, "i", "five"); /* replaces, in its place */
	json_del(o, "arr");
	json_del(o, "never there");
	json_set(o, "copy", o);
	json_set(o, "s", json_get(o, ".copy.b")); /* a copied member takes the new name */
	assert_string_equal(json_print(a, json_get(o, ".s")), "true");
	assert_string_equal(json_key(json_first(o)), "s");
	json_set(o, "gone", NULL);
	assert_true(json_is_null(json_get(o, ".gone")));
	json_set_str(o, "bad", "a\xff");
	assert_string_equal(json_str(o, ".bad", ""), "a\uFFFD");
	arr = json_arr(a);
	json_add(arr, json_get(o, ".i"));
	assert_null(json_key(json_first(arr)));
	assert_string_equal(json_print_pretty(a, arr), "[\n  \"five\"\n]");
	assert_string_equal(json_print_pretty(a, json_obj(a)), "{}");
	/* A copy does not follow its original. */
	in = json_copy(a, o);
	json_del(o, "i");
	assert_string_equal(json_str(in, ".i", "-"), "five");
}

static void test_each(void **state)
{
	const json *j = parse(*state, "{\"b\":1,\"a\":2,\"b\":3}");
	struct str keys = str_new(*state);

	json_each (it, j)
		str_addf(&keys, "%s%d ", json_key(it), (int)json_int(it, "", 0));
	assert_string_equal(keys.s, "b1 a2 b3 ");
	json_each (it, parse(*state, "\"text\""))
		fail();
}

static void test_hash(void **state)
{
	struct arena *a = *state;
	uint64_t h = json_hash(a, parse(a, "{\"a\":1,\"b\":{\"x\":[1,2],\"y\":null}}"));

	assert_true(h == json_hash(a, parse(a, " {\"b\":{\"y\":null,\"x\":[1.0,2e0]}, \"a\":1}")));
	assert_true(h != json_hash(a, parse(a, "{\"a\":1,\"b\":{\"x\":[2,1],\"y\":null}}")));
	assert_true(json_hash(a, parse(a, "\"1\"")) != json_hash(a, parse(a, "1")));
	assert_true(json_hash(a, parse(a, "{}")) != json_hash(a, parse(a, "[]")));
	/* Stored in rows: must stay the same for ever. FNV-1a of {"a":[1,"x"]}. */
	assert_true(
	        json_hash(a, parse(a, "{\"a\":[1,\"x\"]}")) == str_hash("{\"a\":[1,\"x\"]}", 13));
}

static const char *mask(void *ctx, struct arena *a, const char *s)
{
	int *calls = ctx;

	(*calls)++;
	return strstr(s, "secret")
	               ? arena_printf(a, "[%zu bytes masked, longer than before]", strlen(s))
	               : s;
}

static void test_map(void **state)
{
	json *j = parse(*state, "{\"secret key\":\"a secret\",\"l\":[\"b\",[\"secret\"],1,null]}");
	int calls = 0;

	json_map_strings(*state, j, mask, &calls);
	assert_int_equal(calls, 3);
	assert_string_equal(json_print(*state, j),
	        "{\"secret key\":\"[8 bytes masked, longer than before]\",\"l\":[\"b\",[\"[6 bytes masked, "
	        "longer than before]\"],1,null]}");
}

UNIT_MAIN(UNIT_ARENA(test_paths), UNIT_ARENA(test_numbers), UNIT_ARENA(test_refused),
        UNIT_ARENA(test_depth), UNIT_ARENA(test_mend), UNIT_ARENA(test_build),
        UNIT_ARENA(test_each), UNIT_ARENA(test_hash), UNIT_ARENA(test_map))
