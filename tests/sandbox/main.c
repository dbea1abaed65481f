/*
 * main.c - the sandbox program: arguments, listening socket, TLS, signals.
 *
 *   sandbox [--port N] [--cert FILE --key FILE] [--set NAME=VALUE]… [--time-factor X]
 *   sandbox --check-blocks FILE…
 *
 * Prints {"port":…,"url":"…","pid":…} on standard output when it can be called.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blockkit.h"
#include "clock.h"
#include "sandbox_i.h"

struct server {
	struct sb sb;
	SSL_CTX *tls;
	struct conn *conns;
	int fd, port;
	const char *cert, *key;
};

/* ---- small parts of the contract ------------------------------------------------------------ */

int64_t sb_now_ms(struct sb *sb)
{
	return clock_now_ms() + sb->advance_ms;
}

int64_t sb_mono_ms(struct sb *sb)
{
	(void)sb;
	return loop_mono_ms();
}

uint32_t sb_scaled(struct sb *sb, int64_t real_ms)
{
	return (uint32_t)((double)real_ms / sb->factor);
}

struct sb_timer *sb_timer(struct sb *sb, uint32_t ms, void (*fn)(void *arg), void *arg)
{
	return loop_timer(sb->loop, ms, fn, arg);
}

void sb_timer_cancel(struct sb *sb, struct sb_timer *t)
{
	loop_cancel(sb->loop, t);
}

int64_t sb_next(struct sb *sb)
{
	return ++sb->next_id;
}

const char *sb_url(struct sb *sb)
{
	return sb->url;
}

const char *sb_ws_url(struct sb *sb)
{
	return sb->ws_url;
}

/* ---- listening ------------------------------------------------------------------------------ */

static void accepted(void *arg, short revents)
{
	struct server *s = arg;
	(void)revents;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		http_serve(&s->sb, conn_new(s->sb.loop, fd, s->tls, &s->conns), router_dispatch);
}

static bool listen_loopback(struct server *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	        .sin_port = htons((uint16_t)s->port),
	        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int one = 1;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(s->fd, (struct sockaddr *)&at, sizeof at) || listen(s->fd, 512) ||
	        getsockname(s->fd, (struct sockaddr *)&at, &len)) {
		fprintf(stderr, "sandbox: cannot listen on 127.0.0.1:%d: %s\n", s->port,
		        strerror(errno));
		return false;
	}
	s->port = ntohs(at.sin_port);
	return true;
}

static bool load_tls(struct server *s)
{
	if (!s->cert)
		return true;
	s->tls = SSL_CTX_new(TLS_server_method());
	if (!s->tls || SSL_CTX_use_certificate_chain_file(s->tls, s->cert) != 1 ||
	        SSL_CTX_use_PrivateKey_file(s->tls, s->key ? s->key : s->cert, SSL_FILETYPE_PEM) !=
	                1) {
		fprintf(stderr, "sandbox: cannot use certificate %s\n", s->cert);
		ERR_print_errors_fp(stderr);
		return false;
	}
	SSL_CTX_set_mode(
	        s->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return true;
}

static void signalled(void *arg, short revents)
{
	(void)revents;
	loop_stop(arg);
}

static int signal_fd(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int serve(struct server *s)
{
	struct sb *sb = &s->sb;
	int signals = signal_fd();
	if (!load_tls(s) || !listen_loopback(s))
		return 2;
	sb->loop = loop_new();
	/* A certificate is made for a name, and clients look it up. */
	const char *host = s->cert ? "localhost" : "127.0.0.1";
	sb->url = arena_printf(sb->a, "%s://%s:%d", s->cert ? "https" : "http", host, s->port);
	sb->ws_url = arena_printf(sb->a, "%s://%s:%d", s->cert ? "wss" : "ws", host, s->port);
	loop_watch(sb->loop, s->fd, POLLIN, accepted, s);
	loop_watch(sb->loop, signals, POLLIN, signalled, sb->loop);
	router_init(sb);
	settings_seal(sb->settings);
	printf("{\"port\":%d,\"url\":\"%s\",\"pid\":%d}\n", s->port, sb->url, getpid());
	fflush(stdout);
	loop_run(sb->loop);
	while (s->conns)
		conn_close(s->conns, false);
	router_exit(sb);
	return 0;
}

/* ---- arguments ------------------------------------------------------------------------------ */

static int usage(void)
{
	fputs("usage: sandbox [--port N] [--cert FILE --key FILE] [--set NAME=VALUE]\n"
	      "               [--time-factor X]\n"
	      "       sandbox --check-blocks FILE...\n",
	        stderr);
	return 2;
}

static bool set_option(struct sb *sb, const char *text)
{
	const char *eq = strchr(text, '=');
	if (!eq || eq == text)
		return false;
	settings_put(sb->settings, arena_strndup(sb->a, text, (size_t)(eq - text)), eq + 1);
	return true;
}

static bool parse_arguments(struct server *s, int argc, char **argv)
{
	static const struct option options[] = {{"port", required_argument, NULL, 'p'},
	        {"cert", required_argument, NULL, 'c'}, {"key", required_argument, NULL, 'k'},
	        {"set", required_argument, NULL, 's'},
	        {"time-factor", required_argument, NULL, 't'}, {0}};
	int o;
	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (o == 'p')
			s->port = (int)strtol(optarg, NULL, 10);
		else if (o == 'c')
			s->cert = optarg;
		else if (o == 'k')
			s->key = optarg;
		else if (o == 't' && strtod(optarg, NULL) > 0)
			s->sb.factor = strtod(optarg, NULL);
		else if (o != 's' || !set_option(&s->sb, optarg))
			return false;
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--check-blocks") == 0)
		return blockkit_check_files(argv + 2);
	struct server s = {.sb = {.a = arena_new(0), .factor = 1}};
	s.sb.records = records_new();
	s.sb.settings = settings_new();
	int code = parse_arguments(&s, argc, argv) ? serve(&s) : usage();
	if (s.sb.loop) {
		faults_clear(&s.sb, NULL);
		loop_free(s.sb.loop);
	}
	records_free(s.sb.records);
	settings_free(s.sb.settings);
	SSL_CTX_free(s.tls);
	arena_free(s.sb.a);
	return code;
}
