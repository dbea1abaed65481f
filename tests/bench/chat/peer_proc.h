/* peer_proc.h - what /proc says of the bot that bench_peer started. */
#ifndef PEER_PROC_H
#define PEER_PROC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int64_t status_kb(pid_t pid, const char *name)
{
	char path[64], line[256];
	long long v = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			v = strtoll(line + strlen(name) + 1, NULL, 10);
	if (f)
		fclose(f);
	return v;
}

static double cpu_s(pid_t pid)
{
	char path[64], line[1024], *p;
	unsigned long user = 0, sys = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	p = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (p && sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
	                 &sys) != 2)
		user = sys = 0;
	fclose(f);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

#endif
