#!/bin/bash
# effects.sh - each row of the README's table "Effects happen once": once the answer is lost after the effect, once the
# bot dies while it reads the answer. One world for each of the two; what is compared is what the peers saw.
set -u
. "$ROOT/tests/crash/stories.sh"
. "$ROOT/tests/crash/world.sh"
. "$ROOT/tests/crash/print.sh"

n=0 bad=0
row() { # NAME WANT GOT
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		echo "# wanted $2, got $3"
	fi
}
records() { sb GET "records?kind=effect" | jq "[.records[] | select($1)] | length"; }

lose_answers() {
	fault slack chat.postMessage 1 '{"drop_after":true}'
	fault slack chat.update 1 '{"drop_after":true}'
	fault slack /response/ 1 '{"drop_after":true}'
	fault slack views.open 1 '{"drop_after":true}'
	fault opencode 'POST /session?' 1 '{"drop_after":true}'
	fault opencode prompt_async 1 '{"drop_after":true}'
	fault github 'POST /repos/acme/api/git/refs' 1 '{"drop_after":true}'
	fault github 'POST /repos/acme/api/pulls' 1 '{"drop_after":true}'
	fault llm completions 1 '{"drop_after":true}'
}

die_reading() {
	cat <<-POINTS
		during-reply:publish.root POST chat.postMessage:1
		during-reply:publish.root POST chat.update:1
		during-reply:envelope.reply POST response:1
		during-reply:envelope.dialog POST views.open:1
		during-reply:fix.session:# POST session:1
		during-reply:fix.session:# POST prompt_async:1
		during-reply:fix.publish POST refs:1
		during-reply:fix.verify POST pulls:1
		during-reply:investigate.ask POST completions:1
	POINTS
}

tell() {
	inc "state = 'diagnosed'"
	shown plan
	calm
	slash $BEN 'assign 1 me'
	calm
	button $BEN fix '🔴 INC-1'
	till_ok form_is_open
	click $BEN '{}' submit
	fix_is 1 pr_open
	shown pr
	calm
}

rows() {
	row "$how: a Slack post is there once" 1 "$(records '.what == "post" and .key == "inc-1:root:0"')"
	row "$how: its edit shows" true "$(slack_has '[.channels[].messages[] | select(.text | startswith("🔴 INC-1"))] | length == 1 and (tostring | contains("Suspected cause"))')"
	row "$how: an ephemeral answer is seen, at most twice" true "$(slack_has '[.channels[].messages[] | ., .replies[]? | select(.for_user and (.text | contains("is assigned")))] | length | . == 1 or . == 2')"
	row "$how: a dialog is opened once" 1 "$(records '.what == "view open"')"
	row "$how: one OpenCode session, one prompt" 'session heal:inc-1-1:acme/api: 1 prompts' "$(sessions | grep 'heal:inc')"
	row "$how: one branch" 1 "$(git ls-remote "${URL/:\/\//://x:ghp_sandboxsandboxsandboxsandboxsandb0x@}/git/acme/api.git" 'refs/heads/heal/*' | wc -l)"
	row "$how: one pull request" 1 "$(sb GET github/pulls | jq '.pulls | length')"
	row "$how: one diagnosis is stored" 1 "$(db 'SELECT count(*) FROM diagnosis')"
	row "$how: a lost model answer is paid for again, and counted" 1 "$(db "SELECT count(*) FROM spend WHERE kind = 'lost'")"
	row "$how: a change of the incident is in the timeline once" 1 "$(db "SELECT count(*) FROM timeline WHERE kind = 'assigned'")"
	row "$how: the store is sound" '' "$(world_sound)"
}

for how in 'answer lost' died; do
	W=$TMP/${how// /_}
	mkdir -p "$W"
	exec 3>&2 2>>"$W/err"
	trap world_kill EXIT
	[ "$how" != died ] || die_reading >"$W/points"
	AFTER_SANDBOX=$([ "$how" = died ] || echo lose_answers)
	world_start
	tell
	rows
	[ "$how" != died ] || row 'died: each of the points was reached' 0 "$(wc -l <"$W/points" | tr -d ' ')"
	[ "$how" = died ] || row 'answer lost: each of the faults struck' 0 "$(sb GET faults | jq '[.faults[] | select(.struck == 0)] | length')"
	world_stop
	exec 2>&3
done
trap - EXIT
echo "1..$n"
exit $bad
