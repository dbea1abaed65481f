/*
 * commands_pending.c - commands whose part is still being written say so. Whoever writes one takes
 * its line out here; when the last is gone, so is this file.
 */
#include <stdio.h>

#include "app/cli.h"
#include "app/commands.h"

#define PENDING(fn)                                                                                \
	int fn(struct cli *c, int argc, char **argv)                                               \
	{                                                                                          \
		(void)argc;                                                                        \
		(void)argv;                                                                        \
		fprintf(stderr, "healbot: %s is not built into this version\n", c->command->name); \
		return EXIT_FAILED;                                                                \
	}

PENDING(command_redact)
