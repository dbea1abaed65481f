/* test_site.c - every page over a store that is full of hostile text; filters, paging, secrets. */
#include "unit.h"

#include "clock.h"
#include "flowkit.h"
#include "htmlcheck.h"
#include "incident.h"
#include "nasty.h"
#include "pages/filter.h"
#include "pages/site.h"
#include "store/inbox.h"
#include "str.h"

#define SECRET "s3cr3t-value-of-a-token"
#define PART   "s3cr3t" /* as much of it as a cut may leave */

static const char *mask(struct arena *a, const char *text)
{
	const char *at = strstr(text, SECRET);

	return at ? mask(a, arena_printf(a, "%.*s[masked]%s", (int)(at - text), text,
	                            at + strlen(SECRET)))
	          : text;
}

/* ---- a workflow whose every field is the text of its input ---------------------------------- */

static const json *echo(struct wf *w, const json *in, struct err *e)
{
	(void)w;
	(void)e;
	return in;
}

static const json *fails(struct wf *w, const json *in, struct err *e)
{
	(void)w;
	err_set(e, ERR_STATUS, true, "%s", json_str(in, ".text", "?"));
	return NULL;
}

static bool evil(struct wf *w, struct err *e)
{
	static const struct wf_policy twice = {.attempts = 2, .first_ms = 1, .max_ms = 1};
	const json *in = wf_input(w);
	const char *text = json_str(in, ".text", "?");
	struct wf_call both[] = {{.name = "left", .body = echo, .in = in},
	        {.name = "right", .body = echo, .in = in}};

	if (!wf_step(w, arena_printf(wf_arena(w), "step %s", text), echo, in, e) ||
	        !wf_all(w, both, 2, false, e))
		return false;
	if (json_bool(in, ".waits", false))
		return wf_wait(w, "wait", text, 0, e) != NULL;
	wf_result(w, in);
	return !json_bool(in, ".fails", false) || wf_step_with(w, "fails", &twice, fails, in, e);
}

static const struct workflow wf_evil = {
        .name = "evil<script>alert(1)</script>\" onload=\"x", .version = 1, .run = evil};

/* ---- the store ------------------------------------------------------------------------------- */

static int64_t open_incident(struct kit *k, const char *text, int i)
{
	struct incident_new n = {.project_id = "p",
	        .environment_id = "e",
	        .environment = text,
	        .service_id = arena_printf(k->a, "service-%d", i),
	        .service = text,
	        .signal = SIGNAL_ERROR_RATE,
	        .severity = SEVERITY_CRIT,
	        .began_ms = clock_now_ms(),
	        .headline = text,
	        .facts = json_obj(k->a),
	        .channel = "C1"};
	struct incident_event note = {.kind = INCIDENT_EV_NOTE, .actor = text, .note = text};
	struct err e;
	bool opened;
	int64_t id;

	if (!incident_open(k->store, &n, &id, &opened, &e) ||
	        !incident_apply(k->store, id, &note, &e))
		fail_msg("%s", e.msg);
	return id;
}

static int64_t start(struct kit *k, const char *text, int64_t incident, const char *how)
{
	json *in = json_obj(k->a);
	struct wf_start st = {.workflow = wf_evil.name,
	        .input = in,
	        .key = arena_printf(k->a, "%s %s", how, text),
	        .concurrency = arena_printf(k->a, "c %s %s", how, text)};
	struct err e;
	int64_t id;

	json_set_str(in, "text", text);
	json_set_int(in, "incident", incident);
	json_set_bool(in, how, true);
	if (!flow_start(k->store, &st, &id, &e))
		fail_msg("%s", e.msg);
	return id;
}

static void put_envelope(struct kit *k, const char *text)
{
	struct inbox_put put = {.keys = {text},
	        .kind = text,
	        .payload = "{}",
	        .payload_len = 2,
	        .received_ms = clock_now_ms()};
	struct err e;

	assert_true(inbox_write(k->store, &put, &e));
}

struct rig {
	struct kit *k;
	struct site site;
	int64_t waits[UNIT_LEN(nasty)], fails[UNIT_LEN(nasty)], incident[UNIT_LEN(nasty)];
	int64_t cut; /* run whose secrets lie where texts are cut */
};

/* publish is asked for by incidents and is nothing here. */
static bool nothing(struct wf *w, struct err *e)
{
	(void)w;
	(void)e;
	return true;
}

static const struct workflow wf_publish = {.name = "publish", .version = 1, .run = nothing};
static const struct workflow *const all[] = {&wf_evil, &wf_publish, NULL};

static void slack(void *ctx, struct arena *a, struct site_slack *out)
{
	(void)ctx;
	(void)a;
	*out = (struct site_slack){.used = true, .since_ms = 1, .trouble = nasty[0]};
}

/* A diagnosis with more evidence than is shown of a value that can be downloaded. */
static void diagnose(struct rig *g)
{
	json *evidence = json_arr(g->k->a);
	struct diagnosis d = {.incident = g->incident[0],
	        .trouble = "no model",
	        .evidence = evidence,
	        .confidence = "none",
	        .cost_usd = -1};
	struct err e;
	int version;

	for (int i = 0; i < 400; i++)
		json_set_str(json_add_obj(evidence), "value",
		        arena_printf(g->k->a, "%050d evidence %d", 0, i));
	if (!diagnosis_add(g->k->store, "key", &d, false, &version, &e))
		fail_msg("%s", e.msg);
}

/* An error and a signal's payload that are cut, in a list, in the middle of a secret. */
static void start_cut(struct rig *g)
{
	json *payload = json_obj(g->k->a);
	struct err e;

	kit_until(
	        g->k, start(g->k, arena_printf(g->k->a, "%095d" SECRET, 0), 0, "fails"), "failed");
	g->cut = start(g->k, "plain", 0, "waits");
	json_set_str(payload, "text", arena_printf(g->k->a, "%0180d" SECRET, 0));
	assert_true(flow_signal(g->k->store, g->cut, "other", payload, &e));
	kit_until(g->k, g->cut, "ready");
}

static int setup(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));
	struct err e;

	g->k = kit_new();
	kit_start(g->k, all, 2);
	for (size_t i = 0; i < UNIT_LEN(nasty); i++) {
		const char *text = str_clean(g->k->a, nasty[i], strlen(nasty[i]), 0);

		/* Bytes that are no UTF-8 come from a damaged file only; the writer's test has
		 * them. Everything else is stored as it is. */
		text = strlen(text) < strlen(nasty[i]) / 2 || (unsigned char)nasty[i][0] == 0xFF
		               ? text
		               : nasty[i];
		g->incident[i] = open_incident(g->k, text, (int)i);
		g->waits[i] = start(g->k, text, g->incident[i], "waits");
		g->fails[i] = start(g->k, text, g->incident[i], "fails");
		flow_signal(g->k->store, g->fails[i], text, NULL, &e);
		put_envelope(g->k, text);
	}
	start(g->k, SECRET, 0, "fails");
	start_cut(g);
	diagnose(g);
	for (size_t i = 0; i < UNIT_LEN(nasty); i++) {
		kit_until(g->k, g->waits[i], "ready");
		kit_until(g->k, g->fails[i], "failed");
	}
	kit_stop(g->k);
	g->site = (struct site){
	        .store = g->k->store, .mask = mask, .version = nasty[0], .slack = slack};
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct rig *g = *state;

	kit_free(g->k);
	free(g);
	return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static struct page_answer ask(struct rig *g, const char *path, const char **params)
{
	struct page_request q = {.a = g->k->a, .path = path, .params = params, .trusted = true};
	struct page_answer out = {.status = 200, .content_type = "text/html; charset=utf-8"};

	for (const struct page_route *r = site_routes; r->path; r++) {
		size_t n = strlen(r->path);

		if (!str_eq(r->path, path) &&
		        !(n > 1 && r->path[n - 1] == '/' && str_starts(path, r->path)))
			continue;
		q.rest = path + n;
		q.seen = r->look ? r->look(&g->site, q.a) : NULL;
		r->fn(&g->site, &q, &out);
		return out;
	}
	fail_msg("no page %s", path);
	return out;
}

/* The page is sound and holds no secret. */
static const char *page(struct rig *g, int status, const char *path, const char *param)
{
	const char *params[] = {param, NULL}, *fault;
	struct page_answer out = ask(g, path, params);

	unit_case("%s %s", path, str_or(param, ""));
	assert_int_equal(out.status, status);
	fault = html_fault(g->k->a, out.body, out.len);
	if (fault)
		fail_msg("%s", fault);
	assert_null(strstr(out.body, PART));
	return out.body;
}

static const char *path_of(struct rig *g, const char *folder, int64_t id)
{
	return arena_printf(g->k->a, "/%s/%lld", folder, (long long)id);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_every_page(void **state)
{
	struct rig *g = *state;

	page(g, 200, "/", NULL);
	page(g, 200, "/runs", NULL);
	page(g, 200, "/queue", NULL);
	page(g, 200, "/incidents", NULL);
	page(g, 200, "/incidents", "which=all");
	for (size_t i = 0; i < UNIT_LEN(nasty); i++) {
		page(g, 200, path_of(g, "runs", g->waits[i]), NULL);
		page(g, 200, path_of(g, "runs", g->fails[i]), NULL);
		page(g, 200, path_of(g, "incidents", g->incident[i]), NULL);
	}
	page(g, 200, path_of(g, "runs", g->cut), NULL);
	page(g, 404, "/runs/99999", NULL);
	page(g, 404, "/runs/<script>", NULL);
	page(g, 404, "/incidents/0x1", NULL);
	page(g, 404, "/incidents/99999", NULL);
}

/* What was asked for comes back in the form: it is as hostile as anything. */
static void test_every_parameter(void **state)
{
	static const char *const names[] = {"state", "workflow", "incident", "service", "since",
	        "until", "search", "before", "after", "which", "offset"};
	struct rig *g = *state;

	for (size_t n = 0; n < UNIT_LEN(names); n++) {
		for (size_t i = 0; i < UNIT_LEN(nasty); i++) {
			const char *p = arena_printf(g->k->a, "%s=%s", names[n], nasty[i]);
			bool checked = !str_eq(names[n], "workflow") &&
			               !str_eq(names[n], "service") &&
			               !str_eq(names[n], "search") && !str_eq(names[n], "which") &&
			               !str_eq(names[n], "offset");

			page(g, checked ? 400 : 200, "/runs", p);
			page(g, 200, "/incidents", p);
		}
	}
}

static void has(const char *body, const char *text)
{
	if (!strstr(body, text))
		fail_msg("the page lacks %s", text);
}

static void test_content(void **state)
{
	struct rig *g = *state;
	const char *run = page(g, 200, path_of(g, "runs", g->fails[0]), NULL);

	has(run, "&lt;script&gt;alert(1)&lt;/script&gt;");
	has(run, "class=\"parallel\"");
	has(run, "Attempts that failed");
	has(run, "status</strong>");
	has(run, "<rect class=\"bad\"");
	has(run, arena_printf(g->k->a, "/incidents/%lld", (long long)g->incident[0]));
	has(page(g, 200, path_of(g, "runs", g->waits[0]), NULL), "Waits for the signal");
	has(page(g, 200, path_of(g, "incidents", g->incident[0]), NULL),
	        arena_printf(g->k->a, "/runs/%lld", (long long)g->fails[0]));
	has(page(g, 200, path_of(g, "incidents", g->incident[0]), NULL), "evidence 399");
	has(page(g, 200, "/", NULL), "open incidents");
	has(page(g, 200, "/queue", NULL), "when it is signalled");
}

/* The list filters as it says; newer and older pages meet without a gap. */
static void test_filter(void **state)
{
	struct rig *g = *state;
	struct run_filter f = {.limit = 1000}, g5 = {.limit = 5};
	struct run_row *rows, *part;
	size_t n, m, seen = 0;
	struct err e;

	assert_true(filter_set(&f, "state", "failed", &e));
	assert_true(runs_list(g->k->store, g->k->a, &f, &rows, &n, &e));
	assert_int_equal(n, UNIT_LEN(nasty) + 2); /* and those with secrets */
	assert_true(filter_set(
	        &f, "incident", arena_printf(g->k->a, "inc-%lld", (long long)g->incident[3]), &e));
	assert_true(runs_list(g->k->store, g->k->a, &f, &rows, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].id, g->fails[3]);
	assert_int_equal(rows[0].incident, g->incident[3]);
	f = (struct run_filter){.service = nasty[2], .limit = 1000};
	assert_true(runs_list(g->k->store, g->k->a, &f, &rows, &n, &e));
	assert_true(n >= 2); /* and its publish run */
	f = (struct run_filter){.until_ms = clock_now_ms() - 3600000};
	assert_true(runs_list(g->k->store, g->k->a, &f, &rows, &n, &e));
	assert_int_equal(n, 0);
	f = (struct run_filter){.since_ms = clock_now_ms() - 3600000, .limit = 1000};
	assert_true(runs_list(g->k->store, g->k->a, &f, &rows, &n, &e));
	while (runs_list(g->k->store, g->k->a, &g5, &part, &m, &e) && m > 0) {
		for (size_t i = 0; i < m; i++)
			assert_int_equal(part[i].id, rows[seen++].id);
		g5.before = part[m - 1].id;
	}
	assert_int_equal(seen, n);
	g5 = (struct run_filter){.limit = 5, .after = rows[10].id};
	assert_true(runs_list(g->k->store, g->k->a, &g5, &part, &m, &e));
	assert_int_equal(m, 5);
	assert_int_equal(part[0].id, rows[5].id);
	assert_int_equal(part[4].id, rows[9].id);
}

static void test_filter_words(void **state)
{
	static const struct {
		const char *name, *value, *says; /* NULL = fine */
	} t[] = {{"state", "Failed", NULL}, {"state", "broken", "unfinished, ready"},
	        {"incident", "INC-7", NULL}, {"incident", "7", NULL}, {"incident", "-7", "INC-42"},
	        {"incident", "7x", "INC-42"}, {"since", "2h", NULL},
	        {"since", "2026-11-24T14:00:00Z", NULL}, {"since", "yesterday", "30m, 2h, 7d"},
	        {"before", "0", "from 1"}, {"limit", "1001", "1 to 1000"}, {"limit", "10", NULL},
	        {"limit", "", NULL}, {"workflow", "x", NULL}, {"color", "red", "no condition"}};

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		struct run_filter f = {0};
		struct err e = {0};

		unit_case("%s=%s", t[i].name, t[i].value);
		assert_int_equal(filter_set(&f, t[i].name, t[i].value, &e), t[i].says == NULL);
		if (t[i].says)
			assert_non_null(strstr(e.msg, t[i].says));
	}
}

/* A value as a file: whole, masked, with a harmless name. */
static void test_download(void **state)
{
	struct rig *g = *state;
	const char *input[] = {"part=input", "step=left", NULL};
	const char *odd[] = {"part=output", "step=\"/../\r\nSet-Cookie: x", NULL};
	struct page_answer out = ask(g, path_of(g, "values", g->fails[0]), input);

	assert_int_equal(out.status, 200);
	assert_string_equal(out.content_type, "application/json");
	assert_non_null(strstr(out.body, "<script>alert(1)</script>")); /* a file, not a page */
	assert_non_null(strstr(out.download, "-left-input.json"));
	out = ask(g, path_of(g, "values", g->fails[0]), odd);
	assert_int_equal(out.status, 404);
	assert_string_equal(out.content_type, "text/plain; charset=utf-8");
	out = ask(g, path_of(g, "values", g->fails[UNIT_LEN(nasty) - 1] + 2), input);
	assert_null(out.body ? strstr(out.body, SECRET) : NULL);
	out = ask(g, "/values/x", input);
	assert_int_equal(out.status, 404);
}

static void test_assets(void **state)
{
	struct rig *g = *state;
	struct page_answer css = ask(g, "/style.css", NULL), icon = ask(g, "/icon.svg", NULL);

	assert_non_null(strstr(css.body, "prefers-color-scheme: dark"));
	assert_int_equal(css.len, strlen(css.body));
	assert_non_null(strstr(icon.body, "<svg"));
}

static void test_sign_in(void **state)
{
	struct rig *g = *state;
	struct page_request q = {.a = g->k->a, .path = "/"};

	for (size_t i = 0; i < UNIT_LEN(nasty); i++) {
		struct page_answer out = {.status = 200};

		site_sign_in(&q, nasty[i], i % 2, &out);
		assert_null(html_fault(g->k->a, out.body, out.len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_page),
	        cmocka_unit_test(test_every_parameter), cmocka_unit_test(test_content),
	        cmocka_unit_test(test_filter), cmocka_unit_test(test_filter_words),
	        cmocka_unit_test(test_download), cmocka_unit_test(test_assets),
	        cmocka_unit_test(test_sign_in)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
