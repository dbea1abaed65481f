#!/bin/bash
# steer.sh - runs from the terminal, beside a running bot and without one: list, tree, retry, cancel, pause, resume;
# exit codes, words, secrets; who may give orders.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
# fails CODE WORDS ARGS...: healbot ends with the code and says the words on stderr
fails() {
	local want=$1 words=$2 rc=0
	shift 2
	heal "$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	cat "$TMP/out" "$TMP/err"
	[ "$rc" = "$want" ] && grep -qF -- "$words" "$TMP/err"
}
says() {
	local words=$1
	shift
	heal "$@" >"$TMP/out" || return 1
	cat "$TMP/out"
	grep -qF -- "$words" "$TMP/out"
}
state() { heal runs "$1" --json | jq -r .state; }
is() { equal "$(state "$1")" "$2"; }
first() { heal runs "$@" --limit 1 --json | jq -e '.[0].id'; }

sb_start
bot_ini scan.every=1h
check 'without a database: said, and none is made' fails 2 'there is no database' cancel 1
check 'really none' test ! -e "$TMP/heal.db"

# The model is out of order: investigations retry for a long time.
sb_fault '{"peer":"llm","match":"","times":0,"action":{"status":503}}'
bot_start
wait_for 30 first --workflow investigate --state unfinished
RUN=$(first --workflow investigate --state unfinished)

check 'a list by conditions' says "$RUN" runs --workflow investigate --incident "INC-$(heal runs "$RUN" --json | jq .incident)" --since 1h
check 'nothing matches' says 'no runs' runs --until 30d
check 'a wrong condition is told' fails 2 'unfinished, ready' runs --state broken
check 'the tree has steps, inputs and the incident' says '"incident":' runs "$RUN"
check 'JSON is complete' equal "$(heal runs "$RUN" --json | jq -r '[.id, .workflow, (.step_list | length > 0), (.children | type), (.signals | type)] | @csv')" \
	"$RUN,\"investigate\",true,\"array\",\"array\""
check 'no such run' fails 1 'there is no run 99999' runs 99999
check 'not a number' fails 2 'is no run' runs x

check 'pause' says "run $RUN is paused" pause "$RUN"
wait_for 20 is "$RUN" paused
check 'it is paused' is "$RUN" paused
check 'resume' says "run $RUN goes on" resume "$RUN"
check 'cancel, with a reason that holds a secret' says "run $RUN" cancel "$RUN" --why 'token ghp_sandboxsandboxsandboxsandboxsandb0x leaked'
wait_for 20 is "$RUN" cancelled
check 'it is cancelled' is "$RUN" cancelled
leaks() { heal runs "$RUN" | grep -F ghp_sandbox; heal runs "$RUN" --json | grep -F ghp_sandbox; }
check 'the secret is masked' equal "$(leaks)" ''
check 'cancel again' fails 1 "run $RUN had ended already: cancelled" cancel "$RUN"
check 'some work, some do not' fails 1 'there is no run 99999' cancel 99999 "$RUN"
check 'retry of a step that is not there' fails 1 "run $RUN has no step nix" retry "$RUN" --from nix
check 'retry' says "run $RUN starts again" retry "$RUN"
running() { ! is "$RUN" cancelled; }
wait_for 20 running
check 'it runs again' running
check 'retry of what has not ended' fails 1 'has not ended' retry "$RUN"
check 'which ones?' fails 2 'say which runs' cancel
check 'a condition that is none' fails 2 'older=2h' cancel --where colour=red
check 'all of a workflow' says 'runs are cancelled' cancel --where workflow=investigate
none_left() { equal "$(heal runs --workflow investigate --state unfinished --json | jq length)" 0; }
wait_for 20 none_left
check 'none is left' none_left

check 'the socket is private' equal "$(stat -c %a "$TMP/heal.db.ctl")" 700
no_order() { curl -sS --http0.9 --max-time 5 --unix-socket "$TMP/heal.db.ctl" http://x/ | jq -e '.error'; }
check 'what is no order is refused' no_order
many() { heal cancel $(seq 100001 104000) 2>&1 | grep -c 'there is no run'; }
check 'thousands at once are answered' equal "$(many)" 4000
check '… and does no harm' fails 1 'there is no run 99999' cancel 99999
bot_stop
check 'the socket goes with the bot' test ! -e "$TMP/heal.db.ctl"

check 'without a bot the store is changed here' says 'no bot is running here' retry "$RUN"
check 'it waits for the next start' is "$RUN" ready
sb DELETE faults >/dev/null
bot_start
wait_for 40 is "$RUN" done
check 'the next start goes on with it' is "$RUN" done
bot_stop
done_testing
