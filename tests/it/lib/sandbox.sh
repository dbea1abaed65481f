#!/bin/bash
# sandbox.sh - for integration tests: TAP, the sandbox, the bot. Source it; it cleans up at exit.
#
#   . "$ROOT/tests/it/lib/sandbox.sh"
#   sb_start [OPTIONS of sandbox]     sets SB_URL, SB_PID
#   sb_start_tls                      the same over TLS; sets SB_CA (certificate to trust)
#   sb GET|POST|DELETE PATH [JSON]    a control, e.g. sb POST slack/command '{"text":"list"}'
#   sb_fault JSON                     adds a fault
#   sb_count PEER KIND MATCH          number of records
#   bot_ini [SECTION.KEY=VALUE ...]   writes $TMP/heal.ini against the sandbox
#   bot_start [ARGS]                  runs the bot until it is connected; sets BOT_PID, log in $TMP/bot.log
#                                     (BOT_VARS: an array of NAME=VALUE for its environment)
#   bot_stop [SIGNAL]
#   wait_for SECONDS COMMAND...       until it succeeds; polls every 50 ms
#   check NAME COMMAND...             one TAP case
#   done_testing                      plan, and exit code
#
# Needs: bash, curl, jq; openssl for TLS. ROOT, TMP, SANDBOX, HEALBOT come from tests/run.sh.

TAP_N=0
TAP_FAILED=0
SB_PID='' BOT_PID='' SB_CA=''

cleanup() {
	trap - EXIT
	[ -n "$BOT_PID" ] && kill -9 "$BOT_PID" 2>/dev/null
	[ -n "$SB_PID" ] && kill "$SB_PID" 2>/dev/null
	wait 2>/dev/null
}
trap cleanup EXIT

check() {
	local name=$1
	shift
	TAP_N=$((TAP_N + 1))
	if "$@" >"$TMP/check.out" 2>&1; then
		echo "ok $TAP_N - $name"
	else
		echo "not ok $TAP_N - $name"
		echo "# $*" | head -c 500 | tr '\n' ' '
		echo
		head -c 2000 "$TMP/check.out" | sed 's/^/# /'
		TAP_FAILED=1
	fi
}

done_testing() {
	sb_stop
	echo "1..$TAP_N"
	exit "$TAP_FAILED"
}

wait_for() {
	local end=$((${EPOCHREALTIME/[.,]/} + $(awk "BEGIN{print int($1 * 1000000)}")))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

sb_start() {
	rm -f "$TMP/sandbox.json"
	"$SANDBOX" "$@" >"$TMP/sandbox.json" 2>"$TMP/sandbox.err" &
	SB_PID=$!
	wait_for 20 test -s "$TMP/sandbox.json" || {
		echo "Bail out! the sandbox does not start"
		cat "$TMP/sandbox.err"
		exit 2
	}
	SB_URL=$(jq -r .url "$TMP/sandbox.json")
}

# A throw-away authority and a certificate for localhost, valid for a day.
sb_make_ca() {
	local d=$TMP/ca
	mkdir -p "$d"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
		-subj '/CN=Sandbox CA' -keyout "$d/ca.key" -out "$d/ca.pem" 2>/dev/null &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=localhost' \
			-keyout "$d/key.pem" -out "$d/req.pem" 2>/dev/null &&
		openssl x509 -req -in "$d/req.pem" -CA "$d/ca.pem" -CAkey "$d/ca.key" -days 1 \
			-extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') \
			-out "$d/cert.pem" 2>/dev/null
}

sb_start_tls() {
	sb_make_ca || {
		echo 'Bail out! openssl makes no certificate'
		exit 2
	}
	SB_CA=$TMP/ca/ca.pem
	sb_start --cert "$TMP/ca/cert.pem" --key "$TMP/ca/key.pem" "$@"
}

# The sandbox's own exit code counts: under a sanitizer it is where leaks are told.
sb_stop() {
	[ -n "$SB_PID" ] || return 0
	local rc=0
	kill "$SB_PID" 2>/dev/null
	wait "$SB_PID" || rc=$?
	SB_PID=''
	if [ "$rc" != 0 ]; then
		TAP_N=$((TAP_N + 1))
		TAP_FAILED=1
		echo "not ok $TAP_N - the sandbox ends cleanly (exit $rc)"
		head -c 4000 "$TMP/sandbox.err" | sed 's/^/# /'
	fi
}

sb() {
	local method=$1 path=$2
	shift 2
	curl -sS --max-time 30 ${SB_CA:+--cacert "$SB_CA"} -X "$method" \
		${1+-H 'Content-Type: application/json' --data-binary "$1"} "$SB_URL/_control/$path"
}

sb_fault() {
	sb POST faults "$1" >/dev/null
}

sb_count() {
	sb GET "records?count=1&peer=$1&kind=$2&match=$(jq -rn --arg m "$3" '$m|@uri')" | jq .count
}

bot_ini() {
	local kv section=''
	case " $* " in *' scan.shadow='*) ;; *) set -- "$@" scan.shadow=no ;; esac
	# no page of the real world, unless a test says so
	case " $* " in *' status.infer='*) ;; *) set -- "$@" status.infer=no ;; esac
	{
		cat <<-INI
			[heal]
			db = $TMP/heal.db
			http = -
			[slack]
			channel = C0INCIDENT
			api_url = $SB_URL/slack/api/
			[railway]
			api_url = $SB_URL/railway/graphql/v2
			[llm]
			provider = openai
			model = sandbox-large
			base_url = $SB_URL/llm/v1
			[github]
			api_url = $SB_URL/github
			git_url = $SB_URL/git
			[who]
			fixers = U0BEN00001
			admins = U0ANA00001
		INI
		for kv in "$@"; do # a later value of the same key wins
			[ "$section" = "${kv%%.*}" ] || echo "[${kv%%.*}]"
			section=${kv%%.*}
			kv=${kv#*.}
			echo "${kv%%=*} = ${kv#*=}"
		done
	} >"$TMP/heal.ini"
}

bot_env() {
	${BOT_EXEC-} env SLACK_APP_TOKEN=xapp-sandbox SLACK_BOT_TOKEN=xoxb-sandbox \
		RAILWAY_TOKEN=sandbox-railway-project OPENAI_API_KEY=sk-sandbox \
		GITHUB_TOKEN=ghp_sandboxsandboxsandboxsandboxsandb0x \
		${BOT_VARS+"${BOT_VARS[@]}"} ${SB_CA:+SSL_CERT_FILE="$SB_CA"} "$@"
}

sb_connected() {
	sb GET slack/state | jq -e '.sockets | any(.ready)'
}

bot_start() {
	# the function runs in a subshell: exec, so that BOT_PID is the bot itself
	BOT_EXEC=exec bot_env "$HEALBOT" --config "$TMP/heal.ini" run "$@" >>"$TMP/bot.log" 2>&1 &
	BOT_PID=$!
	wait_for 20 sb_connected || {
		echo 'Bail out! the bot does not connect'
		tail -n 20 "$TMP/bot.log" | sed 's/^/# /'
		exit 2
	}
}

bot_stop() {
	[ -n "$BOT_PID" ] || return 0
	kill "-${1:-TERM}" "$BOT_PID" 2>/dev/null
	wait "$BOT_PID"
	local rc=$?
	BOT_PID=''
	return $rc
}
