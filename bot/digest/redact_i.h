/*
 * redact_i.h - inside of the redactor: one pass over one line.
 *
 * redact_scan.c walks over a line and asks the rules at each place where something may begin. A
 * rule that finds a secret calls scan_mask; the walk goes on behind it. Rules look at bytes of the
 * line only, at most a constant distance back, and forward no further than the secret they take.
 */
#ifndef DIGEST_REDACT_I_H
#define DIGEST_REDACT_I_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "redact.h"
#include "str.h"

enum {
	REDACT_KINDS = 64, /* distinct kinds in a receipt; more are counted as "other" */
	REDACT_VENDORS = 400,
	VENDOR_HEADS = 1024,
	FORM_HEADS = 4096,
	KEY_MEMO = 1024,
	KEY_MAX = 64, /* longest key name that is looked at, bytes */
};

/* Classes of bytes: redact_class[(unsigned char)c]. */
enum {
	C_UPPER = 1,
	C_LOWER = 2,
	C_DIGIT = 4,
	C_HEX = 8,
	C_WORD = 16,    /* letters, digits, _ */
	C_B64 = 32,     /* base64, both alphabets */
	C_STOP = 64,    /* ends an unquoted value at once */
	C_START = 128,  /* a rule may begin here */
	C_URL = 256,    /* letters, digits, _ - */
	C_DOT = 512,    /* those and . */
	C_LHEX = 1024,  /* 0-9 a-f */
	C_ANY = 2048,   /* C_B64 and . ~ $ : , % */
	C_JOINT = 4096, /* may stand between a key and its value */
	C_LINK = 8192,  /* may stand inside a token behind its first part */
};
extern const uint16_t redact_class[256];

#define IS(c, what) ((redact_class[(unsigned char)(c)] & (what)) != 0)
#define IS_ALPHA(c) IS(c, C_UPPER | C_LOWER)
#define IS_ALNUM(c) IS(c, C_UPPER | C_LOWER | C_DIGIT)

struct redact_form {
	const char *text;
	size_t n;
	const char *kind;
	uint32_t next; /* with the same head */
};

struct redact_tally {
	const char *kind;
	size_t n;
};

/* A private key that goes over several lines. */
struct redact_block {
	bool open;
	bool masked; /* its first line of the body has been */
	bool behind; /* it stands behind a prefix, as its other lines will */
};

/* Rows of the vendors' table (from 1) by the first two bytes of the prefix. */
struct vendor_index {
	uint16_t first[VENDOR_HEADS], next[REDACT_VENDORS];
	uint8_t len[REDACT_VENDORS]; /* of the prefix */
};

/* Names of keys repeat: what was found out about the last ones, by hash. */
struct key_memo {
	char name[40];
	size_t n;
	int class;
	const char *kind;
};

struct redact {
	struct key_memo memo[KEY_MEMO];
	struct vendor_index vendors;
	struct arena *a;
	struct redact_form *forms;
	size_t n_forms, cap_forms;
	uint32_t first_form[FORM_HEADS]; /* by the first two bytes; from 1, 0 = none */
	enum redact_ips ips;
	uint8_t pairs[8192]; /* bit set of the first two bytes of the forms */
	struct redact_tally tally[REDACT_KINDS];
	size_t n_tally, count;
	struct redact_block block;
};

struct scan {
	struct redact *r;
	const char *s;
	size_t n;
	size_t done; /* all before is in `out` already */
	struct str *out;
	struct arena *a;
	bool changed;
};

/* redact_mask.c */
void redact_mask(struct redact *r, struct str *out, const char *kind, const char *p, size_t n);
/* Length of a mask at p, 0 = none. */
size_t redact_is_mask(const char *p, size_t n);

/* redact_scan.c. The bytes [at, end) are secret. */
void scan_mask(struct scan *x, size_t at, size_t end, const char *kind);
/* Does the text stand at i, in whatever case? */
bool scan_is(const struct scan *x, size_t i, const char *text);
/* Behind the letters, digits, '_', and single '-' between them. */
size_t scan_word_end(const struct scan *x, size_t at);
/* One pass over the line; x->changed tells whether anything was masked. */
void scan_line(struct scan *x);

/* redact_vendor.c: end of the self-identifying token at `at`, 0 = none. */
size_t vendor_token(const struct scan *x, size_t at, const char **kind);

void vendor_index(struct vendor_index *index);
/* Crypt-style password hashes ($2b$..., $argon2id$...); at '$'. */
size_t hash_at(struct scan *x, size_t at);

/* redact_generic.c: as vendor_token for the word [at, end) of unknown make. */
size_t generic_token(const struct scan *x, size_t at, size_t end, const char **kind);

/* redact_shape.c: what a value looks like. */
struct shape {
	size_t n;
	unsigned upper, lower, digit, other, distinct, turns;
	bool hex;
};
struct shape shape_of(const char *p, size_t n);
bool shape_random(const struct shape *s); /* without a telling key: only chance makes this */
bool shape_secret(const struct shape *s); /* with one: not a word, a number, a path */
bool is_uuid(const char *p, size_t n);    /* p begins with a UUID */
bool is_placeholder(const char *p, size_t n);
/* Equal to a word of a list like " next page sync " (blank before and behind each). */
bool in_list(const char *list, const char *p, size_t n);

/* redact_key.c: what the name of a key promises. */
enum key_class {
	KEY_NONE,
	KEY_RANDOM,   /* secret if it can only be random */
	KEY_TOKEN,    /* secret unless a word or a number */
	KEY_PASSWORD, /* secret unless a placeholder */
	KEY_PIN,      /* three to eight digits */
	KEY_QUERY,    /* secret in a URL's query only (code, sig) */
	KEY_AUTH,     /* Authorization: scheme, then credentials */
	KEY_COOKIE,
};
enum key_class key_class(const char *key, size_t n, const char **kind);
/* The same from the memo of r. */
enum key_class key_class_memo(struct redact *r, const char *key, size_t n, const char **kind);

/* redact_pair.c: the word [at, end) as a key; returns where the walk goes on (0 = no pair). */
size_t pair_at(struct scan *x, size_t at, size_t end);
/* redact_header.c: the value at `at` of an Authorization or Cookie header. */
size_t auth_value(struct scan *x, size_t at);
size_t cookie_value(struct scan *x, size_t at);
/* "Bearer X" and "Basic X" anywhere; [at, end) is the first word. */
size_t auth_words(struct scan *x, size_t at, size_t end);
/* redact_value.c: an unquoted or quoted value. */
struct value {
	size_t at, end;
	bool quoted;
};
/* Backslashes and the quote at p: how many bytes, 0 = no quote. */
size_t quote_len(const char *p, size_t n);
/* `ends`: further bytes that end an unquoted value ("&#" in a URL; '%': those percent-encoded), ""
 * = none. */
struct value value_at(const struct scan *x, size_t at, const char *ends);
/* Where a value that value_at cut for its length really ends. */
size_t value_rest(const struct scan *x, const struct value *v);
/* End of the ANSI sequence at `at`, or `at`. */
size_t skip_ansi(const struct scan *x, size_t at);

/* redact_url.c: at "://"; at "%3A%2F%2F". */
size_t url_at(struct scan *x, size_t at);
/* redact_argv.c: "-p secret" of known programs; at '-'. */
size_t argv_at(struct scan *x, size_t at);
/* redact_proto.c: AUTH, LOGIN and PASS of Redis, SMTP, IMAP and FTP; the word is [at, end). */
size_t proto_at(struct scan *x, size_t at, size_t end);
size_t pgpass_at(
        struct scan *x, size_t at, size_t end);       /* at the port of host:5432:db:user:secret */
size_t go_dsn_at(struct scan *x, size_t at);          /* at the '@' of user:secret@tcp(host) */
size_t jwk_at(struct scan *x, size_t at, size_t end); /* private members of a JSON web key */
/* redact_pii.c */
size_t email_at(struct scan *x, size_t at);
size_t number_at(struct scan *x, size_t at);
size_t ip_at(struct scan *x, size_t at, size_t end); /* when the operator wants it */
size_t iban_at(struct scan *x, size_t at, size_t end);
/* redact_block.c */
size_t block_at(struct scan *x, size_t at); /* at "-----BEGIN" */
/* The line is inside a block: true = it was dealt with. */
bool block_line(struct scan *x);

#endif
