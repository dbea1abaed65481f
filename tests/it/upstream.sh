#!/bin/bash
# upstream.sh - a provider's open problem: inferred from the service's own logs and variables, read
# from its status page, and turned into "wait"; for a service that does not use it, it decides nothing.
# shellcheck source=tests/it/lib/sandbox.sh
. "$ROOT/tests/it/lib/sandbox.sh"
set -u

heal() { "$HEALBOT" --config "$TMP/heal.ini" "$@"; }
field() { heal incidents --all --json | jq -r --arg s "$1" ".[] | select(.service == \$s) | .$2"; }
state_is() { [ "$(field "$1" state)" = "$2" ]; }
texts() { sb GET slack/state | jq -r '.. | strings'; }
shows() { texts | grep -qF -- "$1"; }

sb_start --time-factor 20
sb POST status/open '{"page":"stripe","name":"Elevated API errors","impact":"major"}' >/dev/null
sb POST railway/break '{"service":"payments"}' >/dev/null
bot_ini scan.every=2s scan.window=5m status.infer=yes "status.pages=stripe=$SB_URL/status/stripe"
bot_start
check 'the service that fails is diagnosed' wait_for 120 state_is payments diagnosed
check 'the provider’s own words are evidence' wait_for 10 shows 'stripe reports (major): “Elevated API errors”'
# the host in its logs, or, when few of them are there yet, the name of a variable
sign() { shows 'api.stripe.com in' || shows 'STRIPE_SECRET_KEY'; }
check '… with the sign that the service depends on it' wait_for 20 sign
check 'the verdict is to wait' wait_for 5 shows 'Wait for the provider. Suspected cause'
check 'there is no fix to press' wait_for 5 shows 'nothing in the repository cures it'
check 'who calls whom stands in the evidence' wait_for 5 shows 'orders → postgres (DATABASE_URL)'
check 'the other sick service blames its own deployment' wait_for 20 shows 'Connections to the database are taken'
check 'what the deployment changed is evidence' wait_for 5 shows 'src/orders.sh +4'
check 'so is the source that the logs name' wait_for 5 shows 'around line 5, which the logs name'
check 'no run has failed' test "$(heal runs --failed)" = 'no runs'
check 'the bot stops in order' bot_stop
done_testing
