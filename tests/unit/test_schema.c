/* test_schema.c - the validator that every model's answer passes. */
#include "base/schema.h"
#include "json.h"
#include "str.h"
#include "unit/unit.h"

static const char schema_text[] =
        "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"name\",\"level\",\"list\","
        "\"note\"],\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":5},"
        "\"level\":{\"type\":\"string\",\"enum\":[\"low\",\"high\"]},"
        "\"list\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":2,\"items\":{\"type\":\"integer\"}},"
        "\"note\":{\"type\":[\"string\",\"null\"]},"
        "\"deep\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"ok\"],"
        "\"properties\":{\"ok\":{\"type\":\"boolean\"}}}}}";

static json *parse(struct arena *a, const char *text)
{
	json *j = json_parse(a, text, strlen(text), NULL);

	assert_non_null(j);
	return j;
}

static void test_check(void **state)
{
	static const struct {
		const char *value, *says; /* NULL = fits */
	} t[] = {
	        {"{\"name\":\"a\",\"level\":\"low\",\"list\":[1],\"note\":null}", NULL},
	        {"{\"name\":\"äöüßé\",\"level\":\"high\",\"list\":[1,2],\"note\":\"x\",\"deep\":{\"ok\":true}}",
	                NULL},
	        {"[]", "$: must be object"},
	        {"{\"level\":\"low\",\"list\":[1],\"note\":null}", "$: \"name\" is missing"},
	        {"{\"name\":1,\"level\":\"low\",\"list\":[1],\"note\":null}",
	                "$.name: must be string"},
	        {"{\"name\":\"abcdef\",\"level\":\"low\",\"list\":[1],\"note\":null}",
	                "$.name: is longer than 5 characters"},
	        {"{\"name\":\"a\",\"level\":\"mid\",\"list\":[1],\"note\":null}",
	                "$.level: must be one of low, high"},
	        {"{\"name\":\"a\",\"level\":\"low\",\"list\":[],\"note\":null}",
	                "$.list: has 0 items, at least 1 are needed"},
	        {"{\"name\":\"a\",\"level\":\"low\",\"list\":[1,2,3],\"note\":null}",
	                "$.list: has 3 items, at most 2 are allowed"},
	        {"{\"name\":\"a\",\"level\":\"low\",\"list\":[1,1.5],\"note\":null}",
	                "$.list[1]: must be integer"},
	        {"{\"name\":\"a\",\"level\":\"low\",\"list\":[1],\"note\":7}",
	                "$.note: must be string or null"},
	        {"{\"name\":\"a\",\"level\":\"low\",\"list\":[1],\"note\":null,\"more\":1}",
	                "$: \"more\" is not a member it may have"},
	        {"{\"name\":\"a\",\"level\":\"low\",\"list\":[1],\"note\":null,\"deep\":{\"ok\":\"yes\"}}",
	                "$.deep.ok: must be boolean"},
	};
	struct arena *a = *state;
	json *schema = parse(a, schema_text);

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		struct err e = {0};

		unit_case("%s", t[i].value);
		assert_int_equal(schema_check(schema, parse(a, t[i].value), &e), t[i].says == NULL);
		assert_string_equal(e.msg, t[i].says ? t[i].says : "");
		assert_int_equal(e.code, t[i].says ? ERR_PROTO : ERR_NONE);
	}
}

static void test_tidy(void **state)
{
	struct arena *a = *state;
	json *schema = parse(a, schema_text);
	json *v = parse(
	        a, "{\"name\":\"a\",\"why\":1,\"level\":\"low\",\"deep\":{\"ok\":true,\"x\":2}}");

	assert_string_equal(json_print(a, schema_tidy(a, schema, v)),
	        "{\"name\":\"a\",\"level\":\"low\",\"list\":[],\"note\":null,\"deep\":{\"ok\":true}}");
	/* What is no object stays what it is: the check says so. */
	assert_string_equal(json_print(a, schema_tidy(a, schema, parse(a, "[1]"))), "[1]");
}

static void test_strict(void **state)
{
	struct arena *a = *state;
	const char *s = json_print(a, schema_strict(a, parse(a, schema_text)));

	assert_null(strstr(s, "maxLength"));
	assert_null(strstr(s, "minItems"));
	assert_non_null(strstr(s, "\"additionalProperties\":false"));
	/* A property that is called like a rule is no rule. */
	s = json_print(
	        a, schema_strict(a, parse(a, "{\"type\":\"object\",\"properties\":{\"maxItems\":"
	                                     "{\"type\":\"integer\",\"maxLength\":1}}}")));
	assert_string_equal(
	        s, "{\"type\":\"object\",\"properties\":{\"maxItems\":{\"type\":\"integer\"}}}");
}

static void test_deep(void **state)
{
	struct arena *a = *state;
	struct str s = str_new(a), v = str_new(a);
	struct err e = {0};

	for (int i = 0; i < 30; i++) {
		str_add(&s, "{\"type\":\"array\",\"items\":");
		str_addc(&v, '[');
	}
	str_add(&s, "{\"type\":\"null\"}");
	for (int i = 0; i < 30; i++) {
		str_addc(&s, '}');
		str_addc(&v, ']');
	}
	assert_false(schema_check(parse(a, s.s), parse(a, v.s), &e));
	assert_non_null(strstr(e.msg, "nested too deep"));
}

UNIT_MAIN(UNIT_ARENA(test_check), UNIT_ARENA(test_tidy), UNIT_ARENA(test_strict),
        UNIT_ARENA(test_deep))
