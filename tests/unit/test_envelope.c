/* test_envelope.c - messages of Socket Mode: every kind, odd ones, acknowledgements, what is kept.
 */
#include "unit.h"

#include "chat/envelope.h"
#include "str.h"

static struct envelope parse(struct arena *a, const char *text)
{
	struct envelope env;

	envelope_parse(a, text, strlen(text), &env);
	return env;
}

static void test_control(void **state)
{
	struct arena *a = *state;
	struct envelope e;

	e = parse(a,
	        "{\"type\":\"hello\",\"num_connections\":2,\"debug_info\":{"
	        "\"approximate_connection_time\":18060},\"connection_info\":{\"app_id\":\"A\"}}");
	assert_int_equal(e.kind, ENVELOPE_HELLO);
	assert_int_equal(e.lifetime_ms, 18060000);
	assert_int_equal(e.connections, 2);
	e = parse(a, "{\"type\":\"hello\"}");
	assert_int_equal(e.kind, ENVELOPE_HELLO);
	assert_int_equal(e.lifetime_ms, 0);
	e = parse(a, "{\"type\":\"hello\",\"debug_info\":{\"approximate_connection_time\":-5}}");
	assert_int_equal(e.lifetime_ms, 0);
}

static void test_disconnect(void **state)
{
	static const struct {
		const char *text;
		enum envelope_reason reason;
	} cases[] = {
	        {"{\"type\":\"disconnect\",\"reason\":\"warning\"}", REASON_WARNING},
	        {"{\"type\":\"disconnect\",\"reason\":\"refresh_requested\"}", REASON_REFRESH},
	        {"{\"type\":\"disconnect\",\"reason\":\"link_disabled\"}", REASON_LINK_DISABLED},
	        {"{\"type\":\"disconnect\",\"reason\":\"too_many_websockets\"}", REASON_TOO_MANY},
	        {"{\"type\":\"disconnect\",\"reason\":\"moved\\u0007\"}", REASON_OTHER},
	        {"{\"type\":\"disconnect\",\"reason\":7}", REASON_OTHER},
	        {"{\"type\":\"disconnect\"}", REASON_OTHER},
	};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct envelope e = parse(a, cases[i].text);

		unit_case("%s", cases[i].text);
		assert_int_equal(e.kind, ENVELOPE_DISCONNECT);
		assert_int_equal(e.reason, cases[i].reason);
		assert_null(strchr(e.reason_text, '\a'));
	}
}

struct work_case {
	const char *name, *text;
	const char *keys[ENVELOPE_KEYS];
	bool event, answer;
	int retry;
};

static const struct work_case works[] = {
        {"event",
                "{\"envelope_id\":\"1-a\",\"type\":\"events_api\",\"retry_attempt\":2,"
                "\"payload\":{\"type\":\"event_callback\",\"event_id\":\"Ev1\",\"event\":{}}}",
                {"env:1-a", "event:Ev1"}, true, false, 2},
        {"event without a wrapper",
                "{\"envelope_id\":\"1-b\",\"type\":\"events_api\",\"payload\":{\"type\":\"x\"}}",
                {"env:1-b"}, true, false, 0},
        {"command",
                "{\"envelope_id\":\"2\",\"type\":\"slash_commands\","
                "\"accepts_response_payload\":true,\"payload\":{\"trigger_id\":\"1.2.x\"}}",
                {"env:2", "trigger:1.2.x"}, false, true, 0},
        {"button",
                "{\"envelope_id\":\"3\",\"type\":\"interactive\",\"payload\":{"
                "\"type\":\"block_actions\",\"user\":{\"id\":\"U1\"},"
                "\"container\":{\"message_ts\":\"17.1\"},\"actions\":[{\"block_id\":\"b\","
                "\"action_id\":\"fix\",\"action_ts\":\"18.2\"}],\"trigger_id\":\"t\"}}",
                {"env:3", "action:U1|17.1|b|fix|18.2"}, false, false, 0},
        {"button in a view",
                "{\"envelope_id\":\"4\",\"type\":\"interactive\",\"payload\":{"
                "\"type\":\"block_actions\",\"user\":{\"id\":\"U1\"},\"view\":{\"id\":\"V1\"},"
                "\"actions\":[{\"block_id\":\"b\",\"action_id\":\"x\",\"action_ts\":\"9\"}]}}",
                {"env:4", "action:U1|V1|b|x|9"}, false, false, 0},
        {"modal",
                "{\"envelope_id\":\"5\",\"type\":\"interactive\",\"payload\":{"
                "\"type\":\"view_submission\",\"view\":{\"id\":\"V1\",\"hash\":\"h\"}}}",
                {"env:5", "view:V1|h"}, false, false, 0},
        {"shortcut",
                "{\"envelope_id\":\"6\",\"type\":\"interactive\",\"payload\":{"
                "\"type\":\"message_action\",\"trigger_id\":\"t6\"}}",
                {"env:6", "trigger:t6"}, false, false, 0},
        {"payload is a string",
                "{\"envelope_id\":\"7\",\"type\":\"interactive\",\"payload\":\"x\"}", {"env:7"},
                false, false, 0},
        {"payload is an array", "{\"envelope_id\":\"8\",\"type\":\"events_api\",\"payload\":[1,2]}",
                {"env:8"}, true, false, 0},
        {"unknown type", "{\"envelope_id\":\"9\",\"type\":\"brand_new\",\"payload\":{}}", {"env:9"},
                false, false, 0},
};

static void test_work(void **state)
{
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(works); i++) {
		const struct work_case *k = &works[i];
		struct envelope e = parse(a, k->text);

		unit_case("%s", k->name);
		assert_int_equal(e.kind, ENVELOPE_WORK);
		assert_int_equal(e.is_event, k->event);
		assert_int_equal(e.accepts_payload, k->answer);
		assert_int_equal(e.retry_attempt, k->retry);
		for (size_t j = 0; j < ENVELOPE_KEYS; j++) {
			if (k->keys[j])
				assert_string_equal(e.keys[j], k->keys[j]);
			else
				assert_null(e.keys[j]);
		}
	}
}

static void test_unreadable(void **state)
{
	static const struct {
		const char *text, *id; /* NULL = noise */
	} cases[] = {
	        {"{\"envelope_id\":\"a-1\",\"type\":\"events_api\"}", "a-1"},
	        {"{\"envelope_id\":\"a-2\",\"payload\":7}", "a-2"},
	        {"{\"envelope_id\":\"a-3\",\"payload\":{", "a-3"},
	        {"garbage \"envelope_id\" : \"a-4\" garbage", "a-4"},
	        {"{\"envelope_id\":\"a 5\"", NULL},
	        {"{\"envelope_id\":\"\"", NULL},
	        {"{\"envelope_id\":\"", NULL},
	        {"{\"envelope_id\":", NULL},
	        {"{\"envelope_id\":7,\"payload\":{}}", NULL},
	        {"{}", NULL},
	        {"[]", NULL},
	        {"\"x\"", NULL},
	        {"", NULL},
	        {"{\"type\":\"ping\"}", NULL},
	};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct envelope e = parse(a, cases[i].text);

		unit_case("%s", cases[i].text);
		assert_int_equal(e.kind, cases[i].id ? ENVELOPE_UNREADABLE : ENVELOPE_NOISE);
		if (cases[i].id)
			assert_string_equal(e.id, cases[i].id);
	}
}

static void test_ack(void **state)
{
	struct arena *a = *state;
	json *payload = json_obj(a);
	char *big = arena_alloc(a, 17000);
	bool cut;

	assert_string_equal(envelope_ack(a, "x-1", NULL, &cut), "{\"envelope_id\":\"x-1\"}");
	json_set_str(payload, "text", "a \"b\"");
	assert_string_equal(envelope_ack(a, "x-1", payload, &cut),
	        "{\"envelope_id\":\"x-1\",\"payload\":{\"text\":\"a \\\"b\\\"\"}}");
	assert_false(cut);
	memset(big, 'y', 16999);
	json_set_str(payload, "text", big);
	assert_string_equal(envelope_ack(a, "x-1", payload, &cut), "{\"envelope_id\":\"x-1\"}");
	assert_true(cut);
	/* the largest that fits */
	big[ENVELOPE_ACK_MAX - strlen("{\"envelope_id\":\"x-1\",\"payload\":{\"text\":\"\"}}")] =
	        '\0';
	json_set_str(payload, "text", big);
	assert_int_equal(strlen(envelope_ack(a, "x-1", payload, &cut)), ENVELOPE_ACK_MAX);
	assert_false(cut);
}

static const char *mask(void *ctx, struct arena *a, const char *text)
{
	(void)ctx;
	return arena_printf(a, "<%zu>", strlen(text));
}

static void test_stored(void **state)
{
	struct arena *a = *state;
	struct envelope e = parse(a,
	        "{\"envelope_id\":\"1\",\"type\":\"interactive\",\"payload\":{\"token\":\"verify\","
	        "\"response_url\":\"https://x/1\",\"trigger_id\":\"1.2\",\"text\":\"secret\","
	        "\"user\":{\"id\":\"U1\",\"name\":\"ana\"},\"n\":[1,true,null,\"free\"],"
	        "\"actions\":[{\"action_id\":\"fix\",\"value\":\"12\"}],\"deep\":[[{\"ts\":\"1.5\"}]]}}");

	assert_string_equal(envelope_stored(a, &e, mask, NULL),
	        "{\"type\":\"interactive\",\"payload\":{"
	        "\"response_url\":\"https://x/1\",\"trigger_id\":\"1.2\",\"text\":\"<6>\","
	        "\"user\":{\"id\":\"U1\",\"name\":\"<3>\"},\"n\":[1,true,null,\"<4>\"],"
	        "\"actions\":[{\"action_id\":\"fix\",\"value\":\"<2>\"}],\"deep\":[[{\"ts\":\"1.5\"}]]}}");
	e = parse(a, "{\"envelope_id\":\"1\",\"type\":\"x\",\"payload\":\"text\"}");
	assert_string_equal(
	        envelope_stored(a, &e, mask, NULL), "{\"type\":\"x\",\"payload\":\"<4>\"}");
	assert_string_equal(
	        envelope_stored(a, &e, NULL, NULL), "{\"type\":\"x\",\"payload\":\"text\"}");
}

UNIT_MAIN(UNIT_ARENA(test_control), UNIT_ARENA(test_disconnect), UNIT_ARENA(test_work),
        UNIT_ARENA(test_unreadable), UNIT_ARENA(test_ack), UNIT_ARENA(test_stored))
