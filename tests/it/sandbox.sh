#!/bin/bash
# shellcheck disable=SC2317,SC2015,SC2119 # check calls functions; A && B || C is meant so
# sandbox.sh - the simulated other side is as strict as it claims: Block Kit, Web API, faults, TLS.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u
G=$ROOT/tests/golden/blockkit

# api METHOD JSON: one call with the bot's token; api_form METHOD k=v&…
api() {
	curl -sS ${SB_CA:+--cacert "$SB_CA"} -H 'Authorization: Bearer xoxb-sandbox' \
		-H 'Content-Type: application/json; charset=utf-8' -d "$2" "$SB_URL/slack/api/$1"
}
api_form() {
	curl -sS -H 'Authorization: Bearer xoxb-sandbox' -d "$2" "$SB_URL/slack/api/$1"
}
error_is() { # ERROR JSON
	[ "$(jq -r '.error // "ok"' <<<"$2")" = "$1" ] || { echo "$2"; return 1; }
}
equal() {
	[ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }
}

# --- Block Kit, by file
for f in "$G"/good/*.json; do
	check "good: $(basename "$f" .json)" "$SANDBOX" --check-blocks "$f"
done
refused() { # FILE POINTER CODE
	"$SANDBOX" --check-blocks "$G/bad/$1.json" >"$TMP/found"
	[ $? = 1 ] && grep -qF ": $2: $3: " "$TMP/found" || { cat "$TMP/found"; return 1; }
}
while read -r name pointer code; do
	check "bad: $name" refused "$name" "$pointer" "$code"
done <"$G/bad/expected.txt"
listed() {
	diff <(cut -d' ' -f1 "$G/bad/expected.txt" | sort) \
		<(basename -s .json "$G"/bad/*.json | sort)
}
check 'every bad sample is in expected.txt' listed

# --- Web API
sb_start
sb POST slack/config '{"rate":false}' >/dev/null
api_post='{"channel":"C0INCIDENT","text":"root"}'
ROOT_TS=$(api chat.postMessage "$api_post" | jq -r .ts)
check 'post gives a timestamp' test "${#ROOT_TS}" = 17
check 'no token' error_is not_authed "$(curl -sS -d x=1 "$SB_URL/slack/api/auth.test")"
check 'bad token' error_is invalid_auth \
	"$(curl -sS -H 'Authorization: Bearer xoxb-no' "$SB_URL/slack/api/auth.test")"
check 'wrong kind of token' error_is not_allowed_token_type "$(api apps.connections.open '{}')"
check 'unknown method' error_is unknown_method "$(api chat.shout '{}')"
check 'unknown channel' error_is channel_not_found "$(api chat.postMessage '{"channel":"C0NOWHERE0","text":"x"}')"
check 'private channel is not there' error_is channel_not_found \
	"$(api chat.postMessage '{"channel":"C0PRIVATE1","text":"x"}')"
check 'archived' error_is is_archived "$(api chat.postMessage '{"channel":"C0ARCHIVE1","text":"x"}')"
check 'nothing to say' error_is no_text "$(api chat.postMessage '{"channel":"C0INCIDENT"}')"
check 'broken JSON' error_is invalid_json "$(api chat.postMessage '{')"
check 'JSON where only a form is read' error_is invalid_arguments \
	"$(api conversations.replies "{\"channel\":\"C0INCIDENT\",\"ts\":\"$ROOT_TS\"}")"
check 'form' equal 1 \
	"$(api_form conversations.replies "channel=C0INCIDENT&ts=$ROOT_TS" | jq '.messages | length')"
bad=$(api chat.postMessage '{"channel":"C0INCIDENT","text":"x","blocks":[{"type":"section"}]}')
check 'bad blocks' error_is invalid_blocks "$bad"
check 'bad blocks, pointer' grep -qF 'json-pointer:/blocks/0]' <<<"$bad"
check 'long edit' error_is msg_too_long \
	"$(api chat.update "{\"channel\":\"C0INCIDENT\",\"ts\":\"$ROOT_TS\",\"text\":\"$(printf 'x%.0s' {1..4001})\"}")"

REPLY_TS=$(api chat.postMessage "{\"channel\":\"C0INCIDENT\",\"text\":\"reply\",\"thread_ts\":\"$ROOT_TS\"}" | jq -r .ts)
check 'a reply is no thread' error_is cannot_reply_to_message \
	"$(api chat.postMessage "{\"channel\":\"C0INCIDENT\",\"text\":\"x\",\"thread_ts\":\"$REPLY_TS\"}")"
sb POST slack/delete_message "{\"ts\":\"$ROOT_TS\"}" >/dev/null
check 'a reply to a deleted root lands in the channel' equal null \
	"$(api chat.postMessage "{\"channel\":\"C0INCIDENT\",\"text\":\"x\",\"thread_ts\":\"$ROOT_TS\"}" | jq .message.thread_ts)"
check 'the deleted root is a tombstone' equal tombstone \
	"$(api_form conversations.replies "channel=C0INCIDENT&ts=$ROOT_TS" | jq -r '.messages[0].subtype')"

M=$(api chat.postMessage '{"channel":"C0INCIDENT","text":"m","metadata":{"event_type":"e","event_payload":{"key":"k"}}}' | jq -r .ts)
check 'metadata only on demand' equal null \
	"$(api_form conversations.history "channel=C0INCIDENT&limit=1" | jq '.messages[0].metadata.event_payload')"
check 'metadata on demand' equal '"k"' \
	"$(api_form conversations.history "channel=C0INCIDENT&limit=1&include_all_metadata=true" | jq '.messages[0].metadata.event_payload.key')"
check 'react' error_is ok "$(api reactions.add "{\"channel\":\"C0INCIDENT\",\"timestamp\":\"$M\",\"name\":\"eyes\"}")"
check 'react twice' error_is already_reacted \
	"$(api reactions.add "{\"channel\":\"C0INCIDENT\",\"timestamp\":\"$M\",\"name\":\"eyes\"}")"
check 'unknown trigger' error_is invalid_trigger_id "$(api views.open '{"trigger_id":"1.2.3","view":{}}')"
check 'command without a listener' equal dispatch_failed \
	"$(sb POST slack/command '{"text":"list"}' | jq -r .error)"
check 'command in a thread' grep -qF 'not supported in threads' \
	<<<"$(sb POST slack/command "{\"text\":\"list\",\"thread_ts\":\"$M\"}")"
sb POST slack/config '{"scopes":"chat:write"}' >/dev/null
check 'missing scope' equal 'users:read' "$(api_form users.info user=U0ANA00001 | jq -r .needed)"
sb POST slack/config '{"revoked":true}' >/dev/null
check 'revoked' error_is token_revoked "$(api auth.test '{}')"
sb POST reset '{}' >/dev/null

# --- pacing
burst() { for _ in 1 2 3 4 5 6 7; do
	curl -sS -o /dev/null -D - -H 'Authorization: Bearer xoxb-sandbox' -d 'channel=C0INCIDENT&text=x' \
		"$SB_URL/slack/api/chat.postMessage"
done; }
check 'too many posts: 429 with Retry-After' grep -qi '^retry-after: [1-9]' <<<"$(burst)"
sb POST reset '{}' >/dev/null

# --- faults
sb_fault '{"peer":"slack","match":"auth.test","nth":2,"action":{"status":503,"body":"<html>","content_type":"text/html"}}'
status() { curl -sS -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer xoxb-sandbox' -d '' "$SB_URL/slack/api/auth.test"; }
check 'fault on the second call only' equal '200 503 200' "$(status) $(status) $(status)"
sb_fault '{"peer":"slack","match":"chat.postMessage","action":"drop_after"}'
api chat.postMessage '{"channel":"C0INCIDENT","text":"lost answer"}' 2>/dev/null
check 'lost answer: curl sees a reset' equal 1 "$(sb_count slack effect 'lost answer')"
sb_fault '{"peer":"slack","match":"chat.postMessage","action":"drop_before"}'
api chat.postMessage '{"channel":"C0INCIDENT","text":"lost request"}' 2>/dev/null
check 'lost request: no effect' equal 0 "$(sb_count slack effect 'lost request')"
check 'unknown action is refused' grep -q false <<<"$(sb POST faults '{"peer":"slack","action":{"expolde":1}}')"

# --- TLS
sb_stop
sb_start_tls
check 'TLS with the throw-away authority' error_is ok "$(api auth.test '{}')"
check 'TLS without it is refused' bash -c "! curl -sS '$SB_URL/' -o /dev/null"
done_testing
