/* opencode.c - the OpenCode server: requests, health, sessions. */
#include "opencode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clients/opencode_wire.h"
#include "str.h"

#define SESSIONS_LISTED 100

static char *copy(const char *s)
{
	char *c = s ? strdup(s) : NULL;

	if (s && !c)
		abort();
	return c;
}

struct opencode *opencode_new(struct http *h, const struct opencode_config *c)
{
	struct opencode *o = calloc(1, sizeof(*o));
	size_t n;

	if (!o)
		abort();
	assert(h && c->url);
	o->http = h;
	o->url = copy(c->url);
	n = strlen(o->url);
	while (n > 0 && o->url[n - 1] == '/')
		o->url[--n] = '\0';
	o->user = copy(str_or(c->user, "opencode"));
	o->password = copy(c->password);
	o->directory = copy(c->directory);
	o->timeout_ms = c->timeout_ms ? c->timeout_ms : 20000;
	return o;
}

void opencode_free(struct opencode *o)
{
	if (!o)
		return;
	if (o->password)
		explicit_bzero(o->password, strlen(o->password));
	free(o->url);
	free(o->user);
	free(o->password);
	free(o->directory);
	free(o);
}

const char *oc_url(const struct opencode *o, struct arena *a, const char *path)
{
	struct str b = str_new(a);

	str_add(&b, o->url);
	str_add(&b, path);
	if (o->directory) {
		str_addc(&b, strchr(path, '?') ? '&' : '?');
		str_add(&b, "directory=");
		str_url(&b, o->directory);
	}
	return b.s;
}

const char *oc_session_path(struct arena *a, const char *session, const char *rest)
{
	struct str b = str_new(a);

	str_add(&b, "/session/");
	str_url(&b, session);
	str_add(&b, rest);
	return b.s;
}

struct http_request oc_request(const struct opencode *o, struct arena *a, const char *method,
        const char *path, const json *body)
{
	return (struct http_request){
	        .method = method,
	        .url = oc_url(o, a, path),
	        .basic_user = o->password ? o->user : NULL,
	        .basic_password = o->password,
	        .body_json = body,
	        .connect_timeout_ms = 5000,
	        .timeout_ms = o->timeout_ms,
	        .max_bytes = 32u << 20,
	};
}

/* What the server says went wrong; it has three ways to say it. */
static const char *reason(struct arena *a, const struct http_response *r)
{
	struct err ignored;
	const json *j = json_parse(a, r->body, r->len, &ignored);
	const char *s = json_str(j, ".data.message", NULL);

	if (!s)
		s = json_str(j, ".message", NULL);
	if (!s)
		s = json_str(j, ".error", NULL);
	if (!s)
		s = json_str(j, "._tag", json_str(j, ".name", ""));
	return str_clean(a, s, strlen(s), 160);
}

static bool failed(const struct opencode *o, struct arena *a, const struct http_response *r,
        const char *what, struct err *e)
{
	const char *why = reason(a, r);

	if (r->status == 401)
		return err_set(e, ERR_AUTH, false,
		        "OpenCode at %s refuses the password: set OPENCODE_SERVER_PASSWORD (and "
		        "OPENCODE_SERVER_USERNAME when it is not “opencode”) to what the server has",
		        o->url);
	if (r->status == 404)
		return err_set(e, ERR_NOT_FOUND, false, "OpenCode: %s: not found%s%s", what,
		        *why ? ": " : "", why);
	if (r->status == 400 || r->status == 422)
		return err_set(e, ERR_INPUT, false, "OpenCode: %s: refused: %s", what, why);
	if (r->status >= 500 || r->status == 408 || r->status == 429) {
		err_set(e, ERR_STATUS, true, "OpenCode: %s: HTTP %d%s%s", what, r->status,
		        *why ? ": " : "", why);
		if (e && r->retry_after_ms > 0)
			e->retry_ms =
			        (uint32_t)(r->retry_after_ms < 900000 ? r->retry_after_ms : 900000);
		return false;
	}
	return err_set(e, ERR_STATUS, false, "OpenCode: %s: HTTP %d%s%s", what, r->status,
	        *why ? ": " : "", why);
}

bool oc_reply(const struct opencode *o, struct arena *a, const struct http_response *r,
        const char *what, const json **out, struct err *e)
{
	if (out)
		*out = NULL;
	if (r->status < 200 || r->status > 299)
		return failed(o, a, r, what, e);
	if (r->status == 204)
		return true;
	/* An unknown path answers 200 with the web page of the server. */
	if (!str_starts(r->content_type, "application/json"))
		return err_set(e, ERR_PROTO, false,
		        "OpenCode: %s: %s answered %s instead of JSON; is it an OpenCode 1.x server "
		        "(opencode serve)?",
		        what, o->url, *r->content_type ? r->content_type : "nothing");
	const json *j = json_parse(a, r->body, r->len, e);

	if (!j)
		return err_wrap(e, "OpenCode: %s", what);
	if (out)
		*out = j;
	return true;
}

bool oc_do(struct opencode *o, struct arena *a, const struct oc_call *c, const json **out,
        struct err *e)
{
	struct http_request q = oc_request(o, a, c->method, c->path, c->body);
	struct http_response r;

	if (!http_do(o->http, a, &q, &r, e))
		return err_wrap(e, "OpenCode: %s", c->what);
	return oc_reply(o, a, &r, c->what, out, e);
}

/* --- health --- */

/* 2.x serves the web page where 1.x has its health, and has its own elsewhere. */
static bool other_protocol(struct opencode *o, struct arena *a, struct err *e)
{
	struct oc_call c = {.path = "/api/health", .what = "health"};
	const json *j = NULL;
	struct err probe = {0};
	const char *version;

	if (!oc_do(o, a, &c, &j, &probe))
		return false;
	version = json_str(j, ".version", NULL);
	if (!version)
		return false;
	err_set(e, ERR_CONFIG, false,
	        "OpenCode at %s is version %s, which speaks another protocol: install opencode-ai "
	        "1.18 there",
	        o->url, str_clean(a, version, strlen(version), 40));
	return true;
}

bool opencode_health(struct opencode *o, struct arena *a, const char **version_out, struct err *e)
{
	struct oc_call c = {.path = "/global/health", .what = "health"};
	const json *j = NULL;
	const char *version;

	if (!oc_do(o, a, &c, &j, e)) {
		if (e && (e->code == ERR_PROTO || e->code == ERR_NOT_FOUND))
			(void)other_protocol(o, a, e);
		return false;
	}
	version = json_str(j, ".version", "");
	version = str_clean(a, version, strlen(version), 40);
	if (!*version)
		return err_set(e, ERR_PROTO, false,
		        "OpenCode: %s answers its health without a version: is it an OpenCode server?",
		        o->url);
	if (!str_starts(version, "1."))
		return err_set(e, ERR_CONFIG, false,
		        "OpenCode at %s is version %s; Heal speaks the protocol of 1.x: install "
		        "opencode-ai 1.18 there",
		        o->url, version);
	if (!json_bool(j, ".healthy", true))
		return err_set(
		        e, ERR_STATUS, true, "OpenCode at %s says it is not healthy", o->url);
	if (version_out)
		*version_out = version;
	return true;
}

static bool check_agent(struct opencode *o, struct arena *a, const char *agent, struct err *e)
{
	struct oc_call c = {.path = "/agent", .what = "list of agents"};
	struct str names = str_new(a);
	const json *j = NULL;

	if (!oc_do(o, a, &c, &j, e))
		return false;
	json_each (it, j) {
		const char *name = json_str(it, ".name", "");

		if (str_eq(name, agent))
			return true;
		if (!str_eq(json_str(it, ".mode", ""), "subagent") && names.len < 120)
			str_addf(&names, "%s%s", names.len ? ", " : "", name);
	}
	return err_set(e, ERR_CONFIG, false,
	        "OpenCode at %s has no agent “%s” (opencode.agent); it has: %s", o->url, agent,
	        str_clean(a, names.s, names.len, 160));
}

static bool check_model(struct opencode *o, struct arena *a, const char *model, struct err *e)
{
	struct oc_call c = {.path = "/config/providers", .what = "list of models"};
	struct str names = str_new(a);
	const json *j = NULL;

	if (!oc_do(o, a, &c, &j, e))
		return false;
	json_each (p, json_get(j, ".providers")) {
		const char *provider = json_str(p, ".id", "");

		json_each (m, json_get(p, ".models")) {
			const char *name =
			        arena_printf(a, "%s/%s", provider, str_or(json_key(m), ""));

			if (str_eq(name, model))
				return true;
			if (names.len < 120)
				str_addf(&names, "%s%s", names.len ? ", " : "", name);
		}
	}
	return err_set(e, ERR_CONFIG, false,
	        "OpenCode at %s has no model “%s” (opencode.model, written provider/model); it has: %s",
	        o->url, model, str_clean(a, names.s, names.len, 200));
}

bool opencode_check(
        struct opencode *o, struct arena *a, const char *agent, const char *model, struct err *e)
{
	return (!agent || check_agent(o, a, agent, e)) && (!model || check_model(o, a, model, e));
}

/* --- sessions --- */

bool oc_session_parse(const json *j, struct arena *a, struct opencode_session *out)
{
	*out = (struct opencode_session){
	        .id = arena_strdup(a, json_str(j, ".id", "")),
	        .title = arena_strdup(a, json_str(j, ".title", "")),
	        .directory = arena_strdup(a, json_str(j, ".directory", "")),
	        .metadata = json_get(j, ".metadata"),
	        .cost_usd = json_num(j, ".cost", 0),
	        .tokens_in = json_int(j, ".tokens.input", 0),
	        .tokens_out =
	                json_int(j, ".tokens.output", 0) + json_int(j, ".tokens.reasoning", 0),
	        .tokens_cached = json_int(j, ".tokens.cache.read", 0),
	        .created_ms = json_int(j, ".time.created", 0),
	        .updated_ms = json_int(j, ".time.updated", 0),
	};
	return *out->id;
}

static struct opencode_session *session_of(struct arena *a, const json *j, struct err *e)
{
	struct opencode_session *s = ARENA_NEW(a, struct opencode_session);

	if (!oc_session_parse(j, a, s)) {
		err_set(e, ERR_PROTO, false, "OpenCode: a session without an id");
		return NULL;
	}
	return s;
}

static const json *search(struct opencode *o, struct arena *a, const char *title, struct err *e)
{
	struct str path = str_new(a);
	struct oc_call c = {.what = "search for the session"};
	const json *j = NULL;

	str_addf(&path, "/session?limit=%d&search=", SESSIONS_LISTED);
	str_url(&path, title);
	c.path = path.s;
	return oc_do(o, a, &c, &j, e) ? j : NULL;
}

bool opencode_sessions(struct opencode *o, struct arena *a, const char *title,
        struct opencode_session **out, size_t *n_out, struct err *e)
{
	const json *j = search(o, a, title, e);

	*n_out = 0;
	if (!j)
		return false;
	*out = ARENA_ARRAY(a, json_len(j) + 1, struct opencode_session);
	json_each (it, j)
		if (!json_has(it, ".parentID") && oc_session_parse(it, a, &(*out)[*n_out]))
			++*n_out;
	return true;
}

struct opencode_session *opencode_find(
        struct opencode *o, struct arena *a, const char *title, struct err *e)
{
	const json *j = search(o, a, title, e);

	if (!j)
		return NULL;
	/* Newest first; the search is for a part of the title and ignores case. */
	json_each (it, j) {
		if (str_eq(json_str(it, ".title", ""), title) && !json_has(it, ".parentID"))
			return session_of(a, it, e);
	}
	err_set(e, ERR_NOT_FOUND, false, "OpenCode has no session “%s”", title);
	return NULL;
}

struct opencode_session *opencode_create(
        struct opencode *o, struct arena *a, const struct opencode_new_session *n, struct err *e)
{
	json *body = json_obj(a), *rules;
	struct oc_call c = {.path = "/session", .what = "new session", .body = body};
	const json *j = NULL;

	json_set_str(body, "title", n->title);
	if (n->metadata)
		json_set(body, "metadata", n->metadata);
	rules = n->nrules ? json_set_arr(body, "permission") : NULL;
	for (size_t i = 0; i < n->nrules; i++) {
		json *r = json_add_obj(rules);

		json_set_str(r, "permission", n->rules[i].permission);
		json_set_str(r, "pattern", n->rules[i].pattern);
		json_set_str(r, "action", n->rules[i].action);
	}
	return oc_do(o, a, &c, &j, e) ? session_of(a, j, e) : NULL;
}

struct opencode_session *opencode_get(
        struct opencode *o, struct arena *a, const char *session, struct err *e)
{
	struct oc_call c = {.path = oc_session_path(a, session, ""), .what = "session"};
	const json *j = NULL;

	return oc_do(o, a, &c, &j, e) ? session_of(a, j, e) : NULL;
}

bool opencode_delete(struct opencode *o, struct arena *a, const char *session, struct err *e)
{
	struct oc_call c = {
	        .method = "DELETE",
	        .path = oc_session_path(a, session, ""),
	        .what = "removal of the session",
	};
	struct err why = {0};

	if (oc_do(o, a, &c, NULL, &why) || why.code == ERR_NOT_FOUND)
		return true;
	if (e)
		*e = why;
	return false;
}
