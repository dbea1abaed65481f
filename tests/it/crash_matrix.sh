#!/bin/bash
# crash_matrix.sh - the crash matrix (tests/crash/matrix.sh): the real bot is killed at step boundaries of every workflow,
# and leaves what an undisturbed one leaves. Here a sample of its lives, chosen by CRASH_SEED, which is printed; make
# crash has all of them, CRASH_MATRIX=alone each point in a life of its own.
set -u
case $BUILD in
*/tsan | */asan) lives=6 ;;
*) lives=16 ;;
esac
export CRASH_LIVES=${CRASH_LIVES-$lives}
export CRASH_SECONDS=${CRASH_SECONDS-60}
[ "$CRASH_LIVES" != all ] || unset CRASH_LIVES CRASH_SECONDS
exec bash "$ROOT/tests/crash/matrix.sh" "${CRASH_MATRIX:-together}"
