/*
 * github_app.c - a GitHub App: its key, JSON web tokens checked as GitHub checks them (RFC 7519,
 * RS256), and installation tokens for one or more repositories with the permissions asked for.
 *
 * App 12345 is installed as 777 in acme/api and acme/orders, not in acme/reports.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "github_i.h"

#define APP_ID       "12345"
#define INSTALLATION "777"
#define TOKENS       64
#define HOUR_MS      3600000

struct token {
	char text[300];
	char repos[200]; /* " acme/api acme/orders " */
	int64_t until_ms;
	enum gh_level contents, pulls;
};

struct gh_app {
	EVP_PKEY *key;
	struct token tokens[TOKENS];
	size_t n;
};

static struct gh_app *app_of(struct gh_peer *p)
{
	if (p->app)
		return p->app;
	p->app = calloc(1, sizeof(*p->app));
	if (!p->app || !(p->app->key = EVP_RSA_gen(2048)))
		abort();
	return p->app;
}

void gh_app_free(struct gh_app *app)
{
	if (!app)
		return;
	EVP_PKEY_free(app->key);
	free(app);
}

void gh_app_reset(struct gh_app *app)
{
	if (app)
		app->n = 0;
}

void gh_app_control(struct gh_peer *p, const struct sb_request *rq, struct sb_response *rs)
{
	BIO *mem = BIO_new(BIO_s_mem());
	json *o = json_obj(rq->a);
	char *pem;
	long n;

	if (!mem || !PEM_write_bio_PrivateKey(mem, app_of(p)->key, NULL, NULL, 0, NULL, NULL))
		abort();
	n = BIO_get_mem_data(mem, &pem);
	json_set_str(o, "id", APP_ID);
	json_set_str(o, "key", arena_strndup(rq->a, pem, (size_t)n));
	BIO_free(mem);
	sb_send_json(rs, 200, o);
}

/* --- the web token --- */

/* base64url without padding; false when it is none. */
static bool decode(struct arena *a, const char *s, size_t n, unsigned char **out, size_t *len)
{
	char *b = arena_alloc(a, n + 4);
	size_t pad = (4 - n % 4) % 4;
	int got;

	for (size_t i = 0; i < n; i++)
		b[i] = s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i];
	memset(b + n, '=', pad);
	*out = arena_alloc(a, (n + pad) / 4 * 3 + 1);
	got = EVP_DecodeBlock(*out, (unsigned char *)b, (int)(n + pad));
	*len = got < 0 ? 0 : (size_t)got - pad;
	return got > 0;
}

static const json *part(struct arena *a, const char *s, size_t n)
{
	struct err e = {0};
	unsigned char *text;
	size_t len;

	return decode(a, s, n, &text, &len) ? json_parse(a, (char *)text, len, &e) : NULL;
}

static bool signed_by(EVP_PKEY *key, const char *s, size_t n, const unsigned char *sig, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	          EVP_DigestVerify(ctx, sig, len, (const unsigned char *)s, n) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

/* What GitHub says is wrong with it, or NULL. */
static const char *jwt_fault(struct gh_call *c, const char *jwt)
{
	struct arena *a = c->rq->a;
	const char *dot = strchr(jwt, '.'), *last = strrchr(jwt, '.');
	int64_t now = sb_now_ms(c->p->sb) / 1000;
	const json *head, *body;
	unsigned char *sig;
	size_t len;

	if (!dot || dot == last)
		return "A JSON web token could not be decoded";
	head = part(a, jwt, (size_t)(dot - jwt));
	body = part(a, dot + 1, (size_t)(last - dot - 1));
	if (!str_eq(json_str(head, ".alg", ""), "RS256") || !json_is_obj(body) ||
	        !decode(a, last + 1, strlen(last + 1), &sig, &len) ||
	        !signed_by(app_of(c->p)->key, jwt, (size_t)(last - jwt), sig, len))
		return "A JSON web token could not be decoded";
	if (!str_eq(json_str(body, ".iss", ""), APP_ID) &&
	        json_int(body, ".iss", 0) != atoi(APP_ID))
		return "'Issuer' claim ('iss') must be an Integer";
	if (json_int(body, ".iat", 0) > now + 60)
		return "'Issued at' claim ('iat') must be an Integer representing the time that the "
		       "assertion was issued";
	if (json_int(body, ".exp", 0) <= now)
		return "'Expiration time' claim ('exp') must be a numeric value representing the future "
		       "time at which the assertion expires";
	if (json_int(body, ".exp", 0) > now + 600)
		return "'Expiration time' claim ('exp') is too far in the future";
	return NULL;
}

static bool with_jwt(struct gh_call *c)
{
	const char *jwt = sb_bearer(c->rq), *why;

	why = jwt && str_starts(jwt, "ey") ? jwt_fault(c, jwt)
	                                   : "A JSON web token could not be decoded";
	if (why)
		gh_error(c->rs, 401, why);
	return why == NULL;
}

/* --- installation tokens --- */

static bool installed(const char *repo)
{
	return str_eq(repo, "acme/api") || str_eq(repo, "acme/orders");
}

static enum gh_level level_of(const json *permissions, const char *name)
{
	const char *s = json_str(permissions, name, "");

	return str_eq(s, "write") ? GH_WRITE : str_eq(s, "read") ? GH_READ : GH_NONE;
}

static struct token *find(struct gh_app *app, const char *text)
{
	for (size_t i = 0; app && i < app->n; i++)
		if (str_eq(app->tokens[i].text, text))
			return &app->tokens[i];
	return NULL;
}

bool gh_app_grant(struct sb *sb, const char *token, const char *repo, struct gh_grant *out)
{
	struct gh_peer *p = sb_peer_state(sb, "github");
	struct token *t = find(p->app, token);
	char name[200];

	if (!t || t->until_ms <= sb_now_ms(sb))
		return false;
	*out = (struct gh_grant){.known = true, .app = true};
	snprintf(name, sizeof(name), " %s ", repo);
	if (!strstr(t->repos, name))
		return true; /* a token, but not for this one */
	out->contents = t->contents;
	out->pulls = t->pulls;
	return true;
}

/* False (answered) when a repository or a permission is asked for that the App does not have. */
static bool check_wish(struct gh_call *c, const json *j, char repos[200])
{
	static const char *const granted[] = {
	        "contents", "pull_requests", "checks", "statuses", "actions", "metadata", "issues"};
	size_t used = (size_t)snprintf(repos, 200, " ");

	json_each (r, json_get(j, ".repositories")) {
		const char *name = arena_printf(c->rq->a, "acme/%s", json_str(r, "", ""));

		if (!installed(name)) {
			gh_error(c->rs, 422,
			        "There is at least one repository that does not exist or is not accessible "
			        "to the parent installation.");
			return false;
		}
		used += (size_t)snprintf(repos + used, 200 - used, "%s ", name);
	}
	if (used == 1)
		snprintf(repos, 200, " acme/api acme/orders ");
	json_each (p, json_get(j, ".permissions")) {
		bool ok = false;

		for (size_t i = 0; i < sizeof(granted) / sizeof(*granted); i++)
			ok = ok || str_eq(json_key(p), granted[i]);
		if (!ok) {
			gh_error(c->rs, 422,
			        "The permissions requested are not granted to this installation.");
			return false;
		}
	}
	return true;
}

static void send_token(struct gh_call *c, const struct token *t, const json *j)
{
	json *o = json_obj(c->rq->a), *what = json_obj(c->rq->a);

	json_set_str(o, "token", t->text);
	json_set_str(o, "expires_at", clock_rfc3339(c->rq->a, t->until_ms / 1000 * 1000));
	json_set(o, "permissions", json_get(j, ".permissions"));
	json_set_str(what, "what", "installation token");
	json_set_str(what, "repos", t->repos);
	json_set(what, "permissions", json_get(j, ".permissions"));
	sb_record(c->p->sb, "github", "effect", what);
	sb_send_json(c->rs, 201, o);
}

static void make_token(struct gh_call *c)
{
	struct gh_app *app = app_of(c->p);
	struct err e = {0};
	const json *j = sb_json(c->rq, &e), *p = json_get(j, ".permissions");
	struct token *t = &app->tokens[app->n % TOKENS];

	*t = (struct token){.until_ms = sb_now_ms(c->p->sb) + HOUR_MS};
	if (!check_wish(c, j, t->repos))
		return;
	t->contents = p ? level_of(p, ".contents") : GH_WRITE;
	t->pulls = p ? level_of(p, ".pull_requests") : GH_WRITE;
	/* The long form of 2026: never 40 characters. */
	snprintf(t->text, sizeof(t->text),
	        "ghs_" APP_ID "_eyJhbGciOiJIUzI1NiJ9.%032llx%032llx.sandbox-%lld",
	        (long long)sb_next(c->p->sb), (long long)sb_now_ms(c->p->sb),
	        (long long)sb_next(c->p->sb));
	app->n++;
	send_token(c, t, j);
}

static void revoke(struct gh_call *c)
{
	struct token *t = find(c->p->app, sb_bearer(c->rq));
	json *what = json_obj(c->rq->a);

	if (!t) {
		gh_error(c->rs, 401, "Bad credentials");
		return;
	}
	json_set_str(what, "what", "installation token revoked");
	json_set_str(what, "repos", t->repos);
	sb_record(c->p->sb, "github", "effect", what);
	t->text[0] = '\0';
	sb_send(c->rs, 204, "text/plain", "", 0);
}

/* --- routes --- */

static void send_app(struct gh_call *c)
{
	json *o = json_obj(c->rq->a);

	json_set_int(o, "id", atoi(APP_ID));
	json_set_str(o, "slug", "heal-bot");
	json_set_str(o, "name", "Heal");
	sb_send_json(c->rs, 200, o);
}

static void send_installation(struct gh_call *c)
{
	json *o = json_obj(c->rq->a);

	if (!installed(arena_printf(c->rq->a, "%s/%s", sb_part(c->rq, 1), sb_part(c->rq, 2)))) {
		gh_not_found(c->rs);
		return;
	}
	json_set_int(o, "id", atoi(INSTALLATION));
	json_set_int(o, "app_id", atoi(APP_ID));
	sb_send_json(c->rs, 200, o);
}

static bool is(const struct gh_call *c, const char *method, const char *path)
{
	return str_eq(c->rq->method, method) && str_eq(c->rq->path, path);
}

bool gh_app_route(struct gh_call *c)
{
	const char *sub = sb_part(c->rq, 3);
	bool of_repo = str_eq(sb_part(c->rq, 0), "repos") && str_eq(sub, "installation") &&
	               !sb_part(c->rq, 4) && str_eq(c->rq->method, "GET");

	if (is(c, "DELETE", "/installation/token")) {
		revoke(c);
		return true;
	}
	if (!of_repo && !str_eq(sb_part(c->rq, 0), "app"))
		return false;
	if (!with_jwt(c))
		return true;
	if (of_repo)
		send_installation(c);
	else if (is(c, "GET", "/app"))
		send_app(c);
	else if (is(c, "POST", "/app/installations/" INSTALLATION "/access_tokens"))
		make_token(c);
	else
		gh_not_found(c->rs);
	return true;
}
