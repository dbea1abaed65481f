/*
 * github_app.c - a GitHub App's tokens: a JSON web token signed with its key (RS256, RFC 7519, at
 * most ten minutes) gives installation tokens (an hour) for one repository each. What reads is kept
 * until it ends; what writes is given back by github_release().
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "clients/github_wire.h"
#include "clock.h"
#include "log.h"

#define KEPT     32     /* tokens of one worker; the oldest makes room */
#define EARLY_MS 120000 /* renewed so long before its end */

struct kept {
	char *repo, *token; /* NULL = free */
	bool writes;
	int64_t until_ms;
};

struct github_app {
	char *id;
	EVP_PKEY *key; /* NULL = no usable key was given */
	struct kept kept[KEPT];
	size_t next;
};

static char *copy(const char *s)
{
	char *c = strdup(s);

	if (!c)
		abort();
	return c;
}

/* An environment variable may hold the lines of the key with "\n" written out. */
static char *lines_of(const char *pem)
{
	char *text = copy(pem), *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == '\\' && from[1] == 'n') {
			*to++ = '\n';
			from++;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return text;
}

struct github_app *gh_app_new(const char *id, const char *pem)
{
	struct github_app *app = calloc(1, sizeof(*app));
	char *text = lines_of(pem);
	BIO *mem = BIO_new_mem_buf(text, -1);

	if (!app || !mem)
		abort();
	app->id = copy(id);
	app->key = PEM_read_bio_PrivateKey(mem, NULL, NULL, NULL);
	if (!app->key)
		ERR_clear_error();
	BIO_free(mem);
	explicit_bzero(text, strlen(text));
	free(text);
	return app;
}

/* --- the web token --- */

static void add_base64url(struct str *b, const void *data, size_t n)
{
	char *s = arena_alloc(b->a, (n + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)s, data, (int)n);
	for (char *p = s; *p && *p != '='; p++)
		str_addc(b, *p == '+' ? '-' : *p == '/' ? '_' : *p);
}

static bool add_signature(struct str *b, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *sig = NULL;
	size_t n = 0, signed_len = b->len;
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	          EVP_DigestSign(ctx, NULL, &n, (unsigned char *)b->s, signed_len) == 1;

	if (ok) {
		sig = arena_alloc(b->a, n);
		ok = EVP_DigestSign(ctx, sig, &n, (unsigned char *)b->s, signed_len) == 1;
	}
	EVP_MD_CTX_free(ctx);
	if (ok) {
		str_addc(b, '.');
		add_base64url(b, sig, n);
	}
	ERR_clear_error();
	return ok;
}

/* A minute back and nine ahead: clocks differ, and ten minutes are the most GitHub takes. */
static const char *web_token(const struct github_app *app, struct arena *a, struct err *e)
{
	static const char head[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
	int64_t now = clock_now_ms() / 1000;
	struct str b = str_new(a);
	const char *body;
	json *j = json_obj(a);

	if (!app->key) {
		err_set(e, ERR_CONFIG, false,
		        "GITHUB_APP_KEY is no private key: give the .pem file that GitHub made for the "
		        "App (GITHUB_APP_KEY_FILE)");
		return NULL;
	}
	json_set_int(j, "iat", now - 60);
	json_set_int(j, "exp", now + 540);
	json_set_str(j, "iss", app->id);
	body = json_print(a, j);
	add_base64url(&b, head, sizeof(head) - 1);
	str_addc(&b, '.');
	add_base64url(&b, body, strlen(body));
	if (!add_signature(&b, app->key)) {
		err_set(e, ERR_CONFIG, false,
		        "GITHUB_APP_KEY cannot sign: it has to be an RSA key");
		return NULL;
	}
	return b.s;
}

/* --- installation tokens --- */

static void forget(struct kept *k)
{
	if (k->token)
		explicit_bzero(k->token, strlen(k->token));
	free(k->token);
	free(k->repo);
	*k = (struct kept){0};
}

static void revoke(struct github *g, struct kept *k)
{
	struct arena *a = arena_new(4096);
	struct gh_call c = {
	        .method = "DELETE",
	        .path = "/installation/token",
	        .what = "end of a token",
	        .bearer = k->token,
	};
	struct err e = {0};

	if (k->until_ms > clock_now_ms() && !gh_do(g, a, &c, NULL, &e))
		log_warn("github", "a token was not revoked, it ends within the hour: %s", e.msg);
	arena_free(a);
	forget(k);
}

void github_release(struct github *g)
{
	for (size_t i = 0; g->app && i < KEPT; i++)
		if (g->app->kept[i].token && g->app->kept[i].writes)
			revoke(g, &g->app->kept[i]);
}

void gh_app_free(struct github *g)
{
	if (!g->app)
		return;
	for (size_t i = 0; i < KEPT; i++)
		if (g->app->kept[i].token)
			revoke(g, &g->app->kept[i]);
	EVP_PKEY_free(g->app->key);
	free(g->app->id);
	free(g->app);
}

static bool installation_of(struct github *g, struct arena *a, const char *repo, const char *jwt,
        int64_t *id, struct err *e)
{
	struct gh_call c = {
	        .path = gh_path(a, repo, "/installation"),
	        .what = "installation of the App",
	        .bearer = jwt,
	};
	const json *j = NULL;

	if (!gh_do(g, a, &c, &j, e)) {
		if (e && e->code == ERR_NOT_FOUND)
			err_set(e, ERR_NOT_FOUND, false,
			        "GitHub: the App is not installed in %.120s: install it there "
			        "(Settings, GitHub Apps)",
			        repo);
		return false;
	}
	*id = json_int(j, ".id", 0);
	return *id > 0 || err_set(e, ERR_PROTO, false, "GitHub: an installation without an id");
}

/* The least that the work needs; `few` leaves out what not every App has. */
static json *wish(struct arena *a, const char *repo, bool writes, bool few)
{
	static const char *const also[] = {"checks", "statuses", "actions"};
	json *j = json_obj(a), *p = json_set_obj(j, "permissions");

	json_add_str(json_set_arr(j, "repositories"), strchr(repo, '/') + 1);
	json_set_str(p, "contents", writes ? "write" : "read");
	json_set_str(p, "pull_requests", writes ? "write" : "read");
	json_set_str(p, "metadata", "read");
	for (size_t i = 0; i < 3 && !writes && !few; i++)
		json_set_str(p, also[i], "read");
	return j;
}

static const char *keep(
        struct github_app *app, const char *repo, bool writes, const json *j, struct err *e)
{
	struct kept *k = &app->kept[app->next++ % KEPT];
	const char *token = json_str(j, ".token", "");

	if (!*token) {
		err_set(e, ERR_PROTO, false, "GitHub: an answer without a token");
		return NULL;
	}
	forget(k);
	*k = (struct kept){copy(repo), copy(token), writes, gh_time(j, ".expires_at")};
	return k->token;
}

static const char *new_token(
        struct github *g, struct arena *a, const char *repo, bool writes, struct err *e)
{
	const char *jwt = web_token(g->app, a, e);
	struct gh_call c = {.what = "token for the repository", .bearer = jwt};
	const json *j = NULL;
	int64_t id;

	if (!jwt || !installation_of(g, a, repo, jwt, &id, e))
		return NULL;
	c.path = arena_printf(a, "/app/installations/%lld/access_tokens", (long long)id);
	c.body = wish(a, repo, writes, false);
	if (gh_do(g, a, &c, &j, e))
		return keep(g->app, repo, writes, j, e);
	if (c.status != 422 || writes)
		return NULL;
	c.body = wish(a, repo, writes, true);
	if (e)
		*e = (struct err){0};
	return gh_do(g, a, &c, &j, e) ? keep(g->app, repo, writes, j, e) : NULL;
}

/* "acme/api" of "/repos/acme/api/…"; NULL outside of repositories. */
static const char *repo_of(struct arena *a, const char *path)
{
	const char *p = path + strlen("/repos/");
	size_t owner;

	if (!str_starts(path, "/repos/"))
		return NULL;
	owner = strcspn(p, "/") + 1;
	return arena_strndup(a, p, owner + strcspn(p + owner, "/?"));
}

const char *gh_app_token(struct github *g, struct arena *a, const struct gh_call *c, struct err *e)
{
	bool writes = c->body || c->raw_json || (c->method && !str_eq(c->method, "GET"));
	const char *repo = repo_of(a, c->path);
	int64_t now = clock_now_ms();

	if (!repo)
		return web_token(g->app, a, e);
	for (size_t i = 0; i < KEPT; i++) {
		struct kept *k = &g->app->kept[i];

		if (!k->token || !str_eq(k->repo, repo) || k->writes < writes)
			continue;
		if (k->until_ms - EARLY_MS > now)
			return k->token;
		forget(k);
	}
	return new_token(g, a, repo, writes, e);
}
