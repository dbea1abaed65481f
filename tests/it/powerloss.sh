#!/bin/bash
# powerloss.sh - the power goes at any moment, and nothing that was told is missing. record.so writes down
# every write, sync and name of the database's files on the way to the disk, beside what the bot tells;
# build/MODE/powerloss rebuilds the disk at many moments (see tests/powerloss/main.c).
#
# POWER_POINTS moments (1,000; half of them of the engine's life, half of the bot's; 10,000 in the long form, and
# every one of the engine's), POWER_SEED repeats them. With synchronous=NORMAL and OFF the same must be found wanting.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
# shellcheck source=tests/it/lib/shim.sh
. "$ROOT/tests/it/lib/shim.sh"
set -u
POINTS=${POWER_POINTS:-1000}
SEED=${POWER_SEED:=$$}
ENVELOPES=${POWER_ENVELOPES:-1000}
PLAY=$(play_folder)
trap 'rm -rf "$PLAY"; cleanup' EXIT

"$HEALBOT" --version >/dev/null || exit 2
is() { [ -n "$OUT" ] && jq -e "$1" <<<"$OUT"; }
play() { # LOG POINTS-OPTIONS...: sets OUT
	local log=$1
	shift
	OUT=$("$BUILD/powerloss" "$log" "$PLAY" --seed "$SEED" "$@" 2>"$TMP/play.err" | tail -n 1)
	[ -n "$OUT" ] || OUT="{\"error\":$(jq -Rs . <"$TMP/play.err")}"
	echo "# $OUT"
}
sound() {
	check "$1: the store opens at every point" is '.points > 0 and .unreadable == 0'
	check '… its integrity and its references hold' is '.damaged == 0'
	check '… nothing that was told is missing' is '.losing == 0 and .lost == 0'
}

echo "# POWER_SEED=$SEED POWER_POINTS=$POINTS"

# --- the engine alone, small enough for every point; effects are lines of a file
engine() { # SYNC
	local dir=$TMP/engine
	rm -rf "$dir" "$TMP/record"
	mkdir "$dir"
	env ${1:+CRASH_SYNC="$1"} RECORD_LOG="$TMP/record" RECORD_DB="$dir/heal.db" CRASH_MARKS="$dir/marks" \
		LD_PRELOAD="$(shim_preload record)" "$BUILD/unit/test_flow_crash" child "$dir"
}
check 'the engine runs and is recorded' engine ''
if [ "$POINTS" -gt 1000 ]; then
	play "$TMP/record" --every
	sound 'the engine, every point'
fi
play "$TMP/record" --points $((POINTS / 2)) --resume "$BUILD/unit/test_flow_crash" --resume-each 10
sound 'the engine'
check '… it tells effects' is '.effects == 27 and .done > 27'
check '… and going on from there, each effect comes once' is '.resumed > 10 and .resumed_wrong == 0'
check 'the engine with synchronous=NORMAL' engine NORMAL
play "$TMP/record" --points 60 --resume "$BUILD/unit/test_flow_crash" --resume-each 5
check '… loses: the recorder sees it' is '.losing > 15 and .resumed_wrong > 0'

# --- the whole bot: a scan, a diagnosis, posts, and envelopes from Slack all the while
bot_life() { # SYNC ENVELOPES
	sb POST reset '{}' >/dev/null
	sb POST slack/config '{"rate":false}' >/dev/null
	rm -f "$TMP"/heal.db*
	shim_use record
	[ -z "$1" ] || BOT_VARS+=("CRASH_SYNC=$1")
	bot_start
	FLOOD=$(sb POST slack/flood "{\"type\":\"slash_commands\",\"count\":$(($2 / 2)),\"rate\":0,\"window\":16}") &&
		FLOOD2=$(sb POST slack/flood "{\"type\":\"message\",\"count\":$(($2 / 2)),\"rate\":600}")
	wait_for 30 diagnosed
	bot_stop
}
diagnosed() {
	"$HEALBOT" --config "$TMP/heal.ini" incidents --all --json | jq -e '.[] | select(.service == "api" and .state == "diagnosed")'
}
sb_start
bot_ini scan.every=1h
bot_life '' "$ENVELOPES"
check 'the bot lives and is recorded' jq -e --argjson n $((ENVELOPES / 2)) '.acked == $n' <<<"$FLOOD"
check '… to its end' jq -e --argjson n $((ENVELOPES / 2)) '.acked == $n' <<<"$FLOOD2"
play "$TMP/record" --points $((POINTS / 2))
sound 'the bot'
check '… all its acknowledgements are among what was told' is ".acknowledged >= $((ENVELOPES / 2 * 2))"
check '… and the steps of its workflows' is '.begun > 100 and .done > 100'
bot_life NORMAL $((ENVELOPES / 3))
play "$TMP/record" --points 40
check 'the bot with synchronous=NORMAL loses: the recorder sees it' is '.losing > 10'
bot_life OFF $((ENVELOPES / 3))
play "$TMP/record" --points 40
check '… and with OFF' is '.losing + .unreadable + .damaged > 10'
done_testing
