#!/bin/bash
# The filters on a log of LOG_MB megabytes (JSON, access logs, Python, Postgres ..., drawn by awk from a fixed seed):
# MB/s of one core and the largest memory, and twice as much input in twice the time and the same memory.
#
#   BUILD=build/release HEALBOT=build/release/healbot bash tests/bench/bench_filters.sh
#
# To reach: digest >= 150 MB/s, redact >= 100 MB/s; memory does not grow with the input.
set -u
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
LOG_MB=${LOG_MB:-32}
awk -v max=$((LOG_MB * 1000000)) 'function r(n) { return int(rand() * n) }
function hex(n,   s) { s = ""; while (n-- > 0) s = s substr("0123456789abcdef", r(16) + 1, 1); return s }
BEGIN {
	srand(7)
	while (size < max) {
		k = r(8); t = sprintf("2026-08-23T%02d:%02d:%02d.%03d", r(24), r(60), r(60), r(1000))
		if (k < 2) s = sprintf("{\"level\":30,\"time\":1787%09d,\"pid\":1,\"hostname\":\"%s\",\"reqId\":\"%s-%s\",\"req\":{\"method\":\"GET\",\"url\":\"/api/orders/%d\"},\"res\":{\"statusCode\":200},\"responseTime\":%d,\"msg\":\"request completed\"}", r(1e9), hex(12), hex(8), hex(12), r(99999), r(900))
		else if (k < 4) s = sprintf("10.0.%d.%d - - [23/Aug/2026:10:15:%02d +0000] \"GET /items/%d HTTP/1.1\" 200 %d \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"", r(255), r(255), r(60), r(99999), r(90000))
		else if (k == 4) s = sprintf("%s INFO [worker.tasks] Task send_email[%s] succeeded in %d.%03ds", t, hex(32), r(9), r(1000))
		else if (k == 5) s = sprintf("time=%sZ level=INFO msg=\"cache hit\" key=user:%d ttl=%ds", t, r(99999), r(600))
		else if (k == 6) s = sprintf("%s UTC [%d] LOG:  duration: %d.%03d ms  execute <unnamed>: SELECT id, name FROM items WHERE owner_id = $1", t, r(9999), r(400), r(1000))
		else s = sprintf("Aug 23 10:15:%02d host-%d sshd[%d]: Connection closed by 10.0.%d.%d port %d [preauth]", r(60), r(9), r(30000), r(255), r(255), r(65000))
		print s
		size += length(s) + 1
	}
}' >"$tmp/once"
cat "$tmp/once" "$tmp/once" >"$tmp/twice"
mb=$(($(stat -c %s "$tmp/once") / 1000000))
rc=0
# measure NAME TARGET FILE FACTOR: the best of three
measure() {
	best=0
	for _ in 1 2 3; do
		/usr/bin/time -f '%U %S %M' -o "$tmp/time" "$HEALBOT" "$1" <"$3" >/dev/null
		read -r user sys kb <"$tmp/time"
		best=$(awk -v b="$best" -v mb="$mb" -v f="$4" -v u="$user" -v s="$sys" 'BEGIN { v = mb * f / (u + s + 1e-9); print (v > b ? v : b) }')
	done
	word=ok
	awk -v b="$best" -v t="$2" 'BEGIN { exit !(b < t) }' && { word='NOT REACHED'; rc=1; }
	printf '   %-6s %3d MB: %4.0f MB/s of CPU time (to reach: %d), %d KiB  %s\n' "$1" $((mb * $4)) "$best" "$2" "$kb" "$word"
}
for size in 1 2; do
	file=$tmp/once
	[ "$size" = 2 ] && file=$tmp/twice
	measure digest 150 "$file" "$size"
	measure redact 100 "$file" "$size"
done
exit $rc
