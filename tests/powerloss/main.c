/*
 * powerloss - the power goes at many moments of a recorded life (see tests/shim/record.h): what is
 *on the disk then is opened as the bot opens it, checked, and must hold all that had been told.
 *
 *	powerloss LOG FOLDER [--points N | --every] [--seed N] [--resume PROGRAM --resume-each N]
 *
 * --points   random moments (1,000); --every: each one, with nothing, all and some of what was not
 *            synced kept.
 * --resume   at each N-th point PROGRAM "child FOLDER" goes on from there with the file "effects"
 *of that moment; in the end every effect of the recording must be there, once.
 *
 * Prints one line of JSON. Ends with 0 when the log could be played; the figures are for the caller
 *to judge.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "json.h"
#include "log.h"
#include "powerloss/told.h"
#include "store/store.h"

struct game {
	const char *folder, *resume;
	const struct record *records;
	size_t n;
	struct told *told;
	unsigned seed;
	long resume_each;
	/* figures */
	long points, unreadable, damaged, losing, lost, worst, resumed, resume_wrong;
	char first[400]; /* what went wrong first */
};

static void say(struct game *g, uint64_t at, const char *what)
{
	if (!g->first[0])
		snprintf(g->first, sizeof(g->first), "before record %llu: %s",
		        (unsigned long long)at, what);
}

/* --- one point --- */

static void clear(const struct game *g)
{
	static const char *const names[] = {"heal.db", "heal.db-wal", "heal.db-shm",
	        "heal.db-journal", "heal.db.lock", "effects", "marks"};
	char path[600];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", g->folder, names[i]);
		unlink(path);
	}
}

/* As the bot does it: lock, write-ahead log, migrations. */
static bool opens(struct game *g, uint64_t at, const char *path)
{
	struct err e = {0};
	struct store *s = store_open(path, STORE_OWN, &e);

	if (!s) {
		g->unreadable++;
		say(g, at, e.msg);
		return false;
	}
	if (!store_check(s, &e)) {
		g->damaged++;
		say(g, at, e.msg);
	}
	store_close(s);
	return true;
}

static void look(struct game *g, uint64_t at, const char *path)
{
	char first[300] = "it cannot be read";
	sqlite3 *db;
	long missing = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK)
		missing = told_missing(g->told, db, at, first, sizeof(first));
	sqlite3_close(db);
	if (missing == 0)
		return;
	say(g, at, first);
	g->losing++;
	g->lost += missing > 0 ? missing : 0;
	if (missing > g->worst)
		g->worst = missing;
}

/* --- going on from there --- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every effect once, and all of them? */
static bool effects_right(const struct game *g, const char *path)
{
	char *lines[4096], text[300];
	FILE *f = fopen(path, "re");
	size_t n = 0;
	bool ok;

	while (f && n < 4096 && fgets(text, sizeof(text), f))
		lines[n++] = strdup(text);
	if (f)
		fclose(f);
	qsort(lines, n, sizeof(*lines), by_text);
	ok = n == told_counts(g->told).effects;
	for (size_t i = 0; i < n; i++) {
		ok = ok && (i == 0 || strcmp(lines[i - 1], lines[i]) != 0);
		if (i > 0)
			free(lines[i - 1]);
	}
	if (n)
		free(lines[n - 1]);
	return ok;
}

static void go_on(struct game *g, uint64_t at)
{
	char path[600];
	int status = -1;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/effects", g->folder);
	if (!told_effects(g->told, at, path))
		exit(2);
	pid = fork();
	if (pid == 0) {
		execl(g->resume, g->resume, "child", g->folder, (char *)NULL);
		_exit(127);
	}
	g->resumed++;
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 && effects_right(g, path))
		return;
	g->resume_wrong++;
	say(g, at, "going on from there, an effect is missing or came twice");
}

static void point(struct game *g, const struct disk *d, uint64_t at, enum disk_luck luck)
{
	char path[600];

	clear(g);
	if (!disk_rebuild(d, g->folder, luck, &g->seed))
		exit(2);
	snprintf(path, sizeof(path), "%s/heal.db", g->folder);
	g->points++;
	if (!opens(g, at, path))
		return;
	look(g, at, path);
	if (g->resume && g->points % g->resume_each == 0)
		go_on(g, at);
}

/* --- all of them --- */

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static void play_random(struct game *g, size_t points)
{
	size_t *at = calloc(points, sizeof(*at)), done = 0;
	struct disk *d = disk_new();

	if (!at)
		abort();
	for (size_t i = 0; i < points; i++)
		at[i] = 1 + (((size_t)next_random(&g->seed) << 16) ^ next_random(&g->seed)) % g->n;
	qsort(at, points, sizeof(*at), by_number);
	for (size_t i = 0; i < points; i++) {
		for (; done < at[i]; done++)
			disk_step(d, &g->records[done], done);
		point(g, d, done, LUCK_RANDOM);
	}
	disk_free(d);
	free(at);
}

static void play_every(struct game *g)
{
	struct disk *d = disk_new();

	for (size_t i = 0; i < g->n; i++) {
		disk_step(d, &g->records[i], i);
		for (int luck = LUCK_RANDOM; luck <= LUCK_ALL; luck++)
			point(g, d, i + 1, (enum disk_luck)luck);
	}
	disk_free(d);
}

static void report(const struct game *g)
{
	struct told_counts c = told_counts(g->told);
	struct arena *a = arena_new(0);
	json *o = json_obj(a);

	json_set_int(o, "records", (int64_t)g->n);
	json_set_int(o, "acknowledged", (int64_t)c.acks);
	json_set_int(o, "begun", (int64_t)c.begun);
	json_set_int(o, "done", (int64_t)c.done);
	json_set_int(o, "effects", (int64_t)c.effects);
	json_set_int(o, "points", g->points);
	json_set_int(o, "unreadable", g->unreadable);
	json_set_int(o, "damaged", g->damaged);
	json_set_int(o, "losing", g->losing);
	json_set_int(o, "lost", g->lost);
	json_set_int(o, "worst", g->worst);
	json_set_int(o, "resumed", g->resumed);
	json_set_int(o, "resumed_wrong", g->resume_wrong);
	json_set_str(o, "first", g->first);
	puts(json_print(a, o));
	arena_free(a);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"points", required_argument, NULL, 'p'},
	        {"every", no_argument, NULL, 'e'}, {"seed", required_argument, NULL, 's'},
	        {"resume", required_argument, NULL, 'r'},
	        {"resume-each", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
	struct game g = {.seed = 1, .resume_each = 10};
	size_t points = 1000;
	bool every = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'p')
			points = (size_t)atol(optarg);
		else if (c == 'e')
			every = true;
		else if (c == 's')
			g.seed = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'r')
			g.resume = optarg;
		else if (c == 'n')
			g.resume_each = atol(optarg);
		else
			return 2;
	}
	if (argc - optind != 2)
		return 2;
	log_set_level(LOG_ERROR);
	g.folder = argv[optind + 1];
	g.records = records_read(argv[optind], &g.n);
	if (!g.records)
		return 2;
	g.told = told_read(g.records, g.n);
	if (every)
		play_every(&g);
	else
		play_random(&g, points);
	report(&g);
	clear(&g);
	told_free(g.told);
	return 0;
}
