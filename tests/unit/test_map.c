/* test_map.c - the string map, the embedded files. */
#include "unit.h"

#include "base/embed.h"
#include "base/map.h"
#include "str.h"

static void test_put_get(void **state)
{
	struct map *m = map_new(*state);
	int one = 1, two = 2;
	char key[] = "changes";

	assert_null(map_get(m, "a"));
	assert_null(map_del(m, "a"));
	assert_null(map_first(m));
	map_put(m, "a", &one);
	map_put(m, key, &two);
	key[0] = 'X'; /* the map has its own copy */
	assert_ptr_equal(map_get(m, "changes"), &two);
	map_put(m, "a", &two);
	assert_int_equal(map_len(m), 2);
	assert_ptr_equal(map_get(m, "a"), &two);
	map_put(m, "", NULL);
	assert_true(map_has(m, ""));
	assert_null(map_get(m, ""));
	assert_ptr_equal(map_del(m, "a"), &two);
	assert_false(map_has(m, "a"));
	map_clear(m);
	assert_int_equal(map_len(m), 0);
	map_put(m, "again", &one);
	assert_int_equal(map_len(m), 1);
}

static void test_many(void **state)
{
	struct map *m = map_new(NULL);
	char key[16];
	size_t i = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "k%zu", i);
		map_put(m, key, (char *)m + i);
	}
	i = 0;
	map_each (it, m) { /* order of insertion */
		snprintf(key, sizeof(key), "k%zu", i);
		assert_string_equal(it->key, key);
		assert_ptr_equal(it->value, (char *)m + i);
		i++;
	}
	assert_int_equal(i, 20000);
	for (i = 0; i < 20000; i += 2) {
		snprintf(key, sizeof(key), "k%zu", i);
		assert_non_null(map_del(m, key));
	}
	assert_int_equal(map_len(m), 10000);
	map_free(m);
	map_free(NULL);
}

static void test_embed(void **state)
{
	const char *name;
	size_t i, len;

	(void)state;
	assert_null(embed_get("no/such/file", NULL));
	for (i = 0; (name = embed_name(i)); i++) {
		const char *text = embed_get(name, &len);
		FILE *f = fopen(name, "rb");
		char *have = calloc(1, len + 2);

		unit_case("%s", name);
		assert_non_null(text);
		assert_int_equal(text[len], 0);
		assert_non_null(f);
		assert_int_equal(fread(have, 1, len + 1, f), len);
		assert_memory_equal(have, text, len);
		free(have);
		fclose(f);
	}
	assert_null(embed_name(i + 1000));
}

UNIT_MAIN(UNIT_ARENA(test_put_get), UNIT_ARENA(test_many), UNIT_ARENA(test_embed))
