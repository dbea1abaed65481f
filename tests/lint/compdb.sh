#!/bin/sh
# tests/lint/compdb.sh 'COMPILE COMMAND' FILE...: compile_commands.json on stdout.
cmd=$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')
shift
sep='['
for f in "$@"; do
	case $f in
	handlers/*) inc="-Iinclude" ;;
	bot/*) inc="-Iinclude -Ibot" ;;
	*) inc="-Iinclude -Ibot -Itests" ;;
	esac
	printf '%s\n{"directory":"%s","file":"%s","command":"%s %s -c %s"}' "$sep" "$PWD" "$f" "$cmd" "$inc" "$f"
	sep=','
done
printf '\n]\n'
