/*
 * err.h - the one way to fail.
 *
 * Every function that can fail returns bool (or a pointer) and takes `struct err *e` as its last
 * parameter. On success `e` is untouched; on failure it says why, for a person. Nothing in it needs
 * releasing. The leaf decides `retryable` once; only the flow engine retries. Whoever stops the
 * error logs it, once. Programming errors are assert(), always compiled in; out of memory aborts.
 *
 * Thread: any. A struct err belongs to its caller.
 */
#ifndef HEAL_ERR_H
#define HEAL_ERR_H

#include <stdbool.h>
#include <stdint.h>

enum err_code {
	ERR_NONE,
	ERR_INPUT,     /* what a person typed or a file holds is wrong */
	ERR_CONFIG,    /* a setting or a secret is missing or wrong */
	ERR_AUTH,      /* a peer refuses our token (revoked, invalid) */
	ERR_FORBIDDEN, /* token is good, right or scope is missing */
	ERR_NOT_FOUND, /* the thing is not there */
	ERR_CONFLICT,  /* already exists, changed meanwhile */
	ERR_LIMITED,   /* rate limit; retry_ms says how long */
	ERR_QUOTA,     /* money or plan is used up: never retried */
	ERR_BUDGET,    /* our own limit is used up: never retried */
	ERR_NET,       /* DNS, connect, TLS, reset */
	ERR_TIMEOUT,   /* a peer did not answer in time */
	ERR_STATUS,    /* a peer answered with a failure */
	ERR_PROTO,     /* a peer's answer is not what its protocol says */
	ERR_STORE,     /* SQLite: disk full, corrupt, locked */
	ERR_SYS,       /* a system call failed */
	ERR_CANCELED,  /* the run was cancelled or the bot is stopping */
	ERR_SUSPENDED, /* flow: not a failure, the run is parked; return it unchanged, at once */
};

struct err {
	enum err_code code;
	bool retryable;    /* trying again later may work */
	bool ambiguous;    /* the request may have taken effect: look before repeating it */
	uint32_t retry_ms; /* at least this long from now; 0 = the caller's back-off */
	char msg[400];     /* one sentence for a person, with the remedy; never holds a secret */
};

/* Fills *e (which may be NULL) and returns false, so that failing is one statement. The message is
 * cut at a character boundary to fit. `ambiguous` and `retry_ms` are cleared. */
bool err_set(struct err *e, enum err_code code, bool retryable, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

/* Puts "context: " before the message; keeps code and flags. Returns false. */
bool err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* err_set(ERR_SYS) with strerror(errno) appended. Returns false. */
bool err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A stable word for logs and JSON: "input", "limited" ... Never NULL. */
const char *err_code_name(enum err_code code);

/* The other way round; ERR_NONE for an unknown word. */
enum err_code err_code_parse(const char *name);

#endif
