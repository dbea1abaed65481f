/*
 * opencode_shell.c - POST /session/ID/shell of the OpenCode stand-in: a command of the bot, run
 * beside the loop; the answer is the message that holds what it printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/opencode_i.h"

/* Lives in the request's arena. */
struct shell {
	struct oc_session *s;
	struct sb_response *rs; /* NULL: the client has left */
	pid_t pid;
	int out;
	struct watch *watch;
	struct str output;
};

static void end(struct shell *k, bool kill_it)
{
	if (k->pid <= 0)
		return;
	if (kill_it)
		kill(-k->pid, SIGKILL);
	loop_unwatch(k->s->p->sb->loop, k->watch);
	close(k->out);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	k->pid = 0;
}

static void gone(void *arg)
{
	end(arg, true);
}

static void answer(struct shell *k)
{
	struct oc_session *s = k->s;
	json *m = oc_add_message(s, oc_message_id(s->p), "assistant"), *state, *part;

	part = oc_add_part(s, m, "tool");
	json_set_str(part, "tool", "bash");
	state = json_set_obj(part, "state");
	json_set_str(state, "status", "completed");
	json_set_str(state, "output", k->output.s);
	sb_send_json(k->rs, 200, m);
}

static void readable(void *arg, short revents)
{
	struct shell *k = arg;
	char chunk[16384];
	ssize_t n = read(k->out, chunk, sizeof(chunk));

	(void)revents;
	if (n > 0)
		str_addn(&k->output, chunk, (size_t)n);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	end(k, false);
	answer(k);
}

void oc_shell(struct oc_session *s, const json *body, struct sb_response *rs)
{
	struct shell *k = ARENA_NEW(sb_arena(rs), struct shell);

	*k = (struct shell){.s = s, .rs = rs, .output = str_new(sb_arena(rs))};
	k->pid = oc_spawn(s, json_str(body, ".command", ""), &k->out);
	k->watch = loop_watch(s->p->sb->loop, k->out, POLLIN, readable, k);
	sb_on_gone(rs, gone, k);
}
