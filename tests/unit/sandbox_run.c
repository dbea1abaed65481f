/* sandbox_run.c - see sandbox_run.h. */
#include "sandbox_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http.h"

struct sandbox_run {
	pid_t pid;
	char url[64];
	struct http *http;
};

static void die(const char *what)
{
	fprintf(stderr, "sandbox_run: %s\n", what);
	abort();
}

static void child(const char *program, const char *const *args, int out)
{
	const char *argv[32] = {program, "--port", "0"};
	size_t n = 3;

	while (args && *args && n < 31)
		argv[n++] = *args++;
	dup2(out, STDOUT_FILENO);
	execv(program, (char *const *)(void *)argv);
	_exit(127);
}

struct sandbox_run *sandbox_start(const char *const *args)
{
	const char *program = getenv("SANDBOX");
	struct sandbox_run *s;
	struct arena *a;
	const char *url;
	char line[512] = "";
	size_t n = 0;
	int fd[2];

	if (!program || !*program)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s || pipe(fd) < 0)
		die("no pipe");
	s->pid = fork();
	if (s->pid == 0)
		child(program, args, fd[1]);
	close(fd[1]);
	while (n < sizeof(line) - 1 && read(fd[0], line + n, 1) == 1 && line[n] != '\n')
		n++;
	close(fd[0]);
	a = arena_new(0);
	url = json_str(json_parse(a, line, n, NULL), ".url", NULL);
	if (!url)
		die("the sandbox did not start");
	snprintf(s->url, sizeof(s->url), "%s", url);
	arena_free(a);
	s->http = http_new();
	return s;
}

void sandbox_stop(struct sandbox_run *s)
{
	if (!s)
		return;
	http_free(s->http);
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	free(s);
}

const char *sandbox_url(const struct sandbox_run *s)
{
	return s->url;
}

const json *sandbox_control(
        struct sandbox_run *s, struct arena *a, const char *path, const char *body)
{
	struct http_header type[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
	struct http_request q = {
	        .url = arena_printf(a, "%s/_control%s", s->url, path),
	        .body_raw = body,
	        .body_raw_len = body ? strlen(body) : 0,
	        .headers = type,
	};
	struct http_response r;
	struct err e;

	if (!http_do(s->http, a, &q, &r, &e))
		die(e.msg);
	if (r.status != 200)
		die(r.body);
	return json_parse(a, r.body, r.len, NULL);
}
