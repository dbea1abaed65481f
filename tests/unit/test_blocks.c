/*
 * test_blocks.c - the Block Kit builder: limits, escaping, what goes first.
 */
#include "blocks.h"
#include "clock.h"
#include "err.h"
#include "unit/blockkit.h"
#include "unit/blockkit_random.h"
#include "unit/unit.h"

static char *repeat(struct arena *a, const char *s, size_t times)
{
	struct str b = str_new(a);
	for (size_t i = 0; i < times; i++)
		str_add(&b, s);
	return b.s;
}

static void assert_valid(struct arena *a, const struct message *m, enum blockkit_kind kind)
{
	const char *problem = blockkit_check(a, message_json(m), kind);
	if (problem)
		fail_msg("%s", problem);
}

static void test_mrk_escapes_arguments_only(void **state)
{
	struct arena *a = *state;
	const char *volatile none = NULL;
	assert_string_equal(mrk(a, "*%s* <https://x|y> &amp; %d %% %s", "a<b>&c", 7, "<!channel>"),
	        "*a&lt;b&gt;&amp;c* <https://x|y> &amp; 7 % &lt;!channel&gt;");
	assert_string_equal(
	        mrk(a, "%s|%s|%.3s|%.*s", none, "a\n  b\tc", "abcdef", 2, "xyz"), "|a b c|abc|xy");
	assert_string_equal(mrk(a, "%5d|%-4d|%05.1f|%lld|%zu|%c|%x|%ld|%jd", 42, 7, 3.14159,
	                            -1234567890123LL, (size_t)99, '<', 255u, 5L, (intmax_t)6),
	        "   42|7   |003.1|-1234567890123|99|&lt;|ff|5|6");
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): that is the point */
	assert_string_equal(mrk(a, "%s", "\x1b[31mred\x1b[0m \xe2\x80\xae\x01 x"), "red x");
}

static void test_mrk_tokens(void **state)
{
	struct arena *a = *state;
	struct str b = str_new(a);
	mrk_code(&b, "rm `x` <y>\nz");
	mrk_code(&b, "");
	assert_string_equal(b.s, "`rm 'x' &lt;y&gt; z`");

	b = str_new(a);
	mrk_link(&b, "https://e.com/?a=1&b=2|x>y", "see | <this>");
	assert_string_equal(b.s, "<https://e.com/?a=1&b=2%7Cx%3Ey|see / &lt;this&gt;>");
	b = str_new(a);
	mrk_link(&b, "javascript:alert(1)", "click");
	mrk_link(&b, NULL, " me");
	assert_string_equal(b.s, "clickme");

	b = str_new(a);
	mrk_user(&b, "U012AB3CD");
	mrk_user(&b, "!channel");
	mrk_user(&b, "U1> <!here");
	assert_string_equal(b.s, "<@U012AB3CD>!channelU1&gt; &lt;!here");

	clock_fake(1700000000000);
	b = str_new(a);
	mrk_date(&b, 1700000000000, "{time}");
	assert_string_equal(b.s, "<!date^1700000000^{time}|22:13 UTC>");
	clock_fake(0);
}

static void test_mrk_cut_is_safe(void **state)
{
	struct arena *a = *state;
	const char *s =
	        "ab <https://example.com/path|label> &amp; `c` \xf0\x9f\x94\xb4 d ```x\ny``` end";
	for (size_t max = 0; max < 80; max++) {
		char *cut = mrk_cut(a, s, max);
		assert_true(text_units(cut) <= max);
		struct message *m = message_new(a, "x");
		message_section(m, KEEP_ALWAYS, cut);
		assert_valid(a, m, BLOCKKIT_MESSAGE);
	}
	assert_string_equal(mrk_cut(a, s, 20), "ab …");
	assert_string_equal(mrk_cut(a, "abc &lt;x", 100), "abc &lt;x");
	assert_int_equal(text_units("a\xc3\xa9\xf0\x9f\x94\xb4"), 4);
}

static void test_empty_parts_vanish(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, " \n");
	message_header(m, "");
	message_section(m, KEEP_ALWAYS, NULL);
	message_context(m, KEEP_ALWAYS, "  ");
	message_code(m, KEEP_ALWAYS, "\n\n");
	message_row(m, KEEP_ALWAYS);
	message_list(m, KEEP_ALWAYS, "title", false, NULL, 0);
	const json *j = message_json(m);
	assert_null(json_get(j, ".blocks"));
	assert_string_equal(json_str(j, ".text", ""), "Heal");
	assert_valid(a, message_home(a), BLOCKKIT_VIEW);
}

static void test_limits_of_one_block(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, repeat(a, "<&", 3000));
	message_header(m, repeat(a, "\xf0\x9f\x94\xb4", 200));
	message_section(m, KEEP_ALWAYS, repeat(a, "word ", 1000));
	message_button(m, &(struct button){.action = "a", .text = repeat(a, "x", 200)});
	message_button(m, &(struct button){.action = "a", .text = "twice", .value = "v"});
	message_button(
	        m, &(struct button){.action = "b", .text = "t", .value = repeat(a, "v", 2001)});
	assert_valid(a, m, BLOCKKIT_MESSAGE);
	const json *j = message_json(m);
	assert_int_equal(text_units(json_str(j, ".blocks[0].text.text", "")), 149);
	assert_true(str_ends(json_str(j, ".blocks[1].text.text", ""), "…"));
	assert_int_equal(text_units(json_str(j, ".blocks[2].elements[0].text.text", "")), 75);
	assert_string_equal(json_str(j, ".blocks[2].elements[1].action_id", ""), "a#2");
	assert_true(action_is("a#2", "a"));
	assert_false(action_is("ab", "a"));
	/* A value that would be cut would lie: the button is left out, and that is said. */
	assert_int_equal(json_len(json_get(j, ".blocks[2].elements")), 2);
	assert_string_equal(
	        json_str(j, ".blocks[3].elements[0].text", ""), "… 1 more not shown here");
}

static void test_low_goes_before_high(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, "x");
	char *big = repeat(a, "line of log\n", 220); /* 2,640 units */
	message_section(m, KEEP_ALWAYS, "verdict");
	message_pre(m, KEEP_LOW, big);
	message_section(m, KEEP_HIGH, big);
	message_section(m, KEEP_NORMAL, big);
	message_section(m, KEEP_LOW, big);
	message_button(m, &(struct button){.action = "fix", .text = "Fix…"});
	assert_valid(a, m, BLOCKKIT_MESSAGE);
	const json *b = message_blocks(m);
	assert_string_equal(json_str(b, "[0].text.text", ""), "verdict");
	assert_int_equal(text_units(json_str(b, "[2].text.text", "")), 2639); /* HIGH untouched */
	assert_int_equal(text_units(json_str(b, "[3].text.text", "")), 2639);
	const char *log = json_str(b, "[1].elements[0].elements[0].text", "");
	assert_true(text_units(log) < 2640);
	assert_string_equal(json_str(b, "[5].elements[0].action_id", ""), "fix");
}

static void test_everything_drops_but_the_verdict(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, "x");
	message_header(m, "verdict");
	for (int i = 0; i < 300; i++)
		message_section(m, KEEP_NORMAL, repeat(a, "abc ", 100));
	assert_valid(a, m, BLOCKKIT_MESSAGE);
	const json *b = message_blocks(m);
	assert_true(json_len(b) <= 50);
	assert_string_equal(json_str(b, "[0].text.text", ""), "verdict");
	const char *note = json_str(
	        json_get(b, arena_printf(a, "[%zu]", json_len(b) - 1)), ".elements[0].text", "");
	assert_string_equal(note, arena_printf(a, "… %zu more not shown here", 302 - json_len(b)));
}

static void test_lists_say_how_many_more(void **state)
{
	struct arena *a = *state;
	const char *items[400];
	for (size_t i = 0; i < 400; i++)
		items[i] = "a list item of some forty characters here";
	struct message *m = message_new(a, "x");
	message_list(m, KEEP_LOW, "*Patterns*", true, items, 400);
	assert_valid(a, m, BLOCKKIT_MESSAGE);
	const char *s = json_str(message_blocks(m), "[0].text.text", "");
	size_t lines = 0;
	for (const char *p = s; *p; p++)
		lines += *p == '\n';
	assert_true(str_starts(s, "*Patterns*\n1. a list"));
	assert_true(str_ends(s, arena_printf(a, "\n… %zu more", 400 - (lines - 1))));
}

static void test_code_cannot_break_out(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, "x");
	message_code(m, KEEP_ALWAYS, "a ``` <!channel> `b` &\n\n");
	message_pre(m, KEEP_ALWAYS, "raw ``` <!channel> &");
	assert_valid(a, m, BLOCKKIT_MESSAGE);
	const json *b = message_blocks(m);
	assert_string_equal(
	        json_str(b, "[0].text.text", ""), "```\na ˋˋˋ &lt;!channel&gt; `b` &amp;\n```");
	assert_string_equal(
	        json_str(b, "[1].elements[0].elements[0].text", ""), "raw ``` <!channel> &");
}

static void test_rows_overflow(void **state)
{
	struct arena *a = *state;
	struct option o[200];
	struct message *m = message_new(a, "x");
	for (size_t i = 0; i < UNIT_LEN(o); i++)
		o[i] = (struct option){.text = "4 h", .value = arena_printf(a, "%zu", i)};
	o[3].value = ""; /* cannot be sent */
	for (int i = 0; i < 30; i++)
		message_button(m, &(struct button){.action = "pick", .text = "INC"});
	message_select(m, "snooze", "Snooze", o, 200);
	message_overflow(m, "more", o, 200);
	message_select(m, "none", "None", NULL, 0);
	assert_valid(a, m, BLOCKKIT_MESSAGE);
	const json *b = message_blocks(m);
	assert_int_equal(json_len(json_get(b, "[0].elements")), 25);
	assert_int_equal(json_len(json_get(b, "[1].elements")), 7);
	assert_int_equal(json_len(json_get(b, "[1].elements[5].options")), 100);
	assert_string_equal(json_str(b, "[1].elements[5].options[3].value", ""), "4");
	assert_int_equal(json_len(json_get(b, "[1].elements[6].options")), 5);
}

static void test_modal_and_reading_it_back(void **state)
{
	struct arena *a = *state;
	const struct option steps[] = {{.text = "Roll back", .value = "1", .selected = true},
	        {.text = "Fix", .value = "2", .description = "release clients"}};
	struct message *m = message_modal(a, &(struct modal){.callback = "fix",
	                                             .title = "Fix INC-42 · api with a long title",
	                                             .data = "{\"inc\":42}"});
	message_checks(m, "steps", "Steps", steps, 2);
	message_input(m, &(struct input){.id = "extra",
	                         .label = "Extra instruction",
	                         .initial = "x",
	                         .multiline = true,
	                         .optional = true});
	message_input(m, &(struct input){.id = "extra", .label = "Same id"});
	message_choice(m, "draft", "Draft?", steps, 2);
	assert_valid(a, m, BLOCKKIT_VIEW);
	const json *v = message_json(m);
	assert_string_equal(json_str(v, ".submit.text", ""), "OK");
	assert_int_equal(text_units(json_str(v, ".title.text", "")), 24);
	assert_string_equal(json_str(v, ".blocks[2].block_id", ""), "extra~2");
	assert_string_equal(json_str(v, ".blocks[0].element.initial_options[0].value", ""), "1");

	static const char answer[] =
	        "{\"state\":{\"values\":{\"extra\":{\"extra\":{\"value\":\"do x\"}},\"steps\":{"
	        "\"steps\":{\"selected_options\":[{\"value\":\"2\"}]}},\"draft\":{\"draft\":{"
	        "\"selected_option\":{\"value\":\"1\"}}}}}}";
	struct err e = {0};
	const json *view = json_parse(a, answer, strlen(answer), &e);
	assert_non_null(view);
	assert_string_equal(view_value(view, "extra"), "do x");
	assert_string_equal(view_value(view, "draft"), "1");
	assert_string_equal(view_value(view, "absent"), "");
	assert_true(view_checked(view, "steps", "2"));
	assert_false(view_checked(view, "steps", "1"));
}

static void test_markdown_in_blocks(void **state)
{
	struct arena *a = *state;
	struct message *m = message_new(a, "x");
	message_markdown(
	        m, KEEP_NORMAL, repeat(a, "A sentence that ends here.\n\n", 300), NULL, 7000);
	message_markdown(m, KEEP_NORMAL, "# T\n\n```\ncode\n```\nafter", NULL, 3000);
	assert_valid(a, m, BLOCKKIT_MESSAGE);
	const json *b = message_blocks(m);
	assert_true(json_len(b) >= 5);
	assert_true(str_ends(json_str(b, "[0].text.text", ""), "here."));
	assert_string_equal(json_str(b, "[3].text.text", ""), "*T*");
	assert_string_equal(json_str(b, "[4].text.text", ""), "```\ncode\n```");
}

/* The validator itself must see faults, or all of the above means nothing. */
static void test_validator_sees_faults(void **state)
{
	struct arena *a = *state;
	static const char *const faults[] = {
	        "{\"blocks\":[]}",
	        "{\"text\":\"x\",\"extra\":1}",
	        "{\"text\":\"<!channel>\"}",
	        "{\"text\":\"a & b\"}",
	        "{\"text\":\"x\",\"blocks\":[{\"type\":\"header\",\"text\":{\"type\":\"mrkdwn\","
	        "\"text\":\"x\",\"verbatim\":true}}]}",
	        "{\"text\":\"x\",\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\","
	        "\"text\":\"x\"}}]}",
	        "{\"text\":\"x\",\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\","
	        "\"text\":\"```x\",\"verbatim\":true}}]}",
	        "{\"text\":\"x\",\"blocks\":[{\"type\":\"actions\",\"elements\":[]}]}",
	        "{\"text\":\"x\",\"blocks\":[{\"type\":\"file\"}]}",
	};
	for (size_t i = 0; i < UNIT_LEN(faults); i++) {
		struct err e = {0};
		const json *j = json_parse(a, faults[i], strlen(faults[i]), &e);
		assert_non_null(j);
		unit_case("%s", faults[i]);
		assert_non_null(blockkit_check(a, j, BLOCKKIT_MESSAGE));
	}
}

static void test_random_programs_stay_valid(void **state)
{
	(void)state;
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): that is the point */
	static const char spice[] = "<>&`*_\n @!|#\xc3\xa9\xf0\x9f\x98\x80\xff\xe2\x80\xae";
	uint64_t x = 88172645463325252ULL;
	for (int round = 0; round < 400; round++) {
		uint8_t bytes[700];
		struct arena *a = arena_new(0);
		for (size_t i = 0; i < sizeof bytes; i++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17; /* xorshift64 */
			bytes[i] = x & 0x300 ? (uint8_t)x : (uint8_t)spice[x % (sizeof spice - 1)];
		}
		const char *problem = blockkit_random(a, bytes, 50 + x % 650);
		if (problem)
			fail_msg("round %d: %s", round, problem);
		arena_free(a);
	}
}

UNIT_MAIN(UNIT_ARENA(test_mrk_escapes_arguments_only), UNIT_ARENA(test_mrk_tokens),
        UNIT_ARENA(test_mrk_cut_is_safe), UNIT_ARENA(test_empty_parts_vanish),
        UNIT_ARENA(test_limits_of_one_block), UNIT_ARENA(test_low_goes_before_high),
        UNIT_ARENA(test_everything_drops_but_the_verdict), UNIT_ARENA(test_lists_say_how_many_more),
        UNIT_ARENA(test_code_cannot_break_out), UNIT_ARENA(test_rows_overflow),
        UNIT_ARENA(test_modal_and_reading_it_back), UNIT_ARENA(test_markdown_in_blocks),
        UNIT_ARENA(test_validator_sees_faults), UNIT_ARENA(test_random_programs_stay_valid))
