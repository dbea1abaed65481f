/*
 * gate_lines.c - what the changed lines of one file give away: tests made weaker, secrets, new
 * dependencies, characters that hide something from the reader. Pure.
 *
 * Words, not grammars: it reads the test frameworks of a dozen languages. What it says is shown to
 * the person who reviews; it may be wrong in both directions, and never lets anything through that
 * the rest of the gate would stop.
 */
#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "fix/outcome.h"
#include "str.h"

struct found {
	int asserts_gone, asserts_new, cases_gone, cases_new;
	const char *skip, *secret, *dependency, *hidden, *soft; /* the first of each; NULL = none */
};

static bool has_any(const char *line, const char *const *words)
{
	for (; *words; words++)
		if (strstr(line, *words))
			return true;
	return false;
}

static bool is_assert(const char *line)
{
	static const char *const words[] = {"assert", "Assert", "ASSERT_", "EXPECT_", "expect(",
	        "should", "require.", "t.Error", "t.Fatal", "CHECK(", "|| exit 1", "|| fail",
	        "[ \"$(", NULL};

	return has_any(line, words);
}

static bool is_case(const char *line)
{
	static const char *const words[] = {"def test", "func Test", "it(", "test(", "@Test",
	        "#[test]", "TEST(", "TEST_F(", "cmocka_unit_test(", "it \"", "it '", NULL};

	return has_any(line, words);
}

static bool is_skip(const char *line)
{
	static const char *const words[] = {".skip(", ".skip ", "xit(", "xdescribe(", "xtest(",
	        "@Disabled", "@Ignore", "mark.skip", "mark.xfail", "unittest.skip", "pytest.skip",
	        "t.Skip", "#[ignore", ".only(", "skip()", "exit 77", "return 77", "it.todo(", NULL};

	return has_any(line, words);
}

/* A failing command made to look like a good one. */
static bool is_soft(const char *line)
{
	return strstr(line, "|| true") || strstr(line, "continue-on-error") ||
	       strstr(line, "|| exit 0") || strstr(line, "--passWithNoTests");
}

static bool is_manifest(const char *path)
{
	static const char *const names[] = {"package.json", "requirements*.txt", "pyproject.toml",
	        "Pipfile", "setup.py", "setup.cfg", "go.mod", "Cargo.toml", "Gemfile", "pom.xml",
	        "build.gradle*", "composer.json", "*.csproj", "mix.exs", "Package.swift", NULL};

	for (size_t i = 0; names[i]; i++)
		if (fix_glob(names[i], path))
			return true;
	return false;
}

/* Direction marks and characters without width: "Trojan Source" (CVE-2021-42574). */
static bool hides(const char *line, size_t n)
{
	for (size_t i = 0, used; i < n; i += used) {
		uint32_t cp;
		bool ok;

		used = utf8_next(line + i, n - i, &cp, &ok);
		if ((cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) ||
		        (cp >= 0x200b && cp <= 0x200f) || cp == 0x00ad ||
		        (cp >= 0xe0000 && cp <= 0xe007f))
			return true;
	}
	return false;
}

/* A mask of the redactor that stands for a person's address is no secret. */
static bool is_secret(struct arena *a, struct redact *r, const char *line)
{
	const char *receipt;

	if (!r)
		return false;
	redact_reset_count(r);
	if (redact_text(r, a, line) == line)
		return false;
	receipt = redact_receipt(r, a);
	for (const char *p = receipt; *p; p += strspn(p, ", ")) {
		size_t n = strcspn(p, ",");
		const char *kind = memchr(p, ' ', n);

		if (kind && strncmp(kind + 1, "email", 5) != 0 &&
		        strncmp(kind + 1, "card", 4) != 0 && strncmp(kind + 1, "iban", 4) != 0)
			return true;
		p += n;
	}
	return false;
}

static const char *shown(struct arena *a, const char *line)
{
	char *s = str_clean(a, line, strlen(line), 0);

	for (char *p = s; *p; p++)
		if (*p == '\t' || *p == '`')
			*p = ' ';
	return str_ellipsis(a, s + strspn(s, " "), 60);
}

static void see_added(struct arena *a, const struct github_file *f, struct redact *r,
        const char *line, bool test, struct found *x)
{
	x->asserts_new += test && is_assert(line);
	x->cases_new += test && is_case(line);
	if (test && !x->skip && is_skip(line))
		x->skip = shown(a, line);
	if (!x->soft && (test || is_manifest(f->path)) && is_soft(line))
		x->soft = shown(a, line);
	if (!x->dependency && is_manifest(f->path) && line[strspn(line, " \t{}[](),")])
		x->dependency = shown(a, line);
	if (!x->hidden && hides(line, strlen(line)))
		x->hidden = "";
	if (!x->secret && is_secret(a, r, line))
		x->secret = "";
}

static void look(struct arena *a, const struct github_file *f, struct redact *r, struct found *x)
{
	bool test = fix_is_test_path(f->path);
	const char *p = f->patch;

	while (p && *p) {
		size_t n = strcspn(p, "\n");
		const char *line = arena_strndup(a, p + 1, n ? n - 1 : 0);

		if (*p == '+') {
			see_added(a, f, r, line, test, x);
		} else if (*p == '-') {
			x->asserts_gone += test && is_assert(line);
			x->cases_gone += test && is_case(line);
		}
		p += n + (p[n] == '\n');
	}
}

void fix_gate_lines(
        struct arena *a, const struct github_file *f, struct redact *r, struct fix_gate *out)
{
	const char *path = str_clean(a, f->path, strlen(f->path), 120);
	struct found x = {0};

	look(a, f, r, &x);
	if (x.secret)
		fix_gate_stop(out,
		        arena_printf(a, "adds something that looks like a secret to %s", path));
	if (x.asserts_gone > x.asserts_new)
		fix_gate_flag(
		        out, arena_printf(a, "weakens the test %s: %d checks taken out, %d added",
		                     path, x.asserts_gone, x.asserts_new));
	if (x.cases_gone > x.cases_new)
		fix_gate_flag(out, arena_printf(a, "takes test cases out of %s (%d, and adds %d)",
		                           path, x.cases_gone, x.cases_new));
	if (x.skip)
		fix_gate_flag(out, arena_printf(a, "skips tests in %s: %s", path, x.skip));
	if (x.soft)
		fix_gate_flag(out, arena_printf(a, "hides failures in %s: %s", path, x.soft));
	if (x.dependency)
		fix_gate_flag(out, arena_printf(a, "changes dependencies or scripts in %s: %s",
		                           path, x.dependency));
	if (x.hidden)
		fix_gate_flag(out,
		        arena_printf(a, "adds characters to %s that a reader cannot see", path));
}

void fix_gate_text(struct arena *a, const struct fix_contract *c, const char *what,
        const char *text, struct redact *r, struct fix_gate *out)
{
	(void)c;
	if (text && is_secret(a, r, text))
		fix_gate_stop(out,
		        arena_printf(a, "has something that looks like a secret in its %s", what));
}
