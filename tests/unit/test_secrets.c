/* test_secrets.c - tokens from the environment and from files; nothing of them is ever printed. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "app/secrets.h"

struct fixture {
	struct arena *a;
	struct str problems;
	struct secrets k;
	char file[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct secret_doc doc;
	int fd;

	if (!f)
		return -1;
	f->a = arena_new(0);
	f->problems = str_new(f->a);
	strcpy(f->file, "/tmp/heal-secret.XXXXXX");
	fd = mkstemp(f->file);
	close(fd);
	for (size_t i = 0; secrets_doc(i, &doc); i++) {
		unsetenv(doc.name);
		unsetenv(arena_printf(f->a, "%s_FILE", doc.name));
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->file);
	arena_free(f->a);
	free(f);
	return 0;
}

static bool load(struct fixture *f)
{
	f->problems = str_new(f->a);
	return secrets_load(f->a, &f->k, &f->problems);
}

static void write_file(const struct fixture *f, const char *text, size_t n)
{
	FILE *out = fopen(f->file, "w");

	assert_non_null(out);
	fwrite(text, 1, n, out);
	fclose(out);
}

static void test_env(void **state)
{
	struct fixture *f = *state;
	const char *const *values;

	setenv("SLACK_APP_TOKEN", "xapp-1-A0-123", 1);
	setenv("SLACK_BOT_TOKEN", "", 1); /* empty is not set */
	setenv("GITHUB_TOKEN", "github_pat_11AAAA", 1);
	assert_true(load(f));
	assert_string_equal(f->problems.s, "");
	assert_string_equal(f->k.slack_app, "xapp-1-A0-123");
	assert_null(f->k.slack_bot);
	assert_string_equal(f->k.opencode_username, "opencode");
	/* Gone from the environment: children and later code do not find them. */
	assert_null(getenv("SLACK_APP_TOKEN"));
	assert_null(getenv("GITHUB_TOKEN"));
	values = secrets_values(f->a, &f->k);
	assert_string_equal(values[0], "xapp-1-A0-123");
	assert_string_equal(values[1], "github_pat_11AAAA");
	assert_null(values[2]); /* the user name is no secret */
}

static void test_file(void **state)
{
	struct fixture *f = *state;

	write_file(f, "xoxb-1-2-abc\r\n", 14);
	setenv("SLACK_BOT_TOKEN_FILE", f->file, 1);
	assert_true(load(f));
	assert_string_equal(f->k.slack_bot, "xoxb-1-2-abc");
	assert_null(getenv("SLACK_BOT_TOKEN_FILE"));
}

static void test_files_refused(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *want;
	} t[] = {
	        {"", 0, "is empty"},
	        {"\n \n", 3, "is empty"},
	        {"a\0b", 3, "no text file"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		write_file(f, t[i].text, t[i].n);
		setenv("GITHUB_TOKEN_FILE", f->file, 1);
		assert_false(load(f));
		assert_non_null(strstr(f->problems.s, t[i].want));
		assert_non_null(strstr(f->problems.s, "GITHUB_TOKEN_FILE"));
	}
	setenv("GITHUB_TOKEN_FILE", "/no/such/file", 1);
	assert_false(load(f));
	assert_non_null(strstr(f->problems.s, "No such file or directory"));
	setenv("GITHUB_TOKEN_FILE", f->file, 1);
	setenv("GITHUB_TOKEN", "ghp_0123456789", 1);
	assert_false(load(f));
	assert_non_null(strstr(f->problems.s, "both set"));
}

static void test_shapes(void **state)
{
	static const struct {
		const char *name, *value, *want;
	} t[] = {
	        {"SLACK_APP_TOKEN", "xoxb-SECRET-1", "belongs in SLACK_BOT_TOKEN"},
	        {"SLACK_BOT_TOKEN", "xapp-SECRET-1", "belongs in SLACK_APP_TOKEN"},
	        {"SLACK_BOT_TOKEN", "xoxp-SECRET-1", "must begin with xoxb-"},
	        {"SLACK_BOT_TOKEN", "\"xoxb-SECRET-1\"", "quotes"},
	        {"SLACK_BOT_TOKEN", "xoxb-SECRET 1", "blanks"},
	        {"RAILWAY_API_TOKEN", "Bearer SECRET-1", "the word Bearer"},
	        {"OPENAI_API_KEY", "sk-ant-SECRET-1", "ANTHROPIC_API_KEY"},
	        {"ANTHROPIC_API_KEY", "sk-proj-SECRET-1", "OPENAI_API_KEY"},
	        {"GITHUB_TOKEN", "<SECRET>", "brackets"},
	        {"GITHUB_TOKEN", "SECRET", "only 6 characters"},
	        {"GITHUB_TOKEN", "ghp_SECRET\xc2\xa0", "no token has"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		unit_case("%s=%s", t[i].name, t[i].value);
		setenv(t[i].name, t[i].value, 1);
		assert_false(load(f));
		unit_case("says %s", f->problems.s);
		assert_non_null(strstr(f->problems.s, t[i].name));
		assert_non_null(strstr(f->problems.s, t[i].want));
		assert_null(strstr(f->problems.s, "SECRET"));
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* What the operator lists is masked as our own secrets are; what cannot be right is said without
 * it. */
static void test_listed(void **state)
{
	struct fixture *f = *state;
	const char *const *v;

	write_file(f, "first-value\r\n\nsecond value with blanks\n", 38);
	assert_true(secrets_listed(f->a, f->file, &f->k, &f->problems));
	v = secrets_values(f->a, &f->k);
	assert_string_equal(v[0], "first-value");
	assert_string_equal(v[1], "second value with blanks");
	assert_null(v[2]);
	write_file(f, "long enough\nshort", 17);
	assert_false(secrets_listed(f->a, f->file, &f->k, &f->problems));
	assert_non_null(strstr(f->problems.s, "line 2"));
	assert_null(strstr(f->problems.s, "short"));
	f->problems = str_new(f->a);
	assert_false(secrets_listed(f->a, "/nowhere/at/all", &f->k, &f->problems));
	assert_non_null(strstr(f->problems.s, "cannot be read"));
}

UNIT_MAIN(CASE(test_env), CASE(test_file), CASE(test_files_refused), CASE(test_shapes),
        CASE(test_listed))
