#!/bin/sh
# tests/lint/check.sh [PART...]: what `make check` does. Parts, in order: scripts fmt headers layers docs
# cppcheck tidy graphql blocks (LINT="fmt layers" picks some). Each problem is a line file:line: what. A part
# that cannot run here is SKIPPED in capitals; with CI=true that is a failure.
set -u
LC_ALL=C.UTF-8
export LC_ALL
cd "$(dirname "$0")/../.." || exit 2
CC=${CC:-cc}
JOBS=${JOBS:-2}
MAKE=${MAKE:-make}
failed=''
skipped=''
OUT=build/lint
mkdir -p "$OUT"

# The flags of a file's own folder: see "Who may see which headers" in the Makefile.
includes() {
	case $1 in
	handlers/* | include/*) echo "-Iinclude" ;;
	bot/*) echo "-Iinclude -Ibot" ;;
	*) echo "-Iinclude -Ibot -Itests" ;;
	esac
}

sources() { find bot handlers include tests -name "$1" -type f 2>/dev/null | sort; }

have() { command -v "$1" >/dev/null 2>&1; }

# skip PART WHY
skip() {
	echo "  SKIPPED: $2"
	skipped="$skipped $1"
	[ "${CI:-}" = true ] && return 1
	return 0
}

check_scripts() {
	rc=0
	for f in $(find bot deploy tests -name '*.sh' -type f) .ci/run; do
		[ -f "$f" ] || continue
		case $(head -n 1 "$f") in
		*bash*) bash -n "$f" || rc=1 ;;
		*) sh -n "$f" || rc=1 ;;
		esac
	done
	return $rc
}

check_fmt() {
	have clang-format-14 || { skip fmt "no clang-format-14 (deploy/deps.sh check)"; return; }
	sources '*.[ch]' | xargs -n 16 -P "$JOBS" clang-format-14 --dry-run --Werror 2>"$OUT/fmt.log" && return 0
	grep -E '^[^ ]+:[0-9]+:[0-9]+: error' "$OUT/fmt.log" | awk -F: '!seen[$1]++ {print $1 ":" $2 ": not formatted (make fmt)"}'
	return 1
}

# Each header compiles alone.
check_headers() {
	PKG=$(pkg-config --cflags libwebsockets libcurl libcjson sqlite3 libpcre2-8 inih 2>/dev/null)
	for h in $(sources '*.h'); do
		echo "$CC -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only $(includes "$h") $PKG -include $h -x c /dev/null || echo '$h:1: does not compile alone'"
	done >"$OUT/headers.cmd"
	xargs -d '\n' -n 1 -P "$JOBS" sh -c <"$OUT/headers.cmd" >"$OUT/headers.log" 2>&1
	[ -s "$OUT/headers.log" ] || return 0
	cat "$OUT/headers.log"
	return 1
}

check_layers() {
	sh tests/lint/layers.sh . || return 1
	sh tests/lint/gate.sh . || return 1
	sh tests/lint/layers_test.sh
}

# Files made from the tables are what the tables make.
check_docs() {
	sh tests/lint/docs.sh --check "$($MAKE -s --no-print-directory print-healbot)"
}

# What flows between functions is left to clang's analyzer: cppcheck 2.10 takes `&x` for a use of x, and NULL at
# the end of variable arguments for an int (it is a pointer in glibc).
check_cppcheck() {
	have cppcheck || { skip cppcheck "no cppcheck (deploy/deps.sh check)"; return; }
	mkdir -p "$OUT/cppcheck"
	cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
		-j "$JOBS" --cppcheck-build-dir="$OUT/cppcheck" -D_GNU_SOURCE -DHEAL_VERSION='""' -Iinclude -Ibot -Itests \
		--suppress=missingInclude --suppress=missingIncludeSystem --suppress=unusedFunction \
		--suppress=uninitvar --suppress=ctuuninitvar --suppress=ctunullpointer --suppress=varFuncNullUB --template='{file}:{line}: {id}: {message}' \
		$(for d in bot handlers tests; do [ -d $d ] && echo $d; done)
}

check_tidy() {
	have clang-tidy-14 || { skip tidy "no clang-tidy-14 (deploy/deps.sh check)"; return; }
	find bot handlers tests/sandbox -name '*.c' -type f 2>/dev/null | sort |
		OUT=$OUT xargs -n 1 -P "$JOBS" sh tests/lint/tidy.sh
}

check_graphql() {
	docs=$(find bot/clients -name '*.graphql' 2>/dev/null | sort)
	[ -n "$docs" ] || { skip graphql "no documents in bot/clients"; return; }
	[ -f tests/sandbox/railway.graphqls ] || { skip graphql "no schema tests/sandbox/railway.graphqls"; return; }
	have node || { skip graphql "no node"; return; }
	[ -d build/npm/node_modules/graphql ] || { skip graphql "npm package graphql is not in build/npm (deploy/deps.sh check)"; return; }
	node tests/lint/graphql.mjs tests/sandbox/railway.graphqls $docs
}

check_blocks() {
	ls tests/golden/slack/*.json >/dev/null 2>&1 || { skip blocks "no samples in tests/golden/slack"; return; }
	sandbox=$($MAKE -s --no-print-directory print-sandbox)
	[ -x "$sandbox" ] || { skip blocks "no sandbox program"; return; }
	"$sandbox" --check-blocks tests/golden/slack/*.json
}

[ $# -gt 0 ] || set -- scripts fmt headers layers docs cppcheck tidy graphql blocks
for part in "$@"; do
	start=$(date +%s)
	printf '== %s\n' "$part"
	if "check_$part"; then
		printf '   %s: ok (%d s)\n' "$part" $(($(date +%s) - start))
	else
		printf '   %s: FAILED\n' "$part"
		failed="$failed $part"
	fi
done
[ -z "$skipped" ] || echo "make check: SKIPPED:$skipped"
[ -z "$failed" ] || { echo "make check: FAILED:$failed"; exit 1; }
echo "make check: clean"
