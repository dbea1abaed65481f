/* test_statuspage.c - every kind of page into one shape; what cannot be read is never fine. */
#include "clock.h"
#include "net/http.h"
#include "sandbox_run.h"
#include "statuspage.h"
#include "str.h"
#include "unit.h"

struct row {
	const char *name;
	enum status_kind kind;
	const char *body;
	enum status_level level; /* UNKNOWN = refused */
	const char *title, *component;
};

static const struct row rows[] = {
        {"statuspage, fine", STATUS_KIND_STATUSPAGE,
                "{\"page\":{\"id\":\"x\"},\"status\":{\"indicator\":\"none\"},\"incidents\":[]}",
                STATUS_OK, "", NULL},
        {"statuspage, incident under indicator none", STATUS_KIND_AUTO,
                "{\"page\":{},\"status\":{\"indicator\":\"none\"},\"incidents\":[{\"name\":\"old\","
                "\"status\":\"resolved\",\"impact\":\"critical\"},{\"name\":\"small\",\"status\":"
                "\"monitoring\",\"impact\":\"minor\"},{\"name\":\"Errors in\\nAPI\",\"status\":"
                "\"investigating\",\"impact\":\"major\",\"started_at\":\"2026-11-24T10:00:00Z\"}],"
                "\"components\":[{\"name\":\"Group\",\"group\":true,\"status\":\"major_outage\"},"
                "{\"name\":\"API\",\"status\":\"degraded_performance\"}]}",
                STATUS_MAJOR, "Errors in API", "API"},
        {"statuspage, impact none is still something", STATUS_KIND_AUTO,
                "{\"page\":{},\"status\":{\"indicator\":\"none\"},\"incidents\":[{\"name\":\"n\","
                "\"status\":\"identified\",\"impact\":\"none\"}]}",
                STATUS_INFO, "n", NULL},
        {"statuspage, maintenance under way", STATUS_KIND_AUTO,
                "{\"page\":{},\"status\":{\"indicator\":\"none\"},\"incidents\":[],"
                "\"scheduled_maintenances\":[{\"name\":\"later\",\"status\":\"scheduled\"},"
                "{\"name\":\"now\",\"status\":\"in_progress\"}]}",
                STATUS_MAINTENANCE, "now", NULL},
        {"incident.io, null lists", STATUS_KIND_AUTO,
                "{\"page\":{},\"status\":{\"indicator\":\"none\"},\"incidents\":null}", STATUS_OK,
                "", NULL},
        {"statuspage, new word", STATUS_KIND_AUTO,
                "{\"page\":{},\"status\":{\"indicator\":\"purple\"}}", STATUS_INFO, "", NULL},
        {"instatus, fine", STATUS_KIND_AUTO, "{\"page\":{\"status\":\"UP\"}}", STATUS_OK, "", NULL},
        {"instatus, issues without a list", STATUS_KIND_AUTO,
                "{\"page\":{\"status\":\"HASISSUES\"}}", STATUS_MINOR, "", NULL},
        {"instatus, outage", STATUS_KIND_INSTATUS,
                "{\"page\":{\"status\":\"HASISSUES\"},\"activeIncidents\":[{\"name\":\"Builds\","
                "\"impact\":\"MAJOROUTAGE\",\"status\":\"INVESTIGATING\",\"started\":"
                "\"2026-11-24T10:00:00Z\"}]}",
                STATUS_CRITICAL, "Builds", NULL},
        {"betterstack", STATUS_KIND_AUTO,
                "{\"data\":{\"type\":\"status_page\",\"attributes\":{\"aggregate_state\":"
                "\"downtime\"}},\"included\":[{\"type\":\"status_report\",\"attributes\":{"
                "\"title\":\"Down\",\"aggregate_state\":\"downtime\",\"starts_at\":"
                "\"2026-11-24T10:00:00Z\"}},{\"type\":\"status_page_resource\",\"attributes\":{"
                "\"public_name\":\"EU\",\"status\":\"downtime\"}}]}",
                STATUS_CRITICAL, "Down", "EU"},
        {"status.io", STATUS_KIND_AUTO,
                "{\"result\":{\"status_overall\":{\"status_code\":400},\"status\":[{\"name\":"
                "\"DB\",\"status_code\":400}],\"incidents\":[{\"name\":\"Slow\","
                "\"datetime_open\":\"2026-11-24T10:00:00Z\"}]}}",
                STATUS_MAJOR, "Slow", "DB"},
        {"slack", STATUS_KIND_AUTO,
                "{\"status\":\"active\",\"active_incidents\":[{\"title\":\"Messages late\","
                "\"type\":\"incident\",\"date_created\":\"2026-11-24T10:00:00+00:00\","
                "\"services\":[\"Messaging\"]}]}",
                STATUS_MINOR, "Messages late", "Messaging"},
        {"google, over", STATUS_KIND_GCP,
                "[{\"begin\":\"2026-11-24T10:00:00Z\",\"end\":\"2026-11-24T11:00:00Z\","
                "\"severity\":\"high\"}]",
                STATUS_OK, "", NULL},
        {"google, open", STATUS_KIND_AUTO,
                "[{\"begin\":\"2026-11-24T10:00:00Z\",\"end\":null,\"severity\":\"medium\","
                "\"external_desc\":\"Latency\",\"affected_products\":[{\"title\":\"SQL\"}]}]",
                STATUS_MINOR, "Latency", "SQL"},
        {"heroku", STATUS_KIND_AUTO,
                "{\"status\":[{\"system\":\"Apps\",\"status\":\"red\"}],\"incidents\":[{\"title\":"
                "\"Apps down\",\"state\":\"issue\",\"created_at\":\"2026-11-24T10:00:00Z\"}]}",
                STATUS_CRITICAL, "Apps down", "Apps"},
        {"firehydrant", STATUS_KIND_AUTO, "{\"incidents\":[{\"name\":\"x\"}],\"conditions\":[]}",
                STATUS_MINOR, "x", NULL},
        {"not JSON", STATUS_KIND_AUTO, "<html>", STATUS_UNKNOWN, NULL, NULL},
        {"other JSON", STATUS_KIND_AUTO, "{\"ok\":true}", STATUS_UNKNOWN, NULL, NULL},
        {"of another kind", STATUS_KIND_HEROKU, "{\"page\":{\"status\":\"UP\"}}", STATUS_UNKNOWN,
                NULL, NULL},
        {"empty", STATUS_KIND_AUTO, "", STATUS_UNKNOWN, NULL, NULL},
};

static void test_table(void **state)
{
	for (size_t i = 0; i < UNIT_LEN(rows); i++) {
		const struct row *w = &rows[i];
		struct status_report r = {0};
		struct err e = {0};
		bool ok = statuspage_parse(*state, w->kind, w->body, strlen(w->body), &r, &e);

		unit_case("%s", w->name);
		assert_int_equal(ok, w->level != STATUS_UNKNOWN);
		assert_int_equal(r.level, w->level);
		if (!ok) {
			assert_int_equal(e.code, ERR_PROTO);
			continue;
		}
		assert_string_equal(r.title, w->title);
		if (w->component)
			assert_string_equal(r.components[0], w->component);
		else
			assert_null(r.components[0]);
		if (strstr(w->body, "10:00:00") && r.level > STATUS_OK)
			assert_int_equal(r.since_ms, 1795514400000);
	}
}

static void get(struct statuspage *p, struct arena *a, const char *url, struct status_report *r)
{
	struct err e = {0};

	if (!statuspage_get(p, a, "page", url, r, &e))
		fail_msg("%s", e.msg);
}

static void test_fetch(void **state)
{
	struct arena *a = *state;
	struct sandbox_run *sb = sandbox_start(NULL);
	struct http *h;
	struct statuspage_shared *shared = statuspage_shared_new(60000);
	struct statuspage *p;
	struct status_report r, *all;
	const char *pages[] = {NULL, NULL, NULL};
	struct err e = {0};
	size_t n;

	if (!sb)
		skip();
	h = http_new();
	p = statuspage_new(h, shared);
	/* Railway's Instatus is found although /api/v2 answers 200 with a page. */
	pages[0] = arena_printf(a, "Railway=%s/status/railway", sandbox_url(sb));
	pages[1] = arena_printf(a, "OpenAI=%s/status/openai/", sandbox_url(sb));
	assert_true(statuspage_all(p, a, pages, &all, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(all[0].name, "Railway");
	for (size_t i = 0; i < n; i++)
		assert_int_equal(all[i].level, STATUS_OK);
	sandbox_control(sb, a, "/status/open",
	        "{\"page\":\"railway\",\"name\":\"Builds are slow\",\"impact\":\"PARTIALOUTAGE\"}");
	sandbox_control(sb, a, "/status/open", "{\"page\":\"stripe\"}");
	/* Kept for a minute … */
	get(p, a, strchr(pages[0], '=') + 1, &r);
	assert_int_equal(r.level, STATUS_OK);
	get(p, a, arena_printf(a, "%s/status/stripe", sandbox_url(sb)), &r);
	assert_int_equal(r.level, STATUS_MAJOR);
	assert_string_equal(r.components[0], "API");
	/* … and then asked again. */
	clock_fake(clock_now_ms() + 61000);
	get(p, a, strchr(pages[0], '=') + 1, &r);
	assert_int_equal(r.level, STATUS_MAJOR);
	assert_string_equal(r.title, "Builds are slow");
	/* Nothing there, and nobody there: unknown, with the reason. */
	get(p, a, arena_printf(a, "%s/status/none", sandbox_url(sb)), &r);
	assert_int_equal(r.level, STATUS_UNKNOWN);
	sandbox_stop(sb);
	get(p, a, "http://127.0.0.1:1/", &r);
	assert_int_equal(r.level, STATUS_UNKNOWN);
	assert_true(*r.title);
	assert_false(statuspage_get(p, a, "x", "ftp://x", &r, &e));
	assert_int_equal(e.code, ERR_INPUT);
	clock_fake(0);
	statuspage_free(p);
	statuspage_shared_free(shared);
	http_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT_ARENA(test_table), UNIT_ARENA(test_fetch)};
	int rc;

	http_global_init();
	http_set_gate(http_gate_none, NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_fini();
	return rc;
}
