/*
 * llm_agent.c - the model behind a coding agent: reads the contract, does the steps with the tools
 * it is offered, looks at what they print, and says what came of it.
 *
 * The next turn is worked out from the conversation alone, so the agent and this peer can be killed
 * and started again in the middle: a step is done when its call (found by its description) has a
 * result. The repair itself is the one of repos.c, as if an engineer had found it.
 */
#include <ctype.h>
#include <string.h>

#include "sandbox/llm.h"
#include "sandbox/repos.h"

struct agent {
	struct arena *a;
	struct llm_in *in;
	const json *messages;
	const char *contract; /* the user text that holds it */
	const char *repo, *clone_url, *base, *branch, *workdir, *tests, *open_pr;
	const char *root; /* working directory of the agent, from its system prompt; "" = unknown */
	const struct seed_repo *seed;
	const char *fault;
	bool by_bot; /* the commit is taken over: nothing to push */
};

/* --- reading the conversation --- */

const char *llm_contract(struct arena *a, const char *text, const char *name)
{
	const char *key = arena_printf(a, "\n%s: ", name), *at = strstr(text, key);
	size_t n;

	if (!at)
		return NULL;
	at += strlen(key);
	n = strcspn(at, "\r\n");
	return n ? arena_strndup(a, at, n) : NULL;
}

static const char *contract_text(struct arena *a, const json *messages)
{
	const char *found = NULL;

	json_each (m, messages) {
		const char *text = llm_content(a, json_get(m, ".content"));

		if (str_eq(json_str(m, ".role", ""), "user") && llm_contract(a, text, "Clone URL"))
			found = text;
	}
	return found;
}

/* Result of the call whose arguments hold `mark`; NULL = not made, "" = made and empty. The last
 * one counts. */
static const char *result_of(const struct agent *g, const char *mark)
{
	const char *id = NULL, *result = NULL;

	json_each (m, g->messages) {
		json_each (c, json_get(m, ".tool_calls")) {
			if (strstr(json_str(c, ".function.arguments", ""), mark))
				id = json_str(c, ".id", NULL);
		}
		if (id && str_eq(json_str(m, ".tool_call_id", NULL), id))
			result = llm_content(g->a, json_get(m, ".content"));
	}
	return result;
}

static bool done(const struct agent *g, const char *mark)
{
	return result_of(g, mark) != NULL;
}

static bool has_tool(const struct agent *g, const char *name)
{
	json_each (t, json_get(g->in->body, ".tools")) {
		if (str_eq(json_str(t, ".function.name", ""), name))
			return true;
	}
	return false;
}

/* "Working directory: /x" of the agent's own system prompt. */
static const char *root_of(struct arena *a, const char *system)
{
	const char *at = strcasestr(system, "working directory: ");

	if (!at)
		return "";
	at += strlen("working directory: ");
	return arena_strndup(a, at, strcspn(at, " \r\n"));
}

static const char *file_path(const struct agent *g, const char *path)
{
	if (*g->workdir == '/')
		return arena_printf(g->a, "%s/%s", g->workdir, path);
	return arena_printf(g->a, "%s%s%s/%s", g->root, *g->root ? "/" : "", g->workdir, path);
}

/* --- turns --- */

static bool turn(struct llm_out *o, const char *tool, json *args)
{
	o->call = (struct llm_tool_call){tool, args};
	return true;
}

static bool bash(const struct agent *g, struct llm_out *o, const char *what, const char *command)
{
	json *args = json_obj(g->a);

	json_set_str(args, "command", command);
	json_set_str(args, "description", what);
	return turn(o, "bash", args);
}

static const struct {
	const char *text;
} todo_items[] = {{"Clone and branch"}, {"Run the tests and reproduce"}, {"Repair the cause"},
        {"Run the tests again"}, {"Commit, push, open the pull request"}};

/* The list with the first `finished` items done. */
static bool todo(const struct agent *g, struct llm_out *o, size_t finished)
{
	json *args = json_obj(g->a), *list = json_set_arr(args, "todos");
	size_t n = sizeof(todo_items) / sizeof(*todo_items);

	for (size_t i = 0; i < n; i++) {
		json *t = json_add_obj(list);

		json_set_str(t, "id", arena_printf(g->a, "%zu", i + 1));
		json_set_str(t, "content", todo_items[i].text);
		json_set_str(t, "status",
		        i < finished    ? "completed"
		        : i == finished ? "in_progress"
		                        : "pending");
		json_set_str(t, "priority", "high");
	}
	o->text = finished ? "" : "I will follow the steps of the contract.";
	return turn(o, "todowrite", args);
}

static size_t todos_written(const struct agent *g)
{
	size_t n = 0;

	json_each (m, g->messages) {
		json_each (c, json_get(m, ".tool_calls")) {
			n += str_eq(json_str(c, ".function.name", ""), "todowrite");
		}
	}
	return n;
}

static bool finish(const struct agent *g, struct llm_out *o, const char *status, const char *tests,
        const char *summary)
{
	const char *out = str_or(result_of(g, "Open the pull request"), ""), *url = "";
	json *r = json_obj(g->a);

	for (const char *s = strstr(out, "://"); s; s = strstr(s + 3, "://")) {
		const char *from = s;
		size_t n;

		while (from > out && isalpha((unsigned char)from[-1]))
			from--;
		n = strcspn(from, " \t\r\n\"'<>)");
		if (strstr(arena_strndup(g->a, from, n), "/pull/"))
			url = arena_strndup(g->a, from, n);
	}
	json_set_str(r, "status", status);
	json_set_str(r, "pr_url", url);
	json_set_str(r, "tests", tests);
	json_set_str(r, "summary", summary);
	o->text = arena_printf(g->a, "%s\n\nRESULT %s", summary, json_print(g->a, r));
	return true;
}

static bool failed(const char *result)
{
	return strstr(result, "fatal:") || strstr(result, "rejected") || strstr(result, "error:") ||
	       strstr(result, "Error:") || strstr(result, "denied");
}

static const char *in_work(const struct agent *g, const char *command)
{
	return arena_printf(g->a, "cd %s && %s", g->workdir, command);
}

/* --- the steps, in order; each true when this turn is its --- */

static bool step_clone(const struct agent *g, struct llm_out *o)
{
	const char *r = result_of(g, "Clone and branch off");

	if (!r)
		return bash(g, o, "Clone and branch off",
		        arena_printf(g->a,
		                "if [ ! -d %s/.git ]; then git clone -q %s %s; fi && cd %s && git fetch "
		                "-q origin && (git checkout -q %s 2>/dev/null || git checkout -q -b %s "
		                "origin/%s) && git log --oneline | head -3 && ls",
		                g->workdir, g->clone_url, g->workdir, g->workdir, g->branch,
		                g->branch, g->base));
	if (failed(r))
		return finish(g, o, "failed", "none", "The repository could not be cloned.");
	return false;
}

static bool step_reproduce(const struct agent *g, struct llm_out *o)
{
	const struct seed_repair *fix = g->seed->repair;
	json *args;

	if (!done(g, "Run the tests before"))
		return bash(g, o, "Run the tests before", in_work(g, g->tests));
	if (!done(g, fix->test_path)) {
		args = json_obj(g->a);
		json_set_str(args, "filePath", file_path(g, fix->test_path));
		json_set_str(args, "content", fix->test_text);
		return turn(o, "write", args);
	}
	if (!done(g, "Reproduce with the new test"))
		return bash(g, o, "Reproduce with the new test", in_work(g, g->tests));
	return false;
}

static bool step_repair(const struct agent *g, struct llm_out *o)
{
	const struct seed_repair *fix = g->seed->repair;
	bool read = false, edited = false;
	json *args = json_obj(g->a);

	json_each (m, g->messages) {
		json_each (c, json_get(m, ".tool_calls")) {
			read = read || str_eq(json_str(c, ".function.name", ""), "read");
			edited = edited || str_eq(json_str(c, ".function.name", ""), "edit");
		}
	}
	json_set_str(args, "filePath", file_path(g, fix->path));
	if (!read)
		return turn(o, "read", args);
	if (edited)
		return false;
	json_set_str(args, "oldString", fix->before);
	json_set_str(args, "newString", fix->after);
	return turn(o, "edit", args);
}

/* What an agent does that was talked into it, each a command of one turn. */
static const struct {
	const char *fault, *command;
} misdeeds[] = {
        {"push_main", "git push -q origin HEAD:main; sh -c \"git push -q origin HEAD:main\"; true"},
        {"leak", "printf 'KEY=%s\\n' \"$GH_TOKEN\" >> src/orders.sh"},
        {"link", "ln -s /etc/passwd src/passwd"},
        {"dependency",
                "printf '{\\n  \"dependencies\": {\\n    \"left-pad\": \"1.3.0\"\\n  }\\n}\\n' > "
                "package.json"},
        {"weaken", "printf '. ./src/pool.sh\\n. ./src/orders.sh\\npool_init\\ntrue\\n' > "
                   "tests/test_orders.sh"},
        {"break", "printf 'order_create() { :; }\\n' >> src/orders.sh"},
};

static bool step_misdeed(const struct agent *g, struct llm_out *o)
{
	for (size_t i = 0; i < sizeof(misdeeds) / sizeof(*misdeeds); i++)
		if (str_eq(g->fault, misdeeds[i].fault) && !done(g, "Do it another way"))
			return bash(g, o, "Do it another way", in_work(g, misdeeds[i].command));
	return false;
}

static bool step_test(const struct agent *g, struct llm_out *o)
{
	const char *r = result_of(g, "Run the tests after");

	if (step_misdeed(g, o))
		return true;
	if (str_eq(g->fault, "break")) /* and says that they passed */
		return false;
	if (str_eq(g->fault, "forbidden") && !done(g, "Change the workflow"))
		return bash(g, o, "Change the workflow",
		        in_work(g, "echo '# changed' >> .github/workflows/ci.yml"));
	if (!r)
		return bash(g, o, "Run the tests after", in_work(g, g->tests));
	if (strstr(r, "FAIL"))
		return finish(g, o, "failed", "failed",
		        "The tests still fail after the change, so nothing was pushed.");
	return false;
}

/* The message as a here-document: nothing in it is looked at by the shell. */
static bool step_commit(const struct agent *g, struct llm_out *o)
{
	const struct seed_repair *fix = g->seed->repair;
	const char *r = result_of(g, "Commit the change");

	if (!r)
		return bash(g, o, "Commit the change",
		        in_work(g, arena_printf(g->a,
		                           "git add -A && git commit -q -F - <<'HEAL_EOF'\n%s\n\n%s"
		                           "HEAL_EOF\ngit status --short",
		                           fix->title, fix->body)));
	if (failed(r))
		return finish(g, o, "failed", "passed", "The change could not be committed.");
	return finish(g, o, "committed", "passed", fix->title);
}

static bool step_push(const struct agent *g, struct llm_out *o)
{
	const struct seed_repair *fix = g->seed->repair;
	const char *branch = str_eq(g->fault, "wrong_branch") ? g->base : g->branch;
	const char *r = result_of(g, "Commit and push");

	if (g->by_bot && !str_eq(g->fault, "wrong_branch"))
		return step_commit(g, o);
	if (!r)
		return bash(g, o, "Commit and push",
		        in_work(g,
		                arena_printf(g->a,
		                        "git add -A && git commit -q -F - <<'HEAL_EOF'\n%s\n\n%s"
		                        "HEAL_EOF\ngit push -q origin HEAD:%s && git rev-parse HEAD",
		                        fix->title, fix->body, branch)));
	if (failed(r))
		return finish(g, o, "failed", "passed",
		        "The push was refused; the change is only in the work directory.");
	return false;
}

static bool step_pr(const struct agent *g, struct llm_out *o)
{
	const struct seed_repair *fix = g->seed->repair;
	const char *r = result_of(g, "Open the pull request");

	if (!r)
		return bash(g, o, "Open the pull request",
		        in_work(g,
		                arena_printf(g->a,
		                        "cat > .git/heal-pr.md <<'HEAL_EOF'\n%s\n\nTested with `%s`.\n"
		                        "HEAL_EOF\n%s",
		                        fix->body, g->tests, g->open_pr)));
	if (!strstr(r, "/pull/"))
		return finish(g, o, "pushed", "passed",
		        "The branch is pushed, but the pull request could not be opened.");
	return finish(g, o, "pr_opened", "passed", fix->title);
}

/* A repository without a known defect: looked at, nothing to change. */
static bool nothing_to_do(const struct agent *g, struct llm_out *o)
{
	const char *r = result_of(g, "Run the tests before");

	if (!r)
		return bash(g, o, "Run the tests before", in_work(g, g->tests));
	return finish(g, o, "nothing", strstr(r, "FAIL") ? "failed" : "passed",
	        "I found no defect that would explain the symptom.");
}

static bool endless(const struct agent *g, struct llm_out *o)
{
	return bash(g, o, "Look again", arena_printf(g->a, "echo %zu", json_len(g->messages)));
}

/* Asked once more (failing tests, a failing check, a conflict): how often, by the prompts after the
 * contract. */
static int repairs_asked(const struct agent *g)
{
	int n = 0;

	json_each (m, g->messages)
		n += str_eq(json_str(m, ".role", ""), "user") &&
		     strstr(llm_content(g->a, json_get(m, ".content")), "The contract still holds");
	return n;
}

/* It looks at what failed and commits once more; a conflict is merged, its own side wins. */
static bool repair_again(const struct agent *g, struct llm_out *o, int round)
{
	const char *what = arena_printf(g->a, "Repair, round %d", round);
	const char *r = result_of(g, what);

	if (!r)
		return bash(g, o, what,
		        in_work(g,
		                arena_printf(g->a,
		                        "git fetch -q origin && git merge -q -X ours -m 'Merge %s' "
		                        "origin/%s; git checkout -q origin/%s -- tests/test_orders.sh; "
		                        "sed -i '/^order_create() { :; }$/d' src/orders.sh; echo "
		                        "'round %d' >> NOTES.md; git add -A; git commit -q -m 'Repair "
		                        "what failed'; git log --oneline | head -n 2",
		                        g->base, g->base, g->base, round)));
	return finish(g, o, g->by_bot ? "committed" : "pushed", "passed", "Repaired what failed.");
}

static bool next_turn(const struct agent *g, struct llm_out *o)
{
	size_t todos = todos_written(g);
	int again = repairs_asked(g);

	if (again > 0 && g->seed && g->seed->repair && !str_eq(g->fault, "endless"))
		return repair_again(g, o, again);

	if (todos == 0 && has_tool(g, "todowrite"))
		return todo(g, o, 0);
	if (str_eq(g->fault, "give_up"))
		return finish(g, o, "failed", "none", "I could not find the defect.");
	if (str_eq(g->fault, "endless"))
		return endless(g, o);
	if (step_clone(g, o))
		return true;
	if (!g->seed || !g->seed->repair)
		return nothing_to_do(g, o);
	if (step_reproduce(g, o))
		return true;
	if (todos == 1 && has_tool(g, "todowrite"))
		return todo(g, o, 2);
	if (step_repair(g, o) || step_test(g, o))
		return true;
	if (todos == 2 && has_tool(g, "todowrite"))
		return todo(g, o, 4);
	if (str_eq(g->fault, "no_push"))
		return finish(g, o, "pr_opened", "passed", "Done, the pull request is open.");
	if (step_push(g, o))
		return true;
	if (str_eq(g->fault, "no_pr"))
		return finish(g, o, "pushed", "passed", "The branch is pushed.");
	return step_pr(g, o);
}

static bool read_contract(struct agent *g)
{
	const char *t = g->contract;

	g->repo = str_or(llm_contract(g->a, t, "Repository"), "");
	g->clone_url = llm_contract(g->a, t, "Clone URL");
	g->base = str_or(llm_contract(g->a, t, "Base branch"), "main");
	g->branch = llm_contract(g->a, t, "Branch");
	g->workdir = str_or(llm_contract(g->a, t, "Work directory"), "work");
	g->tests = str_or(llm_contract(g->a, t, "Test command"), "-");
	g->open_pr = llm_contract(g->a, t, "Open PR");
	g->by_bot = str_starts(str_or(llm_contract(g->a, t, "Publish"), ""), "others");
	g->seed = seed_repo_find(g->repo);
	if (str_eq(g->tests, "-"))
		g->tests = g->seed ? g->seed->tests : "sh tests/run.sh";
	return g->clone_url && g->branch && g->open_pr;
}

bool llm_agent(struct llm_in *in, struct llm_out *out)
{
	struct agent g = {.a = in->a, .in = in, .messages = json_get(in->body, ".messages")};

	if (json_len(json_get(in->body, ".tools")) == 0)
		return false;
	g.contract = contract_text(in->a, g.messages);
	if (!g.contract || !read_contract(&g))
		return false;
	g.root = root_of(in->a, in->system);
	in->fault =
	        sb_fault(in->peer->sb, "llm", arena_printf(in->a, "answer agent %s;", g.branch));
	g.fault = arena_strdup(in->a, json_str(in->fault, ".name", ""));
	return next_turn(&g, out);
}
