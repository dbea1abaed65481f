/* opencode_steer.c - prompting, answering, stopping, diffs. */
#include <string.h>

#include "clients/opencode_wire.h"
#include "str.h"

/* Children of children: deeper than anything an agent makes. */
#define CHILD_DEPTH 4

/* "msg_", 12 hex digits of time * 4096 (48 bits of it), 14 of [0-9A-Za-z]: the server's scheme. */
const char *opencode_message_id(struct arena *a, int64_t after_ms, const char *key)
{
	static const char digits[] =
	        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t time = ((uint64_t)after_ms * 4096 + 4095) & 0xffffffffffffULL;
	uint64_t h = str_hash(key, strlen(key));
	char tail[15];

	for (int i = 0; i < 14; i++) {
		tail[i] = digits[h % 62];
		h /= 62;
		if (i == 9) /* 64 bits are 10.7 digits: go on with another hash of the same */
			h = str_hash(tail, 10) ^ str_hash(key, strlen(key) / 2);
	}
	tail[14] = '\0';
	return arena_printf(a, "msg_%012llx%s", (unsigned long long)time, tail);
}

static void set_model(json *body, struct arena *a, const char *model)
{
	const char *slash = strchr(model, '/');
	json *m = json_set_obj(body, "model");

	json_set_str(
	        m, "providerID", slash ? arena_strndup(a, model, (size_t)(slash - model)) : model);
	json_set_str(m, "modelID", slash ? slash + 1 : model);
}

static json *prompt_body(struct arena *a, const struct opencode_prompt *p)
{
	json *body = json_obj(a), *part;

	json_set_str(body, "messageID", p->message_id);
	part = json_add_obj(json_set_arr(body, "parts"));
	json_set_str(part, "type", "text");
	json_set_str(part, "text", p->text);
	if (p->system)
		json_set_str(body, "system", p->system);
	if (p->agent)
		json_set_str(body, "agent", p->agent);
	if (p->model)
		set_model(body, a, p->model);
	return body;
}

bool opencode_prompt(struct opencode *o, struct arena *a, const char *session,
        const struct opencode_prompt *p, struct err *e)
{
	struct oc_call look = {
	        .path = oc_session_path(a, session, arena_printf(a, "/message/%s", p->message_id)),
	        .what = "look for the prompt",
	};
	struct oc_call send = {
	        .path = oc_session_path(a, session, "/prompt_async"),
	        .what = "prompt",
	        .body = prompt_body(a, p),
	};
	struct err why = {0};

	/* Sent twice it would run once, but hold its text twice. */
	if (oc_do(o, a, &look, NULL, &why))
		return true;
	if (why.code != ERR_NOT_FOUND) {
		if (e)
			*e = why;
		return false;
	}
	return oc_do(o, a, &send, NULL, e);
}

/* Sends an answer; somebody else's answer before ours is as good. */
static bool answer(struct opencode *o, struct arena *a, const char *kind, const char *id,
        const json *body, struct err *e)
{
	struct str path = str_new(a);
	struct oc_call c = {.what = kind, .body = body};
	struct err why = {0};

	str_addf(&path, "/%s/", kind);
	str_url(&path, id);
	str_add(&path, "/reply");
	c.path = path.s;
	if (oc_do(o, a, &c, NULL, &why) || why.code == ERR_NOT_FOUND)
		return true;
	if (e)
		*e = why;
	return false;
}

bool opencode_permit(struct opencode *o, struct arena *a, const char *id, const char *reply,
        const char *message, struct err *e)
{
	json *body = json_obj(a);

	json_set_str(body, "reply", reply);
	if (message)
		json_set_str(body, "message", message);
	return answer(o, a, "permission", id, body, e);
}

bool opencode_answer(struct opencode *o, struct arena *a, const struct opencode_ask *q,
        const char *text, struct err *e)
{
	json *body = json_obj(a), *answers = json_set_arr(body, "answers");

	for (size_t i = 0; i < (q->nquestions ? q->nquestions : 1); i++)
		json_add_str(json_add_arr(answers), text);
	return answer(o, a, "question", q->id, body, e);
}

static bool abort_one(struct opencode *o, struct arena *a, const char *session, struct err *e)
{
	struct oc_call c = {
	        .method = "POST",
	        .path = oc_session_path(a, session, "/abort"),
	        .what = "stop",
	};
	struct err why = {0};

	if (oc_do(o, a, &c, NULL, &why) || why.code == ERR_NOT_FOUND)
		return true;
	if (e)
		*e = why;
	return false;
}

static bool abort_tree(
        struct opencode *o, struct arena *a, const char *session, int depth, struct err *e)
{
	struct oc_call c = {.path = oc_session_path(a, session, "/children"), .what = "children"};
	const json *children = NULL;
	struct err why = {0};

	/* When the children cannot be told, the parent is stopped all the same. */
	if (depth > 0 && oc_do(o, a, &c, &children, &why)) {
		json_each (it, children) {
			if (!abort_tree(o, a, json_str(it, ".id", ""), depth - 1, e))
				return false;
		}
	}
	return abort_one(o, a, session, e);
}

bool opencode_abort(struct opencode *o, struct arena *a, const char *session, struct err *e)
{
	return abort_tree(o, a, session, CHILD_DEPTH, e);
}

bool opencode_shell(struct opencode *o, struct arena *a, const char *session, const char *agent,
        const char *command, uint32_t timeout_ms, const char **output, struct err *e)
{
	json *body = json_obj(a);
	struct http_request q;
	struct http_response r;
	const json *j = NULL;

	json_set_str(body, "agent", agent);
	json_set_str(body, "command", command);
	q = oc_request(o, a, "POST", oc_session_path(a, session, "/shell"), body);
	q.timeout_ms = timeout_ms;
	if (!http_do(o->http, a, &q, &r, e))
		return err_wrap(e, "OpenCode: command");
	if (r.status == 409)
		return err_set(e, ERR_CONFLICT, true, "OpenCode: command: the session is busy");
	if (!oc_reply(o, a, &r, "command", &j, e))
		return false;
	json_each (part, json_get(j, ".parts")) {
		*output = json_str(part, ".state.output", NULL);
		if (*output)
			return true;
	}
	return err_set(e, ERR_PROTO, false, "OpenCode: command: no output in the answer");
}

bool opencode_diff(struct opencode *o, struct arena *a, const char *session, const char *message_id,
        struct opencode_file **out, size_t *n_out, struct err *e)
{
	struct str path = str_new(a);
	struct oc_call c = {.what = "diff"};
	const json *j = NULL;
	size_t n = 0;

	str_add(&path, "/diff?messageID=");
	str_url(&path, message_id);
	c.path = oc_session_path(a, session, path.s);
	if (!oc_do(o, a, &c, &j, e))
		return false;
	*out = ARENA_ARRAY(a, json_len(j) + 1, struct opencode_file);
	json_each (it, j) {
		(*out)[n++] = (struct opencode_file){
		        .path = json_str(it, ".file", ""),
		        .status = json_str(it, ".status", ""),
		        .patch = json_str(it, ".patch", ""),
		        .additions = (int)json_int(it, ".additions", 0),
		        .deletions = (int)json_int(it, ".deletions", 0),
		};
	}
	*n_out = n;
	return true;
}
