/*
 * commands.h - the commands of the binary, one function each. Returns the exit code (cli.h); prints
 * results on stdout and says what went wrong on stderr.
 */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

struct cli;

int command_run(struct cli *c, int argc, char **argv);       /* the bot */
int command_scan(struct cli *c, int argc, char **argv);      /* [--json] [--service NAME] */
int command_doctor(struct cli *c, int argc, char **argv);    /* [--json] */
int command_incidents(struct cli *c, int argc, char **argv); /* [--json] [--all] */
int command_runs(struct cli *c, int argc, char **argv);      /* [ID] [filters] [--json] [--full] */
int command_retry(struct cli *c, int argc, char **argv);     /* ID... [--from STEP] */
int command_cancel(struct cli *c, int argc, char **argv);    /* [ID...] [--where CONDITIONS] */
int command_pause(struct cli *c, int argc, char **argv);     /* ID... */
int command_resume(struct cli *c, int argc, char **argv);    /* ID... */
int command_digest(struct cli *c, int argc, char **argv); /* [--budget N] [--assign] [--message] */
int command_redact(struct cli *c, int argc, char **argv);
int command_eval(struct cli *c, int argc, char **argv);     /* FOLDER [--live] [--model NAME] … */
int command_simulate(struct cli *c, int argc, char **argv); /* --samples FILE [--all] */
int command_export(struct cli *c, int argc, char **argv);   /* ID */
int command_backup(struct cli *c, int argc, char **argv);   /* FILE */
int command_config(struct cli *c, int argc, char **argv);   /* --example | --markdown | --man */
int command_help(struct cli *c, int argc, char **argv);     /* [COMMAND] */
int command_version(struct cli *c, int argc, char **argv);

#endif
