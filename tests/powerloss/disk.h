/*
 * disk.h - what stands on a disk after the power went, out of what record.so wrote down.
 *
 * A file's synced content is there. Of what was written since, any part may be: each write is kept,
 * lost, or torn at sectors of 512 bytes. A new name is certain once its folder was synced; a
 * removed one may still be there until then.
 */
#ifndef POWERLOSS_DISK_H
#define POWERLOSS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/record.h"

struct record {
	enum record_kind kind;
	uint32_t file;
	uint64_t off;
	const unsigned char *data;
	size_t len;
};

/* The whole log, to be kept until the end; NULL when it cannot be read (said on stderr). */
struct record *records_read(const char *path, size_t *n);

/* What becomes of what was not synced. */
enum disk_luck {
	LUCK_RANDOM,
	LUCK_NOTHING, /* all of it is lost */
	LUCK_ALL,     /* all of it got there */
};

struct disk;
struct disk *disk_new(void);
void disk_free(struct disk *d);
/* The next record happened; `i` counts from 0. */
void disk_step(struct disk *d, const struct record *r, uint64_t i);
/* The power goes now: the files are written to `folder`, which has none of them. */
bool disk_rebuild(const struct disk *d, const char *folder, enum disk_luck luck, unsigned *seed);

unsigned next_random(unsigned *seed);

#endif
