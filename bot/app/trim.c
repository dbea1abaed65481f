/* trim.c - see trim.h. */
#include "app/trim.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "str.h"

/* Executable mappings of shared libraries: nobody writes there (no text relocations in Debian), so
 * no private copy is lost. Others may hold relocated data and are left alone. */
static bool is_code_of_library(const char *perms, const char *path)
{
	return str_eq(perms, "r-xp") && path[0] == '/' && strstr(path, ".so");
}

void trim_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], perms[8], path[400];
	unsigned long from, to;
	char *dash;

	malloc_trim(0);
	if (!maps)
		return;
	while (fgets(line, sizeof(line), maps)) {
		path[0] = '\0';
		from = strtoul(line, &dash, 16);
		to = *dash == '-' ? strtoul(dash + 1, NULL, 16) : from;
		if (sscanf(line, "%*s %7s %*s %*s %*s %399s", perms, path) < 2 ||
		        !is_code_of_library(perms, path))
			continue;
		madvise((void *)(uintptr_t)from, to - from, MADV_DONTNEED);
	}
	fclose(maps);
}
