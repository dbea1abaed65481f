/* cgi.c - runs a CGI program for a request without blocking the loop (RFC 3875). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_i.h"

#define HEAD_MAX 65536

struct job {
	struct sb *sb;
	struct sb_response *rs; /* NULL: the client left */
	pid_t pid;
	int in, out; /* our ends; -1 = closed */
	struct watch *in_watch, *out_watch;
	struct buf body, head;
	size_t written;
	bool begun;
	void (*done)(void *arg, int exit_status);
	void *arg;
};

static void close_end(struct job *j, int *fd, struct watch **w)
{
	if (*fd < 0)
		return;
	loop_unwatch(j->sb->loop, *w);
	close(*fd);
	*fd = -1;
}

/* The pipe is at its end; the process ends at the same moment or is about to. */
static void reap(void *arg)
{
	struct job *j = arg;
	int status = 0;
	pid_t r = waitpid(j->pid, &status, WNOHANG);
	if (r == 0) {
		loop_timer(j->sb->loop, 2, reap, j);
		return;
	}
	if (j->done)
		j->done(j->arg, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	if (j->rs && j->begun)
		sb_stream_end(j->rs);
	else if (j->rs)
		sb_sendf(j->rs, 502, "text/plain", "the program printed no headers\n");
	buf_free(&j->body);
	buf_free(&j->head);
	free(j);
}

static void client_gone(void *arg)
{
	struct job *j = arg;
	j->rs = NULL;
	if (j->out >= 0)
		kill(j->pid, SIGTERM);
}

/* Headers end at the first empty line, with or without CR. */
static size_t head_length(const struct buf *b)
{
	for (size_t i = 0; i + 1 < b->len; i++) {
		if (b->s[i] == '\n' && b->s[i + 1] == '\n')
			return i + 2;
		if (i + 3 < b->len && memcmp(b->s + i, "\r\n\r\n", 4) == 0)
			return i + 4;
	}
	return 0;
}

static void begin(struct job *j, size_t head)
{
	struct arena *a = sb_arena(j->rs);
	int status = 200;
	const char *type = "application/octet-stream";
	char *save = NULL, *text = arena_strndup(a, j->head.s, head);
	for (char *line = strtok_r(text, "\r\n", &save); line;
	        line = strtok_r(NULL, "\r\n", &save)) {
		char *value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = 0;
		while (*value == ' ')
			value++;
		if (strcasecmp(line, "Status") == 0)
			status = (int)strtol(value, NULL, 10);
		else if (strcasecmp(line, "Content-Type") == 0)
			type = value;
		else if (strcasecmp(line, "Content-Length") != 0)
			sb_set_header(j->rs, line, value);
	}
	j->begun = true;
	sb_stream_begin(j->rs, status, type);
	if (j->rs && j->head.len > head)
		sb_stream(j->rs, j->head.s + head, j->head.len - head);
}

static void output(struct job *j, const char *p, size_t n)
{
	if (!j->rs)
		return;
	if (j->begun) {
		sb_stream(j->rs, p, n);
		return;
	}
	buf_add(&j->head, p, n);
	size_t head = head_length(&j->head);
	if (head)
		begin(j, head);
	else if (j->head.len > HEAD_MAX)
		kill(j->pid, SIGTERM);
}

static void readable(void *arg, short revents)
{
	struct job *j = arg;
	(void)revents;
	char chunk[65536];
	ssize_t n = read(j->out, chunk, sizeof chunk);
	if (n > 0)
		output(j, chunk, (size_t)n);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	close_end(j, &j->out, &j->out_watch);
	close_end(j, &j->in, &j->in_watch);
	reap(j);
}

static void writable(void *arg, short revents)
{
	struct job *j = arg;
	(void)revents;
	size_t left = j->body.len - j->written;
	ssize_t n = left ? write(j->in, j->body.s + j->written, left) : 0;
	if (n > 0)
		j->written += (size_t)n;
	bool again = n < 0 && (errno == EAGAIN || errno == EINTR);
	if (j->written == j->body.len || (n < 0 && !again))
		close_end(j, &j->in, &j->in_watch);
}

static pid_t spawn(const struct sb_cgi *c, int child_in, int child_out)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	dup2(child_in, 0);
	dup2(child_out, 1);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execve(c->argv[0], (char *const *)(uintptr_t)c->argv, (char *const *)(uintptr_t)c->env);
	_exit(127);
}

void sb_cgi(const struct sb_request *rq, struct sb_response *rs, const struct sb_cgi *c)
{
	int in[2], out[2];
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		abort();
	struct job *j = calloc(1, sizeof *j);
	if (!j)
		abort();
	*j = (struct job){
	        .sb = rq->sb, .rs = rs, .in = in[1], .out = out[0], .done = c->done, .arg = c->arg};
	j->pid = spawn(c, in[0], out[1]);
	if (j->pid < 0)
		abort();
	close(in[0]);
	close(out[1]);
	fcntl(j->in, F_SETFL, O_NONBLOCK);
	fcntl(j->out, F_SETFL, O_NONBLOCK);
	buf_add(&j->body, rq->body, rq->len);
	j->in_watch = loop_watch(rq->sb->loop, j->in, POLLOUT, writable, j);
	j->out_watch = loop_watch(rq->sb->loop, j->out, POLLIN, readable, j);
	sb_on_gone(rs, client_gone, j);
}
