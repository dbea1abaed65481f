/* What the words of an event say: how bad it is, and whether it tells a change or a limit. */
#include <ctype.h>
#include <string.h>

#include "digest/digest_i.h"

static const struct cue {
	const char *word; /* of the text, lower case, as a prefix when it ends in '*' */
	unsigned char level, points;
} cues[] = {
        {"error*", LEVEL_ERROR, 0},
        {"exception*", LEVEL_ERROR, 0},
        {"fail*", LEVEL_ERROR, 2},
        {"fatal", LEVEL_FATAL, 6},
        {"panic*", LEVEL_FATAL, 8},
        {"crash*", LEVEL_FATAL, 8},
        {"segfault*", LEVEL_FATAL, 8},
        {"segmentation", LEVEL_FATAL, 8},
        {"killed", LEVEL_ERROR, 8},
        {"oom*", LEVEL_ERROR, 8},
        {"outofmemory*", LEVEL_FATAL, 8},
        {"memory", LEVEL_NONE, 3},
        {"refused", LEVEL_ERROR, 4},
        {"denied", LEVEL_ERROR, 4},
        {"unauthorized", LEVEL_ERROR, 4},
        {"forbidden", LEVEL_WARN, 2},
        {"timeout*", LEVEL_WARN, 2},
        {"unreachable", LEVEL_ERROR, 4},
        {"unavailable", LEVEL_ERROR, 4},
        {"cannot", LEVEL_WARN, 2},
        {"unable", LEVEL_WARN, 2},
        {"abort*", LEVEL_WARN, 3},
        {"unhandled*", LEVEL_ERROR, 6},
        {"uncaught*", LEVEL_ERROR, 6},
        {"deadlock*", LEVEL_ERROR, 8},
        {"exhausted", LEVEL_ERROR, 8},
        {"exceed*", LEVEL_WARN, 6},
        {"corrupt*", LEVEL_ERROR, 8},
        {"mismatch*", LEVEL_WARN, 5},
        {"invalid", LEVEL_WARN, 2},
        {"reserved", LEVEL_NONE, 2},
        {"expire*", LEVEL_NONE, 5},
        {"certificate*", LEVEL_NONE, 4},
        {"skew*", LEVEL_NONE, 6},
        {"lag*", LEVEL_NONE, 6},
        {"limit*", LEVEL_NONE, 5},
        {"quota*", LEVEL_NONE, 6},
        {"throttl*", LEVEL_WARN, 5},
        {"sigterm", LEVEL_NONE, 8},
        {"sigkill", LEVEL_NONE, 8},
        {"sigsegv", LEVEL_FATAL, 8},
        {"shutdown*", LEVEL_NONE, 5},
        {"shutting", LEVEL_NONE, 5},
        {"restart*", LEVEL_NONE, 5},
        {"terminat*", LEVEL_NONE, 4},
        {"drain*", LEVEL_NONE, 5},
        {"config*", LEVEL_NONE, 5},
        {"reload*", LEVEL_NONE, 6},
        {"changed", LEVEL_NONE, 5},
        {"change", LEVEL_NONE, 3},
        {"updated", LEVEL_NONE, 3},
        {"flag*", LEVEL_NONE, 6},
        {"feature*", LEVEL_NONE, 4},
        {"rollout*", LEVEL_NONE, 6},
        {"rollback*", LEVEL_NONE, 7},
        {"rolled", LEVEL_NONE, 4},
        {"deploy*", LEVEL_NONE, 6},
        {"release*", LEVEL_NONE, 3},
        {"version*", LEVEL_NONE, 5},
        {"migrat*", LEVEL_NONE, 6},
        {"starting", LEVEL_NONE, 3},
        {"started", LEVEL_NONE, 2},
        {"stopped", LEVEL_NONE, 4},
        {"failover*", LEVEL_WARN, 8},
        {"leader*", LEVEL_NONE, 5},
        {"election*", LEVEL_NONE, 5},
        {"promot*", LEVEL_NONE, 4},
        {"replica*", LEVEL_NONE, 4},
        {"circuit*", LEVEL_NONE, 6},
        {"breaker*", LEVEL_NONE, 6},
        {"evict*", LEVEL_NONE, 5},
        {"full", LEVEL_NONE, 4},
        {"space", LEVEL_NONE, 4},
        {"disk*", LEVEL_NONE, 3},
        {"pool*", LEVEL_NONE, 3},
        {"slots", LEVEL_NONE, 3},
        {"backlog*", LEVEL_NONE, 6},
        {"queue*", LEVEL_NONE, 2},
        {"degraded", LEVEL_WARN, 6},
        {"unhealthy", LEVEL_WARN, 6},
        {"readonly", LEVEL_WARN, 6},
        {"read-only", LEVEL_WARN, 6},
        {"maintenance", LEVEL_NONE, 5},
        {"disabled", LEVEL_NONE, 4},
        {"enabled", LEVEL_NONE, 4},
        {"deprecated", LEVEL_WARN, 1},
        {"rotated", LEVEL_NONE, 4},
        {"revoked", LEVEL_WARN, 6},
        {"leak*", LEVEL_WARN, 6},
        {"stale", LEVEL_NONE, 3},
        {"warn*", LEVEL_WARN, 0},
        {"locked", LEVEL_NONE, 3},
        {"rejected", LEVEL_WARN, 4},
        {"dropped", LEVEL_WARN, 3},
        {"lost", LEVEL_WARN, 3},
        {"broken", LEVEL_WARN, 2},
        {"undefined", LEVEL_WARN, 2},
        {"null", LEVEL_NONE, 0},
        {"enotfound", LEVEL_ERROR, 4},
        {"econnrefused", LEVEL_ERROR, 4},
        {"enospc", LEVEL_ERROR, 8},
        {"emfile", LEVEL_ERROR, 8},
        {"panicked", LEVEL_FATAL, 8},
        {"traceback", LEVEL_ERROR, 0},
        {"scal*", LEVEL_NONE, 3},
        {"password", LEVEL_NONE, 2},
        {"credentials", LEVEL_NONE, 4},
        {"toomany*", LEVEL_WARN, 4},
        {"skipped", LEVEL_NONE, 1},
        {"kill*", LEVEL_NONE, 3},
        {"stuck", LEVEL_WARN, 5},
        {"overload*", LEVEL_WARN, 6},
        {"saturat*", LEVEL_WARN, 6},
        {"override*", LEVEL_NONE, 4},
};

static const struct cue *cue_of(const char *w, size_t n)
{
	for (size_t i = 0; i < sizeof(cues) / sizeof(*cues); i++) {
		const char *c = cues[i].word;
		size_t k;

		if (*c != *w)
			continue;
		k = strlen(c);
		if (c[k - 1] == '*' ? n >= k - 1 && !memcmp(c, w, k - 1)
		                    : n == k && !memcmp(c, w, k))
			return &cues[i];
	}
	return NULL;
}

struct cue_walk {
	const char *p;
	size_t n, i;
	bool none; /* the word before says there is none: "0 errors", "no error" */
};

/* The cue of the next word that is one, NULL at the end. */
static const struct cue *next_cue(struct cue_walk *w)
{
	char word[24];

	while (w->i < w->n) {
		size_t start = w->i, n = 0;
		const struct cue *c;
		bool none = w->none;

		while (w->i < w->n && (isalnum((unsigned char)w->p[w->i]) ||
		                              (w->p[w->i] == '-' && w->i > start))) {
			/* camelCase and OutOfMemoryError: each hump is a word, so is the whole */
			if (w->i > start && isupper((unsigned char)w->p[w->i]) &&
			        islower((unsigned char)w->p[w->i - 1]))
				break;
			if (n < sizeof(word))
				word[n++] = (char)tolower((unsigned char)w->p[w->i]);
			w->i++;
		}
		if (w->i == start) {
			w->i++;
			continue;
		}
		w->none = (n == 1 && *word == '0') || (n == 2 && !memcmp(word, "no", 2)) ||
		          (n == 7 && !memcmp(word, "without", 7));
		c = none ? NULL : cue_of(word, n);
		if (c)
			return c;
	}
	return NULL;
}

enum level severity_of_text(const char *p, size_t n)
{
	struct cue_walk w = {p, n < 600 ? n : 600, 0, false};
	const struct cue *c;
	enum level l = LEVEL_NONE;

	while ((c = next_cue(&w))) {
		if (c->level > l)
			l = (enum level)c->level;
	}
	return l;
}

double telling_of_text(const char *p, size_t n)
{
	struct cue_walk w = {p, n < 600 ? n : 600, 0, false};
	const struct cue *c;
	double points = 0;

	while ((c = next_cue(&w)))
		points += c->points;
	return points < 24 ? points : 24;
}

const char *level_name(enum level l)
{
	static const char *const names[] = {"info", "debug", "info", "warn", "error", "fatal"};

	return names[l];
}

enum level level_given(const char *severity)
{
	return severity && *severity ? level_word(severity, strlen(severity), false) : LEVEL_NONE;
}
