/*
 * blocks.h - messages, modals and the Home tab in Slack's Block Kit, valid by construction.
 *
 * Call the functions in the order things shall appear, then message_json(). Whatever is put in
 * - megabytes, invalid UTF-8, empty strings, 200 buttons - the result keeps every limit of Slack:
 * lengths are counted in UTF-16 units, texts are cut at a safe place with "…", lists say "… n
 * more", and when the whole grows above MESSAGE_MAX_UNITS the parts with the lowest `keep` shrink
 * and then go. What was left out is said in the message.
 *
 * Three kinds of text, named in each parameter:
 *   plain   shown as it is; nothing in it acts (emoji:false)
 *   mrkdwn  already written for Slack: build it with mrk() or mrk_add(), which escape what is
 *           foreign; sent with verbatim:true, so bare @here or #name never act
 *   code    any bytes; shown in fixed width, nothing in it acts
 *
 * Memory: everything lives in the arena; texts are copied. Thread: as the arena.
 * Source of the limits: docs.slack.dev/reference/block-kit, and for the whole message the
 * observations in slackapi/bolt-js issues 2509 and 2867.
 */
#ifndef HEAL_BLOCKS_H
#define HEAL_BLOCKS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "json.h"
#include "str.h"

/* Planned size of a message: text in UTF-16 units plus 125 for each block. Slack refuses somewhere
 * above 11,000 (not documented). Home and modals have no such limit but 250 KB. */
#define MESSAGE_MAX_UNITS 9000

struct message;

/* What goes first when there is too much. */
enum keep { KEEP_ALWAYS, KEEP_HIGH, KEEP_NORMAL, KEEP_LOW };

/* `fallback` (plain) is the push notification and what a screen reader says; "" becomes "Heal". */
struct message *message_new(struct arena *a, const char *fallback);

/* {"text":…,"blocks":[…]} for slack_post and friends; for a modal or Home the view itself. In the
 * message's arena. Parts may be added afterwards and it may be called again. */
const json *message_json(const struct message *m);
const char *message_text(const struct message *m);   /* the fallback, escaped as mrkdwn, <= 3,000 */
const json *message_blocks(const struct message *m); /* the array alone */

/* --- text ------------------------------------------------------------------------------------ */

/* printf whose %s arguments are foreign: cleaned, put on one line, escaped. The format's own text
 * is mrkdwn. Conversions: everything of printf but %n and positions. */
char *mrk(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *mrk_v(struct arena *a, const char *fmt, va_list ap);
void mrk_add(struct str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Foreign text with its line breaks: cleaned and escaped. */
void mrk_text(struct str *b, const char *s);
/* `code` on one line; backquotes in it become '. Nothing for "". */
void mrk_code(struct str *b, const char *s);
/* <url|label> when url is http(s), else the label alone. */
void mrk_link(struct str *b, const char *url, const char *label);
/* A date in the reader's own time zone. `format` is Slack's: "{time}", "{date_short_pretty} at
 * {time}"; the fallback is UTC. */
void mrk_date(struct str *b, int64_t ms, const char *format);
/* <@U…>; notifies the person. Anything that is not a user id is written as plain text. */
void mrk_user(struct str *b, const char *user);
/* The same for a user or a user group (S…). */
void mrk_notify(struct str *b, const char *id);
/* At most max UTF-16 units of mrkdwn, never cut inside <…>, an entity, or an open code fence. */
char *mrk_cut(struct arena *a, const char *mrkdwn, size_t max_units);
/* UTF-16 units of a UTF-8 text: what Slack counts at most. */
size_t text_units(const char *s);

/* --- parts of any surface -------------------------------------------------------------------- */

void message_header(struct message *m, const char *plain);
void message_section(struct message *m, enum keep keep, const char *mrkdwn);
void message_context(struct message *m, enum keep keep, const char *mrkdwn);
void message_divider(struct message *m);
/* Two columns; at most 10. */
void message_fields(struct message *m, enum keep keep, const char *const *mrkdwn, size_t n);
/* Our own lines in fixed width (sparklines, small tables), as a fence inside a section: may be
 * replaced by anything when the message is edited. */
void message_code(struct message *m, enum keep keep, const char *code);
/* Foreign lines (logs, code) in a rich text block: Slack parses nothing in it. Do not use it in a
 * message that is edited into one without it: Slack answers block_mismatch. */
void message_pre(struct message *m, enum keep keep, const char *code);
/* A list with bullets or numbers; when shortened it ends in "… n more". `title` (mrkdwn) may be
 * NULL. */
void message_list(struct message *m, enum keep keep, const char *title, bool numbered,
        const char *const *mrkdwn, size_t n);
/* LLM Markdown (see markdown.h), in as many blocks as it takes, at most `max_units` long. */
struct md_policy;
void message_markdown(struct message *m, enum keep keep, const char *md,
        const struct md_policy *policy, size_t max_units);
/* A picture: `ref` is a public https address or a Slack file id (F…). */
void message_image(struct message *m, enum keep keep, const char *ref, const char *alt_plain);

/* --- things to press ------------------------------------------------------------------------- */

/* An action_id that repeats inside one row gets "#2", "#3" …: compare with action_is(). */
bool action_is(const char *action_id, const char *name);

enum style { STYLE_NONE, STYLE_PRIMARY, STYLE_DANGER };

struct confirm { /* all plain; defaults for NULL: "Are you sure?", "Yes", "Cancel" */
	const char *title, *text, *yes, *no;
	bool danger;
};

struct button {
	const char *action; /* action_id */
	const char *text;   /* plain; about 30 characters are shown */
	const char *value;  /* comes back with the click; not to be trusted; may be NULL. At most
	                       2,000 units of clean text, else the button is left out */
	const char *url;    /* opens a page (http or https); may be NULL */
	enum style style;
	const struct confirm *confirm; /* NULL = none */
};

struct option {
	const char *text;        /* plain */
	const char *value;       /* at most 150 units; a longer one is left out of the menu */
	const char *description; /* plain; may be NULL */
	const char *url;         /* overflow only; may be NULL */
	bool selected;           /* checkboxes and selects */
};

/* Starts a row of buttons and menus; the following button, select and overflow calls fill it. A row
 * without any is left out; more than 25 start another row. Without message_row a row begins by
 * itself. */
void message_row(struct message *m, enum keep keep);
void message_button(struct message *m, const struct button *b);
void message_select(struct message *m, const char *action, const char *placeholder_plain,
        const struct option *o, size_t n);
/* The ⋯ menu: at most 5 options, so the rest is left out. */
void message_overflow(struct message *m, const char *action, const struct option *o, size_t n);
/* A section with one button at its right. */
void message_section_button(
        struct message *m, enum keep keep, const char *mrkdwn, const struct button *b);

/* --- views ----------------------------------------------------------------------------------- */

struct modal {
	const char *callback; /* callback_id */
	const char *title, *submit,
	        *close;   /* plain, 24; submit NULL = "OK" when there are inputs */
	const char *data; /* private_metadata, at most 3,000 units; asserts */
	bool notify_close;
};
struct message *message_modal(struct arena *a, const struct modal *v);
struct message *message_home(struct arena *a);

struct input {
	const char *id;      /* block_id and action_id: values come under state.values.<id>.<id> */
	const char *label;   /* plain */
	const char *hint;    /* plain; may be NULL */
	const char *initial; /* may be NULL */
	const char *placeholder;
	bool optional, multiline;
	int max; /* characters; 0 = 3,000 */
};
void message_input(struct message *m, const struct input *in);
/* Checkboxes: at most 10, the rest is said in a context line. */
void message_checks(struct message *m, const char *id, const char *label_plain,
        const struct option *o, size_t n);
void message_choice(struct message *m, const char *id, const char *label_plain,
        const struct option *o, size_t n);
/* What was entered: from a view_submission payload's view. NULL/"" when absent. */
const char *view_value(const json *view, const char *id); /* text or the chosen option's value */
bool view_checked(const json *view, const char *id, const char *value);

#endif
