/* cli_table.c - the commands of the binary (see cli.h). */
#include "app/cli.h"
#include "app/commands.h"

static const struct cli_option run_options[] = {{NULL, NULL, NULL}};

static const struct cli_option scan_options[] = {
        {"json", NULL, "machine-readable: one JSON document"},
        {"service", "NAME", "only this service"},
        {"all", NULL, "healthy services too"},
        {NULL, NULL, NULL},
};

static const struct cli_option json_options[] = {
        {"json", NULL, "machine-readable"},
        {NULL, NULL, NULL},
};

static const struct cli_option incidents_options[] = {
        {"json", NULL, "machine-readable"},
        {"all", NULL, "resolved ones too"},
        {NULL, NULL, NULL},
};

static const struct cli_option runs_options[] = {
        {"state", "STATE",
                "unfinished, ready, queued, running, paused, due, finished, done, failed or cancelled"},
        {"failed", NULL, "the same as --state failed"},
        {"workflow", "NAME", "only runs of this workflow"},
        {"incident", "ID", "only runs about this incident: 42 or INC-42"},
        {"service", "NAME", "only runs about incidents of this service"},
        {"since", "TIME", "created within an age (2h, 7d) or since a time (2026-11-24T14:00:00Z)"},
        {"until", "TIME", "created before"},
        {"search", "TEXT", "whose key or input contains the text"},
        {"before", "ID", "only older ones: the next page of a list"},
        {"limit", "N", "at most so many (default 50)"},
        {"full", NULL, "with an ID: long values whole"},
        {"json", NULL, "machine-readable and complete"},
        {NULL, NULL, NULL},
};

static const struct cli_option retry_options[] = {
        {"from", "STEP", "forget this step and all that began after it, and do them again"},
        {NULL, NULL, NULL},
};

static const struct cli_option cancel_options[] = {
        {"where", "CONDITIONS",
                "all unfinished ones with workflow=NAME, key=KEY (or KEY*), older=AGE"},
        {"why", "TEXT", "the reason, kept with the run"},
        {NULL, NULL, NULL},
};

static const struct cli_option digest_options[] = {
        {"budget", "TOKENS", "never print more than so many tokens (default 4000)"},
        {"assign", NULL, "print a stable group number for each input line instead"},
        {"message", NULL, "lines carry no header such as date, host or level"},
        {NULL, NULL, NULL},
};

static const struct cli_option simulate_options[] = {
        {"samples", "FILE", "CSV of samples, - for stdin"},
        {"all", NULL, "a hold line at every evaluation while an incident is open"},
        {"try", "PAIRS", "other thresholds, such as 'p95=2s memory=80%/90%': print the difference"},
        {"days", "N", "of the stored samples, with --try and without --samples (default 14)"},
        {NULL, NULL, NULL},
};

static const struct cli_option eval_options[] = {
        {"live", NULL,
                "ask the model of the settings; without it the recorded answers are replayed"},
        {"model", "NAME", "with --live: another model of the same provider"},
        {"prompts", "FOLDER", "with --live: prompt files to try, instead of [heal] prompts"},
        {"min", "PERCENT", "fail when less than this share of the checks is passed"},
        {"max-wrong", "N", "fail when more causes than this are wrong"},
        {"json", NULL, "machine-readable: one JSON document"},
        {NULL, NULL, NULL},
};

static const struct cli_option config_options[] = {
        {"example", NULL, "an example heal.ini with every key, its default and its meaning"},
        {"markdown", NULL, "the reference for the README"},
        {"man", NULL, "the manual page healbot(8)"},
        {"check", NULL, "read and check the settings, print problems (the default)"},
        {NULL, NULL, NULL},
};

static const struct cli_option redact_options[] = {
        {"values", "FILE", "exact values to mask as well, one a line"},
        {"ips", "WHICH", "mask IP addresses too: public or all"},
        {NULL, NULL, NULL},
};

#define RUN_NEEDS (NEED_SETTINGS | NEED_SLACK | NEED_RAILWAY | NEED_LLM | NEED_OPENCODE | NEED_HTTP)

const struct cli_command cli_commands[] = {
        {"run", "", "run the bot",
                "Connects to Slack by Socket Mode, scans on schedule and handles commands until SIGTERM "
                "or SIGINT, which end it within seconds; unfinished work goes on at the next start.",
                "healbot run --config /etc/heal/heal.ini", RUN_NEEDS, command_run, run_options},
        {"scan", "", "one scan to the terminal; needs no Slack",
                "Measures every service over the window and prints a table with sparklines and the "
                "verdict of each. Nothing is stored or posted.",
                "healbot scan --json | jq '.services[].verdict'", NEED_SETTINGS | NEED_RAILWAY,
                command_scan, scan_options},
        {"doctor", "", "check every token, scope and peer",
                "Asks each peer what our token may do, checks the store's integrity and prints one line "
                "for each check, with the remedy where it failed.",
                "healbot doctor", NEED_SETTINGS, command_doctor, json_options},
        {"incidents", "", "list incidents", "Open incidents from the store, newest first.",
                "healbot incidents --all", NEED_SETTINGS, command_incidents, incidents_options},
        {"runs", "[ID]", "list workflow runs, or show one with its steps",
                "Without an ID the newest ones, by the conditions. With an ID its steps as a tree: parallel "
                "steps, child runs, each step's input, output, attempts with their errors, and timings. "
                "Secrets are masked.",
                "healbot runs --failed --since 24h", NEED_SETTINGS, command_runs, runs_options},
        {"retry", "ID...", "start ended runs again",
                "A failed run goes on at its failed steps, with new attempts; what is done stays done. A "
                "running bot does it at once, otherwise the next start does.",
                "healbot retry 42 --from post", NEED_SETTINGS, command_retry, retry_options},
        {"cancel", "[ID...]", "end runs that have not ended",
                "A waiting run ends at once, one that is being executed at its next step; child runs first, "
                "then what cleans up after it. A running bot does it at once, otherwise the next start does.",
                "healbot cancel --where workflow=fix,older=2h", NEED_SETTINGS, command_cancel,
                cancel_options},
        {"pause", "ID...", "hold runs back", "They are not executed until they are resumed.",
                "healbot pause 42", NEED_SETTINGS, command_pause, NULL},
        {"resume", "ID...", "let paused runs go on", "", "healbot resume 42", NEED_SETTINGS,
                command_resume, NULL},
        {"digest", "", "filter: log lines in, digest out",
                "Groups the lines on stdin by template and prints what matters first, within a budget of "
                "tokens.",
                "journalctl -u api | healbot digest --budget 2000", 0, command_digest,
                digest_options},
        {"redact", "", "filter: lines in, the same lines without secrets out",
                "The same masking that everything passes before it leaves the machine.",
                "healbot redact < app.log", 0, command_redact, redact_options},
        {"simulate", "", "samples against the thresholds",
                "Reads CSV with the header service,ts,cpu,cpu_limit,mem_gb,mem_limit_gb,requests,"
                "errors_4xx,errors_5xx,p50_ms,p95_ms,deploy and prints one JSON line for each incident "
                "that would open, worsen or close: the bot's own code on your samples. With --try it prints "
                "the incidents that other thresholds would add or take away, of the file or of "
                "what the bot has stored.",
                "healbot simulate --samples week.csv", NEED_SETTINGS, command_simulate,
                simulate_options},
        {"eval", "FOLDER", "how good the diagnoses are, on recorded cases",
                "Reads every case (*.json: evidence, the cause that is right, what must not be said) and "
                "prints a table: cause found, remedy right, confidence honest, nothing forbidden said, ids "
                "valid, tokens and cost. Recorded answers go through the same guards as live ones, and "
                "what is left of them has to be as the case says. Exit code 1 when it is not, or below "
                "--min or above --max-wrong.",
                "healbot eval tests/eval --live --model gpt-6-luna --min 80", 0, command_eval,
                eval_options},
        {"export", "ID", "an incident as JSON",
                "Everything the store knows of one incident: state, timeline, evidence, diagnoses, "
                "fixes, ratings.",
                "healbot export 12 > incident-12.json", NEED_SETTINGS, command_export, NULL},
        {"backup", "FILE", "copy the store while the bot runs",
                "A consistent copy of the SQLite file by its online backup.",
                "healbot backup /backup/heal-$(date +%F).db", NEED_SETTINGS, command_backup, NULL},
        {"config", "", "check the settings, or document them",
                "Without an option the settings are read and checked as `healbot run` would.",
                "healbot config --example > heal.ini", 0, command_config, config_options},
        {"help", "[COMMAND]", "explain a command, or `config` for all settings", "",
                "healbot help scan", 0, command_help, NULL},
        {"version", "", "print the version", "", "healbot version", 0, command_version, NULL},
        {.name = NULL},
};
