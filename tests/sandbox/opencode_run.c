/* opencode_run.c - the turns and tools of the OpenCode stand-in, beside the loop. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/llm.h"
#include "sandbox/opencode_i.h"

#define TURN_MS    150
#define OUTPUT_MAX 16000 /* as the real one cuts it */

/* Ordered by time, and after every id given or taken before. */
const char *oc_message_id(struct oc_peer *p)
{
	uint64_t t = ((uint64_t)sb_now_ms(p->sb) * 4096) & 0xffffffffffffULL;

	p->last_id = t > p->last_id ? t : p->last_id + 1;
	return arena_printf(p->a, "msg_%012llxStandInStandI", (unsigned long long)p->last_id);
}

json *oc_add_message(struct oc_session *s, const char *id, const char *role)
{
	json *m = json_add_obj(s->messages), *info = json_set_obj(m, "info");

	json_set_str(info, "id", id);
	json_set_str(info, "sessionID", s->id);
	json_set_str(info, "role", role);
	json_set_int(json_set_obj(info, "time"), "created", sb_now_ms(s->p->sb));
	json_set_arr(m, "parts");
	return m;
}

static json *live(json *o, const char *key)
{
	union {
		const json *in;
		json *out;
	} u = {.in = json_get(o, key)};
	return u.out;
}

json *oc_add_part(struct oc_session *s, json *m, const char *type)
{
	json *part = json_add_obj(live(m, ".parts"));

	json_set_str(part, "id", arena_printf(s->p->a, "prt_%lld", (long long)sb_next(s->p->sb)));
	json_set_str(part, "type", type);
	return part;
}

/* Ends the open message; error NULL = none. Turns have the price of 1 and 4 dollars a million. */
static void close_message(struct oc_session *s, const char *finish, const char *error)
{
	json *info = live(s->said, ".info"), *tokens = live(s->info, ".tokens");
	int64_t in = (int64_t)strlen(json_print(s->p->a, s->talk)) / 4;

	json_set_int(live(info, ".time"), "completed", sb_now_ms(s->p->sb));
	if (finish)
		json_set_str(info, "finish", finish);
	if (error) {
		json *e = json_set_obj(info, "error");
		json_set_str(e, "name", error);
		json_set_str(json_set_obj(e, "data"), "message", "The run was aborted");
	}
	json_set_int(tokens, "input", json_int(tokens, ".input", 0) + in);
	json_set_int(tokens, "output", json_int(tokens, ".output", 0) + 120);
	json_set_num(s->info, "cost", json_num(s->info, ".cost", 0) + (double)in * 1e-6 + 480e-6);
	json_set_int(live(s->info, ".time"), "updated", sb_now_ms(s->p->sb));
	s->said = s->part = NULL;
}

/* --- tools --- */

static void tool_done(struct oc_session *s, const char *output, int status)
{
	struct arena *a = s->p->a;
	json *state = live(s->part, ".state"), *t;

	json_set_str(state, "status", "completed");
	json_set_str(state, "output", output);
	json_set_int(json_set_obj(state, "metadata"), "exit", status);
	json_set_int(live(state, ".time"), "end", sb_now_ms(s->p->sb));
	t = json_add_obj(s->talk);
	json_set_str(t, "role", "tool");
	json_set_str(t, "tool_call_id", arena_printf(a, "call_%lld", (long long)s->turns));
	json_set_str(t, "content", output);
	close_message(s, "tool-calls", NULL);
	s->timer = sb_timer(s->p->sb, TURN_MS, oc_next_turn, s);
}

static int end_command(struct oc_session *s, bool kill_it)
{
	int status = 0;

	if (s->pid <= 0)
		return 0;
	if (kill_it)
		kill(-s->pid, SIGKILL);
	loop_unwatch(s->p->sb->loop, s->watch);
	close(s->out);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void readable(void *arg, short revents)
{
	struct oc_session *s = arg;
	char chunk[8192];
	ssize_t n = read(s->out, chunk, sizeof(chunk));

	(void)revents;
	if (n > 0 && s->output.len < OUTPUT_MAX)
		str_addn(&s->output, chunk, (size_t)n);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	int status = end_command(s, false);
	tool_done(s, s->output.s, status);
}

/* In the child: the environment the entry point of the real one makes. */
static void set_env(struct oc_session *s)
{
	static const char token[] = "ghp_sandboxsandboxsandboxsandboxsandb0x";
	const char *url = sb_url(s->p->sb);

	setenv("HOME", s->dir, 1);
	setenv("GH_TOKEN", token, 1);
	setenv("GH_API", arena_printf(s->p->a, "%s/github", url), 1);
	setenv("GIT_AUTHOR_NAME", "heal-agent", 1);
	setenv("GIT_COMMITTER_NAME", "heal-agent", 1);
	setenv("GIT_AUTHOR_EMAIL", "agent@acme.example", 1);
	setenv("GIT_COMMITTER_EMAIL", "agent@acme.example", 1);
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	setenv("NO_PROXY", "*", 1);
	setenv("no_proxy", "*", 1);
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "credential.helper", 1);
	setenv("GIT_CONFIG_VALUE_0",
	        arena_printf(s->p->a, "!printf 'username=x\\npassword=%s\\n' #", token), 1);
}

pid_t oc_spawn(struct oc_session *s, const char *command, int *from)
{
	int out[2];
	sigset_t none;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) != 0)
		abort();
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		setpgid(0, 0);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		int null = open("/dev/null", O_RDONLY);
		dup2(null, 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		set_env(s);
		if (chdir(s->dir) == 0)
			execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	setpgid(pid, pid);
	close(out[1]);
	*from = out[0];
	fcntl(*from, F_SETFL, O_NONBLOCK);
	return pid;
}

static void run_command(struct oc_session *s, const char *command)
{
	s->pid = oc_spawn(s, command, &s->out);
	s->output = str_new(s->p->a);
	s->watch = loop_watch(s->p->sb->loop, s->out, POLLIN, readable, s);
}

static const char *file_read(struct arena *a, const char *path)
{
	struct str b = str_new(a);
	FILE *f = fopen(path, "re");
	char chunk[4096];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		str_addn(&b, chunk, n);
	(void)fclose(f);
	return b.s;
}

static bool file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;

	return f && fclose(f) == 0 && ok;
}

static const char *file_tool(struct oc_session *s, const char *tool, const json *args)
{
	const char *path = json_str(args, ".filePath", ""), *before, *at;
	const char *text =
	        str_eq(tool, "write") ? json_str(args, ".content", "") : file_read(s->p->a, path);

	if (!text)
		return "Error: no such file";
	if (str_eq(tool, "read"))
		return text;
	if (str_eq(tool, "edit")) {
		before = json_str(args, ".oldString", "");
		at = strstr(text, before);
		if (!at)
			return "Error: oldString not found";
		text = arena_printf(s->p->a, "%.*s%s%s", (int)(at - text), text,
		        json_str(args, ".newString", ""), at + strlen(before));
	}
	return file_write(path, text) ? "done" : "Error: cannot write";
}

/* --- turns --- */

static void call_tool(struct oc_session *s, const struct llm_tool_call *call)
{
	json *state = json_set_obj(s->part = oc_add_part(s, s->said, "tool"), "state");

	json_set_str(s->part, "tool", call->name);
	json_set_str(state, "status", "running");
	json_set(state, "input", call->args);
	json_set_int(json_set_obj(state, "time"), "start", sb_now_ms(s->p->sb));
	if (str_eq(call->name, "bash")) {
		run_command(s, json_str(call->args, ".command", ""));
		return;
	}
	if (str_eq(call->name, "todowrite")) {
		s->todos = json_copy(s->p->a, json_get(call->args, ".todos"));
		tool_done(s, "done", 0);
		return;
	}
	tool_done(s, file_tool(s, call->name, call->args), 0);
}

static json *body_of(struct oc_session *s)
{
	static const char *const tools[] = {"bash", "read", "write", "edit", "todowrite"};
	json *body = json_obj(s->p->a), *list = json_set_arr(body, "tools");

	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++)
		json_set_str(json_set_obj(json_add_obj(list), "function"), "name", tools[i]);
	json_set(body, "messages", s->talk);
	return body;
}

void oc_next_turn(void *arg)
{
	struct oc_session *s = arg;
	struct arena *a = s->p->a;
	struct llm_out out = {.text = ""};
	struct llm_in in = {.peer = sb_peer_state(s->p->sb, "llm"),
	        .a = a,
	        .body = body_of(s),
	        .system = arena_printf(a, "Working directory: %s\n", s->dir)};
	json *t, *call, *f;

	s->timer = NULL;
	if (!llm_agent(&in, &out))
		out.text = "There is no contract in this prompt.";
	s->said = oc_add_message(s, oc_message_id(s->p), "assistant");
	json_set_str(live(s->said, ".info"), "parentID", s->prompt_id);
	if (*str_or(out.text, ""))
		json_set_str(oc_add_part(s, s->said, "text"), "text", out.text);
	t = json_add_obj(s->talk);
	json_set_str(t, "role", "assistant");
	json_set_str(t, "content", str_or(out.text, ""));
	if (!out.call.name) {
		close_message(s, "stop", NULL);
		s->busy = false;
		return;
	}
	call = json_add_obj(json_set_arr(t, "tool_calls"));
	json_set_str(call, "id", arena_printf(a, "call_%lld", (long long)++s->turns));
	f = json_set_obj(call, "function");
	json_set_str(f, "name", out.call.name);
	json_set_str(f, "arguments", json_print(a, out.call.args));
	call_tool(s, &out.call);
}

void oc_stop(struct oc_session *s)
{
	sb_timer_cancel(s->p->sb, s->timer);
	s->timer = NULL;
	(void)end_command(s, true);
	if (s->busy && !s->said)
		s->said = oc_add_message(s, oc_message_id(s->p), "assistant");
	if (s->said)
		close_message(s, NULL, "MessageAbortedError");
	s->busy = false;
}
