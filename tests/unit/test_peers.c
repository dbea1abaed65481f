/* test_peers.c - what is known of the other sides: who answered, how, and what is wrong. */
#include "unit.h"

#include "clock.h"
#include "net/peers.h"
#include "str.h"

static const struct peer *find(struct peer *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].name, name))
			return &list[i];
	fail_msg("no peer %s", name);
	return NULL;
}

static void test_notes(void **state)
{
	struct peer list[PEERS_MAX];
	const struct peer *a, *b;
	size_t n;

	clock_fake(1000000);
	peers_watch("A", "https://a.example/api");
	peers_watch("A2", "https://a.example/api/v2");
	peers_watch("B", "http://127.0.0.1:99/x?y");
	peers_watch("not used", NULL);
	peers_watch("not used", "");
	peers_note("https://a.example/api/thing?secret=1", 200, 100, NULL);
	peers_note("https://a.example/api/thing", 404, 200, NULL); /* an answer, too */
	peers_note("https://a.example/api/v2/thing", 401, 5, NULL);
	peers_note("https://elsewhere.example/", 500, 5, NULL);
	clock_fake(2000000);
	peers_note("http://127.0.0.1:99/x?y", 503, 5, NULL);
	peers_note("http://127.0.0.1:99/x?y", 0, 5, "127.0.0.1:99: connection refused");
	n = peers_list(*state, list);
	assert_int_equal(n, 3);
	a = find(list, n, "A");
	assert_int_equal(a->requests, 2);
	assert_int_equal(a->failures, 0);
	assert_int_equal(a->last_good_ms, 1000000);
	assert_int_equal(a->typical_ms, 112); /* 100, then an eighth of the way to 200 */
	assert_string_equal(a->host, "a.example");
	assert_string_equal(find(list, n, "A2")->trouble, "HTTP 401: it refuses our token");
	b = find(list, n, "B");
	assert_int_equal(b->failing, 2);
	assert_int_equal(b->last_bad_ms, 2000000);
	assert_string_equal(b->host, "127.0.0.1:99");
	assert_string_equal(b->trouble, "127.0.0.1:99: connection refused");
	peers_note("http://127.0.0.1:99/x?y", 200, 7, NULL);
	n = peers_list(*state, list);
	assert_int_equal(find(list, n, "B")->failing, 0);
	assert_int_equal(find(list, n, "B")->failures, 2);
	clock_fake(0);
}

static void test_again(void **state)
{
	struct peer list[PEERS_MAX];
	size_t n;

	peers_watch("C", "https://c.example");
	peers_note("https://c.example/", 200, 1, NULL);
	peers_watch("C", "https://c.example"); /* each worker says so: nothing is lost */
	n = peers_list(*state, list);
	assert_int_equal(find(list, n, "C")->requests, 1);
	peers_watch("C", "https://other.example");
	n = peers_list(*state, list);
	assert_int_equal(find(list, n, "C")->requests, 0);
	for (int i = 0; i < 2 * PEERS_MAX; i++)
		peers_watch(arena_printf(*state, "P%d", i), "https://p.example");
	assert_int_equal(peers_list(*state, list), PEERS_MAX);
}

UNIT_MAIN(UNIT_ARENA(test_notes), UNIT_ARENA(test_again))
