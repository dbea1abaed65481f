#!/bin/bash
# drain.sh - SIGTERM in the middle of a step: the bot ends in order within 10 s, and its next life goes on
# where this one stopped; nothing is lost, nothing is doubled, and the interrupted attempt is not counted.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
is() { [ "$(field "$1" "$2")" = "$3" ]; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
below() { [ "$1" -lt "$2" ] || { echo "got $1, want less than $2"; return 1; }; }
posts() { sb GET slack/state | jq '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | ., .replies[]? |
	select(.bot_id and (.ephemeral_to // .only_for // .to | not))] | length'; }
asked() { [ "$(sb_count llm request '')" -ge "$1" ]; }
# SIGTERM; sets RC and MS
term() {
	local begin=${EPOCHREALTIME/[.,]/}
	bot_stop
	RC=$?
	MS=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
}
same() { [ "$(posts)" = "$wanted" ] || { echo "got $(posts), want $wanted"; return 1; }; }
sound() { sqlite3 "file:$TMP/heal.db?mode=ro" 'PRAGMA integrity_check; PRAGMA foreign_key_check;'; }

# --- what comes without being disturbed
sb_start
sb POST slack/config '{"rate":false}' >/dev/null
bot_ini scan.every=1h
bot_start
wait_for 60 is api state diagnosed
wait_for 20 bash -c '[ "$(curl -s "$1/_control/slack/state" | jq "[.channels[].messages[] | ., .replies[]?] | map(select(.text // \"\" | startswith(\"Plan for INC-1\"))) | length")" -ge 1 ]' _ "$SB_URL"
term
check 'a bot at rest ends in order' equal "$RC" 0
wanted=$(posts)
paid=$(sb_count llm request '')

# --- while the model thinks
rm -f "$TMP"/heal.db*
sb POST reset '{}' >/dev/null
sb POST slack/config '{"rate":false}' >/dev/null
sb_fault '{"peer":"llm","match":"","times":1,"action":{"delay_ms":60000}}'
bot_start
check 'the model is being asked' wait_for 60 asked 1
term
check 'SIGTERM during a step: the bot ends in order' equal "$RC" 0
check '… within 10 s' below "$MS" 10000
check 'the store is sound' equal "$(sound)" ok
check 'the run is parked, not failed' equal "$(heal runs --failed)" 'no runs'
check 'the interrupted attempt is not counted' equal "$(sqlite3 "file:$TMP/heal.db?mode=ro" \
	"SELECT max(attempt) FROM step JOIN run ON run.id = step.run WHERE run.workflow = 'investigate' AND step.state <> 'done'")" 0
bot_start
check 'the next life goes on with it' wait_for 60 is api state diagnosed
check 'every message is there, once' wait_for 30 same
check 'the model was asked once more, and no more' below "$(sb_count llm request '')" $((paid + 2))

# --- while Slack's answer is on its way: the message is posted, the bot does not know
bot_stop KILL
rm -f "$TMP"/heal.db*
sb POST reset '{}' >/dev/null
sb POST slack/config '{"rate":false}' >/dev/null
sb_fault '{"peer":"slack","match":"chat.postMessage","times":1,"action":{"delay_after_ms":60000}}'
bot_start
check 'a message is on its way' wait_for 60 bash -c '[ "$(curl -s "$1/_control/records?count=1&peer=slack&kind=request&match=chat.postMessage" | jq .count)" -ge 1 ]' _ "$SB_URL"
term
check 'SIGTERM then: in order, in time' below "$MS" 10000
bot_start
check 'diagnosed by the next life' wait_for 60 is api state diagnosed
check 'the message was found, not posted again' wait_for 30 same
check 'the bot stops in order' bot_stop
done_testing
