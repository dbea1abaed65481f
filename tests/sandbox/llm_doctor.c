/*
 * llm_doctor.c - a diagnosis from the evidence in the prompt, by rules that read.
 *
 * The items are taken from between the marks; each rule knows words that speak for a cause, and the
 * rule with the most support wins. What no rule knows is answered with "not found". So incidents
 * that differ get plans that differ, and a prompt without its evidence gets nothing.
 */
#include <string.h>

#include "sandbox/llm.h"

/* --- reading --- */

void llm_read_items(struct arena *a, const char *user, struct llm_items *out)
{
	const char *mark = strstr(user, "\nEVIDENCE-"), *end;
	size_t n;

	if (!mark)
		return;
	n = strcspn(mark + 1, "\n") + 1;
	end = strstr(mark + n, arena_strndup(a, mark, n));
	for (const char *s = mark + n + 1; end && s < end && out->n < LLM_MAX_ITEMS;) {
		size_t len = strcspn(s, "\n");
		const json *j = json_parse(a, s, len, NULL);

		if (json_str(j, ".id", NULL))
			out->v[out->n++] = (struct llm_item){json_str(j, ".id", ""),
			        json_str(j, ".kind", ""), json_str(j, ".value", "")};
		s += len + (s[len] == '\n');
	}
}

/* --- rules --- */

struct rule {
	const char *const *kinds; /* items of these kinds; NULL = any */
	const char *const *words; /* one of them, in any case */
	int points;               /* per item */
	const char *remedy;
	const char *cause; /* %s: "since the deployment [e2]" or "" */
	const char *step, *verify, *risk;
	const char *avoid, *check, *reproduce;
	bool code_file; /* the cure is in a file that the evidence may name */
};

static const char *const log_kinds[] = {"log", "build", "restart", NULL};
static const char *const metric_kinds[] = {"metric", "restart", NULL};

static const struct rule rules[] = {
        {log_kinds,
                (const char *const[]){"timeout exceeded when trying to connect", "connection pool",
                        "too many clients", "remaining connection slots", "pool exhausted",
                        "acquiring client", "connection is not available", NULL},
                5, "code",
                "Connections to the database are taken and not given back%s: requests wait for a free "
                "one and fail",
                "Give the connection back on every path, also when a request is refused or fails",
                "A test that makes more failing requests in a row than there are connections passes, "
                "and the share of 5xx falls",
                "low", "Do not only raise the size of the pool: the leak would fill it as well",
                "Count open connections by state while the errors go on",
                "Send more refused requests in a row than the pool has connections", true},
        {log_kinds,
                (const char *const[]){"heap out of memory", "outofmemory", "out of memory",
                        "oom-kill", "oomkilled", "memoryerror", "cannot allocate memory",
                        "allocation failed", NULL},
                5, "code",
                "The process runs out of memory%s and is killed while it serves requests",
                "Find what grows with every request and bound or release it",
                "Memory stays level over an hour of the same traffic, and no instance is restarted",
                "medium", "Do not only raise the memory limit: it delays the next crash",
                "Take two heap snapshots some minutes apart and compare what grew",
                "Send the same request many times and watch the memory", true},
        {(const char *const[]){"log", "neighbour", "routes", NULL},
                (const char *const[]){"slow query", "statement timeout", "seq scan",
                        "at its limit or crashing", "duration:", "queries for one request",
                        "select ", NULL},
                4, "code",
                "The service waits for its database, which is busy with many or slow queries%s",
                "Read all rows with one query instead of one query per row, and check that it uses an "
                "index",
                "p95 falls, and the number of queries per request no longer grows with the rows",
                "low", "Do not add retries: they add load to a database that is busy already",
                "Look for the statements with the most calls and time in the database's statistics",
                "Call the slow route with ten and with a hundred rows and compare the time", true},
        {NULL,
                (const char *const[]){"no space left", "enospc", "disk full", "volume 9",
                        "could not extend file", NULL},
                5, "infrastructure", "The volume is full, so that nothing more can be written%s",
                "Make room on the volume or enlarge it",
                "Writing works again and the volume has room", "medium",
                "Do not delete files of the database by hand",
                "See which directory of the volume grew", NULL, false},
        {(const char *const[]){"upstream", NULL},
                (const char *const[]){
                        "reports (minor", "reports (major", "reports (critical", NULL},
                5, "upstream", "A provider that the service depends on reports a problem%s",
                "Wait for the provider, and answer with a clear error instead of waiting meanwhile",
                "The provider reports the problem as solved and the errors stop", "low",
                "Do not deploy changes while the provider is down: they would hide what helped",
                "Compare the times of the errors with the provider's own", NULL, false},
        {(const char *const[]){"build", "deploy", "log", NULL},
                (const char *const[]){"cannot find module", "modulenotfounderror", "build failed",
                        "npm err", "exit code 1", "healthcheck failed", "failed", NULL},
                2, "code", "The newest version does not start or build%s",
                "Repair what the log names as missing, and build again",
                "The next deployment becomes healthy", "low",
                "Do not redeploy the same commit: it will fail in the same way",
                "Read the last lines of the failed step", "Build the commit in a clean checkout",
                true},
        {log_kinds,
                (const char *const[]){"environment variable", "is not set", "missing required",
                        "undefined variable", "invalid api key", "password authentication failed",
                        "getaddrinfo", NULL},
                4, "configuration", "A setting that the service needs is missing or wrong%s",
                "Set the variable that the log names, for this environment",
                "The service starts and the message is gone", "low",
                "Do not put the value into the code",
                "Compare the variables of this environment with the one that works", NULL, false},
        {metric_kinds, (const char *const[]){"memory ", NULL}, 2, "code",
                "Memory grows until it reaches its limit%s",
                "Find what grows with every request and bound or release it",
                "Memory stays level over an hour of the same traffic", "medium",
                "Do not only raise the memory limit: it delays the crash",
                "Take two heap snapshots some minutes apart and compare what grew", NULL, true},
        {metric_kinds, (const char *const[]){"cpu ", NULL}, 1, "capacity",
                "The service needs more CPU than its limit gives%s",
                "Add a replica or raise the CPU limit while the load is this high",
                "CPU stays under its limit at the same number of requests", "low",
                "Do not restart it: the load stays the same",
                "Compare requests per minute with last week's", NULL, false},
};

static bool any_word(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcasestr(text, *words))
			return true;
	}
	return false;
}

static bool applies(const struct rule *r, const struct llm_item *x)
{
	bool kind = !r->kinds;

	for (const char *const *k = r->kinds; k && *k; k++)
		kind = kind || str_eq(*k, x->kind);
	return kind && !strstr(x->value, ": calm") && any_word(x->value, r->words);
}

static int score(const struct rule *r, const struct llm_items *it)
{
	int sum = 0;

	for (size_t i = 0; i < it->n; i++)
		sum += applies(r, &it->v[i]) ? r->points : 0;
	return sum;
}

static const struct rule *best_rule(const struct llm_items *it, const struct rule *but)
{
	const struct rule *best = NULL;
	int top = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		int s = &rules[i] == but ? 0 : score(&rules[i], it);

		if (s > top) {
			top = s;
			best = &rules[i];
		}
	}
	return best;
}

static const struct llm_item *change_of(const struct llm_items *it)
{
	for (size_t i = 0; i < it->n; i++) {
		if (str_eq(it->v[i].kind, "deploy") && strstr(it->v[i].value, " before the onset"))
			return &it->v[i];
	}
	return NULL;
}

static const struct llm_item *first_of(const struct llm_items *it, const char *kind)
{
	for (size_t i = 0; i < it->n; i++) {
		if (str_eq(it->v[i].kind, kind))
			return &it->v[i];
	}
	return NULL;
}

/* A word as the path of a source file, without the place where a container keeps it; NULL = none.
 */
static const char *as_source(const char *word)
{
	static const char *const ends[] = {
	        ".sh", ".ts", ".js", ".py", ".go", ".rb", ".java", ".rs", NULL};

	if (str_starts(word, "//")) /* of a link */
		return NULL;
	while (*word == '/' || str_starts(word, "app/"))
		word += *word == '/' ? 1 : 4;
	for (const char *const *e = ends; *e; e++) {
		if (str_ends(word, *e) && strchr(word, '/') && !strstr(word, ".."))
			return word;
	}
	return NULL;
}

/* "src/orders.sh" of "at src/orders.sh:12": a path with a suffix that stands in the evidence. */
static const char *file_in(struct arena *a, const struct llm_items *it)
{
	static const char path[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";

	for (size_t i = 0; i < it->n; i++) {
		for (const char *s = it->v[i].value; *s;) {
			size_t n = strspn(s, path);
			const char *source = as_source(arena_strndup(a, s, n));

			if (source)
				return source;
			s += n ? n : 1;
		}
	}
	return NULL;
}

/* --- the plan --- */

static void add_support(json *ids, const struct rule *r, const struct llm_items *it)
{
	for (size_t i = 0; i < it->n && json_len(ids) < 4; i++) {
		if (applies(r, &it->v[i]))
			json_add_str(ids, it->v[i].id);
	}
}

static void set_cause(struct arena *a, json *plan, const struct rule *r, const struct llm_items *it)
{
	const struct llm_item *change = change_of(it), *metric = first_of(it, "metric");
	json *c = json_set_obj(plan, "suspected_cause"), *ids;
	struct str b = str_new(a);

	json_set_null(c, "text");
	ids = json_set_arr(c, "evidence");
	json_set_arr(c, "against");
	if (!r)
		return;
	add_support(ids, r, it);
	if (metric)
		json_add_str(ids, metric->id);
	if (change)
		json_add_str(ids, change->id);
	/* The rule's %s is filled by hand: it is data, not a format. */
	str_addn(&b, r->cause, (size_t)(strstr(r->cause, "%s") - r->cause));
	if (change)
		str_addf(&b, " since the deployment [%s]", change->id);
	str_add(&b, strstr(r->cause, "%s") + 2);
	str_addf(&b, " [%s].", json_str(ids, "[0]", ""));
	json_set_str(c, "text", b.s);
}

static void add_hypothesis(
        json *arr, const struct rule *r, const struct llm_items *it, const char *verdict)
{
	json *h = json_add_obj(arr);
	struct arena *a = arena_new(0);
	const char *at = strstr(r->cause, "%s");

	json_set_str(h, "text", arena_printf(a, "%.*s%s", (int)(at - r->cause), r->cause, at + 2));
	add_support(json_set_arr(h, "for"), r, it);
	json_set_arr(h, "against");
	json_set_str(h, "verdict", verdict);
	arena_free(a);
}

static void set_hypotheses(json *plan, const struct rule *r, const struct llm_items *it)
{
	const struct rule *second = r ? best_rule(it, r) : NULL;
	const struct llm_item *fine = first_of(it, "fine");
	json *arr = json_set_arr(plan, "hypotheses"), *h;

	if (r)
		add_hypothesis(arr, r, it, "leading");
	if (second)
		add_hypothesis(arr, second, it, "possible");
	if (!fine)
		return;
	h = json_add_obj(arr);
	json_set_str(h, "text", "The service is short of resources");
	json_set_arr(h, "for");
	json_add_str(json_set_arr(h, "against"), fine->id);
	json_set_str(h, "verdict", "ruled_out");
}

void llm_add_step(
        json *arr, const char *text, const char *file, const char *risk, const char *verify)
{
	json *s = json_add_obj(arr);

	json_set_str(s, "text", text);
	json_set_str(s, "file", file);
	json_set_str(s, "risk", risk);
	json_set_str(s, "verify", verify);
}

static void set_steps(struct arena *a, json *plan, const struct rule *r, const struct llm_items *it)
{
	const struct llm_item *change = change_of(it);
	json *arr = json_set_arr(plan, "remediation_steps");

	if (r && change)
		llm_add_step(arr,
		        "Roll back to the deployment before it: that restores the service", NULL,
		        "low", "The signal returns to its usual value within one scan");
	if (r)
		llm_add_step(
		        arr, r->step, r->code_file ? file_in(a, it) : NULL, r->risk, r->verify);
}

static void set_lists(json *plan, const struct rule *r)
{
	json *l = json_set_arr(plan, "debugging_steps");

	json_add_str(
	        l, r ? r->check : "Read the log lines around the onset with their request ids");
	l = json_set_arr(plan, "reproduce");
	if (r && r->reproduce)
		json_add_str(l, r->reproduce);
	l = json_set_arr(plan, "avoid");
	if (r)
		json_add_str(l, r->avoid);
	l = json_set_arr(plan, "missing");
	if (!r)
		json_add_str(l, "Log lines that name an error at the time of the onset");
	json_set_str(plan, "question",
	        r ? NULL : "Was anything changed by hand or started shortly before the onset?");
}

const json *llm_diagnose(struct arena *a, const struct llm_in *in, const char *fault)
{
	struct llm_items it = {.n = 0};
	const struct rule *r;
	json *plan, *c;

	llm_read_items(a, in->user, &it);
	if (it.n == 0)
		return NULL;
	if (str_eq(fault, "gullible") && llm_reached(a, in)) {
		plan = json_obj(a);
		llm_believe(plan, &it);
		return plan;
	}
	r = str_eq(fault, "unsure") ? NULL : best_rule(&it, NULL);
	plan = json_obj(a);
	json_set_str(plan, "summary",
	        r ? "The service fails a part of its requests, and users see it."
	          : "The service is not well, and nothing that was collected says why.");
	set_cause(a, plan, r, &it);
	set_hypotheses(plan, r, &it);
	c = json_set_obj(plan, "confidence");
	json_set_str(c, "level", r ? "high" : "none");
	json_set_str(c, "reason",
	        r ? "The items agree with each other in time and kind."
	          : "No item speaks for a cause.");
	set_lists(plan, r);
	set_steps(a, plan, r, &it);
	json_set_str(plan, "remedy", r ? r->remedy : "nothing");
	if (str_eq(fault, "obey"))
		llm_obey(plan);
	if (str_eq(fault, "made_up"))
		llm_make_up(plan);
	return plan;
}
