/* peer_options.h - the command line of bench_peer; what each means stands at the head of
 * bench_peer.c. */
#ifndef PEER_OPTIONS_H
#define PEER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COUNT 1000000

struct options {
	int64_t count, rate, window, idle_ms, dup, refresh, cut, silent, pong_ms, limit_s;
	bool event, acks;
	char **command;
};

static void usage(void)
{
	fputs("usage: bench_peer [options] -- COMMAND with {PORT}; see the head of bench_peer.c\n",
	        stderr);
	exit(2);
}

static void options_parse(struct options *o, char **argv)
{
	const struct {
		const char *name;
		int64_t *value;
	} numbers[] = {{"--count", &o->count}, {"--rate", &o->rate}, {"--window", &o->window},
	        {"--idle", &o->idle_ms}, {"--dup", &o->dup}, {"--refresh", &o->refresh},
	        {"--cut", &o->cut}, {"--silent", &o->silent}, {"--pong-ms", &o->pong_ms},
	        {"--limit", &o->limit_s}};

	*o = (struct options){.count = 1000, .window = 64, .idle_ms = 2500, .limit_s = 15};
	for (; *argv && strcmp(*argv, "--") != 0; argv++) {
		bool known = false;

		if (strcmp(*argv, "--acks") == 0) {
			o->acks = true;
			continue;
		}
		if (!argv[1])
			usage();
		if (strcmp(*argv, "--kind") == 0) {
			o->event = strcmp(*++argv, "event") == 0;
			continue;
		}
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !known; i++) {
			known = strcmp(*argv, numbers[i].name) == 0;
			if (known)
				*numbers[i].value = strtoll(*++argv, NULL, 10);
		}
		if (!known)
			usage();
	}
	if (!*argv || !argv[1] || o->count < 1 || o->count > MAX_COUNT)
		usage();
	o->command = argv + 1;
}

#endif
