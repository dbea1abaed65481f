#!/bin/sh
# make crash: the long forms of what proves that nothing is lost and nothing doubled, a line for each. Figures
# can be given: make crash CRASH_KILLS=200.
set -eu
CRASH_KILLS=${CRASH_KILLS:-60} CRASH_ROUNDS=${CRASH_ROUNDS:-1000} CRASH_LIVES=${CRASH_LIVES:-all} POWER_POINTS=${POWER_POINTS:-10000}
export CRASH_KILLS CRASH_ROUNDS CRASH_LIVES POWER_POINTS

run() { # TESTS
	make --no-print-directory MODE="${MODE:-debug}" TEST_TIMEOUT=14400 TESTS="$1" run-tests
}

run 'it/crash.sh unit/test_flow_crash' # CRASH_KILLS kills of the whole bot, CRASH_ROUNDS of the engine
run it/crash_matrix                    # each boundary of each step (CRASH_MATRIX=alone: each in a life of its own)
run it/powerloss.sh                    # POWER_POINTS moments at which the power goes
