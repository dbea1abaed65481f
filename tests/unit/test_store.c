/* test_store.c - typed statements, group commit, one owner, refusal of foreign files, full disk. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "flowkit.h"
#include "store/db.h"
#include "str.h"
#include "unit.h"

static int setup(void **state)
{
	*state = kit_new();
	return 0;
}

static int teardown(void **state)
{
	kit_free(*state);
	return 0;
}

#define STORE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static bool sql_fn(struct db *db, void *arg, struct err *e)
{
	return db_script(db, arg, e);
}

static bool sql(struct store *s, const char *text, struct err *e)
{
	char copy[1000];

	snprintf(copy, sizeof(copy), "%s", text);
	return store_write(s, sql_fn, copy, e);
}

static int64_t count(struct store *s, const char *text)
{
	struct err e;
	int64_t n = -1;
	struct db *db = store_reader(s, &e);

	if (!db || !db_get_int(db, &n, NULL, text, NULL, &e))
		fail_msg("%s: %s", text, e.msg);
	return n;
}

/* --- values --- */

static bool values_fn(struct db *db, void *arg, struct err *e)
{
	static const unsigned char bytes[] = {0, 1, 0, 255};

	(void)arg;
	return db_script(db, "CREATE TABLE v (i, d, t, b, n)", e) &&
	       db_exec(db, "INSERT INTO v VALUES (?, ?, ?, ?, ?)",
	               DB_ARGS(db_int(INT64_MIN), db_real(-0.5), db_text("größer \xf0\x9f\x94\xa5"),
	                       db_blob(bytes, sizeof(bytes)), db_null()),
	               e) &&
	       db_exec(db, "INSERT INTO v VALUES (?, ?, ?, ?, ?)",
	               DB_ARGS(db_int_or_null(0), db_real((double)NAN), db_text(NULL),
	                       db_blob(NULL, 0), db_bool(true)),
	               e);
}

static void test_values(void **state)
{
	struct kit *k = *state;
	struct db_query q;
	struct err e;
	struct db *db;
	size_t n;

	assert_true(store_write(k->store, values_fn, NULL, &e));
	db = store_reader(k->store, &e);
	assert_true(db_query(db, &q, "SELECT i, d, t, b, n FROM v ORDER BY rowid", NULL, &e));
	assert_true(db_next(&q));
	assert_true(db_col_int(&q, 0) == INT64_MIN);
	assert_true(db_col_real(&q, 1) == -0.5);
	assert_string_equal(db_col_strdup(&q, 2, k->a), "größer \xf0\x9f\x94\xa5");
	assert_memory_equal(db_col_blob(&q, 3, &n), "\0\1\0\377", 4);
	assert_int_equal(n, 4);
	assert_true(db_col_null(&q, 4));
	assert_true(db_next(&q));
	for (int col = 0; col < 4; col++)
		assert_true(db_col_null(&q, col));
	assert_true(isnan(db_col_real(&q, 1)));
	assert_null(db_col_strdup(&q, 2, k->a));
	assert_true(db_col_bool(&q, 4));
	assert_false(db_next(&q));
	assert_false(db_next(&q)); /* the end stays the end */
	assert_true(db_done(&q, &e));
}

static void test_queries_nest(void **state)
{
	struct kit *k = *state;
	const char *text = "SELECT column1 FROM (VALUES (1), (2), (3)) WHERE column1 > ?";
	struct db_query outer, inner;
	struct err e;
	struct db *db = store_reader(k->store, &e);
	int pairs = 0;

	assert_true(db_query(db, &outer, text, DB_ARGS(db_int(0)), &e));
	while (db_next(&outer)) {
		assert_true(db_query(db, &inner, text, DB_ARGS(db_int(1)), &e));
		while (db_next(&inner))
			pairs++;
		assert_true(db_done(&inner, &e));
	}
	assert_true(db_done(&outer, &e));
	assert_int_equal(pairs, 6);
}

static void test_many_statements(void **state)
{
	struct kit *k = *state;
	struct err e;
	struct db *db = store_reader(k->store, &e);

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++) { /* more than are kept */
			int64_t n = 0;

			assert_true(db_get_int(db, &n, NULL, arena_printf(k->a, "SELECT %d + ?", i),
			        DB_ARGS(db_int(1)), &e));
			assert_int_equal(n, i + 1);
		}
	}
}

static void test_errors(void **state)
{
	struct kit *k = *state;
	struct err e;

	assert_false(sql(k->store, "SELECT nonsense FROM nowhere", &e));
	assert_int_equal(e.code, ERR_STORE);
	assert_false(e.retryable);
	assert_non_null(strstr(e.msg, "nowhere"));
	/* Readers cannot write. */
	assert_false(db_exec(store_reader(k->store, &e), "DELETE FROM run", NULL, &e));
	assert_int_equal(e.code, ERR_STORE);
	assert_false(e.retryable);
}

/* --- group commit --- */

struct writer {
	struct kit *kit;
	int first, n;
	_Atomic int *failures;
};

static bool insert_fn(struct db *db, void *arg, struct err *e)
{
	const int *n = arg;

	if (!db_exec(db, "INSERT INTO g VALUES (?)", DB_ARGS(db_int(*n)), e))
		return false;
	return *n % 7 != 0 || err_set(e, ERR_INPUT, false, "%d is refused", *n);
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;

	for (int i = w->first; i < w->first + w->n; i++) {
		struct err e = {0};

		if (!store_write(w->kit->store, insert_fn, &i, &e)) {
			assert_int_equal(e.code, ERR_INPUT);
			atomic_fetch_add(w->failures, 1);
		}
	}
	return NULL;
}

static void test_group_commit(void **state)
{
	enum { THREADS = 16, EACH = 140 };
	struct kit *k = *state;
	struct store_stats before, after;
	pthread_t t[THREADS];
	struct writer w[THREADS];
	_Atomic int failures = 0;
	struct err e;

	assert_true(sql(k->store, "CREATE TABLE g (n INTEGER PRIMARY KEY)", &e));
	store_stats(k->store, &before);
	for (int i = 0; i < THREADS; i++) {
		w[i] = (struct writer){k, i * EACH + 1, EACH, &failures};
		pthread_create(&t[i], NULL, writer_main, &w[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	store_stats(k->store, &after);
	/* Each refused one is undone alone, whatever shared its commit. */
	assert_int_equal(failures, THREADS * EACH / 7);
	assert_int_equal(count(k->store, "SELECT count(*) FROM g"), THREADS * EACH * 6 / 7);
	assert_int_equal(count(k->store, "SELECT count(*) FROM g WHERE n % 7 = 0"), 0);
	assert_int_equal(after.jobs - before.jobs, THREADS * EACH);
	assert_true(after.commits - before.commits < after.jobs - before.jobs);
	assert_int_equal(after.queued, 0);
}

static _Atomic int callbacks, callback_failures;

static void on_done(void *arg, const struct err *e)
{
	const int *n = arg;

	assert_int_equal(e != NULL, *n % 7 == 0);
	if (e)
		atomic_fetch_add(&callback_failures, 1);
	atomic_fetch_add(&callbacks, 1);
}

static void test_submit(void **state)
{
	enum { MANY = 700 };
	static int numbers[MANY];
	struct kit *k = *state;
	struct err e;

	atomic_store(&callbacks, 0);
	atomic_store(&callback_failures, 0);
	assert_true(sql(k->store, "CREATE TABLE g (n INTEGER PRIMARY KEY)", &e));
	for (int i = 0; i < MANY; i++) {
		numbers[i] = i + 1;
		store_submit(k->store, insert_fn, &numbers[i], on_done);
	}
	kit_until_count(&callbacks, MANY);
	assert_int_equal(callback_failures, MANY / 7);
	assert_int_equal(count(k->store, "SELECT count(*) FROM g"), MANY - MANY / 7);
	/* What is queued at the end is still done. */
	atomic_store(&callbacks, 0);
	for (int i = 0; i < MANY; i++) {
		numbers[i] = MANY + 1 + i;
		store_submit(k->store, insert_fn, &numbers[i], on_done);
	}
	kit_reopen(k);
	assert_int_equal(callbacks, MANY);
	assert_int_equal(count(k->store, "SELECT count(*) FROM g"), 2 * (MANY - MANY / 7));
}

/* Stands before the C library's, so that SQLite's calls are counted. */
static _Atomic int syncs;

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))(intptr_t)dlsym(RTLD_NEXT, "fdatasync");

	atomic_fetch_add(&syncs, 1);
	return real(fd);
}

static void test_syncs(void **state)
{
	struct kit *k = *state;
	struct err e;
	int before, n = 1;

	assert_true(sql(k->store, "CREATE TABLE g (n INTEGER PRIMARY KEY)", &e));
	before = atomic_load(&syncs);
	for (; n <= 5; n++)
		assert_true(store_write(k->store, insert_fn, &n, &e));
	assert_int_equal(atomic_load(&syncs) - before, 5); /* acknowledged is on the disk */
	before = atomic_load(&syncs);
	n = 8;
	for (int i = 0; i < 5; i++, n++)
		assert_true(store_write_lazy(k->store, insert_fn, &n, &e));
	assert_int_equal(atomic_load(&syncs) - before, 0);
	assert_int_equal(count(k->store, "SELECT count(*) FROM g"), 10); /* and yet visible */
	assert_true(store_write(k->store, insert_fn, &n, &e));
	assert_int_equal(atomic_load(&syncs) - before, 1);
}

static void test_checkpoint(void **state)
{
	struct kit *k = *state;
	struct store_stats st;
	struct err e;

	assert_true(sql(k->store, "CREATE TABLE big (n INTEGER PRIMARY KEY, b BLOB)", &e));
	/* 60 MB of changes: without checkpoints the WAL would hold all of it. */
	for (int i = 0; i < 60; i++)
		assert_true(sql(k->store,
		        "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < 250)"
		        " INSERT OR REPLACE INTO big SELECT i, randomblob(4000) FROM c",
		        &e));
	store_stats(k->store, &st);
	assert_true(st.wal_bytes < 40 * 1024 * 1024);
	assert_true(store_check(k->store, &e));
}

/* What housekeeping asks for: the log's space is given back, and nothing is lost. */
static void test_trim(void **state)
{
	struct kit *k = *state;
	struct store_stats st;
	struct err e;

	assert_true(sql(k->store,
	        "CREATE TABLE big (b BLOB); INSERT INTO big VALUES (randomblob(3000000))", &e));
	store_stats(k->store, &st);
	assert_true(st.wal_bytes > 2000000);
	store_trim(k->store);
	for (int i = 0; i < 20000 && st.wal_bytes > 0; i++) {
		usleep(500);
		store_stats(k->store, &st);
	}
	assert_int_equal(st.wal_bytes, 0);
	assert_true(sql(k->store, "INSERT INTO meta VALUES ('after', 'trim')", &e));
	assert_int_equal(count(k->store, "SELECT count(*) FROM big, meta"), 1);
}

/* --- who may open what --- */

static void test_one_owner(void **state)
{
	struct kit *k = *state;
	struct stat st;
	struct err e;
	int status;
	pid_t pid;

	assert_int_equal(stat(k->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	pid = fork();
	if (pid == 0) {
		bool refused = !store_open(k->path, STORE_OWN, &e) && e.code == ERR_CONFLICT &&
		               strstr(e.msg, arena_printf(k->a, "process %ld", (long)getppid()));

		if (!refused)
			fprintf(stderr, "%s\n", e.msg);
		_exit(refused ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_look(void **state)
{
	struct kit *k = *state;
	struct store *look;
	struct err e;

	assert_true(sql(k->store, "INSERT INTO meta VALUES ('a', 'b')", &e));
	look = store_open(k->path, STORE_LOOK, &e);
	assert_non_null(look);
	assert_int_equal(count(look, "SELECT count(*) FROM meta"), 1);
	assert_true(sql(k->store, "INSERT INTO meta VALUES ('c', 'd')", &e));
	assert_int_equal(count(look, "SELECT count(*) FROM meta"), 2);
	assert_false(sql(look, "DELETE FROM meta", &e));
	assert_non_null(strstr(e.msg, "reading only"));
	store_close(look);
	assert_null(store_open("/nonexistent/heal.db", STORE_LOOK, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_null(store_open("/nonexistent/heal.db", STORE_OWN, &e));
	assert_int_equal(e.code, ERR_CONFIG);
}

static int64_t bytes_of(struct kit *k, const char *end)
{
	struct stat st;

	return stat(arena_printf(k->a, "%s%s", k->path, end), &st) == 0 ? (int64_t)st.st_size : -1;
}

/* The bot was killed; a tool that looks, and goes, leaves the log as it was: only the writing
 * connection copies pages (the WAL-reset bug, store.h). */
static void test_look_copies_nothing(void **state)
{
	struct kit *k = *state;
	int64_t wal, db;
	struct store *look;
	struct err e;
	int status;
	pid_t pid;

	store_close(k->store);
	k->store = NULL;
	pid = fork();
	if (pid == 0) {
		struct store *s = store_open(k->path, STORE_OWN, &e);

		_exit(s && sql(s, "INSERT INTO meta VALUES ('a', 'b')", &e) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	wal = bytes_of(k, "-wal");
	db = bytes_of(k, "");
	assert_true(wal > 0);
	look = store_open(k->path, STORE_LOOK, &e);
	assert_non_null(look);
	assert_int_equal(count(look, "SELECT count(*) FROM meta"), 1);
	store_close(look);
	assert_int_equal(bytes_of(k, "-wal"), wal);
	assert_int_equal(bytes_of(k, ""), db);
}

static void refuse(struct kit *k, const char *change, const char *say)
{
	struct store *s;
	struct err e;

	s = store_open(k->path, STORE_OWN, &e);
	assert_non_null(s);
	assert_true(sql(s, change, &e));
	store_close(s);
	assert_null(store_open(k->path, STORE_OWN, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	if (!strstr(e.msg, say))
		fail_msg("%s", e.msg);
}

static void test_foreign_files(void **state)
{
	struct kit *k = *state;
	struct err e;
	FILE *f;

	store_close(k->store);
	refuse(k, "INSERT INTO migration VALUES ('flow', 999, 0)", "newer version");
	unlink(k->path);
	refuse(k, "PRAGMA application_id = 7", "another program");
	unlink(k->path);
	f = fopen(k->path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is no database\n", f);
	fclose(f);
	assert_null(store_open(k->path, STORE_OWN, &e));
	assert_int_equal(e.code, ERR_STORE);
	assert_false(e.retryable);
	unlink(k->path);
	k->store = store_open(k->path, STORE_OWN, &e);
	assert_non_null(k->store);
}

/* --- care --- */

static void test_backup(void **state)
{
	struct kit *k = *state;
	char *to = arena_printf(k->a, "%s/copy.db", k->dir);
	struct store *copy;
	struct err e;

	assert_true(sql(k->store, "INSERT INTO meta VALUES ('a', 'b')", &e));
	assert_true(store_backup(k->store, to, &e));
	assert_false(store_backup(k->store, to, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_true(sql(k->store, "INSERT INTO meta VALUES ('late', '')", &e));
	copy = store_open(to, STORE_OWN, &e);
	assert_non_null(copy);
	assert_int_equal(count(copy, "SELECT count(*) FROM meta"), 1);
	assert_true(store_check(copy, &e));
	store_close(copy);
}

static void test_damage_is_found(void **state)
{
	struct kit *k = *state;
	char zeros[4096] = {0};
	struct err e;
	int fd;

	assert_true(sql(k->store,
	        "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < 2000)"
	        " INSERT INTO meta SELECT 'key ' || i, 'value' FROM c",
	        &e));
	assert_true(store_check(k->store, &e));
	store_close(k->store);
	fd = open(k->path, O_RDWR | O_CLOEXEC);
	for (int page = 30; page < 40; page++)
		assert_int_equal(pwrite(fd, zeros, sizeof(zeros), page * 4096), sizeof(zeros));
	close(fd);
	k->store = store_open(k->path, STORE_OWN, &e);
	assert_non_null(k->store);
	assert_false(store_check(k->store, &e));
	assert_int_equal(e.code, ERR_STORE);
	assert_false(e.retryable);
}

/* --- a full and a read-only disk: a small tmpfs of our own, which needs root --- */

static _Atomic int effects;
static const char *ballast; /* the file that fills the disk */

static void fill_disk(void)
{
	static const char zeros[512];
	int fd = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static const json *body_effect(struct wf *w, const json *in, struct err *e)
{
	char *s = arena_alloc(wf_arena(w), 20001);
	json *j = json_obj(wf_arena(w));

	(void)in;
	(void)e;
	if (atomic_fetch_add(&effects, 1) == 2)
		fill_disk(); /* the effect happens, its result cannot be stored */
	memset(s, 'x', 20000);
	json_set_str(j, "s", s);
	return j;
}

static bool run_effects(struct wf *w, struct err *e)
{
	for (int i = 0; i < 5; i++) {
		if (!wf_step(w, arena_printf(wf_arena(w), "effect:%d", i), body_effect, NULL, e))
			return false;
	}
	return true;
}

static const struct workflow effects_wf = {.name = "effects", .version = 1, .run = run_effects};
static const struct workflow *const only_effects[] = {&effects_wf, NULL};

static bool own_tmpfs(const char *dir)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", dir, "tmpfs", 0, "size=2m") == 0;
}

static bool fill_fn(struct db *db, void *arg, struct err *e)
{
	const int *n = arg;

	return db_exec(
	        db, "INSERT INTO meta VALUES (?, hex(zeroblob(8000)))", DB_ARGS(db_int(*n)), e);
}

/* Writes until the disk is full; how many were acknowledged. */
static int fill(struct store *s, int first, struct err *e)
{
	int n = first;

	while (store_write(s, fill_fn, &n, e))
		n++;
	return n - first;
}

/* The engine: an effect has happened and its result finds no room. It waits; nothing is repeated.
 */
static void run_on_full_disk(struct kit *k)
{
	int64_t end = clock_mono_ms() + 20000, id;
	struct flow_stats st;

	atomic_store(&effects, 0);
	kit_start(k, only_effects, 2);
	id = kit_run(k, "effects", NULL);
	do {
		sched_yield();
		flow_stats(k->flow, &st);
		assert_true(clock_mono_ms() < end);
	} while (st.store_trouble == 0);
	assert_int_equal(effects, 3);
	unlink(ballast);
	kit_until(k, id, "done");
	assert_int_equal(effects, 5);
	kit_stop(k);
}

static void test_full_disk(void **state)
{
	struct kit *k = *state;
	struct err e;
	int n;

	store_close(k->store);
	ballast = arena_printf(k->a, "%s/ballast", k->dir);
	if (!own_tmpfs(k->dir)) {
		k->store = store_open(k->path, STORE_OWN, &e);
		skip();
	}
	k->store = store_open(k->path, STORE_OWN, &e);
	assert_non_null(k->store);
	run_on_full_disk(k);
	n = fill(k->store, 1, &e);
	assert_true(n > 5);
	assert_int_equal(e.code, ERR_STORE);
	assert_true(e.retryable);
	assert_non_null(strstr(e.msg, "disk is full"));
	assert_int_equal(count(k->store, "SELECT count(*) FROM meta"), n);
	kit_reopen(k);
	assert_int_equal(count(k->store, "SELECT count(*) FROM meta"), n);
	assert_true(store_check(k->store, &e));
	umount2(k->dir, MNT_DETACH);
}

static void test_read_only(void **state)
{
	struct kit *k = *state;
	struct err e;

	store_close(k->store);
	k->store = NULL;
	if (!own_tmpfs(k->dir))
		skip();
	k->store = store_open(k->path, STORE_OWN, &e);
	assert_non_null(k->store);
	store_close(k->store);
	assert_int_equal(mount(NULL, k->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	k->store = store_open(k->path, STORE_OWN, &e);
	assert_null(k->store);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_false(e.retryable);
	assert_non_null(strstr(e.msg, "Read-only"));
	umount2(k->dir, MNT_DETACH);
}

UNIT_MAIN(STORE_TEST(test_values), STORE_TEST(test_queries_nest), STORE_TEST(test_many_statements),
        STORE_TEST(test_errors), STORE_TEST(test_group_commit), STORE_TEST(test_submit),
        STORE_TEST(test_syncs), STORE_TEST(test_checkpoint), STORE_TEST(test_one_owner),
        STORE_TEST(test_look), STORE_TEST(test_look_copies_nothing), STORE_TEST(test_trim),
        STORE_TEST(test_foreign_files), STORE_TEST(test_backup), STORE_TEST(test_damage_is_found),
        STORE_TEST(test_full_disk), STORE_TEST(test_read_only))
