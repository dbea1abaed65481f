#!/bin/sh
# tests/fuzz/run.sh: each fuzz target for SECONDS_EACH seconds, JOBS at a time (FUZZ=name: those whose name has it).
# FUZZ_RUNS=N: at most N runs, always the same ones (-seed=1), for a gate that must not depend on luck.
# New inputs stay in $BUILD/corpus, a crash in $BUILD/crash: move it to tests/fuzz/corpus/<target>/ with its fix.
set -u
cd "$(dirname "$0")/../.." || exit 2

one() { # NAME
	x=$1
	mkdir -p "$BUILD/corpus/$x" "$BUILD/crash"
	log=$BUILD/fuzz_$x.log
	dict=
	[ -f "tests/fuzz/$x.dict" ] && dict="-dict=tests/fuzz/$x.dict"
	if "$BUILD/fuzz/fuzz_$x" -max_total_time="$SECONDS_EACH" -timeout=20 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix="$BUILD/crash/$x-" $dict -print_final_stats=1 \
		${FUZZ_RUNS:+-seed=1 -runs="$FUZZ_RUNS"} \
		"$BUILD/corpus/$x" "tests/fuzz/corpus/$x" >"$log" 2>&1; then
		printf '  ok    %-16s %s runs\n' "$x" \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
		return 0
	fi
	printf '  FAIL  %-16s see %s\n' "$x" "$log"
	tail -n 30 "$log"
	return 1
}

if [ "${1:-}" = --one ]; then
	one "$2"
	exit
fi
names=$(for f in tests/fuzz/fuzz_*.c; do
	basename "$f" .c | sed s/^fuzz_//
done | grep -F -e "${FUZZ:-}")
[ -n "$names" ] || { echo "no fuzz target matches"; exit 2; }
if echo "$names" | xargs -n 1 -P "${JOBS:-2}" sh "$0" --one; then
	echo "$(echo "$names" | wc -l) fuzz targets, none failed"
else
	echo "fuzz targets failed"
	exit 1
fi
