#!/bin/sh
# tests/lint/docs.sh --check|--write HEALBOT: deploy/heal.ini.example, deploy/healbot.8 and the README's reference
# (between <!-- settings --> and <!-- /settings -->) are made from the tables of bot/app.
set -u
mode=$1
healbot=$2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
rc=0
[ -x "$healbot" ] || { echo "docs: no $healbot (make first)"; exit 1; }

put() { # made target
	cmp -s "$1" "$2" && return
	if [ "$mode" = --write ]; then
		cp "$1" "$2"
		echo "  wrote $2"
	else
		echo "$2:1: not what the tables make (make docs)"
		rc=1
	fi
}

"$healbot" config --example >"$tmp/ini" && put "$tmp/ini" deploy/heal.ini.example || rc=1
"$healbot" config --man >"$tmp/man" && put "$tmp/man" deploy/healbot.8 || rc=1
if grep -q '^<!-- settings -->$' README.md 2>/dev/null; then
	"$healbot" config --markdown >"$tmp/md" || rc=1
	awk -v made="$tmp/md" '
		/^<!-- settings -->$/ { print; print ""; while ((getline l < made) > 0) print l; skip = 1 }
		/^<!-- \/settings -->$/ { print ""; skip = 0 }
		!skip { print }' README.md >"$tmp/readme"
	put "$tmp/readme" README.md || rc=1
fi
exit $rc
