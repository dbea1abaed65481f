/* disk.c - see disk.h. */
#include "powerloss/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"

enum { SECTOR = 512, MAX_FILES = 64 };

struct image {
	unsigned char *p;
	size_t size, cap;
};

/* A write or (data = NULL) a cut that is not yet certain. */
struct change {
	uint64_t at; /* number of its record */
	const struct record *r;
};

struct file {
	uint32_t number;
	char *name; /* its base name */
	struct image synced;
	struct change *changes;
	size_t n, cap;
	uint64_t made, gone;  /* records; valid with the flags */
	bool unsure, removed; /* the name is not certain; a removal is not certain */
};

struct disk {
	struct file *files[MAX_FILES]; /* in the order of their making */
	size_t n;
};

unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 8;
}

static void *grow(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		abort();
	return p;
}

/* --- the log --- */

struct record *records_read(const char *path, size_t *n)
{
	struct record *list = NULL;
	size_t cap = 0, at = 0;
	unsigned char *p;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*n = 0;
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) {
		fprintf(stderr, "powerloss: %s cannot be read\n", path);
		return NULL;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		abort();
	/* The last record may be cut: the bot was killed. */
	while (at + sizeof(struct record_head) <= (size_t)st.st_size) {
		struct record_head h;

		memcpy(&h, p + at, sizeof(h));
		at += sizeof(h);
		if (h.len > (size_t)st.st_size - at)
			break;
		if (*n == cap)
			list = grow(list, (cap = cap ? cap * 2 : 4096) * sizeof(*list));
		list[(*n)++] = (struct record){.kind = (enum record_kind)h.kind,
		        .file = h.file,
		        .off = h.off,
		        .data = h.len ? p + at : NULL,
		        .len = h.len};
		at += h.len;
	}
	return list;
}

/* --- images --- */

static void reserve(struct image *m, size_t size)
{
	if (size <= m->cap)
		return;
	m->cap = size * 2;
	m->p = grow(m->p, m->cap);
}

static void put(struct image *m, uint64_t off, const unsigned char *p, size_t n)
{
	reserve(m, off + n);
	if (off > m->size)
		memset(m->p + m->size, 0, off - m->size);
	memcpy(m->p + off, p, n);
	if (off + n > m->size)
		m->size = off + n;
}

static void cut(struct image *m, uint64_t size)
{
	reserve(m, size);
	if (size > m->size)
		memset(m->p + m->size, 0, size - m->size);
	m->size = size;
}

static void apply(struct image *m, const struct record *r)
{
	if (r->kind == RECORD_TRUNCATE)
		cut(m, r->off);
	else
		put(m, r->off, r->data, r->len);
}

static void apply_torn(struct image *m, const struct record *r, unsigned *seed)
{
	for (uint64_t at = r->off, end = r->off + r->len; at < end;) {
		uint64_t next = (at / SECTOR + 1) * SECTOR;

		if (next > end)
			next = end;
		if (next_random(seed) & 1)
			put(m, at, r->data + (at - r->off), (size_t)(next - at));
		at = next;
	}
}

/* --- time passes --- */

static struct file *file_of(struct disk *d, uint32_t number)
{
	for (size_t i = d->n; i-- > 0;) {
		if (d->files[i]->number == number)
			return d->files[i];
	}
	fprintf(stderr, "powerloss: file %u was never made\n", number);
	exit(2);
}

static void made(struct disk *d, const struct record *r, uint64_t i)
{
	char *path = strndup((const char *)r->data, r->len);
	struct file *f = calloc(1, sizeof(*f));

	if (!path || !f || d->n == MAX_FILES)
		abort();
	f->number = r->file;
	f->name = strdup(strrchr(path, '/') + 1);
	f->unsure = true;
	f->made = i;
	free(path);
	d->files[d->n++] = f;
}

static void changed(struct file *f, const struct record *r, uint64_t i)
{
	if (f->n == f->cap)
		f->changes =
		        grow(f->changes, (f->cap = f->cap ? f->cap * 2 : 64) * sizeof(*f->changes));
	f->changes[f->n++] = (struct change){i, r};
}

static void synced(struct file *f, uint64_t covers)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (f->changes[i].at < covers)
			apply(&f->synced, f->changes[i].r);
		else
			f->changes[kept++] = f->changes[i];
	}
	f->n = kept;
}

static void free_file(struct file *f)
{
	free(f->name);
	free(f->synced.p);
	free(f->changes);
	free(f);
}

static void names_synced(struct disk *d, uint64_t covers)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct file *f = d->files[i];

		f->unsure = f->unsure && f->made >= covers;
		if (f->removed && f->gone < covers)
			free_file(f);
		else
			d->files[kept++] = f;
	}
	d->n = kept;
}

void disk_step(struct disk *d, const struct record *r, uint64_t i)
{
	struct file *f;

	switch (r->kind) {
	case RECORD_CREATE:
		made(d, r, i);
		break;
	case RECORD_WRITE:
	case RECORD_TRUNCATE:
		changed(file_of(d, r->file), r, i);
		break;
	case RECORD_SYNC:
		synced(file_of(d, r->file), r->off);
		break;
	case RECORD_UNLINK:
		f = file_of(d, r->file);
		f->removed = true;
		f->gone = i;
		break;
	case RECORD_SYNC_DIR:
		names_synced(d, r->off);
		break;
	case RECORD_SENT:
	case RECORD_MARK:
		break;
	}
}

/* --- the power goes --- */

static void keep_some(struct image *m, const struct record *r, enum disk_luck luck, unsigned *seed)
{
	unsigned dice = luck == LUCK_ALL ? 0 : luck == LUCK_NOTHING ? 3 : next_random(seed) % 4;

	if (dice < 2)
		apply(m, r);
	else if (dice == 2 && r->kind == RECORD_WRITE)
		apply_torn(m, r, seed);
}

static bool is_there(const struct file *f, enum disk_luck luck, unsigned *seed)
{
	bool made_it =
	        !f->unsure || (luck == LUCK_RANDOM ? next_random(seed) & 1 : luck == LUCK_ALL);
	bool removed =
	        f->removed && (luck == LUCK_RANDOM ? next_random(seed) & 1 : luck == LUCK_ALL);

	return made_it && !removed;
}

static bool save(const struct image *m, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && (m->size == 0 || write(fd, m->p, m->size) == (ssize_t)m->size);

	if (!ok)
		perror(path);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool disk_rebuild(const struct disk *d, const char *folder, enum disk_luck luck, unsigned *seed)
{
	struct image m = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < d->n; i++) {
		const struct file *f = d->files[i];
		char path[600];

		snprintf(path, sizeof(path), "%s/%s", folder, f->name);
		m.size = 0;
		put(&m, 0, f->synced.p ? f->synced.p : (const unsigned char *)"", f->synced.size);
		for (size_t c = 0; c < f->n; c++)
			keep_some(&m, f->changes[c].r, luck, seed);
		if (is_there(f, luck, seed))
			ok = save(&m, path);
		else
			unlink(path); /* an older file of that name */
	}
	free(m.p);
	return ok;
}

struct disk *disk_new(void)
{
	struct disk *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	return d;
}

void disk_free(struct disk *d)
{
	for (size_t i = 0; i < d->n; i++)
		free_file(d->files[i]);
	free(d);
}
