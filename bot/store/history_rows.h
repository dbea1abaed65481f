/* history_rows.h - the samples of every service as rows; see include/history.h. */
#ifndef STORE_HISTORY_ROWS_H
#define STORE_HISTORY_ROWS_H

#include "store/migrations.h"

extern const struct migration schema_history[];

#endif
