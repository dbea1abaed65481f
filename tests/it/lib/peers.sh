#!/bin/bash
# peers.sh DIR: the sandbox and a real OpenCode server for a test program, steered by lines on stdin:
#   (start)  prints "ready SANDBOX_URL OPENCODE_URL WORK PASSWORD"
#   kill     kills OpenCode like a crash (SIGKILL), prints "killed"
#   start    starts it again on the same port with the same data, prints "started"
#   EOF      ends both
# Exit status 77 when OpenCode is not installed.
set -u
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/opencode.sh"
opencode_bin >/dev/null || exit 77
rm -f "$dir/sandbox.out"
"$SANDBOX" --port 0 >"$dir/sandbox.out" 2>"$dir/sandbox.err" &
sandbox=$!
trap 'opencode_stop; kill "$sandbox" 2>/dev/null; wait 2>/dev/null' EXIT
until [ -s "$dir/sandbox.out" ]; do
	kill -0 "$sandbox" 2>/dev/null || exit 1
	sleep 0.05
done
url=$(jq -r .url "$dir/sandbox.out")
opencode_start "$dir/opencode" "$url" || {
	cat "$dir/opencode/opencode.log" >&2
	exit 1
}
OPENCODE_PORT=${OPENCODE_URL##*:}
echo "ready $url $OPENCODE_URL $OPENCODE_WORK $OPENCODE_PASSWORD"
while read -r word; do
	case $word in
	kill)
		kill -9 "$OPENCODE_PID"
		wait "$OPENCODE_PID" 2>/dev/null
		echo killed
		;;
	start)
		opencode_start "$dir/opencode" "$url" || exit 1
		echo started
		;;
	esac
done
