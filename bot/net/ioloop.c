/*
 * ioloop.c - see ioloop.h.
 *
 * A post puts a small record into a list under a mutex and calls lws_cancel_service, which makes
 * the loop call LWS_CALLBACK_EVENT_WAIT_CANCELLED of every protocol; the first of them takes the
 * whole list and runs it.
 *
 * libwebsockets 4.1 takes what it can from the environment (http_proxy) and sizes its tables by
 * the limit of open files; both are set by hand here.
 */
#include "net/ioloop.h"

#include <errno.h>
#include <libwebsockets.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "log.h"
#include "net/ca.h"
#include "net/helper.h"
#include "net/ioloop_private.h"

#define MAX_FDS 256
#define JOIN_MS 2000 /* a name look-up can hang longer than a shutdown may last */

struct call {
	struct call *next;
	void (*fn)(void *arg);
	void *arg;
};

struct list {
	struct call *first, *last;
};

struct ioloop {
	struct lws_context *lws;
	struct lws_vhost *direct, *proxied;
	int signal_fd;
	void (*on_signal)(void *arg, int signal);
	void *on_signal_arg;

	struct helper *helper; /* ioloop_work */

	pthread_mutex_t lock; /* all below */
	struct list posts;
	bool quit;
	bool closed; /* the context is gone: nobody to wake */
};

struct ioloop_timer {
	lws_sorted_usec_list_t sul; /* first: lws hands us its address */
	struct ioloop *l;
	void (*fn)(void *arg);
	void *arg;
};

static void push(struct list *q, void (*fn)(void *), void *arg)
{
	struct call *c = malloc(sizeof(*c));

	if (!c)
		abort();
	*c = (struct call){.fn = fn, .arg = arg};
	if (q->last)
		q->last->next = c;
	else
		q->first = c;
	q->last = c;
}

static struct call *pop(struct list *q)
{
	struct call *c = q->first;

	if (!c)
		return NULL;
	q->first = c->next;
	if (!q->first)
		q->last = NULL;
	return c;
}

/* ---- posts ---------------------------------------------------------------------------------- */

static void run_posts(struct ioloop *l)
{
	struct list all;

	pthread_mutex_lock(&l->lock);
	all = l->posts;
	l->posts = (struct list){NULL, NULL};
	pthread_mutex_unlock(&l->lock);
	for (struct call *c; (c = pop(&all));) {
		c->fn(c->arg);
		free(c);
	}
}

void ioloop_post(struct ioloop *l, void (*fn)(void *arg), void *arg)
{
	bool first;

	pthread_mutex_lock(&l->lock);
	first = !l->posts.first && !l->closed;
	push(&l->posts, fn, arg);
	if (first) /* else the loop has been woken already */
		lws_cancel_service(l->lws);
	pthread_mutex_unlock(&l->lock);
}

void ioloop_quit(struct ioloop *l)
{
	pthread_mutex_lock(&l->lock);
	l->quit = true;
	pthread_mutex_unlock(&l->lock);
	lws_cancel_service(l->lws);
}

static bool quitting(struct ioloop *l)
{
	bool quit;

	pthread_mutex_lock(&l->lock);
	quit = l->quit;
	pthread_mutex_unlock(&l->lock);
	return quit;
}

void ioloop_run(struct ioloop *l)
{
	while (!quitting(l) && lws_service(l->lws, 0) >= 0)
		;
}

void ioloop_work(struct ioloop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	helper_work(l->helper, false, work, done, arg);
}

/* ---- timers --------------------------------------------------------------------------------- */

static void on_timer(lws_sorted_usec_list_t *sul)
{
	struct ioloop_timer *t = lws_container_of(sul, struct ioloop_timer, sul);

	t->fn(t->arg);
}

struct ioloop_timer *ioloop_timer_new(struct ioloop *l, void (*fn)(void *arg), void *arg)
{
	struct ioloop_timer *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->l = l;
	t->fn = fn;
	t->arg = arg;
	return t;
}

void ioloop_timer_set(struct ioloop_timer *t, int64_t ms)
{
	lws_sul_schedule(t->l->lws, 0, &t->sul, on_timer, (ms > 0 ? ms : 1) * LWS_US_PER_MS);
}

void ioloop_timer_cancel(struct ioloop_timer *t)
{
	lws_sul_cancel(&t->sul);
}

void ioloop_timer_free(struct ioloop_timer *t)
{
	if (!t)
		return;
	lws_sul_cancel(&t->sul);
	free(t);
}

/* ---- libwebsockets -------------------------------------------------------------------------- */

static int on_loop(
        struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct ioloop *l = wsi ? lws_context_user(lws_get_context(wsi)) : NULL;
	struct signalfd_siginfo got;

	if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS && ca_dir())
		SSL_CTX_load_verify_dir(user, ca_dir());
	if (reason == LWS_CALLBACK_WSI_DESTROY && user) /* told to the first protocol only */
		return ws_callback(wsi, reason, user, in, n);
	if (!l)
		return 0;
	if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
		run_posts(l);
	} else if (reason == LWS_CALLBACK_RAW_RX_FILE && l->signal_fd >= 0) {
		if (read(l->signal_fd, &got, sizeof(got)) == (ssize_t)sizeof(got))
			l->on_signal(l->on_signal_arg, (int)got.ssi_signo);
	} else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
		l->signal_fd = -1;
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
        {.name = "heal-loop", .callback = on_loop},
        {.name = IOLOOP_WS, .callback = ws_callback, .rx_buffer_size = 4096},
        {.name = NULL},
};

/* Lines of the library: never above "warning", where it would print payloads. */
static void on_log(int level, const char *line)
{
	size_t n = strlen(line);

	while (n > 0 && line[n - 1] == '\n')
		n--;
	log_debug("lws", "%s: %.*s", level == LLL_ERR ? "error" : "warning", (int)n, line);
}

static struct lws_vhost *make_vhost(struct ioloop *l, const char *name)
{
	/* Port 0 turns the library's proxy off; ws.c sets the real one on `proxied`. An address
	 * must be given, or http_proxy of the environment is taken for every connection. */
	struct lws_context_creation_info info = {
	        .port = CONTEXT_PORT_NO_LISTEN,
	        .protocols = protocols,
	        .vhost_name = name,
	        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
	                   (ca_file() || ca_dir() ? LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS : 0),
	        .client_ssl_ca_filepath = ca_file(),
	        .http_proxy_address = "none:0",
	        .ssl_client_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1,
	        .timeout_secs = 30,
	};

	return lws_create_vhost(l->lws, &info);
}

static bool make_context(struct ioloop *l)
{
	struct lws_context_creation_info info = {
	        .port = CONTEXT_PORT_NO_LISTEN,
	        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
	        .gid = (gid_t)-1,
	        .uid = (uid_t)-1,
	        .fd_limit_per_thread = MAX_FDS,
	        .user = l,
	        .timeout_secs = 30,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	l->lws = lws_create_context(&info);
	if (!l->lws)
		return false;
	l->direct = make_vhost(l, "direct");
	l->proxied = make_vhost(l, "proxied");
	return l->direct && l->proxied;
}

struct ioloop *ioloop_new(struct err *e)
{
	struct ioloop *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->signal_fd = -1;
	if (pthread_mutex_init(&l->lock, NULL) != 0)
		abort();
	l->helper = helper_new(l);
	if (make_context(l))
		return l;
	err_set(e, ERR_SYS, false, "the event loop cannot be set up (libwebsockets)");
	ioloop_free(l);
	return NULL;
}

void ioloop_free(struct ioloop *l)
{
	bool ended;

	if (!l)
		return;
	ended = helper_end(l->helper, JOIN_MS);
	run_posts(l);
	pthread_mutex_lock(&l->lock);
	l->closed = true;
	pthread_mutex_unlock(&l->lock);
	if (l->lws)
		lws_context_destroy(l->lws);
	run_posts(l);
	if (!ended) {
		log_warn("loop", "a name look-up still hangs: its thread is left behind");
		helper_free(l->helper);
		return; /* it still looks at l */
	}
	helper_free(l->helper);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

bool ioloop_signals(struct ioloop *l, void (*fn)(void *arg, int signal), void *arg, struct err *e)
{
	lws_sock_file_fd_type fd;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return err_sys(e, "signals cannot be blocked");
	l->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->signal_fd < 0)
		return err_sys(e, "signalfd");
	l->on_signal = fn;
	l->on_signal_arg = arg;
	fd.filefd = l->signal_fd;
	if (!lws_adopt_descriptor_vhost(l->direct, LWS_ADOPT_RAW_FILE_DESC, fd, "heal-loop", NULL))
		return err_set(e, ERR_SYS, false, "the loop does not take the signal descriptor");
	return true;
}

struct lws_context *ioloop_lws(struct ioloop *l)
{
	return l->lws;
}

struct lws_vhost *ioloop_vhost(struct ioloop *l, bool proxied)
{
	return proxied ? l->proxied : l->direct;
}
