/* /heal help: one screen, examples first; with a verb, that verb. Made from the table of commands.
 */
#include "handler.h"
#include "str.h"

static const struct command *find(const char *name)
{
	for (size_t i = 0; handler_commands[i]; i++)
		if (str_ieq(handler_commands[i]->name, name))
			return handler_commands[i];
	return NULL;
}

static bool one(struct wf *w, const struct call *c, const struct command *cmd, struct err *e)
{
	return reply_text(w, c, "reply", e,
	        "`/heal %s %s`\n%s. For %ss.\nExample: `/heal %s`\nIn a thread: `@heal %s` or `!heal "
	        "%s`; the incident is the thread's own.",
	        cmd->name, cmd->args, cmd->help, right_name(cmd->right), cmd->example, cmd->name,
	        cmd->name);
}

static bool all(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, "Heal: commands");
	struct str b = str_new(a);

	message_section(m, KEEP_ALWAYS,
	        "*Heal* watches your Railway services and opens one thread for each that needs "
	        "you.\nTry `/heal status` · `/heal why api` · `/heal fix 42` · in a thread `@heal "
	        "fix` or `!heal ack`");
	for (size_t i = 0; handler_commands[i]; i++)
		mrk_add(&b, "`%s %s` %s\n", handler_commands[i]->name, handler_commands[i]->args,
		        handler_commands[i]->help);
	message_section(m, KEEP_HIGH, b.s);
	message_context(m, KEEP_NORMAL,
	        "Reactions on my messages: :+1: :100: right · :-1: wrong · :shrug: not useful · "
	        ":eyes: ack · :zzz: snooze 4 h · :white_check_mark: resolve. `/heal help VERB` for "
	        "more.");
	return reply(w, c, "reply", m, e);
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	const struct command *cmd = c->argc > 0 ? find(c->argv[0]) : NULL;

	return cmd ? one(w, c, cmd, e) : all(w, c, e);
}

const struct command cmd_help = {
        .name = "help",
        .args = "[verb]",
        .help = "what I can do, examples first",
        .example = "help fix",
        .right = RIGHT_VIEWER,
        .run = run,
};
