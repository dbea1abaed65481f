/*
 * blocks_private.h - what the files of the Block Kit builder share.
 *
 * A message is a list of parts; nothing is cut while parts are added, because only the whole tells
 * what has to go. blocks_render.c plans (who shrinks, who goes) and writes the JSON.
 */
#ifndef HEAL_CHAT_BLOCKS_PRIVATE_H
#define HEAL_CHAT_BLOCKS_PRIVATE_H

#include "blocks.h"

/* Limits of Block Kit, in UTF-16 units or items. */
enum {
	LIMIT_TEXT = 3000,
	LIMIT_FIELD = 2000,
	LIMIT_HEADER = 150,
	LIMIT_BUTTON = 75,
	LIMIT_VALUE = 2000,
	LIMIT_URL = 3000,
	LIMIT_OPTION = 75,
	LIMIT_OPTION_VALUE = 150,
	LIMIT_PLACEHOLDER = 150,
	LIMIT_ID = 255,
	LIMIT_ALT = 2000,
	LIMIT_LABEL = 2000,
	LIMIT_VIEW_TITLE = 24,
	LIMIT_ROW = 25,
	LIMIT_FIELDS = 10,
	LIMIT_SELECT = 100,
	LIMIT_OVERFLOW = 5,
	LIMIT_CHECKS = 10,
	LIMIT_PRE = 6000, /* no documented one; the whole message decides */
};

/* A list keeps so many items; the rest is only counted. */
#define MAX_ITEMS 200

enum surface { SURFACE_MESSAGE, SURFACE_MODAL, SURFACE_HOME };

enum part_kind {
	PART_HEADER,
	PART_SECTION,
	PART_CONTEXT,
	PART_DIVIDER,
	PART_FIELDS,
	PART_CODE,
	PART_PRE,
	PART_LIST,
	PART_IMAGE,
	PART_ROW,
	PART_INPUT,
};

struct part {
	struct part *next;
	enum part_kind kind;
	enum keep keep;
	const char *text;         /* not blank, unless the kind needs none */
	const char *const *items; /* PART_LIST, PART_FIELDS */
	size_t n;
	bool numbered;
	const char *ref; /* PART_IMAGE */
	json *element;   /* PART_ROW: array; PART_SECTION: accessory; PART_INPUT: the block */
	size_t fixed;    /* units in `element`, which never shrinks */
};

struct message {
	struct arena *a;
	enum surface surface;
	const char *fallback;
	struct part *first, **tail;
	struct part *row; /* being filled; NULL = none */
	size_t fixed;     /* units in all elements so far */
	size_t skipped;   /* buttons and options left out */
	json *ids;        /* object: block ids in use */
	const struct modal *modal;
	bool has_input;
};

/* Text without control characters, on one line, at most max units; "" when blank. */
char *plain_line(struct arena *a, const char *s, size_t max_units);
/* The same, line breaks kept. */
char *plain_lines(struct arena *a, const char *s, size_t max_units);
bool is_blank(const char *s);
/* Three backquotes begin or end a fence whatever is around them: runs of at least `least` become
 * another character of the same look. */
char *defuse(struct arena *a, const char *s, size_t least);

struct part *message_part(struct message *m, enum part_kind kind, enum keep keep);
/* {"type":"plain_text","text":…,"emoji":false}; `s` `or_else` when it is blank. */
void set_plain(struct arena *a, json *o, const char *key, const char *s, const char *or_else,
        size_t max_units);
/* NULL when it cannot be sent: no action, or a value that would be cut. */
json *button_json(struct arena *a, const struct button *b);

/* What a menu of a kind may hold. */
struct menu_kind {
	size_t most;
	const char *chosen; /* member for what is selected; NULL = none */
	bool many;          /* … as an array */
	bool urls;          /* options may have an address */
};
/* Fills menu.options (and what is selected); returns how many could be kept. */
size_t options_json(
        struct arena *a, json *menu, const struct option *o, size_t n, const struct menu_kind *k);

/* An http(s) address that Slack takes. */
bool is_web(struct arena *a, const char *url);
/* What an element costs of message_room. */
size_t element_cost(const struct message *m, const json *element);
/* Units of every string in the tree. */
size_t json_units(const json *j);
/* Is there room for another `units` of elements; counts them when there is. */
bool message_room(struct message *m, size_t units);

#endif
