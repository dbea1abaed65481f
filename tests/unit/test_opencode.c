/* test_opencode.c - the OpenCode client against a scripted server: every error and every order. */
#include "clock.h"
#include "loopback.h"
#include "net/http.h"
#include "opencode.h"
#include "str.h"
#include "unit.h"

struct route {
	const char *start; /* of the request: "GET /session/status" */
	int status;
	const char *type, *body;
};

struct server {
	const struct route *routes;
	char log[8192]; /* request lines and bodies, one line each; read when the server has stopped
	                 */
	size_t len;
	_Atomic int n;
};

static void note(struct server *s, const char *request)
{
	const char *body = lb_body(request);
	int n = snprintf(s->log + s->len, sizeof(s->log) - s->len, "%.*s %s\n",
	        (int)strcspn(request, "\r"), request, body ? body : "");

	if (n > 0 && s->len + (size_t)n < sizeof(s->log))
		s->len += (size_t)n;
	s->n++;
}

static void serve(struct lb_conn *c, void *arg)
{
	struct server *s = arg;
	const char *request;
	char headers[100];

	while ((request = lb_request(c))) {
		const struct route *r = s->routes;

		while (r->start && strncmp(request, r->start, strlen(r->start)) != 0)
			r++;
		note(s, request);
		snprintf(headers, sizeof(headers), "Content-Type: %s\r\n",
		        r->start && r->type ? r->type : "application/json");
		if (!lb_answer(c, r->start ? r->status : 404, headers,
		            r->start ? r->body : "{\"name\":\"NotFoundError\",\"data\":{}}"))
			return;
	}
}

struct world {
	struct server s;
	struct loopback *lb;
	struct http *h;
	struct opencode *o;
};

static void up(struct world *w, const struct route *routes)
{
	struct opencode_config c = {.directory = "/work dir", .password = "pw", .timeout_ms = 3000};

	*w = (struct world){.s = {.routes = routes}};
	w->lb = lb_start(serve, &w->s, NULL, NULL);
	w->h = http_new();
	c.url = lb_url(w->lb, "http", "/");
	w->o = opencode_new(w->h, &c);
}

static void down(struct world *w)
{
	opencode_free(w->o);
	http_free(w->h);
	lb_stop(w->lb);
}

/* --- health --- */

struct health {
	const char *name;
	struct route routes[3];
	enum err_code want;
	bool retryable;
	const char *says;
};

static void test_health(void **state)
{
	static const struct health rows[] = {
	        {"good",
	                {{"GET /global/health", 200, NULL,
	                        "{\"healthy\":true,\"version\":\"1.18.33\"}"}},
	                ERR_NONE, false, ""},
	        {"not healthy",
	                {{"GET /global/health", 200, NULL,
	                        "{\"healthy\":false,\"version\":\"1.18.33\"}"}},
	                ERR_STATUS, true, "not healthy"},
	        {"password", {{"GET /global/health", 401, "text/plain", ""}}, ERR_AUTH, false,
	                "OPENCODE_SERVER_PASSWORD"},
	        {"a web page", {{"GET /global/health", 200, "text/html", "<html>"}}, ERR_PROTO,
	                false, "opencode serve"},
	        {"version 2",
	                {{"GET /global/health", 200, "text/html", "<html>"},
	                        {"GET /api/health", 200, NULL, "{\"version\":\"2.0.3\"}"}},
	                ERR_CONFIG, false, "2.0.3"},
	        {"major 3", {{"GET /global/health", 200, NULL, "{\"version\":\"3.1\"}"}},
	                ERR_CONFIG, false, "1.18"},
	        {"no version", {{"GET /global/health", 200, NULL, "{}"}}, ERR_PROTO, false,
	                "without a version"},
	        {"broken", {{"GET /global/health", 200, NULL, "{\"healthy\":"}}, ERR_PROTO, false,
	                ""},
	        {"down", {{"GET /global/health", 503, NULL, "{\"data\":{\"message\":\"wait\"}}"}},
	                ERR_STATUS, true, "wait"},
	};

	for (size_t i = 0; i < UNIT_LEN(rows); i++) {
		struct world w;
		struct err e = {0};
		const char *version = NULL;
		bool ok;

		unit_case("%s", rows[i].name);
		up(&w, rows[i].routes);
		ok = opencode_health(w.o, *state, &version, &e);
		down(&w);
		assert_int_equal(ok, rows[i].want == ERR_NONE);
		assert_int_equal(e.code, rows[i].want);
		assert_int_equal(e.retryable, rows[i].retryable);
		assert_non_null(strstr(e.msg, rows[i].says));
		assert_null(strstr(e.msg, "pw,"));
		if (ok) {
			assert_string_equal(version, "1.18.33");
			assert_non_null(strstr(w.s.log, "directory=%2Fwork%20dir"));
		}
	}
}

static void test_nobody(void **state)
{
	struct http *h = http_new();
	struct opencode_config c = {.url = "http://127.0.0.1:1"};
	struct opencode *o = opencode_new(h, &c);
	struct err e = {0};

	assert_false(opencode_health(o, *state, NULL, &e));
	assert_int_equal(e.code, ERR_NET);
	assert_true(e.retryable);
	opencode_free(o);
	http_free(h);
}

/* --- sessions --- */

static void test_find(void **state)
{
	static const struct route routes[] = {
	        {"GET /session?limit=100&search=heal%3Ainc-1-1%3Aacme%2Fapi", 200, NULL,
	                "[{\"id\":\"ses_c\",\"title\":\"heal:inc-1-1:acme/api-two\"},"
	                "{\"id\":\"ses_child\",\"parentID\":\"ses_a\",\"title\":\"heal:inc-1-1:acme/api\"},"
	                "{\"id\":\"ses_a\",\"title\":\"heal:inc-1-1:acme/api\",\"cost\":0.25,"
	                "\"time\":{\"created\":1763978340000}},"
	                "{\"id\":\"ses_old\",\"title\":\"heal:inc-1-1:acme/api\"}]"},
	        {"GET /session?", 200, NULL, "[]"},
	        {NULL, 0, NULL, NULL},
	};
	struct world w;
	struct err e = {0};
	struct opencode_session *s;

	up(&w, routes);
	s = opencode_find(w.o, *state, "heal:inc-1-1:acme/api", &e);
	assert_non_null(s);
	assert_string_equal(s->id, "ses_a");
	assert_true(s->cost_usd > 0.24 && s->created_ms == 1763978340000);
	assert_null(opencode_find(w.o, *state, "heal:inc-2-1:acme/api", &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	down(&w);
}

static void test_create(void **state)
{
	static const struct route routes[] = {
	        {"POST /session?", 200, NULL, "{\"id\":\"ses_a\",\"title\":\"t\"}"},
	        {"DELETE /session/ses_gone", 404, NULL, "{}"},
	        {NULL, 0, NULL, NULL},
	};
	static const struct opencode_rule rules[] = {{"bash", "sudo *", "deny"}};
	struct opencode_new_session n = {.title = "t", .rules = rules, .nrules = 1};
	struct world w;
	struct err e = {0};

	up(&w, routes);
	assert_non_null(opencode_create(w.o, *state, &n, &e));
	assert_true(opencode_delete(w.o, *state, "ses_gone", &e));
	down(&w);
	assert_non_null(strstr(w.s.log,
	        "\"permission\":[{\"permission\":\"bash\",\"pattern\":\"sudo *\",\"action\":\"deny\"}]"));
}

static void test_prompt(void **state)
{
	static const struct route routes[] = {
	        {"GET /session/ses_a/message/msg_known", 200, NULL, "{\"info\":{}}"},
	        {"GET /session/ses_b/message", 500, NULL, "{\"name\":\"UnknownError\"}"},
	        {"POST /session/ses_a/prompt_async", 204, "text/plain", ""},
	        {NULL, 0, NULL, NULL},
	};
	struct opencode_prompt p = {
	        .message_id = "msg_known", .text = "go", .agent = "heal", .model = "llm/a/b"};
	struct world w;
	struct err e = {0};

	up(&w, routes);
	assert_true(opencode_prompt(w.o, *state, "ses_a", &p, &e));
	assert_int_equal(w.s.n, 1); /* it was there: only looked */
	p.message_id = "msg_new";
	assert_true(opencode_prompt(w.o, *state, "ses_a", &p, &e));
	assert_int_equal(w.s.n, 3);
	assert_false(opencode_prompt(w.o, *state, "ses_b", &p, &e));
	assert_int_equal(e.code, ERR_STATUS);
	assert_true(e.retryable);
	down(&w);
	assert_non_null(strstr(w.s.log,
	        "{\"messageID\":\"msg_new\",\"parts\":[{\"type\":\"text\",\"text\":\"go\"}],"
	        "\"agent\":\"heal\",\"model\":{\"providerID\":\"llm\",\"modelID\":\"a/b\"}}"));
}

/* --- looking --- */

#define SESSION                                                                                    \
	"{\"id\":\"ses_a\",\"cost\":0.5,\"tokens\":{\"input\":10,\"output\":3,\"reasoning\":2}}"

static const char messages[] =
        "[{\"info\":{\"id\":\"msg_1\",\"role\":\"user\",\"time\":{\"created\":5}},\"parts\":[{\"type\":"
        "\"text\",\"text\":\"do\"}]},"
        "{\"info\":{\"id\":\"msg_2\",\"role\":\"assistant\",\"parentID\":\"msg_1\",\"time\":{"
        "\"created\":6}},\"parts\":[{\"type\":\"step-start\"},{\"type\":\"text\",\"text\":\"half\"},"
        "{\"type\":\"text\",\"text\":\"whole\"},{\"type\":\"text\",\"synthetic\":true,\"text\":"
        "\"no\"},{\"type\":\"brand-new\"},{\"type\":\"tool\",\"tool\":\"bash\",\"state\":{\"status\":"
        "\"completed\",\"input\":{\"command\":\"sh t\"},\"output\":\"FAIL\",\"metadata\":{\"exit\":1}}"
        "},{\"type\":\"tool\",\"tool\":\"edit\",\"state\":{\"status\":\"running\",\"input\":{"
        "\"filePath\":\"/w/a.ts\"}}},{\"type\":\"tool\"}]}]";

static void test_look(void **state)
{
	static const struct route routes[] = {
	        {"GET /session/status", 200, NULL,
	                "{\"ses_x\":{\"type\":\"busy\"},\"ses_a\":{\"type\":\"retry\",\"attempt\":2,"
	                "\"message\":\"slow down\",\"next\":1}}"},
	        {"GET /session/ses_a/message?limit=", 200, NULL, messages},
	        {"GET /session/ses_a/todo", 200, NULL,
	                "[{\"content\":\"Clone\",\"status\":\"completed\"},{}]"},
	        {"GET /session/ses_a/children", 200, NULL, "[{\"id\":\"ses_kid\"}]"},
	        {"GET /session/ses_a?", 200, NULL, SESSION},
	        {"GET /permission", 200, NULL,
	                "[{\"id\":\"per_1\",\"sessionID\":\"ses_x\",\"permission\":\"bash\"},"
	                "{\"id\":\"per_2\",\"sessionID\":\"ses_kid\",\"permission\":\"bash\",\"metadata\":{"
	                "\"command\":\"rm -rf\\n/\"}}]"},
	        {"GET /question", 200, NULL,
	                "[{\"id\":\"que_1\",\"sessionID\":\"ses_a\",\"questions\":[{\"question\":"
	                "\"Which?\"},{}]}]"},
	        {NULL, 0, NULL, NULL},
	};
	struct world w;
	struct opencode_view v;
	struct err e = {0};
	const struct opencode_message *m;

	up(&w, routes);
	if (!opencode_look(w.o, *state, "ses_a", &v, &e))
		fail_msg("%s", e.msg);
	down(&w);
	assert_true(v.found);
	assert_int_equal(v.status, OPENCODE_RETRY);
	assert_int_equal(v.retry_attempt, 2);
	assert_int_equal(v.session.tokens_out, 5);
	assert_int_equal(v.nmessages, 2);
	m = &v.messages[1];
	assert_string_equal(m->text, "whole");
	assert_int_equal(m->ntools, 3);
	assert_int_equal(m->tools[0].exit, 1);
	assert_string_equal(m->tools[0].input, "sh t");
	assert_string_equal(m->tools[1].input, "/w/a.ts");
	assert_int_equal(m->tools[1].exit, OPENCODE_NO_EXIT);
	assert_int_equal(v.ntodos, 2);
	assert_string_equal(v.todos[1].status, "pending");
	/* The stranger's is dropped, the child's is kept. */
	assert_int_equal(v.nasks, 2);
	assert_string_equal(v.asks[0].id, "per_2");
	assert_string_equal(v.asks[0].what, "rm -rf /");
	assert_true(v.asks[1].question);
	assert_int_equal(v.asks[1].nquestions, 2);
}

static void test_look_trouble(void **state)
{
	static const struct route lost[] = {
	        {"GET /session/status", 200, NULL, "{}"},
	        {"GET /permission", 200, NULL, "[]"},
	        {"GET /question", 200, NULL, "[]"},
	        {NULL, 0, NULL, NULL},
	};
	static const struct route broken[] = {
	        {"GET /session/status", 200, "text/html", "<html>"},
	        {"GET /session/ses_a?", 200, NULL, SESSION},
	        {"GET ", 200, NULL, "[]"},
	        {NULL, 0, NULL, NULL},
	};
	struct world w;
	struct opencode_poll p;
	struct opencode_memory m = {0};
	struct err e = {0};

	up(&w, lost);
	assert_true(opencode_poll(w.o, *state, "ses_a", &m, NULL, &p, &e));
	assert_int_equal(p.state, OPENCODE_LOST);
	down(&w);
	up(&w, broken);
	assert_false(opencode_poll(w.o, *state, "ses_a", &m, NULL, &p, &e));
	assert_int_equal(e.code, ERR_PROTO);
	down(&w);
}

/* --- steering --- */

static void test_answers(void **state)
{
	static const struct route routes[] = {
	        {"POST /permission/per_1/reply", 200, NULL, "true"},
	        {"POST /question/que_1/reply", 200, NULL, "true"},
	        {"POST /permission/per_bad/reply", 400, NULL,
	                "{\"name\":\"BadRequest\",\"data\":{\"message\":\"Missing key\"}}"},
	        {NULL, 0, NULL, NULL},
	};
	struct opencode_ask q = {.id = "que_1", .question = true, .nquestions = 2};
	struct world w;
	struct err e = {0};

	up(&w, routes);
	assert_true(opencode_permit(w.o, *state, "per_1", "reject", "go another way", &e));
	assert_true(opencode_permit(w.o, *state, "per_gone", "reject", "x", &e)); /* 404 */
	assert_true(opencode_answer(w.o, *state, &q, "nobody here", &e));
	assert_false(opencode_permit(w.o, *state, "per_bad", "reject", "x", &e));
	assert_int_equal(e.code, ERR_INPUT);
	assert_non_null(strstr(e.msg, "Missing key"));
	down(&w);
	assert_non_null(strstr(w.s.log, "{\"reply\":\"reject\",\"message\":\"go another way\"}"));
	assert_non_null(strstr(w.s.log, "{\"answers\":[[\"nobody here\"],[\"nobody here\"]]}"));
}

static void test_abort(void **state)
{
	static const struct route routes[] = {
	        {"GET /session/ses_a/children", 200, NULL,
	                "[{\"id\":\"ses_b\"},{\"id\":\"ses_c\"}]"},
	        {"GET /session/ses_b/children", 200, NULL, "[{\"id\":\"ses_d\"}]"},
	        {"GET /session", 200, NULL, "[]"},
	        {"POST /session/", 200, NULL, "true"},
	        {NULL, 0, NULL, NULL},
	};
	struct world w;
	struct err e = {0};
	const char *at[4];

	up(&w, routes);
	assert_true(opencode_abort(w.o, *state, "ses_a", &e));
	down(&w);
	at[0] = strstr(w.s.log, "POST /session/ses_d/abort");
	at[1] = strstr(w.s.log, "POST /session/ses_b/abort");
	at[2] = strstr(w.s.log, "POST /session/ses_c/abort");
	at[3] = strstr(w.s.log, "POST /session/ses_a/abort");
	for (int i = 0; i < 4; i++) {
		assert_non_null(at[i]);
		assert_true(i == 0 || at[i] > at[i - 1]);
	}
}

static void test_diff(void **state)
{
	static const struct route routes[] = {
	        {"GET /session/ses_a/diff?messageID=msg_1&directory=", 200, NULL,
	                "[{\"file\":\"a.sh\",\"patch\":\"@@\",\"additions\":2,\"deletions\":1,\"status\":"
	                "\"modified\"}]"},
	        {NULL, 0, NULL, NULL},
	};
	struct world w;
	struct opencode_file *f;
	struct err e = {0};
	size_t n;

	up(&w, routes);
	assert_true(opencode_diff(w.o, *state, "ses_a", "msg_1", &f, &n, &e));
	down(&w);
	assert_int_equal(n, 1);
	assert_string_equal(f[0].path, "a.sh");
	assert_int_equal(f[0].additions, 2);
}

/* --- waiting for a hint --- */

static void stream(struct lb_conn *c, void *arg)
{
	if (!lb_request(c))
		return;
	lb_puts(c,
	        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
	        "data: {\"type\":\"server.connected\"}\n\n"
	        "data: {\"type\":\"session.idle\",\"properties\":{\"sessionID\":\"ses_other\"}}\n\n");
	lb_puts(c, arg);
	lb_wait_eof(c);
}

static void test_wait(void **state)
{
	static char idle[] =
	        "data: {\"type\":\"session.idle\",\"properties\":{\"sessionID\":\"ses_a\"}}\n\n";
	static char beat[] = "data: {\"type\":\"server.heartbeat\"}\n\n";
	struct {
		char *sends;
		bool hint;
	} rows[] = {{idle, true}, {beat, false}};

	for (size_t i = 0; i < UNIT_LEN(rows); i++) {
		struct world w = {0};
		struct opencode_config c = {0};
		struct err e = {0};
		int64_t start = clock_mono_ms();
		bool hint = !rows[i].hint;

		w.lb = lb_start(stream, rows[i].sends, NULL, NULL);
		w.h = http_new();
		c.url = lb_url(w.lb, "http", "");
		w.o = opencode_new(w.h, &c);
		if (!opencode_wait(w.o, *state, "ses_a", 700, &hint, &e))
			fail_msg("%s", e.msg);
		assert_int_equal(hint, rows[i].hint);
		assert_true(clock_mono_ms() - start < 5000);
		down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        UNIT_ARENA(test_health),
	        UNIT_ARENA(test_nobody),
	        UNIT_ARENA(test_find),
	        UNIT_ARENA(test_create),
	        UNIT_ARENA(test_prompt),
	        UNIT_ARENA(test_look),
	        UNIT_ARENA(test_look_trouble),
	        UNIT_ARENA(test_answers),
	        UNIT_ARENA(test_abort),
	        UNIT_ARENA(test_diff),
	        UNIT_ARENA(test_wait),
	};
	int rc;

	http_global_init();
	http_set_gate(http_gate_none, NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_fini();
	return rc;
}
