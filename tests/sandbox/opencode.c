/*
 * opencode.c - a stand-in for an OpenCode 1.18 server, for machines where it cannot be installed.
 *
 * The part of its API that Heal uses. The model's turns are those of llm_agent.c, and its tools are
 * really run: commands in child processes beside the loop, files in a temporary folder. What is
 * pushed and opened goes to the git and GitHub peers like anybody's.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/opencode_i.h"

/* --- the API --- */

static struct oc_session *create(struct oc_peer *p, const json *body)
{
	struct oc_session *s = ARENA_NEW(p->a, struct oc_session);
	long long n = (long long)sb_next(p->sb), now = (long long)sb_now_ms(p->sb);
	json *time;

	*s = (struct oc_session){.p = p, .next = p->sessions, .info = json_obj(p->a)};
	s->messages = json_arr(p->a);
	s->talk = json_arr(p->a);
	s->todos = json_arr(p->a);
	s->id = arena_printf(p->a, "ses_standin%06lld", n);
	s->dir = p->dir;
	json_set_str(s->info, "id", s->id);
	json_set_str(s->info, "title", json_str(body, ".title", "New session"));
	json_set_str(s->info, "directory", s->dir);
	json_set_str(s->info, "version", "1.18.33");
	if (json_has(body, ".metadata"))
		json_set(s->info, "metadata", json_get(body, ".metadata"));
	json_set_num(s->info, "cost", 0);
	json_set_obj(s->info, "tokens");
	time = json_set_obj(s->info, "time");
	json_set_int(time, "created", now);
	json_set_int(time, "updated", now);
	return p->sessions = s;
}

static void prompt(struct oc_session *s, const json *body)
{
	struct oc_peer *p = s->p;
	const char *id = json_str(body, ".messageID", NULL);
	const char *text = json_str(body, ".parts[0].text", "");
	uint64_t t = 0;
	json *m;

	if (id && str_starts(id, "msg_") && strlen(id) > 16)
		t = strtoull(arena_strndup(p->a, id + 4, 12), NULL, 16);
	if (t > p->last_id)
		p->last_id = t;
	s->prompt_id = id ? arena_strdup(p->a, id) : oc_message_id(p);
	json_set_str(oc_add_part(s, oc_add_message(s, s->prompt_id, "user"), "text"), "text", text);
	m = json_add_obj(s->talk);
	json_set_str(m, "role", "user");
	json_set_str(m, "content", text);
	if (!s->busy)
		s->timer = sb_timer(p->sb, 150, oc_next_turn, s);
	s->busy = true;
}

static void not_found(struct sb_response *rs)
{
	json *o = json_obj(sb_arena(rs));

	json_set_str(o, "name", "NotFoundError");
	sb_send_json(rs, 404, o);
}

static void say_true(struct sb_response *rs)
{
	sb_sendf(rs, 200, "application/json", "true");
}

static void messages(struct oc_session *s, const struct sb_request *rq, struct sb_response *rs)
{
	const char *id = sb_part(rq, 3), *limit = sb_query(rq, "limit");
	size_t n = json_len(s->messages), most = limit ? strtoul(limit, NULL, 10) : n, i = 0;
	json *list = json_arr(rq->a);

	json_each (m, s->messages) {
		if (id && str_eq(json_str(m, ".info.id", ""), id)) {
			sb_send_json(rs, 200, m);
			return;
		}
		if (i++ + most >= n)
			json_add(list, m);
	}
	if (id)
		not_found(rs);
	else
		sb_send_json(rs, 200, list);
}

static void one_session(struct oc_session *s, const struct sb_request *rq, struct sb_response *rs)
{
	const char *verb = str_or(sb_part(rq, 2), "");
	struct err e = {0};
	const json *body = rq->len ? sb_json(rq, &e) : NULL;

	if (str_eq(verb, "message")) {
		messages(s, rq, rs);
	} else if (str_eq(verb, "prompt_async")) {
		prompt(s, body);
		sb_send(rs, 204, "application/json", "", 0);
	} else if (str_eq(verb, "shell")) {
		oc_shell(s, body, rs);
	} else if (str_eq(verb, "abort")) {
		oc_stop(s);
		say_true(rs);
	} else if (str_eq(verb, "todo")) {
		sb_send_json(rs, 200, s->todos);
	} else if (*verb) { /* children, diff: none */
		sb_send_json(rs, 200, json_arr(rq->a));
	} else if (str_eq(rq->method, "DELETE")) {
		oc_stop(s);
		s->gone = true;
		say_true(rs);
	} else {
		if (str_eq(rq->method, "PATCH") && json_has(body, ".title"))
			json_set_str(s->info, "title", json_str(body, ".title", ""));
		sb_send_json(rs, 200, s->info);
	}
}

static void status(struct oc_peer *p, struct sb_response *rs)
{
	json *o = json_obj(sb_arena(rs));

	for (struct oc_session *s = p->sessions; s; s = s->next)
		if (s->busy)
			json_set_str(json_set_obj(o, s->id), "type", "busy");
	sb_send_json(rs, 200, o);
}

static void session(struct oc_peer *p, const struct sb_request *rq, struct sb_response *rs)
{
	const char *id = sb_part(rq, 1), *search = str_or(sb_query(rq, "search"), "");
	struct err e = {0};
	json *list = json_arr(rq->a);

	if (!id && str_eq(rq->method, "POST")) {
		sb_send_json(rs, 200, create(p, rq->len ? sb_json(rq, &e) : NULL)->info);
		return;
	}
	if (str_eq(id, "status")) {
		status(p, rs);
		return;
	}
	for (struct oc_session *s = p->sessions; s; s = s->next) {
		if (id && str_eq(s->id, id) && !s->gone) {
			one_session(s, rq, rs);
			return;
		}
		if (!s->gone && strcasestr(json_str(s->info, ".title", ""), search))
			json_add(list, s->info);
	}
	if (id)
		not_found(rs);
	else
		sb_send_json(rs, 200, list);
}

static void opencode_handle(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct oc_peer *p = state;
	const char *user, *password, *what = str_or(sb_part(rq, 0), "");

	if (!sb_basic(rq, &user, &password) || !str_eq(user, "opencode") ||
	        !str_eq(password, "s3cret-opencode"))
		sb_sendf(rs, 401, "text/plain", "Unauthorized");
	else if (str_eq(what, "session"))
		session(p, rq, rs);
	else if (str_eq(rq->path, "/global/health"))
		sb_sendf(rs, 200, "application/json", "{\"healthy\":true,\"version\":\"1.18.33\"}");
	else if (str_eq(what, "agent"))
		sb_sendf(rs, 200, "application/json",
		        "[{\"name\":\"build\",\"mode\":\"primary\"},"
		        "{\"name\":\"heal\",\"mode\":\"primary\"}]");
	else if (str_eq(rq->path, "/config/providers"))
		sb_sendf(rs, 200, "application/json",
		        "{\"providers\":[{\"id\":\"llm\",\"models\":{\"sandbox\":{}}}]}");
	else if (str_eq(what, "permission") || str_eq(what, "question"))
		sb_send_json(rs, 200, json_arr(rq->a));
	else /* as the real one: its web page for every unknown path */
		sb_sendf(rs, 200, "text/html", "<!doctype html><title>OpenCode</title>\n");
}

static void *opencode_init(struct sb *sb)
{
	struct oc_peer *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->sb = sb;
	p->a = arena_new(65536);
	strcpy(p->dir, "/tmp/heal-standin-XXXXXX");
	if (!mkdtemp(p->dir))
		abort();
	return p;
}

static void opencode_reset(void *state)
{
	struct oc_peer *p = state;

	for (struct oc_session *s = p->sessions; s; s = s->next)
		oc_stop(s);
	p->sessions = NULL;
	p->last_id = 0;
	arena_reset(p->a);
}

static void opencode_exit(void *state)
{
	struct oc_peer *p = state;
	pid_t pid;

	opencode_reset(p);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", p->dir, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	arena_free(p->a);
	free(p);
}

const struct peer peer_opencode = {
        .name = "opencode",
        .init = opencode_init,
        .handle = opencode_handle,
        .reset = opencode_reset,
        .exit = opencode_exit,
};
