#!/bin/bash
# crash.sh - kill -9 of the real bot, again and again, from the first scan to the pull request: one
# root message per incident, one session, one pull request, every command done, a sound store. All the while people
# type commands, react to messages and have it scan.
#   CRASH_KILLS=200 for the long form; CRASH_SEED repeats a run.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
# shellcheck source=tests/it/lib/opencode.sh
. "$ROOT/tests/it/lib/opencode.sh"
set -u
KILLS=${CRASH_KILLS:-12}
RANDOM=${CRASH_SEED:=$$}
BEN=U0BEN00001

opencode_bin >/dev/null || {
	echo '1..0 # SKIP OpenCode is not installed (make deps)'
	exit 0
}
heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
is() { [ "$(field "$1" "$2")" = "$3" ]; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
# messages the bot posted to the channel for everybody, by first line
posted() {
	sb GET slack/state | jq -r '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | ., .replies[]? |
		select(.bot_id and (.ephemeral_to // .only_for // .to | not)) | .text] | .[]'
}
roots() { sb GET slack/state | jq '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | select(.blocks[0].type == "header")] | length'; }
strike() { # after 30..700 ms of life
	sleep "0.$(printf %03d $((30 + RANDOM % 670)))"
	bot_stop KILL
	bot_start
}

# what people do meanwhile; a bot that is down is told to them by Slack
crowd() {
	local n=0 root what=('ack 1' 'unack 1' 'assign 1 me' scan list 'show 1' status)
	root=$(field api root_ts)
	while [ ! -e "$TMP/quiet" ]; do
		n=$((n + 1))
		sb POST slack/command "{\"user\":\"$BEN\",\"text\":\"${what[n % 7]}\"}"
		[ $((n % 3)) != 0 ] || sb POST slack/reaction "{\"user\":\"U0CHO00001\",\"ts\":\"$root\",\"name\":\"eyes\"}"
		sleep 0.2
	done >/dev/null 2>&1
}
db() { sqlite3 -cmd '.timeout 5000' "file:$TMP/heal.db?mode=ro" "$1"; }
answered() { [ "$(db "SELECT count(*) FROM inbox LEFT JOIN run ON run.id = inbox.run WHERE run.id IS NULL OR run.state <> 'done'")" = 0 ]; }

echo "# CRASH_SEED=$CRASH_SEED CRASH_KILLS=$KILLS"
sb_start --time-factor 20
sb POST slack/config '{"rate":false}' >/dev/null
opencode_start "$TMP/oc" "$SB_URL" || {
	echo 'Bail out! OpenCode does not start'
	exit 2
}
trap 'opencode_stop; cleanup' EXIT
export OPENCODE_SERVER_PASSWORD=$OPENCODE_PASSWORD
bot_ini scan.every=1m "opencode.url=$OPENCODE_URL" "opencode.directory=$OPENCODE_WORK" opencode.poll=300ms github.poll=500ms
bot_start
for ((i = 0; i < KILLS / 2; i++)); do strike; done
check 'the incident is diagnosed in spite of the kills' wait_for 60 is api state diagnosed
crowd &
CROWD=$!
for ((i = 0; i < 5; i++)); do
	sb POST slack/command "{\"user\":\"$BEN\",\"text\":\"ack 1\"}" >/dev/null
done
sb POST slack/command "{\"user\":\"$BEN\",\"text\":\"fix 1\"}" >/dev/null
for ((i = 0; i < KILLS - KILLS / 2; i++)); do strike; done
touch "$TMP/quiet"
wait "$CROWD"
sb POST slack/command "{\"user\":\"$BEN\",\"text\":\"ack 1\"}" >/dev/null
check 'an acknowledged command is done' wait_for 20 is api acked_by $BEN
check 'the fix becomes a pull request' wait_for 90 is api state pr_open
wait_for 20 bash -c 'curl -s "$1/_control/slack/state" | grep -q "PR #"' _ "$SB_URL"
check 'one pull request' equal "$(sb GET github/pulls | jq '.pulls | length')" 1
check 'one OpenCode session' equal "$(curl -s -u "opencode:$OPENCODE_PASSWORD" \
	"$OPENCODE_URL/session?directory=$OPENCODE_WORK&search=heal:inc-1-1" | jq length)" 1
check 'one root message per incident' equal "$(roots)" "$(heal incidents --all --json | jq length)"
check 'one evidence, one plan and one card in the thread' equal \
	"$(posted | grep -cE '^(Evidence for INC-1|Plan for INC-1|PR #1 for INC-1)')" 3
check 'no run has failed' equal "$(heal runs --failed)" 'no runs'
check 'one diagnosis, though the model may have been asked once more for a lost answer' equal \
	"$(sqlite3 "file:$TMP/heal.db?mode=ro" 'SELECT count(*) FROM diagnosis WHERE incident = 1')" 1
check 'each envelope that was acknowledged has been dealt with' wait_for 30 answered
echo "# $(db 'SELECT count(*) FROM inbox') envelopes"
bot_stop
check 'the store is sound' bash -c '"$1" --config "$2" doctor | grep "store" | grep -q sound' _ "$HEALBOT" "$TMP/heal.ini"
done_testing
