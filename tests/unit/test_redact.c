/*
 * test_redact.c - what is masked, what stays, and the promises of redact.h.
 *
 * No literal here has the form of a vendor's token: secrets are drawn, or put together from parts.
 */
#include "unit.h"

#include "digest/redact_i.h"
#include "redact.h"
#include "str.h"

/* --- drawing --- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char hex[] = "0123456789abcdef";

static uint64_t draw(void)
{
	static uint64_t x = 0x9E3779B97F4A7C15U;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static const char *some(struct arena *a, const char *of, size_t n)
{
	char *s = arena_alloc(a, n + 1);
	size_t k = strlen(of);

	for (size_t i = 0; i < n; i++)
		s[i] = of[draw() % k];
	return s;
}

/* A drawn value of n characters with a digit, an upper- and a lower-case letter. */
static const char *value(struct arena *a, size_t n)
{
	return arena_printf(a, "k7Q%s", some(a, letters, n - 3));
}

/* --- checks --- */

static void gone(struct arena *a, const char *text, const char *secret)
{
	struct redact *r = redact_new();
	const char *out = redact_text(r, a, text);

	unit_case("%s -> %s", text, out);
	assert_null(strstr(out, secret));
	assert_true(redact_count(r) > 0);
	assert_ptr_equal(redact_text(r, a, out), out); /* masks are never matched again */
	redact_free(r);
}

static void stays(struct arena *a, const char *text)
{
	struct redact *r = redact_new();

	unit_case("%s", text);
	assert_string_equal(redact_text(r, a, text), text);
	assert_int_equal(redact_count(r), 0);
	redact_free(r);
}

/* --- what is masked --- */

static void test_vendors(void **state)
{
	static const struct {
		const char *one, *two; /* the prefix, in two parts */
		size_t n;
		bool hex;
		const char *mask;
	} rows[] = {{"gh", "p_", 36, false, "<github-token#"},
	        {"xo", "xb-", 50, false, "<slack-token#"},
	        {"gl", "pat-", 20, false, "<gitlab-token#"},
	        {"sk", "-ant-", 90, false, "<anthropic-key#"},
	        {"np", "m_", 36, false, "<npm-token#"}, {"sk", "_live_", 24, false, "<stripe-key#"},
	        {"dop", "_v1_", 64, true, "<digitalocean-token#"},
	        {"hv", "s.", 90, false, "<vault-token#"},
	        {"dap", "i", 32, true, "<databricks-token#"}, {"S", "K", 32, true, "<twilio-key#"},
	        {"acme_", "live_", 32, false, "<token#"}, {"qrs", "key-", 40, true, "<token#"}};
	static const char *const around[] = {"upstream rejected %s (401)", "failed (%s) at x",
	        "\"%s\"", "\\\"%s\\\"", "args=[%s] took 3ms", "7,%s,true", "GET /callback/%s?x=1",
	        "%s", "\\n%s\\n"};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(rows); i++) {
		const char *body = some(a, rows[i].hex ? hex : letters, rows[i].n - 2);
		const char *token = arena_printf(a, "%s%sa7%s", rows[i].one, rows[i].two, body);

		for (size_t k = 0; k < UNIT_LEN(around); k++) {
			const char *at = strstr(around[k], "%s");
			const char *text = arena_printf(
			        a, "%.*s%s%s", (int)(at - around[k]), around[k], token, at + 2);
			struct redact *r = redact_new();

			gone(a, text, token + strlen(token) - 8);
			assert_non_null(strstr(redact_text(r, a, text), rows[i].mask));
			redact_free(r);
		}
	}
}

static void test_pairs(void **state)
{
	static const char *const shapes[] = {"DB_PASSWORD=%s", "password: %s",
	        "{\"apiKey\":\"%s\"}", "{\"m\":\"said {\\\"client_secret\\\":\\\"%s\\\"}\"}",
	        "level=info auth_token=%s retry=3", "{'password': '%s'}", "--api-key=%s",
	        "--password %s x", "[\"--token\",\"%s\"]", "X-Acme-Key: %s", "X-Vault-Token: %s",
	        "<password>%s</password>", "<add key=\"DbPassword\" value=\"%s\"/>",
	        "{Addr:0.0.0.0:1 Password:%s Debug:false}", "Db{user='a', password='%s', port=1}",
	        "\"password\"=>\"%s\"", "[password] => %s",
	        "{\"name\":\"API_TOKEN\",\"value\":\"%s\"}", "GET /x?access_token=%s&b=1",
	        "dsn%3Fapi_key%3D%s%26b", "Server=db;Pwd=%s;Encrypt=True",
	        "host=db password=%s dbname=a", "\x1b[33mTOKEN=\x1b[36m%s\x1b[39m end",
	        "Authorization: Bearer %s", "authorization=[Bearer %s]", "Authorization: %s",
	        "Set-Cookie: sid=%s; Path=/", "\"cookie\":\"a=b; session=%s\"",
	        "postgres://app:%s@db.internal:5432/a", "redis://:%s@h:6379",
	        "q=postgres%3A%2F%2Fu%3A%s%40h", "https://%s@sentry.example.io/1",
	        "jdbc:oracle:thin:scott/%s@db:1", "curl -u ci:%s https://x", "mysqldump -p'%s' app",
	        "sshpass -p '%s' ssh x", "redis-cli -a %s ping", "ALTER ROLE app PASSWORD '%s'",
	        "machine h login ci password %s", "https://h/hooks/%s",
	        "otpauth://totp/A?secret=%s&issuer=A", "ENV API_TOKEN %s", "\"AUTH\" \"%s\"",
	        "HELLO 3 AUTH app %s", "a1 LOGIN app %s", "< PASS %s", "C: AUTH PLAIN %sAA",
	        "db.internal:5432:app:app:%s", "app:%s@tcp(db:3306)/a",
	        "{\"kty\":\"oct\",\"k\":\"%s\"}", "<wsse:Password Type=\"T\">%s</wsse:Password>",
	        "<property name=\"db.password\">%s</property>", "password&quot;:&quot;%s&quot;,",
	        "password=SecretStr('%s')", "ConvertTo-SecureString '%s' -AsPlainText",
	        "POST /saml SAMLResponse=%s&RelayState=x", "body=user=a&password=%23%s&remember=1",
	        "\"preshared_key\":\"/%s=\"", "writekey=%s", "hand over to ab.%s now"};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(shapes); i++) {
		const char *at = strstr(shapes[i], "%s"), *v = value(a, 30);

		gone(a, arena_printf(a, "%.*s%s%s", (int)(at - shapes[i]), shapes[i], v, at + 2),
		        v);
	}
	gone(a, arena_printf(a, "https://api.telegram.org/bot123456789:AA%s/getMe", value(a, 33)),
	        "k7Q");
}

static void test_people(void **state)
{
	struct arena *a = *state;

	gone(a, "mail to anna.weber+x@mail.example.org failed", "anna.weber");
	gone(a, "card number 4111 1111 1111 1111 declined", "1111 1111");
	gone(a, "{\"card\":\"5500-0000-0000-0004\"}", "5500");
	gone(a, "IBAN DE89 3704 0044 0532 0130 00 is invalid", "3704");
	gone(a, "kyc ssn=123-45-6789", "123-45");
	stays(a, "card number 4111 1111 1111 1112 declined"); /* Luhn */
	stays(a, "offset=4111111111111111 lag=0");
	stays(a, "git@github.com:acme/api.git and icon@2x.png, user@1000.service, @scope/x@1.2.3");
}

/* --- what stays --- */

static void test_negatives(void **state)
{
	static const char *const texts[] = {"Authorization: Bearer undefined", "password=null",
	        "JWT_SECRET=", "API_KEY=[REDACTED]", "token=<redacted>", "password=${DB_PASSWORD}",
	        "password=$DB_PASSWORD",
	        "FATAL:  password authentication failed for user \"postgres\"", "max_tokens=4096",
	        "nextPageToken=abcDEF123456ghijkLMN78", "prompt_tokens: 1234", "token_type=bearer",
	        "Password must be at least 12 characters long", "no such secret: db-credentials",
	        "AWS_SECRET_ACCESS_KEY is not set", "secretName: app-secrets-v1",
	        "primary key id=42", "cache miss key=user:42:profile",
	        "s3 key=uploads/2026/08/1.png", "Basic auth failed for admin",
	        "http://localhost:3000/@fs/app/x.mjs", "postgres://app@db.internal/app",
	        "mongodb://a.mongo,b.mongo/app?replicaSet=rs0", "Set-Cookie: theme=dark; Path=/",
	        "PWD=/home/app", "Unexpected token < in JSON at position 0", "x == token",
	        "at auth.token (/app/dist/token.js:12:3)", "-----BEGIN CERTIFICATE-----",
	        "tokenizer loaded: vocab=32000",
	        "<email#1a2b> wrote to <token#00ff>: password=<password#1234>",
	        "2026-08-23T10:15:00.123Z v1.2.3-rc.1+build.abc123f",
	        "model anthropic/claude-sonnet-4-5", "refs/heads/heal/inc-12-fix",
	        "1764000000.123456",
	        "https://hooks.slack.com/commands/T1/2/k7QxYz12mmNNppQQ88rrSS99",
	        "heal <noreply@anthropic.com>", "PASS src/app1.test.js",
	        "AUTH service2 has started",
	        "X-Amz-Cf-Id: qTz_k7Q2mmNNppQQ88rrSS99uuVV11ww22xxYY33zzAA44BBccDD5566==",
	        "{\"next_cursor\":\"ab_k7QxYz12mmNNppQQ88rrSS99\"}",
	        "cache.go:5432:app:app: it works"};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(texts); i++)
		stays(a, texts[i]);
}

/* Ids and digests of every make, drawn. */
static void test_ids(void **state)
{
	static const char *const hexed[] = {"commit %s", "sha256:%s", "etag: \"%s\"",
	        "trace_id=%s span_id=1", "GET /static/main-%s.js 304", "fix: %s",
	        "{\"plan_hash\":\"%s\"}", "%s  ./release.zip"};
	static const char *const named[] = {"msg_%s", "ses_%s", "prt_%s", "evt_%s", "price_%s",
	        "toolu_%s", "call_%s", "chatcmpl-%s", "run %s started", "PR_kwDO%s"};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(hexed); i++) {
		const char *at = strstr(hexed[i], "%s");

		for (size_t n = 40; n <= 64; n += 24)
			stays(a, arena_printf(a, "%.*s%s%s", (int)(at - hexed[i]), hexed[i],
			                 some(a, hex, n), at + 2));
	}
	for (size_t i = 0; i < UNIT_LEN(named); i++) {
		const char *at = strstr(named[i], "%s");

		stays(a, arena_printf(a, "%.*s%s%s", (int)(at - named[i]), named[i], value(a, 24),
		                 at + 2));
	}
	stays(a, arena_printf(a, "requestId=%s-%s-4%s-a%s-%s ok", some(a, hex, 8), some(a, hex, 4),
	                 some(a, hex, 3), some(a, hex, 3), some(a, hex, 12)));
	stays(a, arena_printf(
	                 a, "<img src=\"data:image/png;base64,iVBORw0KGgo%s==\">", value(a, 200)));
	stays(a, arena_printf(a, "\"integrity\": \"sha512-%s==\"", value(a, 86)));
}

/* --- blocks --- */

static const char *pem(
        struct arena *a, const char *indent, const char *feed, const char *l1, const char *l2)
{
	return arena_printf(a, "%s-----BEGIN %s KEY-----%s%s%s%s%s%s%s%s-----END %s KEY-----",
	        indent, "PRIVATE", feed, indent, l1, feed, indent, l2, feed, indent, "PRIVATE");
}

static void test_blocks(void **state)
{
	struct arena *a = *state;
	const char *l1 = value(a, 64), *l2 = value(a, 40), *text, *out;
	struct redact *r = redact_new();

	gone(a, pem(a, "", "\n", l1, l2), l2);
	gone(a, pem(a, "    ", "\n", l1, l2), l1);
	gone(a, pem(a, "2026 api | ", "\n", l1, l2), l2);
	gone(a, arena_printf(a, "{\"key\":\"%s\"}", pem(a, "", "\\n", l1, l2)), l2);
	gone(a, arena_printf(a, "-----BEGIN %s KEY-----\\n%s", "RSA PRIVATE", l1), l1);
	text = arena_printf(a, "x\n%s\nlater\n", pem(a, "", "\n", l1, l2));
	out = redact_text(r, a, text);
	assert_non_null(strstr(out, "later\n"));
	assert_int_equal(redact_count(r), 1);
	/* without an end it ends at the first line that is none of it */
	text = arena_printf(
	        a, "-----BEGIN %s KEY-----\n%s\n2026 INFO retrying\nplain\n", "PRIVATE", l1);
	out = redact_text(r, a, text);
	assert_null(strstr(out, l1));
	assert_non_null(strstr(out, "2026 INFO retrying\nplain\n"));
	redact_free(r);
}

/* --- promises --- */

static void test_masks(void **state)
{
	struct arena *a = *state;
	struct redact *r = redact_new(), *other = redact_new();
	const char *v = value(a, 24),
	           *text = arena_printf(a, "a_token=%s b_token=%s c_token=%s", v, v, value(a, 24));
	const char *out = redact_text(r, a, text), *first = strchr(out, '<'),
	           *second = strchr(first + 1, '<');
	const char *third = strchr(second + 1, '<');

	assert_int_equal(strncmp(first, second, strlen("<token#0000>")), 0);
	assert_int_not_equal(strncmp(first, third, strlen("<token#0000>")), 0);
	assert_string_equal(
	        redact_text(other, a, text), out); /* another redactor, the same masks */
	redact_text(r, a, "mail a.b@example.org");
	assert_string_equal(redact_receipt(r, a), "3 token, 1 email");
	redact_reset_count(r);
	assert_int_equal(redact_count(r), 0);
	redact_free(r);
	redact_free(other);
}

static void test_exact(void **state)
{
	static const char *const forms[] = {"x our\"own value/1+2 y",
	        "{\"k\":\"our\\\"own value/1+2\"}", "GET /?q=our%22own%20value%2F1%2B2",
	        "b64 b3VyIm93biB2YWx1ZS8xKzI= end"};
	struct arena *a = *state;
	struct redact *r = redact_new();

	assert_false(redact_exact(r, "own", "short"));
	assert_true(redact_exact(r, "own", "our\"own value/1+2"));
	for (size_t i = 0; i < UNIT_LEN(forms); i++) {
		const char *out = redact_text(r, a, forms[i]);

		unit_case("%s", out);
		assert_non_null(strstr(out, "<own#"));
		assert_null(strstr(out, "value"));
		assert_ptr_equal(redact_text(r, a, out), out);
	}
	redact_free(r);
}

static void test_ips(void **state)
{
	static const char text[] =
	        "from 93.184.216.34:5123 via 10.0.0.7, 127.0.0.1 and 2a00:1450:4001::8a to "
	        "fd00::1; v1.2.3.4, 10:15:00:123, 02:42:ac:11:00:02, 1.2.3.4.5";
	struct arena *a = *state;
	struct redact *r = redact_new();
	const char *out;

	assert_ptr_equal(redact_text(r, a, text), text);
	redact_ips(r, REDACT_IPS_PUBLIC);
	out = redact_text(r, a, text);
	unit_case("%s", out);
	assert_int_equal(redact_count(r), 2);
	assert_non_null(strstr(out, ">:5123 via 10.0.0.7, 127.0.0.1 and <ip#"));
	redact_reset_count(r);
	redact_ips(r, REDACT_IPS_ALL);
	out = redact_text(r, a, text);
	unit_case("%s", out);
	assert_int_equal(redact_count(r), 4);
	assert_non_null(strstr(out, "; v1.2.3.4, 10:15:00:123, 02:42:ac:11:00:02, 1.2.3.4.5"));
	redact_free(r);
}

/* Thousands of listed values: found, and no slower for that. */
static void test_many_exact(void **state)
{
	struct arena *a = *state;
	struct redact *r = redact_new();

	for (int i = 0; i < 3000; i++)
		redact_exact(r, "listed", arena_printf(a, "value-%d-of-many", i));
	assert_null(strstr(redact_text(r, a, "x value-2999-of-many y"), "2999"));
	assert_string_equal(redact_text(r, a, "x value-3000-of-many y"), "x value-3000-of-many y");
	redact_free(r);
}

/* NUL and broken UTF-8 go through; state from line to line. */
static void test_stream(void **state)
{
	static const char odd[] = "a\0b \xff\xfe password=Falcon99x\0c";
	struct arena *a = *state;
	struct redact *r = redact_new();
	size_t n;
	const char *out = redact_line(r, a, odd, sizeof(odd) - 1, &n);

	assert_memory_equal(out, "a\0b \xff\xfe password=<password#", 25);
	assert_memory_equal(out + n - 2, "\0c", 2);
	redact_line(r, a, "-----BEGIN PRIVATE KEY-----", 27, &n);
	out = redact_line(r, a, value(a, 64), 64, &n);
	assert_int_equal(strncmp(out, "<private-key#", 13), 0);
	redact_line(r, a, value(a, 64), 64, &n);
	assert_int_equal(n, 0);
	out = redact_line(r, a, "-----END PRIVATE KEY-----", 25, &n);
	assert_int_equal(n, 25);
	redact_free(r);
}

/* The table of bytes is written out: it must say what its names say. */
static void test_classes(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		bool alnum = c < 128 && strchr(letters, c);

		assert_int_equal(IS_ALNUM(c), alnum);
		assert_int_equal(IS(c, C_WORD), alnum || c == '_');
		assert_int_equal(IS(c, C_URL), alnum || strchr("_-", c) != NULL);
		assert_int_equal(IS(c, C_DOT), alnum || strchr("_-.", c) != NULL);
		assert_int_equal(IS(c, C_B64), alnum || strchr("_-+/=", c) != NULL);
		assert_int_equal(IS(c, C_ANY), alnum || strchr("_-+/=.~$:,%", c) != NULL);
		assert_int_equal(IS(c, C_LHEX), strchr(hex, c) != NULL);
		assert_int_equal(
		        IS(c, C_STOP), c <= 32 || c == 127 || strchr("\"'`\\<>|", c) != NULL);
	}
}

/* Twice the text, no more than a few times the time: hostile repetitions. */
static void test_linear(void **state)
{
	static const char *const units[] = {"password=", "token=", "password a ", "a:", "\\\"",
	        "://a:", "x@", "eyJ.", "4111 ", "<a#1", "-----BEGIN PRIVATE KEY-----", "k_",
	        "\x1b[1", "Cookie: a=b;", "%3A%2F%2F%3A", "a-", "'"};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(units); i++) {
		struct str b = str_new(a);
		struct redact *r = redact_new();

		while (b.len < 100000)
			str_add(&b, units[i]);
		unit_case("%s", units[i]);
		assert_non_null(redact_text(r, a, b.s));
		redact_free(r);
	}
}

UNIT_MAIN(UNIT_ARENA(test_vendors), UNIT_ARENA(test_pairs), UNIT_ARENA(test_people),
        UNIT_ARENA(test_negatives), UNIT_ARENA(test_ids), UNIT_ARENA(test_blocks),
        UNIT_ARENA(test_masks), UNIT_ARENA(test_exact), UNIT_ARENA(test_ips),
        UNIT_ARENA(test_many_exact), UNIT_ARENA(test_stream), cmocka_unit_test(test_classes),
        UNIT_ARENA(test_linear))
