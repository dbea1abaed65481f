#!/bin/bash
# digest.sh - healbot digest as a filter: golden files (UPDATE_GOLDEN=1 writes them anew), options, limits.
set -u
G=$ROOT/tests/golden/digest
n=0
failed=0

# ok STATUS NAME: one TAP line.
ok() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

for in in "$G"/*.in; do
	want=${in%.in}.ok
	{
		"$HEALBOT" digest <"$in"
		echo "--- groups"
		"$HEALBOT" digest --assign <"$in" | tr '\n' ' '
		echo
	} >"$TMP/got"
	[ -n "${UPDATE_GOLDEN:-}" ] && cp "$TMP/got" "$want"
	diff -u "$want" "$TMP/got"
	ok $? "golden $(basename "$in")"
	[ "$("$HEALBOT" digest --assign <"$in" | wc -l)" = "$(wc -l <"$in")" ]
	ok $? "a group for each line of $(basename "$in")"
done

"$HEALBOT" digest --budget nonsense </dev/null >/dev/null 2>&1
[ $? = 2 ]
ok $? "a budget that is no number is a usage error"

[ "$("$HEALBOT" digest </dev/null | head -n 1)" = "0 lines, 0 events, 0 kinds, 0 errors" ]
ok $? "no input, and it says so"

head -c 20000000 /dev/zero | tr '\0' x | (ulimit -v 400000; "$HEALBOT" digest >"$TMP/long")
ok $? "a line of 20 MB within bounded memory"
grep -q '^1 lines, 1 events' "$TMP/long"
ok $? "it is one line"

printf 'user 1 in\r\nuser 2 in\r\nno end' | "$HEALBOT" digest --assign | tr '\n' ' ' | grep -qx '1 1 2 '
ok $? "CRLF, and a last line without newline"

[ "$(printf '2026-08-23 10:00:00 x\n2026-08-23 10:00:00 y\n' | "$HEALBOT" digest --assign --message | sort -u | wc -l)" = 2 ]
ok $? "--message reads no header"

echo "1..$n"
exit $failed
