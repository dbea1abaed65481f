/* The only place to register a handler. */
#include "handlers.h"

const struct command *const handler_commands[] = {&cmd_status, &cmd_list, &cmd_show, &cmd_why,
        &cmd_fix, &cmd_stop, &cmd_tell, &cmd_diagnose, &cmd_ack, &cmd_unack, &cmd_snooze,
        &cmd_unsnooze, &cmd_resolve, &cmd_reopen, &cmd_report, &cmd_ignore, &cmd_assign, &cmd_scan,
        &cmd_mute, &cmd_unmute, &cmd_live, &cmd_pause, &cmd_resume, &cmd_simulate, &cmd_stats,
        &cmd_cost, &cmd_who, &cmd_rollback, &cmd_restart, &cmd_redeploy, &cmd_scale, &cmd_limits,
        &cmd_variable, &cmd_help, &cmd_version, NULL};

const struct action *const handler_actions[] = {&action_act, &action_act_submit, &action_fix,
        &action_fix_submit, &action_pr_close, &action_hint, &action_hint_submit, &action_report,
        &action_report_submit, NULL};

const struct event *const handler_events[] = {
        &event_reaction_added, &event_reaction_removed, &event_home, NULL};

const struct workflow *const handler_workflows[] = {&wf_scan, &wf_investigate, &wf_publish, &wf_fix,
        &wf_act, &wf_follow, &wf_repair, &wf_sweep, NULL};
