/*
 * peer_conn.h - the sockets of bench_peer: HTTP/1.1 requests and WebSocket frames over plain TCP,
 * one poll loop. Only as much of both as bots need, and as little work per message as possible: the
 * peer must not be what is measured.
 */
#ifndef PEER_CONN_H
#define PEER_CONN_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNS 64

struct bytes {
	char *s;
	size_t len, cap;
};

struct conn {
	int fd; /* -1 = free */
	bool ws, frozen, closing;
	struct bytes in, out;
	int64_t pong_due_us; /* 0 = none */
	char pong[128];
	size_t pong_len;
};

struct peer {
	int fd, port;
	struct conn conn[MAX_CONNS];
	int64_t pong_delay_us;
	/* what bench_peer.c does with it */
	void (*request)(struct peer *p, struct conn *c, const char *path, const char *body);
	void (*opened)(struct peer *p, struct conn *c);
	void (*text)(struct peer *p, struct conn *c, char *text, size_t n);
	void (*closed)(struct peer *p, struct conn *c);
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void bytes_add(struct bytes *b, const void *p, size_t n)
{
	if (b->len + n + 1 > b->cap) {
		b->cap = (b->len + n + 1) * 2;
		b->s = realloc(b->s, b->cap);
		if (!b->s)
			abort();
	}
	memcpy(b->s + b->len, p, n);
	b->len += n;
	b->s[b->len] = '\0';
}

static void bytes_eat(struct bytes *b, size_t n)
{
	memmove(b->s, b->s + n, b->len - n);
	b->len -= n;
	b->s[b->len] = '\0';
}

static void conn_drop(struct peer *p, struct conn *c)
{
	bool ws = c->ws;

	if (c->fd < 0)
		return;
	close(c->fd);
	c->fd = -1;
	free(c->in.s);
	free(c->out.s);
	memset(&c->in, 0, sizeof(c->in));
	memset(&c->out, 0, sizeof(c->out));
	c->ws = false;
	if (ws)
		p->closed(p, c);
}

static void conn_flush(struct peer *p, struct conn *c)
{
	while (c->fd >= 0 && c->out.len > 0) {
		ssize_t k = send(c->fd, c->out.s, c->out.len, MSG_NOSIGNAL);

		if (k < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (k <= 0) {
			conn_drop(p, c);
			return;
		}
		bytes_eat(&c->out, (size_t)k);
	}
	if (c->fd >= 0 && c->closing)
		conn_drop(p, c);
}

static void conn_frame(struct peer *p, struct conn *c, int opcode, const char *text, size_t n)
{
	unsigned char head[4] = {(unsigned char)(0x80 | opcode), (unsigned char)n};
	size_t k = 2;

	if (n >= 126) {
		head[1] = 126;
		head[2] = (unsigned char)(n >> 8);
		head[3] = (unsigned char)n;
		k = 4;
	}
	bytes_add(&c->out, head, k);
	bytes_add(&c->out, text, n);
	conn_flush(p, c);
}

static void conn_answer(struct peer *p, struct conn *c, const char *body)
{
	char head[200];

	snprintf(head, sizeof(head),
	        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	        strlen(body));
	bytes_add(&c->out, head, strlen(head));
	bytes_add(&c->out, body, strlen(body));
	conn_flush(p, c);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void conn_upgrade(struct peer *p, struct conn *c, const char *key)
{
	char text[128], answer[256];
	unsigned char sum[20], b64[32];

	snprintf(text, sizeof(text), "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
	        (int)strcspn(key, "\r"), key);
	EVP_Digest(text, strlen(text), sum, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock(b64, sum, sizeof(sum));
	snprintf(answer, sizeof(answer),
	        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	        "Sec-WebSocket-Accept: %s\r\n\r\n",
	        (char *)b64);
	bytes_add(&c->out, answer, strlen(answer));
	c->ws = true;
	conn_flush(p, c);
	if (c->fd >= 0)
		p->opened(p, c);
}

static bool conn_http(struct peer *p, struct conn *c)
{
	char *end = c->in.len ? strstr(c->in.s, "\r\n\r\n") : NULL, *len, *key, *path;
	size_t head, body = 0;
	char *copy;

	if (!end)
		return false;
	head = (size_t)(end - c->in.s) + 4;
	len = strcasestr(c->in.s, "\r\ncontent-length:");
	if (len && len < end)
		body = strtoul(len + 17, NULL, 10);
	if (c->in.len < head + body)
		return false;
	copy = strndup(c->in.s, head + body);
	if (!copy)
		abort();
	bytes_eat(&c->in, head + body);
	path = strchr(copy, ' ');
	key = strcasestr(copy, "\r\nsec-websocket-key:");
	if (key) {
		key += 20;
		conn_upgrade(p, c, key + strspn(key, " "));
	} else if (path) {
		path[1 + strcspn(path + 1, " ")] = '\0';
		p->request(p, c, path + 1, copy + head);
	}
	free(copy);
	return true;
}

static void conn_control(struct peer *p, struct conn *c, int op, const char *data, size_t n)
{
	if (op == 8) {
		conn_frame(p, c, 8, data, n < 2 ? n : 2);
		if (c->fd >= 0)
			conn_drop(p, c);
	} else if (op == 9 && p->pong_delay_us > 0 && n < sizeof(c->pong)) {
		memcpy(c->pong, data, n);
		c->pong_len = n;
		c->pong_due_us = now_us() + p->pong_delay_us;
	} else if (op == 9) {
		conn_frame(p, c, 10, data, n);
	}
}

static bool conn_ws(struct peer *p, struct conn *c)
{
	const unsigned char *h = (const unsigned char *)c->in.s;
	size_t head = 6, n;
	char *data;
	int op;

	if (c->in.len < 6)
		return false;
	op = h[0] & 15;
	n = h[1] & 127;
	if (n == 126) {
		n = (size_t)h[2] << 8 | h[3];
		head = 8;
	}
	if (c->in.len < head + n)
		return false;
	data = c->in.s + head;
	for (size_t i = 0; i < n; i++)
		data[i] = (char)(data[i] ^ c->in.s[head - 4 + (i & 3)]);
	if (op == 1)
		p->text(p, c, data, n);
	else
		conn_control(p, c, op, data, n);
	if (c->fd >= 0)
		bytes_eat(&c->in, head + n);
	return c->fd >= 0;
}

static void conn_read(struct peer *p, struct conn *c)
{
	char buf[65536];
	ssize_t k = recv(c->fd, buf, sizeof(buf), 0);

	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (k <= 0) {
		conn_drop(p, c);
		return;
	}
	bytes_add(&c->in, buf, (size_t)k);
	while (c->fd >= 0 && (c->ws ? conn_ws(p, c) : conn_http(p, c)))
		;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static void peer_listen(struct peer *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	socklen_t len = sizeof(to);

	for (int i = 0; i < MAX_CONNS; i++)
		p->conn[i].fd = -1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	        listen(p->fd, 64) != 0 || getsockname(p->fd, (struct sockaddr *)&to, &len) != 0) {
		perror("bench_peer: listen");
		exit(2);
	}
	p->port = ntohs(to.sin_port);
}

static void peer_accept(struct peer *p)
{
	int fd, one = 1;

	while ((fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct conn *c = p->conn;

		while (c < p->conn + MAX_CONNS && c->fd >= 0)
			c++;
		if (c == p->conn + MAX_CONNS) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		*c = (struct conn){.fd = fd};
	}
}

static void peer_pongs(struct peer *p)
{
	for (struct conn *c = p->conn; c < p->conn + MAX_CONNS; c++) {
		if (c->fd < 0 || !c->pong_due_us || now_us() < c->pong_due_us)
			continue;
		c->pong_due_us = 0;
		conn_frame(p, c, 10, c->pong, c->pong_len);
	}
}

/* Waits for events, at most `us` microseconds, and handles them. */
static void peer_turn(struct peer *p, int64_t us)
{
	struct pollfd fds[MAX_CONNS + 1] = {{.fd = p->fd, .events = POLLIN}};
	struct conn *who[MAX_CONNS + 1] = {NULL};
	struct timespec t = {us / 1000000, us % 1000000 * 1000};
	nfds_t n = 1;

	for (struct conn *c = p->conn; c < p->conn + MAX_CONNS; c++) {
		if (c->fd < 0 || c->frozen)
			continue;
		who[n] = c;
		fds[n++] = (struct pollfd){
		        .fd = c->fd, .events = (short)(POLLIN | (c->out.len ? POLLOUT : 0))};
	}
	if (ppoll(fds, n, &t, NULL) > 0) {
		for (nfds_t i = 1; i < n; i++) {
			if (fds[i].revents & POLLOUT)
				conn_flush(p, who[i]);
			if (who[i]->fd >= 0 && fds[i].revents & (POLLIN | POLLHUP | POLLERR))
				conn_read(p, who[i]);
		}
		if (fds[0].revents)
			peer_accept(p);
	}
	peer_pongs(p);
}

#endif
