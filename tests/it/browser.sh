#!/bin/bash
# browser.sh - the pages in a real headless Chromium: signing in, every page on a phone and on a desk, light and
# dark, hostile text, links, contrast; no error in the console, no violation of the Content-Security-Policy.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
# shellcheck source=tests/it/lib/browser.sh
. "$ROOT/tests/it/lib/browser.sh"
set -u

if ! browser_found; then
	echo 'ok 1 - # SKIP chromium and chromium-driver are not installed (sh deploy/deps.sh check)'
	echo '1..1'
	exit 0
fi
trap 'driver_stop; cleanup' EXIT

TOKEN=a-long-and-random-token-of-the-pages
export HEAL_HTTP_TOKEN=$TOKEN HEAL_HEAL_HTTP=127.0.0.1:0
heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
is_true() { equal "$(js "return $1")" true; }

sb_start
bot_ini scan.every=1h
bot_start
PORT=$(sed -n 's/.*local pages on port \([0-9]*\).*/\1/p' "$TMP/bot.log" | head -n 1)
AT=http://127.0.0.1:$PORT
diagnosed() { [ "$(heal incidents --json | jq 'map(select(.state == "diagnosed")) | length')" -ge 1 ]; }
wait_for 40 diagnosed
# Hostile text as a person would bring it in: the note of /heal resolve, which stays in the timeline.
EVIL="<script>document.title='PWNED'</script><img src=x onerror=document.title='PWNED'>'><svg onload=document.title='PWNED'>"
sb POST slack/command "$(jq -n --arg t "resolve 1 \"$EVIL\" yes" '{user: "U0BEN00001", text: $t}')" >/dev/null
resolved() { heal incidents --all --json | jq -e 'any(.id == 1 and .state == "resolved")'; }
wait_for 10 resolved
driver_start || { echo 'Bail out! chromedriver does not start'; exit 2; }

# ---- signing in, on a desk
browser 1280 900 light || { echo 'Bail out! Chromium does not start'; cat "$TMP"/driver.*; exit 2; }
goto "$AT/runs?state=failed"
complaints >/dev/null # 401 is the answer that it should be
check 'a browser gets the form' is_true 'document.querySelector("form[action=\"/sign-in\"] input[name=token]") !== null'
type_into '#token' 'a-long-but-wrong-token'
press button
check 'a wrong token is told' is_true 'document.querySelector("[role=alert]").textContent.includes("not the token")'
type_into '#token' "$TOKEN"
press button
check 'the right one leads to the page asked for' equal "$(js 'return location.pathname + location.search')" '"/runs?state=failed"'
cookie() { wd GET /cookie | jq -c '.value[] | select(.name == "heal_session") | [.httpOnly, .sameSite, .path]'; }
check 'the cookie is out of reach for scripts and other sites' equal "$(cookie)" '[true,"Strict","/"]'
check 'no token in the address, the page or the history' is_true "!(location.href + document.documentElement.outerHTML).includes('$TOKEN')"
complaints >/dev/null

# ---- every page
RUN=$(heal runs --workflow investigate --json | jq '.[0].id')
PAGES=(/ /runs '/runs?state=done&since=24h' /runs/"$RUN" /incidents /incidents/1 /queue)
# Everything a page must be, as a list of what it is not. Contrast: WCAG 2 AA, 4.5 to 1 for each text against the
# nearest background that is not transparent.
FAULTS='
	const all = s => [...document.querySelectorAll(s)], faults = [], must = (ok, what) => ok || faults.push(what);
	const lum = c => c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 })
		.reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
	const rgb = s => s.match(/[\d.]+/g).map(Number);
	const back = e => { for (; e; e = e.parentElement) { const b = rgb(getComputedStyle(e).backgroundColor);
		if (b.length < 4 || b[3] > 0) return b.slice(0, 3) } return [255, 255, 255] };
	const contrast = e => { const f = lum(rgb(getComputedStyle(e).color).slice(0, 3)), b = lum(back(e));
		return (Math.max(f, b) + .05) / (Math.min(f, b) + .05) };
	must(document.documentElement.scrollWidth <= innerWidth, "scrolls sideways");
	must(document.documentElement.lang === "en" && all("h1").length === 1 && all("main").length === 1, "lang, h1, main");
	must(!document.querySelector("nav") || all("header nav").length && all("footer").length, "landmarks");
	must(all("table").every(t => t.caption && t.querySelector("th[scope=col]")), "table heads");
	must(all("input,select").every(i => i.type === "hidden" || i.labels.length === 1), "labels");
	must(!document.title.includes("PWNED") && !all("script,iframe,img,[onload],[onerror]").length, "hostile text lives");
	all("body *").filter(e => e.checkVisibility() && !e.closest("svg") && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
		.forEach(e => must(contrast(e) >= 4.5, "contrast of " + e.tagName + "." + e.className + " " + e.textContent.slice(0, 20)));
	return faults'
sound() { equal "$(js "$FAULTS")" '[]' && equal "$(complaints)" ''; }
look_at() { # NAME: each page, in the window that is open
	local p
	for p in "${PAGES[@]}"; do
		goto "$AT$p"
		check "$1 $p" sound
	done
}
look_at 'desk, light'
goto "$AT/incidents/1"
check 'the hostile text is there, as text' is_true 'document.body.textContent.includes("<script>document.title")'

# ---- a reader's keyboard
goto "$AT/"
wd POST /actions '{"actions":[{"type":"key","id":"k","actions":[{"type":"keyDown","value":"\ue004"},{"type":"keyUp","value":"\ue004"}]}]}' >/dev/null
check 'Tab shows where it is: the way past the navigation first' is_true \
	'document.activeElement.getAttribute("href") === "#content" && getComputedStyle(document.activeElement).outlineStyle !== "none"'

# ---- each link of each page leads somewhere
get() { curl -sS -o /dev/null -w '%{http_code}' --max-time 10 -H "Authorization: Bearer $TOKEN" "$AT$1"; }
hrefs() {
	local p
	for p in "${PAGES[@]}"; do
		curl -sS --max-time 10 -H "Authorization: Bearer $TOKEN" "$AT$p" | grep -o 'href="/[^"]*"' | sed 's/^href="//; s/"$//; s/&amp;/\&/g'
	done | sort -u
}
links_work() {
	local h code n=0
	for h in $(hrefs | head -n 120); do
		code=$(get "$h")
		[ "$code" = 200 ] || { echo "$h answers $code"; return 1; }
		n=$((n + 1))
	done
	[ "$n" -ge 15 ] || { echo "only $n links"; return 1; }
}
check 'every link leads to a page' links_work

# ---- out again
goto "$AT/"
press 'form[action="/sign-out"] button'
check 'signed out' is_true 'document.querySelector("#token") !== null'

# ---- a phone in the dark
browser 390 844 dark
goto "$AT/"
complaints >/dev/null
check 'phone, dark: the sign-in form' sound
type_into '#token' "$TOKEN"
press button
complaints >/dev/null
check 'it is a phone, and dark' is_true 'window.innerWidth === 390 && matchMedia("(prefers-color-scheme: dark)").matches'
look_at 'phone, dark'

driver_stop
bot_stop
done_testing
