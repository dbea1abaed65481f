/*
 * Secrets out of text: exact values, known prefixes of vendors' tokens, passwords in URLs. See
 * redact.h.
 */
#include "redact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

enum { MAX_EXACT = 64, MIN_TOKEN = 12 };

struct redact {
	struct arena *a;
	const char *kind[MAX_EXACT], *value[MAX_EXACT];
	size_t n, count;
};

static const struct prefix {
	const char *text, *kind;
} prefixes[] = {
        {"xoxb-", "slack-token"},
        {"xoxp-", "slack-token"},
        {"xapp-", "slack-token"},
        {"ghp_", "github-token"},
        {"ghs_", "github-token"},
        {"gho_", "github-token"},
        {"github_pat_", "github-token"},
        {"sk-", "api-key"},
        {"AKIA", "aws-key"},
        {"glpat-", "gitlab-token"},
        {"npm_", "npm-token"},
        {"eyJ", "jwt"},
        {"rk_live_", "stripe-key"},
        {"sk_live_", "stripe-key"},
        {"SG.", "sendgrid-key"},
        {"AIza", "google-key"},
};

struct redact *redact_new(void)
{
	struct arena *a = arena_new(0);
	struct redact *r = ARENA_NEW(a, struct redact);

	r->a = a;
	return r;
}

void redact_free(struct redact *r)
{
	if (r)
		arena_free(r->a);
}

bool redact_exact(struct redact *r, const char *kind, const char *value)
{
	if (strlen(value) < 6 || r->n == MAX_EXACT)
		return false;
	r->kind[r->n] = arena_strdup(r->a, kind);
	r->value[r->n++] = arena_strdup(r->a, value);
	return true;
}

static void mask(struct redact *r, struct str *b, const char *kind, const char *p, size_t n)
{
	str_addf(b, "<%s#%04x>", kind, (unsigned)(str_hash(p, n) & 0xffff));
	r->count++;
}

static size_t token_len(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || (p[n] && strchr("_-.~+/=", p[n])))
		n++;
	return n;
}

/* Length of a secret at p, 0 = none. */
static size_t match(const struct redact *r, const char *p, bool boundary, const char **kind)
{
	for (size_t i = 0; i < r->n; i++) {
		if (str_starts(p, r->value[i])) {
			*kind = r->kind[i];
			return strlen(r->value[i]);
		}
	}
	for (size_t i = 0; boundary && i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		size_t n;

		if (!str_starts(p, prefixes[i].text))
			continue;
		n = token_len(p);
		*kind = prefixes[i].kind;
		if (n >= strlen(prefixes[i].text) + MIN_TOKEN)
			return n;
	}
	return 0;
}

/* "://user:password@": the length of the password that begins at p, which follows the colon. */
static size_t url_password(const char *start, const char *p)
{
	const char *s = p - 1;
	size_t n = strcspn(p, "@/ \t\"'");

	while (s > start && (isalnum((unsigned char)s[-1]) || strchr("_-.%", s[-1])))
		s--;
	return s >= start + 3 && !strncmp(s - 3, "://", 3) && n > 0 && p[n] == '@' && *p != '<' ? n
	                                                                                        : 0;
}

const char *redact_text(struct redact *r, struct arena *a, const char *s)
{
	struct str b = str_new(a);
	const char *p = s, *kind = "";
	size_t before = r->count;

	while (*p) {
		bool boundary = p == s || !isalnum((unsigned char)p[-1]);
		size_t n = match(r, p, boundary, &kind);

		if (n == 0 && p > s && p[-1] == ':') {
			n = url_password(s, p);
			kind = "password";
		}
		if (n > 0)
			mask(r, &b, kind, p, n);
		else
			str_addc(&b, *p);
		p += n ? n : 1;
	}
	return r->count == before ? s : b.s;
}

const char *redact_line(
        struct redact *r, struct arena *a, const char *line, size_t n, size_t *n_out)
{
	const char *out = redact_text(r, a, arena_strndup(a, line, n));

	*n_out = strlen(out);
	return out;
}

size_t redact_count(const struct redact *r)
{
	return r->count;
}

const char *redact_receipt(const struct redact *r, struct arena *a)
{
	return arena_printf(a, "%zu masked", r->count);
}

void redact_reset_count(struct redact *r)
{
	r->count = 0;
}
