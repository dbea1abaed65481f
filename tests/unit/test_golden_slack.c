/*
 * test_golden_slack.c - what the builder makes of typical content, as files that a person can read
 * and any other checker of Block Kit can judge. UPDATE_GOLDEN=1 writes them anew.
 */
#include "blocks.h"
#include "clock.h"
#include "spark.h"
#include "unit/blockkit.h"
#include "unit/unit.h"

static char *golden_path(struct arena *a, const char *name)
{
	const char *root = getenv("ROOT");
	return arena_printf(a, "%s/tests/golden/slack/%s.json", root ? root : ".", name);
}

static char *read_all(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is missing; UPDATE_GOLDEN=1 writes it", path);
	struct str b = str_new(a);
	char buf[4096];
	for (size_t n; (n = fread(buf, 1, sizeof buf, f)) > 0;)
		str_addn(&b, buf, n);
	fclose(f);
	return b.s;
}

static void golden(struct arena *a, const char *name, const struct message *m, bool view)
{
	const json *j = message_json(m);
	const char *problem = blockkit_check(a, j, view ? BLOCKKIT_VIEW : BLOCKKIT_MESSAGE);
	char *text = arena_printf(a, "%s\n", json_print_pretty(a, j)), *path = golden_path(a, name);
	if (problem)
		fail_msg("%s: %s", name, problem);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(path, "wb");
		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	unit_case("%s", path);
	assert_string_equal(text, read_all(a, path));
}

/* --- samples --- */

static void add_press_row(struct message *m, bool fix)
{
	const struct option snooze[] = {{.text = "30 min", .value = "30m"},
	        {.text = "4 h", .value = "4h"}, {.text = "until tomorrow", .value = "tomorrow"},
	        {.text = "until it gets worse", .value = "until-worse"}};
	const struct option more[] = {{.text = "Details", .value = "show"},
	        {.text = "Diagnose again…", .value = "diagnose"},
	        {.text = "Open in Railway",
	                .value = "open",
	                .url = "https://railway.com/project/p1"}};
	const struct confirm sure = {.title = "Not an issue?",
	        .text = "Heal will not open this again for 30 days.",
	        .yes = "Ignore it"};
	message_row(m, KEEP_ALWAYS);
	if (fix)
		message_button(m, &(struct button){.action = "fix",
		                          .text = "🔧 Fix…",
		                          .value = "42",
		                          .style = STYLE_PRIMARY});
	message_button(m, &(struct button){.action = "ack", .text = "👀 Ack", .value = "42"});
	message_select(m, "snooze", "😴 Snooze", snooze, UNIT_LEN(snooze));
	message_button(m, &(struct button){.action = "ignore",
	                          .text = "🚫 Not an issue",
	                          .value = "42",
	                          .confirm = &sure});
	message_overflow(m, "more", more, UNIT_LEN(more));
}

static char *lines(struct arena *a)
{
	static const double errors[] = {0, 0.1, 0.1, 0.2, 0.1, 1, 4.8, 9, 12.1, 12.4};
	static const double memory[] = {0.41, 0.41, 0.40, 0.41, 0.41, 0.42, 0.41, 0.41, 0.41, 0.41};
	struct table *t = table_new(a);
	for (int i = 0; i < 4; i++)
		table_column(t, "", TABLE_LEFT, 0);
	table_cell(t, "5xx");
	table_cell(t, spark(a, errors, UNIT_LEN(errors), 10, 5));
	table_cell(t, num_change(a, 0.002, 0.124, "share"));
	table_cell(t, "(limit 5 %)");
	table_cell(t, "mem");
	table_cell(t, spark(a, memory, UNIT_LEN(memory), 10, 1));
	table_cell(t, num_of_gb(a, 0.41, 1));
	return table_text(t, false, 0);
}

static void test_root_message(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, "🔴 INC-42 api: 5xx 12.4 % since 14:02");
	struct str b = str_new(a);
	clock_fake(1763993400000);
	message_header(m, "🔴 INC-42 · api · HTTP 5xx 12.4 %");
	str_add(&b, "*Critical* · since ");
	mrk_date(&b, 1763992920000, "{time}");
	mrk_add(&b, " · %s of %s requests failed", num_int(a, 1318), num_int(a, 10630));
	message_context(m, KEEP_ALWAYS, b.s);
	message_code(m, KEEP_HIGH, lines(a));
	message_section(m, KEEP_NORMAL,
	        mrk(a, "Changed: deploy `%s` “%s” by %s", "4f2c1ab", "bump <pg> to 8.12 & `more`",
	                "Ana <!channel>"));
	message_context(m, KEEP_LOW, "⏳ Diagnosing…");
	add_press_row(m, false);
	golden(a, "root_fresh", m, false);
	clock_fake(0);
}

static void test_diagnosed(void **state)
{
	struct arena *a = *state;
	static const char plan[] =
	        "**Pool exhausted** after deploy `4f2c1ab`: connections are not released [e3].\n\n"
	        "1. Roll back to `9be01d2`\n2. Release clients in `orders.ts`\n\n"
	        "| check | result |\n|---|---|\n| Postgres | calm |\n\n"
	        "```ts\nif (n < 1 && m > 2) client.release();\n```\n"
	        "See <https://evil.example> and [docs](https://evil.example/x) <@U012AB3CD>";
	const char *next[] = {mrk(a, "Roll back to %s", "9be01d2"), "Fix", "Check max pool size"};
	struct message *m = message_new(a, "🔴 INC-42 api: 5xx 12.4 % since 14:02");
	message_header(m, "🔴 INC-42 · api · HTTP 5xx 12.4 %");
	message_markdown(m, KEEP_HIGH, plan, NULL, 2500);
	message_list(m, KEEP_NORMAL, "*Next*", true, next, UNIT_LEN(next));
	add_press_row(m, true);
	message_context(m, KEEP_LOW, "👍 right · 👎 wrong · diagnosis $0.03");
	golden(a, "root_diagnosed", m, false);
}

static void test_evidence(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, "Evidence of INC-42");
	struct str b = str_new(a);
	for (int i = 0; i < 400; i++)
		str_addf(&b, "%5d× Error: timeout <%d> \x1b[31m```@here\x1b[0m\n", 1204 - i, i);
	message_section(m, KEEP_ALWAYS, "*Evidence*");
	message_pre(m, KEEP_LOW, b.s);
	message_image(m, KEEP_LOW, "F0123456789", "5xx of api");
	golden(a, "evidence_shortened", m, false);
}

static void test_too_much(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, "Too much");
	message_header(m, "Everything at once");
	for (int i = 0; i < 70; i++)
		message_section(m, i % 3 ? KEEP_LOW : KEEP_HIGH,
		        mrk(a, "part %d %s", i, "of many parts, each of which says a little more"));
	golden(a, "too_much", m, false);
}

static void test_modal(void **state)
{
	struct arena *a = *state;
	const struct option steps[] = {{.text = "1 Roll back", .value = "1", .selected = true},
	        {.text = "2 Release clients",
	                .value = "2",
	                .description = "orders.ts",
	                .selected = true}};
	struct message *m = message_modal(a, &(struct modal){.callback = "fix_start",
	                                             .title = "Fix INC-42",
	                                             .submit = "Start",
	                                             .data = "{\"incident\":42,\"plan\":1}"});
	message_checks(m, "steps", "Steps (unticked: not to be done)", steps, 2);
	message_input(m, &(struct input){.id = "extra",
	                         .label = "Extra instruction",
	                         .placeholder = "Anything the agent should know",
	                         .multiline = true,
	                         .optional = true,
	                         .max = 500});
	message_choice(m, "draft", "Pull request",
	        (const struct option[]){{.text = "Draft", .value = "draft", .selected = true},
	                {.text = "Ready for review", .value = "ready"}},
	        2);
	golden(a, "modal_fix", m, true);
}

static void test_home(void **state)
{
	struct arena *a = *state;
	struct message *m = message_home(a);
	message_header(m, "Heal");
	message_code(m, KEEP_HIGH, lines(a));
	message_divider(m);
	message_section_button(m, KEEP_NORMAL, "*INC-42* · api · HTTP 5xx 12.4 %",
	        &(struct button){.action = "ack", .text = "Ack", .value = "42"});
	message_fields(m, KEEP_LOW, (const char *const[]){"*Railway* ● ok", "*LLM* ● ok"}, 2);
	golden(a, "home", m, true);
}

UNIT_MAIN(UNIT_ARENA(test_root_message), UNIT_ARENA(test_diagnosed), UNIT_ARENA(test_evidence),
        UNIT_ARENA(test_too_much), UNIT_ARENA(test_modal), UNIT_ARENA(test_home))
