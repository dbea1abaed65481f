#!/bin/bash
# world.sh - for the crash matrix: one sandbox, one store, and a bot that is started again whenever it is killed.
# Source it with W (an empty folder), HEALBOT and SANDBOX set.
#
#   world_start [SECTION.KEY=VALUE ...]   sandbox, AFTER_SANDBOX (a command), settings, and the bot; it dies at the points in $W/points,
#                                         one after the other, each once
#   world_stop                            the bot in order, then the sandbox
#   db SQL                                reads the store
#   till SQL                              waits until it gives a row that is not empty and not 0
#   slash USER TEXT, click USER JSON, event VERB JSON      what a person does; carried through if the bot dies
#   calm                                  waits until nothing is due any more
# $W/killed is the list of points that killed it; $W/trouble what went wrong.

WORLD_WAIT=${WORLD_WAIT:-90} # s until a story is given up; a loaded machine is slow
SB=''

world_fail() {
	echo "$*" >>"$W/trouble"
	tail -n 5 "$W/bot.log" >>"$W/trouble" 2>/dev/null
	world_kill
	exit 1
}

world_kill() {
	touch "$W/end"
	[ -s "$W/bot.pid" ] && kill -9 "$(cat "$W/bot.pid")" 2>/dev/null
	[ -n "$SB" ] && kill "$SB" 2>/dev/null
	wait 2>/dev/null
}

sb() {
	local method=$1 path=$2
	shift 2
	curl -sS --max-time 30 -X "$method" ${1+-H 'Content-Type: application/json' --data-binary "$1"} \
		"$URL/_control/$path" 2>>"$W/curl.err"
}

db() {
	sqlite3 -cmd '.timeout 5000' "file:$W/heal.db?mode=ro" "$1" 2>>"$W/db.err"
}

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

# CRASH_END, a time in s: what has not come to its end by then is left, neither good nor bad.
world_late() {
	touch "$W/late"
	world_kill
	exit 0
}

till_ok() { # COMMAND...
	local end=$(($(now_us) + WORLD_WAIT * 1000000)) nap=3
	until "$@" >/dev/null 2>&1; do
		[ "$EPOCHSECONDS" -le "${CRASH_END:-$EPOCHSECONDS}" ] || world_late
		[ "$(now_us)" -lt "$end" ] || world_fail "not within $WORLD_WAIT s: $*"
		[ ! -e "$W/trouble" ] || world_fail "while waiting for: $*"
		sleep "0.$(printf %02d $nap)"
		[ $nap -ge 20 ] || nap=$((nap + 2)) # asking costs more than what is asked
	done
}

db_says() {
	local got
	got=$(db "$1") && [ -n "$got" ] && [ "$got" != 0 ]
}

till() { till_ok db_says "$1"; }

connected() { sb GET slack/state | jq -e '.sockets | any(.ready)'; }

# --- the bot, again and again

bot_once() {
	CRASH_HASTE=20 CRASH_AT=$(cat "$W/points" "$W/poison") CRASH_LIST=$W/reached \
		SLACK_APP_TOKEN=xapp-sandbox SLACK_BOT_TOKEN=xoxb-sandbox RAILWAY_TOKEN=sandbox-railway-project \
		OPENAI_API_KEY=sk-sandbox GITHUB_TOKEN=ghp_sandboxsandboxsandboxsandboxsandb0x \
		OPENCODE_SERVER_PASSWORD=${OPENCODE_PASSWORD:-s3cret-opencode} \
		"$HEALBOT" --config "$W/heal.ini" run >>"$W/bot.log" 2>&1 &
	echo $! >"$W/bot.pid"
	wait $!
}

# A point that has killed is taken from the list; $W/poison stays.
strike_off() {
	local last
	last=$(tail -n 1 "$W/reached")
	case $last in
	killed*) ;;
	*) return 0 ;; # killed from outside
	esac
	echo "${last#killed }" >>"$W/killed"
	awk -v hit="${last#killed }" '!done && $0 == hit {done = 1; next} {print}' "$W/points" >"$W/points.new"
	mv "$W/points.new" "$W/points"
}

supervise() {
	while [ ! -e "$W/end" ]; do
		bot_once
		rc=$?
		[ ! -e "$W/end" ] || return 0
		if [ $rc != 137 ]; then
			echo "the bot ended by itself: exit $rc" >>"$W/trouble"
			tail -n 8 "$W/bot.log" >>"$W/trouble"
			return 1
		fi
		strike_off
		[ ! -e "$W/hook" ] || . "$W/hook"
	done
}

world_ini() {
	local kv section=''
	cat <<-INI
		[heal]
		db = $W/heal.db
		http = -
		[slack]
		channel = C0INCIDENT
		api_url = $URL/slack/api/
		[railway]
		api_url = $URL/railway/graphql/v2
		[llm]
		provider = openai
		model = sandbox-large
		base_url = $URL/llm/v1
		[github]
		api_url = $URL/github
		git_url = $URL/git
		[who]
		fixers = U0BEN00001
		admins = U0ANA00001
	INI
	for kv in "$@"; do
		[ "$section" = "${kv%%.*}" ] || echo "[${kv%%.*}]"
		section=${kv%%.*}
		kv=${kv#*.}
		echo "${kv%%=*} = ${kv#*=}"
	done
}

world_start() {
	mkdir -p "$W"
	touch "$W/points" "$W/poison" "$W/reached" "$W/killed"
	"$SANDBOX" --time-factor 200 >"$W/sandbox.json" 2>"$W/sandbox.err" &
	SB=$!
	till_ok test -s "$W/sandbox.json"
	URL=$(jq -r .url "$W/sandbox.json")
	# Slack's second and third attempt after 2 and 10 s of this world, whose bot is soon back
	sb POST slack/config '{"rate":false,"retry_ms":[100,400000,2000000]}' >/dev/null
	${AFTER_SANDBOX:-:}
	world_ini scan.every=1h scan.shadow=no scan.open=9/9 "opencode.url=${OPENCODE_URL:-$URL/opencode}" opencode.poll=100ms github.poll=100ms \
		verify.window=100ms "$@" >"$W/heal.ini"
	supervise &
	SUPERVISOR=$!
	till_ok connected
}

world_stop() {
	touch "$W/end"
	kill "$(cat "$W/bot.pid")" 2>/dev/null
	wait "$SUPERVISOR"
	kill "$SB" && wait "$SB" || echo "the sandbox did not end cleanly" >>"$W/trouble"
	SB=''
}

# --- people

# interactive things are tried once by Slack: a person who sees an error does it again, unless it was written down
carry() { # KIND COMMAND...
	local kind=$1 before answer
	shift
	before=$(db "SELECT count(*) FROM inbox WHERE kind = '$kind'")
	while :; do
		till_ok connected
		answer=$("$@")
		jq -e '.acked' <<<"$answer" >/dev/null 2>&1 && return
		[ "$(db "SELECT count(*) FROM inbox WHERE kind = '$kind'")" = "$before" ] || return
		jq -e '.error | . == "dispatch_failed" or . == "operation_timeout"' <<<"$answer" >/dev/null 2>&1 ||
			world_fail "Slack refused: $answer to: $*"
		[ ! -e "$W/trouble" ] || world_fail "while typing: $*"
	done
}

slash() {
	carry slash_commands sb POST slack/command "$(jq -n --arg u "$1" --arg t "$2" '{user: $u, text: $t}')"
}

click() { carry interactive sb POST "slack/${3:-click}" "$(jq -n --arg u "$1" --argjson o "$2" '$o + {user: $u}')"; }

event() { # VERB JSON: Slack tries an event again until it is acknowledged
	till_ok connected
	sb POST "slack/$1" "$2" >/dev/null
}

# From now on the bot dies at this point, each time.
poison() {
	echo "$1" >"$W/poison"
	strike
}

# Kills it from outside and waits for the next one.
strike() {
	local old
	old=$(cat "$W/bot.pid")
	kill -9 "$old" 2>/dev/null
	till_ok reborn "$old"
	till_ok connected
}
reborn() { [ "$(cat "$W/bot.pid")" != "$1" ]; }

# What this timer starts is due now: it is put back while the bot is down.
clock_strikes() {
	echo "sqlite3 '$W/heal.db' \"UPDATE timer SET next = 0 WHERE name = '$1'\"; rm '$W/hook'" >"$W/hook"
	strike
}

night() {
	clock_strikes housekeeping
	till "SELECT 1 FROM run WHERE workflow = 'housekeeping' AND state = 'done'"
	calm
}

due='ended = 0 AND paused = 0 AND coalesce(waits, "") NOT LIKE "poll of %" AND (state = "running" OR state = "queued" OR due < (unixepoch() + 2) * 1000)'
calm() {
	till "SELECT NOT EXISTS (SELECT 1 FROM run WHERE ${due//\"/\'})"
}
