/* secrets.c - see secrets.h. */
#include "app/secrets.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

/* Longer than any token; a file of this size is not one. */
#define SECRET_MAX 16384

/* Shorter ones are placeholders, and would make the redaction gate mask common words. */
#define SECRET_MIN 8
/* A shorter one would mask parts of common words (redact_exact ignores them). */
#define LISTED_MIN 6
#define LISTED_MAX 1000000

struct secret {
	const char *name;
	size_t offset;
	const char *prefix;    /* NULL = any */
	const char *wrong;     /* a prefix that tells of a mix-up … */
	const char *wrong_why; /* … and what to say then */
	const char *help;
	bool is_name; /* no secret: any length, not redacted */
	bool is_pem;  /* lines of a key */
};

#define AT(field) offsetof(struct secrets, field)

static const struct secret table[] = {
        {"SLACK_APP_TOKEN", AT(slack_app), "xapp-", "xoxb-",
                "this is a bot token: it belongs in SLACK_BOT_TOKEN",
                "Slack app-level token (xapp-…) with connections:write, for Socket Mode.", false,
                false},
        {"SLACK_BOT_TOKEN", AT(slack_bot), "xoxb-", "xapp-",
                "this is an app-level token: it belongs in SLACK_APP_TOKEN",
                "Slack bot token (xoxb-…).", false, false},
        {"RAILWAY_API_TOKEN", AT(railway_api), NULL, "Bearer ", "leave out the word Bearer",
                "Railway account or workspace token.", false, false},
        {"RAILWAY_TOKEN", AT(railway_project), NULL, "Bearer ", "leave out the word Bearer",
                "Railway project token; names project and environment by itself.", false, false},
        {"OPENAI_API_KEY", AT(openai), NULL, "sk-ant-",
                "this is an Anthropic key: it belongs in ANTHROPIC_API_KEY",
                "Key of the OpenAI-compatible server.", false, false},
        {"ANTHROPIC_API_KEY", AT(anthropic), NULL, "sk-proj-",
                "this is an OpenAI key: it belongs in OPENAI_API_KEY", "Key of Anthropic.", false,
                false},
        {"OPENCODE_SERVER_PASSWORD", AT(opencode_password), NULL, NULL, NULL,
                "Password of the OpenCode server (basic auth).", false, false},
        {"OPENCODE_SERVER_USERNAME", AT(opencode_username), NULL, NULL, NULL,
                "User name of the OpenCode server; default opencode.", true, false},
        {"GITHUB_TOKEN", AT(github), NULL, "Bearer ", "leave out the word Bearer",
                "GitHub token (fine-grained: contents and pull requests, read and write) that "
                "verifies and opens pull requests.",
                false, false},
        {"GITHUB_APP_KEY", AT(github_app_key), "-----BEGIN ", NULL, NULL,
                "Private key (PEM) of the GitHub App of [github] app, instead of GITHUB_TOKEN.",
                false, true},
        {"HEAL_HTTP_TOKEN", AT(http), NULL, NULL, NULL,
                "Opens the local pages from elsewhere; any long random text.", false, false},
};

#define COUNT (sizeof(table) / sizeof(table[0]))

/* A copy of the variable; the original is wiped and removed. */
static char *take_env(struct arena *a, const char *name)
{
	char *v = getenv(name), *copy;

	if (!v)
		return NULL;
	copy = *v ? arena_strdup(a, v) : NULL;
	explicit_bzero(v, strlen(v));
	unsetenv(name);
	return copy;
}

/* Secrets that a container runtime mounts are readable inside the container by design. */
static void check_mode(const char *name, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (st.st_mode & 077) && !str_starts(path, "/run/secrets/"))
		log_warn("secrets", "%s_FILE: %s can be read by others: chmod 600 it", name, path);
}

static char *read_file(struct arena *a, const char *name, const char *path, struct str *problems)
{
	char buf[SECRET_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));
	char *out = NULL;

	if (n < 0) {
		str_addf(problems, "%s_FILE: %s cannot be read: %s\n", name, path,
		        strerrordesc_np(errno));
	} else if (n == (ssize_t)sizeof(buf) || memchr(buf, '\0', (size_t)n)) {
		str_addf(problems, "%s_FILE: %s is no text file with a token in it\n", name, path);
	} else {
		check_mode(name, path, fd);
		while (n > 0 && isspace((unsigned char)buf[n - 1]))
			n--;
		out = arena_strndup(a, buf, (size_t)n);
		if (n == 0)
			str_addf(problems, "%s_FILE: %s is empty\n", name, path);
	}
	explicit_bzero(buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
	return out;
}

/* Never prints the value. */
static void check_shape(const struct secret *s, const char *v, struct str *problems)
{
	size_t n = strlen(v);

	if (s->wrong && str_starts(v, s->wrong))
		str_addf(problems, "%s: %s\n", s->name, s->wrong_why);
	else if (!s->is_pem && (strpbrk(v, " \t\r\n\"'") || str_starts(v, "<")))
		str_addf(problems,
		        "%s: has blanks, quotes or brackets in it: give the token alone\n",
		        s->name);
	else if (s->prefix && !str_starts(v, s->prefix))
		str_addf(problems, "%s: must begin with %s (it has %zu characters)\n", s->name,
		        s->prefix, n);
	else if (!s->is_name && n < SECRET_MIN)
		str_addf(problems, "%s: only %zu characters long: that is no token\n", s->name, n);
	for (size_t i = 0; i < n && !s->is_pem; i++) {
		if ((unsigned char)v[i] < 0x20 || (unsigned char)v[i] > 0x7E) {
			str_addf(problems,
			        "%s: has a character in it that no token has (was it copied "
			        "with its surroundings?)\n",
			        s->name);
			break;
		}
	}
}

static const char *load(struct arena *a, const struct secret *s, struct str *problems)
{
	char *file_name = arena_printf(a, "%s_FILE", s->name);
	char *v = take_env(a, s->name), *path = take_env(a, file_name);

	if (v && path)
		str_addf(problems, "%s and %s are both set: remove one\n", s->name, file_name);
	else if (path)
		v = read_file(a, s->name, path, problems);
	if (v && *v)
		check_shape(s, v, problems);
	return v && *v ? v : NULL;
}

static const char **field(struct secrets *k, const struct secret *s)
{
	return (const char **)(void *)((char *)k + s->offset);
}

bool secrets_load(struct arena *a, struct secrets *out, struct str *problems)
{
	size_t before = problems->len;

	*out = (struct secrets){0};
	for (size_t i = 0; i < COUNT; i++)
		*field(out, &table[i]) = load(a, &table[i], problems);
	if (!out->opencode_username)
		out->opencode_username = "opencode";
	return problems->len == before;
}

const char *const *secrets_values(struct arena *a, const struct secrets *k)
{
	struct secrets copy = *k;
	size_t n = 0, listed = 0;
	const char **list;

	while (k->listed && k->listed[listed])
		listed++;
	list = ARENA_ARRAY(a, COUNT + listed + 1, const char *);

	for (size_t i = 0; i < COUNT; i++) {
		const char *v = *field(&copy, &table[i]);

		if (v && !table[i].is_name)
			list[n++] = v;
	}
	for (size_t i = 0; i < listed; i++)
		list[n++] = k->listed[i];
	return list;
}

/* The whole file; NULL with a line in problems. */
static const char *slurp(struct arena *a, const char *path, struct str *problems)
{
	struct str b = str_new(a);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : 0;
	char buf[4096];

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0 && b.len < LISTED_MAX)
		str_addn(&b, buf, (size_t)n);
	if (n < 0)
		str_addf(problems, "[redact] values: %s cannot be read: %s\n", path,
		        strerrordesc_np(errno));
	else if (n > 0)
		str_addf(problems, "[redact] values: %s is larger than 1 MB\n", path);
	explicit_bzero(buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
	return n == 0 ? str_or(b.s, "") : NULL;
}

bool secrets_listed(struct arena *a, const char *path, struct secrets *out, struct str *problems)
{
	const char *text = slurp(a, path, problems), **list;
	size_t n = 0, line = 0, before = problems->len;

	if (!text)
		return false;
	list = ARENA_ARRAY(a, strlen(text) / 2 + 2, const char *);
	for (const char *p = text; *p; p += *p == '\n') {
		size_t k = strcspn(p, "\r\n");

		line++;
		if (k >= LISTED_MIN)
			list[n++] = arena_strndup(a, p, k);
		else if (k > 0)
			str_addf(problems, "[redact] values: line %zu has fewer than %d bytes\n",
			        line, LISTED_MIN);
		p += strcspn(p, "\n");
	}
	out->listed = list;
	return problems->len == before;
}

void secrets_harden(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	/* LeakSanitizer attaches to the process: not under ASan. */
#ifndef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

bool secrets_doc(size_t i, struct secret_doc *out)
{
	if (i >= COUNT)
		return false;
	*out = (struct secret_doc){table[i].name, table[i].prefix, table[i].help};
	return true;
}
