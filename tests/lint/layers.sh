#!/bin/sh
# tests/lint/layers.sh ROOT: holds every #include of bot/, handlers/ and include/ below ROOT against layers.txt.
# One line for each breach: file:line: what. tests/ may include anything but libraries are the bot's business.
set -u
rules=$(cd "$(dirname "$0")" && pwd)/layers.txt
cd "$1" || exit 2

# What there is: include/NAME.h, and the folder of each NAME.c in bot/.
{
	find include -name '*.h' -type f 2>/dev/null | sed 's|^include/|header |'
	find bot -mindepth 2 -name '*.c' -type f 2>/dev/null | sed -E 's|^bot/([^/]*)/(.*/)?([^/]*)\.c$|home \3.h \1|'
	find bot handlers include -name '*.[ch]' -type f 2>/dev/null | sort |
		xargs grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null |
		sed -E 's|^([^:]*):([0-9]+):[^"<]*(["<])([^">]*)[">].*$|use \1 \2 \3 \4|'
} | awk -v rules="$rules" '
function matches(text, patterns,   n, i, p, re) {
	n = split(patterns, p, " ")
	for (i = 1; i <= n; i++) {
		re = p[i]
		gsub(/[.]/, "[.]", re)
		gsub(/[*]/, ".*", re)
		if (text ~ ("^" re "$"))
			return 1
	}
	return 0
}
function breach(what) {
	printf "%s:%s: %s\n", file, line, what
	bad++
}
# May `layer` include something that belongs to folder `owner`?
function allowed(owner) {
	return owner == "any" || owner == layer || index(" " may[layer] " ", " " owner " ") > 0
}
function library(   i) {
	for (i = 1; i <= nlib; i++) {
		if (matches(name, lib[i]) && !matches(file, libfiles[i])) {
			breach("<" name "> belongs to " libfiles[i])
			return
		}
	}
}
function owner_of(h) {
	if (h in public)
		return public[h]
	return h in home ? home[h] : "any"
}
function quoted(   top) {
	top = name
	sub(/[\/].*/, "", top)
	if (file ~ /^include\//) {
		if (index(name, "/") || !(name in header))
			breach("\"" name "\": a header in include/ sees only include/")
	} else if (file ~ /^handlers\//) {
		if (!(name in header) && index(name, "/") && name !~ /^(commands|events|actions|workflows)\//)
			breach("\"" name "\": a handler sees only include/")
	} else if (index(name, "/")) {
		if (!allowed(top))
			breach("\"" name "\": bot/" layer " may not see " top)
	} else if (!(name in header)) {
		breach("\"" name "\" is not in include/: write \"FOLDER/" name "\"")
	} else if (!allowed(owner_of(name))) {
		breach("\"" name "\": bot/" layer " may not see " owner_of(name))
	}
}
BEGIN {
	while ((getline text < rules) > 0) {
		n = split(text, w, " ")
		if (w[1] == "public")
			public[w[2]] = w[3]
		if (w[1] != "layer" && w[1] != "library")
			continue
		rest = text
		sub(/^[^:]*:[ ]*/, "", rest)
		if (w[1] == "layer")
			may[w[2]] = rest
		else {
			lib[++nlib] = w[2]
			libfiles[nlib] = rest
		}
	}
}
$1 == "header" { header[$2] = 1 }
$1 == "home" { home[$2] = $3 }
$1 == "use" {
	uses++
	file = $2
	line = $3
	name = $5
	layer = file
	sub(/^bot\//, "", layer)
	sub(/\/.*/, "", layer)
	if (file == "bot/main.c")
		layer = "app"
	if (file ~ /^bot\// && !(layer in may))
		breach("folder bot/" layer " is not in tests/lint/layers.txt")
	else if ($4 == "<")
		library()
	else
		quoted()
}
END {
	if (!uses) {
		print "layers: no #include found below " ENVIRON["PWD"]
		exit 1
	}
	exit bad > 0
}'
