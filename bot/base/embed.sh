#!/bin/sh
# embed.sh FILE... > embed.c: turns files into C arrays, found by embed_get() (bot/base/embed.h).
set -eu
LC_ALL=C
export LC_ALL

echo '/* Made by bot/base/embed.sh. Do not edit. */'
echo '#include "base/embed.h"'
echo '#include <string.h>'
i=0
for f in "$@"; do
	printf 'static const unsigned char f%d[] = {' "$i"
	od -An -v -tx1 "$f" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo '0};'
	i=$((i + 1))
done
echo 'static const struct { const char *name; const unsigned char *data; size_t len; } files[] = {'
i=0
for f in "$@"; do
	printf '{"%s", f%d, sizeof(f%d) - 1},\n' "$f" "$i" "$i"
	i=$((i + 1))
done
cat <<'END'
{NULL, NULL, 0}};

const char *embed_name(size_t i)
{
	return i < sizeof(files) / sizeof(files[0]) ? files[i].name : NULL;
}

const char *embed_get(const char *name, size_t *len)
{
	for (size_t i = 0; files[i].name; i++) {
		if (strcmp(files[i].name, name) == 0) {
			if (len)
				*len = files[i].len;
			return (const char *)files[i].data;
		}
	}
	return NULL;
}
END
