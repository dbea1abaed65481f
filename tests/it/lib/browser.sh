#!/bin/bash
# browser.sh - a real headless Chromium by plain WebDriver (chromedriver and curl). Source it after sandbox.sh.
#
#   browser_found                  Chromium and its driver are installed
#   driver_start                   one chromedriver; ended at exit
#   browser WIDTH HEIGHT light|dark   a new browser window, as a phone below 500 px; ends the one before
#   goto URL                       and waits for the page
#   js 'return …'                  evaluates, prints JSON (the page itself may not run any script)
#   type_into CSS TEXT, press CSS  like a person
#   complaints                     what the console said since the last time: errors, CSP violations
#   picture FILE [HEIGHT]          PNG of the whole page, at most so many px high (1300)
# Needs: curl, jq, TMP. Chromium's own network access is off: --disable-background-networking and friends.

DRIVER_PID='' WD='' CHROMIUM=''

browser_found() {
	CHROMIUM=$(command -v chromium || command -v chromium-browser) && command -v chromedriver >/dev/null
}

driver_start() {
	env HOME="$TMP" chromedriver --port=0 >"$TMP/driver.out" 2>"$TMP/driver.err" &
	DRIVER_PID=$!
	wait_for 10 grep -q 'successfully on port' "$TMP/driver.out" || return 1
	DRIVER=http://127.0.0.1:$(sed -n 's/.*successfully on port \([0-9]*\).*/\1/p' "$TMP/driver.out" | head -n 1)
}

driver_stop() {
	[ -z "$WD" ] || wd DELETE '' >/dev/null
	[ -z "$DRIVER_PID" ] || kill "$DRIVER_PID" 2>/dev/null
	WD='' DRIVER_PID=''
}

wd() { # METHOD PATH [JSON]
	curl -sS --noproxy '*' --max-time 30 -X "$1" -H 'Content-Type: application/json' \
		${3:+--data-binary "$3"} "$WD$2"
}

browser() {
	local scheme=1 mobile='{}' profile
	[ "$3" = dark ] && scheme=0
	[ "$1" -lt 500 ] && mobile="{mobileEmulation: {deviceMetrics: {width: $1, height: $2, pixelRatio: 2}}}"
	[ -z "$WD" ] || wd DELETE '' >/dev/null
	profile=$(mktemp -d "$TMP/profile.XXXXXX")
	WD=$DRIVER
	WD=$DRIVER/session/$(wd POST /session "$(jq -n --arg profile "$profile" --arg bin "$CHROMIUM" \
		--arg size "$1,$2" --arg scheme "$scheme" '{capabilities: {alwaysMatch: {
		"goog:loggingPrefs": {browser: "ALL"},
		"goog:chromeOptions": ({binary: $bin, args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
			"--no-first-run", "--disable-background-networking", "--disable-component-update",
			"--disable-sync", "--hide-scrollbars", "--disable-dev-shm-usage", "--user-data-dir=\($profile)",
			"--window-size=\($size)", "--blink-settings=preferredColorScheme=\($scheme)"]} + '"$mobile"')}}}')" |
		jq -er .value.sessionId)
	[ "$WD" != "$DRIVER/session/" ]
}

goto() { wd POST /url "$(jq -n --arg u "$1" '{url: $u}')" | jq -e '.value == null' >/dev/null; }
js() { wd POST /execute/sync "$(jq -n --arg s "$1" '{script: $s, args: []}')" | jq -c .value; }
element() { wd POST /element "$(jq -n --arg c "$1" '{using: "css selector", value: $c}')" | jq -r '.value | to_entries[0].value'; }
type_into() { wd POST "/element/$(element "$1")/value" "$(jq -n --arg t "$2" '{text: $t}')" >/dev/null; }
press() { wd POST "/element/$(element "$1")/click" '{}' >/dev/null; }
complaints() {
	wd POST /se/log '{"type":"browser"}' | jq -r '.value[]? | select(.level == "SEVERE" or .level == "WARNING") | .message'
}

picture() {
	local height
	height=$(js 'return Math.min(document.documentElement.scrollHeight, '"${2:-1300}"')')
	wd POST /goog/cdp/execute "$(jq -n --argjson h "$height" --argjson w "$(js 'return window.innerWidth')" '
		{cmd: "Page.captureScreenshot", params: {captureBeyondViewport: true, clip: {x: 0, y: 0, width: $w, height: $h, scale: 1}}}')" |
		jq -r .value.data | base64 -d >"$1"
}
