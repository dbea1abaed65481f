/* hold_rows.h - maintenance windows and candidates as rows; see include/hold.h. */
#ifndef STORE_HOLD_ROWS_H
#define STORE_HOLD_ROWS_H

#include "store/migrations.h"

extern const struct migration schema_hold[];

#endif
