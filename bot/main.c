/* main.c - arguments, build the parts in order, run, tear down in reverse. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("healbot " HEAL_VERSION);
		return 0;
	}
	fputs("usage: healbot --version\n", stderr);
	return 2;
}
