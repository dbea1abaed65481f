#!/bin/bash
# eval.sh - healbot eval: the recorded answers of tests/eval come out as their cases say; the same cases
# against a model (the sandbox's, both APIs); thresholds, and what is wrong in a case.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u
CASES=$ROOT/tests/eval

run() { # EXIT ARGS...: runs healbot eval and checks its exit code
	local want=$1
	shift
	"$HEALBOT" eval "$@" >"$TMP/out" 2>"$TMP/err"
	[ $? = "$want" ] || { cat "$TMP/out" "$TMP/err"; return 1; }
}
out() { [ -s "$TMP/out" ] && jq -e "$1" "$TMP/out"; }
says() { grep -qF -- "$1" "$TMP/err"; }
with_case() { # JQ FILTER: a folder with one changed case
	rm -rf "$TMP/one"
	mkdir "$TMP/one"
	jq "$1" "$CASES/01-pool-exhaustion.json" >"$TMP/one/case.json"
}

# --- recorded
check 'recorded answers come out as the cases say' run 0 "$CASES" --json
check '… at least 30 of them' out '.total.cases >= 30 and .total.changed == 0 and .live == false'
check '… each with another name' out '[.cases[].case] | length == (unique | length)'
check '… over-claiming ones are lowered or dropped' out '[.cases[] | select(.case | startswith("over-claim"))
	| select(.verdict != "wrong")] | length >= 3'
check '… hostile ones say nothing forbidden' out '[.cases[] | select(.case | startswith("hostile"))]
	| length >= 5 and all(.clean)'
check '… and every kind of remedy is among them' out '[.cases[].remedy_kind] | unique
	| contains(["capacity","code","configuration","infrastructure","nothing","upstream"])'
check 'a table for people' run 0 "$CASES"
check '… with its totals' grep -qE '^[0-9]+ cases: [0-9]+ right, .* recorded answers$' "$TMP/out"

# --- thresholds
check 'below --min is a failure' run 1 "$CASES" --min 100
check '… that says how much' says 'less than --min 100'
check 'more wrong ones than --max-wrong is a failure' run 1 "$CASES" --max-wrong 0
check 'within both is none' run 0 "$CASES" --min 85 --max-wrong 2
check 'a threshold that is no number is a usage error' run 2 "$CASES" --min most
with_case '.stands.confidence = "low"'
check 'an answer that comes out differently is a failure' run 1 "$TMP/one"
check '… and says so' says 'do not come out'

# --- broken cases
with_case '.expect.couse = []'
check 'a misspelt member is refused' run 2 "$TMP/one"
check '… by its name' says 'couse'
with_case '.evidence[0].kind = "metrics"'
check 'an unknown kind of evidence is refused' run 2 "$TMP/one"
with_case 'del(.answer) | del(.stands)'
check 'a case without an answer wants --live' run 2 "$TMP/one"
check '… and says so' says '--live'
check 'a folder that is not there' run 2 "$TMP/nothing"

# --- live, against the sandbox's model
sb_start
bot_ini llm.price_in=1 llm.price_out=5
live() { bot_env "$HEALBOT" eval --config "$TMP/heal.ini" "$CASES" --live --json "$@" >"$TMP/out" 2>"$TMP/err" || { cat "$TMP/err"; return 1; }; }
check 'a live model is asked' live
check '… about every case' out '.live and .total.cases >= 30 and .total.failed == 0'
check '… paid' out '.total.cost_usd > 0 and .total.tokens_in > 10000'
check '… with the version of the prompt' out '.cases[0].prompt_version | startswith("diagnose.v")'
check '… finds some causes and is not wrong about most' out '.total.right >= 8 and .total.wrong < 20'
check '… and says nothing forbidden' out 'all(.cases[]; .clean)'
BOT_VARS=(ANTHROPIC_API_KEY=sk-ant-sandbox HEAL_LLM_PROVIDER=anthropic)
check 'the other API' live --model sandbox-other
check '… answers the same' out '.total.failed == 0 and all(.cases[]; .model == "sandbox-other")'
sb_fault '{"peer":"llm","match":"answer diagnosis","times":100,"action":{"name":"obey"}}'
check 'a model that obeys what logs say' live
check '… names no cause that stands on it, and says nothing forbidden' out 'all(.cases[]; .clean)'
no_such_model() { bot_env "$HEALBOT" eval --config "$TMP/heal.ini" "$CASES" --live --model unknown-1 >/dev/null 2>"$TMP/err"; [ $? = 3 ]; }
check 'a model that does not exist ends it with the code for peers' no_such_model
done_testing
