/* store_care.c - checking, copying and measuring the database file. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/store_impl.h"

static bool check_integrity(struct db *db, struct err *e)
{
	struct arena *a = arena_new(0);
	char *first;
	bool ok = db_get_text(db, a, &first, "PRAGMA integrity_check(1)", NULL, e);

	if (ok && (!first || strcmp(first, "ok") != 0))
		ok = err_set(e, ERR_STORE, false,
		        "the database is damaged (%s): stop the bot and restore a backup",
		        first ? first : "no answer");
	arena_free(a);
	return ok;
}

static bool check_references(struct db *db, struct err *e)
{
	struct db_query q;

	if (!db_query(db, &q, "PRAGMA foreign_key_check", NULL, e))
		return false;
	if (db_next(&q)) {
		err_set(e, ERR_STORE, false,
		        "the database is damaged: row %lld of table %s refers to a missing row of %s",
		        (long long)db_col_int(&q, 1), db_col_text(&q, 0), db_col_text(&q, 2));
		db_done(&q, NULL);
		return false;
	}
	return db_done(&q, e);
}

bool store_check(struct store *s, struct err *e)
{
	struct db *db = store_reader(s, e);

	return db && check_integrity(db, e) && check_references(db, e);
}

/* --- backup --- */

static bool copy_pages(struct db *from, struct db *to, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(db_handle(to), "main", db_handle(from), "main");
	int rc;

	if (!b)
		return db_fail(to, sqlite3_errcode(db_handle(to)), "backup", e);
	do {
		rc = sqlite3_backup_step(b, -1);
		if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
			sqlite3_sleep(10);
	} while (rc == SQLITE_BUSY || rc == SQLITE_LOCKED);
	sqlite3_backup_finish(b);
	return rc == SQLITE_DONE || db_fail(to, rc, "backup", e);
}

static bool sync_path(const char *path, int flags, struct err *e)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (!ok)
		err_sys(e, "cannot sync %s", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The copy would be opened in WAL mode; one file is easier to carry away. */
static bool write_copy(struct store *s, struct db *from, const char *part, struct err *e)
{
	struct db *to = db_open(s, part, DB_WRITE, e);
	bool ok = to && copy_pages(from, to, e) && db_script(to, "PRAGMA journal_mode = DELETE", e);

	db_close(to);
	return ok && sync_path(part, O_RDONLY, e);
}

bool store_backup(struct store *s, const char *to, struct err *e)
{
	struct db *from = store_reader(s, e);
	struct arena *a;
	char *part;
	bool ok;

	if (!from)
		return false;
	if (access(to, F_OK) == 0)
		return err_set(
		        e, ERR_CONFLICT, false, "%s exists already: choose another name", to);
	a = arena_new(0);
	part = arena_printf(a, "%s.part", to);
	unlink(part);
	ok = write_copy(s, from, part, e) &&
	     (rename(part, to) == 0 || err_sys(e, "cannot rename %s", part)) &&
	     sync_path(dirname(arena_strdup(a, to)), O_RDONLY | O_DIRECTORY, e);
	if (!ok)
		unlink(part);
	else
		chmod(to, 0600);
	arena_free(a);
	return ok;
}

/* --- figures --- */

static int64_t file_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

void store_stats(struct store *s, struct store_stats *out)
{
	struct arena *a = arena_new(0);
	struct statvfs v;

	pthread_mutex_lock(&s->mu);
	*out = s->stats;
	out->queued = s->queued;
	pthread_mutex_unlock(&s->mu);
	out->schema = s->schema;
	out->db_bytes = file_bytes(s->path);
	out->wal_bytes = file_bytes(arena_printf(a, "%s-wal", s->path));
	if (statvfs(dirname(arena_strdup(a, s->path)), &v) == 0)
		out->free_bytes = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
	arena_free(a);
}
