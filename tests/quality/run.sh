#!/bin/sh
# tests/quality/run.sh: how well the bot sees, on data that is drawn here: each folder is a part with a run.sh of its
# own, which prints every number with its target and fails when one is missed. QUALITY=name runs the parts whose name
# has it; SEEDS="1 2 3" draws other data.
set -u
cd "$(dirname "$0")/../.." || exit 2
SEEDS=${SEEDS:-"11 12 13"}
export BUILD HEALBOT SEEDS
rc=0
count=0
for f in tests/quality/*/run.sh; do
	name=$(basename "$(dirname "$f")")
	case $name in
	*"${QUALITY:-}"*) ;;
	*) continue ;;
	esac
	echo "== $name (seeds $SEEDS)"
	sh "$f" || { echo "   $name: a target is missed"; rc=1; }
	count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "no part of that name"; rc=2; }
exit $rc
