/* opencode_view.c - one look at a session: its parts as the server writes them, parsed. */
#include <stdio.h>
#include <string.h>

#include "clients/opencode_wire.h"
#include "clock.h"
#include "str.h"

/* Enough to count the turns of a fast model between two polls. */
#define MESSAGES_SEEN 8

static const char *tool_input(const json *input)
{
	static const char *const keys[] = {
	        ".command", ".filePath", ".pattern", ".path", ".url", ".description"};
	const char *s = "";

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !*s; i++)
		s = json_str(input, keys[i], "");
	return s;
}

static void tool_parse(const json *part, struct opencode_tool *t)
{
	const json *s = json_get(part, ".state");
	const char *output = json_str(s, ".output", NULL);

	if (!output)
		output = json_str(s, ".error", NULL);
	if (!output)
		output = json_str(s, ".metadata.output", ""); /* of a command that still runs */
	*t = (struct opencode_tool){
	        .tool = json_str(part, ".tool", ""),
	        .status = json_str(s, ".status", ""),
	        .input = tool_input(json_get(s, ".input")),
	        .output = output,
	        .exit = (int32_t)json_int(s, ".metadata.exit", OPENCODE_NO_EXIT),
	        .start_ms = json_int(s, ".time.start", 0),
	        .end_ms = json_int(s, ".time.end", 0),
	};
}

static void parts_parse(struct arena *a, const json *parts, struct opencode_message *m)
{
	m->nparts = json_len(parts);
	m->tools = ARENA_ARRAY(a, m->nparts + 1, struct opencode_tool);
	m->text = "";
	json_each (p, parts) {
		const char *type = json_str(p, ".type", "");

		if (str_eq(type, "tool"))
			tool_parse(p, &m->tools[m->ntools++]);
		else if (str_eq(type, "text") && !json_bool(p, ".synthetic", false))
			m->text = json_str(p, ".text", "");
	}
}

static void message_parse(struct arena *a, const json *j, struct opencode_message *m)
{
	const json *i = json_get(j, ".info");

	*m = (struct opencode_message){
	        .id = json_str(i, ".id", ""),
	        .role = json_str(i, ".role", ""),
	        .parent = json_str(i, ".parentID", ""),
	        .created_ms = json_int(i, ".time.created", 0),
	        .completed_ms = json_int(i, ".time.completed", 0),
	        .finish = json_str(i, ".finish", NULL),
	        .error = json_str(i, ".error.name", NULL),
	        .error_text = json_str(i, ".error.data.message", NULL),
	        .error_retryable = json_bool(i, ".error.data.isRetryable", false),
	};
	if (json_is_obj(json_get(i, ".error")) && !m->error)
		m->error = "UnknownError";
	parts_parse(a, json_get(j, ".parts"), m);
}

void oc_messages_parse(struct arena *a, const json *list, struct opencode_view *v)
{
	v->messages = ARENA_ARRAY(a, json_len(list) + 1, struct opencode_message);
	v->nmessages = 0;
	json_each (it, list)
		message_parse(a, it, &v->messages[v->nmessages++]);
}

void oc_todos_parse(struct arena *a, const json *list, struct opencode_view *v)
{
	v->todos = ARENA_ARRAY(a, json_len(list) + 1, struct opencode_todo);
	v->ntodos = 0;
	json_each (it, list) {
		v->todos[v->ntodos++] = (struct opencode_todo){
		        .content = json_str(it, ".content", ""),
		        .status = json_str(it, ".status", "pending"),
		};
	}
}

void oc_status_parse(const json *all, const char *session, struct opencode_view *v)
{
	v->status = OPENCODE_IDLE;
	json_each (it, all) {
		const char *type = json_str(it, ".type", "");

		if (!str_eq(json_key(it), session) || str_eq(type, "idle"))
			continue;
		v->status = OPENCODE_BUSY;
		if (!str_eq(type, "retry"))
			continue;
		v->status = OPENCODE_RETRY;
		v->retry_attempt = (int)json_int(it, ".attempt", 0);
		v->retry_in_ms = json_int(it, ".next", v->at_ms) - v->at_ms;
		v->retry_text = json_str(it, ".message", "");
	}
}

static const char *ask_text(struct arena *a, const json *j, bool question)
{
	struct str b = str_new(a);

	if (question) {
		str_add(&b, json_str(j, ".questions[0].question", ""));
	} else if (json_has(j, ".metadata.command")) {
		str_add(&b, json_str(j, ".metadata.command", ""));
	} else {
		json_each (p, json_get(j, ".patterns"))
			str_addf(&b, "%s%s", b.len ? " " : "",
			        json_is_str(p) ? json_str(p, "", "") : "");
	}
	for (size_t i = 0; i < b.len; i++)
		if (b.s[i] == '\n')
			b.s[i] = ' ';
	return str_clean(a, b.s, b.len, 200);
}

void oc_asks_parse(struct arena *a, const json *list, bool questions, struct opencode_view *v)
{
	json_each (it, list) {
		struct opencode_ask *q = &v->asks[v->nasks];

		*q = (struct opencode_ask){
		        .id = json_str(it, ".id", ""),
		        .session = json_str(it, ".sessionID", ""),
		        .question = questions,
		        .permission = questions ? "question" : json_str(it, ".permission", ""),
		        .what = ask_text(a, it, questions),
		        .nquestions = json_len(json_get(it, ".questions")),
		};
		if (*q->id)
			v->nasks++;
	}
}

/* --- the look --- */

enum part { STATUS, MESSAGES, SESSION, TODO, PERMISSIONS, QUESTIONS, PARTS };

static const char *const part_names[PARTS] = {
        "status", "messages", "session", "to-do list", "permissions", "questions"};

struct look {
	struct http_request q[PARTS];
	struct http_response r[PARTS];
	bool ok[PARTS];
	struct err errs[PARTS];
	const json *j[PARTS];
};

static void ask_all(struct opencode *o, struct arena *a, const char *session, struct look *l)
{
	char limit[40];

	snprintf(limit, sizeof(limit), "/message?limit=%d", MESSAGES_SEEN);
	const char *paths[PARTS] = {"/session/status", oc_session_path(a, session, limit),
	        oc_session_path(a, session, ""), oc_session_path(a, session, "/todo"),
	        "/permission", "/question"};

	for (int i = 0; i < PARTS; i++)
		l->q[i] = oc_request(o, a, NULL, paths[i], NULL);
	http_do_all(o->http, a, l->q, PARTS, l->r, l->ok, l->errs);
	for (int i = 0; i < PARTS; i++) {
		if (!l->ok[i])
			err_wrap(&l->errs[i], "OpenCode: %s", part_names[i]);
		else
			l->ok[i] = oc_reply(o, a, &l->r[i], part_names[i], &l->j[i], &l->errs[i]);
	}
}

/* Permissions and questions are listed for the directory: other sessions' are dropped, children's
 * kept. A child cannot be told from a stranger without asking. */
static bool keep_ours(struct opencode *o, struct arena *a, const char *session,
        struct opencode_view *v, struct err *e)
{
	struct oc_call c = {.path = oc_session_path(a, session, "/children"), .what = "children"};
	const json *children = NULL;
	size_t kept = 0, foreign = 0;

	for (size_t i = 0; i < v->nasks; i++)
		foreign += !str_eq(v->asks[i].session, session);
	if (foreign && !oc_do(o, a, &c, &children, e))
		return false;
	for (size_t i = 0; i < v->nasks; i++) {
		bool ours = str_eq(v->asks[i].session, session);

		json_each (it, children)
			ours = ours || str_eq(json_str(it, ".id", ""), v->asks[i].session);
		if (ours)
			v->asks[kept++] = v->asks[i];
	}
	v->nasks = kept;
	return true;
}

bool opencode_look(struct opencode *o, struct arena *a, const char *session,
        struct opencode_view *out, struct err *e)
{
	struct look *l = ARENA_NEW(a, struct look);

	*out = (struct opencode_view){.at_ms = clock_now_ms(), .retry_text = ""};
	ask_all(o, a, session, l);
	if (!l->ok[SESSION] && l->errs[SESSION].code == ERR_NOT_FOUND)
		return true; /* found stays false */
	for (int i = 0; i < PARTS; i++) {
		if (!l->ok[i]) {
			if (e)
				*e = l->errs[i];
			return false;
		}
	}
	out->found = oc_session_parse(l->j[SESSION], a, &out->session);
	oc_status_parse(l->j[STATUS], session, out);
	oc_messages_parse(a, l->j[MESSAGES], out);
	oc_todos_parse(a, l->j[TODO], out);
	out->asks = ARENA_ARRAY(a, json_len(l->j[PERMISSIONS]) + json_len(l->j[QUESTIONS]) + 1,
	        struct opencode_ask);
	oc_asks_parse(a, l->j[PERMISSIONS], false, out);
	oc_asks_parse(a, l->j[QUESTIONS], true, out);
	return keep_ours(o, a, session, out, e);
}

bool opencode_poll(struct opencode *o, struct arena *a, const char *session,
        struct opencode_memory *m, const struct opencode_timing *t, struct opencode_poll *out,
        struct err *e)
{
	if (!opencode_look(o, a, session, &out->view, e))
		return false;
	out->state = opencode_decide(a, &out->view, m, t, &out->why);
	return true;
}
