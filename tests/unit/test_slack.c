/*
 * test_slack.c - the Web API client against a scripted Slack on loopback.
 */
#include <pthread.h>

#include "clients/slack_looks.h"
#include "clients/slack_private.h"
#include "clock.h"
#include "log.h"
#include "net/http.h"
#include "slack.h"
#include "str.h"
#include "unit/loopback.h"
#include "unit/unit.h"

#define MAX_STEPS 16

struct step {
	const char *path; /* the request's, e.g. "/api/chat.postMessage" */
	int status;       /* 0: the connection is cut after the request was read */
	const char *headers, *body;
};

/* One test's world: the script, what came in, the client. */
struct peer {
	struct step steps[MAX_STEPS];
	size_t n, at;
	char *seen[MAX_STEPS]; /* whole requests */
	struct arena *a;
	struct loopback *lb;
	struct http *http;
	struct slack_shared *shared;
	struct slack *slack;
	pthread_mutex_t lock;
};

static void play(struct lb_conn *c, void *arg)
{
	struct peer *p = arg;
	for (const char *rq; (rq = lb_request(c)) != NULL;) {
		pthread_mutex_lock(&p->lock);
		size_t i = p->at < p->n ? p->at++ : MAX_STEPS;
		if (i < MAX_STEPS)
			p->seen[i] = strdup(rq);
		struct step s =
		        i < MAX_STEPS ? p->steps[i] : (struct step){"", 500, "", "script over"};
		pthread_mutex_unlock(&p->lock);
		if (s.status == 0) {
			lb_reset(c);
			return;
		}
		lb_answer(c, s.status, s.headers ? s.headers : "", s.body);
	}
}

static int setup(void **state)
{
	struct peer *p = calloc(1, sizeof *p);
	http_set_gate(http_gate_none, NULL);
	pthread_mutex_init(&p->lock, NULL);
	p->a = arena_new(0);
	p->lb = lb_start(play, p, NULL, NULL);
	p->http = http_new();
	p->shared = slack_shared_new();
	p->slack = slack_new(p->http, lb_url(p->lb, "http", "/api"), "xoxb-secret", p->shared);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct peer *p = *state;
	slack_free(p->slack);
	slack_shared_free(p->shared);
	http_free(p->http);
	lb_stop(p->lb);
	arena_free(p->a);
	for (size_t i = 0; i < MAX_STEPS; i++)
		free(p->seen[i]);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return 0;
}

#define PEER(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static const char *seen(struct peer *p, size_t i)
{
	pthread_mutex_lock(&p->lock);
	const char *rq = p->seen[i];
	pthread_mutex_unlock(&p->lock);
	assert_non_null(rq);
	return rq;
}

static void expect(
        struct peer *p, const char *path, int status, const char *headers, const char *body)
{
	assert_true(p->n < MAX_STEPS);
	pthread_mutex_lock(&p->lock);
	p->steps[p->n++] = (struct step){path, status, headers, body};
	pthread_mutex_unlock(&p->lock);
}

static void expect_ok(struct peer *p, const char *method, const char *body)
{
	expect(p, arena_printf(p->a, "/api/%s", method), 200, NULL, body);
}

/* Every request of the script came, each to its path. */
static void assert_played(struct peer *p)
{
	pthread_mutex_lock(&p->lock);
	size_t at = p->at;
	pthread_mutex_unlock(&p->lock);
	assert_int_equal(at, p->n);
	for (size_t i = 0; i < p->n; i++) {
		char *want = arena_printf(p->a, "POST %s HTTP/1.1\r\n", p->steps[i].path);
		if (!str_starts(seen(p, i), want))
			fail_msg("request %zu is %.80s, wanted %s", i, seen(p, i), want);
	}
}

static const json *sent(struct peer *p, size_t i)
{
	const char *body = lb_body(seen(p, i));
	const json *j = json_parse(p->a, body, strlen(body), NULL);
	assert_non_null(j);
	return j;
}

static const struct slack_message reply = {
        .channel = "C1", .thread_ts = "1700000000.000100", .text = "hello", .key = "run-7.post"};

#define POSTED                                                                                     \
	"{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1700000001.000200\",\"message\":{"               \
	"\"thread_ts\":\"1700000000.000100\"}}"

/* --- posting --- */

static void test_post(void **state)
{
	struct peer *p = *state;
	struct slack_posted out;
	struct err e = {0};
	expect_ok(p, "chat.postMessage", POSTED);
	assert_true(slack_post(p->slack, p->a, &reply, &out, &e));
	assert_played(p);
	assert_string_equal(out.ts, "1700000001.000200");
	assert_false(out.found || out.plain);
	assert_non_null(strstr(seen(p, 0), "Authorization: Bearer xoxb-secret\r\n"));
	assert_non_null(strstr(seen(p, 0), "application/json"));
	const json *j = sent(p, 0);
	assert_string_equal(json_str(j, ".metadata.event_payload.key", ""), "run-7.post");
	assert_string_equal(json_str(j, ".thread_ts", ""), "1700000000.000100");
	assert_false(json_bool(j, ".unfurl_links", true) || json_bool(j, ".unfurl_media", true));
	assert_false(json_has(j, ".reply_broadcast") || json_has(j, ".blocks"));
}

static void test_deleted_parent(void **state)
{
	struct peer *p = *state;
	struct slack_posted out;
	struct err e = {0};
	expect_ok(p, "chat.postMessage",
	        "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1700000009.000900\",\"message\":{}}");
	expect_ok(p, "chat.delete", "{\"ok\":true}");
	assert_false(slack_post(p->slack, p->a, &reply, &out, &e));
	assert_played(p);
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_false(e.retryable);
	assert_string_equal(json_str(sent(p, 1), ".ts", ""), "1700000009.000900");
}

static void test_blocks_refused_text_is_posted(void **state)
{
	struct peer *p = *state;
	struct slack_posted out;
	struct err e = {0};
	struct slack_message m = reply;
	json *blocks = json_arr(p->a);
	json_set_str(json_add_obj(blocks), "type", "divider");
	m.blocks = blocks;
	expect_ok(p, "chat.postMessage",
	        "{\"ok\":false,\"error\":\"invalid_blocks\",\"response_metadata\":{\"messages\":["
	        "\"[ERROR] unsupported [json-pointer:/blocks/0]\"]}}");
	expect_ok(p, "chat.postMessage", POSTED);
	assert_true(slack_post(p->slack, p->a, &m, &out, &e));
	assert_played(p);
	assert_true(out.plain);
	assert_true(json_has(sent(p, 0), ".blocks"));
	assert_false(json_has(sent(p, 1), ".blocks"));
	assert_string_equal(json_str(sent(p, 1), ".text", ""), "hello");
}

/* --- lost answers --- */

static void lost(struct peer *p, int status, const char *body, bool ambiguous)
{
	struct slack_posted out;
	struct err e = {0};
	expect(p, "/api/chat.postMessage", status, NULL, body);
	assert_false(slack_post(p->slack, p->a, &reply, &out, &e));
	assert_true(e.retryable);
	assert_int_equal(e.ambiguous, ambiguous);
	if (ambiguous)
		assert_true(e.retry_ms >= 2000 && e.retry_ms <= 10000);
}

static void test_lost_answers_are_ambiguous(void **state)
{
	struct peer *p = *state;
	lost(p, 0, NULL, true);
	lost(p, 503, "<html><h1>503 Service Unavailable</h1></html>", true);
	lost(p, 200, "{\"ok\":false,\"error\":\"internal_error\"}", true);
	assert_played(p);
	struct err e = {0};
	const json *out;
	expect(p, "/api/reactions.get", 503, NULL, "<html>");
	assert_false(slack_reactions(p->slack, p->a, "C1", "1.2", &out, &e));
	assert_true(e.retryable && !e.ambiguous); /* a read is never ambiguous */
}

static void test_find_adopts_what_was_posted(void **state)
{
	struct peer *p = *state;
	struct slack_posted out;
	struct err e = {0};
	expect_ok(p, "conversations.replies",
	        "{\"ok\":true,\"messages\":[{\"ts\":\"1.1\"},{\"ts\":\"1.2\",\"metadata\":{"
	        "\"event_type\":\"other\",\"event_payload\":{\"key\":\"run-7.post\"}}}],"
	        "\"response_metadata\":{\"next_cursor\":\"bmV4dA==\"}}");
	expect_ok(p, "conversations.replies",
	        "{\"ok\":true,\"messages\":[{\"ts\":\"1.3\",\"metadata\":{\"event_type\":"
	        "\"heal_message\",\"event_payload\":{\"key\":\"run-7.post\"}}}],"
	        "\"response_metadata\":{\"next_cursor\":\"\"}}");
	assert_true(slack_post_once(p->slack, p->a, &reply, true, 1700000000000, &out, &e));
	assert_played(p);
	assert_true(out.found);
	assert_string_equal(out.ts, "1.3");
	const char *form = lb_body(seen(p, 0));
	assert_non_null(strstr(form, "ts=1700000000.000100"));
	assert_non_null(strstr(form, "include_all_metadata=true"));
	assert_non_null(strstr(form, "oldest=1699999940.000000"));
	assert_non_null(strstr(lb_body(seen(p, 1)), "cursor=bmV4dA%3D%3D"));
}

static void test_post_once_looks_twice(void **state)
{
	struct peer *p = *state;
	struct slack_posted out;
	struct err e = {0};
	struct slack_message root = {.channel = "C1", .text = "x", .key = "k1"};
	expect_ok(p, "conversations.history", "{\"ok\":true,\"messages\":[]}");
	assert_false(slack_post_once(p->slack, p->a, &root, true, 0, &out, &e));
	assert_played(p);
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_true(e.retryable && e.ambiguous && e.retry_ms >= 1500);
	assert_null(strstr(lb_body(seen(p, 0)), "oldest="));

	/* Not maybe_done: no look at all. */
	expect_ok(p, "chat.postMessage", "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"2.1\"}");
	assert_true(slack_post_once(p->slack, p->a, &root, false, 0, &out, &e));
	assert_string_equal(out.ts, "2.1");

	/* A look that fails leaves everything open. */
	expect(p, "/api/conversations.history", 503, NULL, "<html>");
	assert_false(slack_post_once(p->slack, p->a, &root, true, 0, &out, &e));
	assert_true(e.retryable && e.ambiguous);
	assert_played(p);
}

static void test_looks(void **state)
{
	(void)state;
	struct slack_looks *l = slack_looks_new();
	assert_false(slack_looks_enough(l, "a", 1000, 1500));
	assert_false(slack_looks_enough(l, "a", 2000, 1500)); /* too soon */
	assert_false(slack_looks_enough(l, "b", 2500, 1500));
	assert_true(slack_looks_enough(l, "a", 2500, 1500));
	assert_false(slack_looks_enough(l, "a", 9000, 1500)); /* was forgotten: begins anew */
	for (int i = 0; i < 200; i++) {
		char key[8];
		snprintf(key, sizeof key, "k%d", i);
		assert_false(slack_looks_enough(l, key, 3000, 1500));
	}
	assert_false(
	        slack_looks_enough(l, "b", 9000, 1500)); /* overwritten: a look more, no harm */
	slack_looks_free(l);
}

/* --- every refusal --- */

static const struct {
	const char *word;
	enum err_code code;
	bool retryable, ambiguous;
	const char *remedy; /* a part of the sentence */
} refusals[] = {
        {"rate_limited", ERR_LIMITED, true, false, "slow down"},
        {"ratelimited", ERR_LIMITED, true, false, "slow down"},
        {"message_limit_exceeded", ERR_LIMITED, true, false, "by itself"},
        {"internal_error", ERR_STATUS, true, true, "internal"},
        {"fatal_error", ERR_STATUS, true, true, "fatal"},
        {"service_unavailable", ERR_STATUS, true, true, "unavailable"},
        {"request_timeout", ERR_TIMEOUT, true, true, "in time"},
        {"team_added_to_org", ERR_STATUS, true, false, "organization"},
        {"org_login_required", ERR_STATUS, true, false, "organization"},
        {"external_channel_migrating", ERR_STATUS, true, false, "by itself"},
        {"invalid_auth", ERR_AUTH, false, false, "SLACK_BOT_TOKEN"},
        {"not_authed", ERR_AUTH, false, false, "SLACK_BOT_TOKEN"},
        {"token_revoked", ERR_AUTH, false, false, "SLACK_BOT_TOKEN"},
        {"token_expired", ERR_AUTH, false, false, "rotation"},
        {"account_inactive", ERR_AUTH, false, false, "reinstall"},
        {"not_allowed_token_type", ERR_AUTH, false, false, "xoxb-"},
        {"app_access_restricted", ERR_AUTH, false, false, "approve"},
        {"two_factor_setup_required", ERR_AUTH, false, false, "admins"},
        {"accesslimited", ERR_AUTH, false, false, "admins"},
        {"access_denied", ERR_AUTH, false, false, "approve"},
        {"forbidden_team", ERR_AUTH, false, false, "approve"},
        {"insecure_request", ERR_CONFIG, false, false, "https"},
        {"no_permission", ERR_FORBIDDEN, false, false, "/invite"},
        {"restricted_action_thread_locked", ERR_CONFLICT, false, false, "new one"},
        {"restricted_action_non_threadable_channel", ERR_CONFIG, false, false, "[slack] channel"},
        {"restricted_action_thread_only_channel", ERR_CONFIG, false, false, "[slack] channel"},
        {"restricted_action_read_only_channel", ERR_CONFIG, false, false, "[slack] channel"},
        {"restricted_action", ERR_FORBIDDEN, false, false, "admins"},
        {"restricted_action_of_tomorrow", ERR_FORBIDDEN, false, false, "admins"},
        {"ekm_access_denied", ERR_FORBIDDEN, false, false, "admins"},
        {"posting_to_channel_denied", ERR_FORBIDDEN, false, false, "admins"},
        {"posting_to_general_channel_denied", ERR_FORBIDDEN, false, false, "[slack] channel"},
        {"messages_tab_disabled", ERR_CONFIG, false, false, "App Home"},
        {"not_enabled", ERR_CONFIG, false, false, "App Home"},
        {"plan_upgrade_required", ERR_CONFIG, false, false, "[who]"},
        {"file_uploads_disabled", ERR_FORBIDDEN, false, false, "charts"},
        {"file_type_not_allowed", ERR_FORBIDDEN, false, false, "charts"},
        {"storage_limit_reached", ERR_QUOTA, false, false, "upgrade"},
        {"file_upload_size_restricted", ERR_INPUT, false, false, "too large"},
        {"channel_not_found", ERR_CONFIG, false, false, "/invite"},
        {"invalid_channel_id", ERR_CONFIG, false, false, "[slack] channel"},
        {"not_in_channel", ERR_CONFIG, false, false, "/invite"},
        {"user_not_in_channel", ERR_NOT_FOUND, false, false, "not in the channel"},
        {"is_archived", ERR_CONFIG, false, false, "unarchive"},
        {"is_inactive", ERR_CONFIG, false, false, "[slack] channel"},
        {"method_not_supported_for_channel_type", ERR_CONFIG, false, false, "[slack] channel"},
        {"cannot_join_channel", ERR_CONFIG, false, false, "/invite"},
        {"cannot_reply_to_message", ERR_CONFLICT, false, false, "gone"},
        {"thread_not_found", ERR_CONFLICT, false, false, "gone"},
        {"invalid_thread_ts", ERR_CONFLICT, false, false, "gone"},
        {"message_not_found", ERR_NOT_FOUND, false, false, "gone"},
        {"cant_update_message", ERR_NOT_FOUND, false, false, "not the bot's"},
        {"cant_delete_message", ERR_NOT_FOUND, false, false, "not the bot's"},
        {"edit_window_closed", ERR_NOT_FOUND, false, false, "too old"},
        {"block_mismatch", ERR_NOT_FOUND, false, false, "rich text"},
        {"msg_too_long", ERR_INPUT, false, false, "too long"},
        {"msg_blocks_too_long", ERR_INPUT, false, false, "too long"},
        {"attachment_payload_limit_exceeded", ERR_INPUT, false, false, "too long"},
        {"invalid_blocks", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_blocks_format", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_attachments", ERR_INPUT, false, false, "bug of Heal"},
        {"slack_file_not_found", ERR_INPUT, false, false, "picture"},
        {"metadata_too_large", ERR_INPUT, false, false, "key"},
        {"invalid_metadata_format", ERR_INPUT, false, false, "key"},
        {"invalid_metadata_schema", ERR_INPUT, false, false, "key"},
        {"metadata_must_be_sent_from_app", ERR_CONFIG, false, false, "xoxb-"},
        {"no_text", ERR_INPUT, false, false, "empty"},
        {"markdown_text_conflict", ERR_INPUT, false, false, "bug of Heal"},
        {"too_many_emoji", ERR_LIMITED, false, false, "reactions"},
        {"too_many_reactions", ERR_LIMITED, false, false, "reactions"},
        {"thread_locked", ERR_FORBIDDEN, false, false, "locked"},
        {"invalid_name", ERR_INPUT, false, false, "emoji"},
        {"bad_timestamp", ERR_NOT_FOUND, false, false, "no such message"},
        {"no_item_specified", ERR_INPUT, false, false, "bug of Heal"},
        {"expired_trigger_id", ERR_INPUT, false, false, "press again"},
        {"trigger_expired", ERR_INPUT, false, false, "press again"},
        {"exchanged_trigger_id", ERR_INPUT, false, false, "already"},
        {"invalid_trigger_id", ERR_INPUT, false, false, "press again"},
        {"hash_conflict", ERR_CONFLICT, false, false, "changed"},
        {"view_too_large", ERR_INPUT, false, false, "too large"},
        {"duplicate_external_id", ERR_INPUT, false, false, "bug of Heal"},
        {"push_limit_reached", ERR_INPUT, false, false, "close one"},
        {"view_not_found", ERR_NOT_FOUND, false, false, "closed"},
        {"not_found", ERR_NOT_FOUND, false, false, "gone"},
        {"user_not_found", ERR_NOT_FOUND, false, false, "person"},
        {"users_not_found", ERR_NOT_FOUND, false, false, "person"},
        {"user_not_visible", ERR_NOT_FOUND, false, false, "person"},
        {"user_disabled", ERR_NOT_FOUND, false, false, "switched off"},
        {"cannot_dm_bot", ERR_INPUT, false, false, "bots"},
        {"no_such_subteam", ERR_NOT_FOUND, false, false, "[who]"},
        {"subteam_not_found", ERR_NOT_FOUND, false, false, "[who]"},
        {"file_not_found", ERR_NOT_FOUND, false, false, "file"},
        {"no_user", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_arguments", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_arg_name", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_array_arg", ERR_INPUT, false, false, "bug of Heal"},
        {"missing_args", ERR_INPUT, false, false, "bug of Heal"},
        {"missing_argument", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_json", ERR_INPUT, false, false, "bug of Heal"},
        {"json_not_object", ERR_INPUT, false, false, "bug of Heal"},
        {"missing_post_type", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_post_type", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_form_data", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_charset", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_cursor", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_limit", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_ts_oldest", ERR_INPUT, false, false, "bug of Heal"},
        {"invalid_ts_latest", ERR_INPUT, false, false, "bug of Heal"},
        {"unknown_method", ERR_CONFIG, false, false, "api_url"},
        {"deprecated_endpoint", ERR_PROTO, false, false, "update Heal"},
        {"method_deprecated", ERR_PROTO, false, false, "update Heal"},
        {"a_word_of_the_year_2031", ERR_STATUS, false, false, "a_word_of_the_year_2031"},
        {"", ERR_STATUS, false, false, "nothing"},
};

static void test_every_refusal(void **state)
{
	struct arena *a = *state;
	for (size_t i = 0; i < UNIT_LEN(refusals); i++) {
		struct err e = {0};
		json *j = json_obj(a);
		json_set_bool(j, "ok", false);
		json_set_str(j, "error", refusals[i].word);
		unit_case("%s", refusals[i].word);
		assert_false(slack_refused("chat.postMessage", j, &e));
		assert_int_equal(e.code, refusals[i].code);
		assert_int_equal(e.retryable, refusals[i].retryable);
		assert_int_equal(e.ambiguous, refusals[i].ambiguous);
		assert_non_null(strstr(e.msg, refusals[i].remedy));
		assert_non_null(strstr(e.msg, "chat.postMessage"));
	}
}

static void test_missing_scope_names_it(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	expect_ok(p, "reactions.add",
	        "{\"ok\":false,\"error\":\"missing_scope\",\"needed\":\"reactions:write\","
	        "\"provided\":\"chat:write,commands\"}");
	assert_false(slack_react(p->slack, p->a, "C1", "1.2", "eyes", &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_non_null(strstr(e.msg, "needs the scope reactions:write"));
	assert_non_null(strstr(e.msg, "chat:write,commands"));
}

static void test_refusals_without_harm(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	expect_ok(p, "reactions.add", "{\"ok\":false,\"error\":\"already_reacted\"}");
	expect_ok(p, "reactions.remove", "{\"ok\":false,\"error\":\"no_reaction\"}");
	expect_ok(p, "chat.delete", "{\"ok\":false,\"error\":\"message_not_found\"}");
	assert_true(slack_react(p->slack, p->a, "C1", "1.2", "eyes", &e));
	assert_true(slack_unreact(p->slack, p->a, "C1", "1.2", "eyes", &e));
	assert_true(slack_delete(p->slack, p->a, "C1", "1.2", &e));
	assert_int_equal(e.code, ERR_NONE);
	assert_played(p);
}

static void test_update(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	json *blocks = json_arr(p->a);
	json_set_str(json_add_obj(blocks), "type", "divider");
	expect_ok(p, "chat.update", "{\"ok\":false,\"error\":\"msg_blocks_too_long\"}");
	expect_ok(p, "chat.update", "{\"ok\":true}");
	assert_true(slack_update(p->slack, p->a, "C1", "1.2", "x", blocks, &e));
	assert_int_equal(json_len(json_get(sent(p, 0), ".blocks")), 1);
	assert_int_equal(json_len(json_get(sent(p, 1), ".blocks")), 0);
	assert_true(json_has(sent(p, 1), ".blocks")); /* empty: old blocks go */

	/* What cannot be edited is taken away, so that the caller posts anew. */
	expect_ok(p, "chat.update", "{\"ok\":false,\"error\":\"block_mismatch\"}");
	expect_ok(p, "chat.delete", "{\"ok\":true}");
	assert_false(slack_update(p->slack, p->a, "C1", "1.2", "x", blocks, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_played(p);
}

/* --- limits --- */

static void test_429_holds_the_method(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	struct slack_user u;
	expect(p, "/api/chat.update", 429, "Retry-After: 30\r\n",
	        "{\"ok\":false,\"error\":\"ratelimited\"}");
	assert_false(slack_update(p->slack, p->a, "C1", "1.2", "x", NULL, &e));
	assert_int_equal(e.code, ERR_LIMITED);
	assert_int_equal(e.retry_ms, 30000);
	assert_true(e.retryable && !e.ambiguous);
	/* The next call does not even go out; another method does. */
	assert_false(slack_update(p->slack, p->a, "C1", "1.2", "x", NULL, &e));
	assert_int_equal(e.code, ERR_LIMITED);
	assert_true(e.retry_ms > 25000 && e.retry_ms <= 30000);
	expect_ok(p, "users.info", "{\"ok\":true,\"user\":{\"id\":\"U1\",\"name\":\"ana\"}}");
	assert_true(slack_user(p->slack, p->a, "U1", &u, &e));
	assert_played(p);
}

static void test_429_without_a_time(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	expect(p, "/api/chat.update", 429, NULL, "slow down");
	assert_false(slack_update(p->slack, p->a, "C1", "1.2", "x", NULL, &e));
	assert_int_equal(e.code, ERR_LIMITED);
	assert_int_equal(e.retry_ms, 30000);
}

static void test_pacing_refuses_instead_of_blocking(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	int64_t begin = clock_mono_ms();
	int ok = 0;
	for (int i = 0; i < 8; i++)
		expect_ok(p, "reactions.remove", "{\"ok\":true}");
	for (int i = 0; i < 12; i++)
		ok += slack_unreact(p->slack, p->a, "C1", "1.2", "eyes", &e);
	assert_int_equal(ok, 8); /* the burst of tier 2; the next turn is 5 s away */
	assert_int_equal(e.code, ERR_LIMITED);
	assert_true(e.retryable && e.retry_ms > SLACK_MAX_WAIT_MS - 100);
	assert_true(clock_mono_ms() - begin < 3000);
	assert_played(p);
}

/* --- the other methods --- */

static void test_auth_and_scopes(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	struct slack_auth auth;
	expect(p, "/api/auth.test", 200, "X-OAuth-Scopes: chat:write,reactions:read\r\n",
	        "{\"ok\":true,\"team_id\":\"T1\",\"team\":\"Acme\",\"user_id\":\"U9\",\"bot_id\":"
	        "\"B9\",\"url\":\"https://acme.slack.com/\"}");
	assert_true(slack_auth_test(p->slack, p->a, &auth, &e));
	assert_string_equal(auth.user_id, "U9");
	assert_true(slack_has_scope(&auth, "reactions:read"));
	assert_false(slack_has_scope(&auth, "reactions"));
	assert_false(slack_has_scope(&auth, "files:write"));
	expect_ok(p, "auth.test", "{\"ok\":true,\"team_id\":\"T1\",\"user_id\":\"U1\"}");
	assert_false(slack_auth_test(p->slack, p->a, &auth, &e));
	assert_int_equal(e.code, ERR_CONFIG); /* a person's token */

	/* People of another workspace are guests. */
	struct slack_user u;
	expect_ok(p, "users.info",
	        "{\"ok\":true,\"user\":{\"id\":\"U2\",\"team_id\":\"T2\",\"name\":\"x\",\"profile\":"
	        "{\"display_name\":\"\",\"real_name\":\"Ana \\u202eB\"},\"tz\":\"Europe/Vienna\","
	        "\"tz_offset\":3600}}");
	assert_true(slack_user(p->slack, p->a, "U2", &u, &e));
	assert_string_equal(u.name, "Ana B");
	assert_true(u.guest && !u.is_bot);
	assert_int_equal(u.tz_offset_s, 3600);
	assert_non_null(strstr(seen(p, 2), "user=U2"));
	assert_played(p);
}

static void test_upload(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	const char *id;
	const struct slack_file f = {.channel = "C1",
	        .thread_ts = "1.1",
	        .name = "inc-42.png",
	        .alt = "5xx of api",
	        .bytes = "\x89PNG\0x",
	        .len = 6};
	expect_ok(p, "files.getUploadURLExternal",
	        arena_printf(p->a, "{\"ok\":true,\"upload_url\":\"%s\",\"file_id\":\"F1\"}",
	                lb_url(p->lb, "http", "/upload/v1/secret")));
	expect(p, "/upload/v1/secret", 200, NULL, "OK - 6");
	expect_ok(p, "files.completeUploadExternal", "{\"ok\":true,\"files\":[{\"id\":\"F1\"}]}");
	assert_true(slack_upload(p->slack, p->a, &f, &id, &e));
	assert_played(p);
	assert_string_equal(id, "F1");
	assert_non_null(strstr(lb_body(seen(p, 0)), "length=6"));
	assert_null(strstr(seen(p, 1), "xoxb-secret")); /* the address alone lets in */
	assert_string_equal(json_str(sent(p, 2), ".files[0].id", ""), "F1");
	assert_string_equal(json_str(sent(p, 2), ".thread_ts", ""), "1.1");

	expect_ok(p, "files.getUploadURLExternal",
	        arena_printf(p->a, "{\"ok\":true,\"upload_url\":\"%s\",\"file_id\":\"F1\"}",
	                lb_url(p->lb, "http", "/upload/v1/secret")));
	expect(p, "/upload/v1/secret", 500, NULL, "oops");
	assert_false(slack_upload(p->slack, p->a, &f, &id, &e));
	assert_true(e.retryable && !e.ambiguous);
	assert_null(strstr(e.msg, "secret"));
	assert_played(p);
}

static void test_respond(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	const char *url = lb_url(p->lb, "http", "/commands/T1/1/hookSecret");
	const struct slack_answer m = {.text = "done"};
	expect(p, "/commands/T1/1/hookSecret", 200, NULL, "ok");
	assert_true(slack_respond(p->slack, p->a, url, &m, &e));
	assert_null(strstr(seen(p, 0), "Authorization"));
	assert_string_equal(json_str(sent(p, 0), ".response_type", ""), "ephemeral");
	static const struct {
		int status;
		const char *body;
		enum err_code code;
		bool retryable;
	} cases[] = {
	        {404, "expired_url", ERR_INPUT, false},
	        {404, "used_url", ERR_INPUT, false},
	        {200, "{\"ok\":false,\"error\":\"invalid_blocks\"}", ERR_INPUT, false},
	        {503, "<html>", ERR_STATUS, true},
	};
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		unit_case("%d %s", cases[i].status, cases[i].body);
		expect(p, "/commands/T1/1/hookSecret", cases[i].status, NULL, cases[i].body);
		assert_false(slack_respond(p->slack, p->a, url, &m, &e));
		assert_int_equal(e.code, cases[i].code);
		assert_int_equal(e.retryable, cases[i].retryable);
		assert_null(strstr(e.msg, "hookSecret"));
	}
	expect(p, "/commands/T1/1/hookSecret", 0, NULL, NULL);
	assert_false(slack_respond(p->slack, p->a, url, &m, &e));
	assert_null(strstr(e.msg, "hookSecret"));
	assert_played(p);
}

static void test_views(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	struct slack_view v;
	json *view = json_obj(p->a);
	json_set_str(view, "type", "home");
	expect_ok(p, "views.open", "{\"ok\":false,\"error\":\"expired_trigger_id\"}");
	assert_false(slack_view_open(p->slack, p->a, "1.2.x", view, NULL, &e));
	assert_int_equal(e.code, ERR_INPUT);
	expect(p, "/api/views.open", 0, NULL, NULL);
	assert_false(slack_view_open(p->slack, p->a, "1.2.x", view, NULL, &e));
	assert_false(e.retryable || e.ambiguous);
	expect_ok(p, "views.publish", "{\"ok\":true,\"view\":{\"id\":\"V1\",\"hash\":\"h1\"}}");
	assert_true(slack_view_publish(p->slack, p->a, "U1", NULL, view, &v, &e));
	assert_string_equal(v.hash, "h1");
	expect_ok(p, "views.update", "{\"ok\":false,\"error\":\"hash_conflict\"}");
	assert_false(slack_view_update(p->slack, p->a, "V1", "h0", view, &v, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_played(p);
}

static void test_places_and_groups(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	struct slack_channel c;
	const char **users, *dm, *url;
	expect_ok(p, "conversations.info",
	        "{\"ok\":true,\"channel\":{\"id\":\"C1\",\"name\":\"ops\",\"is_member\":true,"
	        "\"is_ext_shared\":true}}");
	assert_true(slack_channel(p->slack, p->a, "C1", &c, &e));
	assert_true(c.is_member && c.is_shared && !c.is_archived);
	expect_ok(p, "usergroups.users.list", "{\"ok\":true,\"users\":[\"U1\",\"U2\"]}");
	assert_true(slack_usergroup(p->slack, p->a, "S1", &users, &e));
	assert_string_equal(users[1], "U2");
	assert_null(users[2]);
	expect_ok(p, "conversations.open", "{\"ok\":true,\"channel\":{\"id\":\"D1\"}}");
	assert_true(slack_open_dm(p->slack, p->a, "U1", &dm, &e));
	assert_string_equal(dm, "D1");
	expect_ok(p, "conversations.join", "{\"ok\":true}");
	assert_true(slack_join(p->slack, p->a, "C1", &e));
	expect_ok(p, "chat.getPermalink", "{\"ok\":true,\"permalink\":\"https://a.slack.com/x\"}");
	assert_true(slack_permalink(p->slack, p->a, "C1", "1.2", &url, &e));
	assert_string_equal(url, "https://a.slack.com/x");
	expect_ok(p, "chat.postEphemeral", "{\"ok\":false,\"error\":\"user_not_in_channel\"}");
	assert_false(slack_ephemeral(p->slack, p->a, "U1", &reply, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_played(p);
}

static void test_connections_open(void **state)
{
	struct peer *p = *state;
	struct err e = {0};
	const char *url, *api = lb_url(p->lb, "http", "/api/");
	expect_ok(p, "apps.connections.open", "{\"ok\":true,\"url\":\"wss://w/link/?ticket=1\"}");
	assert_true(slack_connections_open(p->http, api, "xapp-1", p->a, &url, &e));
	assert_string_equal(url, "wss://w/link/?ticket=1");
	assert_non_null(strstr(seen(p, 0), "Bearer xapp-1"));
	expect_ok(p, "apps.connections.open", "{\"ok\":true,\"url\":\"https://w\"}");
	assert_false(slack_connections_open(p->http, api, "xapp-1", p->a, &url, &e));
	assert_int_equal(e.code, ERR_PROTO);
	expect_ok(
	        p, "apps.connections.open", "{\"ok\":false,\"error\":\"not_allowed_token_type\"}");
	assert_false(slack_connections_open(p->http, api, "xoxb-1", p->a, &url, &e));
	assert_int_equal(e.code, ERR_AUTH);
}

static void test_odd_answers(void **state)
{
	struct peer *p = *state;
	static const char *const bodies[] = {"", "[]", "null", "ok", "{}", "{\"ok\":", "<html>"};
	for (size_t i = 0; i < UNIT_LEN(bodies); i++) {
		struct err e = {0};
		const char *url;
		unit_case("%s", bodies[i]);
		expect_ok(p, "chat.getPermalink", bodies[i]);
		assert_false(slack_permalink(p->slack, p->a, "C1", "1.2", &url, &e));
		assert_int_equal(e.code, ERR_PROTO);
		assert_true(e.retryable && !e.ambiguous);
	}
}

static void test_timestamps(void **state)
{
	struct arena *a = *state;
	assert_string_equal(slack_ts(a, 1700000000123), "1700000000.123000");
	assert_int_equal(slack_ts_ms("1700000000.123456"), 1700000000123);
	assert_int_equal(slack_ts_ms("1700000000"), 1700000000000);
	assert_int_equal(slack_ts_ms("x"), 0);
	assert_int_equal(slack_ts_ms(NULL), 0);
	assert_int_equal(slack_ts_ms("99999999999999999999"), 0);
}

UNIT_MAIN(PEER(test_post), PEER(test_deleted_parent), PEER(test_blocks_refused_text_is_posted),
        PEER(test_lost_answers_are_ambiguous), PEER(test_find_adopts_what_was_posted),
        PEER(test_post_once_looks_twice), cmocka_unit_test(test_looks),
        UNIT_ARENA(test_every_refusal), PEER(test_missing_scope_names_it),
        PEER(test_refusals_without_harm), PEER(test_update), PEER(test_429_holds_the_method),
        PEER(test_429_without_a_time), PEER(test_pacing_refuses_instead_of_blocking),
        PEER(test_auth_and_scopes), PEER(test_upload), PEER(test_respond), PEER(test_views),
        PEER(test_places_and_groups), PEER(test_connections_open), PEER(test_odd_answers),
        UNIT_ARENA(test_timestamps))
