/*
 * record.c - preloaded into the bot: writes down what happens to the database's files and what is
 *told to the outside. See record.h for the order.
 *
 *	RECORD_DB=/folder/heal.db    the database; its -wal and -journal are recorded with it
 *	RECORD_LOG=FILE              where to
 *
 * Marks are writes to files in the database's folder called "marks" or "effects".
 */
#include "shim/record.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shim/next.h"

enum { MAX_FD = 4096, MAX_FILES = 8192, DATABASE = 1, FOLDER = 2, MARKS = 3 };

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static uint64_t records;
static const char *db_path;
static char folder[512];
static struct {
	uint8_t what;
	uint32_t file;
} fds[MAX_FD];
static char *names[MAX_FILES]; /* of the files that exist; the index is the number */
static uint32_t nfiles;

__attribute__((constructor)) static void begin(void)
{
	const char *log = getenv("RECORD_LOG");
	char *copy;

	db_path = getenv("RECORD_DB");
	if (!db_path || !log)
		return;
	copy = strdup(db_path);
	if (!copy)
		abort();
	snprintf(folder, sizeof(folder), "%s", dirname(copy));
	free(copy);
	log_fd = NEXT(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		abort();
}

/* --- the log; the caller holds mu --- */

static void note(enum record_kind kind, uint32_t file, uint64_t off, const void *data, size_t n)
{
	struct record_head h = {(uint32_t)kind, file, off, n};
	struct iovec v[2] = {{&h, sizeof(h)}, {(void *)(uintptr_t)data, n}};

	if (NEXT(writev)(log_fd, v, n ? 2 : 1) != (ssize_t)(sizeof(h) + n))
		abort(); /* a record with a hole proves nothing */
	records++;
}

static uint32_t number_of(const char *path, bool made)
{
	for (uint32_t i = 1; i <= nfiles; i++) {
		if (names[i] && strcmp(names[i], path) == 0)
			return i;
	}
	if (nfiles + 1 == MAX_FILES)
		abort();
	names[++nfiles] = strdup(path);
	if (made)
		note(RECORD_CREATE, nfiles, 0, path, strlen(path));
	return nfiles;
}

static int kind_of(const char *path)
{
	size_t n = strlen(db_path), f = strlen(folder);

	if (strcmp(path, folder) == 0)
		return FOLDER;
	if (strncmp(path, db_path, n) == 0 &&
	        (!path[n] || strcmp(path + n, "-wal") == 0 || strcmp(path + n, "-journal") == 0))
		return DATABASE;
	if (strncmp(path, folder, f) == 0 &&
	        (strcmp(path + f, "/marks") == 0 || strcmp(path + f, "/effects") == 0))
		return MARKS;
	return 0;
}

static int what(int fd)
{
	return log_fd >= 0 && fd >= 0 && fd < MAX_FD ? fds[fd].what : 0;
}

/* --- names --- */

static int open_recorded(const char *path, int flags, mode_t mode)
{
	int kind = log_fd >= 0 ? kind_of(path) : 0, fd;
	struct stat st;
	bool made;

	if (!kind)
		return NEXT(open)(path, flags, mode);
	pthread_mutex_lock(&mu);
	made = (flags & O_CREAT) && stat(path, &st) != 0;
	fd = NEXT(open)(path, flags, mode);
	if (fd >= 0 && fd < MAX_FD) {
		fds[fd].what = (uint8_t)kind;
		if (kind == DATABASE)
			fds[fd].file = number_of(path, made);
		if (kind == DATABASE && (flags & O_TRUNC) && !made)
			note(RECORD_TRUNCATE, fds[fd].file, 0, NULL, 0);
	}
	pthread_mutex_unlock(&mu);
	return fd;
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & O_CREAT ? (mode_t)va_arg(args, unsigned) : 0;
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
		va_start(args, flags);                                                             \
		mode = mode_of(flags, args);                                                       \
		va_end(args);                                                                      \
		return open_recorded(path, flags, mode);                                           \
	}
OPEN(open)
OPEN(open64)

int close(int fd)
{
	if (what(fd)) {
		pthread_mutex_lock(&mu);
		fds[fd].what = 0;
		pthread_mutex_unlock(&mu);
	}
	return NEXT(close)(fd);
}

int unlink(const char *path)
{
	int rc;

	if (log_fd < 0 || kind_of(path) != DATABASE)
		return NEXT(unlink)(path);
	pthread_mutex_lock(&mu);
	rc = NEXT(unlink)(path);
	if (rc == 0) {
		uint32_t file = number_of(path, false);

		note(RECORD_UNLINK, file, 0, NULL, 0);
		free(names[file]);
		names[file] = NULL;
	}
	pthread_mutex_unlock(&mu);
	return rc;
}

/* --- contents --- */

static ssize_t pwrite_recorded(int fd, const void *p, size_t n, off_t off)
{
	ssize_t done;

	if (what(fd) != DATABASE)
		return NEXT(pwrite)(fd, p, n, off);
	pthread_mutex_lock(&mu);
	done = NEXT(pwrite)(fd, p, n, off);
	if (done > 0)
		note(RECORD_WRITE, fds[fd].file, (uint64_t)off, p, (size_t)done);
	pthread_mutex_unlock(&mu);
	return done;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
	return pwrite_recorded(fd, p, n, off);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	return pwrite_recorded(fd, p, n, off);
}

ssize_t write(int fd, const void *p, size_t n)
{
	if (what(fd) == DATABASE)
		return pwrite_recorded(fd, p, n, lseek(fd, 0, SEEK_CUR)) == (ssize_t)n &&
		                       lseek(fd, (off_t)n, SEEK_CUR) >= 0
		               ? (ssize_t)n
		               : -1;
	if (what(fd) == MARKS) {
		pthread_mutex_lock(&mu);
		note(RECORD_MARK, 0, 0, p, n);
		pthread_mutex_unlock(&mu);
	}
	return NEXT(write)(fd, p, n);
}

static int truncate_recorded(int fd, off_t size)
{
	int rc;

	if (what(fd) != DATABASE)
		return NEXT(ftruncate)(fd, size);
	pthread_mutex_lock(&mu);
	rc = NEXT(ftruncate)(fd, size);
	if (rc == 0)
		note(RECORD_TRUNCATE, fds[fd].file, (uint64_t)size, NULL, 0);
	pthread_mutex_unlock(&mu);
	return rc;
}

int ftruncate(int fd, off_t size)
{
	return truncate_recorded(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return truncate_recorded(fd, size);
}

static int sync_recorded(int fd, int (*sync)(int fd))
{
	uint64_t covers;
	int rc;

	if (what(fd) != DATABASE && what(fd) != FOLDER)
		return sync(fd);
	pthread_mutex_lock(&mu);
	covers = records;
	pthread_mutex_unlock(&mu);
	rc = sync(fd);
	pthread_mutex_lock(&mu);
	if (rc == 0)
		note(what(fd) == FOLDER ? RECORD_SYNC_DIR : RECORD_SYNC, fds[fd].file, covers, NULL,
		        0);
	pthread_mutex_unlock(&mu);
	return rc;
}

int fsync(int fd)
{
	return sync_recorded(fd, NEXT(fsync));
}

int fdatasync(int fd)
{
	return sync_recorded(fd, NEXT(fdatasync));
}

/* --- the outside --- */

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	if (log_fd >= 0) {
		pthread_mutex_lock(&mu);
		note(RECORD_SENT, 0, 0, p, n);
		pthread_mutex_unlock(&mu);
	}
	return NEXT(send)(fd, p, n, flags);
}
