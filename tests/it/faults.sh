#!/bin/bash
# faults.sh - every peer fails under the real bot: nothing doubled, nothing lost, and people are told.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
is() { [ "$(field "$1" "$2")" = "$3" ]; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
texts() { sb GET slack/state | jq -r '[.channels[].messages[] | ., .replies[]?] | .. | strings'; }
shows() { texts | grep -qF -- "$1"; }
roots() { sb GET slack/state | jq '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | select(.blocks[0].type == "header")] | length'; }
fresh() { # a new world and a new store
	bot_stop
	rm -f "$TMP"/heal.db*
	sb POST reset '{}' >/dev/null
	sb DELETE faults >/dev/null
	sb POST slack/config '{"rate":false}' >/dev/null
}
fault() { sb_fault "{\"peer\":\"$1\",\"match\":\"$2\",\"times\":$3,\"action\":$4}"; }

sb_start
sb POST slack/config '{"rate":false}' >/dev/null
bot_ini scan.every=1h

# --- the model
fault llm '' 0 '{"status":500,"body":"{}"}'
bot_start
check 'the model is down: the incident stands' wait_for 60 is api diagnosis 1
check '… with its evidence' wait_for 10 shows 'Evidence'
check '… and says so' wait_for 10 shows 'No diagnosis:'
check '… without a cause' bash -c '! grep -qF "Suspected cause" <<<"$1"' _ "$(texts)"
sb DELETE faults >/dev/null
sb POST slack/command '{"user":"U0BEN00001","text":"diagnose 1"}' >/dev/null
check 'the model is back: /heal diagnose' wait_for 20 is api state diagnosed

fresh
fault llm '' 0 '{"status":429,"body":"{\"error\":{\"message\":\"You exceeded your current quota\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}"}'
bot_start
check 'the quota is used up: said at once' wait_for 20 shows 'No diagnosis:'
check '… and asked once, not again and again' equal "$(sb_count llm request '')" 1

fresh
fault llm '' 1 '{"drop_after":true}'
bot_start
check 'the answer of the model is lost: asked again' wait_for 60 is api state diagnosed
sb POST slack/command '{"user":"U0BEN00001","text":"cost"}' >/dev/null
check '… and counted, as it may have been paid' wait_for 10 shows 'Answers lost in 30 days'

# --- Slack: the answer to a post is lost, posts are refused, blocks are refused
fresh
fault slack chat.postMessage 1 '{"drop_after":true}'
bot_start
check 'the answer to the first post was lost' wait_for 40 is api state diagnosed
check '… and yet there is one root message' equal "$(roots)" 1
check '… and it is edited' wait_for 20 shows 'Suspected cause'
fresh
fault slack chat.postMessage 2 '{"status":429,"retry_after":1,"body":"{\"ok\":false,\"error\":\"ratelimited\"}"}'
fault slack chat.update 2 '{"status":503,"body":"<html>busy</html>"}'
bot_start
check 'rate limit and 503: posted and edited in the end' wait_for 40 shows 'Suspected cause'
check '… once' equal "$(roots)" 1
fresh
fault slack response/ 1 '{"status":404,"body":"expired_url"}'
bot_start
wait_for 20 is api state diagnosed
sb POST slack/command '{"user":"U0CHO00001","text":"version"}' >/dev/null
check 'an expired response_url: the answer comes all the same' wait_for 10 shows 'Heal 0.'

# --- a person deletes the thread
fresh
bot_start
wait_for 40 shows 'Suspected cause'
root_ts() { sb GET slack/state | jq -r '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | select(.blocks[0].type == "header")][-1].ts'; }
thread() { sb GET slack/state | jq --arg ts "$(root_ts)" '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | select(.ts == $ts) | .replies[]?] | length'; }
whole() { [ "$(thread)" = "$REPLIES" ] && [ "$(root_ts)" != "$GONE" ]; }
REPLIES=$(thread) GONE=$(root_ts)
sb POST slack/delete_message "{\"ts\":\"$GONE\"}" >/dev/null
sb POST slack/command '{"user":"U0BEN00001","text":"ack 1"}' >/dev/null
check 'the root was deleted: the thread is posted anew, all of it' wait_for 20 whole
check '… once' equal "$(roots)" 1
check '… and nothing stands alone in the channel' equal \
	"$(sb GET slack/state | jq '[.channels[] | select(.id == "C0INCIDENT") | .messages[] | select(.subtype != "tombstone" and (.for_user == null))] | length')" 1

# --- Railway
fresh
fault railway '' 1 '{"status":429,"retry_after":1,"body":"{}"}'
bot_ini scan.every=2s
bot_start
check 'a rate limit of Railway: the next scan sees' wait_for 30 is api state diagnosed
fresh
fault railway '' 0 '{"status":503,"content_type":"text/html","body":"<html>down</html>"}'
bot_start
check 'three scans blind: said once, as an incident of its own' wait_for 40 shows 'blind:'
check '… one' equal "$(heal incidents --json | jq length)" 1
sb DELETE faults >/dev/null
check 'Railway is back: it ends by itself' wait_for 40 is Heal state resolved
if command -v sqlite3 >/dev/null; then # what a crash between two lines of an older version left
	fault railway '' 0 '{"status":503,"content_type":"text/html","body":"<html>down</html>"}'
	check 'blind again' wait_for 60 is Heal state open
	bot_stop
	sqlite3 "$TMP/heal.db" "DELETE FROM memo WHERE key = 'blind'"
	sb DELETE faults >/dev/null
	bot_start
	check 'no incident of blindness stays open for ever' wait_for 40 is Heal state resolved
fi
check 'and the sick service is found' wait_for 30 is api state diagnosed

# --- status pages and logs that cannot be read
fresh
fault status '' 0 '{"status":500,"body":"no"}'
fault railway 'field deploymentLogs' 0 '{"name":"Problem processing request"}'
bot_ini scan.every=1h
bot_start
check 'logs and status pages fail: diagnosed with what there is' wait_for 60 is api diagnosis 1

# --- the disk: read-only is said, and nothing is acknowledged that is not stored
check 'no run has failed for good' equal "$(heal runs --failed)" 'no runs'
check 'the bot stops in order' bot_stop
done_testing
