/*
 * settings.h - every setting, parsed and checked. The table in bot/app/config_table.c gives
 * parsing,
 * --help, deploy/heal.ini.example and the README's reference; this struct is where it puts values.
 *
 * Read-only after start; any thread. Strings live as long as the program. Durations are ms, shares
 * are fractions (0.9 = 90 %), money is US dollars. Secrets are not here: see secrets.h in bot/app.
 */
#ifndef HEAL_SETTINGS_H
#define HEAL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

/* A pair "warn/critical"; a negative value is off (written "-"). */
struct limits {
	double warn;
	double crit;
};

/* What judges one service: section [thresholds], overridden key by key in [service "name"]. */
struct thresholds {
	struct limits cpu;               /* share of the limit, sustained over the window */
	struct limits memory;            /* share of the limit, sustained over the window */
	struct limits error_rate;        /* 5xx share of requests */
	struct limits client_error_rate; /* 4xx share of requests; off by default (scanners) */
	struct limits p95;               /* ms, absolute */
	struct limits p95_ratio;         /* times the service's own usual p95 */
	struct limits p99;               /* ms, absolute; off by default */
	struct limits disk;              /* share of the volume */
	int64_t exhaustion_ms; /* warn when memory or disk is forecast to be full sooner */
	int64_t min_requests;  /* rates are judged from this many requests on */
	int64_t min_failures;  /* and from this many failed ones */
	int64_t grace_ms;      /* after a deployment nothing but crash loops counts */
};

struct service_settings {
	const char *name;      /* as in Railway */
	const char *repo;      /* owner/name; NULL = what Railway says */
	const char *branch;    /* base branch; NULL = what Railway says, else the default branch */
	const char *tests;     /* command that runs the tests; NULL = the agent finds it */
	const char *directory; /* root directory inside the repository; NULL = "." */
	bool ignore;           /* never scanned */
	struct thresholds thresholds;
};

/* Which set of default thresholds: ours, or the stricter one of the conference talk. */
enum profile { PROFILE_DEFAULT, PROFILE_STRICT };

/* Shadow mode: in the first 24 hours after the first scan, never, or until somebody says so. */
enum shadow_mode { SHADOW_FIRST_DAY, SHADOW_NO, SHADOW_YES };

enum llm_provider { LLM_OPENAI, LLM_ANTHROPIC };

/* Fields that ask a provider to cache the constant part of a prompt: sent to the provider's own
 * host only, to any, never. */
enum llm_prompt_cache { PROMPT_CACHE_AUTO, PROMPT_CACHE_YES, PROMPT_CACHE_NO };

struct settings {
	struct {
		const char *db;   /* path of the SQLite file */
		const char *http; /* host:port of the local pages; NULL = none */
		int workers;
		const char *prompts; /* folder that overrides compiled-in prompts; NULL = none */
		int log_level;       /* enum log_level */
		int profile;         /* enum profile; the thresholds below have it applied */
	} heal;
	struct {
		const char *channel; /* C… id where incidents are posted */
		const char *api_url;
		int64_t ping_ms, dead_ms; /* Socket Mode liveness */
	} slack;
	struct {
		const char *project;     /* id; NULL = from the project token */
		const char *environment; /* name or id; NULL = from the project token */
		const char *api_url;
		double requests_per_second;
	} railway;
	struct {
		int64_t every_ms, window_ms;
		int open_n, open_m; /* open after N of M scans */
		int close_n;        /* close after this many good ones */
		int64_t reopen_ms;  /* same fingerprint within this time after resolve: reopened */
		int shadow;         /* enum shadow_mode: measure and list, post no incident */
	} scan;
	struct thresholds thresholds;
	struct {
		int provider;             /* enum llm_provider */
		const char *model;        /* NULL = no LLM: numbers only */
		const char *triage_model; /* NULL = model */
		const char *base_url;     /* NULL = the provider's own */
		int64_t max_tokens;       /* of the answer */
		int64_t context_tokens;   /* of the evidence we send */
		int64_t timeout_ms;
		double price_in, price_out, price_cached; /* $ per million tokens; < 0 = unknown */
		const char *anthropic_version;
		const char *max_tokens_field; /* NULL = by host */
		int prompt_cache;             /* enum llm_prompt_cache */
	} llm;
	struct {
		const char *url;         /* NULL = no fixes */
		const char **hosts;      /* more servers: "name=url", NULL-terminated */
		int capacity;            /* fixes at a time on each; 0 = no limit */
		const char *model;       /* provider/model; NULL = the server's default */
		const char *agent;       /* NULL = the server's default */
		const char *directory;   /* on the OpenCode host, parent of the work trees */
		const char *publish_cmd; /* how the agent opens the PR; "gh" */
		int64_t deadline_ms, idle_ms, poll_ms;
	} opencode;
	struct {
		int publish; /* enum fix_publish: who pushes */
		int breach;  /* enum fix_breach: what becomes of a change outside the contract */
		bool tests_must_pass;
		int test_rounds, ci_rounds; /* failures go back to the agent so often */
		int max_files, max_lines;
		int64_t remind_ms;   /* a pull request nobody looks at */
		int64_t approval_ms; /* a dialog is good for this long */
	} fix;
	struct {
		const char *app; /* id of a GitHub App; NULL = a personal token */
		const char *api_url;
		const char *git_url; /* where the agent clones from, e.g. https://github.com */
		int64_t poll_ms;     /* of an open pull request whose checks run */
	} github;
	struct {
		const char **pages; /* "name=url", NULL-terminated */
		bool infer;         /* pages of inferred providers too */
		int64_t cache_ms;
	} status;
	struct {
		double diagnosis_usd, fix_usd, day_usd, month_usd;
		int open_prs_per_repo;
		int64_t diagnose_cooldown_ms;
	} limits;
	struct {
		int64_t window_ms; /* how long the metric is watched after the merge */
		int64_t again_ms;  /* and is looked at once more, this long after it */
	} verify;
	struct {
		/* who may do what at Railway; empty = nobody */
		const char **restart, **rollback, **redeploy, **scale, **limits, **variable;
		int64_t poll_ms; /* how often an act is looked at while it takes effect */
	} actions;
	struct {
		const char *values; /* file of exact values that must never be seen; NULL = none */
		int ips;            /* enum redact_ips */
	} redact;
	struct {
		const char **fixers, **responders, **admins,
		        **oncall; /* U… W… S… ids, NULL-terminated */
	} who;
	struct service_settings *services; /* the [service "name"] sections */
	size_t nservices;
	struct service_settings fallback; /* any other service; name is NULL */
};

/* The settings of a service by its Railway name; never NULL (defaults when it has no section). */
const struct service_settings *settings_service(const struct settings *s, const char *name);

/* A copy of `base` in which other thresholds hold, for all services: `pairs` are "p95=2s",
 * "memory=80%/90%", "open=1/1" …, keys of [thresholds] and every, window, open, close of [scan].
 * False with ERR_INPUT: which pair, and what it should be. The copy shares what it does not change.
 */
bool settings_try(struct arena *a, const struct settings *base, const char *const *pairs, size_t n,
        const struct settings **out, struct err *e);

#endif
