#!/bin/bash
# commands.sh - every verb of /heal against the simulated workspace: by slash command, by mention and
# !heal in a thread, by button, menu and modal; rights; what was mistyped; the life of an incident.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u
ANA=U0ANA00001 BEN=U0BEN00001 CHO=U0CHO00001

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
is() { [ "$(field "$1" "$2")" = "$3" ] || { field "$1" "$2"; return 1; }; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
all_texts() { sb GET slack/state | jq -r '[.channels[].messages[] | ., .replies[]?] | .. | strings'; }
shows() { all_texts | grep -qF -- "$1"; }
count() { all_texts | grep -cF -- "$1"; }
# says USER TEXT WANT: the answer to /heal TEXT holds WANT (more often than before)
says() {
	local before
	before=$(count "$3")
	sb POST slack/command "$(jq -n --arg u "$1" --arg t "$2" '{user: $u, text: $t}')" >/dev/null
	wait_for 10 more "$3" "$before"
}
more() { [ "$(count "$1")" -gt "$2" ]; }
ts() { field api root_ts; }
click() { sb POST slack/click "{\"user\":\"$1\",\"ts\":\"$(ts)\",\"action_id\":\"$2\"${3:+,$3}}"; }

sb_start
sb POST slack/config '{"rate":false}' >/dev/null
bot_ini scan.every=1h
bot_start
wait_for 30 is api state diagnosed

check 'an empty command shows the status' says $CHO '' 'INC-1'
check 'status has a line per service' says $CHO status 'billing-cron'
check 'status of one service' says $CHO 'status web' 'web'
check 'help lists the verbs' says $CHO help 'one thread for each that needs you'
check 'help of one verb' says $CHO 'help fix' 'hand the plan to the coding agent; the pull request'
check 'list' says $CHO list 'INC-1'
check 'list refuses what it does not know' says $CHO 'list everything' 'is not understood'
check 'show' says $CHO 'show 1' 'Also considered'
check 'show evidence' says $CHO 'show 1 evidence' 'metric'
check 'show timeline' says $CHO 'show 1 timeline' '*opened*'
check 'show json' says $CHO 'show INC-1 json' '"window_ms"'
check 'show by the only open incident' says $CHO show 'INC-1'
check 'show of nothing' says $CHO 'show 99' 'there is no INC-99'
check 'show by a link to the message' says $CHO \
	"show https://sandbox.slack.com/archives/C0INCIDENT/p$(ts | tr -d .)" 'Also considered'
check 'why has the rule with its numbers' says $CHO 'why api' 'An incident opens after'
check 'why of a mistyped service' says $CHO 'why apy' 'did you mean “api”?'
check 'why tells the streak' says $CHO 'why api' 'in a row)'
check 'nothing is muted' says $CHO mute 'No service is muted'
check 'mute' says $CHO 'mute WEB 2h' 'web is muted until'
check 'mute: the list' says $CHO mute '*web* until'
check 'why of a muted service' says $CHO 'why web' 'Muted until'
check 'mute for no time' says $CHO 'mute web soon' 'is no time to mute for'
check 'mute of a mistyped service' says $CHO 'mute wbe' 'did you mean “web”?'
check 'unmute' says $CHO 'unmute web' 'is not muted any more'
check 'unmute what is not' says $CHO 'unmute web' 'was not muted'
check 'pause is for admins' says $CHO pause 'dmin'
check 'pause' says $ANA 'pause 2h "deploy freeze"' 'no diagnosis and no fix begins'
check 'no diagnosis meanwhile' says $BEN 'diagnose 1' 'paused since'
check 'no fix meanwhile' says $BEN 'fix 1 yes' 'deploy freeze'
check 'resume' says $ANA resume 'Going on'
check 'live when it is' says $CHO live 'I am live'
check 'simulate' says $CHO 'simulate error_rate=96%/98%' 'instead of'
check 'simulate a wrong key' says $CHO 'simulate p96=2s' 'did you mean “p95'
check 'simulate nothing' says $CHO simulate 'what shall I try?'
check 'who' says $CHO who 'You are *responder*'
check 'who of a fixer' says $BEN who 'You are *fixer*'
check 'version' says $CHO version 'Heal 0.'
check 'stats' says $CHO stats 'diagnose.v1'
check 'stats prompts' says $CHO 'stats prompts' 'Prompt versions of the last'
check 'cost' says $CHO cost 'Limits:'
check '… with the state of the breaker' says $CHO cost 'breaker of the model'
check 'cost by service' says $CHO 'cost service' 'Cost of the last 30 days by service'
check 'cost by day' says $CHO 'cost by day' 'Cost of the last 30 days by day'
check 'cost by something else' says $CHO 'cost moon' 'by day, service or person'
check 'unknown words: what was typed and the nearest' says $CHO 'fxi 1' 'Did you mean `/heal fix`?'
check 'three examples with it' says $CHO 'qqqqqqqq' 'Examples:'
check 'a dry scan shows the table and opens nothing' says $CHO 'scan dry' '9 services'
check '… indeed nothing' equal "$(heal incidents --all --json | jq length)" 1
check 'a scan of a service that is not there' says $CHO 'scan paymentz' 'did you mean “payments”'

# --- the life of an incident
check 'ack' says $CHO 'ack 1' 'is acknowledged by you'
check '… shows on the root message' wait_for 10 shows 'acknowledged by'
check 'unack' says $CHO 'unack 1' 'no longer acknowledged'
check 'snooze' says $CHO 'snooze 1 4h' 'is snoozed until'
check 'snooze for no time' says $CHO 'snooze 1 7y' 'is no time to snooze for'
check 'unsnooze' says $CHO 'unsnooze 1' 'is awake again'
check 'assign' says $CHO 'assign 1 me' 'is assigned'
check 'resolve asks while it is still bad' says $CHO 'resolve 1' 'Resolve it anyway, or snooze it?'
check '… and did not resolve' is api state diagnosed
check 'resolve yes' says $CHO 'resolve 1 "rolled back" yes' 'is resolved'
check '… did' is api state resolved
check 'resolve twice' says $CHO 'resolve 1 yes' 'is already resolved'
check 'reopen' says $CHO 'reopen 1' 'is open again'
check 'diagnose with a hint' says $CHO 'diagnose 1 "it is the pool"' 'Diagnosing INC-1'
check '… makes plan v2' wait_for 20 is api diagnosis 2
check '… shown in the thread' wait_for 10 shows 'Plan v2'

sb_fault '{"peer":"llm","match":"chat/completions","times":9,"action":{"delay_ms":4000}}'
check 'a diagnosis under way' says $CHO 'diagnose 1 "once more"' 'Diagnosing INC-1'
check '… is stopped' says $BEN 'stop 1' 'The diagnosis of INC-1 is stopped'
check '… and the incident is open, not stuck' wait_for 5 is api state open
sb DELETE faults >/dev/null
check '… and can be diagnosed again' says $CHO 'diagnose 1 "it is the pool"' 'Diagnosing INC-1'
check '… to its end' wait_for 30 is api state diagnosed

# --- rights
check 'a guest is a viewer' says U0GUEST001 'ack 1' 'needs a responder'
check 'fix needs a fixer, and says whom to ask' says $CHO 'fix 1' 'needs a fixer'
check 'fix without a server says what is missing' says $BEN 'fix 1' 'no OpenCode server is connected'
check 'stop without a fix' says $BEN 'stop 1' 'no fix under way'

# --- in the thread
sb POST slack/mention "{\"user\":\"$CHO\",\"text\":\"ack\",\"thread_ts\":\"$(ts)\"}" >/dev/null
check '@heal ack in the thread takes its incident' wait_for 10 is api acked_by $CHO
sb POST slack/message "{\"user\":\"$CHO\",\"text\":\"!heal unack\",\"thread_ts\":\"$(ts)\"}" >/dev/null
check '!heal too' wait_for 10 is api acked_by null
sb POST slack/message "{\"user\":\"$CHO\",\"text\":\"should we ack this?\",\"thread_ts\":\"$(ts)\"}" >/dev/null
check 'people talk freely' is api acked_by null

# --- buttons
check 'the root message shows it' wait_for 10 bash -c '! curl -s "$1/_control/slack/state" | jq -r "[.channels[].messages[]|select(.blocks[0].type==\"header\")|.blocks]|..|strings" | grep -q "acknowledged by"' _ "$SB_URL"
check 'the Ack button' click $CHO 'cmd'
check '… acks' wait_for 10 is api acked_by $CHO
check 'reactions: eyes do not ack a critical one' \
	sb POST slack/reaction "{\"user\":\"$CHO\",\"ts\":\"$(ts)\",\"name\":\"eyes\"}"
check '… and say why' wait_for 10 shows 'wants a button'
for name in 'thumbsup::skin-tone-4' 100 -1; do
	sb POST slack/reaction "{\"user\":\"$ANA\",\"ts\":\"$(ts)\",\"name\":\"$name\"}" >/dev/null
done
check 'one rating per person, the latest wins' wait_for 10 shows 'right 0 · :-1: wrong 1'
check 'who says wrong is asked what it was' wait_for 10 shows 'If you know better'
check 'export has it all' bash -c '"$1" --config "$2" export 1 | jq -e ".ratings | length == 1"' _ "$HEALBOT" "$TMP/heal.ini"
check 'App Home' sb POST slack/open_home "{\"user\":\"$CHO\"}"
check '… is published' wait_for 10 bash -c 'curl -s "$1/_control/slack/state" | grep -q "Open incidents"' _ "$SB_URL"
check 'ignore' says $CHO 'ignore 1 "load test"' 'dismissed as not an issue'
check '… ends it' is api state dismissed
check 'no run has failed' equal "$(heal runs --failed)" 'no runs'
check 'doctor finds what is missing, and says what to do' bash -c '
	"$@" doctor; [ $? -le 1 ]' _ env SLACK_APP_TOKEN=xapp-sandbox SLACK_BOT_TOKEN=xoxb-sandbox \
	RAILWAY_TOKEN=sandbox-railway-project OPENAI_API_KEY=sk-sandbox \
	GITHUB_TOKEN=ghp_sandboxsandboxsandboxsandboxsandb0x "$HEALBOT" --config "$TMP/heal.ini"
check 'a backup is a sound store' bash -c '
	"$1" --config "$2/heal.ini" backup "$2/copy.db" && HEAL_HEAL_DB=$2/copy.db "$1" --config "$2/heal.ini" incidents --all | grep -q INC\\\|api' \
	_ "$HEALBOT" "$TMP"
check 'a second bot on the same store is refused' bash -c '
	env SLACK_APP_TOKEN=xapp-sandbox SLACK_BOT_TOKEN=xoxb-sandbox RAILWAY_TOKEN=sandbox-railway-project \
		OPENAI_API_KEY=sk-sandbox GITHUB_TOKEN=ghp_sandboxsandboxsandboxsandboxsandb0x \
		"$1" --config "$2" run; [ $? = 2 ]' _ "$HEALBOT" "$TMP/heal.ini"
check 'the bot stops in order' bot_stop
done_testing
