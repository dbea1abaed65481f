#!/bin/sh
# tests/lint/layers_test.sh: the layer check finds planted breaches, each on its line, and nothing else.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/include" "$tmp/bot/base" "$tmp/bot/net" "$tmp/bot/watch" "$tmp/bot/clients" "$tmp/handlers/commands"
cd "$tmp" || exit 2
touch include/err.h include/slack.h bot/base/err.c
echo '#include "err.h"' >bot/clients/slack.c                           # fine
echo '#include "bot/net/http.h"' >include/json.h                       # 1: include sees bot
printf '#include "err.h"\n#include "net/http.h"\n' >bot/watch/judge.c  # 2: watch sees net
printf '#include "slack.h"\n' >bot/net/ws.c                            # 3: net sees clients' public header
printf '\n\n#include <curl/curl.h>\n' >bot/clients/railway.c           # 4: curl outside net
printf '#include "net/http.h"\n' >handlers/commands/fix.c              # 5: handler sees bot
printf '#  include <sqlite3.h>\n' >handlers/commands/list.c            # 6: sqlite outside store
printf '#include "util.h"\n' >bot/net/http.c                           # 7: not in include/
mkdir bot/misc && printf '#include "err.h"\n' >bot/misc/x.c            # 8: folder unknown
sh "$here/layers.sh" . >found 2>&1 && { echo "layers_test: breaches were not found"; exit 1; }
for want in include/json.h:1: bot/watch/judge.c:2: bot/net/ws.c:1: bot/clients/railway.c:3: handlers/commands/fix.c:1: \
	handlers/commands/list.c:1: bot/net/http.c:1: bot/misc/x.c:1:; do
	grep -q "^$want" found || { echo "layers_test: not found: $want"; cat found; exit 1; }
done
[ "$(wc -l <found)" -eq 8 ] || { echo "layers_test: 8 planted, found:"; cat found; exit 1; }
rm include/json.h bot/watch/judge.c bot/net/ws.c bot/clients/railway.c handlers/commands/*.c bot/net/http.c bot/misc/x.c
sh "$here/layers.sh" . || { echo "layers_test: a clean tree is refused"; exit 1; }
printf '\nx.body_raw = "leak";\n' >bot/base/err.c                     # past the gate
printf 'puts("leak");\n' >bot/clients/slack.c
sh "$here/gate.sh" . >found && { echo "layers_test: what passes the gate by was not found"; exit 1; }
grep -q '^bot/base/err.c:2:.*body_raw' found && grep -q '^bot/clients/slack.c:1:' found && [ "$(wc -l <found)" -eq 2 ] ||
	{ echo "layers_test: 2 ways around the gate planted, found:"; cat found; exit 1; }
echo "   10 planted breaches found, a clean tree passes"
