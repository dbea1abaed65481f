#!/bin/sh
# tests/fuzz/run.sh: each fuzz target for SECONDS_EACH seconds. New inputs stay in $BUILD/corpus, a crash in
# $BUILD/crash: move it to tests/fuzz/corpus/<target>/ with its fix.
set -u
cd "$(dirname "$0")/../.." || exit 2
failed=0
count=0
for f in tests/fuzz/fuzz_*.c; do
	x=$(basename "$f" .c)
	x=${x#fuzz_}
	mkdir -p "$BUILD/corpus/$x" "$BUILD/crash"
	log=$BUILD/fuzz_$x.log
	dict=
	[ -f "tests/fuzz/$x.dict" ] && dict="-dict=tests/fuzz/$x.dict"
	if "$BUILD/fuzz/fuzz_$x" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix="$BUILD/crash/$x-" $dict -print_final_stats=1 \
		"$BUILD/corpus/$x" "tests/fuzz/corpus/$x" >"$log" 2>&1; then
		printf '  ok    %-16s %s runs\n' "$x" \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
	else
		printf '  FAIL  %-16s see %s\n' "$x" "$log"
		tail -n 30 "$log"
		failed=$((failed + 1))
	fi
	count=$((count + 1))
done
echo "$count fuzz targets, $failed failed"
[ "$failed" -eq 0 ]
