/*
 * conn.h - one accepted connection: bytes in, bytes out, with or without TLS.
 *
 * The owner of the moment (HTTP, then perhaps WebSocket) reads `in` in its callback, consumes what
 * it understands, and appends to the output. Freed by the loop's deferred calls after closing.
 */
#ifndef HEAL_SANDBOX_CONN_H
#define HEAL_SANDBOX_CONN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "loop.h"

struct buf {
	char *s; /* NUL-terminated behind len when len > 0 */
	size_t len, cap;
};
void buf_add(struct buf *b, const void *p, size_t n);
void buf_eat(struct buf *b, size_t n); /* removes n bytes from the front */
void buf_free(struct buf *b);

struct conn {
	struct conn *next, **where; /* in the list of open connections */
	struct loop *loop;
	struct watch *watch;
	int fd;
	SSL *ssl; /* NULL: plain TCP */
	struct buf in, out;
	bool handshaking; /* TLS */
	bool closing;     /* close when `out` is written */
	bool closed;
	bool deaf;                                 /* do not read */
	bool held;                                 /* do not write */
	bool eof;                                  /* the other side finished sending */
	void (*data)(void *owner);                 /* `in` has grown */
	void (*gone)(void *owner, struct conn *c); /* closed, by whomever; called once */
	void *owner;
};

/* Takes over fd. tls may be NULL. The caller sets data, gone and owner at once. `list` is the head
 * of a list that the connection leaves when it is closed. */
struct conn *conn_new(struct loop *l, int fd, SSL_CTX *tls, struct conn **list);
void conn_write(struct conn *c, const void *p, size_t n);
void conn_finish(struct conn *c); /* close after everything is written */
/* Close now. reset: with RST, as a crashed peer or a cut cable looks. */
void conn_close(struct conn *c, bool reset);
void conn_update(struct conn *c); /* after changing deaf or held */

#endif
