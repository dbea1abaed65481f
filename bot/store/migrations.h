/*
 * migrations.h - how the schema grows.
 *
 * Each table family has a file bot/store/<family>.c with an array of numbered steps, ended by {0};
 * bot/store/migrations.c lists the families in the order in which they are applied (a table that
 * others refer to comes first). Applied steps are recorded in table `migration` (family, id), each
 * in the transaction that applies it. A step that has been released is never edited: add the next
 * number. A file with a step this program does not know was made by a newer one and is refused.
 */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#include <stdbool.h>

#include "store/db.h"

struct migration {
	int id; /* 1, 2, 3 ... without gaps */
	const char *sql;
};

struct migration_family {
	const char *name;
	const struct migration *steps;
};

/* In bot/store/schema.c: what the engine and the inbox need. Others: declare yours here. */
extern const struct migration schema_flow[];

/* Applies what is missing; *count_out = steps known to this program. */
/* Only compares: ERR_CONFIG when the file is older or newer than this program. */
bool migrations_check(struct db *db, int *count_out, struct err *e);
bool migrations_apply(struct db *db, int *count_out, struct err *e);

#endif
