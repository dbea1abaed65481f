/* loopback.c - see loopback.h. */
#include "loopback.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNS  64
#define PATIENCE_S 10

#define MUST(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "loopback: %s failed: %s\n", #x, strerror(errno));         \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct lb_conn {
	struct loopback *lb;
	int index, fd;
	SSL *ssl;
	bool over;
	char *request;
	pthread_t thread;
};

struct loopback {
	int fd, port;
	lb_fn fn;
	void *arg;
	SSL_CTX *tls;
	pthread_t acceptor;
	pthread_mutex_t lock; /* below */
	struct lb_conn conn[MAX_CONNS];
	int nconn;
	bool stopping;
	char url[512];
};

/* ---- server --------------------------------------------------------------------------------- */

static void *serve(void *arg)
{
	struct lb_conn *c = arg;
	struct loopback *lb = c->lb;

	if (lb->tls) {
		c->ssl = SSL_new(lb->tls);
		MUST(c->ssl && SSL_set_fd(c->ssl, c->fd));
		c->over = SSL_accept(c->ssl) != 1;
	}
	if (!c->over)
		lb->fn(c, lb->arg);
	if (c->ssl && !c->over)
		SSL_shutdown(c->ssl);
	pthread_mutex_lock(&lb->lock);
	SSL_free(c->ssl);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	pthread_mutex_unlock(&lb->lock);
	free(c->request);
	c->request = NULL;
	return NULL;
}

static void begin(struct loopback *lb, int fd)
{
	struct timeval patience = {PATIENCE_S, 0};
	struct lb_conn *c;

	pthread_mutex_lock(&lb->lock);
	if (lb->stopping || lb->nconn == MAX_CONNS) {
		close(fd);
	} else {
		MUST(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
		c = &lb->conn[lb->nconn];
		*c = (struct lb_conn){.lb = lb, .index = lb->nconn, .fd = fd};
		lb->nconn++;
		MUST(pthread_create(&c->thread, NULL, serve, c) == 0);
	}
	pthread_mutex_unlock(&lb->lock);
}

static void *accept_all(void *arg)
{
	struct loopback *lb = arg;

	for (;;) {
		int fd = accept4(lb->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			begin(lb, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return NULL;
	}
}

struct loopback *lb_start(lb_fn fn, void *arg, const char *cert, const char *key)
{
	struct loopback *lb = calloc(1, sizeof(*lb));
	struct sockaddr_in to = {.sin_family = AF_INET};
	socklen_t len = sizeof(to);

	MUST(lb);
	signal(SIGPIPE, SIG_IGN);
	lb->fn = fn;
	lb->arg = arg;
	MUST(pthread_mutex_init(&lb->lock, NULL) == 0);
	if (cert) {
		lb->tls = SSL_CTX_new(TLS_server_method());
		MUST(lb->tls && SSL_CTX_use_certificate_chain_file(lb->tls, cert) == 1);
		MUST(SSL_CTX_use_PrivateKey_file(lb->tls, key, SSL_FILETYPE_PEM) == 1);
	}
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	lb->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(lb->fd >= 0 && bind(lb->fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	MUST(listen(lb->fd, 16) == 0);
	MUST(getsockname(lb->fd, (struct sockaddr *)&to, &len) == 0);
	lb->port = ntohs(to.sin_port);
	MUST(pthread_create(&lb->acceptor, NULL, accept_all, lb) == 0);
	return lb;
}

void lb_stop(struct loopback *lb)
{
	if (!lb)
		return;
	pthread_mutex_lock(&lb->lock);
	lb->stopping = true;
	for (int i = 0; i < lb->nconn; i++)
		if (lb->conn[i].fd >= 0)
			shutdown(lb->conn[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&lb->lock);
	shutdown(lb->fd, SHUT_RDWR);
	pthread_join(lb->acceptor, NULL);
	for (int i = 0; i < lb->nconn; i++)
		pthread_join(lb->conn[i].thread, NULL);
	close(lb->fd);
	SSL_CTX_free(lb->tls);
	pthread_mutex_destroy(&lb->lock);
	free(lb);
}

int lb_port(const struct loopback *lb)
{
	return lb->port;
}

const char *lb_url(struct loopback *lb, const char *scheme, const char *path)
{
	snprintf(lb->url, sizeof(lb->url), "%s://127.0.0.1:%d%s", scheme, lb->port, path);
	return lb->url;
}

int lb_accepted(const struct loopback *lb)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&lb->lock;
	int n;

	pthread_mutex_lock(lock);
	n = lb->nconn;
	pthread_mutex_unlock(lock);
	return n;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

int lb_index(const struct lb_conn *c)
{
	return c->index;
}

int lb_conn_port(const struct lb_conn *c)
{
	return c->lb->port;
}

bool lb_write(struct lb_conn *c, const void *p, size_t n)
{
	const char *s = p;

	while (n > 0 && !c->over) {
		ssize_t k = c->ssl ? SSL_write(c->ssl, s, (int)n) : send(c->fd, s, n, MSG_NOSIGNAL);

		if (k <= 0) {
			c->over = true;
			break;
		}
		s += k;
		n -= (size_t)k;
	}
	return !c->over;
}

bool lb_puts(struct lb_conn *c, const char *s)
{
	return lb_write(c, s, strlen(s));
}

bool lb_answer(struct lb_conn *c, int status, const char *headers, const char *body)
{
	char head[1024];

	snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status,
	        strlen(body), headers);
	return lb_puts(c, head) && lb_puts(c, body);
}

bool lb_read(struct lb_conn *c, void *p, size_t n)
{
	char *s = p;

	while (n > 0 && !c->over) {
		ssize_t k = c->ssl ? SSL_read(c->ssl, s, (int)n) : recv(c->fd, s, n, 0);

		if (k <= 0) {
			c->over = true;
			break;
		}
		s += k;
		n -= (size_t)k;
	}
	return n == 0;
}

const char *lb_request(struct lb_conn *c)
{
	size_t n = 0, cap = 65536, body = 0;
	const char *len;

	free(c->request);
	c->request = malloc(cap);
	MUST(c->request);
	do {
		if (n + 2 > cap || !lb_read(c, c->request + n, 1))
			return NULL;
		c->request[++n] = '\0';
	} while (n < 4 || strcmp(c->request + n - 4, "\r\n\r\n") != 0);
	len = strcasestr(c->request, "\r\ncontent-length:");
	if (len)
		body = strtoul(len + 17, NULL, 10);
	c->request = realloc(c->request, n + body + 1);
	MUST(c->request);
	if (!lb_read(c, c->request + n, body))
		return NULL;
	c->request[n + body] = '\0';
	return c->request;
}

const char *lb_body(const char *request)
{
	return strstr(request, "\r\n\r\n") + 4;
}

void lb_wait_eof(struct lb_conn *c)
{
	char one;

	while (lb_read(c, &one, 1))
		;
}

void lb_reset(struct lb_conn *c)
{
	struct linger hard = {1, 0};

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	c->over = true;
	pthread_mutex_lock(&c->lb->lock);
	close(c->fd);
	c->fd = -1;
	pthread_mutex_unlock(&c->lb->lock);
}

/* ---- WebSocket ------------------------------------------------------------------------------ */

bool lb_ws_upgrade(struct lb_conn *c, const char *r)
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, 1.3 */
	const char *key;
	unsigned char sum[20], b64[32];
	char text[128], answer[256];

	if (!(key = strcasestr(r, "\r\nsec-websocket-key:")))
		return false;
	key += strlen("\r\nsec-websocket-key:");
	key += strspn(key, " ");
	snprintf(text, sizeof(text), "%.*s%s", (int)strcspn(key, "\r"), key, magic);
	MUST(EVP_Digest(text, strlen(text), sum, NULL, EVP_sha1(), NULL) == 1);
	EVP_EncodeBlock(b64, sum, sizeof(sum));
	snprintf(answer, sizeof(answer),
	        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	        (char *)b64);
	return lb_puts(c, answer);
}

const char *lb_ws_accept(struct lb_conn *c)
{
	const char *r = lb_request(c);

	return r && lb_ws_upgrade(c, r) ? r : NULL;
}

bool lb_ws_frame(struct lb_conn *c, int opcode, bool fin, const void *p, size_t n)
{
	unsigned char head[10] = {(unsigned char)((fin ? 0x80 : 0) | opcode)};
	size_t k = 2;

	if (n < 126) {
		head[1] = (unsigned char)n;
	} else if (n < 65536) {
		head[1] = 126;
		head[2] = (unsigned char)(n >> 8);
		head[3] = (unsigned char)n;
		k = 4;
	} else {
		head[1] = 127;
		for (int i = 0; i < 8; i++)
			head[2 + i] = (unsigned char)((uint64_t)n >> (56 - 8 * i));
		k = 10;
	}
	return lb_write(c, head, k) && lb_write(c, p, n);
}

bool lb_ws_text(struct lb_conn *c, const char *s)
{
	return lb_ws_frame(c, LB_TEXT, true, s, strlen(s));
}

int lb_ws_read(struct lb_conn *c, char *buf, size_t cap, size_t *n_out)
{
	unsigned char head[2], ext[8], mask[4];
	size_t n, extra;

	if (!lb_read(c, head, 2) || !(head[1] & 0x80))
		return -1;
	n = head[1] & 0x7F;
	extra = n == 126 ? 2 : n == 127 ? 8 : 0;
	if (!lb_read(c, ext, extra))
		return -1;
	if (extra > 0)
		n = 0;
	for (size_t i = 0; i < extra; i++)
		n = n << 8 | ext[i];
	if (n + 1 > cap || !lb_read(c, mask, 4) || !lb_read(c, buf, n))
		return -1;
	for (size_t i = 0; i < n; i++)
		buf[i] = (char)(buf[i] ^ mask[i & 3]);
	buf[n] = '\0';
	if (n_out)
		*n_out = n;
	return head[0] & 0x0F;
}

bool lb_ws_read_text(struct lb_conn *c, char *buf, size_t cap)
{
	size_t n;

	for (;;) {
		int op = lb_ws_read(c, buf, cap, &n);

		if (op == LB_TEXT)
			return true;
		if (op == LB_PING && lb_ws_frame(c, LB_PONG, true, buf, n))
			continue;
		if (op != LB_PONG)
			return false;
	}
}

/* ---- certificates --------------------------------------------------------------------------- */

static X509 *make_cert(EVP_PKEY *key, const char *cn, const char *san, X509 *issuer, EVP_PKEY *by)
{
	X509 *x = X509_new();
	X509_NAME *name;
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	MUST(x && X509_set_version(x, 2));
	ASN1_INTEGER_set(X509_get_serialNumber(x), issuer ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600);
	X509_set_pubkey(x, key);
	name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
	X509V3_set_ctx(&ctx, issuer ? issuer : x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, issuer ? NID_subject_alt_name : NID_basic_constraints,
	        issuer ? san : "critical,CA:TRUE");
	MUST(ext && X509_add_ext(x, ext, -1));
	X509_EXTENSION_free(ext);
	MUST(X509_sign(x, by ? by : key, EVP_sha256()) > 0);
	return x;
}

static void save(const char *dir, const char *name, X509 *cert, EVP_PKEY *key)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.pem", dir, name);
	MUST((f = fopen(path, "w")) && PEM_write_X509(f, cert) && fclose(f) == 0);
	snprintf(path, sizeof(path), "%s/%s.key", dir, name);
	MUST((f = fopen(path, "w")) && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
	MUST(fclose(f) == 0);
}

void lb_certificate(const char *dir, const char *name)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *ca, *cert;
	char san[300];

	MUST(ca_key && key);
	snprintf(san, sizeof(san), "%s:%s", isdigit((unsigned char)name[0]) ? "IP" : "DNS", name);
	ca = make_cert(ca_key, "Heal test CA", NULL, NULL, NULL);
	cert = make_cert(key, name, san, ca, ca_key);
	save(dir, "ca", ca, ca_key);
	save(dir, name, cert, key);
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
}
