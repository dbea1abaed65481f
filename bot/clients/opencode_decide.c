/* opencode_decide.c - what a look at a session means. Pure. */
#include <stdlib.h>
#include <string.h>

#include "opencode.h"
#include "str.h"

const char *opencode_state_name(enum opencode_state s)
{
	switch (s) {
	case OPENCODE_STARTING:
		return "starting";
	case OPENCODE_RUNNING:
		return "running";
	case OPENCODE_RETRYING:
		return "retrying";
	case OPENCODE_DONE:
		return "done";
	case OPENCODE_FAILED:
		return "failed";
	case OPENCODE_ABORTED:
		return "aborted";
	case OPENCODE_STOPPED:
		return "stopped";
	case OPENCODE_INTERRUPTED:
		return "interrupted";
	case OPENCODE_DROPPED:
		return "dropped";
	case OPENCODE_LOST:
		return "lost";
	}
	abort();
}

json *opencode_memory_json(struct arena *a, const struct opencode_memory *m)
{
	json *j = json_obj(a);

	json_set_str(j, "prompt_id", m->prompt_id);
	json_set_int(j, "prompted_ms", m->prompted_ms);
	json_set_str(j, "last_id", m->last_id);
	json_set_str(j, "mark", arena_printf(a, "%016llx", (unsigned long long)m->mark));
	json_set_int(j, "mark_ms", m->mark_ms);
	json_set_int(j, "same", m->same);
	json_set_int(j, "turns", m->turns);
	json_set_bool(j, "stuck_busy", m->stuck_busy);
	return j;
}

void opencode_memory_parse(struct arena *a, const json *j, struct opencode_memory *m)
{
	*m = (struct opencode_memory){
	        .prompt_id = arena_strdup(a, json_str(j, ".prompt_id", NULL)),
	        .prompted_ms = json_int(j, ".prompted_ms", 0),
	        .last_id = arena_strdup(a, json_str(j, ".last_id", NULL)),
	        .mark = strtoull(json_str(j, ".mark", "0"), NULL, 16),
	        .mark_ms = json_int(j, ".mark_ms", 0),
	        .same = (int)json_int(j, ".same", 0),
	        .turns = (int)json_int(j, ".turns", 0),
	        .stuck_busy = json_bool(j, ".stuck_busy", false),
	};
}

/* Changes whenever the agent does anything, also inside a running command. Not the status: a server
 * that only says "retry" again and again does nothing. */
static uint64_t mark_of(struct arena *a, const struct opencode_view *v)
{
	struct str b = str_new(a);

	if (v->nmessages) {
		const struct opencode_message *m = &v->messages[v->nmessages - 1];

		str_addf(&b, "%s %zu %zu %lld %s %s", m->id, m->nparts, strlen(m->text),
		        (long long)m->completed_ms, str_or(m->finish, "-"), str_or(m->error, "-"));
		for (size_t i = 0; i < m->ntools; i++)
			str_addf(&b, " %s:%zu", m->tools[i].status, strlen(m->tools[i].output));
	}
	for (size_t i = 0; i < v->ntodos; i++)
		str_addf(&b, " %s", v->todos[i].status);
	return str_hash(b.s, b.len);
}

static void observe(struct arena *a, const struct opencode_view *v, struct opencode_memory *m)
{
	uint64_t mark = mark_of(a, v);

	if (m->mark_ms == 0 || mark != m->mark) {
		m->mark = mark;
		m->mark_ms = v->at_ms;
		m->same = 0;
	}
	m->same++;
	/* Ids are ordered by time. */
	for (size_t i = 0; i < v->nmessages; i++) {
		const struct opencode_message *s = &v->messages[i];

		if (m->last_id && strcmp(s->id, m->last_id) <= 0)
			continue;
		m->turns += str_eq(s->role, "assistant");
		m->last_id = arena_strdup(a, s->id);
	}
}

static bool ended(const struct opencode_message *m)
{
	if (m->error)
		return true;
	return m->completed_ms > 0 && m->finish && !str_eq(m->finish, "tool-calls");
}

static enum opencode_state say(
        struct arena *a, const char **why, enum opencode_state s, const char *text)
{
	if (why)
		*why = arena_strdup(a, text);
	return s;
}

static enum opencode_state with_error(
        struct arena *a, const struct opencode_message *m, const char **why)
{
	const char *text = str_or(m->error_text, m->error);

	if (str_eq(m->error, "MessageAbortedError"))
		return say(a, why, OPENCODE_ABORTED, "it was stopped");
	return say(a, why, OPENCODE_FAILED,
	        arena_printf(
	                a, "the agent's model failed: %s", str_clean(a, text, strlen(text), 240)));
}

/* Completed, without an error and not waiting for more. */
static enum opencode_state with_finish(
        struct arena *a, const struct opencode_message *m, const char **why)
{
	if (str_eq(m->finish, "length"))
		return say(
		        a, why, OPENCODE_FAILED, "the model's answer was cut at its length limit");
	if (str_eq(m->finish, "content-filter"))
		return say(a, why, OPENCODE_FAILED,
		        "the model's provider withheld the answer (content filter)");
	if (!str_eq(m->finish, "stop"))
		return say(a, why, OPENCODE_FAILED,
		        arena_printf(a, "the model ended with “%s”",
		                str_clean(a, m->finish, strlen(m->finish), 40)));
	if (!m->text[strspn(m->text, " \t\r\n")])
		return say(a, why, OPENCODE_FAILED, "the model ended with an empty answer");
	return say(a, why, OPENCODE_DONE, "");
}

static enum opencode_state when_idle(struct arena *a, const struct opencode_view *v,
        const struct opencode_memory *m, const struct opencode_timing *t, const char **why)
{
	const struct opencode_message *last = v->nmessages ? &v->messages[v->nmessages - 1] : NULL;
	bool arrived = last && (!m->prompt_id || strcmp(last->id, m->prompt_id) >= 0);
	int64_t quiet = v->at_ms - m->mark_ms, settle = t->settle_ms ? t->settle_ms : 5000;
	int64_t since_prompt = v->at_ms - m->prompted_ms;

	if (!arrived || str_eq(last->role, "user")) {
		int64_t waited = quiet < since_prompt ? quiet : since_prompt;

		if (waited < (t->start_ms ? t->start_ms : 20000))
			return say(a, why, OPENCODE_STARTING, "");
		return say(a, why, OPENCODE_DROPPED,
		        arrived ? "the agent never began to answer"
		                : "the server accepted the prompt and dropped it");
	}
	if (last->error)
		return with_error(a, last, why);
	if (ended(last))
		return with_finish(a, last, why);
	if (m->same < 2 || quiet < settle)
		return say(a, why, OPENCODE_RUNNING, "");
	if (last->completed_ms > 0)
		return say(a, why, OPENCODE_STOPPED,
		        "it ended because something it asked for was refused");
	return say(a, why, OPENCODE_INTERRUPTED, "the OpenCode server was restarted under it");
}

enum opencode_state opencode_decide(struct arena *a, const struct opencode_view *v,
        struct opencode_memory *m, const struct opencode_timing *t, const char **why_out)
{
	static const struct opencode_timing usual;
	const struct opencode_message *last;
	bool arrived;

	if (!t)
		t = &usual;
	if (!v->found)
		return say(a, why_out, OPENCODE_LOST,
		        "the OpenCode server does not know the session any more");
	observe(a, v, m);
	m->stuck_busy = false;
	if (v->status == OPENCODE_IDLE)
		return when_idle(a, v, m, t, why_out);
	/* The status may outlive the end. */
	last = v->nmessages ? &v->messages[v->nmessages - 1] : NULL;
	arrived = last && (!m->prompt_id || strcmp(last->id, m->prompt_id) >= 0);
	if (arrived && ended(last) &&
	        v->at_ms - m->mark_ms >= (t->stuck_ms ? t->stuck_ms : 60000)) {
		m->stuck_busy = true;
		return when_idle(a, v, m, t, why_out);
	}
	if (v->status == OPENCODE_RETRY)
		return say(a, why_out, OPENCODE_RETRYING,
		        arena_printf(a, "its model fails (attempt %d): %s", v->retry_attempt,
		                str_clean(a, v->retry_text, strlen(v->retry_text), 200)));
	return say(a, why_out, OPENCODE_RUNNING, "");
}
