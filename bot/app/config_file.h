/*
 * config_file.h - heal.ini as a list of entries (libinih behind it). Only the config_*.c files
 * include it.
 */
#ifndef APP_CONFIG_FILE_H
#define APP_CONFIG_FILE_H

#include "app/config.h"

struct setting;

/* One given value, in order: file first, environment after it. */
struct entry {
	struct entry *next;
	const char *where;                           /* "heal.ini:12" or "HEAL_SCAN_EVERY" */
	const char *section, *service, *key, *value; /* service: only of [service "name"] */
	const struct setting *setting;               /* its row, once known */
};

struct config_file {
	struct arena *a;
	struct str *problems;
	struct entry *first, *last;
};

/* The file to read; NULL = none. */
const char *config_path(const struct config_source *src);

/* Appends all entries of the file; a key given twice in a section is a problem. NULL reads nothing.
 */
void config_file_read(struct config_file *f, const char *path);

void config_file_add(struct config_file *f, const char *where, const char *section,
        const char *service, const char *key, const char *value);

/* A value as it may be shown in a problem: shortened, and hidden when it looks like a secret. */
const char *config_show(struct arena *a, const char *value);

#endif
