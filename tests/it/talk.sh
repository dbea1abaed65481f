#!/bin/bash
# talk.sh - people and a diagnosis: hints, questions and reports, what was sent to a model, and when
# the bot looks again by itself.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u
BEN=U0BEN00001 ANA=U0ANA00001 CHO=U0CHO00001

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
state_is() { [ "$(field "$1" state)" = "$2" ]; }
type_as() { sb POST slack/command "$(jq -n --arg u "$1" --arg t "$2" '{user: $u, text: $t}')" | jq -e .ok; }
say() { sb POST slack/message "$(jq -n --arg u "$1" --arg t "$2" --arg ts "$(field api root_ts)" \
	'{user: $u, text: $t, thread_ts: $ts, channel: "C0INCIDENT"}')" | jq -e .ok; }
texts() { sb GET slack/state | jq -r '.. | strings'; }
shows() { texts | grep -qF -- "$1"; }
version() { heal export "$(field api id)" --json 2>/dev/null | jq -r '.diagnosis.version // .diagnoses[-1].version // 0'; }
plan_is() { shows "plan v$1"; }

sb_start --time-factor 20
bot_ini scan.every=2s limits.diagnose_cooldown=4s llm.triage_model=sandbox-small \
	"who.responders=$BEN"
bot_start
check 'a sick service is diagnosed' wait_for 20 state_is api diagnosed
check 'the cross-check is shown' wait_for 10 shows 'Cross-check: a cross-check found nothing against it'
check 'it asked the cheap model' wait_for 5 test "$(sb_count llm answer sandbox-small)" -ge 1

# --- a report, by command and by the message's menu
check 'a person reports what was seen' type_as $CHO 'report api "checkout hangs after Pay"'
check '… and is told where it goes' wait_for 5 shows 'its next diagnosis has it as evidence'
check 'an unknown service is asked back' type_as $CHO 'report apx "x y"'
check '… with those there are' wait_for 5 shows 'which service? I know api'
ts=$(sb POST slack/message '{"user":"U0CHO00001","text":"customers see a blank page","channel":"C0INCIDENT"}' | jq -r .ts)
check 'a message is reported by its menu' sb POST slack/shortcut \
	"{\"user\":\"$CHO\",\"callback_id\":\"report\",\"ts\":\"$ts\",\"channel\":\"C0INCIDENT\"}"
check '… in a dialog' wait_for 5 shows 'Report to Heal'
check '… that is sent' sb POST slack/submit "{\"user\":\"$CHO\",\"values\":{\"service\":\"api\",\"text\":\"customers see a blank page\"}}"

# --- a hint leads to a new version, with the reports in its evidence
check 'a hint in the thread' say $BEN '!heal it is the nightly batch of billing'
check '… makes a new version' wait_for 20 plan_is 2
check '… that says what changed' wait_for 10 shows 'Changed: '
check '… with the hint in its evidence' wait_for 10 shows '“it is the nightly batch of billing”'
check '… and the report' wait_for 5 shows '“checkout hangs after Pay”'
check '… and the reported message' wait_for 5 shows '“customers see a blank page”'

# --- a question is answered from the evidence, in the thread
check 'a question' say $BEN '!heal which deploy came before the onset?'
check '… is answered with its evidence' wait_for 10 shows 'From the evidence of INC-1'
check 'it makes no new version' bash -c '! grep -qF "plan v3" <<<"$1"' _ "$(texts)"
check 'a person without the right is refused' say $CHO '!heal why is this so slow today?'
check '… and told whom to ask' wait_for 5 shows 'needs a responder'

# --- what left the machine
check 'a viewer does not see prompts' type_as $CHO 'show 1 prompt'
check '… and is told who does' wait_for 5 shows 'is shown to responders'
check 'a responder does' type_as $BEN 'show 1 prompt'
check '… with the receipt' wait_for 10 shows 'masked in it: '
check '… as files in the direct messages' wait_for 10 shows 'byte for byte'
file_is_sent() { texts | grep -qE '^inc-1-[0-9]+-diagnosis.json$'; }
check '… one for each request' wait_for 5 file_is_sent

# --- it looks again by itself
check 'an incident is resolved' type_as $BEN 'resolve 1 yes'
check '…' wait_for 10 state_is api resolved
check '… and reopened' type_as $BEN 'reopen 1'
check '… it is diagnosed again without being asked' wait_for 30 plan_is 3
check 'no run has failed' test "$(heal runs --failed)" = 'no runs'
check 'the bot stops in order' bot_stop
done_testing
