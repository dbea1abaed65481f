/*
 * fault.c - preloaded into the bot: makes the disk fail and the wall clock jump, as the file
 *FAULT_CTL says at that moment. It has at least 32 bytes of text:
 *
 *	byte 0   writes to the database's files: '-' work, 'F' disk full, 'E' input/output error
 *	byte 1   syncs of them:                  '-' work, 'E' input/output error
 *	byte 2.. seconds that the wall clock is ahead ("+3600", "-3600", "0")
 *
 * The database is FAULT_DB and what stands beside it with the same beginning (-wal, -shm,
 *-journal).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "shim/next.h"

enum { MAX_FD = 4096, CTL_BYTES = 32 };

static const volatile char *ctl; /* NULL: nothing fails */
static const char *db_path;
static bool ours[MAX_FD];

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULT_CTL");
	void *p;
	int fd;

	db_path = getenv("FAULT_DB");
	if (!path)
		return;
	fd = NEXT(open)(path, O_RDONLY | O_CLOEXEC);
	p = fd >= 0 ? mmap(NULL, CTL_BYTES, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (p == MAP_FAILED)
		abort();
	ctl = p;
	NEXT(close)(fd);
}

/* 0 = works, else the errno */
static int fault(int fd, int byte)
{
	if (!ctl || fd < 0 || fd >= MAX_FD || !ours[fd])
		return 0;
	return ctl[byte] == 'F' ? ENOSPC : ctl[byte] == 'E' ? EIO : 0;
}

/* --- files --- */

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode = 0;                                                                   \
		int fd;                                                                            \
		va_start(args, flags);                                                             \
		if (flags & O_CREAT)                                                               \
			mode = (mode_t)va_arg(args, unsigned);                                     \
		va_end(args);                                                                      \
		fd = NEXT(name)(path, flags, mode);                                                \
		if (fd >= 0 && fd < MAX_FD)                                                        \
			ours[fd] = db_path && strncmp(path, db_path, strlen(db_path)) == 0;        \
		return fd;                                                                         \
	}
OPEN(open)
OPEN(open64)

int close(int fd)
{
	if (fd >= 0 && fd < MAX_FD)
		ours[fd] = false;
	return NEXT(close)(fd);
}

#define FAILING(type, name, params, args, byte)                                                    \
	type name params                                                                           \
	{                                                                                          \
		int e = fault(fd, byte);                                                           \
		if (!e)                                                                            \
			return NEXT(name) args;                                                    \
		errno = e;                                                                         \
		return -1;                                                                         \
	}
FAILING(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t off), (fd, p, n, off), 0)
FAILING(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t off), (fd, p, n, off), 0)
FAILING(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), 0)
FAILING(int, fsync, (int fd), (fd), 1)
FAILING(int, fdatasync, (int fd), (fd), 1)

/* --- the wall clock --- */

static int64_t ahead(void)
{
	char text[CTL_BYTES];

	if (!ctl)
		return 0;
	for (int i = 2; i < CTL_BYTES; i++)
		text[i - 2] = ctl[i];
	text[CTL_BYTES - 2] = '\0';
	return strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = NEXT(clock_gettime)(id, t);

	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec += ahead();
	return rc;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	int rc = NEXT(gettimeofday)(t, zone);

	if (rc == 0)
		t->tv_sec += ahead();
	return rc;
}

time_t time(time_t *out)
{
	time_t t = NEXT(time)(NULL) + ahead();

	if (out)
		*out = t;
	return t;
}
