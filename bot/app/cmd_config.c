/* cmd_config.c - the commands about the program itself: config, help, version. */
#include <stdio.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/commands.h"
#include "str.h"

/* As `healbot run` reads them; prints what that would complain about. */
static int check(const struct cli *c)
{
	struct config_source src = {.path = c->config, .env = (const char *const *)environ};
	struct str problems = str_new(c->arena);
	const struct settings *s;
	struct secrets k;

	secrets_load(c->arena, &k, &problems);
	s = config_load(c->arena, &src, &problems);
	for (const struct cli_command *cmd = cli_commands; s && cmd->name; cmd++) {
		if (str_eq(cmd->name, "run"))
			config_require(s, &k, cmd->needs, &problems);
	}
	fputs(problems.s, stderr);
	if (problems.len)
		return EXIT_USAGE;
	puts("settings and secrets are complete");
	return EXIT_OK;
}

int command_config(struct cli *c, int argc, char **argv)
{
	struct str out = str_new(c->arena);

	(void)argc;
	(void)argv;
	if (cli_opt(c, "example"))
		config_example(&out);
	else if (cli_opt(c, "markdown"))
		config_markdown(&out);
	else if (cli_opt(c, "man"))
		cli_man(&out);
	else
		return check(c);
	fputs(out.s, stdout);
	return EXIT_OK;
}

int command_help(struct cli *c, int argc, char **argv)
{
	struct str out = str_new(c->arena);

	if (argc == 0) {
		cli_help(&out);
		fputs(out.s, stdout);
		return EXIT_OK;
	}
	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++) {
		if (str_eq(cmd->name, argv[0])) {
			cli_help_command(&out, cmd);
			fputs(out.s, stdout);
			return EXIT_OK;
		}
	}
	fprintf(stderr, "healbot: no command \"%s\"; `healbot --help` lists them\n", argv[0]);
	return EXIT_USAGE;
}

int command_version(struct cli *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	(void)argv;
	puts("healbot " HEAL_VERSION);
	return EXIT_OK;
}
