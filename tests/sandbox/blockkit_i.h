/* blockkit_i.h - shapes and the checker's state (internal to blockkit*.c). */
#ifndef HEAL_SANDBOX_BLOCKKIT_I_H
#define HEAL_SANDBOX_BLOCKKIT_I_H

#include "blockkit.h"
#include "str.h"

/* Where a thing may stand. */
enum {
	IN_MESSAGE = 1 << 0,
	IN_MODAL = 1 << 1,
	IN_HOME = 1 << 2,
	IN_SECTION = 1 << 3,
	IN_ACTIONS = 1 << 4,
	IN_INPUT = 1 << 5,
	IN_CONTEXT = 1 << 6,
	IN_CONTEXT_ACTIONS = 1 << 7,
	IN_RICH = 1 << 8,  /* directly in rich_text */
	IN_ITEM = 1 << 9,  /* in rich_text_list */
	IN_LINE = 1 << 10, /* in rich_text_section and _quote */
	IN_PRE = 1 << 11,  /* in rich_text_preformatted */
	IN_CELL = 1 << 12,
	AS_TEXT = 1 << 13,  /* a text object, either kind */
	AS_PLAIN = 1 << 14, /* a text object, plain_text only */
	AS_MRKDWN = 1 << 15,
	AS_CHART = 1 << 16,
};
#define ON_ALL (IN_MESSAGE | IN_MODAL | IN_HOME)

enum bk_kind {
	K_ANY,
	K_STR,   /* min..max units; words = allowed values */
	K_BOOL,  /* */
	K_INT,   /* min..max */
	K_NUM,   /* */
	K_TEXT,  /* text object with 1..max units; place = AS_… */
	K_SHAPE, /* object of the given shape */
	K_LIST,  /* array of min..max objects of the given shape */
	K_ONE,   /* typed object allowed in `place` */
	K_MANY,  /* array of min..max typed objects allowed in `place` */
	K_STRS,  /* array of min..max strings */
	K_ARR,   /* array of min..max anything */
};

struct bk;
struct bk_shape;

struct bk_field {
	const char *name;
	enum bk_kind kind;
	bool required;
	bool counts; /* its text counts towards the size of the message */
	int min, max;
	unsigned place;
	const char *words; /* "primary danger" */
	const struct bk_shape *shape;
};

struct bk_shape {
	const char *type; /* NULL: the object has no "type" */
	unsigned places;
	const struct bk_field *fields; /* ends with a NULL name; "type" and ids are implied */
	unsigned implied;
	void (*rule)(struct bk *k, const json *o);
};

/* implied fields */
enum { HAS_BLOCK_ID = 1, HAS_ACTION_ID = 2, NEEDS_ACTION_ID = 4 };

struct bk {
	struct arena *a;
	json *findings;
	enum bk_surface surface;
	char path[1024];
	size_t path_len;
	size_t text_units, markdown_units;
	unsigned tables, charts, focused, inputs;
	json *block_ids;
};

/* blockkit_shapes.c: the shape of `type` in `place`; NULL when there is none. *known: the type
 * exists somewhere else. */
const struct bk_shape *bk_shape_find(const char *type, unsigned place, bool *known);

/* blockkit.c */
size_t bk_push(struct bk *k, const char *name); /* returns what bk_pop needs */
size_t bk_push_i(struct bk *k, size_t i);
void bk_pop(struct bk *k, size_t to);
void bk_find(struct bk *k, const char *code, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
void bk_find_at(struct bk *k, const char *name, const char *code, const char *what);
bool bk_word(const char *words, const char *s); /* s is among the words */
void bk_str(struct bk *k, const json *v, const struct bk_field *f);
void bk_value(struct bk *k, const json *v, const struct bk_field *f);
const json *bk_member(const json *o, const char *name); /* any name, without path syntax */
void bk_typed(struct bk *k, const json *o, unsigned place);
void bk_object(struct bk *k, const json *o, const struct bk_shape *shape);

/* blockkit_rules.c */
void bk_rule_section(struct bk *k, const json *o);
void bk_rule_unique_actions(struct bk *k, const json *o);
void bk_rule_options(struct bk *k, const json *o);
void bk_rule_initial(struct bk *k, const json *o);
void bk_rule_image(struct bk *k, const json *o);
void bk_rule_slack_file(struct bk *k, const json *o);
void bk_rule_input(struct bk *k, const json *o);
void bk_rule_text_input(struct bk *k, const json *o);
void bk_rule_focus(struct bk *k, const json *o);
void bk_rule_table(struct bk *k, const json *o);
void bk_rule_chart(struct bk *k, const json *o);
void bk_rule_series(struct bk *k, const json *o);
void bk_rule_markdown(struct bk *k, const json *o);
void bk_rule_file(struct bk *k, const json *o);
void bk_rule_date(struct bk *k, const json *o);

extern const struct bk_shape bk_modal, bk_home;

#endif
