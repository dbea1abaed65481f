#!/bin/bash
# cli.sh - the command line of the real binary: help, exit codes, problems, documentation from the tables.
set -u
cd "$TMP" || exit 2
n=0
failed=0

# ok STATUS NAME: one TAP line.
ok() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		echo "# stdout: $(head -c 500 out)"
		echo "# stderr: $(head -c 500 err)"
		failed=1
	fi
}

# run EXIT NAME ARGS...: runs healbot and checks its exit code.
run() {
	want=$1 name=$2
	shift 2
	"$HEALBOT" "$@" >out 2>err
	rc=$?
	[ "$rc" = "$want" ]
	ok $? "$name (exit $rc, want $want)"
}

says() { # FILE TEXT NAME
	grep -qF -- "$2" "$1"
	ok $? "$3"
}

silent() { # FILE NAME
	[ ! -s "$1" ]
	ok $? "$2"
}

run 0 "--version" --version
says out "healbot " "names itself and its version"
run 0 "version" version
run 0 "--help" --help
for c in run scan doctor incidents runs retry cancel pause resume digest redact simulate eval export backup config help version; do
	says out "  $c" "--help lists $c"
done
silent err "--help says nothing on stderr"
run 2 "no command"
says err "usage:" "shows the usage"
silent out "nothing on stdout"
run 2 "wrong command" scna
says err 'did you mean "scan"?' "suggests the nearest"
run 2 "wrong option" digest --bugdet 3
says err "healbot digest --help" "says where the options are"
run 2 "option without value" digest --budget
run 2 "switch with a value" digest --assign=1
run 2 "word that is missing" export
run 2 "two words where one is allowed" runs 1 2
run 0 "help of a command" help scan
says out "--json" "names its options"
run 0 "--help of a command" scan --help
says out "example:" "shows an example"
run 0 "help config" help config
says out "HEAL_<SECTION>_<KEY>" "explains the environment"
says out "SLACK_BOT_TOKEN" "names the secrets"
run 2 "help of nothing" help nothing

printf '[scan]\nevery = 10\n[heal]\nlgo = info\n' >bad.ini
run 2 "bad settings" --config bad.ini incidents
says err 'bad.ini:2: [scan] every = 10: a duration needs a unit' "names key, file and line"
says err 'bad.ini:4: [heal] lgo: no such key; did you mean "log"?' "suggests the key"
[ "$(wc -l <err)" = 2 ]
ok $? "one line each"
run 2 "--config after the command" incidents --config=bad.ini
run 2 "no such file" --config none.ini incidents
says err "none.ini: cannot be read" "names the file"
HEAL_CONFIG=bad.ini run 2 "HEAL_CONFIG" config
SLACK_BOT_TOKEN=xapp-not-this-SECRET run 2 "swapped token" incidents
says err "SLACK_BOT_TOKEN: this is an app-level token" "says which"
grep -q SECRET err
[ $? = 1 ]
ok $? "without printing it"
run 2 "missing secrets" run
says err "SLACK_APP_TOKEN is not set: " "names the token and the remedy"
says err "RAILWAY_API_TOKEN is not set: " "and the other"
says err "[slack] channel is not set: " "and the setting"

run 0 "config --example" config --example
cmp -s out "$ROOT/deploy/heal.ini.example"
ok $? "deploy/heal.ini.example is what the table makes"
sed 's/^#\([a-z]\)/\1/; s/^#\[/[/' out >live.ini
SLACK_APP_TOKEN=xapp-1-abc SLACK_BOT_TOKEN=xoxb-1-abc RAILWAY_API_TOKEN=0123456789 GITHUB_TOKEN=ghp_0123456789 \
	GITHUB_APP_KEY=$(openssl genrsa 2048 2>/dev/null) \
	run 0 "the example, all keys live, is complete" config --config live.ini
run 0 "config --markdown" config --markdown
run 0 "config --man" config --man
cmp -s out "$ROOT/deploy/healbot.8"
ok $? "deploy/healbot.8 is what the tables make"
"$HEALBOT" config --example >/dev/full 2>err
[ $? = 1 ]
ok $? "a full disk is noticed"

echo "1..$n"
exit $failed
