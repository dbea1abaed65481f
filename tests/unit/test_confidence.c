/* test_confidence.c - the rule of diagnose.h as a table. */
#include "diagnose.h"
#include "str.h"
#include "unit/unit.h"

/* m = metric weak, M = metric decisive, l / L = log, r = routes, d = deploy not in time, t = deploy
 * in time, D = failed deploy, b = build decisive, X = restart decisive, n = calm neighbour
 * (context), N = bad neighbour, U = provider's open problem, e = earlier, p = person, f = fine, a =
 * architecture. */
static struct evidence item(char c)
{
	static const struct {
		char c;
		enum evidence_kind kind;
		enum evidence_strength strength;
		bool timely;
	} t[] = {
	        {'m', EVIDENCE_METRIC, EVIDENCE_WEAK, false},
	        {'l', EVIDENCE_LOG, EVIDENCE_WEAK, false},
	        {'L', EVIDENCE_LOG, EVIDENCE_DECISIVE, false},
	        {'r', EVIDENCE_ROUTES, EVIDENCE_WEAK, false},
	        {'d', EVIDENCE_DEPLOY, EVIDENCE_CONTEXT, false},
	        {'t', EVIDENCE_DEPLOY, EVIDENCE_WEAK, true},
	        {'D', EVIDENCE_DEPLOY, EVIDENCE_DECISIVE, true},
	        {'b', EVIDENCE_BUILD, EVIDENCE_DECISIVE, false},
	        {'X', EVIDENCE_RESTART, EVIDENCE_DECISIVE, false},
	        {'n', EVIDENCE_NEIGHBOUR, EVIDENCE_CONTEXT, false},
	        {'N', EVIDENCE_NEIGHBOUR, EVIDENCE_DECISIVE, false},
	        {'U', EVIDENCE_UPSTREAM, EVIDENCE_DECISIVE, false},
	        {'e', EVIDENCE_EARLIER, EVIDENCE_WEAK, false},
	        {'p', EVIDENCE_PERSON, EVIDENCE_WEAK, false},
	        {'f', EVIDENCE_FINE, EVIDENCE_DECISIVE, false},
	        {'a', EVIDENCE_ARCHITECTURE, EVIDENCE_DECISIVE, false},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		if (t[i].c == c)
			return (struct evidence){.kind = t[i].kind,
			        .strength = t[i].strength,
			        .timely = t[i].timely};
	}
	abort();
}

static size_t items(struct arena *a, const char *letters, const struct evidence **out)
{
	size_t n = strlen(letters);

	for (size_t i = 0; i < n; i++) {
		struct evidence *x = ARENA_NEW(a, struct evidence);

		*x = item(letters[i]);
		out[i] = x;
	}
	return n;
}

static void test_rule(void **state)
{
	static const struct {
		const char *cited, *against, *word, *reason; /* reason: words that stand in it */
	} t[] = {
	        {"", "", "none", "no evidence"},
	        {"f", "", "none", "no evidence"},
	        {"a", "", "none", ""},
	        {"n", "", "none", ""},
	        {"d", "", "none", ""},
	        {"m", "", "low", "measurements only: no more than a correlation"},
	        {"mmm", "", "low", ""},
	        {"mr", "", "low", ""}, /* both are measurements: one source */
	        {"t", "", "low", ""},
	        {"p", "", "low", ""},
	        {"l", "", "low", "logs only"},
	        {"ml", "", "medium", "logs and measurements agree"},
	        {"mt", "", "medium", "shortly before"},
	        {"mp", "", "medium", "what people said"},
	        {"L", "", "medium", "logs only"},
	        {"U", "", "medium", "provider's status only"},
	        {"b", "", "medium", ""},
	        {"D", "", "medium", ""},
	        {"mL", "", "medium", "no change that matches in time"},
	        {"mLN", "", "medium", ""},
	        {"mLd", "", "medium", ""}, /* a deploy, but not in time */
	        {"mlt", "", "medium", ""}, /* in time, nothing decisive */
	        {"Lt", "", "medium", ""},  /* one other source only */
	        {"Lpt", "", "medium", ""}, /* people do not make it high */
	        {"mLt", "", "high",
	                "logs, measurements and deploy agree, the deploy came shortly before"},
	        {"XlDf", "", "high", ""},
	        {"mLt", "N", "medium", "speaks against"},
	        {"mLt", "m", "high", ""}, /* weak contradiction is the model's to weigh */
	        {"L", "X", "low", ""},
	        {"l", "X", "none", ""},
	        {"", "X", "none", ""},
	};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		const struct evidence *cited[8], *against[8];
		size_t n = items(a, t[i].cited, cited), m = items(a, t[i].against, against);
		const char *reason = NULL;
		enum confidence c = confidence_of(cited, n, against, m, a, &reason);

		unit_case("%s against %s: %s", t[i].cited, t[i].against, reason);
		assert_string_equal(confidence_name(c), t[i].word);
		assert_non_null(strstr(reason, t[i].reason));
	}
}

static void test_names(void **state)
{
	enum confidence c;

	(void)state;
	for (int i = 0; i <= CONFIDENCE_HIGH; i++) {
		assert_true(confidence_parse(confidence_name((enum confidence)i), &c));
		assert_int_equal(c, i);
	}
	assert_false(confidence_parse("certain", &c));
}

UNIT_MAIN(UNIT_ARENA(test_rule), cmocka_unit_test(test_names))
