#!/bin/sh
# deploy/deps.sh: installs what building and testing need on Debian and Ubuntu, says nothing when all is there.
#
#   deps.sh          the build, the tests and OpenCode (into build/opencode, for `make demo` and one test)
#   deps.sh check    also what `make check` uses
#   deps.sh build    only the build (the bot's Dockerfile)
# Without root it uses sudo. Elsewhere it names the packages and goes on: the build then says what is missing.
set -eu
cd "$(dirname "$0")/.."
what=${1:-test}

# OpenCode 2.x speaks another protocol: pinned.
OPENCODE=opencode-ai@1.18.33

build="gcc make pkg-config libc6-dev libwebsockets-dev libcurl4-openssl-dev libssl-dev libcjson-dev libsqlite3-dev
	libpcre2-dev libinih-dev libcmark-gfm-dev libcmark-gfm-extensions-dev zlib1g-dev uthash-dev ca-certificates"
test="libcmocka-dev git curl jq openssl sqlite3 procps"
check="chromium chromium-driver clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 cppcheck lcov time"

case $what in
build) want=$build ;;
test) want="$build $test" ;;
check) want="$build $test $check" ;;
*)
	echo "usage: deploy/deps.sh [build|test|check]" >&2
	exit 2
	;;
esac

# Names of those that are not installed.
missing() {
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"
	done
}

if ! command -v dpkg-query >/dev/null; then
	command -v pkg-config >/dev/null && pkg-config --exists libwebsockets libcurl libcjson sqlite3 inih && exit 0
	echo "deps: not Debian or Ubuntu; please install what corresponds to:" $want >&2
	exit 0
fi

need=$(missing $want)
# A Node.js of any origin will do; the distribution's is fetched only when there is none.
if [ "$what" != build ] && ! command -v npm >/dev/null; then
	need="$need nodejs npm"
fi
if [ -n "$need" ]; then
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null; then
			echo "deps: as root, please: apt-get install" $need >&2
			exit 1
		fi
		sudo=sudo
	fi
	echo "deps: installing" $need
	$sudo apt-get update -qq
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $need >/dev/null
fi

[ "$what" = build ] && exit 0

npm_get() { # DIR PACKAGE WHY
	dir=$1 package=$2 why=$3
	mkdir -p "$dir"
	[ -f "$dir/.installed-$package" ] && return 0
	command -v npm >/dev/null || {
		echo "deps: no npm, so no $package: $why" >&2
		return 0
	}
	echo "deps: npm install $package (into $dir)"
	[ -f "$dir/package.json" ] || echo '{"private":true}' >"$dir/package.json"
	if npm install --prefix "$dir" --no-fund --no-audit --silent "$package" >"$dir/npm.log" 2>&1; then
		touch "$dir/.installed-$package"
	else
		echo "deps: $package could not be installed (see $dir/npm.log): $why" >&2
	fi
}

npm_get build/opencode "$OPENCODE" "the demo uses a stand-in for the coding agent and its test is skipped"
if [ "$what" = check ]; then
	npm_get build/npm graphql@16 "GraphQL documents are not checked"
fi
