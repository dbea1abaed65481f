#!/bin/bash
# A scan of many services, by the real binary against the sandbox: requests to Railway and CPU time.
#
#   BUILD=build/release HEALBOT=build/release/healbot SANDBOX=build/release/sandbox bash tests/bench/bench_scan.sh
#
# To reach: 500 services in 51 requests when all have a domain, in 1 when none has; <= 0.3 s of CPU. 1,000 services (two
# pages) in 102 and 2; <= 0.6 s.
set -u
tmp=$(mktemp -d)
exec 3< <(exec "$SANDBOX" --port 0)
sandbox=$!
trap 'kill $sandbox; rm -rf "$tmp"' EXIT
read -r -u 3 line
base=$(jq -r .url <<<"$line")
printf '%s\n' '[heal]' "db = $tmp/heal.db" '[railway]' 'project = acme' 'environment = production' \
	"api_url = $base/railway/graphql/v2" 'requests_per_second = 1000' >"$tmp/heal.ini"
export RAILWAY_API_TOKEN=sandbox-railway-account
control() {
	curl -sS --noproxy '*' -H 'Content-Type: application/json' "$base/_control/railway/$1" -d "$2" >/dev/null
}
control limits '{"per_second":100000,"per_hour":1000000}'

rc=0
# measure SERVICES DOMAINS REQUESTS CPU: the scan's own count must be REQUESTS
measure() {
	control world "{\"services\":$1,\"domains\":$2}"
	TIMEFORMAT='%U %S %R'
	{ time "$HEALBOT" scan --config "$tmp/heal.ini" >"$tmp/out"; } 2>"$tmp/time"
	read -r user sys real < <(tail -n 1 "$tmp/time")
	requests=$(sed -nE 's/.*; ([0-9]+) requests? to Railway.*/\1/p' "$tmp/out")
	cpu=$(awk -v u="$user" -v s="$sys" 'BEGIN { printf "%.3f", u + s }')
	word=ok
	if [ "$requests" != "$3" ] || awk -v c="$cpu" -v m="$4" 'BEGIN { exit !(c > m) }'; then
		word='NOT REACHED'
		rc=1
	fi
	printf '   %4d services, %3d with a domain: %2s requests (to reach: %d), %s s of CPU (%s), %s s in all  %s\n' \
		"$1" "$2" "$requests" "$3" "$cpu" "$4" "$real" "$word"
}
measure 500 500 51 0.3
measure 500 0 1 0.3
measure 500 100 11 0.3
measure 1000 1000 102 0.6
measure 1000 0 2 0.6
exit $rc
