/* blockkit_shapes.c - what Slack documents, as tables. */
#include <string.h>

#include "blockkit_i.h"

#define STR(n_, lo_, hi_)                                                                          \
	{                                                                                          \
		.name = n_, .kind = K_STR, .min = lo_, .max = hi_                                  \
	}
#define NEED_STR(n_, lo_, hi_)                                                                     \
	{                                                                                          \
		.name = n_, .kind = K_STR, .required = true, .min = lo_, .max = hi_                \
	}
#define WORD(n_, words_)                                                                           \
	{                                                                                          \
		.name = n_, .kind = K_STR, .max = 100, .words = words_                             \
	}
#define BOOL(n_)                                                                                   \
	{                                                                                          \
		.name = n_, .kind = K_BOOL                                                         \
	}
#define INT(n_, lo_, hi_)                                                                          \
	{                                                                                          \
		.name = n_, .kind = K_INT, .min = lo_, .max = hi_                                  \
	}
#define ANY(n_)                                                                                    \
	{                                                                                          \
		.name = n_, .kind = K_ANY                                                          \
	}
#define PLAIN(n_, hi_)                                                                             \
	{                                                                                          \
		.name = n_, .kind = K_TEXT, .place = AS_PLAIN, .max = hi_                          \
	}
#define TEXT(n_, hi_)                                                                              \
	{                                                                                          \
		.name = n_, .kind = K_TEXT, .place = AS_TEXT, .max = hi_                           \
	}
#define NEED_PLAIN(n_, hi_)                                                                        \
	{                                                                                          \
		.name = n_, .kind = K_TEXT, .required = true, .place = AS_PLAIN, .max = hi_        \
	}
#define NEED_TEXT(n_, hi_)                                                                         \
	{                                                                                          \
		.name = n_, .kind = K_TEXT, .required = true, .place = AS_TEXT, .max = hi_         \
	}
#define SHAPE(n_, shape_)                                                                          \
	{                                                                                          \
		.name = n_, .kind = K_SHAPE, .shape = &shape_                                      \
	}
#define LIST(n_, lo_, hi_, shape_)                                                                 \
	{                                                                                          \
		.name = n_, .kind = K_LIST, .min = lo_, .max = hi_, .shape = &shape_               \
	}
#define MANY(n_, lo_, hi_, place_)                                                                 \
	{                                                                                          \
		.name = n_, .kind = K_MANY, .required = true, .min = lo_, .max = hi_,              \
		.place = place_                                                                    \
	}
#define END                                                                                        \
	{                                                                                          \
		.name = NULL                                                                       \
	}

#define FIELDS (const struct bk_field[])

/* ---- parts ---------------------------------------------------------------------------------- */

static const struct bk_shape confirm = {
        .fields =
                FIELDS{NEED_PLAIN("title", 100), NEED_TEXT("text", 300), NEED_PLAIN("confirm", 30),
                        NEED_PLAIN("deny", 30), WORD("style", "primary danger"), END}};

#define OPTION_COMMON NEED_STR("value", 1, 150)
static const struct bk_shape plain_option = {
        .fields = FIELDS{NEED_PLAIN("text", 75), OPTION_COMMON, PLAIN("description", 75), END}};
static const struct bk_shape rich_option = {
        .fields = FIELDS{NEED_TEXT("text", 75), OPTION_COMMON, TEXT("description", 75), END}};
static const struct bk_shape url_option = {
        .fields = FIELDS{NEED_PLAIN("text", 75), OPTION_COMMON, PLAIN("description", 75),
                STR("url", 0, 3000), END}};
static const struct bk_shape option_group = {.fields = FIELDS{NEED_PLAIN("label", 75),
                                                     {.name = "options",
                                                             .kind = K_LIST,
                                                             .required = true,
                                                             .min = 1,
                                                             .max = 100,
                                                             .shape = &plain_option},
                                                     END}};

static const struct bk_shape slack_file = {
        .fields = FIELDS{STR("id", 1, 255), STR("url", 1, 3000), END}, .rule = bk_rule_slack_file};
static const struct bk_shape dispatch_config = {
        .fields = FIELDS{{.name = "trigger_actions_on", .kind = K_STRS, .min = 1, .max = 2}, END}};
static const struct bk_shape column = {
        .fields = FIELDS{WORD("align", "left center right"), BOOL("is_wrapped"), END}};
static const struct bk_shape style = {.fields = FIELDS{BOOL("bold"), BOOL("italic"), BOOL("strike"),
                                              BOOL("code"), BOOL("underline"), BOOL("highlight"),
                                              BOOL("client_highlight"), BOOL("unlink"), END}};
static const struct bk_shape feedback_button = {
        .fields = FIELDS{NEED_PLAIN("text", 75), NEED_STR("value", 1, 2000),
                STR("accessibility_label", 0, 75), END}};

/* ---- charts --------------------------------------------------------------------------------- */

static const struct bk_shape chart_point = {
        .fields = FIELDS{
                NEED_STR("label", 1, 20), {.name = "value", .kind = K_NUM, .required = true}, END}};
static const struct bk_shape chart_series = {.fields = FIELDS{NEED_STR("name", 1, 20),
                                                     {.name = "data",
                                                             .kind = K_LIST,
                                                             .required = true,
                                                             .min = 1,
                                                             .max = 20,
                                                             .shape = &chart_point},
                                                     END}};
static const struct bk_shape chart_axes = {
        .fields = FIELDS{
                {.name = "categories", .kind = K_STRS, .required = true, .min = 1, .max = 20},
                STR("x_label", 0, 50), STR("y_label", 0, 50), END}};

static const struct bk_field pie_fields[] = {{.name = "segments",
                                                     .kind = K_LIST,
                                                     .required = true,
                                                     .min = 1,
                                                     .max = 6,
                                                     .shape = &chart_point},
        END};
static const struct bk_field axes_fields[] = {{.name = "series",
                                                      .kind = K_LIST,
                                                      .required = true,
                                                      .min = 1,
                                                      .max = 6,
                                                      .shape = &chart_series},
        {.name = "axis_config", .kind = K_SHAPE, .required = true, .shape = &chart_axes}, END};

/* ---- elements ------------------------------------------------------------------------------- */

#define FOCUS       BOOL("focus_on_load")
#define CONFIRM     SHAPE("confirm", confirm)
#define PLACEHOLDER PLAIN("placeholder", 150)
#define DISPATCH    SHAPE("dispatch_action_config", dispatch_config)
#define OPTIONS     LIST("options", 1, 100, plain_option), LIST("option_groups", 1, 100, option_group)

static const struct bk_field button_fields[] = {NEED_PLAIN("text", 75), STR("url", 0, 3000),
        STR("value", 0, 2000), WORD("style", "primary danger"), STR("accessibility_label", 0, 75),
        CONFIRM, END};
static const struct bk_field image_element_fields[] = {NEED_STR("alt_text", 1, 2000),
        STR("image_url", 1, 3000), SHAPE("slack_file", slack_file), END};
static const struct bk_field checkbox_fields[] = {{.name = "options",
                                                          .kind = K_LIST,
                                                          .required = true,
                                                          .min = 1,
                                                          .max = 10,
                                                          .shape = &rich_option},
        LIST("initial_options", 1, 10, rich_option), CONFIRM, FOCUS, END};
static const struct bk_field radio_fields[] = {{.name = "options",
                                                       .kind = K_LIST,
                                                       .required = true,
                                                       .min = 1,
                                                       .max = 10,
                                                       .shape = &rich_option},
        SHAPE("initial_option", rich_option), CONFIRM, FOCUS, END};
static const struct bk_field overflow_fields[] = {{.name = "options",
                                                          .kind = K_LIST,
                                                          .required = true,
                                                          .min = 1,
                                                          .max = 5,
                                                          .shape = &url_option},
        CONFIRM, END};
static const struct bk_field select_fields[] = {
        OPTIONS, SHAPE("initial_option", plain_option), PLACEHOLDER, CONFIRM, FOCUS, END};
static const struct bk_field multi_select_fields[] = {OPTIONS,
        LIST("initial_options", 1, 100, plain_option), INT("max_selected_items", 1, 100),
        PLACEHOLDER, CONFIRM, FOCUS, END};
static const struct bk_field people_fields[] = {STR("initial_user", 1, 32),
        STR("initial_channel", 1, 32), STR("initial_conversation", 1, 32),
        BOOL("default_to_current_conversation"), BOOL("response_url_enabled"), ANY("filter"),
        INT("min_query_length", 0, 100), SHAPE("initial_option", plain_option), PLACEHOLDER,
        CONFIRM, FOCUS, END};
static const struct bk_field multi_people_fields[] = {
        {.name = "initial_users", .kind = K_STRS, .min = 1, .max = 100},
        {.name = "initial_channels", .kind = K_STRS, .min = 1, .max = 100},
        {.name = "initial_conversations", .kind = K_STRS, .min = 1, .max = 100},
        BOOL("default_to_current_conversation"), ANY("filter"), INT("min_query_length", 0, 100),
        LIST("initial_options", 1, 100, plain_option), INT("max_selected_items", 1, 100),
        PLACEHOLDER, CONFIRM, FOCUS, END};
static const struct bk_field date_fields[] = {
        STR("initial_date", 10, 10), PLACEHOLDER, CONFIRM, FOCUS, END};
static const struct bk_field time_fields[] = {
        STR("initial_time", 5, 5), STR("timezone", 1, 64), PLACEHOLDER, CONFIRM, FOCUS, END};
static const struct bk_field datetime_fields[] = {
        INT("initial_date_time", 1000000000, 2147483647), CONFIRM, FOCUS, END};
static const struct bk_field text_input_fields[] = {STR("initial_value", 0, 3000),
        BOOL("multiline"), INT("min_length", 0, 3000), INT("max_length", 1, 3000), DISPATCH,
        PLACEHOLDER, FOCUS, END};
static const struct bk_field number_input_fields[] = {
        {.name = "is_decimal_allowed", .kind = K_BOOL, .required = true},
        STR("initial_value", 1, 64), STR("min_value", 1, 64), STR("max_value", 1, 64), DISPATCH,
        PLACEHOLDER, FOCUS, END};
static const struct bk_field line_input_fields[] = {
        STR("initial_value", 0, 3000), DISPATCH, PLACEHOLDER, FOCUS, END};
static const struct bk_field file_input_fields[] = {
        {.name = "filetypes", .kind = K_STRS, .min = 1, .max = 100}, INT("max_files", 1, 10), END};
static const struct bk_field rich_input_fields[] = {
        ANY("initial_value"), DISPATCH, PLACEHOLDER, FOCUS, END};
static const struct bk_field workflow_fields[] = {NEED_PLAIN("text", 75),
        {.name = "workflow", .required = true}, WORD("style", "primary danger"),
        STR("accessibility_label", 0, 75), END};
static const struct bk_field feedback_fields[] = {
        {.name = "positive_button", .kind = K_SHAPE, .required = true, .shape = &feedback_button},
        {.name = "negative_button", .kind = K_SHAPE, .required = true, .shape = &feedback_button},
        END};
static const struct bk_field icon_fields[] = {
        {.name = "icon", .kind = K_STR, .required = true, .max = 20, .words = "trash"},
        NEED_PLAIN("text", 75), STR("value", 0, 2000), CONFIRM, STR("accessibility_label", 0, 75),
        {.name = "visible_to_user_ids", .kind = K_STRS, .min = 1, .max = 100}, END};

/* ---- rich text ------------------------------------------------------------------------------ */

#define STYLE SHAPE("style", style)
static const struct bk_field rich_line_fields[] = {MANY("elements", 0, 10000, IN_LINE), END};
static const struct bk_field rich_quote_fields[] = {
        MANY("elements", 0, 10000, IN_LINE), INT("border", 0, 1), END};
static const struct bk_field rich_pre_fields[] = {
        MANY("elements", 0, 10000, IN_PRE), INT("border", 0, 1), STR("language", 1, 64), END};
static const struct bk_field rich_list_fields[] = {
        {.name = "style", .kind = K_STR, .required = true, .max = 20, .words = "bullet ordered"},
        MANY("elements", 0, 10000, IN_ITEM), INT("indent", 0, 8), INT("offset", 0, 100000),
        INT("border", 0, 1), END};
static const struct bk_field part_text_fields[] = {
        {.name = "text", .kind = K_STR, .required = true, .counts = true, .min = 1, .max = 100000},
        STYLE, END};
static const struct bk_field part_link_fields[] = {NEED_STR("url", 1, 3000),
        {.name = "text", .kind = K_STR, .counts = true, .max = 100000}, BOOL("unsafe"), STYLE, END};
static const struct bk_field part_emoji_fields[] = {
        NEED_STR("name", 1, 255), STR("unicode", 0, 100), INT("skin_tone", 1, 6), STYLE, END};
static const struct bk_field part_user_fields[] = {NEED_STR("user_id", 1, 32), STYLE, END};
static const struct bk_field part_group_fields[] = {NEED_STR("usergroup_id", 1, 32), STYLE, END};
static const struct bk_field part_channel_fields[] = {NEED_STR("channel_id", 1, 32), STYLE, END};
static const struct bk_field part_team_fields[] = {NEED_STR("team_id", 1, 32), STYLE, END};
static const struct bk_field part_broadcast_fields[] = {{.name = "range",
                                                                .kind = K_STR,
                                                                .required = true,
                                                                .max = 20,
                                                                .words = "here channel everyone"},
        STYLE, END};
static const struct bk_field part_date_fields[] = {
        {.name = "timestamp", .kind = K_INT, .required = true, .max = 2147483647},
        NEED_STR("format", 1, 255), STR("url", 1, 3000), STR("fallback", 0, 1000), STYLE, END};
static const struct bk_field part_color_fields[] = {NEED_STR("value", 1, 20), STYLE, END};

/* ---- blocks --------------------------------------------------------------------------------- */

static const struct bk_field section_fields[] = {TEXT("text", 3000),
        {.name = "fields", .kind = K_ARR, .min = 1, .max = 10},
        {.name = "accessory", .kind = K_ONE, .place = IN_SECTION}, BOOL("expand"), END};
static const struct bk_field header_fields[] = {NEED_PLAIN("text", 150), INT("level", 1, 4), END};
static const struct bk_field no_fields[] = {END};
static const struct bk_field context_fields[] = {MANY("elements", 1, 10, IN_CONTEXT), END};
static const struct bk_field actions_fields[] = {MANY("elements", 1, 25, IN_ACTIONS), END};
static const struct bk_field context_actions_fields[] = {
        MANY("elements", 1, 5, IN_CONTEXT_ACTIONS), END};
static const struct bk_field image_fields[] = {NEED_STR("alt_text", 1, 2000),
        STR("image_url", 1, 3000), SHAPE("slack_file", slack_file), PLAIN("title", 2000), END};
static const struct bk_field input_fields[] = {NEED_PLAIN("label", 2000),
        {.name = "element", .kind = K_ONE, .required = true, .place = IN_INPUT},
        PLAIN("hint", 2000), BOOL("optional"), BOOL("dispatch_action"), END};
static const struct bk_field markdown_fields[] = {
        {.name = "text", .kind = K_STR, .required = true, .counts = true, .min = 1, .max = 12000},
        END};
static const struct bk_field rich_text_fields[] = {MANY("elements", 1, 10000, IN_RICH), END};
static const struct bk_field table_fields[] = {
        {.name = "rows", .kind = K_ARR, .required = true, .min = 1, .max = 100},
        {.name = "column_settings", .kind = K_LIST, .max = 20, .shape = &column}, END};
static const struct bk_field video_fields[] = {NEED_STR("alt_text", 1, 2000),
        NEED_PLAIN("title", 199), NEED_STR("thumbnail_url", 1, 3000),
        NEED_STR("video_url", 1, 3000), STR("author_name", 0, 49), PLAIN("description", 199),
        STR("provider_icon_url", 0, 3000), STR("provider_name", 0, 199), STR("title_url", 0, 3000),
        END};
static const struct bk_field visualization_fields[] = {NEED_STR("title", 1, 50),
        {.name = "chart", .kind = K_ONE, .required = true, .place = AS_CHART}, END};
static const struct bk_field raw_text_fields[] = {
        {.name = "text", .kind = K_STR, .required = true, .counts = true, .max = 100000}, END};
static const struct bk_field raw_number_fields[] = {
        {.name = "value", .kind = K_NUM, .required = true}, STR("text", 0, 1000), END};
static const struct bk_field plain_fields[] = {
        {.name = "text", .kind = K_STR, .required = true, .counts = true, .min = 1, .max = 3000},
        BOOL("emoji"), END};
static const struct bk_field mrkdwn_fields[] = {
        {.name = "text", .kind = K_STR, .required = true, .counts = true, .min = 1, .max = 3000},
        BOOL("verbatim"), END};

/* ---- all typed things ----------------------------------------------------------------------- */

#define FORMS (IN_SECTION | IN_ACTIONS | IN_INPUT)

static const struct bk_shape shapes[] = {
        {"section", ON_ALL, section_fields, HAS_BLOCK_ID, bk_rule_section},
        {"header", ON_ALL, header_fields, HAS_BLOCK_ID, NULL},
        {"divider", ON_ALL, no_fields, HAS_BLOCK_ID, NULL},
        {"context", ON_ALL, context_fields, HAS_BLOCK_ID, NULL},
        {"actions", ON_ALL, actions_fields, HAS_BLOCK_ID, bk_rule_unique_actions},
        {"context_actions", IN_MESSAGE, context_actions_fields, HAS_BLOCK_ID,
                bk_rule_unique_actions},
        {"image", ON_ALL, image_fields, HAS_BLOCK_ID, bk_rule_image},
        {"input", ON_ALL, input_fields, HAS_BLOCK_ID, bk_rule_input},
        {"markdown", IN_MESSAGE, markdown_fields, HAS_BLOCK_ID, bk_rule_markdown},
        {"rich_text", ON_ALL, rich_text_fields, HAS_BLOCK_ID, NULL},
        {"table", IN_MESSAGE, table_fields, HAS_BLOCK_ID, bk_rule_table},
        {"video", ON_ALL, video_fields, HAS_BLOCK_ID, NULL},
        {"data_visualization", IN_MESSAGE, visualization_fields, HAS_BLOCK_ID, bk_rule_chart},
        {"file", ON_ALL, no_fields, HAS_BLOCK_ID, bk_rule_file},

        {"plain_text", AS_TEXT | AS_PLAIN | IN_CONTEXT, plain_fields, 0, NULL},
        {"mrkdwn", AS_TEXT | AS_MRKDWN | IN_CONTEXT, mrkdwn_fields, 0, NULL},

        {"button", IN_SECTION | IN_ACTIONS, button_fields, HAS_ACTION_ID, NULL},
        {"image", IN_SECTION | IN_CONTEXT, image_element_fields, 0, bk_rule_image},
        {"checkboxes", FORMS, checkbox_fields, HAS_ACTION_ID, bk_rule_initial},
        {"radio_buttons", FORMS, radio_fields, HAS_ACTION_ID, bk_rule_initial},
        {"overflow", IN_SECTION | IN_ACTIONS, overflow_fields, HAS_ACTION_ID, NULL},
        {"static_select", FORMS, select_fields, HAS_ACTION_ID, bk_rule_options},
        {"external_select", FORMS, people_fields, HAS_ACTION_ID, bk_rule_focus},
        {"users_select", FORMS, people_fields, HAS_ACTION_ID, bk_rule_focus},
        {"channels_select", FORMS, people_fields, HAS_ACTION_ID, bk_rule_focus},
        {"conversations_select", FORMS, people_fields, HAS_ACTION_ID, bk_rule_focus},
        {"multi_static_select", FORMS, multi_select_fields, HAS_ACTION_ID, bk_rule_options},
        {"multi_external_select", FORMS, multi_people_fields, HAS_ACTION_ID, bk_rule_focus},
        {"multi_users_select", FORMS, multi_people_fields, HAS_ACTION_ID, bk_rule_focus},
        {"multi_channels_select", FORMS, multi_people_fields, HAS_ACTION_ID, bk_rule_focus},
        {"multi_conversations_select", FORMS, multi_people_fields, HAS_ACTION_ID, bk_rule_focus},
        {"datepicker", FORMS, date_fields, HAS_ACTION_ID, bk_rule_date},
        {"timepicker", FORMS, time_fields, HAS_ACTION_ID, bk_rule_date},
        {"datetimepicker", IN_ACTIONS | IN_INPUT, datetime_fields, HAS_ACTION_ID, bk_rule_focus},
        {"plain_text_input", IN_INPUT, text_input_fields, HAS_ACTION_ID, bk_rule_text_input},
        {"number_input", IN_INPUT, number_input_fields, HAS_ACTION_ID, bk_rule_focus},
        {"email_text_input", IN_INPUT, line_input_fields, HAS_ACTION_ID, bk_rule_focus},
        {"url_text_input", IN_INPUT, line_input_fields, HAS_ACTION_ID, bk_rule_focus},
        {"file_input", IN_INPUT, file_input_fields, HAS_ACTION_ID, NULL},
        {"rich_text_input", IN_INPUT | IN_ACTIONS, rich_input_fields,
                HAS_ACTION_ID | NEEDS_ACTION_ID, bk_rule_focus},
        {"workflow_button", IN_SECTION | IN_ACTIONS, workflow_fields,
                HAS_ACTION_ID | NEEDS_ACTION_ID, NULL},
        {"feedback_buttons", IN_SECTION | IN_CONTEXT_ACTIONS, feedback_fields, HAS_ACTION_ID, NULL},
        {"icon_button", IN_SECTION | IN_CONTEXT_ACTIONS, icon_fields, HAS_ACTION_ID, NULL},

        {"rich_text_section", IN_RICH | IN_ITEM, rich_line_fields, 0, NULL},
        {"rich_text_quote", IN_RICH, rich_quote_fields, 0, NULL},
        {"rich_text_preformatted", IN_RICH, rich_pre_fields, 0, NULL},
        {"rich_text_list", IN_RICH, rich_list_fields, 0, NULL},
        {"text", IN_LINE | IN_PRE, part_text_fields, 0, NULL},
        {"link", IN_LINE | IN_PRE, part_link_fields, 0, NULL},
        {"emoji", IN_LINE, part_emoji_fields, 0, NULL},
        {"user", IN_LINE, part_user_fields, 0, NULL},
        {"usergroup", IN_LINE, part_group_fields, 0, NULL},
        {"channel", IN_LINE, part_channel_fields, 0, NULL},
        {"team", IN_LINE, part_team_fields, 0, NULL},
        {"broadcast", IN_LINE, part_broadcast_fields, 0, NULL},
        {"date", IN_LINE, part_date_fields, 0, NULL},
        {"color", IN_LINE, part_color_fields, 0, NULL},

        {"raw_text", IN_CELL, raw_text_fields, 0, NULL},
        {"raw_number", IN_CELL, raw_number_fields, 0, NULL},
        {"rich_text", IN_CELL, rich_text_fields, 0, NULL},

        {"pie", AS_CHART, pie_fields, 0, NULL},
        {"bar", AS_CHART, axes_fields, 0, bk_rule_series},
        {"line", AS_CHART, axes_fields, 0, bk_rule_series},
        {"area", AS_CHART, axes_fields, 0, bk_rule_series},
};

/* The surface decides where the blocks may stand: see blockkit.c. */
const struct bk_shape bk_modal = {"modal", 0,
        FIELDS{NEED_PLAIN("title", 24), PLAIN("submit", 24), PLAIN("close", 24),
                MANY("blocks", 0, 100, IN_MODAL), STR("private_metadata", 0, 3000),
                STR("callback_id", 0, 255), STR("external_id", 0, 255), BOOL("clear_on_close"),
                BOOL("notify_on_close"), BOOL("submit_disabled"), END},
        0, NULL};
const struct bk_shape bk_home = {"home", 0,
        FIELDS{MANY("blocks", 0, 100, IN_HOME), STR("private_metadata", 0, 3000),
                STR("callback_id", 0, 255), STR("external_id", 0, 255), END},
        0, NULL};

const struct bk_shape *bk_shape_find(const char *type, unsigned place, bool *known)
{
	*known = false;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		if (strcmp(shapes[i].type, type) != 0)
			continue;
		*known = true;
		if (shapes[i].places & place)
			return &shapes[i];
	}
	return NULL;
}
