/* git_repo.c - bare repositories made of seed_repos by git fast-import. */
#include "git_repo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repos.h"

#define ENV_MAX 12
#define OUT_MAX (16u << 20)

struct git_repos {
	char dir[256];
	char *env[ENV_MAX + 1];
};

/* What GitHub's branch protection says, for everything but the bot's own branches. */
static const char pre_receive[] =
        "#!/bin/sh\n"
        "while read -r old new ref; do\n"
        "\tcase $ref in\n"
        "\trefs/heads/heal/*) ;;\n"
        "\t*)\n"
        "\t\techo \"GH006: Protected branch update failed for $ref.\" >&2\n"
        "\t\techo \"- Changes must be made through a pull request.\" >&2\n"
        "\t\texit 1\n"
        "\t\t;;\n"
        "\tesac\n"
        "done\n";

/* --- processes --- */

static void child(
        const struct git_repos *g, const char *cwd, const char *const *argv, int in, int out)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	/* The loop takes its signals by signalfd; git wants its own. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(in >= 0 ? in : null, 0);
	dup2(out >= 0 ? out : null, 1);
	if (!getenv("SANDBOX_GIT_ERRORS"))
		dup2(null, 2);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	if (cwd && chdir(cwd) != 0)
		_exit(126);
	/* execvpe takes non-const arrays for history's sake. */
	union {
		const char *const *in;
		char *const *out;
	} args = {.in = argv};
	execvpe(argv[0], args.out, g->env);
	_exit(127);
}

/* Runs a program with `input` and reads what it prints; NULL when it fails. The input is small
 * enough for the pipe, or the program reads all of it before it prints. */
static char *run_bytes(const struct git_repos *g, struct arena *a, const char *cwd,
        const char *const *argv, const char *input, size_t left, size_t *n_out)
{
	struct str b = str_new(a);
	int in[2] = {-1, -1}, out[2], status = -1;
	char buf[16384];
	ssize_t n;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) != 0 || (input && pipe2(in, O_CLOEXEC) != 0))
		abort();
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0)
		child(g, cwd, argv, in[0], out[1]);
	close(out[1]);
	if (input) {
		close(in[0]);
		while (left > 0 && (n = write(in[1], input, left)) > 0) {
			input += n;
			left -= (size_t)n;
		}
		close(in[1]);
	}
	while ((n = read(out[0], buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && b.len < OUT_MAX)
			str_addn(&b, buf, (size_t)n);
	close(out[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*n_out = b.len;
	return status == 0 ? b.s : NULL;
}

static char *run_with(const struct git_repos *g, struct arena *a, const char *cwd,
        const char *const *argv, const char *input, size_t n_input)
{
	size_t n;
	char *s = run_bytes(g, a, cwd, argv, input, n_input, &n);

	while (s && n > 0 && s[n - 1] == '\n')
		s[--n] = '\0';
	return s;
}

static char *run(const struct git_repos *g, struct arena *a, const char *cwd,
        const char *const *argv, const char *input)
{
	return run_with(g, a, cwd, argv, input, input ? strlen(input) : 0);
}

char *git_run_input(struct git_repos *g, struct arena *a, const char *repo, const char *env,
        const char *const *args, const char *input, size_t n_input)
{
	const char *argv[32] = {"env", env ? env : "LC_ALL=C", "git"};
	size_t n = 3;

	while (*args && n < 31)
		argv[n++] = *args++;
	argv[n] = NULL;
	return run_with(g, a, arena_printf(a, "%s/%s.git", g->dir, repo), argv, input, n_input);
}

char *git_run_raw(struct git_repos *g, struct arena *a, const char *repo, const char *const *args,
        size_t *n_out)
{
	const char *argv[16] = {"git"};
	char *s;

	for (size_t i = 0; i < 14 && args[i]; i++)
		argv[i + 1] = args[i];
	s = run_bytes(g, a, arena_printf(a, "%s/%s.git", g->dir, repo), argv, NULL, 0, n_out);
	*n_out = s ? *n_out : 0;
	return s ? s : arena_strdup(a, "");
}

char *git_run(struct git_repos *g, struct arena *a, const char *repo, const char *const *args)
{
	return git_run_input(g, a, repo, NULL, args, NULL, 0);
}

const char *git_branch_sha(
        struct git_repos *g, struct arena *a, const char *repo, const char *branch)
{
	return GIT(g, a, repo, "rev-parse", "--verify", "-q",
	        arena_printf(a, "refs/heads/%s", branch));
}

/* --- making them --- */

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "sandbox: %s failed: is git installed?\n", what);
	abort();
}

static void add_commit(struct str *b, const struct seed_commit *c)
{
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			str_add(b, "commit refs/heads/main\n");
		str_addf(b, "%s %s <%s@acme.example> %ld +0000\n", i ? "committer" : "author",
		        c->author, c->author, c->when);
	}
	str_addf(b, "data %zu\n%s\n", strlen(c->message), c->message);
	for (const struct seed_file *f = c->files; f->path; f++) {
		if (f->text)
			str_addf(b, "M 100644 inline %s\ndata %zu\n%s\n", f->path, strlen(f->text),
			        f->text);
		else
			str_addf(b, "D %s\n", f->path);
	}
	str_addc(b, '\n');
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "we");

	must(f && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(path, mode) == 0, path);
}

static void make_one(struct git_repos *g, struct arena *a, const struct seed_repo *r)
{
	const char *path = arena_printf(a, "%s/%s.git", g->dir, r->name);
	const char *const init[] = {"git", "init", "-q", "--bare", "-b", "main", path, NULL};
	const char *const import[] = {"git", "fast-import", "--quiet", NULL};
	static const char *const config[][2] = {{"http.receivepack", "true"},
	        {"receive.denyNonFastForwards", "true"}, {"receive.advertisePushOptions", "true"},
	        {"uploadpack.allowFilter", "true"}, {"gc.auto", "0"}};
	struct str b = str_new(a);

	must(run(g, a, NULL, init, NULL) != NULL, "git init");
	for (const struct seed_commit *c = r->commits; c->message; c++)
		add_commit(&b, c);
	must(run(g, a, path, import, b.s) != NULL, "git fast-import");
	for (size_t i = 0; i < sizeof(config) / sizeof(config[0]); i++)
		must(GIT(g, a, r->name, "config", config[i][0], config[i][1]) != NULL,
		        "git config");
	mkdir(arena_printf(a, "%s/hooks", path), 0700);
	write_file(arena_printf(a, "%s/hooks/pre-receive", path), pre_receive, 0755);
}

static void make_all(struct git_repos *g)
{
	struct arena *a = arena_new(0);

	for (const struct seed_repo *r = seed_repos; r->name; r++)
		if (seed_repo_here(r))
			make_one(g, a, r);
	arena_free(a);
}

static void remove_all(struct git_repos *g)
{
	struct arena *a = arena_new(0);
	const char *const argv[] = {"rm", "-rf", "--", arena_printf(a, "%s/acme", g->dir), NULL};

	(void)run(g, a, NULL, argv, NULL);
	arena_free(a);
}

static void add_env(struct git_repos *g, const char *name, const char *value)
{
	size_t n = 0;

	while (g->env[n])
		n++;
	if (n >= ENV_MAX || asprintf(&g->env[n], "%s=%s", name, value) < 0)
		abort();
}

struct git_repos *git_repos_new(void)
{
	struct git_repos *g = calloc(1, sizeof(*g));
	const char *tmp = getenv("TMPDIR"), *path = getenv("PATH");

	if (!g)
		abort();
	snprintf(g->dir, sizeof(g->dir), "%s/heal-git.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	must(mkdtemp(g->dir) != NULL, g->dir);
	add_env(g, "PATH", path ? path : "/usr/bin:/bin");
	add_env(g, "HOME", g->dir);
	add_env(g, "GIT_CONFIG_NOSYSTEM", "1");
	add_env(g, "GIT_AUTHOR_NAME", "GitHub");
	add_env(g, "GIT_AUTHOR_EMAIL", "noreply@github.example");
	add_env(g, "GIT_COMMITTER_NAME", "GitHub");
	add_env(g, "GIT_COMMITTER_EMAIL", "noreply@github.example");
	make_all(g);
	return g;
}

void git_repos_free(struct git_repos *g)
{
	remove_all(g);
	rmdir(g->dir);
	for (size_t i = 0; g->env[i]; i++)
		free(g->env[i]);
	free(g);
}

void git_repos_reset(struct git_repos *g)
{
	remove_all(g);
	make_all(g);
}

const char *git_repos_dir(const struct git_repos *g)
{
	return g->dir;
}

const char *const *git_repos_env(const struct git_repos *g)
{
	return (const char *const *)g->env;
}
