/*
 * Words to the bot in an incident's thread that are no command: a question is answered from the
 * incident's evidence, anything else is a hint and leads to a new version of the diagnosis.
 */
#include <ctype.h>
#include <string.h>

#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "investigate.h"
#include "questions.h"
#include "redact.h"
#include "slack.h"
#include "spark.h"
#include "str.h"

enum { MAX_WORDS = 500, ANSWERS_AN_HOUR = 10, AN_HOUR_MS = 3600 * 1000 };

static bool is_question(const char *text)
{
	static const char *const first[] = {"why", "what", "when", "which", "who", "how", "is",
	        "are", "was", "were", "did", "does", "do", "has", "have", "can", "could", "should",
	        "where", NULL};
	size_t n = strlen(text), word = 0;

	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	if (n > 0 && text[n - 1] == '?')
		return true;
	while (isalpha((unsigned char)text[word]))
		word++;
	for (const char *const *w = first; *w; w++) {
		if (strlen(*w) == word && strncasecmp(text, *w, word) == 0)
			return true;
	}
	return false;
}

/* --- questions --- */

/* A thread may ask a lot in an outage; the money for it is bounded. */
static bool may_answer(struct wf *w, const struct call *c, struct err *e)
{
	struct prompt_row *rows;
	size_t n, recent = 0;

	if (!wf_heal(w)->llm)
		return err_set(e, ERR_INPUT, false,
		        "no model is connected, so I can only show what I have: `/heal show %lld "
		        "evidence`",
		        (long long)c->incident);
	if (!prompt_list(wf_heal(w)->store, wf_arena(w), c->incident, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		recent += str_eq(rows[i].purpose, "answer") &&
		          clock_now_ms() - rows[i].ts_ms < AN_HOUR_MS;
	if (recent >= ANSWERS_AN_HOUR)
		return err_set(e, ERR_BUDGET, false,
		        "INC-%lld: %d questions were answered within an hour; ask again later, or look "
		        "at `/heal show %lld evidence`",
		        (long long)c->incident, ANSWERS_AN_HOUR, (long long)c->incident);
	return true;
}

static const json *ask_step(struct wf *w, const json *in, struct err *e)
{
	const struct call c = {.incident = json_int(in, ".incident", 0)};

	return may_answer(w, &c, e) ? question_answer(w, in, e) : NULL;
}

/* Into the thread: everybody who reads the question reads the answer. */
static const json *post_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, "An answer from the evidence");
	double cost = json_num(in, ".cost_usd", -1);
	struct slack_message msg = {.channel = json_str(in, ".channel", NULL),
	        .thread_ts = json_str(in, ".thread", NULL),
	        .text = message_text(m),
	        .key = wf_key(w)};
	struct slack_posted posted;

	message_section(m, KEEP_ALWAYS, mrk(a, "%s", json_str(in, ".text", "")));
	message_context(m, KEEP_NORMAL,
	        mrk(a, "From the evidence of INC-%s; the words are the model's%s%s",
	                arena_printf(a, "%lld", (long long)json_int(in, ".incident", 0)),
	                cost >= 0 ? " · " : "", cost >= 0 ? num_usd(a, cost) : ""));
	msg.blocks = message_blocks(m);
	if (!slack_post_once(wf_heal(w)->slack, a, &msg, wf_maybe_done(w), wf_started_ms(w) - 60000,
	            &posted, e))
		return NULL;
	return json_obj(a);
}

static bool answer(struct wf *w, const struct call *c, const char *text, struct err *e)
{
	static const struct wf_policy twice = {.attempts = 2, .timeout_ms = 5 * 60 * 1000};
	struct arena *a = wf_arena(w);
	json *in = json_obj(a), *post;
	const json *got;

	json_set_int(in, "incident", c->incident);
	json_set_str(in, "question", text);
	json_set_str(in, "user", c->user);
	got = wf_step_with(w, "ask", &twice, ask_step, in, e);
	if (!got)
		return false;
	post = json_copy(a, got);
	json_set_int(post, "incident", c->incident);
	json_set_str(post, "channel", c->channel);
	json_set_str(post, "thread", c->thread_ts);
	return wf_step(w, "post", post_step, post, e) != NULL;
}

bool handler_talk(struct wf *w, const struct call *c, struct err *e)
{
	const char *text = redact_text(wf_heal(w)->redact, wf_arena(w),
	        str_clean(wf_arena(w), c->text, strlen(c->text), MAX_WORDS));

	if (is_question(text))
		return answer(w, c, text, e);
	if (!wf_heal(w)->llm)
		return err_set(e, ERR_INPUT, false,
		        "no model is connected, so a hint leads nowhere; `/heal report` keeps it");
	if (!investigate_ask(w, c->incident, text, c->user, e))
		return false;
	return confirm_text(w, c, "reply", e,
	        "Thanks. Diagnosing INC-%lld once more with that; the thread shows what changes.",
	        (long long)c->incident);
}
