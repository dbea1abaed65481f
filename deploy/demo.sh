#!/bin/bash
# demo.sh - `make demo`: one incident from the scan to the pull request, on this machine only.
#
# Starts the sandbox (a simulated Slack with a page, Railway, model, GitHub with real git), a real
# OpenCode server when it is installed, and the real bot; plays the engineer who types /heal fix; and
# leaves everything running for an hour, so that you can go on in the browser. `make demo-stop` ends it.
set -u
ROOT=$(cd "$(dirname "$0")/.." && pwd)
HEALBOT=${HEALBOT:-$ROOT/build/release/healbot}
SANDBOX=${SANDBOX:-$ROOT/build/release/sandbox}
TMP=$ROOT/build/demo
export ROOT TMP HEALBOT SANDBOX
PIDS=$TMP/pids

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
stop_all() {
	[ -f "$PIDS" ] || return 0
	while read -r pid name; do
		grep -qs "$name" "/proc/$pid/cmdline" && kill "$pid" 2>/dev/null
	done <"$PIDS"
	rm -f "$PIDS"
}
case ${1:-} in
stop)
	stop_all
	echo 'the demo is stopped'
	exit 0
	;;
esac

stop_all
rm -rf "$TMP"
mkdir -p "$TMP"
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
# shellcheck source=tests/it/lib/opencode.sh
. "$ROOT/tests/it/lib/opencode.sh"
trap - EXIT # what is started here goes on
fail() {
	say "The demo failed: $*"
	tail -n 15 "$TMP/bot.log" 2>/dev/null
	stop_all
	exit 1
}
keep() { echo "$1 $2" >>"$PIDS"; }
heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
state_is() { [ "$(field "$1" state)" = "$2" ]; }
# the text of the bot's messages of one thread slot, as Slack shows them
thread() {
	sb GET slack/state | jq -r --arg has "$1" '
		[.channels[] | select(.id == "C0INCIDENT") | .messages[] | ., .replies[]? |
		 [.blocks[]? | .. | objects | select(has("text")) | .text | strings] | select(any(contains($has)))][0] // []
		| .[]' | sed -E 's/<!date\^[0-9]+\^[^|]*\|([^>]*)>/\1/g; s/<[^|>]*\|([^>]*)>/\1/g; s/^/   /'
}

shown() { thread "$1" | grep -q .; }

say '1. The other side: a simulated Slack workspace, Railway project, model and GitHub'
export TZ=UTC
if ! opencode_bin >/dev/null; then # the stand-in's commands find the sandbox's gh
	mkdir -p "$TMP/bin"
	ln -sf "$ROOT/tests/it/lib/gh" "$TMP/bin/gh"
	PATH=$TMP/bin:$PATH
fi
sb_start --time-factor 10
keep "$SB_PID" sandbox
echo "   $SB_URL"

if opencode_bin >/dev/null; then
	say '2. A real OpenCode server, driven by the simulated model'
	opencode_start "$TMP/opencode" "$SB_URL" || fail 'OpenCode does not start'
	keep "$OPENCODE_PID" opencode
	export OPENCODE_SERVER_PASSWORD=$OPENCODE_PASSWORD
	set -- "opencode.url=$OPENCODE_URL" "opencode.directory=$OPENCODE_WORK" opencode.poll=1s
	echo "   $OPENCODE_URL"
else
	say '2. OpenCode is not installed (npm install opencode-ai@1.18.33): a stand-in of the sandbox plays it'
	OPENCODE_URL=$SB_URL/opencode
	export OPENCODE_SERVER_PASSWORD=s3cret-opencode
	set -- "opencode.url=$OPENCODE_URL" opencode.poll=1s
	echo "   $OPENCODE_URL"
fi
say '3. The bot: scans every 30 s here (every 10 min by default)'
bot_ini scan.every=30s github.poll=1s verify.window=30s "$@"
bot_start
keep "$BOT_PID" healbot
heal_scan() { bot_env "$HEALBOT" --config "$TMP/heal.ini" scan; }
heal_scan | sed 's/^/   /'

wait_for 30 state_is api diagnosed || fail 'no diagnosis'
say '4. One thread for the service that needs attention'
thread 'INC-1 · api' | head -n 24
say '   … and its plan, in the thread'
wait_for 20 shown '*Plan v1*'
thread '*Plan v1*' | head -n 16

if [ -n "${OPENCODE_URL:-}" ]; then
	say '5. Ben types: /heal fix 1'
	sb POST slack/command '{"user":"U0BEN00001","text":"fix 1"}' >/dev/null
	wait_for 90 state_is api pr_open || fail 'no pull request'
	wait_for 20 shown 'PR #' || fail 'no link in the thread'
	thread 'PR #'
	say '   what the agent really committed, in a real git repository:'
	git -c "http.extraHeader=Authorization: Basic $(printf %s 'x:ghp_sandboxsandboxsandboxsandboxsandb0x' | base64 -w0)" \
		clone -q -b heal/inc-1-1 "$SB_URL/git/acme/api.git" "$TMP/clone" &&
		git -C "$TMP/clone" log --stat --format='   %h %an: %s' origin/main..HEAD | sed 's/^/   /'
fi

say "Your turn: open $SB_URL/ in a browser"
cat <<END
   It is the workspace: type /heal status, /heal why orders, react with 👍 on a diagnosis, press Fix…,
   open the pull request and merge it: a minute later the thread shows whether the metric recovered.
   Log: $TMP/bot.log    Everything stops by itself in an hour, or now by: make demo-stop
END
[ -n "${DISPLAY:-}" ] && command -v xdg-open >/dev/null && xdg-open "$SB_URL/" >/dev/null 2>&1
(
	sleep "${DEMO_SECONDS:-3600}"
	bash "$0" stop
) >/dev/null 2>&1 </dev/null &
exit 0
