/* crash.c - see crash.h. */
#include "base/crash.h"

#ifdef HEAL_CRASH_POINTS

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNTERS = 4096, LISTED = 3, NAME = 240 };

static _Thread_local char place[120] = "bot";
static _Thread_local int called;

/* How often each name was reached. A spin lock: a few instructions, test builds only. */
static atomic_flag busy = ATOMIC_FLAG_INIT;
static struct {
	char name[NAME];
	int n;
} counters[COUNTERS];

static int count(const char *name)
{
	int n = 0;

	while (atomic_flag_test_and_set(&busy))
		;
	for (size_t i = 0; i < COUNTERS && !n; i++) {
		if (!counters[i].name[0])
			snprintf(counters[i].name, NAME, "%s", name);
		if (strcmp(counters[i].name, name) == 0)
			n = ++counters[i].n;
	}
	atomic_flag_clear(&busy);
	return n;
}

static void list(const char *word, const char *name, int n)
{
	const char *path = getenv("CRASH_LIST");
	char line[NAME + 40];
	int fd, len;

	fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line), "%s%s:%d\n", word, name, n);
	if (write(fd, line, (size_t)len) != len)
		abort();
	close(fd);
}

/* Is "name:n" one of the wanted lines? */
static bool wanted(const char *name, int n)
{
	const char *at = getenv("CRASH_AT");
	char want[NAME + 16];
	size_t len = (size_t)snprintf(want, sizeof(want), "%s:%d", name, n);

	for (; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strcspn(at, "\n") == len && strncmp(at, want, len) == 0)
			return true;
	return false;
}

static void reach(const char *point, const char *where)
{
	char name[NAME];
	int n, anywhere = count(point);

	snprintf(name, sizeof(name), "%s:%s", point, where);
	n = count(name);
	if (n <= LISTED)
		list("", name, n);
	if (!wanted(name, n) && !wanted(point, anywhere))
		return;
	list("killed ", name, n);
	kill(getpid(), SIGKILL);
	pause(); /* the signal may need a moment: nothing more must happen here */
}

static void hide_digits(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (*s < '0' || *s > '9')
			*to++ = *s;
		else if (to == place || to[-1] != '#')
			*to++ = '#';
	*to = '\0';
}

void crash_place(const char *workflow, const char *step)
{
	snprintf(place, sizeof(place), "%s%s%s", workflow ? workflow : "bot", step ? "." : "",
	        step ? step : "");
	hide_digits(place);
	called = 0;
}

void crash_point(const char *point)
{
	reach(point, place);
}

/* The last part of the path that is a word of the API and no id. */
static void word_of(const char *url, char *out, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
	size_t len = strcspn(url, "?#");
	const char *host = strstr(url, "://"), *p = host ? strchr(host + 3, '/') : url;

	snprintf(out, size, "/");
	for (; p && p < url + len; p += strcspn(p, "/")) {
		size_t n = strcspn(++p, "/?#");

		if (n > 0 && n < 40 && strspn(p, letters) == n)
			snprintf(out, size, "%.*s", (int)n, p);
	}
}

void crash_point_call(const char *point, const char *method, const char *url)
{
	char word[48], where[sizeof(place) + sizeof(word) + 20];

	called++;
	word_of(url, word, sizeof(word));
	snprintf(where, sizeof(where), "%s %s %s", place, method ? method : "GET", word);
	reach(point, where);
}

int crash_called(void)
{
	return called;
}

void crash_mark(const char *what, int64_t run, const char *step)
{
	const char *path = getenv("CRASH_MARKS");
	char line[300];
	int fd, len;

	if (!path)
		return;
	len = snprintf(line, sizeof(line), "%s run-%lld.%s\n", what, (long long)run, step);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || len >= (int)sizeof(line) || write(fd, line, (size_t)len) != len)
		abort(); /* a test without its marks proves nothing */
	close(fd);
}

double crash_haste(void)
{
	const char *n = getenv("CRASH_HASTE");

	return n && atof(n) >= 1 ? atof(n) : 1;
}

#else

typedef int crash_points_are_off; /* ISO C wants something in every file */

#endif
