#!/bin/sh
# entrypoint.sh: starts the OpenCode server that Heal drives. Used by the image (Dockerfile beside it), by
# `make demo` and by the tests, so that all three run the same thing.
#
#   DATA      folder for home and sessions, on a volume (default /data)     PORT  4096    HOST  ::
#   WORK      folder for the work trees (default /work): [opencode] directory of heal.ini
#   LLM_URL   base URL of an OpenAI-compatible API, with /v1                LLM_MODEL  its model
#   LLM_KEY   its key              LLM_CONTEXT 128000   LLM_OUTPUT 8192   LLM_PRICE_IN, LLM_PRICE_OUT ($ per million)
#   GH_TOKEN  token the agent clones with: Contents (read), nothing else. Only with [fix] publish = agent it also
#             pushes: then Contents and Pull requests (write), no Workflows
#   GIT_URL   https://github.com   GIT_NAME, GIT_EMAIL  author of the commits
#   OPENCODE_SERVER_PASSWORD       required unless HOST is loopback; OPENCODE_SERVER_USERNAME (opencode)
# LLM_KEY, GH_TOKEN and OPENCODE_SERVER_PASSWORD are also read from the files named by NAME_FILE.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)

for name in LLM_KEY GH_TOKEN OPENCODE_SERVER_PASSWORD; do
	eval "file=\${${name}_FILE:-}"
	if [ -n "$file" ]; then
		value=$(cat "$file")
		eval "export $name=\$value"
		unset "${name}_FILE"
	fi
done

need() {
	eval "value=\${$1:-}"
	[ -n "$value" ] || {
		echo "entrypoint: $1 is not set: $2" >&2
		exit 2
	}
}
need LLM_URL "base URL of the model's API, for example https://api.openai.com/v1"
need LLM_MODEL "name of the model"
need LLM_KEY "key of the model's API"

DATA=${DATA:-/data} WORK=${WORK:-/work} HOST=${HOST:-::} PORT=${PORT:-4096}

# In the image, started as root: the folders go to the user "agent", and so do we.
if [ "$(id -u)" -eq 0 ] && command -v gosu >/dev/null && id agent >/dev/null 2>&1; then
	chown agent:agent "$DATA" "$WORK"
	exec gosu agent "$0"
fi
case $HOST in
127.* | ::1 | localhost) ;;
*) need OPENCODE_SERVER_PASSWORD "without it everybody who reaches this port runs commands here" ;;
esac
[ -n "${OPENCODE_SERVER_PASSWORD:-}" ] || unset OPENCODE_SERVER_PASSWORD

export HOME="$DATA/home"
mkdir -p "$HOME" "$WORK"

export LLM_URL LLM_MODEL LLM_KEY
export LLM_CONTEXT="${LLM_CONTEXT:-128000}" LLM_OUTPUT="${LLM_OUTPUT:-8192}"
export LLM_PRICE_IN="${LLM_PRICE_IN:-0}" LLM_PRICE_OUT="${LLM_PRICE_OUT:-0}"
export OPENCODE_CONFIG="${OPENCODE_CONFIG:-$here/opencode.json}"

# Nothing that needs the internet beyond the model and the repository; and a repository's own opencode.json
# must not be able to undo the rules.
export OPENCODE_DISABLE_AUTOUPDATE=1 OPENCODE_DISABLE_MODELS_FETCH=1 OPENCODE_DISABLE_LSP_DOWNLOAD=1 \
	OPENCODE_DISABLE_DEFAULT_PLUGINS=1 OPENCODE_DISABLE_CLAUDE_CODE=1 OPENCODE_DISABLE_EXTERNAL_SKILLS=1 \
	OPENCODE_DISABLE_PROJECT_CONFIG=1 OPENCODE_DISABLE_SHARE=1

# Git: an identity, no prompts, and the token through a helper, so that it is in no URL and no .git/config.
export GIT_TERMINAL_PROMPT=0 GH_PROMPT_DISABLED=1 GIT_CONFIG_NOSYSTEM=1
GIT_URL=${GIT_URL:-https://github.com}
git config --global user.name "${GIT_NAME:-heal}"
git config --global user.email "${GIT_EMAIL:-heal@localhost}"
git config --global init.defaultBranch main
git config --global push.default current
git config --global "credential.$GIT_URL.helper" \
	'!f() { [ "$1" = get ] && printf "username=x-access-token\npassword=%s\n" "$GH_TOKEN"; }; f'

cd "$WORK"
exec "${OPENCODE:-opencode}" serve --hostname "$HOST" --port "$PORT"
