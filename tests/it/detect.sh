#!/bin/bash
# detect.sh - every fault at once, and what an engineer would open for it: one thread for each service that
# needs a person, one for the outage that took five services, none for the rest. Then shadow mode and Go live.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
opened() { heal incidents --json | jq -r '.[] | "\(.service) \(.signal)"' | sort; }
say() { sb POST slack/command "$(jq -nc --arg t "$*" '{user:"U0ANA00001",text:$t}')" >/dev/null; }
texts() { sb GET slack/state | jq -r '.. | strings'; }
shows() { texts | grep -qF -- "$1"; }
roots() { sb GET slack/state | jq '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | select(.blocks[0].type == "header")] | length'; }
test_roots() { [ "$(roots)" -eq "$1" ]; }
scans() { heal runs --json 2>/dev/null | jq '[.[] | select(.workflow == "scan" and .state == "done")] | length'; }
scan() { # one more, to its end
	local n
	n=$(scans)
	say scan
	wait_for 60 more_scans "$n"
}
more_scans() { [ "$(scans)" -gt "$1" ]; }
same() { diff <(echo "$1") <(echo "$2"); }
now_open() { same "$want" "$(opened)"; }
no_model() { sed -i '/^model = /d' "$TMP/heal.ini"; } # numbers only: this is about what opens
calm() { sb POST slack/config '{"rate":false}' >/dev/null; }
all_faults() { sb POST railway/world "$(cat "$ROOT/tests/it/all_faults.json")" >/dev/null; }

want='crash-loop crash_loop
errors error_rate
failed-deploy deploy
full-disk disk
leaking memory
maindb crash_loop
oom-loop crash_loop
pinned-cpu cpu
restarting crash_loop
silent-cron cron
slow latency
stuck-deploy deploy'

sb_start
calm
all_faults
bot_ini scan.every=1h
no_model
bot_start
wait_for 60 more_scans 0
check 'after one scan: what cannot wait' bash -c 'grep -q "^maindb crash_loop" <<<"$1" && ! grep -q "^slow " <<<"$1"' _ "$(opened)"
scan
scan
check 'after three: exactly what needs a person' same "$want" "$(opened)"
check '… one thread each' wait_for 60 test_roots 12
check 'five services of one outage are one incident' wait_for 20 shows 'and 4 more services'
check '… with its members' bash -c 'for s in shop cart billing search; do grep -qF "$s (HTTP 5xx" <<<"$1" || exit 1; done' _ "$(texts)"
check '… and what they have in common' shows 'likely in common: the database maindb'
scan
check 'the next scan changes nothing' same "$want" "$(opened)"
say why shop
check 'why: a member says whose incident it is' wait_for 10 shows 'It fails together with others: part of'
say why seldom
check 'why: exact numbers of what is fine' wait_for 10 shows 'from 50 requests on'
say simulate error_rate=50%/60% days=1
check 'simulate: what other thresholds would open' wait_for 20 shows 'instead of'

say mute healthy 2h
check 'mute' wait_for 10 shows 'healthy is muted until'
bot_stop

# --- shadow mode: nothing per incident, one list, a button
sb POST reset '{}' >/dev/null
calm
all_faults
rm -f "$TMP"/heal.db*
bot_ini scan.every=1h scan.shadow=first-day
no_model
bot_start
wait_for 60 more_scans 0
scan
scan
check 'shadow mode: no incident' same '' "$(opened)"
check '… and no thread' test "$(roots)" -eq 0
check '… one list of what would have opened' wait_for 10 shows 'Would have opened (16)'
check '… that says until when' shows 'Shadow mode'
list_ts=$(sb GET slack/state | jq -r '.channels[] | select(.id == "C0INCIDENT") | .messages[] | select(.blocks | tostring | contains("Shadow mode")) | .ts')
sb POST slack/click "{\"user\":\"U0ANA00001\",\"ts\":\"$list_ts\",\"action_id\":\"cmd\"}" >/dev/null
check 'Go live' wait_for 30 shows 'ended shadow mode'
check '… opens what is bad' wait_for 60 now_open
done_testing
