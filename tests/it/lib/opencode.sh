#!/bin/bash
# opencode.sh: sourced by tests and by the demo to start the real OpenCode server beside the sandbox.
#
#   opencode_bin                      prints the installed binary's path; fails when there is none
#   opencode_start DIR SANDBOX_URL    starts it on a free loopback port; sets OPENCODE_URL, OPENCODE_PID, OPENCODE_WORK
#   opencode_stop
# Its model is the sandbox's, its git host and pull requests are the sandbox's, DIR is its home and work folder.
# Variables: OPENCODE (binary), OPENCODE_PORT (a free one), OPENCODE_PASSWORD (s3cret-opencode), OPENCODE_MODEL (sandbox), GH_TOKEN.

opencode_root=$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/../../.." && pwd)

opencode_bin() {
	for b in "${OPENCODE:-}" "$opencode_root/build/opencode/node_modules/opencode-ai/bin/opencode.exe" \
		"$opencode_root/build/opencode/node_modules/.bin/opencode"; do
		if [ -n "$b" ] && [ -x "$b" ] && "$b" --version >/dev/null 2>&1; then
			echo "$b"
			return 0
		fi
	done
	return 1
}

opencode_free_port() {
	node -e 's=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}

opencode_start() {
	_dir=$1 _sandbox=$2
	_bin=$(opencode_bin) || return 1
	OPENCODE_PASSWORD=${OPENCODE_PASSWORD:-s3cret-opencode}
	_port=${OPENCODE_PORT:-$(opencode_free_port)} || return 1
	mkdir -p "$_dir/bin"
	ln -sf "$opencode_root/tests/it/lib/gh" "$_dir/bin/gh"
	# Nothing of the caller's environment but what is named here: no proxies, no tokens.
	env -i PATH="$_dir/bin:$PATH" LANG=C.UTF-8 TMPDIR="$_dir" \
		DATA="$_dir" WORK="$_dir/work" HOST=127.0.0.1 PORT="$_port" OPENCODE="$_bin" \
		OPENCODE_SERVER_PASSWORD="$OPENCODE_PASSWORD" \
		LLM_URL="${OPENCODE_LLM_URL:-$_sandbox/llm/v1}" LLM_KEY="${OPENCODE_LLM_KEY:-sk-sandbox}" \
		LLM_MODEL="${OPENCODE_MODEL:-sandbox}" LLM_PRICE_IN=1 LLM_PRICE_OUT=4 \
		GIT_URL="$_sandbox" GH_TOKEN="${GH_TOKEN:-ghp_sandboxsandboxsandboxsandb0xread0nly}" GH_API="$_sandbox/github" \
		GIT_NAME=heal-agent GIT_EMAIL=agent@acme.example NO_PROXY='*' no_proxy='*' \
		"$opencode_root/deploy/opencode/entrypoint.sh" >"$_dir/opencode.log" 2>&1 &
	OPENCODE_PID=$!
	OPENCODE_URL=http://127.0.0.1:$_port
	OPENCODE_WORK=$_dir/work
	# A request during the start may never be answered: short time-outs, and again.
	_tries=0
	until curl -s -m 1 --noproxy '*' -u "opencode:$OPENCODE_PASSWORD" "$OPENCODE_URL/global/health" 2>/dev/null |
		grep -q '"healthy":true'; do
		kill -0 "$OPENCODE_PID" 2>/dev/null || return 1
		_tries=$((_tries + 1))
		[ "$_tries" -lt 120 ] || return 1
		sleep 0.25
	done
}

opencode_stop() {
	[ -n "${OPENCODE_PID:-}" ] || return 0
	kill "$OPENCODE_PID" 2>/dev/null
	_tries=0
	# It stops within two seconds, or hangs in what it waits for.
	while kill -0 "$OPENCODE_PID" 2>/dev/null; do
		_tries=$((_tries + 1))
		[ "$_tries" -lt 50 ] || kill -9 "$OPENCODE_PID" 2>/dev/null
		sleep 0.1
	done
	wait "$OPENCODE_PID" 2>/dev/null
	OPENCODE_PID=
}
