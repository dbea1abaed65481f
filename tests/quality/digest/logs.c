/* logs.c - see logs.h. Written for this project; formats as the loggers' documentation has them. */
#include "quality/digest/logs.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define DAY         "2026-08-2%(1|2|3)"
#define TIME        "%(0|1)%(1|3|7):%(1|2|4)%(0|5|8):%(0|2|3)%(1|6|9)"

const struct log_header log_headers[] = {
        {"spring",
                DAY " " TIME
                    ".%d3  %(INFO|WARN) %n --- [exec-%n] c.acme.%(Orders|Stock|Mail)   : @",
                false},
        {"python", DAY " " TIME ",%d3 %(INFO|WARNING|ERROR) [app.%(db|web)] @", false},
        {"syslog", "Aug 2%(1|2|3) " TIME " host-%n app[%n]: @", false},
        {"rfc 5424", "<1%(4|3)>1 " DAY "T" TIME "Z host-%n app %n ID%n - @", false},
        {"pino",
                "{\"level\":%(30|40|50),\"time\":17%d11,\"pid\":%n,\"hostname\":\"%h12\",\"msg\":\"@\"}",
                true},
        {"zap", DAY "T" TIME ".%d3Z\t%(INFO|WARN)\tserver/main.go:%n\t@", false},
        {"logfmt", "time=" DAY "T" TIME "Z level=%(info|warn) msg=\"@\"", true},
        {"klog", "I082%(1|2|3) " TIME ".%d6       1 main.go:%n] @", false},
        {"ruby", "I, [" DAY "T" TIME ".%d6 #%n]  INFO -- : @", false},
        {"redis", "%n:M 2%(1|2|3) Aug 2026 " TIME ".%d3 %(*|#) @", false},
        {"serilog", "[" TIME " %(INF|WRN|ERR)] @", false},
        {"kafka", "[" DAY " " TIME ",%d3] %(INFO|WARN) @", false},
        {"postgres", DAY " " TIME ".%d3 UTC [%n] LOG:  @", false},
        {"logcat", "08-2%(1|2|3) " TIME ".%d3  %n  %n %(D|I|W) Service: @", false},
        {"compose", "web-%(1|2)  | " DAY "T" TIME ".%d3Z %(info|warn) @", false},
        {"bare", "@", false},
};
const size_t log_n_headers = COUNT(log_headers);

const char *const log_messages[] = {"connection from %i closed after %n ms",
        "accepted connection from %i port %n", "user %w logged in from %i", "session %g expired",
        "request %g took %n ms", "cache miss for key user:%n:profile",
        "cache hit for key user:%n:profile", "job %n queued on worker-%n",
        "job %n finished in %n ms", "job %n failed after %n tries",
        "wrote %n bytes to /var/data/%w/%n.bin", "read %n bytes from /var/data/%w/%n.bin",
        "heartbeat from node-%n", "lost heartbeat from node-%n", "leader elected: node-%n",
        "partition %n moved from node-%n to node-%n", "could not resolve host %w.example.com",
        "order %n confirmed", "order %n cancelled by customer", "payment for order %n declined",
        "mail to %w@example.com sent", "mail to %w@example.com bounced",
        "rate limit reached for tenant %n", "retrying in %n seconds (attempt %n)",
        "opened file /etc/app/%w.conf", "config value pool.size changed from %n to %n",
        "GC pause of %n ms", "checkpoint complete: wrote %n buffers", "checkpoint starting: time",
        "statement took %n.%d3 ms", "deadlock detected between process %n and process %n",
        "replica lag is %n s", "disk usage at %d2 percent", "block blk_%d12 received from %i",
        "block blk_%d12 deleted", "task %h12 changed state to RUNNING",
        "task %h12 changed state to FAILED", "container %h12 started",
        "container %h12 exited with code %n", "pulling image registry.example.com/%w:%h7",
        "listening on 0.0.0.0:%n", "shutting down", "ready", "received signal %n",
        "certificate expires in %n days", "token for user %w refreshed",
        "upload of %w.png complete", "thumbnail for item %n created",
        "search for '%w' returned %n results", "index rebuilt in %n ms", "migration %d4 applied",
        "queue depth is %n", "dropping message %g", "subscriber %w joined topic %w",
        "subscriber %w left topic %w", "lock held by %g for %n ms", "health check passed",
        "health check failed: %n", "tls handshake with %i failed",
        "temperature sensor %n reads %d2", "volume vol-%h8 attached", "scan found %n rows",
        "snapshot %g written", "backup of table t%n done", "worker %n idle", "worker %n busy",
        "GET /%w/%n 200 in %n ms", "POST /%w/%n 201 in %n ms", "peers: [%(%n|%n, %n|%n, %n, %n)]",
        "level of %w went from %n to %n", "Failed password for invalid user %w from %i port %n",
        "Failed password for %e from %i port %n", "flag dark_mode is true",
        "flag dark_mode is false", "owner of %w%w is %w %w", "module %w%w.%w loaded in %n ms",
        "route /%w/%w/%g took %n.%d2 s", "%w%n: link is up at %n Mbps", "key=%w%w value=%A8 ttl=%n",
        "loaded %n of %n (%d2.%d1%%)", "copy %w%w to %w%w done"};
const size_t log_n_messages = COUNT(log_messages);

const char *const log_bulk[] = {
        "{\"level\":30,\"time\":17%d11,\"pid\":1,\"hostname\":\"%h12\",\"req\":{\"method\":\"GET\",\"url\":\"/%w/%n\"},\"res\":{\"statusCode\":200},\"responseTime\":%n,\"msg\":\"request completed\"}",
        "%i - - [23/Aug/2026:" TIME
        " +0000] \"GET /%(api|img|css)/%n HTTP/1.1\" 200 %n \"-\" \"Mozilla/5.0\"",
        DAY " " TIME ",%d3 INFO [worker.tasks] Task send[%g] succeeded in %n.%d3s",
        "time=" DAY "T" TIME "Z level=INFO msg=\"cache hit\" key=user:%n ttl=%ns",
        DAY " " TIME ".%d3  INFO 1 --- [exec-%n] c.a.Orders : Order %n confirmed",
        DAY " " TIME ".%d3 UTC [%n] LOG:  duration: %n.%d3 ms  execute x: SELECT 1",
        DAY " " TIME ",%d3 WARNING [urllib3.connectionpool] Retrying after %n ms: /v1/%i",
        "{\"level\":50,\"time\":17%d11,\"err\":{\"code\":\"EPIPE\",\"message\":\"write EPIPE\"},\"msg\":\"client hung up\"}",
        DAY " " TIME ".%d3 UTC [%n] ERROR:  canceling statement due to user request",
        "time=" DAY "T" TIME "Z level=ERROR msg=\"not found\" path=/%w/%n tenant=%n",
        DAY
        " " TIME
        ",%d3 ERROR [app.img] cannot decode %h16.png\nTraceback (most recent call last):\n  File \"/app/img.py\", line 8, in decode\n    open(buf)\nValueError: not an image %h8"};
const size_t log_n_bulk = COUNT(log_bulk);

/* Of a batch program that says much once: every line another kind. %w%w is a new word each time. */
const char *const log_odd[] = {
        "17/06/09 20:10:4%d1 INFO exec.%w: %w%w%w started stage %w%w with %n partitions",
        "17/06/09 20:10:4%d1 WARN exec.%w: %w%w%w has no size for %w%w yet",
        "Jul 27 14:41:5%d1 %w kernel: %w%w%w: registered %w%w version 2.%d1",
        "17/06/09 20:10:4%d1 INFO store.%w: dropping %w%w%w of %w%w",
        "Jul 27 14:41:5%d1 %w kernel: %w%w: error reading %w%w%w"};
const size_t log_n_odd = COUNT(log_odd);

const struct log_needle log_needles[] = {
        {"slots", DAY " " TIME ".%d3 UTC [%n] FATAL:  sorry, too many clients already",
                {"too many clients already"}, 1},
        {"pool",
                "time=" DAY "T" TIME
                "Z level=INFO msg=\"settings applied\" changed=\"db.pool: 40 -> 4\"",
                {"settings applied", "40 -> 4"}, 1},
        {"oom", "[%d6.%d6] Out of memory: Killed process %n (java) total-vm:1812312kB",
                {"Out of memory: Killed process"}, 1},
        {"heap",
                DAY
                " " TIME
                ".%d3 ERROR 1 --- [rep-%n] c.a.Export : export broke\njava.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)\n\tat com.acme.Export.load(Export.java:77)",
                {"OutOfMemoryError: Java heap space", "Export.java:77"}, 2},
        {"key error",
                DAY
                " " TIME
                ",%d3 ERROR [app.hook] unhandled\nTraceback (most recent call last):\n  File \"/app/hook.py\", line 41, in run\n    plan = PLANS[x]\nKeyError: 'team_2026'",
                {"KeyError", "team_2026", "hook.py\", line 41"}, 1},
        {"go panic",
                "panic: runtime error: slice bounds out of range [:9] with capacity 4\n\ngoroutine %n [running]:\nmain.(*Pack).cut(0xc000%h6)\n\t/app/pack.go:52 +0x1f4\nexit status 2",
                {"slice bounds out of range", "pack.go:52"}, 1},
        {"node",
                "{\"level\":60,\"time\":17%d11,\"err\":{\"type\":\"TypeError\",\"message\":\"Cannot read properties of null (reading 'total')\",\"stack\":\"TypeError: Cannot read properties of null (reading 'total')\\n    at sum (/app/dist/sum.js:19:7)\"},\"msg\":\"uncaughtException\"}",
                {"reading 'total'", "sum.js:19"}, 2},
        {"rust",
                "thread 'main' panicked at src/queue.rs:88:14:\ncalled `Option::unwrap()` on a `None` value\nnote: run with `RUST_BACKTRACE=1`",
                {"panicked at", "queue.rs:88"}, 1},
        {"certificate",
                "time=" DAY "T" TIME
                "Z level=WARN msg=\"certificate about to expire\" host=api.example.com until=2026-08-26",
                {"about to expire", "2026-08-26"}, 1},
        {"migration",
                DAY
                " " TIME
                ",%d3 ERROR [migrate] revision 0117_add_vat failed: relation \"vat\" already exists",
                {"0117_add_vat", "already exists"}, 1},
        {"serialization",
                DAY " " TIME
                    ".%d3 UTC [%n] ERROR:  could not serialize access due to concurrent update",
                {"could not serialize access"}, 2},
        {"flag",
                "{\"level\":30,\"time\":17%d11,\"msg\":\"flag changed\",\"flag\":\"fast_checkout\",\"rollout\":100}",
                {"fast_checkout"}, 1},
        {"quota",
                DAY " " TIME
                    ",%d3 WARNING [llm] provider said 429: quota of requests per day is used up",
                {"quota of requests per day"}, 3},
        {"lag", "time=" DAY "T" TIME "Z level=INFO msg=\"replication state\" standby=db-3 lag=140s",
                {"lag=140s"}, 1},
        {"disk",
                DAY
                " " TIME
                ".%d3 UTC [1] PANIC:  could not extend file \"base/16384/2619\": No space left on device",
                {"No space left on device"}, 1},
        {"sigterm", "{\"level\":30,\"time\":17%d11,\"msg\":\"got SIGTERM, closing 9 connections\"}",
                {"SIGTERM"}, 1},
        {"dns", "{\"level\":50,\"time\":17%d11,\"err\":{\"code\":\"ENOTFOUND\",\"hostname\":\"cache-new.railway.internal\"},\"msg\":\"cache is gone\"}",
                {"cache-new.railway.internal", "ENOTFOUND"}, 2},
        {"clock", DAY " " TIME ",%d3 WARNING [auth] token not yet valid, clock is off by 212s",
                {"off by 212s"}, 1},
        {"files",
                "time=" DAY "T" TIME
                "Z level=ERROR msg=\"accept failed\" err=\"accept4: too many open files\"",
                {"too many open files"}, 1},
        {"cause",
                DAY
                " " TIME
                ".%d3 ERROR 1 --- [exec-%n] o.a.c.c.C : Servlet.service() threw\njava.lang.IllegalStateException: pay failed\n\tat com.acme.Pay.run(Pay.java:20)\n\t... 63 more\nCaused by: java.net.ConnectException: ledger-v3.internal refused\n\tat java.base/java.net.Socket.connect(Socket.java:1)",
                {"ledger-v3.internal refused"}, 1},
        {"version",
                "{\"level\":30,\"time\":17%d11,\"msg\":\"boot\",\"version\":\"7.3.1\",\"commit\":\"%h7\"}",
                {"7.3.1"}, 1},
        {"dotnet",
                "fail: Acme.Billing.Invoicer[7]\n      Invoice could not be numbered\n      System.OverflowException: Value was too large for an Int32\n         at Acme.Billing.Invoicer.Next() in /app/Invoicer.cs:line 61",
                {"OverflowException", "Invoicer.cs:line 61"}, 1},
        {"php",
                "[23-Aug-2026 " TIME
                " UTC] PHP Fatal error:  Uncaught TypeError: Cart::add(): Argument #1 must be of type int in /app/src/Cart.php:33\nStack trace:\n#0 /app/public/index.php(12): Cart->add('x')\n#1 {main}\n  thrown in /app/src/Cart.php on line 33",
                {"Argument #1 must be of type int", "Cart.php:33"}, 1},
        {"ruby",
                "E, [" DAY "T" TIME
                ".%d6 #%n] ERROR -- : NoMethodError (undefined method `cents' for nil:NilClass):\napp/models/price.rb:14:in `total'\napp/controllers/cart_controller.rb:9:in `show'",
                {"undefined method `cents'", "price.rb:14"}, 1},
        {"deploy", "time=" DAY "T" TIME "Z level=INFO msg=\"rolled back to release 812\"",
                {"rolled back to release 812"}, 1},
};
const size_t log_n_needles = COUNT(log_needles);
