#!/bin/bash
# tests/bench/bench_chat.sh: Socket Mode under load, on loopback, beside Bolt for JavaScript when node and
# npm are there. Heal commits each envelope to disk before it acknowledges; Bolt keeps nothing.
#
#   BUILD=build/release bash tests/bench/bench_chat.sh          everything, about 4 minutes a bot
#   QUICK=1 ...                                                 without the runs that wait for timers
#   ONLY=steady ...  BOTS="heal" ...                            one run, one bot
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build/release}
PEER=$BUILD/bench/chat/bench_peer
BOT=$BUILD/bench/chat/bench_bot
NPM=build/npm
BOLT=@slack/bolt@5.1.0
DIR=$(mktemp -d "${TMPDIR:-/tmp}/heal-bench.XXXXXX") || exit 2
trap 'rm -rf "$DIR"' EXIT
failed=0
# Trust stores of the caller would be parsed at start; proxies must not see loopback.
unset SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY

bots=${BOTS:-}
if [ -z "$bots" ]; then
	bots=heal
	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
		echo "   Bolt for JavaScript is left out: node and npm are not installed"
	elif [ -d $NPM/node_modules/@slack/bolt ] ||
		npm install --prefix $NPM --no-audit --no-fund --ignore-scripts --silent $BOLT >/dev/null 2>&1; then
		bots="heal bolt"
	else
		echo "   Bolt for JavaScript is left out: npm cannot install $BOLT here"
	fi
fi

field() { # json name
	echo "$1" | sed -n "s/.*\"$2\":\\(-\\{0,1\\}[0-9.]*\\).*/\\1/p"
}

# judge VALUE OP LIMIT WHAT: only Heal is judged; the others are shown.
judge() {
	local word
	if awk -v a="$1" -v b="$3" "BEGIN { exit !(a $2 b) }"; then word=ok; else word=MISSED; fi
	[ "$bot" = heal ] || word=
	[ "$word" = MISSED ] && failed=1
	printf '   %-5s %-46s %10s   (target %s %s) %s\n' "$bot" "$4" "$1" "$2" "$3" "$word"
}

# measure NAME OPTIONS...: runs the peer with the bot, leaves the JSON in $out.
measure() {
	local name=$1
	shift
	[ -z "${ONLY:-}" ] || [ "$ONLY" = "$name" ] || return 1
	rm -f "$DIR"/db*
	case $bot in
	heal) set -- "$@" -- "$BOT" "http://127.0.0.1:{PORT}/api/" "$DIR/db" ;;
	bolt) set -- "$@" -- node tests/bench/chat/bolt.cjs "http://127.0.0.1:{PORT}/api/" ;;
	esac
	out=$(NODE_PATH=$PWD/$NPM/node_modules "$PEER" "$@" 2>"$DIR/log")
	local rc=$?
	echo "   $bot: bench_peer ${*//$PWD\//}"
	[ -z "${V:-}" ] || echo "   $out"
	if [ -z "$(field "$out" acked)" ]; then
		echo "   $bot: no result: $out"
		head -5 "$DIR/log"
		failed=1
		return 1
	fi
	if [ $rc -ne 0 ] && [ "$bot" = heal ]; then
		echo "   heal: something was lost: $out"
		failed=1
	fi
	return 0
}

for bot in $bots; do
	if measure steady --count "${COUNT:-2000}" --rate 200; then
		judge "$(field "$out" ack_p50_ms)" '<=' 2 "200/s: acknowledged, p50 ms"
		judge "$(field "$out" ack_p99_ms)" '<=' 2 "200/s: acknowledged, p99 ms"
		judge "$(field "$out" ack_max_ms)" '<=' 3000 "200/s: acknowledged, slowest ms"
		judge "$(field "$out" hello_ms)" '<=' 40 "start to first hello, ms"
		judge "$(field "$out" rss_idle_mb)" '<=' 12 "resident when idle, MB"
	fi
	if measure sustained --count 20000 --window 64 --acks; then
		judge "$(field "$out" per_s)" '>=' 4000 "envelopes acknowledged per second, sustained"
		judge "$(field "$out" lost_acks)" '<=' 0 "envelopes lost"
	fi
	if measure closed --count 10000 --window 64; then
		judge "$(field "$out" per_s)" '>=' 1 "envelopes acknowledged and posted per second"
		judge "$(field "$out" cpu_s_per_10k)" '<=' 2 "CPU s per 10,000 envelopes, posts included"
		judge "$(field "$out" rss_end_mb)" '<=' 16 "resident after 10,000, MB"
		judge "$(field "$out" lost_posts)" '<=' 0 "posts lost"
	fi
	if measure cut --count 600 --rate 200 --cut 300; then
		judge "$(field "$out" back_ms)" '<=' 500 "connected again after a cut, ms"
		judge "$(field "$out" twice)" '<=' 0 "executed twice after a cut"
	fi
	if measure dup --count 600 --rate 200 --kind event --dup 10; then
		judge "$(field "$out" twice)" '<=' 0 "60 events delivered twice: executed twice"
	fi
	[ -z "${QUICK:-}" ] || continue
	if measure refresh --count 3000 --rate 200 --refresh 300; then
		judge "$(field "$out" gap_ms)" '<=' 0 "refresh: time without a socket, ms"
		judge "$(field "$out" lost_acks)" '<=' 0 "refresh: envelopes lost"
	fi
	if measure silent --count 400 --rate 200 --silent 200 --limit 60; then
		judge "$(field "$out" back_ms)" '<=' 40000 "silent peer: connected again after, ms"
	fi
	if measure pongs --count 500 --rate 10 --pong-ms 5000; then
		judge "$(field "$out" hellos)" '<=' 1 "pongs 5 s late for 50 s: connections made"
	fi
done
exit $failed
