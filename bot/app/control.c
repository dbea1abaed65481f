/* control.c - see control.h. */
#include "app/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/pool.h"
#include "app/steer.h"
#include "log.h"
#include "str.h"

/* An order for a hundred thousand runs, and its answer, are lines of this size. */
enum { MAX_LINE = 8 << 20, CLIENT_S = 5, ANSWER_S = 10, BREATH_MS = 100 };

struct control {
	struct store *store;
	struct pool *thread;
	int listener, stop[2]; /* a pipe: closing its end wakes the thread */
	char *path;
};

/* ---- addresses and lines --------------------------------------------------------------------- */

/* A socket's path is at most 107 bytes: a longer one is given as a name in its opened folder.
 * *dir = -1 or a descriptor that must stay open meanwhile. */
static bool address(struct arena *a, const char *path, struct sockaddr_un *out, int *dir)
{
	const char *base = strrchr(path, '/');

	*dir = -1;
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(out->sun_path) && base) {
		*dir = open(arena_strndup(a, path, (size_t)(base - path)),
		        O_PATH | O_DIRECTORY | O_CLOEXEC);
		path = arena_printf(a, "/proc/self/fd/%d%s", *dir, base);
	}
	if (strlen(path) >= sizeof(out->sun_path))
		return false;
	memcpy(out->sun_path, path, strlen(path) + 1);
	return true;
}

static void set_timeout(int fd, int seconds)
{
	struct timeval t = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

/* One line without its end; NULL: none came, or it is too long. */
static const char *read_line(struct arena *a, int fd)
{
	struct str line = str_new(a);
	char buf[4096];

	while (line.len < MAX_LINE) {
		ssize_t got = read(fd, buf, sizeof(buf));
		const char *end;

		if (got <= 0)
			return NULL;
		end = memchr(buf, '\n', (size_t)got);
		str_addn(&line, buf, end ? (size_t)(end - buf) : (size_t)got);
		if (end)
			return line.s;
	}
	return NULL;
}

static bool write_line(struct arena *a, int fd, const json *j)
{
	const char *line = arena_printf(a, "%s\n", json_print(a, j));
	size_t n = strlen(line);

	while (n > 0) {
		ssize_t put = send(fd, line, n, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		line += put;
		n -= (size_t)put;
	}
	return true;
}

static json *parse(struct arena *a, const char *line, struct err *e)
{
	return line ? json_parse(a, line, strlen(line), e) : NULL;
}

/* ---- the bot's side -------------------------------------------------------------------------- */

static bool may_order(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == geteuid() || who.uid == 0);
}

static json *refusal(struct arena *a, const char *why)
{
	json *answer = json_obj(a);

	json_set_str(answer, "error", why);
	return answer;
}

static void serve(struct control *c, int fd)
{
	struct arena *a = arena_new(0);
	struct err e = {0};
	json *order, *answer = NULL;

	set_timeout(fd, CLIENT_S);
	order = may_order(fd) ? parse(a, read_line(a, fd), &e) : NULL;
	if (order) {
		answer = steer(c->store, a, order, &e);
		log_info("control", "order from the terminal: %.40s", json_str(order, ".do", "?"));
	}
	if (answer || e.msg[0])
		write_line(a, fd, answer ? answer : refusal(a, e.msg));
	arena_free(a);
}

static void work(void *arg, size_t index)
{
	struct control *c = arg;
	struct pollfd fds[2] = {{.fd = c->listener, .events = POLLIN}, {.fd = c->stop[0]}};

	(void)index;
	for (;;) {
		int fd;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents)
			return;
		if (!(fds[0].revents & POLLIN))
			continue;
		fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) { /* gone again; or no descriptor is free, and asking is no use yet */
			poll(fds + 1, 1, BREATH_MS);
			continue;
		}
		serve(c, fd);
		close(fd);
	}
}

/* Whoever has the store's lock may remove what an earlier bot left behind. */
static bool listen_at(struct control *c, struct err *e)
{
	struct arena *a = arena_new(0);
	struct sockaddr_un at;
	mode_t old = umask(0077);
	bool ok;
	int dir = -1;

	unlink(c->path);
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ok = c->listener >= 0 && address(a, c->path, &at, &dir) &&
	     bind(c->listener, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	     listen(c->listener, 8) == 0 && pipe2(c->stop, O_CLOEXEC) == 0;
	if (!ok)
		err_sys(e, "cannot listen at %s", c->path);
	umask(old);
	if (dir >= 0)
		close(dir);
	arena_free(a);
	return ok;
}

static const char *path_of(struct arena *a, const char *db)
{
	return arena_printf(a, "%s.ctl", db);
}

struct control *control_start(struct store *s, struct err *e)
{
	struct control *c = calloc(1, sizeof(*c));
	struct arena *a = arena_new(0);

	if (!c || !(c->path = strdup(path_of(a, store_path(s)))))
		abort();
	arena_free(a);
	c->store = s;
	c->listener = c->stop[0] = c->stop[1] = -1;
	if (listen_at(c, e))
		c->thread = pool_start(1, work, c, NULL, e);
	if (c->thread)
		return c;
	control_stop(c);
	return NULL;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	if (c->stop[1] >= 0)
		close(c->stop[1]); /* POLLHUP at the other end */
	pool_join(c->thread);
	if (c->stop[0] >= 0)
		close(c->stop[0]);
	if (c->listener >= 0) {
		close(c->listener);
		unlink(c->path);
	}
	free(c->path);
	free(c);
}

/* ---- the terminal's side --------------------------------------------------------------------- */

static json *talk(struct arena *a, int fd, const json *order, struct err *e)
{
	json *answer;
	const char *refused;

	set_timeout(fd, ANSWER_S);
	answer = write_line(a, fd, order) ? parse(a, read_line(a, fd), e) : NULL;
	if (!answer) {
		err_set(e, ERR_TIMEOUT, false,
		        "the bot did not answer within %d s, or this user may not give it orders: "
		        "try as the user it runs as",
		        ANSWER_S);
		return NULL;
	}
	refused = json_str(answer, ".error", NULL);
	if (refused)
		err_set(e, ERR_INPUT, false, "%s", refused);
	return refused ? NULL : answer;
}

json *control_ask(struct arena *a, const char *db, const json *order, struct err *e)
{
	const char *path = path_of(a, db);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), dir = -1;
	struct sockaddr_un at;
	json *answer = NULL;

	if (fd >= 0 && address(a, path, &at, &dir) &&
	        connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
		answer = talk(a, fd, order, e);
	} else {
		err_sys(e, "no bot listens at %s", path);
		e->code = ERR_NET;
	}
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	return answer;
}
