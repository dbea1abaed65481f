#!/bin/sh
# tests/lint/tidy.sh FILE: clang-tidy on one file. A clean result is remembered by the hash of the preprocessed
# text, the file itself (NOLINT), the configuration and the version, so a second run is quick.
set -u
f=$1
OUT=${OUT:-build/lint}
case $f in
handlers/*) inc="-Iinclude" ;;
bot/*) inc="-Iinclude -Ibot" ;;
*) inc="-Iinclude -Ibot -Itests" ;;
esac
# The sandbox is no part of the bot: its numbers come from our own tests (atoi will do), and the analyzer, which takes
# four fifths of the time, is left out (gcc and AddressSanitizer look at it as well).
checks=
case $f in
tests/*) checks='--checks=-cert-err34-c,-clang-analyzer-*' ;;
esac
pkg=$(pkg-config --cflags libwebsockets libcurl libcjson sqlite3 libpcre2-8 inih 2>/dev/null | sed 's/-I/-isystem /g')
flags="-std=c11 -D_GNU_SOURCE $inc $pkg"
mkdir -p "$OUT/tidy"
text=$(clang-14 $flags -DHEAL_VERSION='""' -E -P "$f" 2>/dev/null | cat - "$f" .clang-tidy tests/lint/tidy.sh | sha256sum | cut -c1-32)
done=$OUT/tidy/$text
[ -f "$done" ] && exit 0
log=$OUT/tidy/$(echo "$f" | tr / _).log
if clang-tidy-14 --quiet ${checks:+"$checks"} "$f" -- $flags -DHEAL_VERSION='""' >"$log" 2>/dev/null; then
	: >"$done"
	exit 0
fi
grep -E '(error|warning):|note: .*(threshold|nesting level)' "$log" | sed "s|$PWD/||"
exit 1
