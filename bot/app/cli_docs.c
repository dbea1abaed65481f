/* cli_docs.c - the table of commands as --help and as healbot(8) (declared in cli.h). */
#include <string.h>

#include "app/cli.h"
#include "str.h"

static const struct {
	int code;
	const char *text;
} exits[] = {
        {EXIT_OK, "success"},
        {EXIT_FAILED, "it did not work, or doctor found a problem"},
        {EXIT_USAGE, "wrong command line, setting or secret; each problem is one line on stderr"},
        {EXIT_PEER, "a peer (Slack, Railway ...) is unreachable or refuses our token"},
};

#define EXITS (sizeof(exits) / sizeof(exits[0]))

/* "name ARGS" */
static const char *usage(struct arena *a, const struct cli_command *cmd)
{
	return *cmd->args ? arena_printf(a, "%s %s", cmd->name, cmd->args) : cmd->name;
}

void cli_help(struct str *out)
{
	str_add(out,
	        "healbot " HEAL_VERSION ": watches Railway services, opens incident threads in "
	        "Slack,\ndiagnoses them and hands the fix to a coding agent.\n\n"
	        "usage: healbot [--config FILE] COMMAND [OPTION...]\n\n");
	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++)
		str_addf(out, "  %-16s %s\n", usage(out->a, cmd), cmd->summary);
	str_add(out,
	        "\n`healbot help COMMAND` explains one, `healbot help config` lists every setting.\n"
	        "Exit codes:");
	for (size_t i = 0; i < EXITS; i++)
		str_addf(out, "%s %d %s", i ? ";" : "", exits[i].code, exits[i].text);
	str_add(out, ".\n");
}

static const char *option_usage(struct arena *a, const struct cli_option *o)
{
	return o->arg ? arena_printf(a, "--%s %s", o->name, o->arg)
	              : arena_printf(a, "--%s", o->name);
}

void cli_help_command(struct str *out, const struct cli_command *cmd)
{
	str_addf(out, "usage: healbot %s%s\n\n%s.\n", usage(out->a, cmd),
	        cmd->options && cmd->options[0].name ? " [OPTION...]" : "", cmd->summary);
	if (*cmd->details)
		str_addf(out, "%s\n", cmd->details);
	if (cmd->options && cmd->options[0].name)
		str_addc(out, '\n');
	for (const struct cli_option *o = cmd->options; o && o->name; o++)
		str_addf(out, "  %-18s %s\n", option_usage(out->a, o), o->help);
	str_addf(out, "\nexample: %s\n", cmd->example);
	if (str_eq(cmd->name, "config")) {
		str_addc(out, '\n');
		config_help(out);
	}
}

/* roff: hyphens that are typed, and backslashes. */
static void roff(struct str *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		str_add(out, "\\&");
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			str_add(out, *text == '-' ? "\\-" : "\\e");
		else
			str_addc(out, *text);
	}
	str_addc(out, '\n');
}

static void man_command(struct str *out, const struct cli_command *cmd)
{
	str_add(out, ".TP\n.B ");
	roff(out, usage(out->a, cmd));
	roff(out, arena_printf(out->a, "%s. %s", cmd->summary, cmd->details));
	for (const struct cli_option *o = cmd->options; o && o->name; o++) {
		str_add(out, ".RS\n.TP\n.B ");
		roff(out, option_usage(out->a, o));
		roff(out, o->help);
		str_add(out, ".RE\n");
	}
	str_add(out, ".RS\nExample: ");
	roff(out, cmd->example);
	str_add(out, ".RE\n");
}

void cli_man(struct str *out)
{
	str_add(out,
	        ".\\\" Made by `healbot config --man`. Do not edit.\n"
	        ".TH HEALBOT 8 \"\" \"healbot " HEAL_VERSION "\" \"System administration\"\n"
	        ".SH NAME\nhealbot \\- incident bot for Railway services in Slack\n"
	        ".SH SYNOPSIS\n.B healbot\n[\\-\\-config FILE] COMMAND [OPTION...]\n"
	        ".SH DESCRIPTION\nHeal watches the services of a Railway project on a schedule, opens one "
	        "incident thread in Slack for each service that needs attention, writes a diagnosis and a "
	        "plan with the help of an LLM, and on /heal fix hands the plan to a remote OpenCode "
	        "session that opens a pull request.\n"
	        ".SH COMMANDS\n");
	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++)
		man_command(out, cmd);
	config_man(out);
	str_add(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < EXITS; i++) {
		str_addf(out, ".TP\n.B %d\n", exits[i].code);
		roff(out, exits[i].text);
	}
	str_add(out, ".SH FILES\n.TP\n.I heal.ini\nin the working directory, else "
	             ".I /etc/heal/heal.ini\n.TP\n.I heal.db\nthe store; [heal] db\n"
	             ".SH SIGNALS\nSIGTERM and SIGINT end the bot in order.\n");
}
