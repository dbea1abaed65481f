/* ca.c - see ca.h. Two paths of the process, fixed before threads exist. */
#include "net/ca.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEM_DIR "/etc/ssl/certs"

static char file[4096];
static char dir[4096];

/* "1a2b3c4d.0": made by c_rehash or update-ca-certificates. */
static bool is_hash_link(const char *name)
{
	for (int i = 0; i < 8; i++)
		if (!isxdigit((unsigned char)name[i]))
			return false;
	return name[8] == '.' && isdigit((unsigned char)name[9]);
}

static bool is_hashed(const char *path)
{
	DIR *d = opendir(path);
	bool found = false;

	if (!d)
		return false;
	for (const struct dirent *it; !found && (it = readdir(d));)
		found = is_hash_link(it->d_name);
	closedir(d);
	return found;
}

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

void ca_init(void)
{
	const char *f = env("CURL_CA_BUNDLE"), *d = env("SSL_CERT_DIR");

	file[0] = dir[0] = '\0';
	if (!f)
		f = env("SSL_CERT_FILE");
	if (f)
		snprintf(file, sizeof(file), "%s", f);
	else if (d)
		snprintf(dir, sizeof(dir), "%s", d);
	else if (is_hashed(SYSTEM_DIR))
		snprintf(dir, sizeof(dir), "%s", SYSTEM_DIR);
}

const char *ca_file(void)
{
	return file[0] ? file : NULL;
}

const char *ca_dir(void)
{
	return dir[0] ? dir : NULL;
}
