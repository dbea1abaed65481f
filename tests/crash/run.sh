#!/bin/sh
# make crash: the long forms of what proves that nothing is lost and nothing doubled, a line for each. Figures
# can be given: make crash CRASH_KILLS=200.
set -eu
CRASH_KILLS=${CRASH_KILLS:-60} CRASH_ROUNDS=${CRASH_ROUNDS:-10000} CRASH_ROUND_SECONDS=${CRASH_ROUND_SECONDS:-0}
CRASH_LIVES=${CRASH_LIVES:-all} POWER_POINTS=${POWER_POINTS:-10000}
export CRASH_KILLS CRASH_ROUNDS CRASH_ROUND_SECONDS CRASH_LIVES POWER_POINTS
SILENCE_ENVELOPES=${SILENCE_ENVELOPES:-50000} SILENCE_REFRESH=${SILENCE_REFRESH:-10} SILENCE_KILLS=${SILENCE_KILLS:-15}
export SILENCE_ENVELOPES SILENCE_REFRESH SILENCE_KILLS

run() { # TESTS
	make --no-print-directory MODE="${MODE:-debug}" TEST_TIMEOUT=14400 TESTS="$1" run-tests
}

run 'it/crash.sh unit/test_flow_crash' # CRASH_KILLS kills of the whole bot, CRASH_ROUNDS of the engine
run it/crash_matrix                    # each boundary of each step (CRASH_MATRIX=alone: each in a life of its own)
FIX_MANY=${FIX_MANY:-20} # incidents in ten repositories at the same time, with a real OpenCode server
export FIX_MANY
run it/test_fix_hostile
unset FIX_MANY
run it/powerloss.sh                    # POWER_POINTS moments at which the power goes
run it/silence.sh                      # SILENCE_ENVELOPES from a Slack at its worst, SILENCE_KILLS kills
run 'it/storage.sh it/clock.sh'        # the disk fails, the wall clock jumps
# The same without data races, in the short forms: CRASH_TSAN= leaves it out.
if [ -n "${CRASH_TSAN-1}" ]; then
	unset POWER_POINTS SILENCE_ENVELOPES SILENCE_KILLS
	export SILENCE_WINDOW=16 # slow: not more under way than can be answered in 3 s
	MODE=tsan
	run 'it/silence.sh it/storage.sh it/clock.sh it/powerloss.sh'
fi
