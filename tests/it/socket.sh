#!/bin/bash
# shellcheck disable=SC2317,SC2015,SC2119 # check calls functions; A && B || C is meant so
# socket.sh - the bot's Socket Mode connection against every kind of trouble the sandbox can make.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u

equal() {
	[ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }
}
sockets() { sb GET slack/state | jq '[.sockets[] | select(.ready and (.going | not))] | length'; }
ups() { sb_count slack effect '"socket up"'; }
more_ups_than() { [ "$(ups)" -gt "$1" ]; }
trouble() { sb POST slack/socket "$1" >/dev/null; }
# answered TEXT: a command is acknowledged, and its answer arrives
answered() {
	local before
	before=$(sb_count slack effect '"ephemeral"')
	sb POST slack/command '{"text":"version"}' | jq -e '.acked' >/dev/null || return 1
	wait_for 10 whispers_more_than "$before"
}
whispers_more_than() { [ "$(sb_count slack effect '"ephemeral"')" -gt "$1" ]; }
whispers() { sb_count slack effect '"ephemeral"'; }

sb_start
sb POST slack/config '{"rate":false}' >/dev/null
bot_ini scan.every=1h slack.ping=500ms slack.dead=2s
bot_start
check 'a command is acknowledged and answered' answered

# --- frames
trouble '{"do":"fragments","bytes":40}'
check 'fragments, with pings between them' answered
trouble '{"do":"normal"}'
trouble '{"do":"garbage"}'
trouble '{"do":"binary"}'
trouble '{"do":"bad_utf8"}'
trouble '{"do":"unknown_type"}'
trouble '{"do":"ping"}'
n=$(ups)
check 'garbage, binary frames and unknown types are survived' answered
check 'on the same connection' equal "$n" "$(ups)"
trouble '{"do":"huge","bytes":900000}'
acked_all() { [ "$(sb GET slack/state | jq '.envelopes | length')" = 0 ]; }
check 'an envelope of 900,000 bytes is acknowledged' wait_for 5 acked_all
check 'in time' equal 0 "$(sb_count slack violation 'not acknowledged')"

# --- duplicates
trouble '{"do":"duplicates"}'
before=$(whispers)
sb POST slack/command '{"text":"version"}' >/dev/null
check 'a command that comes twice is answered' wait_for 10 whispers_more_than "$before"
trouble '{"do":"normal"}'
answered # something later has been handled, so a second answer would be there by now
check 'once' equal $((before + 2)) "$(whispers)"
sb_fault '{"peer":"slack","match":"ack slash_commands","action":{"name":"lost"}}'
sb POST slack/command '{"text":"version"}' >/dev/null
check 'after a lost acknowledgement the next command works' answered

# Short-lived connections are replaced more and more slowly: each group starts with a fresh bot.
fresh() {
	check "the bot stops before: $1" bot_stop
	bot_start
}

# --- refresh: the new connection is up before the old one goes
fresh 'refresh with a warning'
n=$(ups)
trouble '{"do":"refresh","warning_ms":1500,"close_ms":1500}'
check 'a warning opens a second connection at once' wait_for 1 more_ups_than "$n"
ok=1
for _ in $(seq 14); do
	[ "$(sb POST slack/command '{"text":"version"}' | jq .acked)" = true ] || ok=0
	sleep 0.25
done
check 'commands are acknowledged all through a refresh' equal 1 "$ok"
one_left() { [ "$(sb GET slack/state | jq '.sockets | length')" = 1 ]; }
check 'one connection is left' wait_for 5 one_left
fresh 'refresh without a warning'
n=$(ups)
trouble '{"do":"refresh_now","close_ms":1000}'
check 'refresh without a warning' wait_for 2 more_ups_than "$n"
check 'works' answered

# --- lost connections
fresh 'lost connections'
n=$(ups)
trouble '{"do":"drop"}'
check 'a cut connection is replaced within half a second' wait_for 0.5 more_ups_than "$n"
check 'and works' answered
n=$(ups)
trouble '{"do":"half_frame"}'
check 'a connection that ends inside a frame is replaced' wait_for 5 more_ups_than "$n"
check 'and works' answered
fresh 'silence'
n=$(ups)
trouble '{"do":"slow_pong","ms":1200}'
sleep 3 # longer than the limit: pongs that are late, but come
check 'slow pongs are no death' equal "$n" "$(ups)"
trouble '{"do":"normal"}'
trouble '{"do":"silent"}'
check 'a silent peer is noticed' wait_for 8 more_ups_than "$n"
trouble '{"do":"normal"}' # the sandbox hears again, and so learns that it was left
check 'left' wait_for 5 one_left
check 'and replaced' answered

# --- opening fails
fresh 'failures while opening'
n=$(ups)
opens=$(sb_count slack request connections.open)
sb_fault '{"peer":"slack","match":"apps.connections.open","times":2,"action":{"status":503,"body":"<html>down</html>","content_type":"text/html"}}'
trouble '{"do":"drop"}'
check 'errors 503 with HTML while reconnecting' wait_for 15 more_ups_than "$n"
check 'without a burst' equal 3 $(($(sb_count slack request connections.open) - opens))
fresh 'too_many_websockets'
n=$(ups)
opens=$(sb_count slack request connections.open)
sb_fault '{"peer":"slack","match":"socket hello","action":{"name":"too_many"}}'
trouble '{"do":"drop"}'
check 'too_many_websockets is waited out' wait_for 40 more_ups_than "$n"
check 'without a burst' equal 2 $(($(sb_count slack request connections.open) - opens))
check 'works after all that' answered

# --- the end
check 'the bot ends on SIGTERM' bot_stop
check 'with a close frame' equal 1 "$(sb_count slack effect '"code":"1000"' | jq 'if . > 0 then 1 else 0 end')"
check 'it broke no rule of the protocol' equal '' \
	"$(sb GET 'records?kind=violation' | jq -r '.records[].what' | grep -v 'not acknowledged within\|expired envelope')"
done_testing
