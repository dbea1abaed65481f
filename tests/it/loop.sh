#!/bin/bash
# loop.sh - the whole loop with the real binary and a real OpenCode server: a scan finds the sick
# service, one thread, evidence and plan, /heal fix, a real commit pushed to a real repository, the
# pull request's link in the thread, ratings, the merge, the proof, the end. Everything once.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
# shellcheck source=tests/it/lib/opencode.sh
. "$ROOT/tests/it/lib/opencode.sh"
set -u
BEN=U0BEN00001 ANA=U0ANA00001 CHO=U0CHO00001

opencode_bin >/dev/null || {
	echo '1..0 # SKIP OpenCode is not installed (make deps)'
	exit 0
}

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
state_is() { [ "$(field "$1" state)" = "$2" ]; }
type_as() { sb POST slack/command "{\"user\":\"$1\",\"text\":\"$2\"}" | jq -e .ok; }
messages() { sb GET slack/state | jq '[.channels[] | select(.id == "C0INCIDENT") | .messages[]]'; }
# every text that stands in the channel and its threads
texts() { messages | jq -r '.. | strings'; }
shows() { texts | grep -qF -- "$1"; }
roots() { messages | jq '[.[] | select(.blocks[0].type == "header")] | length'; }
root_ts() { field api root_ts; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }

sb_start --time-factor 20
opencode_start "$TMP/oc" "$SB_URL" || {
	echo 'Bail out! OpenCode does not start'
	exit 2
}
trap 'opencode_stop; cleanup' EXIT
export OPENCODE_SERVER_PASSWORD=$OPENCODE_PASSWORD
bot_ini scan.every=30s "opencode.url=$OPENCODE_URL" "opencode.directory=$OPENCODE_WORK" \
	opencode.poll=500ms github.poll=500ms verify.window=30s
bot_start

# --- scan → one thread, diagnosed
check 'the scan opens an incident for the service that fails 94 %, at once' \
	wait_for 20 state_is api diagnosed
check 'its root message says what, how badly and what changed' wait_for 10 shows 'HTTP 5xx'
check 'the change before it is named' wait_for 5 shows 'Changed: deploy'
check 'the evidence stands in the thread' wait_for 5 shows 'Evidence'
check 'a plan with its hash stands in the thread' wait_for 5 shows 'Plan v1'
check 'no secret of the logs is shown' bash -c '! grep -qE "sk_(live|test)_[A-Za-z0-9]{8}" <<<"$1"' _ "$(texts)"

# --- rights
check 'a person without the right is told whom to ask' type_as $CHO 'fix 1'
check '… by name' wait_for 5 shows 'needs a fixer'
check 'nothing was started for him' state_is api diagnosed

# --- rating
check 'a reaction' sb POST slack/reaction "{\"user\":\"$CHO\",\"ts\":\"$(root_ts)\",\"name\":\"+1\"}"
check '… is counted on the root message' wait_for 10 shows 'right 1'
check 'taking it away' sb POST slack/unreact "{\"user\":\"$CHO\",\"ts\":\"$(root_ts)\",\"name\":\"+1\"}"
check '… undoes it' wait_for 10 shows 'right 0'

# --- fix: asked twice at the same moment
type_as $BEN 'fix 1' >/dev/null &
type_as $BEN 'fix 1' >/dev/null
wait $!
check 'the fix becomes a pull request' wait_for 180 state_is api pr_open
check 'its link stands in the thread' wait_for 10 shows 'PR #'
pr() { sb GET github/pulls | jq -r ".pulls[0].$1"; }
check 'there is one pull request, though it was asked for twice' \
	equal "$(sb GET github/pulls | jq '.pulls | length')" 1
check 'its branch is the contract’s' equal "$(pr head.ref)" heal/inc-1-1
check 'the agent had no right to push: the branch was made through the API' equal \
	"$(sb GET 'records?peer=git' | jq '[.. | objects | select(.what? == "push")] | map(.by) | unique == ["api"]')" true
check 'Heal ran the tests itself, and says so' bash -c 'grep -q "Heal ran the command that the agent had used in its work tree; exit status 0" <<<"$1"' _ "$(pr body)"
check 'one OpenCode session was made' equal "$(curl -s -u "opencode:$OPENCODE_PASSWORD" \
	"$OPENCODE_URL/session?directory=$OPENCODE_WORK&search=heal:inc-1-1" | jq length)" 1
check 'the agent’s commit passes the repository’s tests' bash -c '
	git -c credential.helper= -c "http.extraHeader=Authorization: Basic $(printf x-access-token:$3 | base64 -w0)" \
		clone -q -b heal/inc-1-1 "$1/git/acme/api.git" "$2/clone" && cd "$2/clone" &&
	sh "$(ls test*/run.sh test.sh tests/*.sh 2>/dev/null | head -n 1)"' _ "$SB_URL" "$TMP" ghp_sandboxsandboxsandboxsandboxsandb0x

# --- merge → deployed → verified → resolved
check 'a person merges' sb POST github/merge "{\"repo\":\"acme/api\",\"number\":$(pr number)}"
check 'the deployment is seen and watched' wait_for 20 state_is api verifying
check 'the metric has recovered: verified and resolved' wait_for 160 state_is api resolved
check 'the thread shows before and after' wait_for 10 shows 'Verified'
check 'one root message per incident' equal "$(roots)" "$(heal incidents --all --json | jq length)"
check 'no run has failed' equal "$(heal runs --failed)" 'no runs'
check 'the bot stops in order' bot_stop
done_testing
