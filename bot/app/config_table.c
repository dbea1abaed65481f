/*
 * config_table.c - every setting: where it goes, what it may be, its default with the reason.
 *
 * A new setting is a field in include/settings.h and a row here; parsing, the environment variable,
 * --help, heal.ini.example, the README's reference and healbot(8) follow (`make docs`).
 */
#include "app/config_table.h"

#define AT(field)      offsetof(struct settings, field)
#define SERVICE(field) offsetof(struct service_settings, field)

/* SET_RATIO fills two ints. */
_Static_assert(
        AT(scan.open_m) == AT(scan.open_n) + sizeof(int), "open_n and open_m are neighbours");

#define SEC  1000.0
#define MIN  (60 * SEC)
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

const struct section setting_sections[] = {
        {"heal", "The program itself."},
        {"slack", "The workspace. Tokens: SLACK_APP_TOKEN and SLACK_BOT_TOKEN."},
        {"railway", "What is watched. Token: RAILWAY_API_TOKEN or RAILWAY_TOKEN."},
        {"scan", "How often, over which slice of time, and how sure before anybody is told."},
        {"thresholds", "When a service needs attention: warn/critical pairs, \"-\" is off. Any of "
                       "them can stand in a [service] section too."},
        {"llm", "Who writes the diagnosis. Key: OPENAI_API_KEY or ANTHROPIC_API_KEY. Without a model "
                "incidents carry numbers and evidence only."},
        {"opencode", "The remote coding agent for /heal fix. Password: OPENCODE_SERVER_PASSWORD."},
        {"fix", "What a fix may do and who publishes it."},
        {"github",
                "Where pull requests are opened and followed. Token: GITHUB_TOKEN, or a GitHub App's "
                "key: GITHUB_APP_KEY."},
        {"status", "Status pages of what your services depend on."},
        {"limits", "Money and blast radius. What is used up is said in the thread."},
        {"verify", "After the merge."},
        {"actions",
                "Remedies that are not code: who may change what at Railway, each by its own list "
                "of Slack ids. An empty list means nobody."},
        {"redact",
                "What is masked beside secrets and personal data, in whatever leaves the program."},
        {"who", "Rights, by Slack id of a user (U…) or a user group (S…). An empty "
                "list of fixers or admins means nobody, of responders everybody in the channel."},
        {"service", "One section for each service that differs: [service \"name\"], the name as in "
                    "Railway. Thresholds given here win over [thresholds]. Not available as "
                    "environment variables."},
        {NULL, NULL},
};

const struct setting setting_table[] = {
        {"heal", "db", SET_STR, AT(heal.db), .def = "heal.db",
                .help = "Path of the SQLite file; keep it on a volume."},
        {"heal", "http", SET_HOST_PORT, AT(heal.http), .def = "127.0.0.1:8080",
                .help = "Where the local pages (health, metrics, runs) listen; \"-\" for nowhere. "
                        "Anything but loopback wants HEAL_HTTP_TOKEN; without it only /healthz "
                        "answers there. On Railway 0.0.0.0 and its PORT."},
        {"heal", "workers", SET_INT, AT(heal.workers), .def = "4", .min = 2, .max = 64,
                .help = "Threads that execute runs; one is kept for people's commands."},
        {"heal", "prompts", SET_STR, AT(heal.prompts), .example = "/etc/heal/prompts",
                .help = "Folder whose files replace the prompts of the same name that are compiled "
                        "in."},
        {"heal", "log", SET_ENUM, AT(heal.log_level), .def = "info",
                .words = "error warn info debug", .help = "How much is logged."},
        {"heal", "profile", SET_ENUM, AT(heal.profile), .def = "default", .words = "default strict",
                .help = "Set of default thresholds: \"strict\" reports earlier and oftener."},

        {"slack", "channel", SET_ID, AT(slack.channel), .words = "CG", .example = "C0123456789",
                .help = "Id of the channel for incidents (in Slack: channel details, at the "
                        "bottom). Invite the bot to it."},
        {"slack", "api_url", SET_URL, AT(slack.api_url), .def = "https://slack.com/api/",
                .help = "Base of the Web API."},
        {"slack", "ping", SET_DURATION, AT(slack.ping_ms), .def = "10s", .min = 50, .max = 10 * MIN,
                .help = "A quiet Socket Mode connection is pinged after this."},
        {"slack", "dead", SET_DURATION, AT(slack.dead_ms), .def = "30s", .min = 100, .max = HOUR,
                .help = "A connection without any sign of life for this long is replaced. Longer "
                        "than ping; slow pongs are no death."},

        {"railway", "project", SET_STR, AT(railway.project),
                .example = "8df3b1d6-2317-4400-b267-56c4a42eed06",
                .help = "Id of the project; not needed with a project token (RAILWAY_TOKEN)."},
        {"railway", "environment", SET_STR, AT(railway.environment), .example = "production",
                .help = "Name or id of the environment; not needed with a project token."},
        {"railway", "api_url", SET_URL, AT(railway.api_url),
                .def = "https://backboard.railway.com/graphql/v2", .help = "The GraphQL endpoint."},
        {"railway", "requests_per_second", SET_NUM, AT(railway.requests_per_second), .def = "5",
                .min = 0.1, .max = 1000,
                .help = "Never ask faster. Railway's Hobby plan allows 10, Pro 50."},

        {"scan", "every", SET_DURATION, AT(scan.every_ms), .def = "10m", .min = 200, .max = DAY,
                .help = "Time between scans."},
        {"scan", "window", SET_DURATION, AT(scan.window_ms), .def = "30m", .min = MIN,
                .max = 7 * DAY, .help = "Slice of time that a scan looks at."},
        {"scan", "open", SET_RATIO, AT(scan.open_n), .def = "2/3", .max = 20,
                .help = "An incident opens after N of the last M scans; a crash loop or half of all "
                        "requests failing opens at once."},
        {"scan", "close", SET_INT, AT(scan.close_n), .def = "3", .min = 1, .max = 100,
                .help = "An incident resolves after so many good scans."},
        {"scan", "reopen", SET_DURATION, AT(scan.reopen_ms), .def = "24h", .max = 30 * DAY,
                .help = "The same thing again within this time reopens the old incident."},
        {"scan", "shadow", SET_ENUM, AT(scan.shadow), .def = "first-day",
                .words = "first-day no yes",
                .help = "Shadow mode: measure, and keep one list of what would have opened, but "
                        "post no incident. In the first 24 hours, never, or until somebody "
                        "presses Go live."},

        {"thresholds", "cpu", SET_PAIR_SHARE, AT(thresholds.cpu), .def = "90%/-",
                .strict = "70%/90%", .max = 10,
                .help = "Share of the CPU limit, sustained over the window. Alone it is never "
                        "critical: a busy service is no sick one."},
        {"thresholds", "memory", SET_PAIR_SHARE, AT(thresholds.memory), .def = "85%/95%",
                .strict = "70%/90%", .max = 10,
                .help = "Share of the memory limit, sustained over the window."},
        {"thresholds", "error_rate", SET_PAIR_SHARE, AT(thresholds.error_rate), .def = "2%/10%",
                .strict = "1%/5%", .max = 1, .help = "Share of requests answered 5xx."},
        {"thresholds", "client_error_rate", SET_PAIR_SHARE, AT(thresholds.client_error_rate),
                .def = "-", .strict = "10%/25%", .max = 1,
                .help = "Share of requests answered 4xx. Off: scanners of the internet cause most."},
        {"thresholds", "p95", SET_PAIR_MS, AT(thresholds.p95), .def = "1s/5s", .strict = "1s/3s",
                .help = "95th percentile of the response time. The warning also wants p95_ratio."},
        {"thresholds", "p95_ratio", SET_PAIR_FACTOR, AT(thresholds.p95_ratio), .def = "2/4",
                .strict = "-", .max = 1000,
                .help = "Times the service's own usual p95: the median of two days, or more when it is slower at this time of the day or at this hour of the week."},
        {"thresholds", "p99", SET_PAIR_MS, AT(thresholds.p99), .def = "-",
                .help = "99th percentile. Off: it follows single slow requests; for services where "
                        "those matter."},
        {"thresholds", "disk", SET_PAIR_SHARE, AT(thresholds.disk), .def = "85%/95%",
                .strict = "70%/90%", .max = 1, .help = "Share of a volume."},
        {"thresholds", "exhaustion", SET_DURATION, AT(thresholds.exhaustion_ms), .def = "6h",
                .max = 30 * DAY,
                .help = "Warn when memory or disk is forecast to be full sooner; 0 is off."},
        {"thresholds", "min_requests", SET_COUNT, AT(thresholds.min_requests), .def = "50",
                .max = 1e9, .help = "Rates are judged from so many requests in the window on."},
        {"thresholds", "min_failures", SET_COUNT, AT(thresholds.min_failures), .def = "10",
                .max = 1e9, .help = "And from so many failed ones."},
        {"thresholds", "grace", SET_DURATION, AT(thresholds.grace_ms), .def = "3m", .max = DAY,
                .help = "After a deployment nothing but a crash loop counts."},

        {"llm", "provider", SET_ENUM, AT(llm.provider), .def = "openai",
                .words = "openai anthropic",
                .help = "Protocol: \"openai\" is any OpenAI-compatible server."},
        {"llm", "model", SET_STR, AT(llm.model), .example = "gpt-5.1",
                .help = "Model of diagnosis and plan; not set = no LLM."},
        {"llm", "triage_model", SET_STR, AT(llm.triage_model), .example = "gpt-5.1-mini",
                .help = "Cheaper model for small questions; not set = model."},
        {"llm", "base_url", SET_URL, AT(llm.base_url), .example = "http://127.0.0.1:11434/v1",
                .help = "Of another server than the provider's own."},
        {"llm", "max_tokens", SET_COUNT, AT(llm.max_tokens), .def = "4000", .min = 256, .max = 1e6,
                .help = "Of an answer, thinking included."},
        {"llm", "context_tokens", SET_COUNT, AT(llm.context_tokens), .def = "12000", .min = 1000,
                .max = 1e7, .help = "Of the evidence that is sent."},
        {"llm", "timeout", SET_DURATION, AT(llm.timeout_ms), .def = "2m", .min = 100, .max = HOUR,
                .help = "Of one answer."},
        {"llm", "price_in", SET_USD, AT(llm.price_in), .def = "-", .min = -1, .max = 10000,
                .help = "Dollars per million tokens sent; \"-\" = unknown, costs are then given in "
                        "tokens."},
        {"llm", "price_out", SET_USD, AT(llm.price_out), .def = "-", .min = -1, .max = 10000,
                .help = "Dollars per million tokens answered."},
        {"llm", "price_cached", SET_USD, AT(llm.price_cached), .def = "-", .min = -1, .max = 10000,
                .help = "Dollars per million tokens read from the provider's cache."},
        {"llm", "anthropic_version", SET_STR, AT(llm.anthropic_version), .def = "2023-06-01",
                .help = "Header anthropic-version."},
        {"llm", "prompt_cache", SET_ENUM, AT(llm.prompt_cache), .def = "auto",
                .words = "auto yes no",
                .help = "Ask the provider to cache the constant part of prompts (cache_control, "
                        "prompt_cache_key); auto: its own host only, other servers may refuse it."},
        {"llm", "max_tokens_field", SET_STR, AT(llm.max_tokens_field),
                .example = "max_completion_tokens",
                .help = "Name of the limit in a request, for servers that differ; not set = by "
                        "host."},

        {"opencode", "url", SET_URL, AT(opencode.url), .example = "http://127.0.0.1:4096",
                .help = "The OpenCode server; not set = /heal fix explains what is missing."},
        {"opencode", "hosts", SET_PAGES, AT(opencode.hosts),
                .example = "b=http://10.0.0.2:4096 c=http://10.0.0.3:4096",
                .help = "More OpenCode servers, name=url: a fix goes to the one with the fewest at "
                        "work. The same password, agent, model and directory as url."},
        {"opencode", "capacity", SET_INT, AT(opencode.capacity), .def = "2", .max = 100,
                .help = "Fixes at a time on each server; more wait their turn. 0 is no limit."},
        {"opencode", "model", SET_STR, AT(opencode.model), .example = "anthropic/claude-sonnet-4-5",
                .help = "provider/model of the coding agent; not set = the server's default."},
        {"opencode", "agent", SET_STR, AT(opencode.agent), .example = "build",
                .help = "Agent of the server; not set = its default."},
        {"opencode", "directory", SET_STR, AT(opencode.directory), .def = "/work",
                .help = "Folder on the OpenCode host below which each fix has its work tree."},
        {"opencode", "publish_cmd", SET_STR, AT(opencode.publish_cmd), .def = "gh",
                .help = "Program on that host which opens the pull request."},
        {"opencode", "deadline", SET_DURATION, AT(opencode.deadline_ms), .def = "30m", .min = 1000,
                .max = DAY, .help = "A fix is stopped after this."},
        {"opencode", "idle", SET_DURATION, AT(opencode.idle_ms), .def = "5m", .min = 1000,
                .max = DAY, .help = "A session that shows no progress for this long is stopped."},
        {"opencode", "poll", SET_DURATION, AT(opencode.poll_ms), .def = "5s", .min = 50,
                .max = 10 * MIN, .help = "How often a session is looked at."},

        {"fix", "publish", SET_ENUM, AT(fix.publish), .def = "bot", .words = "bot agent",
                .help = "\"bot\": the agent has no right to write; it commits, Heal checks the commit, "
                        "pushes it and opens the pull request. \"agent\": the agent does both, and Heal "
                        "looks afterwards."},
        {"fix", "breach", SET_ENUM, AT(fix.breach), .def = "draft", .words = "draft stop flag",
                .help = "A change outside its contract becomes a draft, is stopped, or is only "
                        "flagged. Workflows, keys and secrets are always stopped."},
        {"fix", "tests_must_pass", SET_BOOL, AT(fix.tests_must_pass), .def = "no",
                .help = "Failing tests: no pull request at all, instead of a draft with \"tests fail\" "
                        "on top."},
        {"fix", "test_rounds", SET_INT, AT(fix.test_rounds), .def = "2", .max = 10,
                .help = "Failing tests go back to the agent so often."},
        {"fix", "ci_rounds", SET_INT, AT(fix.ci_rounds), .def = "2", .max = 10,
                .help = "A failing check's own error goes back to the agent so often."},
        {"fix", "max_files", SET_INT, AT(fix.max_files), .def = "20", .min = 1, .max = 300,
                .help = "More changed files break the contract."},
        {"fix", "max_lines", SET_INT, AT(fix.max_lines), .def = "800", .min = 1, .max = 100000,
                .help = "More changed lines break the contract."},
        {"fix", "remind", SET_DURATION, AT(fix.remind_ms), .def = "3d", .max = 30 * DAY,
                .help = "A pull request that nobody decides on is mentioned once after this; 0 is "
                        "never."},
        {"fix", "approval", SET_DURATION, AT(fix.approval_ms), .def = "30m", .min = 1000,
                .max = DAY, .help = "A dialog that stood open for longer starts nothing."},

        {"github", "app", SET_STR, AT(github.app), .example = "123456",
                .help = "Id (or client id) of a GitHub App that is installed where Heal may work; its "
                        "key in GITHUB_APP_KEY. Not set = GITHUB_TOKEN."},
        {"github", "api_url", SET_URL, AT(github.api_url), .def = "https://api.github.com",
                .help = "REST API; for GitHub Enterprise https://HOST/api/v3."},
        {"github", "git_url", SET_URL, AT(github.git_url), .def = "https://github.com",
                .help = "Where the agent clones from."},
        {"github", "poll", SET_DURATION, AT(github.poll_ms), .def = "1m", .min = 100, .max = HOUR,
                .help = "How often an open pull request is looked at while its checks run; five "
                        "times as seldom while it waits for people."},

        {"status", "pages", SET_PAGES, AT(status.pages),
                .example = "railway=https://status.railway.com stripe=https://status.stripe.com",
                .help = "name=url; an outage there is evidence in a diagnosis."},
        {"status", "infer", SET_BOOL, AT(status.infer), .def = "yes",
                .help = "During an incident, also read the pages of the providers that the "
                        "service's logs, variable names and manifests show."},
        {"status", "cache", SET_DURATION, AT(status.cache_ms), .def = "2m", .max = DAY,
                .help = "A page is read at most this often."},

        {"limits", "diagnosis_usd", SET_USD, AT(limits.diagnosis_usd), .def = "0.25", .max = 10000,
                .help = "Most that one diagnosis may cost."},
        {"limits", "fix_usd", SET_USD, AT(limits.fix_usd), .def = "2", .max = 10000,
                .help = "Most that one fix may cost."},
        {"limits", "day_usd", SET_USD, AT(limits.day_usd), .def = "10", .max = 100000,
                .help = "Most that a day (UTC) may cost."},
        {"limits", "month_usd", SET_USD, AT(limits.month_usd), .def = "100", .max = 1000000,
                .help = "Most that 30 days may cost; 0 is no limit."},
        {"limits", "open_prs_per_repo", SET_INT, AT(limits.open_prs_per_repo), .def = "3", .min = 0,
                .max = 1000, .help = "No more fixes while so many of our pull requests are open."},
        {"limits", "diagnose_cooldown", SET_DURATION, AT(limits.diagnose_cooldown_ms), .def = "60m",
                .max = 30 * DAY,
                .help = "Between two diagnoses of one incident that nobody asked for."},

        {"verify", "window", SET_DURATION, AT(verify.window_ms), .def = "30m", .min = 100,
                .max = 7 * DAY,
                .help = "The metric is watched this long after the fix is deployed."},

        {"verify", "again", SET_DURATION, AT(verify.again_ms), .def = "24h", .min = 100,
                .max = 30 * DAY, .help = "And what was cured is looked at once more after this."},

        {"actions", "restart", SET_IDS, AT(actions.restart), .words = "UWS", .example = "U012AB3CD",
                .help = "May restart a service's deployment."},
        {"actions", "rollback", SET_IDS, AT(actions.rollback), .words = "UWS",
                .example = "U012AB3CD",
                .help = "May roll a service back to an earlier deployment."},
        {"actions", "redeploy", SET_IDS, AT(actions.redeploy), .words = "UWS",
                .example = "U012AB3CD", .help = "May deploy the present image once more."},
        {"actions", "scale", SET_IDS, AT(actions.scale), .words = "UWS", .example = "U012AB3CD",
                .help = "May change the number of replicas."},
        {"actions", "limits", SET_IDS, AT(actions.limits), .words = "UWS", .example = "U012AB3CD",
                .help = "May raise CPU and memory limits."},
        {"actions", "variable", SET_IDS, AT(actions.variable), .words = "UWS",
                .example = "U012AB3CD",
                .help = "May change a variable. Values that look like secrets are refused."},
        {"actions", "poll", SET_DURATION, AT(actions.poll_ms), .def = "10s", .min = 50,
                .max = 10 * MIN, .help = "How often an act is looked at while it takes effect."},

        {"redact", "values", SET_STR, AT(redact.values), .example = "/run/secrets/never-seen",
                .help = "File with exact values that must never be seen, one a line, six bytes or "
                        "more; also found URL-encoded, JSON-escaped and in base64."},
        {"redact", "ips", SET_ENUM, AT(redact.ips), .def = "no", .words = "no public all",
                .help = "Which IP addresses are masked: none, those of the public Internet, or all. "
                        "Loopback is never masked."},

        {"who", "fixers", SET_IDS, AT(who.fixers), .words = "UWS", .example = "U012AB3CD S0614TZR7",
                .help = "May start and stop fixes."},
        {"who", "responders", SET_IDS, AT(who.responders), .words = "UWS", .example = "S0614TZR7",
                .help = "May acknowledge, snooze, resolve. Fixers may as well."},
        {"who", "admins", SET_IDS, AT(who.admins), .words = "UWS", .example = "U012AB3CD",
                .help = "May do everything and change rules."},
        {"who", "oncall", SET_IDS, AT(who.oncall), .words = "UWS", .example = "S0614TZR7",
                .help = "Told when the cause of a critical incident is not found."},

        {"service", "repo", SET_REPO, SERVICE(repo), .example = "acme/api",
                .help = "owner/name on GitHub; not set = what Railway says."},
        {"service", "branch", SET_STR, SERVICE(branch), .example = "main",
                .help = "Base branch of fixes; not set = what Railway deploys."},
        {"service", "tests", SET_STR, SERVICE(tests), .example = "npm test",
                .help = "Command that runs the tests; not set = the agent finds it."},
        {"service", "directory", SET_STR, SERVICE(directory), .example = "services/api",
                .help = "Where the service lives in the repository; not set = its top."},
        {"service", "ignore", SET_BOOL, SERVICE(ignore), .def = "no", .help = "Never scanned."},
        {.key = NULL},
};
