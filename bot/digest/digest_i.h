/*
 * digest_i.h - between the files of the digest: from bytes to a line, to an event, to a template.
 *
 *   lines.c      a line: colours off, header cut, JSON and logfmt taken apart
 *   trace.c      lines that belong together become one event; frames are folded
 *   template.c   the words of an event, variable ones masked; templates found and merged
 *   digest.c     the public functions; digest_rank.c and digest_render.c what is shown
 *
 * Nothing here reads a clock or a random number: the same input gives the same output.
 */
#ifndef DIGEST_I_H
#define DIGEST_I_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum level { LEVEL_NONE, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_FATAL };

enum {
	MAX_LINE = 65536, /* bytes of a line that are looked at */
	MAX_GROUP = 2048, /* bytes that decide the template */
	MAX_SHOW = 1600,  /* bytes of a sample */
	MAX_WORDS = 48,   /* words that decide the template */
	MAX_TEMPLATES = 10000,
};

struct slice {
	const char *p;
	size_t n;
};

/* A buffer that is never longer than its array: what does not fit is dropped. */
struct text {
	char *p;
	size_t n, max;
};

void text_add(struct text *t, const char *p, size_t n);
void text_adds(struct text *t, const char *s);

/* --- header.c, header_forms.c, header_time.c --- */

/* Bytes of a date, time or epoch number at p, 0 = none; *ms is 0 when the year is not known. */
size_t time_at(const char *p, size_t n, int64_t *ms);
/* The level a word names ("WARN", "warning", "E" only with `letter`), LEVEL_NONE = none. */
enum level level_word(const char *p, size_t n, bool letter);

struct header {
	size_t len;      /* bytes up to the message */
	int64_t ts_ms;   /* 0 = unknown */
	uint32_t layout; /* hash of the kinds of fields; 0 = there is no header */
	enum level level;
	bool detail; /* a second record of the same event (Postgres DETAIL, HINT, CONTEXT) */
};
void header_find(const char *p, size_t n, struct header *h);

/* --- lines.c, lines_json.c, lines_logfmt.c --- */

struct line {
	struct slice group; /* what decides the template */
	struct slice show;  /* what is shown: with the other fields */
	struct slice stack; /* a stack trace that came in a field */
	int64_t ts_ms;
	uint32_t layout;
	enum level level;
	bool detail;
};

/* What a field of a structured line is for, by its last name. */
enum field {
	FIELD_OTHER,
	FIELD_SKIP,
	FIELD_TIME,
	FIELD_LEVEL,
	FIELD_MSG,
	FIELD_ERROR,
	FIELD_STACK,
	FIELD_KIND,
	FIELD_STATUS
};
/* What was found out about the last keys of up to 16 bytes: their first and last eight, and n. */
enum { FIELD_MEMO = 64 };
struct field_memo {
	uint64_t head, tail;
	size_t n;
	enum field field;
};

/* Room for what a line is turned into; the slices of struct line point here or into the line. On
 * the heap, and kept: the compiler clears arrays on the stack at each call. */
struct scratch {
	char clean[MAX_LINE], group[MAX_GROUP], show[MAX_SHOW], stack[8192];
	char fields[MAX_SHOW], rest[MAX_GROUP];
	struct field_memo memo[FIELD_MEMO];
};

void line_read(struct scratch *s, const char *p, size_t n, bool message_only, struct line *out);
/* False when the text is not what the name says. */
bool line_json(struct scratch *s, const char *p, size_t n, struct line *out);
bool line_logfmt(struct scratch *s, const char *p, size_t n, struct line *out);

enum field field_of(const char *key, size_t n);
/* The same; the names of keys repeat. */
enum field field_memo(struct scratch *s, const char *key, size_t n);
enum level level_number(int64_t v); /* pino and bunyan: 10 trace ... 60 fatal */

/* --- trace.c --- */

enum { MAX_FRAMES = 4, VALUES = 3 };

/* An event in the making. */
struct event {
	bool open;
	int64_t ts_ms;
	uint32_t layout;
	enum level level;
	enum level given;     /* the platform's */
	size_t nlines, nrows; /* lines; digest_add calls that ended in it */
	int mode;             /* enum trace_mode */
	size_t nframes, folded;
	char group_buf[MAX_GROUP + 8], show_buf[MAX_SHOW];
	struct text group, show;
	/* The application's first and last frames, where the trace stands. */
	char frame[MAX_FRAMES][320];
	size_t nown;
	char cause[400], cause_frame[320], first_frame[320], last[400];
};

void event_start(struct event *e, const struct line *l);
/* True when the line belongs to the open event, and it was taken in. */
bool event_take(struct event *e, const struct line *l, bool loose);
/* Writes the folded trace into group and show. */
void event_finish(struct event *e);

/* --- template.c, template_mask.c, template_merge.c --- */

struct words {
	size_t n;
	uint64_t h[MAX_WORDS];   /* hash of the word, WILD when it is variable */
	uint64_t gap[MAX_WORDS]; /* hash of the punctuation before the word */
	uint16_t at[MAX_WORDS], len[MAX_WORDS];
	uint64_t tail; /* hash of the punctuation after the last word */
};
#define WILD UINT64_C(0x57494c44)

/* The eight bytes behind p + n are there, and are zero. */
void words_of(struct words *w, const char *p, size_t n);

struct template
{
	uint32_t id; /* group number; 0 = the slot is free */
	uint8_t n;
	uint8_t said, content, given; /* enum level: by the line, by its words, by the platform */
	bool widened;                 /* a word became variable by meeting others */
	uint32_t layout;
	uint64_t key, shape;
	uint64_t *h;          /* n hashes */
	uint16_t *at, *len;   /* the words' places in text; same block as h */
	char *text;           /* words with <*> */
	char *sample;         /* first event, whole */
	char *values[VALUES]; /* variable words of the 2nd, 4th, 8th … event */
	uint64_t count, before;
	int64_t first_ms, last_ms;
	double telling; /* points for what the text says */
	uint32_t next;  /* in the list of its shape, slot + 1 */
};

struct templates;
struct templates *templates_new(bool keep_groups);
void templates_free(struct templates *t);

struct sighting {
	const struct words *words;
	const char *group, *show;
	size_t ngroup, nshow;
	int64_t ts_ms;
	enum level level, given;
	uint32_t layout;
	bool before;
};
/* Counts an event; returns its group number (1..), which a later merge may change. */
uint32_t templates_add(struct templates *t, const struct sighting *s);
/* The merges that need all templates at hand. */
void templates_settle(struct templates *t);
/* The final number of a group. */
uint32_t templates_group(struct templates *t, uint32_t id);
const struct template *templates_slots(const struct templates *t, size_t *n_out); /* id 0 = free */
uint64_t templates_dropped(const struct templates *t, uint64_t *events);
uint64_t templates_made(const struct templates *t);

/* --- digest_severity.c --- */

enum level severity_of_text(const char *p, size_t n);
/* Points for words that tell a change, a limit, an end. */
double telling_of_text(const char *p, size_t n);
const char *level_name(enum level l);
enum level level_given(const char *severity);

static inline uint64_t mix64(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ (x >> 32);
}

#endif
