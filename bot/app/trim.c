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

/* "7f00-7f10 r-xp 00000000 fe:00 1234   /usr/lib/libx.so.1" */
static void trim_line(char *line)
{
	char *end, *path = strchr(line, '/'), perms[5] = "";
	unsigned long from = strtoul(line, &end, 16), to = 0;

	if (*end == '-')
		to = strtoul(end + 1, &end, 16);
	if (!path || to <= from || *end != ' ')
		return;
	memcpy(perms, end + 1, 4);
	if (is_code_of_library(perms, path))
		madvise((void *)(uintptr_t)from, to - from, MADV_DONTNEED);
}

void trim_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];

	malloc_trim(0);
	if (!maps)
		return;
	while (fgets(line, sizeof(line), maps))
		trim_line(line);
	fclose(maps);
}
