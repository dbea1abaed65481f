/*
 * tests.c - the tests of the contract, run by the bot on the agent's host after the agent ended.
 *
 * The agent has to run them too, and says what came of it; this is the look of one's own. The
 * command runs in the agent's work tree (its dependencies are installed there), beside the OpenCode
 * server's own processes, with a time limit; the step looks for its end by wf_again and holds no
 * thread.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fix/host.h"
#include "fix/redacted.h"
#include "fix/session.h"
#include "heal.h"
#include "str.h"

#define SHELL_MS   30000
#define LIMIT_S    900
#define TAIL_BYTES 6000

/* Files in .git/heal of the work tree, named by the step, so that no earlier round is read. */
static const char *start_script(struct arena *a, const struct fix_contract *c, const char *command,
        const char *key, int64_t limit_s)
{
	struct str quoted = str_new(a);

	/* The agent's own command starts where the agent does. */
	if (!c->tests)
		str_add(&quoted, "cd .. && ");
	for (const char *p = command; *p; p++)
		str_add(&quoted, *p == '\'' ? "'\\''" : (char[]){*p, '\0'});
	return arena_printf(a,
	        "cd %s/.git && mkdir -p heal && cd .. && k=.git/heal/%s || exit 0; "
	        "[ -e $k.run ] || { : >$k.run; printf '%%s\\n' '%s' >$k.cmd; "
	        "(setsid sh -c \"timeout -k 10 %lld sh $k.cmd >$k.out 2>&1 </dev/null; echo \\$? "
	        ">$k.tmp; mv $k.tmp $k.exit\" >/dev/null 2>&1 &); }; echo heal-started",
	        fix_folder(a, c), key, quoted.s, (long long)limit_s);
}

static const char *look_script(struct arena *a, const struct fix_contract *c, const char *key)
{
	return arena_printf(a,
	        "cd %s/.git/heal && [ -e %s.exit ] && { echo heal-exit $(cat %s.exit); tail -c "
	        "%d %s.out; } || echo heal-running",
	        fix_folder(a, c), key, key, TAIL_BYTES, key);
}

static const json *not_run(struct arena *a, const char *why)
{
	json *out = json_obj(a);

	json_set_bool(out, "ran", false);
	json_set_str(out, "why", why);
	return out;
}

static const json *ended(
        struct wf *w, const struct fix_contract *c, const char *command, const char *text)
{
	struct arena *a = wf_arena(w);
	int status = (int)strtol(text + strlen("heal-exit "), NULL, 10);
	const char *tail = strchr(text, '\n');
	json *out = json_obj(a);

	tail = tail ? tail + 1 : "";
	json_set_bool(out, "ran", true);
	json_set_bool(out, "passed", status == 0);
	json_set_int(out, "exit", status);
	json_set_str(out, "command", command);
	json_set_bool(out, "agents_own", !c->tests);
	json_set_str(out, "tail", str_clean(a, tail, strlen(tail), TAIL_BYTES));
	if (status == 124 || status == 137)
		json_set_str(out, "why", "they did not end in time");
	return fix_redacted(a, wf_heal(w)->redact, out);
}

const json *fix_body_tests(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	const char *key = str_hash_hex(a, wf_key(w)), *out = "", *command;
	struct fix_contract c;
	int64_t left;

	if (!fix_contract_parse(a, json_get(in, ".contract"), &c, e) || !fix_use_host(w, &c, e))
		return NULL;
	command = c.tests ? c.tests : json_str(in, ".command", NULL);
	if (!command || strstr(command, "…")) /* the second: cut for showing */
		return not_run(a, "no test command is known ([service] tests)");
	left = c.deadline_ms > 0 ? (c.deadline_ms - clock_now_ms()) / 1000 : LIMIT_S;
	if (!wf_state(w)) {
		if (left < 5)
			return not_run(a, "the deadline has passed");
		if (!fix_shell(w, &c,
		            start_script(a, &c, command, key, left < LIMIT_S ? left : LIMIT_S),
		            SHELL_MS, &out, e))
			return NULL;
		if (!strstr(out, "heal-started"))
			return not_run(a, "the agent left no work tree");
		return wf_again(w, 300, json_obj(a), e);
	}
	if (!fix_shell(w, &c, look_script(a, &c, key), SHELL_MS, &out, e))
		return NULL;
	if (str_starts(out, "heal-exit "))
		return ended(w, &c, command, out);
	if (left < -60)
		return not_run(a, "they did not end before the deadline");
	return wf_again(w, wf_heal(w)->settings->opencode.poll_ms, json_obj(a), e);
}

const json *fix_body_say(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct opencode_prompt p = {0};
	struct fix_contract c;
	json *out = json_obj(a);

	if (!fix_contract_parse(a, json_get(in, ".contract"), &c, e) || !fix_use_host(w, &c, e))
		return NULL;
	p.text = json_str(in, ".text", "");
	p.agent = c.agent;
	p.model = c.model;
	/* The time is the end of the round before: the same id in every repetition. */
	p.message_id = opencode_message_id(a, json_int(in, ".after_ms", 0), wf_key(w));
	if (!opencode_prompt(wf_heal(w)->opencode, a, json_str(in, ".session", ""), &p, e))
		return NULL;
	json_set_str(out, "message", p.message_id);
	return out;
}
