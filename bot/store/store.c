/* store.c - see store.h: opening, the lock, readers, closing. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "store/migrations.h"
#include "store/runs.h"
#include "store/store_impl.h"

#define APPLICATION_ID 1214602604 /* "Heal": tells our file from any other SQLite file */

/* --- one process --- */

static bool lock_held(int fd, const char *path, struct err *e)
{
	char pid[32] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	return err_set(e, ERR_CONFLICT, false,
	        "%s is in use by process %s: stop that bot first, or give this one another database",
	        path, pid[0] ? pid : "(unknown)");
}

/* A file of its own: closing any descriptor of the database would drop SQLite's locks on it. */
static bool lock_take(struct store *s, struct err *e)
{
	struct arena *a = arena_new(0);
	char *path = arena_printf(a, "%s.lock", s->path);
	bool ok = false;

	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0) {
		err_sys(e, "cannot create %s", path);
		e->code =
		        errno == ENOENT || errno == EACCES || errno == EROFS ? ERR_CONFIG : ERR_SYS;
	} else if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0) {
		/* Only for the message of the second process: a failure does not matter. */
		if (ftruncate(s->lock_fd, 0) == 0)
			dprintf(s->lock_fd, "%ld\n", (long)getpid());
		ok = true;
	} else if (errno == EWOULDBLOCK) {
		lock_held(s->lock_fd, s->path, e);
	} else {
		err_sys(e, "cannot lock %s", path);
	}
	arena_free(a);
	return ok;
}

/* Private from its first byte, and its name on the disk before anything rests on it. */
static bool create_file(const char *path, struct err *e)
{
	struct arena *a;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), dir;

	if (fd < 0)
		return errno == EEXIST || err_sys(e, "cannot create %s", path);
	close(fd);
	a = arena_new(0);
	dir = open(dirname(arena_strdup(a, path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	arena_free(a);
	if (dir < 0)
		return true; /* may be unreadable; SQLite syncs it with the journal as well */
	fsync(dir);
	close(dir);
	return true;
}

/* --- opening --- */

static bool check_owner(struct db *db, const char *path, struct err *e)
{
	int64_t id = 0, tables = 0;

	if (!db_get_int(db, &id, NULL, "PRAGMA application_id", NULL, e) ||
	        !db_get_int(db, &tables, NULL, "SELECT count(*) FROM sqlite_schema", NULL, e))
		return false;
	if (id == APPLICATION_ID)
		return true;
	if (id == 0 && tables == 0) /* new, or never finished being made */
		return db_script(db, "PRAGMA application_id = 1214602604", e);
	return err_set(e, ERR_CONFIG, false, "%s is a database of another program", path);
}

static bool set_wal(struct db *db, struct err *e)
{
	struct arena *a = arena_new(0);
	char *mode;
	bool ok = db_get_text(db, a, &mode, "PRAGMA journal_mode = WAL", NULL, e);

	if (ok && (!mode || strcmp(mode, "wal") != 0))
		ok = err_set(e, ERR_STORE, false,
		        "the database cannot use a write-ahead log (mode %s): its folder must be on "
		        "a local, writable file system",
		        mode ? mode : "none");
	arena_free(a);
	return ok;
}

/* The WAL of an earlier process: the kernel may hold parts of it that never got to the disk
 * (end_if_unsynced), and new frames must not rest on those. A full disk or a reader may wait. */
static bool copy_back(struct store *s, struct err *e)
{
	int rc = sqlite3_wal_checkpoint_v2(
	        db_handle(s->writer), NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	return (rc & 0xFF) != SQLITE_IOERR || db_fail(s->writer, rc, s->path, e);
}

static bool open_writer(struct store *s, struct err *e)
{
	if (!create_file(s->path, e))
		return false;
	s->writer = db_open(s, s->path, DB_WRITE, e);
	if (!s->writer || !check_owner(s->writer, s->path, e) || !set_wal(s->writer, e))
		return false;
	/* Checkpoints are ours (store_write.c). temp_store: savepoints' undo stays in memory. */
	return db_script(s->writer,
	               "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
	               "PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;"
	               "PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 67108864;"
	               "PRAGMA trusted_schema = OFF;"
	               "PRAGMA application_id = 1214602604",
	               e) &&
	       copy_back(s, e) && migrations_apply(s->writer, &s->schema, e) &&
	       store_writer_start(s, e);
}

static bool open_look(struct store *s, struct err *e)
{
	struct db *db;

	if (access(s->path, F_OK) != 0)
		return err_set(e, ERR_CONFIG, false, "there is no database %s: %s", s->path,
		        strerror(errno));
	db = store_reader(s, e);
	return db && check_owner(db, s->path, e) && migrations_check(db, &s->schema, e);
}

static void reader_gone(void *p)
{
	struct store_reader *r = p;
	struct store *s = r->store;
	struct store_reader **at;

	pthread_mutex_lock(&s->readers_mu);
	for (at = &s->readers; *at && *at != r; at = &(*at)->next)
		;
	if (*at)
		*at = r->next;
	pthread_mutex_unlock(&s->readers_mu);
	db_close(r->db);
	free(r);
}

static void make_boot(char *out, size_t n)
{
	unsigned char r[8] = {0};
	ssize_t got = getrandom(r, sizeof(r), 0);

	(void)got; /* the time alone is as good for one machine */
	snprintf(out, n, "%llx-%02x%02x%02x%02x%02x%02x", (unsigned long long)clock_now_ms(), r[0],
	        r[1], r[2], r[3], r[4], r[5]);
}

struct store *store_open(const char *path, enum store_mode mode, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s || !(s->path = strdup(path)))
		abort();
	s->mode = mode;
	s->lock_fd = -1;
	make_boot(s->boot, sizeof(s->boot));
	pthread_mutex_init(&s->mu, NULL);
	pthread_mutex_init(&s->readers_mu, NULL);
	pthread_cond_init(&s->work, NULL);
	if (pthread_key_create(&s->reader_key, reader_gone) != 0)
		abort();
	if (mode == STORE_OWN ? lock_take(s, e) && open_writer(s, e) : open_look(s, e))
		return s;
	store_close(s);
	return NULL;
}

static void close_readers(struct store *s)
{
	pthread_key_delete(s->reader_key);
	while (s->readers) {
		struct store_reader *r = s->readers;

		s->readers = r->next;
		db_close(r->db);
		free(r);
	}
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_writer_stop(s);
	close_readers(s);
	db_close(s->writer); /* the last connection: SQLite empties and removes the WAL */
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->mu);
	pthread_mutex_destroy(&s->readers_mu);
	free(s->wakes);
	free(s->path);
	free(s);
}

/* --- readers --- */

struct db *store_reader(struct store *s, struct err *e)
{
	struct store_reader *r = pthread_getspecific(s->reader_key);
	struct db *db;

	if (r)
		return r->db;
	db = db_open(s, s->path, DB_READ, e);
	if (!db)
		return NULL;
	if (!db_script(db,
	            "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0;"
	            "PRAGMA cache_size = -512; PRAGMA trusted_schema = OFF",
	            e)) {
		db_close(db);
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (!r || pthread_setspecific(s->reader_key, r) != 0)
		abort();
	r->store = s;
	r->db = db;
	pthread_mutex_lock(&s->readers_mu);
	r->next = s->readers;
	s->readers = r;
	pthread_mutex_unlock(&s->readers_mu);
	return db;
}

void store_limit_reads(struct store *s, int64_t ms)
{
	struct err ignored; /* the query itself will say so */
	struct db *db = store_reader(s, &ignored);

	if (db)
		db_limit(db, ms);
}

/* --- small things --- */

const char *store_path(const struct store *s)
{
	return s->path;
}

const char *store_boot(const struct store *s)
{
	return s->boot;
}

void store_on_wake(struct store *s, store_wake_fn fn, void *ctx)
{
	s->wake = fn;
	s->wake_ctx = ctx;
}

void runs_register(struct store *s, const struct workflow *const *workflows)
{
	s->workflows = workflows;
}

const struct workflow *runs_workflow(const struct store *s, const char *name)
{
	for (const struct workflow *const *w = s->workflows; w && *w; w++) {
		if (strcmp((*w)->name, name) == 0)
			return *w;
	}
	return NULL;
}
