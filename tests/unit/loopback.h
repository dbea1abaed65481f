/*
 * loopback.h - the scripted other side of a connection: a server on 127.0.0.1 inside the test.
 *
 * Each accepted connection runs `fn` in a thread of its own, with blocking calls: a script reads
 * like the dialogue it plays. With a certificate the server speaks TLS. Reading functions give up
 * after 10 s, so that a test that goes wrong ends.
 */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loopback;
struct lb_conn;

typedef void (*lb_fn)(struct lb_conn *c, void *arg);

/* cert and key: PEM files, or NULL for plain TCP. Aborts the test when it cannot listen. */
struct loopback *lb_start(lb_fn fn, void *arg, const char *cert, const char *key);
/* Stops accepting, cuts every connection, waits for the scripts. */
void lb_stop(struct loopback *lb);
int lb_port(const struct loopback *lb);
/* "http://127.0.0.1:PORT" (https, ws, wss as asked) + path, in a buffer of the loopback. */
const char *lb_url(struct loopback *lb, const char *scheme, const char *path);
/* How many connections were accepted so far. */
int lb_accepted(const struct loopback *lb);

/* Which connection this is, from 0. */
int lb_index(const struct lb_conn *c);
/* The server's port, for scripts. */
int lb_conn_port(const struct lb_conn *c);
/* All n bytes; false when the client is gone. */
bool lb_write(struct lb_conn *c, const void *p, size_t n);
bool lb_puts(struct lb_conn *c, const char *s);
/* A whole answer with Content-Length. `headers`: "Name: value\r\n…" or "". */
bool lb_answer(struct lb_conn *c, int status, const char *headers, const char *body);
/* Exactly n bytes; false at the end. */
bool lb_read(struct lb_conn *c, void *p, size_t n);
/* One request with its body (by Content-Length), NUL-terminated; NULL at the end. Valid until the
 * next call. */
const char *lb_request(struct lb_conn *c);
/* The body of what lb_request returned. */
const char *lb_body(const char *request);
/* Waits until the client closes. */
void lb_wait_eof(struct lb_conn *c);
/* Ends the connection at once with RST instead of FIN. */
void lb_reset(struct lb_conn *c);

/* --- as a WebSocket server --- */
enum { LB_CONT = 0, LB_TEXT = 1, LB_BINARY = 2, LB_CLOSE = 8, LB_PING = 9, LB_PONG = 10 };
/* Reads the upgrade and accepts it. The request is returned as by lb_request. */
const char *lb_ws_accept(struct lb_conn *c);
/* The same for a request that was read already; false when it is no upgrade. */
bool lb_ws_upgrade(struct lb_conn *c, const char *request);
bool lb_ws_frame(struct lb_conn *c, int opcode, bool fin, const void *p, size_t n);
bool lb_ws_text(struct lb_conn *c, const char *s);
/* The next frame, unmasked, NUL-terminated in buf; its opcode, or -1 at the end or when the frame
 * breaks the protocol (not masked, too large). */
int lb_ws_read(struct lb_conn *c, char *buf, size_t cap, size_t *n_out);
/* The next text frame; pings are answered on the way. False when another end comes first. */
bool lb_ws_read_text(struct lb_conn *c, char *buf, size_t cap);

/* --- certificates --- */
/* Makes an own CA and a server certificate for `name` (DNS name or address) below `dir`:
 * <dir>/ca.pem, <dir>/<name>.pem, <dir>/<name>.key. Aborts the test on failure. */
void lb_certificate(const char *dir, const char *name);

#endif
