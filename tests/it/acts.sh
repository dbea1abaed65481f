#!/bin/bash
# acts.sh - remedies that are not code, with the real binary: shown exactly before they are sent, each
# behind its own right, sent once whatever happens to the answer, watched, proven, undone.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u
BEN=U0BEN00001 CHO=U0CHO00001

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
is() { [ "$(field "$1" "$2")" = "$3" ]; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
all_texts() { sb GET slack/state | jq -r '[.channels[].messages[], (.channels[].messages[].replies[]?)] | .. | strings'; }
shows() { all_texts | grep -qF -- "$1"; }
count() { all_texts | grep -cF -- "$1"; }
type_as() { sb POST slack/command "$(jq -n --arg u "$1" --arg t "$2" '{user: $u, text: $t}')" | jq -e .ok >/dev/null; }
says() {
	local before
	before=$(count "$3")
	type_as "$1" "$2"
	wait_for 15 more "$3" "$before"
}
more() { [ "$(count "$1")" -gt "$2" ]; }
sent() { sb_count railway effect "$1"; }
view() { sb GET slack/state | jq -r '.views[-1] | .. | strings'; }
view_shows() { view | grep -qF -- "$1"; }
ended() { [ "$(sqlite3 "file:$TMP/heal.db?mode=ro" "SELECT count(*) FROM act WHERE state <> 'running'")" -ge "$1" ]; }
state() { sqlite3 "file:$TMP/heal.db?mode=ro" "SELECT state FROM act ORDER BY incident, n DESC LIMIT 1"; }
twice() { [ "$(sent deploymentRollback)" = 2 ]; }
latest() { sb GET railway/state | jq -r '.services[] | select(.name == "api") | .deployment'; }

sb_start --time-factor 60
sb POST slack/config '{"rate":false}' >/dev/null
bot_ini scan.every=1h verify.window=10s verify.again=1h actions.poll=300ms railway.requests_per_second=50 \
	"actions.rollback=$BEN" "actions.restart=$BEN" "actions.scale=$BEN" "actions.limits=$BEN" "actions.variable=$BEN"
bot_start
check 'the incident is there' wait_for 30 is api state diagnosed

# --- rights
check 'who is not listed is told whom to ask' says $CHO 'rollback 1' 'You may not do that from here. Ask: '
check 'what nobody may do says how to allow it' says $BEN 'redeploy 1' 'an operator sets redeploy in [actions]'
check 'nothing was sent' equal "$(sent deployment)" 0
check 'the plan offers what fits: a deployment came before the trouble' wait_for 10 shows 'Roll back…'

# --- shown exactly, then sent once
before=$(latest)
check 'the dialog opens' type_as $BEN 'rollback 1'
check '… with exactly what is sent' wait_for 10 view_shows 'deploymentRollback(id:'
check '… and what undoes it' view_shows 'Roll back to'
check 'nothing is sent before it is approved' equal "$(sent deployment)" 0
sb_fault '{"peer":"railway","match":"lost deploymentRollback","times":1,"action":"drop_after"}'
check 'approved, though the answer gets lost' sb POST slack/submit "{\"user\":\"$BEN\"}"
check 'the thread says that it was found by looking' wait_for 20 shows 'its answer was lost; found by looking'
check 'it was sent once' equal "$(sent deploymentRollback)" 1
check 'the act is done once its deployment serves' wait_for 30 ended 1
check '… in state done' equal "$(state)" done
# --- undo, against a service that changes meanwhile
check 'the way back is offered' wait_for 10 shows '↩️ Undo…'
check 'a stale approval: the dialog opens' type_as $BEN "rollback 1 $before"
wait_for 10 view_shows 'Roll api back to'
sb POST railway/deploy '{"service":"api","commit":"5555555555555555555555555555555555555555","message":"hotfix","author":"cho"}' >/dev/null
sb POST slack/submit "{\"user\":\"$BEN\"}" >/dev/null
check '… is refused when somebody deployed in between' wait_for 10 shows 'has changed since this was shown'
check '… and not sent' equal "$(sent deploymentRollback)" 1

# --- the other kinds
check 'more replicas, by word' says $BEN 'scale 1 replicas=3 yes' 'It is on its way'
wait_for 60 ended 2
check '… as a patch of the region' equal "$(sb GET 'records?peer=railway&kind=effect&match=environmentPatchCommit' |
	jq -c '[.. | .multiRegionConfig? // empty][0]')" '{"europe-west4-drams3a":{"numReplicas":3}}'
check 'as many as there are is refused' says $BEN 'scale 1 3 yes' 'has 3 replicas; 3 is not possible'
check 'limits' says $BEN 'limits 1 memory=2 yes' 'It is on its way'
wait_for 60 ended 3
check '… are sent once' equal "$(sent serviceInstanceLimitsUpdate)" 1
check 'a secret is no variable for Slack' says $BEN 'variable 1 API_KEY=sk-proj-abcdefghijklmnopqrstuvwxyz012345 yes' 'looks like a secret'
check 'a variable' says $BEN 'variable 1 POOL_SIZE=20 yes' 'It is on its way'
wait_for 60 ended 4
check '… is written once' equal "$(sent variableUpsert)" 1
check 'a restart whose effect nobody can see is not repeated' says $BEN 'restart 1 yes' 'It is on its way'
wait_for 60 ended 5
check '… sent once' equal "$(sent deploymentRestart)" 1

# --- kill -9 when Railway has acted
type_as $BEN 'rollback 1 yes'
wait_for 30 twice
bot_stop KILL
bot_start
check 'killed after the effect: it ends' wait_for 60 ended 6
check '… and was not sent again' equal "$(sent deploymentRollback)" 2

# --- the proof of the first one, which has been measuring all the while
proven() { sqlite3 "file:$TMP/heal.db?mode=ro" "SELECT proof FROM act WHERE n = 1" | jq -e '.verdict == "verified" and .before > 0.5 and .after < 0.02'; }
check 'the same metric before and after proves it' wait_for 100 proven
check '… and stands in the thread' wait_for 10 shows ' after the change'
check 'no run has failed but the refused ones' equal "$(heal runs --failed)" 'no runs'
check 'the bot stops in order' bot_stop
done_testing
