#!/bin/sh
# tests/run.sh [PATTERN...]: runs every test program and prints the failing logs. Called by make.
#
# Programs: $BUILD/unit/*, $BUILD/replay/*, $BUILD/it/* (made from the sources of the same name) and
# tests/it/*.sh (not lib*.sh). A pattern is a part of a name. Each runs in a process group of its own with
# a time-out (TEST_TIMEOUT seconds), JOBS at a time, with HEALBOT, SANDBOX, BUILD, TMPDIR (a new empty
# folder, also as TMP) and ROOT set, and without proxies, secrets or HEAL_* of the caller.
# Cases are counted from TAP lines (ok / not ok / # SKIP); a program without any is one case.
# The last line is "N passed, N failed".
set -u
LC_ALL=C.UTF-8
export LC_ALL
cd "$(dirname "$0")/.." || exit 2
ROOT=$PWD

run_one() {
	name=$1
	log=$LOGS/$(echo "$name" | tr / _).log
	TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/heal-test.XXXXXX") || exit 2
	TMP=$TMPDIR
	export TMPDIR TMP
	case $name in
	*.sh) prog=tests/$name ;;
	*) prog=$BUILD/$name ;;
	esac
	start=$(date +%s%N)
	case $name in
	*.sh) timeout -k 5 "$LIMIT" $WRAP bash "$prog" ;;
	*) timeout -k 5 "$LIMIT" $WRAP "$prog" ;;
	esac >"$log" 2>&1 </dev/null
	rc=$?
	ms=$((($(date +%s%N) - start) / 1000000))
	rm -rf "$TMPDIR"
	# cmocka writes a skipped test as "not ok N # SKIP name".
	skip=$(grep -cE '^(not )?ok .*# *(SKIP|skip)' "$log")
	ok=$(grep -E '^ok ' "$log" | grep -cvE '# *(SKIP|skip)')
	bad=$(grep -E '^not ok ' "$log" | grep -cvE '# *(SKIP|skip)')
	if [ "$rc" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	elif [ "$rc" -eq 0 ] && [ $((ok + bad + skip)) -eq 0 ]; then
		ok=1
	fi
	word=ok
	[ "$skip" -gt 0 ] && word=skip
	if [ "$bad" -gt 0 ] || [ "$rc" -ne 0 ]; then
		word=FAIL
		[ "$rc" -eq 124 ] && word="FAIL (no end within $LIMIT s)"
	fi
	printf '%s %s %s\n' "$ok" "$bad" "$skip" >"$log.count"
	printf '  %-5s %-36s %4d cases %7d ms\n' "$word" "$name" $((ok + bad)) "$ms"
	if [ "$skip" -gt 0 ]; then
		grep -E '^(not )?ok .*# *(SKIP|skip)' "$log" | sed 's/^/        /'
	fi
	case $word in
	FAIL*)
		echo "$name" >>"$BUILD/failed"
		echo "  ---- $name (exit $rc), what failed in $log"
		if grep -q '^not ok' "$log"; then
			grep -B 4 -A 8 '^not ok' "$log" | head -n 60 | sed 's/^/  | /'
			echo "  | ..."
		fi
		tail -n 25 "$log" | sed 's/^/  | /'
		;;
	esac
	return 0
}

LIMIT=${TEST_TIMEOUT:-180}
case $BUILD in
/*) ;;
*) BUILD=$ROOT/$BUILD ;;
esac
HEALBOT=$BUILD/healbot
SANDBOX=$BUILD/sandbox
LOGS=$BUILD/log
WRAP=
# gcc 12's ThreadSanitizer wants the old address space layout.
case $BUILD in
*/tsan) setarch -R true 2>/dev/null && WRAP="setarch -R" ;;
esac
CMOCKA_MESSAGE_OUTPUT=TAP
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1 suppressions=$ROOT/tests/tsan.supp}
export BUILD HEALBOT SANDBOX LOGS LIMIT WRAP ROOT CMOCKA_MESSAGE_OUTPUT
export ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS

if [ "${1:-}" = --one ]; then
	run_one "$2"
	exit 0
fi

for v in $(env | sed -n 's/^\(HEAL_[A-Z0-9_]*\)=.*/\1/p') SLACK_APP_TOKEN SLACK_BOT_TOKEN \
	RAILWAY_API_TOKEN RAILWAY_TOKEN OPENAI_API_KEY ANTHROPIC_API_KEY OPENCODE_SERVER_PASSWORD \
	OPENCODE_SERVER_USERNAME GITHUB_TOKEN http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy \
	ALL_PROXY no_proxy NO_PROXY; do
	unset "$v"
done

rm -rf "$LOGS"
mkdir -p "$LOGS"
: >"$BUILD/failed" # the programs that failed, for another look at them alone
list=$LOGS/.programs
{
	# The slow ones first, so that the end is not one of them alone.
	for f in tests/it/test_*.c; do
		[ -f "$f" ] && echo "it/$(basename "$f" .c)"
	done
	for f in tests/it/*.sh; do
		case $f in
		*/lib*.sh | *'*'*) ;;
		*) echo "it/$(basename "$f")" ;;
		esac
	done
	for f in tests/unit/test_*.c; do
		[ -f "$f" ] && echo "unit/$(basename "$f" .c)"
	done
	for f in tests/fuzz/fuzz_*.c; do
		[ -f "$f" ] && echo "replay/$(basename "$f" .c | sed s/^fuzz_//)"
	done
} >"$list.all"
: >"$list"
if [ $# -eq 0 ]; then
	cp "$list.all" "$list"
else
	for p in "$@"; do
		grep -F -e "$p" "$list.all" >>"$list"
	done
fi

xargs -n 1 -P "${JOBS:-2}" sh "$0" --one <"$list"

cat "$LOGS"/*.count 2>/dev/null | {
	passed=0 failed=0 skipped=0
	while read -r ok bad skip; do
		passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
	done
	echo "$(wc -l <"$list") programs, logs in ${LOGS#"$ROOT"/}"
	[ "$skipped" -eq 0 ] || echo "$skipped SKIPPED (named above)"
	if [ ! -s "$list" ]; then
		echo "no test matches"
		failed=1
	fi
	if [ "$(ls "$LOGS"/*.count 2>/dev/null | wc -l)" -ne "$(sort -u "$list" | wc -l)" ]; then
		echo "a test program left no result"
		failed=$((failed + 1))
	fi
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
