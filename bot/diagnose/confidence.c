/* confidence.c - the rule of diagnose.h: a word from the kinds of evidence that were cited. */
#include <assert.h>
#include <string.h>

#include "diagnose.h"
#include "str.h"

static const char *const names[] = {"none", "low", "medium", "high"};

const char *confidence_name(enum confidence c)
{
	assert(c <= CONFIDENCE_HIGH);
	return names[c];
}

bool confidence_parse(const char *name, enum confidence *out)
{
	for (int i = 0; i <= CONFIDENCE_HIGH; i++) {
		if (str_eq(name, names[i])) {
			*out = (enum confidence)i;
			return true;
		}
	}
	return false;
}

enum source {
	LOGS,
	MEASURES,
	CHANGE,
	BUILD,
	INSTANCES,
	NEIGHBOUR,
	TRACES,
	UPSTREAM,
	EARLIER,
	PEOPLE,
	NO_SOURCE
};

static const char *const source_words[NO_SOURCE] = {"logs", "measurements", "deploy", "build log",
        "instances", "neighbour", "traces", "provider's status", "an earlier incident",
        "what people said"};

static enum source source_of(enum evidence_kind k)
{
	switch (k) {
	case EVIDENCE_METRIC:
	case EVIDENCE_ROUTES:
		return MEASURES;
	case EVIDENCE_LOG:
		return LOGS;
	case EVIDENCE_DEPLOY:
	case EVIDENCE_COMMITS:
		return CHANGE;
	case EVIDENCE_TRACE:
		return TRACES;
	case EVIDENCE_BUILD:
		return BUILD;
	case EVIDENCE_RESTART:
		return INSTANCES;
	case EVIDENCE_NEIGHBOUR:
		return NEIGHBOUR;
	case EVIDENCE_UPSTREAM:
		return UPSTREAM;
	case EVIDENCE_EARLIER:
		return EARLIER;
	case EVIDENCE_PERSON:
		return PEOPLE;
	case EVIDENCE_FINE:
	case EVIDENCE_CODE:
	case EVIDENCE_ARCHITECTURE:
	case EVIDENCE_MISSING:
	case EVIDENCE_KIND_COUNT:
		break;
	}
	return NO_SOURCE;
}

struct tally {
	enum evidence_strength by[NO_SOURCE];
	bool timely;
	int sources, decisive; /* all of them */
	int others;            /* neither change nor people */
	bool other_decisive;
};

static struct tally count(const struct evidence *const *cited, size_t n)
{
	struct tally t = {0};

	for (size_t i = 0; i < n; i++) {
		enum source s = source_of(cited[i]->kind);

		if (s == NO_SOURCE)
			continue;
		if (cited[i]->strength > t.by[s])
			t.by[s] = cited[i]->strength;
		t.timely = t.timely || (s == CHANGE && cited[i]->timely);
	}
	for (int s = 0; s < NO_SOURCE; s++) {
		bool other = s != CHANGE && s != PEOPLE;

		t.sources += t.by[s] > EVIDENCE_CONTEXT;
		t.decisive += t.by[s] == EVIDENCE_DECISIVE;
		t.others += other && t.by[s] > EVIDENCE_CONTEXT;
		t.other_decisive = t.other_decisive || (other && t.by[s] == EVIDENCE_DECISIVE);
	}
	return t;
}

static enum confidence word_of(const struct tally *t)
{
	if (t->timely && t->others >= 2 && t->other_decisive)
		return CONFIDENCE_HIGH;
	if (t->decisive > 0 || t->sources >= 2)
		return CONFIDENCE_MEDIUM;
	return t->sources > 0 ? CONFIDENCE_LOW : CONFIDENCE_NONE;
}

/* "logs, measurements and deploy". */
static const char *words(struct arena *a, const struct tally *t)
{
	struct str b = str_new(a);
	int left = t->sources;

	for (int s = 0; s < NO_SOURCE; s++) {
		if (t->by[s] == EVIDENCE_CONTEXT)
			continue;
		str_addf(&b, "%s%s", b.len == 0 ? "" : left == 1 ? " and " : ", ", source_words[s]);
		left--;
	}
	return b.s;
}

static const char *reason_of(
        struct arena *a, const struct tally *t, enum confidence c, bool lowered)
{
	const char *end = lowered ? "; other evidence speaks against it" : "";

	switch (t->sources) {
	case 0:
		return "no evidence supports a cause";
	case 1:
		return arena_printf(a, "%s only%s%s", words(a, t),
		        c == CONFIDENCE_LOW ? ": no more than a correlation" : "", end);
	default:
		break;
	}
	return arena_printf(a, "%s agree%s%s", words(a, t),
	        t->timely ? ", the deploy came shortly before" : ", no change that matches in time",
	        end);
}

enum confidence confidence_of(const struct evidence *const *cited, size_t n,
        const struct evidence *const *against, size_t nagainst, struct arena *a,
        const char **reason)
{
	struct tally t = count(cited, n);
	enum confidence c = word_of(&t);
	bool contradicted = false;

	for (size_t i = 0; i < nagainst; i++)
		contradicted = contradicted || against[i]->strength == EVIDENCE_DECISIVE;
	if (contradicted && c > CONFIDENCE_NONE)
		c--;
	if (reason)
		*reason = reason_of(a, &t, c, contradicted);
	return c;
}
