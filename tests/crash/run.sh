#!/bin/sh
# make crash: the long form of the kill -9 tests. CRASH_KILLS kills of the whole bot, CRASH_ROUNDS of the engine.
set -eu
CRASH_KILLS=${CRASH_KILLS:-60} CRASH_ROUNDS=${CRASH_ROUNDS:-200}
export CRASH_KILLS CRASH_ROUNDS
make --no-print-directory MODE=debug TEST_TIMEOUT=1200 TESTS="it/crash.sh unit/test_flow_crash" run-tests
