#!/bin/bash
# stories.sh - what happens in the worlds of the crash matrix (world.sh). Each story is a function; together they enter
# every workflow, every hook and every step there is (unentered names the exceptions).
#
# A story waits for what the bot has done, never for a time, and has the same outcome however often the bot dies.

ANA=U0ANA00001 BEN=U0BEN00001 CHO=U0CHO00001 GUEST=U0GUEST001
STORIES="first chat talk words act repair fix close trouble lost sick"

inc() { till "SELECT 1 FROM incident WHERE id = 1 AND ($1)"; }
shown() { till "SELECT 1 FROM slot WHERE slot = '$1' AND ts IS NOT NULL"; }
fix_is() { till "SELECT 1 FROM fix WHERE n = $1 AND state = '$2'"; }
failed() { till "SELECT 1 FROM run WHERE workflow = '$1' AND state = 'failed'"; }
ts() { db "SELECT ts FROM slot WHERE slot = '${1:-root}'"; }
slack_has() { sb GET slack/state | jq -e "$@"; }
fault() { # PEER MATCH TIMES ACTION
	sb POST faults "{\"peer\":\"$1\",\"match\":\"$2\",\"times\":$3,\"action\":$4}" >/dev/null
}
no_faults() { sb DELETE faults >/dev/null; }
pr() { db 'SELECT pr_number FROM fix WHERE pr_number > 0 ORDER BY n DESC LIMIT 1'; }
repo() { db 'SELECT repo FROM fix ORDER BY n DESC LIMIT 1'; }
at_github() { # VERB, about the newest pull request
	sb POST "github/$1" "{\"repo\":\"$(repo)\",\"number\":$(pr)}" >/dev/null
}
# the button ACTION of the message whose text begins so, as soon as it is there
with_button='[.. | objects | select((.ts? // "") != "" and (.text? | type == "string" and startswith($t)) and
	any(.. | .action_id? // empty; . == $a))]'
button() { # USER ACTION TEXT
	till_ok slack_has --arg t "$3" --arg a "$2" "$with_button | length > 0"
	click "$1" "$(sb GET slack/state | jq --arg t "$3" --arg a "$2" "${with_button}[0] | {ts, action_id: \$a}")"
}
# These words stand in Slack: what failed, or what comes next.
says() { till_ok slack_has --arg t "$1" '[.. | strings | contains($t)] | any'; }
form_is_open() { slack_has '.views | length > 0' >/dev/null; }
# A dialog comes within 3 s or not at all: then the person is told so, and presses again.
trigger_expired='the dialog could not be opened in time'
times_expired() { sb GET slack/state | grep -o "$trigger_expired" | wc -l; }
form_or_word() { form_is_open || [ "$(times_expired)" -gt "$1" ]; }
open_form() { # COMMAND... that presses
	local words
	until form_is_open; do
		words=$(times_expired)
		"$@"
		till_ok form_or_word "$words"
	done
}

begin() {
	world_start "$@"
	inc "state = 'diagnosed'"
	shown plan
	calm
}

# From the first scan to the plan in the thread.
story_first() {
	begin
}

# A person's commands, answers included; what is mistyped; what is refused.
story_chat() {
	begin
	slash $BEN scan
	slash $BEN 'snooze 1 4h'
	slash $BEN 'unsnooze 1'
	slash $BEN 'assign 1 me'
	slash $BEN 'no such verb'
	slash $GUEST 'ack 1'
	slash $BEN 'stop 1'
	slash $BEN 'resolve 1'
	slash $BEN 'resolve 1 yes'
	calm
	slash $BEN 'ack'
	slash $BEN 'reopen 1'
	calm
	slash $BEN 'ignore 1 "load test"'
	inc "state = 'dismissed'"
	calm
}

# In the thread: a mention, ratings, the dialog that asks what it was, App Home; a night passes.
story_talk() {
	begin
	event mention "{\"user\":\"$CHO\",\"text\":\"ack\",\"thread_ts\":\"$(ts)\"}"
	inc 'acked_by IS NOT NULL'
	event mention "{\"user\":\"$CHO\",\"text\":\"unack\",\"thread_ts\":\"$(ts)\"}"
	inc 'acked_by IS NULL'
	event reaction "{\"user\":\"$CHO\",\"ts\":\"$(ts)\",\"name\":\"eyes\"}"
	event reaction "{\"user\":\"$CHO\",\"ts\":\"$(ts)\",\"name\":\"zzz\"}"
	event reaction "{\"user\":\"$CHO\",\"ts\":\"$(ts)\",\"name\":\"white_check_mark\"}"
	inc 'snoozed_until_ms > 0'
	event open_home "{\"user\":\"$CHO\"}"
	event reaction "{\"user\":\"$ANA\",\"ts\":\"$(ts plan)\",\"name\":\"-1\"}"
	open_form button $ANA hint 'What was it?'
	click $ANA '{"values":{"hint":"the nightly batch"}}' submit
	till 'SELECT 1 FROM diagnosis WHERE version = 2'
	calm
	fault slack views.publish 0 '{"json":{"ok":false,"error":"ekm_access_denied"}}'
	event open_home "{\"user\":\"$ANA\"}"
	failed envelope
	calm
	no_faults
	night
}

# A fix that is stopped, then one from the dialog to the proof.
story_fix() {
	begin
	fault llm 'answer agent' 0 '{"name":"endless"}'
	slash $BEN 'fix 1'
	till 'SELECT 1 FROM fix WHERE n = 1 AND session IS NOT NULL'
	slash $BEN 'stop 1'
	fix_is 1 stopped
	calm
	no_faults
	open_form button $BEN fix '🔴 INC-1'
	click $BEN '{}' submit
	fix_is 2 pr_open
	till "SELECT 1 FROM fix WHERE n = 2 AND json_extract(pr, '$.ci.verdict') = 'green'"
	shown pr
	calm
	sb POST railway/gap '{"service":"api"}' >/dev/null # no figures: the verdict is the same each time
	at_github merge
	till "SELECT 1 FROM timeline WHERE kind = 'unproven'"
	shown verify
	calm
}

# A pull request that nobody wants any more: the incident has ended, its card has a button.
story_close() {
	begin
	slash $BEN 'fix 1'
	fix_is 1 pr_open
	till "SELECT 1 FROM fix WHERE json_extract(pr, '$.ci.verdict') = 'green'"
	shown pr
	slash $BEN 'resolve 1 yes'
	calm
	button $BEN pr_close 'PR #'
	fix_is 1 closed
	calm
}

# Words in the thread and reports; a maintenance window; an instruction for the agent at work.
story_words() {
	begin limits.diagnose_cooldown=1s
	event message "$(said '!heal which deploy came before the onset?')"
	till "SELECT 1 FROM prompt WHERE purpose = 'answer'"
	calm
	slash $CHO 'report api "checkout hangs after Pay"'
	calm
	open_form carry interactive sb POST slack/shortcut "{\"user\":\"$CHO\",\"callback_id\":\"report\",\"ts\":\"$(ts)\",\"channel\":\"C0INCIDENT\"}"
	click $CHO '{"values":{"service":"api","text":"a blank page"}}' submit
	calm
	slash $BEN 'mute orders 2h'
	slash $BEN 'unmute orders'
	slash $BEN cost
	calm
	fault llm 'answer agent' 0 '{"name":"endless"}'
	slash $BEN 'fix 1'
	till 'SELECT 1 FROM fix WHERE n = 1 AND session IS NOT NULL'
	slash $BEN 'tell 1 "keep the public API stable"'
	till "SELECT 1 FROM timeline WHERE note LIKE 'told the agent%'"
	slash $BEN 'stop 1'
	fix_is 1 stopped
	calm
	no_faults
}
said() { jq -n --arg u "${2:-$CHO}" --arg t "$1" --arg ts "$(ts)" '{user: $u, text: $t, thread_ts: $ts, channel: "C0INCIDENT"}'; }

# A remedy that is not code, to its proof. Whether it was done is looked up after a
# crash; when Railway shows nothing it is not sent again, and the person who reads that asks once more.
story_act() {
	begin actions.rollback=$BEN actions.poll=100ms verify.again=100ms
	sb POST railway/gap '{"service":"api"}' >/dev/null
	ask_act 'rollback 1 yes'
	till 'SELECT 1 FROM act WHERE proof IS NOT NULL'
	calm
}
ask_act() {
	local n=0
	while :; do
		n=$((n + 1))
		slash $BEN "$1"
		till "SELECT 1 FROM act WHERE n = $n AND state <> 'running'"
		[ "$(db "SELECT note FROM act WHERE n = $n AND state = 'failed'" | grep -c '^Not done')" = 1 ] || return 0
	done
}

# A check of the pull request fails: the agent is asked once more. Then it is closed by its button.
story_repair() {
	begin
	slash $BEN 'fix 1'
	fix_is 1 pr_open
	till "SELECT 1 FROM fix WHERE json_extract(pr, '$.ci.verdict') = 'green'"
	calm
	sb POST github/check "{\"repo\":\"$(repo)\",\"number\":$(pr),\"name\":\"lint\",\"status\":\"completed\",\"conclusion\":\"failure\",\"log\":\"FAIL: the flux is out\"}" >/dev/null
	till "SELECT 1 FROM fix WHERE json_extract(pr, '$.repair') LIKE '%pushed once more%'"
	till "SELECT 1 FROM fix WHERE json_extract(pr, '$.ci.verdict') = 'green'"
	calm
	at_github close
	fix_is 1 closed
	calm
}

# What fails for good: the agent's server refuses; a step of the diagnosis kills the bot.
story_trouble() {
	begin
	fault opencode 'POST /session' 0 '{"status":400,"json":{"name":"BadRequest"}}'
	slash $BEN 'fix 1'
	failed fix
	fix_is 1 failed
	calm
	says 'OpenCode: new session: refused: BadRequest. The session is ended; start again with Fix…'
	no_faults
	poison before-body:investigate.begin:1
	slash $BEN 'diagnose 1'
	failed investigate
	calm
	says 'The diagnosis failed: the bot died in attempt '
	says '`/heal diagnose 1` tries again.'
}

# The pull request can no longer be read.
story_lost() {
	begin
	slash $BEN 'fix 1'
	fix_is 1 pr_open
	till "SELECT 1 FROM fix WHERE json_extract(pr, '$.ci.verdict') = 'green'"
	shown pr
	calm
	fault github "/pulls/" 0 '{"status":404,"json":{"message":"Not Found"}}'
	failed follow
	calm
	says 'The pull request is no longer followed: GitHub: pull request #1: not found'
	says 'Merging it is not noticed any more; the scans decide whether the service recovers.'
	no_faults
}

# The scan kills the bot each time, a person's and the clock's; Slack takes no edit any more.
story_sick() {
	begin
	poison before-body:scan.judge:1
	slash $BEN scan
	failed scan
	calm
	says 'the bot died in attempt '
	clock_strikes scan
	till "SELECT count(*) = 2 FROM run WHERE workflow = 'scan!failed' AND state = 'done'"
	calm
	says 'blind: the scan broke: the bot died in attempt '
	says 'The next one starts in 1 h'
	fault slack chat.update 0 '{"json":{"ok":false,"error":"ekm_access_denied"}}'
	slash $BEN 'ack 1'
	till "SELECT 1 FROM run WHERE workflow = 'publish!failed'"
	till_ok grep -q "the thread of INC-1 is not up to date; the incident's next change tries anew" "$W/bot.log"
	no_faults
	inc 'acked_by IS NOT NULL'
	calm
}
