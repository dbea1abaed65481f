#!/bin/bash
# clock.sh - the wall clock jumps by an hour, forward and back, under the running bot (fault.so): Socket Mode,
# scans and the waits of runs go on, and Railway is never asked for a window that ends before it begins.
# shellcheck disable=SC2317 # check calls functions
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
# shellcheck source=tests/it/lib/shim.sh
. "$ROOT/tests/it/lib/shim.sh"
set -u

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
store() { sqlite3 -readonly "$TMP/heal.db" "$1"; }
answered() { # a command is acknowledged, carried out and answered
	local before
	before=$(answers)
	sb POST slack/command '{"user":"U0ANA00001","text":"version"}' | jq -e '.acked' >/dev/null || return 1
	wait_for 15 answers_more_than "$before"
}
answers() { sb_count slack effect '"Heal 0.'; }
answers_more_than() { [ "$(answers)" -gt "$1" ]; }
scans() { store "SELECT count(*) FROM run WHERE workflow = 'scan' AND state = 'done'"; }
scans_more_than() { [ "$(scans)" -gt "$1" ]; }
scanned() { local n; n=$(scans); wait_for 30 scans_more_than "$n"; }
diagnosed() { heal incidents --all --json | jq -e '.[] | select(.service == "api" and .state == "diagnosed")'; }
ups() { sb_count slack effect '"socket up"'; }
# windows whose end is not after their beginning
windows_backwards() {
	sb GET 'records?peer=railway&kind=request' | jq '[.records[].body.variables // {} |
		select(.startDate and .endDate and .startDate >= .endDate)] | length'
}

roots() { sb GET slack/state | jq '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | select(.blocks[0].type == "header")] | length'; }
one_root_each() { [ "$(roots)" = "$(heal incidents --all --json | jq length)" ]; }

sb_start
sb POST slack/config '{"rate":false}' >/dev/null
bot_ini scan.every=2s
shim_use fault
for jump in +3600 -3600; do
	bot_stop
	rm -f "$TMP"/heal.db*
	sb POST reset '{}' >/dev/null
	sb POST slack/config '{"rate":false}' >/dev/null
	fault --0
	bot_start
	check "before a jump of $jump s: it scans" scanned
	check '… and diagnoses' wait_for 40 diagnosed
	n=$(ups)
	fault "--$jump"
	check "after it: a command is acknowledged and answered" answered
	check '… the connection is the same' equal "$n" "$(ups)"
	check '… it scans on' scanned
	check '… again' scanned
	fault --0
	check 'the clock is set right: a command is answered' answered
	check '… it scans on' scanned
	check '… no window was asked for backwards' equal 0 "$(windows_backwards)"
	check '… no run has failed' equal "$(heal runs --failed)" 'no runs'
	check '… one root message per incident' wait_for 20 one_root_each
done
check 'the bot ends in order' bot_stop
done_testing
