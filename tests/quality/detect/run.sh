#!/bin/sh
# tests/quality/detect/run.sh: judging services whose truth is known, scanned every 5 and every 10 minutes.
set -u
rc=0
for every in 5m 10m; do
	for seed in $SEEDS; do
		echo "   -- seed $seed, a scan every $every"
		HEAL_SCAN_EVERY=$every "$BUILD/quality/detect" "$seed" "${SERVICES_EACH:-6}" || rc=1
	done
done
exit $rc
