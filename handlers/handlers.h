/* Every handler there is, for table.c. One line for each file of this folder. */
#ifndef HEAL_HANDLERS_H
#define HEAL_HANDLERS_H

#include "handler.h"

extern const struct command cmd_limits, cmd_redeploy, cmd_restart, cmd_rollback, cmd_scale,
        cmd_variable;
extern const struct command cmd_ack, cmd_assign, cmd_cost, cmd_diagnose, cmd_fix, cmd_help,
        cmd_ignore, cmd_list, cmd_live, cmd_mute, cmd_pause, cmd_resume, cmd_reopen, cmd_report,
        cmd_resolve, cmd_scan, cmd_show, cmd_simulate, cmd_snooze, cmd_stats, cmd_status, cmd_stop,
        cmd_tell, cmd_unack, cmd_unmute, cmd_unsnooze, cmd_version, cmd_who, cmd_why;

extern const struct action action_act, action_act_submit, action_fix, action_fix_submit,
        action_pr_close, action_hint, action_hint_submit, action_report, action_report_submit;

extern const struct event event_reaction_added, event_reaction_removed, event_home;

extern const struct workflow wf_act, wf_scan, wf_investigate, wf_publish, wf_fix, wf_follow,
        wf_repair, wf_sweep;

#endif
