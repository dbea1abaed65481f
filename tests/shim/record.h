/*
 * record.h - what record.so writes down while a program runs: every change of the database's files
 * on its way to the disk, and what was said to the outside, in one order.
 *
 * The order. A write is noted while nobody else may write; a sync is noted when it has returned,
 * with how many records there were when it began (it covers those before); what is told is noted
 * before it is sent. So if "told" stands after "sync" in the log, it really was told after the
 * sync; never the other way round.
 */
#ifndef SHIM_RECORD_H
#define SHIM_RECORD_H

#include <stdint.h>

enum record_kind {
	RECORD_CREATE = 1, /* data: the file's name; `file` is its number from now on */
	RECORD_WRITE,      /* data at `off` */
	RECORD_TRUNCATE,   /* to `off` bytes */
	RECORD_SYNC,       /* of `file`: covers records before number `off` */
	RECORD_UNLINK,     /* `file` */
	RECORD_SYNC_DIR,   /* names: covers records before number `off` */
	RECORD_SENT,       /* data: bytes about to go to a socket */
	RECORD_MARK,       /* data: bytes about to be appended to the file of marks or of effects */
};

struct record_head {
	uint32_t kind, file;
	uint64_t off;
	uint64_t len; /* of the data that follows */
};

#endif
