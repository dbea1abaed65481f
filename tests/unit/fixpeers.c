/* fixpeers.c - see fixpeers.h. */
#include "fixpeers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http.h"
#include "str.h"
#include "unit.h"

static void spawn(struct fixpeers *p)
{
	const char *root = getenv("ROOT"), *tmp = getenv("TMPDIR");
	char script[300];
	int in[2], out[2];

	snprintf(script, sizeof(script), "%s/tests/it/lib/peers.sh", root ? root : ".");
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl("/bin/bash", "bash", script, tmp ? tmp : "/tmp", (char *)NULL);
		_exit(126);
	}
	close(in[0]);
	close(out[1]);
	p->to = fdopen(in[1], "w");
	p->from = fdopen(out[0], "r");
}

/* Exit status 77 of the script: OpenCode is not installed. */
static void not_installed(struct fixpeers *p)
{
	int status = 0;

	waitpid(p->pid, &status, 0);
	p->pid = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 77);
	p->skip = true;
}

struct opencode *fixpeers_opencode(const struct fixpeers *p, struct http **http_out)
{
	struct opencode_config c = {.url = p->url, .password = p->password, .directory = p->work};

	*http_out = http_new();
	return opencode_new(*http_out, &c);
}

struct github *fixpeers_github(const struct fixpeers *p, struct http *http)
{
	struct github_config g = {.token = FIXPEERS_TOKEN};
	char api[256];

	snprintf(api, sizeof(api), "%s/github", p->sandbox);
	g.api_url = api;
	return github_new(http, &g);
}

void fixpeers_clients_free(struct opencode *o, struct github *g, struct http *h)
{
	opencode_free(o);
	github_free(g);
	http_free(h);
}

struct fixpeers *fixpeers_start(void)
{
	struct fixpeers *p = calloc(1, sizeof(*p));

	http_global_init();
	http_set_gate(http_gate_none, NULL);
	spawn(p);
	if (fscanf(p->from, "ready %199s %199s %299s %99s", p->sandbox, p->url, p->work,
	            p->password) != 4) {
		not_installed(p);
		return p;
	}
	p->opencode = fixpeers_opencode(p, &p->http);
	p->github = fixpeers_github(p, p->http);
	return p;
}

void fixpeers_stop(struct fixpeers *p)
{
	fclose(p->to);
	if (p->pid)
		waitpid(p->pid, NULL, 0);
	fclose(p->from);
	opencode_free(p->opencode);
	github_free(p->github);
	http_free(p->http);
	http_global_fini();
	free(p);
}

static void tell(struct fixpeers *p, const char *word, const char *answer)
{
	char line[300] = "";

	fprintf(p->to, "%s\n", word);
	fflush(p->to);
	assert_int_equal(fscanf(p->from, " %299s", line), 1);
	assert_string_equal(line, answer);
}

void fixpeers_kill(struct fixpeers *p)
{
	tell(p, "kill", "killed");
}

void fixpeers_restart(struct fixpeers *p)
{
	tell(p, "start", "started");
}

const json *fixpeers_control(
        struct fixpeers *p, struct arena *a, const char *path, const char *body)
{
	struct err e = {0};
	struct http_request q = {
	        .url = arena_printf(a, "%s/_control/%s", p->sandbox, path),
	        .body_json = body ? json_parse(a, body, strlen(body), &e) : NULL,
	};
	struct http_response r;

	assert_true(http_do(p->http, a, &q, &r, &e));
	if (r.status != 200)
		fail_msg("%s: %d %s", path, r.status, r.body);
	return json_parse(a, r.body, r.len, &e);
}

void fixpeers_fault(struct fixpeers *p, struct arena *a, const char *name, int times)
{
	fixpeers_control(p, a, "faults",
	        arena_printf(a,
	                "{\"peer\":\"llm\",\"match\":\"answer agent\",\"times\":%d,"
	                "\"action\":{\"name\":\"%s\"}}",
	                times, name));
}

int fixpeers_effects(struct fixpeers *p, struct arena *a, const char *what)
{
	const json *all = fixpeers_control(p, a, "records", NULL);
	int n = 0;

	if (json_is_obj(all))
		all = json_get(all, ".records");
	json_each (it, all)
		n += str_eq(json_str(it, ".kind", ""), "effect") &&
		     str_eq(json_str(it, ".what", ""), what);
	return n;
}
