/* conn.c - non-blocking reads and writes on a TCP or TLS connection. */
#include "conn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (!n)
		return;
	if (b->len + n + 1 > b->cap) {
		b->cap = (b->len + n + 1) * 2;
		b->s = realloc(b->s, b->cap);
		if (!b->s)
			abort();
	}
	memcpy(b->s + b->len, p, n);
	b->len += n;
	b->s[b->len] = 0;
}

void buf_eat(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (!n)
		return;
	memmove(b->s, b->s + n, b->len - n);
	b->len -= n;
	b->s[b->len] = 0;
	if (!b->len && b->cap > 65536)
		buf_free(b);
}

void buf_free(struct buf *b)
{
	free(b->s);
	*b = (struct buf){0};
}

static void destroy(void *arg)
{
	struct conn *c = arg;
	buf_free(&c->in);
	buf_free(&c->out);
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

void conn_close(struct conn *c, bool reset)
{
	if (c->closed)
		return;
	c->closed = true;
	*c->where = c->next;
	if (c->next)
		c->next->where = c->where;
	if (reset) {
		struct linger hard = {.l_onoff = 1, .l_linger = 0};
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	} else if (c->ssl && !c->handshaking) {
		SSL_shutdown(c->ssl);
	}
	ERR_clear_error();
	loop_unwatch(c->loop, c->watch);
	if (c->gone)
		c->gone(c->owner, c);
	loop_defer(c->loop, destroy, c);
}

/* Bytes read, 0 = nothing now, -1 = the connection is over. */
static ssize_t read_some(struct conn *c, char *p, size_t n)
{
	if (!c->ssl) {
		ssize_t r = recv(c->fd, p, n, 0);
		if (r > 0)
			return r;
		return r < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	}
	ERR_clear_error();
	int r = SSL_read(c->ssl, p, (int)n);
	if (r > 0)
		return r;
	int why = SSL_get_error(c->ssl, r);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t write_some(struct conn *c)
{
	size_t n = c->out.len > 1 << 20 ? 1 << 20 : c->out.len;
	if (!c->ssl) {
		ssize_t r = send(c->fd, c->out.s, n, MSG_NOSIGNAL);
		if (r >= 0)
			return r;
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	}
	ERR_clear_error();
	int r = SSL_write(c->ssl, c->out.s, (int)n);
	if (r > 0)
		return r;
	int why = SSL_get_error(c->ssl, r);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static void flush(struct conn *c)
{
	while (c->out.len && !c->held && !c->handshaking) {
		ssize_t n = write_some(c);
		if (n < 0) {
			conn_close(c, false);
			return;
		}
		if (n == 0)
			return;
		buf_eat(&c->out, (size_t)n);
	}
	if (c->closing && !c->out.len)
		conn_close(c, false);
}

static void handshake(struct conn *c)
{
	ERR_clear_error();
	int r = SSL_accept(c->ssl);
	if (r == 1) {
		c->handshaking = false;
		return;
	}
	int why = SSL_get_error(c->ssl, r);
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		conn_close(c, false);
}

static void fill(struct conn *c)
{
	char chunk[65536];
	size_t before = c->in.len;
	for (int round = 0; round < 16 && !c->deaf && !c->closed; round++) {
		ssize_t n = read_some(c, chunk, sizeof chunk);
		if (n < 0)
			c->eof = true;
		if (n <= 0)
			break;
		buf_add(&c->in, chunk, (size_t)n);
	}
	if (c->in.len > before)
		c->data(c->owner);
	if (c->eof && !c->closed && !c->closing)
		conn_close(c, false);
}

void conn_update(struct conn *c)
{
	if (c->closed)
		return;
	short want = c->deaf ? 0 : POLLIN;
	bool output = (c->out.len || c->closing) && !c->held && !c->handshaking;
	/* Bytes that TLS has decrypted already do not make the socket readable again. */
	bool hidden = c->ssl && !c->deaf && SSL_pending(c->ssl) > 0;
	if (output || hidden)
		want |= POLLOUT;
	watch_events(c->watch, want);
}

static void ready(void *arg, short revents)
{
	struct conn *c = arg;
	bool broken = revents & (POLLHUP | POLLERR);
	if (c->handshaking)
		handshake(c);
	if (c->deaf && broken)
		conn_close(c, false);
	bool readable = revents & POLLIN || broken || (c->ssl && SSL_pending(c->ssl) > 0);
	if (!c->closed && !c->handshaking && !c->deaf && readable)
		fill(c);
	if (!c->closed)
		flush(c);
	conn_update(c);
}

struct conn *conn_new(struct loop *l, int fd, SSL_CTX *tls, struct conn **list)
{
	struct conn *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	c->next = *list;
	c->where = list;
	if (c->next)
		c->next->where = &c->next;
	*list = c;
	c->loop = l;
	c->fd = fd;
	if (tls) {
		c->ssl = SSL_new(tls);
		if (!c->ssl || !SSL_set_fd(c->ssl, fd))
			abort();
		c->handshaking = true;
	}
	c->watch = loop_watch(l, fd, POLLIN, ready, c);
	return c;
}

void conn_write(struct conn *c, const void *p, size_t n)
{
	if (c->closed || c->closing)
		return;
	buf_add(&c->out, p, n);
	conn_update(c);
}

void conn_finish(struct conn *c)
{
	if (c->closed)
		return;
	c->closing = true;
	conn_update(c);
}
