/*
 * memory_rows.h - what the scan remembers of each service, small facts by key, and the audit log.
 */
#ifndef STORE_MEMORY_ROWS_H
#define STORE_MEMORY_ROWS_H

#include "store/migrations.h"

extern const struct migration schema_memory[];

#endif
