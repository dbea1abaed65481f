/* cli.c - the command line: parse, load what the command needs, run it (see cli.h). */
#include "app/cli.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "str.h"

/* Near enough to be a typing mistake. */
#define NEAR 3

struct parse {
	struct cli *c;
	bool help;
	char **words; /* what is no option; words[0] is the command */
	int nwords;
};

static const struct cli_command *find_command(const char *name)
{
	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++) {
		if (str_eq(cmd->name, name))
			return cmd;
	}
	return NULL;
}

static int option_index(const struct cli_command *cmd, const char *name, size_t n)
{
	for (int i = 0; cmd && cmd->options && cmd->options[i].name; i++) {
		if (strlen(cmd->options[i].name) == n && memcmp(cmd->options[i].name, name, n) == 0)
			return i;
	}
	return -1;
}

static size_t option_count(const struct cli_command *cmd)
{
	size_t n = 0;

	while (cmd->options && cmd->options[n].name)
		n++;
	return n;
}

const char *cli_opt(const struct cli *c, const char *name)
{
	int i = option_index(c->command, name, strlen(name));

	return i < 0 ? NULL : c->values[i];
}

/* ---- complaints: one line each, exit code 2 ---- */

static int unknown_command(const char *typed)
{
	const char *best = NULL;
	unsigned least = NEAR + 1;

	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++) {
		unsigned d = str_distance(cmd->name, typed);

		if (d < least && d < strlen(cmd->name)) {
			best = cmd->name;
			least = d;
		}
	}
	fprintf(stderr, "healbot: no command \"%s\"", typed);
	if (best)
		fprintf(stderr, "; did you mean \"%s\"?\n", best);
	else
		fputs("; `healbot --help` lists them\n", stderr);
	return EXIT_USAGE;
}

static bool complain(const struct cli *c, const char *problem, const char *what)
{
	fprintf(stderr, "healbot: %s%s; `healbot%s%s --help` shows what there is\n", problem, what,
	        c->command ? " " : "", c->command ? c->command->name : "");
	return false;
}

/* ---- options ---- */

/* Takes --name, --name=value or --name value at argv[*i]. */
static bool take_option(struct parse *p, int argc, char **argv, int *i)
{
	char *name = argv[*i] + 2, *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	bool config = n == 6 && memcmp(name, "config", n) == 0;
	int at = config ? -1 : option_index(p->c->command, name, n);
	const char *value = eq ? eq + 1 : "";

	if (!config && at < 0)
		return complain(p->c, "no such option: ", argv[*i]);
	assert(config || p->c->command);
	if (!config && !p->c->command->options[at].arg) {
		if (eq)
			return complain(p->c, "takes no value: ", argv[*i]);
		p->c->values[at] = "";
		return true;
	}
	if (!eq) {
		if (*i + 1 >= argc)
			return complain(p->c, "wants a value: ", argv[*i]);
		value = argv[++*i];
	}
	if (config)
		p->c->config = value;
	else
		p->c->values[at] = value;
	return true;
}

/* The command is the first word; options that take values before it are --config's only. */
static const char *command_word(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0)
			i++;
		else if (argv[i][0] != '-')
			return argv[i];
	}
	return NULL;
}

static bool parse_args(struct parse *p, int argc, char **argv)
{
	bool only_words = false;

	for (int i = 1; i < argc; i++) {
		if (only_words || argv[i][0] != '-' || str_eq(argv[i], "-"))
			p->words[p->nwords++] = argv[i];
		else if (str_eq(argv[i], "--"))
			only_words = true;
		else if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h"))
			p->help = true;
		else if (!str_starts(argv[i], "--"))
			return complain(p->c, "no such option: ", argv[i]);
		else if (!take_option(p, argc, argv, &i))
			return false;
	}
	return true;
}

/* "ID [FILE]": at least the words without brackets, at most all; "..." has no most. */
static bool check_words(const struct parse *p)
{
	int least = 0, most = 0;

	for (const char *s = p->c->command->args; *s; s += strcspn(s, " "), s += strspn(s, " ")) {
		least += *s != '[';
		most++;
	}
	if (p->nwords - 1 < least)
		return complain(p->c, "what is missing: ", p->c->command->args);
	if (p->nwords - 1 > most && !strstr(p->c->command->args, "..."))
		return complain(p->c, "too much: ", p->words[1 + most]);
	return true;
}

/* ---- settings ---- */

bool cli_load(struct cli *c, unsigned needs)
{
	struct config_source src = {.path = c->config, .env = (const char *const *)environ};
	struct secrets *k = ARENA_NEW(c->arena, struct secrets);
	struct str problems = str_new(c->arena);

	secrets_load(c->arena, k, &problems);
	c->secrets = k;
	c->settings = config_load(c->arena, &src, &problems);
	if (c->settings && c->settings->redact.values)
		secrets_listed(c->arena, c->settings->redact.values, k, &problems);
	if (c->settings)
		config_require(c->settings, k, needs, &problems);
	fputs(problems.s, stderr);
	if (problems.len || !c->settings)
		return false;
	log_set_level((enum log_level)c->settings->heal.log_level);
	return true;
}

static int run_command(struct parse *p)
{
	struct cli *c = p->c;

	if (p->help) {
		struct str out = str_new(c->arena);

		cli_help_command(&out, c->command);
		fputs(out.s, stdout);
		return EXIT_OK;
	}
	if (!check_words(p) || (c->command->needs && !cli_load(c, c->command->needs)))
		return EXIT_USAGE;
	return c->command->run(c, p->nwords - 1, p->words + 1);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct parse p = {.c = c, .words = ARENA_ARRAY(c->arena, (size_t)argc + 1, char *)};
	const char *word = command_word(argc, argv);
	struct str out = str_new(c->arena);

	if (argc >= 2 && str_eq(argv[1], "--version"))
		word = "version";
	if (word && !(c->command = find_command(word)))
		return unknown_command(word);
	if (c->command && str_eq(word, "version"))
		return c->command->run(c, 0, argv + argc);
	if (c->command)
		c->values = ARENA_ARRAY(c->arena, option_count(c->command) + 1, const char *);
	if (!parse_args(&p, argc, argv))
		return EXIT_USAGE;
	if (c->command)
		return run_command(&p);
	cli_help(&out);
	fputs(out.s, p.help ? stdout : stderr);
	return p.help ? EXIT_OK : EXIT_USAGE;
}

int cli_main(int argc, char **argv)
{
	struct cli c = {.arena = arena_new(0)};
	int rc = run(&c, argc, argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("healbot: cannot write to stdout\n", stderr);
		rc = rc ? rc : EXIT_FAILED;
	}
	arena_free(c.arena);
	return rc;
}
