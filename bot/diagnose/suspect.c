/*
 * suspect.c - does a text speak to a machine? Words for what it wants ignored, whom it addresses,
 * what it wants concluded, what would do harm.
 *
 * This decides what a model or an agent does not get to read (evidence_for_machine) and what people
 * are shown with a flag. It errs on the side of withholding: a line too many costs a little
 * context. It is one fence of three: nothing a model says is executed, and plan_validate bounds
 * what it may say.
 */
#include <ctype.h>
#include <string.h>

#include "diagnose/evidence_i.h"
#include "diagnose/suspect_i.h"
#include "str.h"

typedef const char *const words[];

static bool one_of(const char *w, const char *const *list)
{
	for (; *list; list++) {
		if (str_eq(w, *list))
			return true;
	}
	return false;
}

static bool holds_any(const char *text, const char *const *list)
{
	for (; *list; list++) {
		if (strstr(text, *list))
			return true;
	}
	return false;
}

/* --- phrases, in folded text --- */

static words phrases = {"you are now", "from now on you", "system prompt", "your instructions",
        "your prompt", "your guidelines", "forget everything", "forget all", "forget what",
        "developer mode", "jailbreak", "do anything now", "pretend to be", "pretend that",
        "pretend you", "act as if", "role-play", "as an ai", "ai assistant", "ai agent", "ai model",
        "ai system", "ai reviewer", "dear model", "dear assistant", "dear ai", "note to the model",
        "note to the ai", "attention llm", "attention ai", "attention model", "attention assistant",
        "language model", "new task:", "your task", "your real task", "your new task",
        "your job is", "your goal is", "new instructions", "additional instructions",
        "updated instructions", "special instructions", "instructions for the", "### instruction",
        "begin system", "end of logs", "end of log", "end of evidence", "end of data",
        "end of context", "end of input", "</evidence", "<evidence", "evidence-", "<|", "[inst]",
        "[/inst]", "<<sys>>", "[system]", "<system>", "</system>", "<admin>", "system: you",
        "system: the", "assistant:", "do not tell", "don't tell the", "without telling",
        "do not mention", "don't mention", "do not report", "do not show", "hide this from",
        "keep this secret", "mark this as", "call the tool", "use the tool",
        "execute the following", "run the following", "you must run", "please execute",
        "please run", "override:", "sudo mode", "admin override", "<!channel", "<!here",
        "<!everyone", "<!subteam", "<@u", "<@w", "@channel", "@here", "@everyone",
        /* other languages: "ignore (all, the) (previous) instructions" */
        "ignoriere alle", "ignoriere die", "ignoriere bitte", "vergiss alle", "vergiss deine",
        "missachte", "ignorez ", "oubliez ", "ignora todas", "ignora las", "ignora tus",
        "ignora le istr", "ignora tutte", "ignore as instr", "ignore todas", "olvida las",
        "olvida todas", "dimentica", "negeer alle", "negeer de", "zignoruj", "игнорируй", "забудь",
        "не обращай", "忽略", "无视", "無視", "忘记", "指示に従", "무시", "تجاهل", NULL};

/* Does harm when somebody runs it, or hands out what is secret. */
static words harm = {"rm -rf", "rm -fr", "| sh", "|sh", "| bash", "|bash", "| zsh", "| python",
        "|python", "| node", "bash -c", "sh -c", "bash -i", "/dev/tcp/", "base64 -d",
        "base64 --decode", "eval(", "eval $", "nc -e", "mkfifo", "chmod 777", "chmod +s", "mkfs",
        "dd if=", "/proc/self/environ", "/etc/passwd", "/etc/shadow", "~/.ssh", "id_rsa",
        "authorized_keys", ".netrc", "printenv", "$(env)", "env | ", "env > ", "cat .env",
        "print process.env", "send process.env", "paste process.env", "deploy key", "github_token",
        "gh_token", "gh auth token", "aws_secret", "railway_token", "slack_bot_token",
        "openai_api_key", "anthropic_api_key", "push --force", "push -f", "force-push",
        "force push", "--no-verify", "reset --hard origin", "--mirror", "git config",
        "git remote add", "git remote set-url", "delete the repository", "delete the database",
        "drop database", "drop table", "truncate table", "--privileged", "ngrok", "webhook.site",
        "requestbin", "pastebin", "exfiltrat", "disable the tests", "delete the tests",
        "skip the tests", "remove the tests", "disable authentication", "disable auth",
        "turn off auth", "disable tls", "disable certificate", "add a backdoor", "backdoor",
        "merge it", "auto-merge", "automerge", "approve the pull request", "approve the pr",
        "merge without review", "without review", "push to main", "push directly",
        "commit directly", "npm install -g", "postinstall", NULL};

static bool fetches(const char *t)
{
	return (strstr(t, "curl ") || strstr(t, "wget ") || strstr(t, "fetch ") ||
	               strstr(t, "iwr ")) &&
	       (strstr(t, "://") || strstr(t, " -s") || strstr(t, " -o") || strstr(t, " -d"));
}

/* --- pairs of words --- */

struct pair {
	const char *const *first, *const *second;
	size_t within; /* words between them; not across the end of a sentence */
};

static words drop_verbs = {"ignore", "ignores", "ignoring", "disregard", "disregarding", "forget",
        "override", "overrule", "bypass", "neglect", "discard", "abandon", "unlearn", "supersede",
        "supersedes", "replace", "skip", "stop", "cease", NULL};
static words rules = {"instruction", "instructions", "prompt", "prompts", "directive", "directives",
        "guideline", "guidelines", "guardrails", "programming", "training", NULL};
static words said = {"above", "earlier", "prior", "previous", "preceding", NULL};
static words drop_all = {"ignore", "disregard", "forget", NULL};

static words conclude = {"set", "mark", "report", "output", "answer", "return", "state", "conclude",
        "classify", "say", "write", "treat", "consider", "declare", "raise", "lower", "change",
        "choose", "pick", "respond", "reply", "name", "blame", NULL};
static words verdicts = {"confidence", "remedy", "verdict", "diagnosis", "hypothesis", "hypotheses",
        "remediation", "suspected_cause", "remediation_steps", NULL};
static words conclude_incident = {
        "mark", "declare", "treat", "consider", "classify", "report", "close", "dismiss", NULL};
static words over = {"solved", "resolved", "harmless", "benign", "expected", "intended", NULL};

static words address = {"assistant", "llm", "chatbot", "gpt", "chatgpt", "claude", "copilot",
        "gemini", "ai", "opencode", "heal", "model", "agent", "bot", NULL};
static words imperative = {"please", "must", "should", "run", "execute", "write", "say", "conclude",
        "mark", "respond", "reply", "answer", "tell", "treat", "delete", "push", "merge", "approve",
        "trust", "visit", "reveal", "print", "ignore", "set", "recommend", "propose", "suggest",
        "edit", "modify", "change", "add", "remove", "install", NULL};
static words calling = {
        "dear", "attention", "hey", "hello", "hi", "to", "for", "any", "note", "message", NULL};

static words leak = {"print", "dump", "send", "post", "include", "expose", "list", "paste",
        "reveal", "leak", "upload", "forward", "show", "output", "repeat", "echo", NULL};
static words secrets = {
        "secrets", "credentials", "environment", "prompt", "instructions", "env", NULL};

enum { ORDERS = 2 }; /* the first pairs, which no honest text has */

static const struct pair pairs[] = {
        {drop_verbs, rules, 7}, {drop_all, said, 3}, {conclude, verdicts, 5}, {leak, secrets, 4}};

static bool pair_at(const struct suspect_words *s, size_t i, const struct pair *p)
{
	if (!one_of(s->w[i], p->first))
		return false;
	for (size_t k = i + 1; k < s->n && k <= i + 1 + p->within; k++) {
		if (str_eq(s->w[k], "."))
			return false;
		if (one_of(s->w[k], p->second))
			return true;
	}
	return false;
}

/* "incident … is solved", "mark the incident resolved": a conclusion that is not a log's to draw.
 */
static bool closes(const struct suspect_words *s, size_t i)
{
	bool incident = false, end = false, verb = one_of(s->w[i], conclude_incident);

	if (!verb && !str_eq(s->w[i], "incident"))
		return false;
	for (size_t k = i; k < s->n && k < i + 7 && !str_eq(s->w[k], "."); k++) {
		incident = incident || str_eq(s->w[k], "incident");
		end = end || one_of(s->w[k], over);
	}
	return incident && end;
}

/* "Attention agent, please …", "Note for the AI: you must …". */
static bool addresses(const struct suspect_words *s, size_t i)
{
	bool called = i == 0 || str_eq(s->w[i - 1], ".");

	if (!one_of(s->w[i], address))
		return false;
	for (size_t k = i > 3 ? i - 3 : 0; k < i; k++)
		called = called || one_of(s->w[k], calling);
	for (size_t k = i + 1; called && k < s->n && k < i + 5; k++) {
		if (one_of(s->w[k], imperative))
			return true;
	}
	return false;
}

/* Letters that stood alone make one long word. */
static bool joined(const char *w)
{
	return strlen(w) > 10 &&
	       (strstr(w, "ignoreprev") || strstr(w, "ignoreall") || strstr(w, "ignorethe") ||
	               strstr(w, "previousinstruction") || strstr(w, "disregard"));
}

static bool has_pair(const struct suspect_words *s, size_t npairs)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t p = 0; p < npairs; p++) {
			if (pair_at(s, i, &pairs[p]))
				return true;
		}
	}
	return false;
}

static bool speaks(struct arena *a, const char *folded)
{
	struct suspect_words s = suspect_words(a, folded);

	if (has_pair(&s, sizeof(pairs) / sizeof(*pairs)))
		return true;
	for (size_t i = 0; i < s.n; i++) {
		if (closes(&s, i) || addresses(&s, i) || joined(s.w[i]))
			return true;
	}
	return false;
}

/* --- together --- */

static bool hostile_text(struct arena *a, const char *text)
{
	const char *t = suspect_fold(a, text);

	return holds_any(t, phrases) || holds_any(t, harm) || fetches(t) || speaks(a, t);
}

/* Of a model: it may speak of hypotheses and of what to set, but neither give orders nor do harm.
 */
bool guard_hostile(const char *text)
{
	struct arena *a = arena_new(0);
	const char *t = suspect_fold(a, text);
	struct suspect_words s = suspect_words(a, t);
	bool yes =
	        holds_any(t, phrases) || holds_any(t, harm) || fetches(t) || has_pair(&s, ORDERS);

	arena_free(a);
	return yes;
}

bool evidence_suspicious(const char *text)
{
	struct arena *a = arena_new(0);
	const char *inner = suspect_base64(a, text);
	bool yes = hostile_text(a, text) || (inner && hostile_text(a, inner));

	arena_free(a);
	return yes;
}

/* --- what a machine may read of it --- */

static const char withheld[] = "(withheld: text that reads like an instruction)";

/* The shortest beginning of s that is suspicious ends here. */
static size_t end_of(struct arena *a, const char *s, size_t n)
{
	size_t lo = 0, hi = n; /* [0, hi) is suspicious, [0, lo) is not */

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (evidence_suspicious(arena_strndup(a, s, mid)))
			hi = mid;
		else
			lo = mid;
	}
	return hi;
}

/* The shortest end of [0, n) that is suspicious begins here. */
static size_t start_of(struct arena *a, const char *s, size_t n)
{
	size_t lo = 0, hi = n; /* [lo, n) is suspicious, [hi, n) is not */

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (evidence_suspicious(arena_strndup(a, s + mid, n - mid)))
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Back to where the sentence, the quotation or the value began. */
static size_t sentence(const char *s, size_t from)
{
	while (from > 0 && !strchr("\"'=<([{", s[from - 1]) &&
	        !(from > 1 && s[from - 1] == ' ' && strchr(".:;!?-,", s[from - 2])) &&
	        (unsigned char)s[from - 1] < 0x80)
		from--;
	return from;
}

/* Where what began at `from` ends: at the mark that closes our quotation, else with the line. */
static size_t closing(const char *s, size_t from, size_t end)
{
	static const char open[] = "\xe2\x80\x9c", close[] = "\xe2\x80\x9d"; /* “ ” */
	const char *shut = strstr(s + end, close);
	bool quoted = false;

	for (size_t i = 0; i + 3 <= from; i++) {
		if (strncmp(s + i, open, 3) == 0)
			quoted = true;
		else if (strncmp(s + i, close, 3) == 0)
			quoted = false;
	}
	return quoted && shut ? (size_t)(shut - s) : strlen(s);
}

/* One line without what reads like an instruction: from the start of its sentence to its end. */
static const char *line_for_machine(struct arena *a, const char *line)
{
	for (int i = 0; i < 4 && evidence_suspicious(line); i++) {
		size_t n = strlen(line), end = end_of(a, line, n);
		size_t from = sentence(line, start_of(a, line, end));
		const char *head = arena_strndup(a, line, from);

		line = arena_printf(a, "%s%s%s", head, withheld, line + closing(line, from, end));
	}
	return evidence_suspicious(line) ? withheld : line;
}

const char *evidence_for_machine(struct arena *a, const char *value)
{
	struct str b = str_new(a);

	if (!evidence_suspicious(value))
		return value;
	for (const char *s = value; *s;) {
		size_t n = strcspn(s, "\n");
		const char *line = line_for_machine(a, arena_strndup(a, s, n));

		str_addf(&b, "%s%s", b.len ? "\n" : "", line);
		s += n + (s[n] == '\n');
	}
	/* What only reads like one over several lines goes as a whole. */
	return evidence_suspicious(b.s) ? withheld : b.s;
}
