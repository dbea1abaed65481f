/* test_config.c - settings: every type, precedence, services, and each problem with its remedy. */
#include "unit.h"

#include <unistd.h>

#include "app/config.h"
#include "app/config_table.h"
#include "log.h"

struct fixture {
	struct arena *a;
	struct str problems;
};

/* Writes `ini` to a file "heal.ini" in a new folder that becomes the working directory. */
static const struct settings *load(struct fixture *f, const char *ini, const char *const *env)
{
	struct config_source src = {.path = ini ? "test.ini" : NULL, .env = env};
	FILE *out;

	f->problems = str_new(f->a);
	if (ini) {
		out = fopen("test.ini", "w");
		assert_non_null(out);
		fputs(ini, out);
		fclose(out);
	}
	return config_load(f->a, &src, &f->problems);
}

static const struct settings *good(struct fixture *f, const char *ini, const char *const *env)
{
	const struct settings *s = load(f, ini, env);

	if (!s || f->problems.len)
		fail_msg("%s", f->problems.s);
	return s;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char dir[] = "/tmp/heal-config.XXXXXX";

	if (!f || !mkdtemp(dir) || chdir(dir) != 0)
		return -1;
	f->a = arena_new(0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char dir[256];

	unlink("test.ini");
	unlink("heal.ini");
	if (getcwd(dir, sizeof(dir)) && chdir("/") == 0)
		rmdir(dir);
	arena_free(f->a);
	free(f);
	return 0;
}

static bool near(double a, double b)
{
	return a - b < 1e-9 && b - a < 1e-9;
}

static void test_defaults(void **state)
{
	const struct settings *s = good(*state, NULL, NULL);

	assert_string_equal(s->heal.db, "heal.db");
	assert_string_equal(s->heal.http, "127.0.0.1:8080");
	assert_int_equal(s->heal.workers, 4);
	assert_int_equal(s->heal.log_level, LOG_INFO);
	assert_null(s->slack.channel);
	assert_true(s->scan.every_ms == 600000 && s->scan.window_ms == 1800000);
	assert_true(s->scan.open_n == 2 && s->scan.open_m == 3 && s->scan.close_n == 3);
	assert_true(near(s->thresholds.cpu.warn, 0.9) && s->thresholds.cpu.crit < 0);
	assert_true(near(s->thresholds.error_rate.warn, 0.02) &&
	            near(s->thresholds.error_rate.crit, 0.1));
	assert_true(s->thresholds.client_error_rate.warn < 0 &&
	            s->thresholds.client_error_rate.crit < 0);
	assert_true(near(s->thresholds.p95.warn, 1000) && near(s->thresholds.p95.crit, 5000));
	assert_true(near(s->thresholds.p95_ratio.warn, 2) && near(s->thresholds.p95_ratio.crit, 4));
	assert_true(s->llm.price_in < 0 && near(s->limits.diagnosis_usd, 0.25));
	assert_null(s->llm.model);
	assert_null(s->opencode.url);
	assert_int_equal(s->nservices, 0);
	assert_non_null(s->who.fixers);
	assert_null(s->who.fixers[0]);
	assert_ptr_equal(settings_service(s, "any"), &s->fallback);
	assert_true(near(settings_service(s, NULL)->thresholds.memory.warn, 0.85));
}

static void test_file(void **state)
{
	const struct settings *s = good(*state,
	        "; comment\n# comment\n[heal]\nlog=debug\nhttp = -\n  db = \"/var/lib/heal/a b.db\"\n"
	        "[slack]\nchannel = C0123456789 ; ours\n"
	        "[scan]\nevery = 1h30m   # often enough\nopen = 1/1\nshadow = Yes\n"
	        "[thresholds]\nmemory = 0.5/75%\ncpu = -\np95 = -/2500ms\np95_ratio = 3x/-\nmin_requests = 2k\n"
	        "[llm]\nprovider = Anthropic\nmax_tokens = 8k\nprice_in = $1.25\nbase_url = http://[::1]:11434/v1\n"
	        "[status]\npages = railway=https://status.railway.com, x=http://10.0.0.7/\n"
	        "[who]\nfixers = U012AB3CD,S0614TZR7  W999\n",
	        NULL);

	assert_int_equal(s->heal.log_level, LOG_DEBUG);
	assert_null(s->heal.http);
	assert_string_equal(s->heal.db, "/var/lib/heal/a b.db");
	assert_string_equal(s->slack.channel, "C0123456789");
	assert_true(s->scan.every_ms == 5400000 && s->scan.shadow == SHADOW_YES);
	assert_true(s->scan.open_n == 1 && s->scan.open_m == 1);
	assert_true(near(s->thresholds.memory.warn, 0.5) && near(s->thresholds.memory.crit, 0.75));
	assert_true(s->thresholds.cpu.warn < 0 && s->thresholds.cpu.crit < 0);
	assert_true(s->thresholds.p95.warn < 0 && near(s->thresholds.p95.crit, 2500));
	assert_true(near(s->thresholds.p95_ratio.warn, 3) && s->thresholds.p95_ratio.crit < 0);
	assert_true(s->thresholds.min_requests == 2000 && s->llm.max_tokens == 8000);
	assert_int_equal(s->llm.provider, LLM_ANTHROPIC);
	assert_true(near(s->llm.price_in, 1.25));
	assert_string_equal(s->status.pages[1], "x=http://10.0.0.7/");
	assert_null(s->status.pages[2]);
	assert_string_equal(s->who.fixers[0], "U012AB3CD");
	assert_string_equal(s->who.fixers[2], "W999");
	assert_null(s->who.fixers[3]);
}

/* Environment over file over default; an empty variable is none; other programs' are ours not. */
static void test_precedence(void **state)
{
	static const char *const env[] = {"HEAL_SCAN_EVERY=2m", "HEAL_SCAN_CLOSE=", "HEAL_DB=/x.db",
	        "HEAL_HEAL_WORKERS=8", "HEAL_HTTP_TOKEN=whatever", "HEALTH=1", "PATH=/bin",
	        "HEAL_CONFIG=other.ini", NULL};
	const struct settings *s = good(
	        *state, "[scan]\nevery = 5m\nclose = 7\n[heal]\nworkers = 6\ndb = y.db\n", env);

	assert_true(s->scan.every_ms == 120000);
	assert_int_equal(s->scan.close_n, 7);
	assert_string_equal(s->heal.db, "/x.db");
	assert_int_equal(s->heal.workers, 8);
}

/* Railway says which port its health check asks; what is given by hand wins. */
static void test_railway_port(void **state)
{
	static const char *const on[] = {"PORT=3456", "RAILWAY_PROJECT_ID=p", NULL};
	static const char *const by_hand[] = {
	        "RAILWAY_PROJECT_ID=p", "HEAL_HEAL_HTTP=127.0.0.1:9", "PORT=3456", NULL};
	static const char *const elsewhere[] = {"PORT=3456", NULL};
	static const char *const odd[] = {"PORT=x", "RAILWAY_PROJECT_ID=p", NULL};

	assert_string_equal(good(*state, "", on)->heal.http, "0.0.0.0:3456");
	assert_string_equal(good(*state, "[heal]\nhttp=[::1]:1\n", on)->heal.http, "[::1]:1");
	assert_string_equal(good(*state, "", by_hand)->heal.http, "127.0.0.1:9");
	assert_string_equal(good(*state, "", elsewhere)->heal.http, "127.0.0.1:8080");
	assert_string_equal(good(*state, "", odd)->heal.http, "127.0.0.1:8080");
}

static void test_path(void **state)
{
	static const char *const env[] = {"HEAL_CONFIG=test.ini", NULL};
	struct fixture *f = *state;
	struct config_source src = {.env = env};

	good(f, "[scan]\nclose = 9\n", NULL);
	assert_int_equal(config_load(f->a, &src, &f->problems)->scan.close_n, 9);
	assert_int_equal(rename("test.ini", "heal.ini"), 0);
	src.env = NULL; /* ./heal.ini is found by itself */
	assert_int_equal(config_load(f->a, &src, &f->problems)->scan.close_n, 9);
	src.path = "none.ini";
	assert_null(config_load(f->a, &src, &f->problems));
	assert_non_null(strstr(f->problems.s, "none.ini: cannot be read: No such file"));
	f->problems = str_new(f->a);
	src.path = "/tmp";
	assert_null(config_load(f->a, &src, &f->problems));
	assert_non_null(strstr(f->problems.s, "/tmp: cannot be read"));
}

static void test_services(void **state)
{
	const struct settings *s = good(*state,
	        "[service \"api\"]\nrepo = acme/api.v2\nmemory = 70%/-\nignore = no\ngrace = 10m\n"
	        "[service \"web app\"]\nignore = true\n"
	        "[thresholds]\ncpu = 50%/60%\n"
	        "[service \"api\"]\nbranch = main\n",
	        NULL);
	const struct service_settings *api = settings_service(s, "api");

	assert_int_equal(s->nservices, 2);
	assert_string_equal(api->repo, "acme/api.v2");
	assert_string_equal(api->branch, "main");
	assert_null(api->tests);
	assert_true(near(api->thresholds.memory.warn, 0.7) && api->thresholds.memory.crit < 0);
	/* [thresholds] holds for services, wherever it stands in the file. */
	assert_true(near(api->thresholds.cpu.warn, 0.5) && api->thresholds.grace_ms == 600000);
	assert_true(settings_service(s, "web app")->ignore);
	assert_false(settings_service(s, "web")->ignore);
	assert_true(s->thresholds.grace_ms == 180000);
	assert_true(near(s->fallback.thresholds.memory.warn, 0.85));
}

static void test_profile(void **state)
{
	static const char *const env[] = {"HEAL_PROFILE=strict", NULL};
	const struct settings *s = good(*state, "[thresholds]\nerror_rate = 3%/30%\n", env);

	assert_int_equal(s->heal.profile, PROFILE_STRICT);
	assert_true(near(s->thresholds.cpu.warn, 0.7) && near(s->thresholds.cpu.crit, 0.9));
	assert_true(near(s->thresholds.client_error_rate.warn, 0.1));
	assert_true(near(s->thresholds.p95.crit, 3000));
	assert_true(near(s->thresholds.error_rate.warn, 0.03)); /* given: wins over the profile */
}

/* One problem per row: the line must hold all the words. */
static void test_problems(void **state)
{
	static const struct {
		const char *ini;
		const char *env;
		const char *want[3];
	} t[] = {
	        {"[scan]\nevry = 10m\n", NULL, {"test.ini:2:", "evry", "\"every\""}},
	        {"[scan]\n\nxxxxxxxxxxx = 10m\n", NULL, {"test.ini:3:", "it has:", "window"}},
	        {"[scn]\nevery = 10m\n", NULL, {"test.ini:2:", "no such section", "[scan]"}},
	        {"[completely else]\na = 1\n", NULL,
	                {"test.ini:2:", "no such section", "help config"}},
	        {"[scan]\nevery = 10\n", NULL, {"test.ini:2:", "every = 10:", "needs a unit"}},
	        {"[scan]\nevery = 1ms\n", NULL, {"every", "200ms", "1d"}},
	        {"[scan]\nevery = 10m\nevery = 5m\n", NULL,
	                {"test.ini:3:", "given already", ":2)"}},
	        {"[scan]\nopen = 4/3\n", NULL, {"open = 4/3", "N/M", "2/3"}},
	        {"[scan]\nopen = 2/99\n", NULL, {"open", "at most 20", ""}},
	        {"[scan]\nshadow = perhaps\n", NULL, {"shadow", "first-day", ""}},
	        {"[heal]\nworkers = 1\n", NULL, {"workers", "2 to 64", ""}},
	        {"[heal]\nworkers = 4x\n", NULL, {"workers", "whole number", ""}},
	        {"[heal]\nlog = loud\n", NULL, {"log = loud", "one of", "error warn info debug"}},
	        {"[heal]\nhttp = 8080\n", NULL, {"http = 8080", "host:port", "127.0.0.1:8080"}},
	        {"[heal]\nhttp = 1.2.3.4:99999\n", NULL, {"http", "host:port", ""}},
	        {"[slack]\nchannel = #alerts\n", NULL,
	                {"channel", "not a Slack id", "C0123456789"}},
	        {"[slack]\nbot_token = xoxb-1-SECRET\n", NULL,
	                {"bot_token", "environment", "NAME_FILE"}},
	        {"[slack]\nchannel = xoxb-1-SECRET\n", NULL, {"channel", "(hidden)", ""}},
	        {"[slack]\napi_url = http://slack.com/api/\n", NULL,
	                {"api_url", "in the clear", "https"}},
	        {"[slack]\napi_url = ftp://slack.com/\n", NULL, {"api_url", "https://", ""}},
	        {"[slack]\napi_url = https://\n", NULL, {"api_url", "no host", ""}},
	        {"[slack]\napi_url = https://u:p@slack.com/\n", NULL, {"api_url", "plain URL", ""}},
	        {"[slack]\napi_url = http://127.0.0.1.evil.com/\n", NULL,
	                {"api_url", "in the clear", ""}},
	        {"[slack]\nping = 60s\n", NULL, {"[slack] dead", "longer than ping", ""}},
	        {"[thresholds]\ncpu = 90\n", NULL, {"cpu = 90", "warn/critical", "85%/95%"}},
	        {"[thresholds]\nerror_rate = 90/95\n", NULL, {"error_rate", "warn/critical", ""}},
	        {"[thresholds]\nmemory = 95%/85%\n", NULL, {"memory", "stands above", ""}},
	        {"[thresholds]\nmemory = 0%/85%\n", NULL, {"memory", "warn/critical", ""}},
	        {"[thresholds]\np95 = 1/5\n", NULL, {"p95 = 1/5", "1s/5s", ""}},
	        {"[thresholds]\np95_ratio = 0.5/2\n", NULL, {"p95_ratio", "above 1", ""}},
	        {"[thresholds]\nmin_requests = -1\n", NULL, {"min_requests", "whole number", ""}},
	        {"[thresholds]\nmin_requests = 99999999999999999999\n", NULL,
	                {"min_requests", "whole", ""}},
	        {"[limits]\nfix_usd = two\n", NULL, {"fix_usd = two", "US dollars", ""}},
	        {"[limits]\nfix_usd = -\n", NULL, {"fix_usd", "US dollars", ""}},
	        {"[limits]\nfix_usd = 99\n", NULL, {"fix_usd is more than day_usd", "", ""}},
	        {"[railway]\nrequests_per_second = 0\n", NULL,
	                {"requests_per_second", "0.1 to 1000", ""}},
	        {"[status]\npages = https://x.y\n", NULL, {"pages", "name=url", ""}},
	        {"[status]\npages = x=ftp://x.y\n", NULL, {"pages", "https://", ""}},
	        {"[who]\nfixers = ana\n", NULL, {"fixers = ana", "not a Slack id", "ids stay"}},
	        {"[service \"api\"]\nrepo = api\n", NULL,
	                {"[service \"api\"] repo = api", "owner/name", ""}},
	        {"[service \"api\"]\nmemry = 1\n", NULL, {"memry", "\"memory\"", ""}},
	        {"[service]\nrepo = a/b\n", NULL, {"which one", "[service \"name\"]", ""}},
	        {"[service \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]\nrepo = a/b\n",
	                NULL, {"test.ini:2:", "too long", ""}},
	        {"key = before\n", NULL, {"test.ini:1:", "before the first", "key"}},
	        {"[scan]\nnonsense\n", NULL, {"test.ini:2:", "neither", "key = value"}},
	        {"[scan]\nevery =\n", NULL, {"every", "needs a unit", ""}},
	        {NULL, "HEAL_SCAN_EVRY=5m", {"HEAL_SCAN_EVRY", "did you mean", "HEAL_SCAN_EVERY"}},
	        {NULL, "HEAL_SOMETHING_ELSE_ENTIRELY=1", {"HEAL_SOMETHING_ELSE", "unset it", ""}},
	        {NULL, "HEAL_SCAN_EVERY=5", {"HEAL_SCAN_EVERY:", "every = 5:", "needs a unit"}},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		const char *const env[] = {t[i].env, NULL};
		struct fixture *f = *state;

		unit_case("%s%s", t[i].ini ? t[i].ini : "", t[i].env ? t[i].env : "");
		assert_null(load(f, t[i].ini, env));
		unit_case("says %s", f->problems.s);
		/* One line, no more. */
		assert_ptr_equal(strchr(f->problems.s, '\n'), f->problems.s + f->problems.len - 1);
		for (size_t k = 0; k < 3; k++)
			assert_true(!t[i].want[k] || strstr(f->problems.s, t[i].want[k]));
		assert_null(strstr(f->problems.s, "SECRET"));
	}
}

static void test_long_line(void **state)
{
	struct fixture *f = *state;
	char ini[600];

	snprintf(ini, sizeof(ini), "[who]\nfixers = %0300d\nadmins = U012AB3CD\n", 7);
	assert_null(load(f, ini, NULL));
	assert_non_null(strstr(f->problems.s, "test.ini:2: the line is longer"));
	assert_ptr_equal(strchr(f->problems.s, '\n'), f->problems.s + f->problems.len - 1);
}

/* All problems at once, in order. */
static void test_all(void **state)
{
	struct fixture *f = *state;
	static const char *const env[] = {"HEAL_NOPE_NOPE_NOPE=1", NULL};
	int lines = 0;

	assert_null(load(f, "[scan]\nevery = 10\nclose = 0\n[heal]\nlgo = info\n", env));
	for (const char *p = f->problems.s; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 4);
}

static void test_require(void **state)
{
	struct fixture *f = *state;
	struct secrets k = {0};
	static const struct {
		const char *ini;
		unsigned need;
		struct secrets k;
		const char *want; /* NULL = nothing is missing */
	} t[] = {
	        {"", NEED_SETTINGS, {0}, NULL},
	        {"", NEED_SLACK, {.slack_bot = "x", .slack_app = "x"},
	                "[slack] channel is not set"},
	        {"[slack]\nchannel=C123\n", NEED_SLACK, {.slack_bot = "x"},
	                "SLACK_APP_TOKEN is not set"},
	        {"[slack]\nchannel=C123\n", NEED_SLACK, {.slack_app = "x"},
	                "SLACK_BOT_TOKEN is not set"},
	        {"[slack]\nchannel=C123\n", NEED_SLACK, {.slack_app = "x", .slack_bot = "x"}, NULL},
	        {"", NEED_RAILWAY, {0}, "RAILWAY_API_TOKEN is not set"},
	        {"", NEED_RAILWAY, {.railway_project = "x"}, NULL},
	        {"[railway]\nproject=p\n", NEED_RAILWAY, {.railway_api = "x"},
	                "[railway] environment"},
	        {"[railway]\nenvironment=p\n", NEED_RAILWAY, {.railway_api = "x"},
	                "[railway] project"},
	        {"[llm]\nmodel=m\n", NEED_LLM, {.anthropic = "x"}, "OPENAI_API_KEY is not set"},
	        {"[llm]\nmodel=m\nprovider=anthropic\n", NEED_LLM, {.openai = "x"},
	                "ANTHROPIC_API_KEY"},
	        {"[llm]\nmodel=m\nbase_url=http://localhost:1/v1\n", NEED_LLM, {0}, NULL},
	        {"", NEED_LLM | NEED_OPENCODE | NEED_HTTP, {0}, NULL},
	        {"[opencode]\nurl=https://oc.example.com\n", NEED_OPENCODE, {.github = "x"},
	                "OPENCODE_SERVER"},
	        {"[opencode]\nurl=http://oc.railway.internal:4096\n", NEED_OPENCODE, {0},
	                "GITHUB_TOKEN"},
	        {"[opencode]\nurl=http://127.0.0.1:4096\n", NEED_OPENCODE, {.github = "x"}, NULL},
	        {"[heal]\nhttp=0.0.0.0:80\n", NEED_HTTP, {0}, NULL}, /* only /healthz answers */
	        {"[heal]\nhttp=[::]:80\n", NEED_HTTP, {.http = "fifteen letters"},
	                "HEAL_HTTP_TOKEN"},
	        {"[heal]\nhttp=[::1]:80\n", NEED_HTTP, {0}, NULL},
	        {"[heal]\nhttp=0.0.0.0:80\n", NEED_HTTP, {.http = "sixteen letters!"}, NULL},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		const struct settings *s = good(f, t[i].ini, NULL);

		unit_case("%zu %s", i, t[i].ini);
		k = t[i].k;
		assert_int_equal(config_require(s, &k, t[i].need, &f->problems), !t[i].want);
		if (t[i].want) {
			assert_non_null(strstr(f->problems.s, t[i].want));
			assert_ptr_equal(
			        strchr(f->problems.s, '\n'), f->problems.s + f->problems.len - 1);
		}
	}
}

/* The example, with its keys made live, is a file without problems that changes nothing. */
static void test_example(void **state)
{
	struct fixture *f = *state;
	struct str out = str_new(f->a), live = str_new(f->a);
	const struct settings *s, *d = good(f, NULL, NULL);
	char *save = NULL;

	config_example(&out);
	for (char *l = strtok_r(out.s, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		bool key = l[0] == '#' && l[1] != ' ' && l[1];

		str_addf(&live, "%s\n", key ? l + 1 : l);
	}
	s = good(f, live.s, NULL);
	assert_int_equal(s->nservices, 1);
	assert_string_equal(s->services[0].name, "api");
	assert_string_equal(s->services[0].repo, "acme/api");
	assert_memory_equal(&s->thresholds, &d->thresholds, sizeof(s->thresholds));
	assert_memory_equal(&s->limits, &d->limits, sizeof(s->limits));
}

/* Every row: named once, in a section that exists, documented in all forms. */
static void test_table(void **state)
{
	struct fixture *f = *state;
	struct str md = str_new(f->a), man = str_new(f->a), help = str_new(f->a),
	           ini = str_new(f->a);

	config_markdown(&md);
	config_man(&man);
	config_help(&help);
	config_example(&ini);
	for (const struct setting *s = setting_table; s->key; s++) {
		bool section = false;

		unit_case("%s.%s", s->section, s->key);
		for (const struct section *x = setting_sections; x->name; x++)
			section = section || str_eq(x->name, s->section);
		assert_true(section);
		for (const struct setting *o = setting_table; o < s; o++)
			assert_false(str_eq(o->section, s->section) && str_eq(o->key, s->key));
		assert_true(str_ends(s->help, "."));
		assert_true(s->def || s->example);
		assert_non_null(strstr(md.s, arena_printf(f->a, "| `%s` |", s->key)));
		assert_non_null(strstr(man.s, arena_printf(f->a, ".B %s\n", s->key)));
		assert_non_null(strstr(help.s, arena_printf(f->a, "  %s", s->key)));
		assert_non_null(strstr(ini.s, arena_printf(f->a, "#%s = ", s->key)));
	}
}

static void test_host(void **state)
{
	static const char *const private[] = {"localhost", "127.0.0.1", "10.1.2.3", "172.16.0.1",
	        "172.31.9.9", "192.168.1.1", "169.254.1.1", "100.64.0.1", "[::1]", "[fd00::1]",
	        "opencode", "x.railway.internal", "box.local", "a.localhost"};
	static const char *const public[] = {"slack.com", "8.8.8.8", "172.32.0.1", "172.15.0.1",
	        "192.169.0.1", "100.128.0.1", "[2001:db8::1]", "localhost.evil.com",
	        "127.0.0.1.x.com", "", "internal.com"};
	const char *host;
	int port;

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(private); i++)
		assert_true(config_private_host(private[i]));
	for (size_t i = 0; i < UNIT_LEN(public); i++)
		assert_false(config_private_host(public[i]));
	assert_true(config_host_port(((struct fixture *)*state)->a, "[::1]:80", &host, &port));
	assert_string_equal(host, "::1");
	assert_int_equal(port, 80);
	assert_false(config_host_port(((struct fixture *)*state)->a, "::1:80", &host, &port));
	assert_false(config_host_port(((struct fixture *)*state)->a, ":80", &host, &port));
	assert_false(config_host_port(((struct fixture *)*state)->a, "h:80x", &host, &port));
	assert_false(config_host_port(((struct fixture *)*state)->a, "h:", &host, &port));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

UNIT_MAIN(CASE(test_defaults), CASE(test_file), CASE(test_precedence), CASE(test_railway_port),
        CASE(test_path), CASE(test_services), CASE(test_profile), CASE(test_problems),
        CASE(test_long_line), CASE(test_all), CASE(test_require), CASE(test_example),
        CASE(test_table), CASE(test_host))
