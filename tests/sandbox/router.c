/*
 * router.c - from a path to a peer, with faults and records around it; the controls common to all.
 *
 *   GET  /_control/records?peer=&kind=&match=&since=SEQ&count=1
 *   POST /_control/records {"enabled":false}       for measuring
 *   POST /_control/faults {…} or [{…},…]           see faults.c; answers the number in force
 *   GET  /_control/faults, DELETE /_control/faults?peer=
 *   POST /_control/time {"factor":60,"advance_ms":0}
 *   POST /_control/set {"name":"value"}
 *   POST /_control/reset {"peer":"slack"}          or {} for all: state, faults, records, settings
 *   GET  /_control/state                           peers, time, pid
 *
 * Actions of a fault, applied here: status, headers, retry_after, content_type, body (text), json
 * (a value): the answer, without any effect. drop_before: the connection is reset, no effect.
 * drop_after: the effect happens, the answer is lost. delay_ms: later, effect and answer.
 * delay_after_ms: the effect now, the answer later. truncate: the connection ends after so many
 * bytes of the body. hang: never answered. name and value are for peers (sb_fault).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embed.h"
#include "sandbox_i.h"

static const struct peer *peer_named(struct sb *sb, const char *name, size_t n, void **state)
{
	for (size_t i = 0; i < sb->n_peers; i++)
		if (strlen(sb->peers[i]->name) == n && memcmp(sb->peers[i]->name, name, n) == 0) {
			*state = sb->states[i];
			return sb->peers[i];
		}
	return NULL;
}

void *sb_peer_state(struct sb *sb, const char *name)
{
	void *state = NULL;
	peer_named(sb, name, strlen(name), &state);
	return state;
}

void router_init(struct sb *sb)
{
	sb->n_peers = peers_list(sb->peers);
	for (size_t i = 0; i < sb->n_peers; i++)
		sb->states[i] = sb->peers[i]->init(sb);
}

void router_exit(struct sb *sb)
{
	for (size_t i = sb->n_peers; i-- > 0;)
		if (sb->peers[i]->exit)
			sb->peers[i]->exit(sb->states[i]);
}

/* ---- peers, with faults --------------------------------------------------------------------- */

static void run_handle(struct sb_response *rs, void *arg)
{
	const struct peer *p = arg;
	p->handle(sb_peer_state(rs->h->sb, p->name), &rs->rq, rs);
}

static void canned(struct sb_response *rs, const json *f)
{
	json_each (it, json_get(f, ".headers"))
		sb_set_header(rs, json_key(it), json_str(it, "", ""));
	int64_t wait = json_int(f, ".retry_after", -1);
	if (wait >= 0)
		sb_set_header(rs, "Retry-After", arena_printf(rs->a, "%lld", (long long)wait));
	int status = (int)json_int(f, ".status", 200);
	if (json_has(f, ".json")) {
		sb_send_json(rs, status, json_get(f, ".json"));
		return;
	}
	const char *body = json_str(f, ".body", "");
	sb_send(rs, status, json_str(f, ".content_type", "text/plain"), body, strlen(body));
}

/* Records the request, then lets the peer answer it the way a fault wants. */
static void serve_peer(struct sb_response *rs, const struct peer *p)
{
	rs->peer = p->name;
	records_request(rs);
	const char *what = arena_printf(rs->a, "%s %s%s%s", rs->rq.method, rs->rq.path,
	        *rs->rq.query ? "?" : "", rs->rq.query);
	const json *f = faults_take(rs->h->sb, p->name, what, rs->rq.body);
	if (f)
		f = json_copy(rs->a, f); /* the script may go away before a delayed answer */
	uint32_t delay = (uint32_t)json_int(f, ".delay_ms", 0);
	rs->swallow = json_bool(f, ".drop_after", false);
	rs->hold_ms = (uint32_t)json_int(f, ".delay_after_ms", 0);
	rs->cut_after = (size_t)json_int(f, ".truncate", 0);
	if (json_bool(f, ".drop_before", false))
		sb_cut(rs);
	else if (json_bool(f, ".hang", false))
		return;
	else if (json_has(f, ".status") || json_has(f, ".body") || json_has(f, ".json"))
		canned(rs, f);
	else if (delay)
		sb_later(rs, delay, run_handle, (void *)(uintptr_t)p);
	else
		p->handle(sb_peer_state(rs->h->sb, p->name), &rs->rq, rs);
}

/* ---- common controls ------------------------------------------------------------------------ */

static void ok(struct sb_response *rs)
{
	sb_sendf(rs, 200, "application/json", "{\"ok\":true}");
}

static void bad(struct sb_response *rs, const char *why)
{
	json *o = json_obj(rs->a);
	json_set_bool(o, "ok", false);
	json_set_str(o, "error", why);
	sb_send_json(rs, 400, o);
}

static void control_faults(struct sb *sb, struct sb_response *rs, const json *body)
{
	if (strcmp(rs->rq.method, "DELETE") == 0)
		faults_clear(sb, sb_query(&rs->rq, "peer"));
	if (strcmp(rs->rq.method, "POST") == 0) {
		const char *wrong = NULL;
		if (!json_is_arr(body))
			wrong = sb_fault_add(sb, body);
		else
			json_each (it, body)
				if (!wrong)
					wrong = sb_fault_add(sb, it);
		if (wrong) {
			bad(rs, wrong);
			return;
		}
	}
	json *o = json_obj(rs->a);
	json_set(o, "faults", faults_list(sb, rs->a));
	sb_send_json(rs, 200, o);
}

static void control_time(struct sb *sb, struct sb_response *rs, const json *body)
{
	double factor = json_num(body, ".factor", sb->factor);
	if (factor < 0.001)
		factor = 1;
	sb->factor = factor;
	sb->advance_ms += json_int(body, ".advance_ms", 0);
	json *o = json_obj(rs->a);
	json_set_num(o, "factor", sb->factor);
	json_set_int(o, "now_ms", sb_now_ms(sb));
	sb_send_json(rs, 200, o);
}

static void control_reset(struct sb *sb, struct sb_response *rs, const json *body)
{
	const char *peer = json_str(body, ".peer", NULL);
	for (size_t i = 0; i < sb->n_peers; i++)
		if ((!peer || strcmp(peer, sb->peers[i]->name) == 0) && sb->peers[i]->reset)
			sb->peers[i]->reset(sb->states[i]);
	faults_clear(sb, peer);
	if (!peer) {
		records_clear(sb->records);
		settings_clear(sb->settings);
		sb->advance_ms = 0;
		sb->next_id = 0;
	}
	ok(rs);
}

static void control_state(struct sb *sb, struct sb_response *rs)
{
	json *o = json_obj(rs->a);
	json_set_int(o, "pid", getpid());
	json_set_str(o, "url", sb->url);
	json_set_int(o, "now_ms", sb_now_ms(sb));
	json_set_num(o, "factor", sb->factor);
	json *peers = json_set_arr(o, "peers");
	for (size_t i = 0; i < sb->n_peers; i++)
		json_add_str(peers, sb->peers[i]->name);
	sb_send_json(rs, 200, o);
}

static void control_common(struct sb *sb, struct sb_response *rs, const char *verb)
{
	struct err e = {0};
	json *body = rs->rq.len ? sb_json(&rs->rq, &e) : json_obj(rs->a);
	bool post = strcmp(rs->rq.method, "POST") == 0;
	if (!body) {
		bad(rs, e.msg);
	} else if (strcmp(verb, "/records") == 0 && !post) {
		records_answer(sb, &rs->rq, rs);
	} else if (strcmp(verb, "/records") == 0) {
		records_enable(sb->records, json_bool(body, ".enabled", true));
		ok(rs);
	} else if (strcmp(verb, "/faults") == 0) {
		control_faults(sb, rs, body);
	} else if (strcmp(verb, "/time") == 0) {
		control_time(sb, rs, body);
	} else if (strcmp(verb, "/set") == 0 && post) {
		json_each (it, body)
			settings_put(sb->settings, json_key(it), json_str(it, "", ""));
		ok(rs);
	} else if (strcmp(verb, "/reset") == 0 && post) {
		control_reset(sb, rs, body);
	} else if (strcmp(verb, "/state") == 0) {
		control_state(sb, rs);
	} else {
		sb_sendf(rs, 404, "text/plain", "no such control\n");
	}
}

/* ---- the page ------------------------------------------------------------------------------- */

/* Links to messages (/archives/C…/p…) open the page as well. */
static bool page_asset(struct sb_response *rs)
{
	const char *path = strncmp(rs->rq.path, "/archives/", 10) == 0 ? "/" : rs->rq.path;
	static const struct {
		const char *path, *file, *type;
	} assets[] = {{"/", "tests/sandbox/page.html", "text/html; charset=utf-8"},
	        {"/page.css", "tests/sandbox/page.css", "text/css; charset=utf-8"},
	        {"/page.js", "tests/sandbox/page.js", "text/javascript; charset=utf-8"},
	        {"/blocks.js", "tests/sandbox/blocks.js", "text/javascript; charset=utf-8"},
	        {"/favicon.ico", "tests/sandbox/icon.svg", "image/svg+xml"}};
	for (size_t i = 0; i < sizeof assets / sizeof *assets; i++) {
		size_t n = 0;
		const char *s =
		        strcmp(path, assets[i].path) == 0 ? embed_get(assets[i].file, &n) : NULL;
		if (!s)
			continue;
		sb_send(rs, 200, assets[i].type, s, n);
		return true;
	}
	return false;
}

/* ---- dispatch ------------------------------------------------------------------------------- */

static const struct peer *take_peer(struct sb_response *rs, const char *path, void **state)
{
	size_t n = strcspn(path + 1, "/");
	const struct peer *p = peer_named(rs->h->sb, path + 1, n, state);
	if (p)
		rs->rq.path = path[1 + n] ? path + 1 + n : "/";
	return p;
}

void router_dispatch(struct sb_response *rs)
{
	static const char prefix[] = "/_control";
	struct sb *sb = rs->h->sb;
	const char *path = rs->rq.path;
	void *state = NULL;
	if (strncmp(path, prefix, sizeof prefix - 1) == 0) {
		path += sizeof prefix - 1;
		const struct peer *p = *path == '/' ? take_peer(rs, path, &state) : NULL;
		if (p && p->control)
			p->control(state, &rs->rq, rs);
		else
			control_common(sb, rs, path);
		return;
	}
	const struct peer *p = take_peer(rs, path, &state);
	if (p)
		serve_peer(rs, p);
	else if (!page_asset(rs))
		sb_sendf(rs, 404, "text/plain", "nobody lives here\n");
}
