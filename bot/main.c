/* main.c - the program's first and last steps; the command line is app/cli.c. */
#include "app/cli.h"
#include "app/secrets.h"

int main(int argc, char **argv)
{
	secrets_harden();
	return cli_main(argc, argv);
}
