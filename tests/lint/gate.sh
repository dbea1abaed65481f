#!/bin/sh
# tests/lint/gate.sh ROOT: nothing leaves but through the gate of redaction (bot/app/gate.h). What could carry text past
# it may stand in the named files only; each of them says why. One line for each breach: file:line: what.
#
# JSON bodies pass the gate in net/http, log lines in base/log. So what is left to hold is:
set -u
cd "$1" || exit 2
rc=0
# only WORD 'FILES': an extended regular expression, and the shell patterns of the files that may have it.
only() {
	grep -rnE --include='*.[ch]' "(^|[^[:alnum:]_])($1)" bot handlers 2>/dev/null | {
		bad=0
		while IFS=: read -r file line _; do
			for ok in $2; do
				case $file in $ok) continue 2 ;; esac
			done
			echo "$file:$line: $1 is for $2 only"
			bad=1
		done
		[ "$bad" = 0 ]
	} || rc=1
}
set -f
# Bodies that are no JSON: a form goes through http_gate first; uploads of text too; blobs are a file's bytes, whose diff
# was checked (bot/fix).
only 'body_form' 'bot/net/http* bot/clients/slack.c'
only 'body_raw' 'bot/net/http* bot/clients/slack_files.c bot/clients/github.c'
only 'raw_json' 'bot/clients/github.c bot/clients/github_git.c bot/clients/github_app.c bot/clients/github_wire.h'
# Sockets that are not HTTP requests.
only 'lws_write\(' 'bot/net/*'
# The gate is installed in one place, and never taken out.
only 'http_set_gate\(|log_set_filter\(' 'bot/app/gate.c bot/net/http.[ch] bot/base/log.[ch] include/log.h'
only 'http_gate_none' 'bot/net/http.[ch]'
# The terminal belongs to the commands.
only '(printf|fprintf|vfprintf|fputs|puts|putchar|fwrite)\(' 'bot/app/*'
# Redactors that do not know the bot's own secrets.
only 'redact_new\(' 'bot/digest/redact* include/redact.h bot/app/gate.c bot/app/cmd_redact.c'
exit $rc
