#!/bin/bash
# pictures.sh - makes the pictures of the README (deploy/pictures/) from the simulated workspace: a bot that has
# diagnosed, met a failing model, and opened a pull request; seen in a real Chromium.
#
#   make MODE=release && sh deploy/deps.sh check && bash tests/pictures/pictures.sh
# BUILD: the folder of the programs (build/release). Wants chromium-driver; pngquant makes the files smaller.
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build/release}
HEALBOT=$BUILD/healbot SANDBOX=$BUILD/sandbox
TMP=$(mktemp -d)
TZ=UTC
export ROOT TMP HEALBOT SANDBOX TZ
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
# shellcheck source=tests/it/lib/browser.sh
. "$ROOT/tests/it/lib/browser.sh"
# shellcheck source=tests/it/lib/opencode.sh
. "$ROOT/tests/it/lib/opencode.sh"
browser_found || {
	echo 'pictures: chromium and chromium-driver are not installed (sh deploy/deps.sh check)' >&2
	exit 1
}
trap 'driver_stop; opencode_stop; cleanup; rm -rf "$TMP"' EXIT
OUT=$ROOT/deploy/pictures
mkdir -p "$OUT"

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
api() { heal incidents --all --json | jq -r --arg f "$1" '.[] | select(.service == "api") | .[$f]'; }
api_is() { [ "$(api state)" = "$1" ]; }
save() { # NAME [HEIGHT]
	picture "$TMP/$1.png" ${2:+"$2"}
	if command -v pngquant >/dev/null; then
		pngquant --force --strip --speed 1 --quality 60-95 --output "$OUT/$1.png" "$TMP/$1.png"
	else
		cp "$TMP/$1.png" "$OUT/$1.png"
	fi
	echo "$OUT/$1.png: $(stat -c %s "$OUT/$1.png") bytes"
}

export HEAL_HEAL_HTTP=127.0.0.1:0
sb_start --time-factor 10
opencode_start "$TMP/opencode" "$SB_URL" || {
	echo 'pictures: OpenCode is not installed (sh deploy/deps.sh)' >&2
	exit 1
}
export OPENCODE_SERVER_PASSWORD=$OPENCODE_PASSWORD
bot_ini scan.every=20s "opencode.url=$OPENCODE_URL" "opencode.directory=$OPENCODE_WORK" opencode.poll=1s github.poll=5s
sb_fault '{"peer":"llm","match":"","times":2,"action":{"status":503}}'
bot_start
AT=http://127.0.0.1:$(sed -n 's/.*local pages on port \([0-9]*\).*/\1/p' "$TMP/bot.log" | head -n 1)
wait_for 60 api_is diagnosed
sb POST slack/command "{\"user\":\"U0BEN00001\",\"text\":\"fix $(api id)\"}" >/dev/null
wait_for 90 api_is pr_open || {
	echo "pictures: no pull request: api is $(api state)" >&2
	tail -n 20 "$TMP/bot.log" >&2
	exit 1
}
driver_start

RUN=$(heal runs --workflow investigate --json | jq '[.[] | select(.state == "done")] | max_by(.ended_ms - .created_ms) | .id')
browser 1180 900 light
goto "$AT/"
save overview
goto "$AT/runs/$RUN"
save run
browser 1180 900 dark
goto "$AT/runs"
save runs-dark 900
browser 390 844 light
goto "$AT/incidents/$(api id)"
save phone 1000
