#!/bin/sh
# tests/bench/run.sh: every benchmark, one after the other (they measure; nothing else should run). Programs are
# $BUILD/bench/bench_* and scripts tests/bench/bench_*.sh; each prints its figures with the command that repeats
# them. BENCH=name runs those whose name has it.
set -u
cd "$(dirname "$0")/../.." || exit 2
export BUILD HEALBOT SANDBOX
rc=0
count=0
for f in tests/bench/bench_*.c tests/bench/bench_*.sh; do
	case $f in
	*'*'* | *lib*) continue ;;
	*"${BENCH:-}"*) ;;
	*) continue ;;
	esac
	name=$(basename "$f")
	echo "== $name"
	case $f in
	*.sh) bash "$f" ;;
	*) "$BUILD/bench/${name%.c}" ;;
	esac || { echo "   $name: FAILED"; rc=1; }
	count=$((count + 1))
done
[ "$count" -gt 0 ] || echo "no benchmark matches"
exit $rc
