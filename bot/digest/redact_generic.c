/*
 * redact_generic.c - tokens of vendors nobody told us about: a short prefix and then chance
 * ("acme_live_8fK2..."), and random segments in the paths of web hooks and magic links.
 *
 * Ids have the same make; those that are known as ids stay (price_..., msg_..., subnet-...).
 */
#include "digest/redact_i.h"

#include <string.h>

enum { MAX_PREFIX = 24, LOOK_BACK = 160 };

static const char id_prefixes[] =
        " cus price evt pi msg sub ch seti prod acct txn req si ii tax cs pm src card ba po tr fee dp "
        "file in inv ord order we wh py pyr du il plan promo cn dis txr ir issfr iss ses session prt "
        "part per que user usr org team member thread asst run step chatcmpl resp call toolu tool fc "
        "rs item batch ft proj project prj dpl deploy deployment env env_ evn build job task svc "
        "service srv inst instance subnet vpc sg vol ami eni eipalloc igw rtb nat acl snap cluster "
        "node pod ns ws wf workflow exec execution trace span log event doc obj object img image "
        "layer sha sha1 sha256 sha384 sha512 md5 blake3 crc hash digest commit rev ref tag branch main "
        "index chunk chunks vendor vendors asset assets app page bundle runtime polyfills framework "
        "static css js style styles module modules worker web api lib cache etag id uid uuid guid pr "
        "ic cr mdex kw pullrequest cursor offset checkpoint stream topic queue group conn connection "
        "client device visitor anon anonymous request correlation transaction payment refund charge "
        "invoice customer subscription product coupon ticket issue comment post feed channel room "
        "conversation message email contact lead deal company account workspace tenant site domain "
        "zone record rule policy role perm permission grant key_id kid pv pvc cm rev replicaset rg "
        "gen view modal block action cmpl completion gpt claude model embedding vs vector assistant "
        "pull merge release version patch diff tree blob stack frame var tmp temp fix heal incident "
        "inc sha2 h1 ep br rel psn dep wrk pty frm evl exp snapshot backup bkp dump part upload ";
static const char secret_hints[] =
        " key apikey token tok secret sec sk pk pat auth access live test admin bot bearer pass cred "
        "credential private priv priv8 api_key apitoken jwt oauth refresh svc_key st ak as rk ";
static const char link_hints[][10] = {"hook", "reset", "invit", "verif", "confirm", "magic",
        "activat", "unsubscr", "token", "secret", "passw"};

/* A segment that is a name: letters of one case, one or two digits behind. */
static bool is_name(const char *p, size_t n)
{
	size_t digits = 0, humps = 0;

	if (n == 0 || n > 12 || !IS_ALPHA(p[0]))
		return false;
	for (size_t i = 1; i < n; i++) {
		if (IS(p[i], C_DIGIT))
			digits++;
		else if (digits > 0 && n > 4)
			return false;
		humps += IS(p[i], C_UPPER) && IS(p[i - 1], C_LOWER);
	}
	return digits < 3 && (humps < 2 || n <= 6);
}

struct parts {
	size_t names;
	bool hint, id; /* a name among the prefix that says so */
};

static bool ends_as_key(const char *low, size_t n)
{
	return (n > 3 && memcmp(low + n - 3, "key", 3) == 0) ||
	       (n > 5 && memcmp(low + n - 5, "token", 5) == 0) ||
	       (n > 6 && memcmp(low + n - 6, "secret", 6) == 0);
}

static void judge(struct parts *p, const char *name, size_t n)
{
	char low[16];

	if (n >= sizeof(low))
		return;
	for (size_t i = 0; i < n; i++)
		low[i] = (char)(IS(name[i], C_UPPER) ? name[i] + 32 : name[i]);
	p->hint = p->hint || in_list(secret_hints, low, n) || ends_as_key(low, n);
	if (p->names++ > 0 && in_list(" prod dev staging sandbox stage api ", low, n))
		return; /* an environment, not a product */
	p->id = p->id || in_list(id_prefixes, low, n);
}

/* Behind the names at the front. */
static size_t body_at(const struct scan *x, size_t at, size_t end)
{
	size_t body = at;

	for (size_t i = at; i < end && i - at <= MAX_PREFIX; i++) {
		if (x->s[i] != '_' && x->s[i] != '-')
			continue;
		if (!is_name(x->s + body, i - body))
			break;
		body = i + 1;
	}
	return body;
}

static struct parts judge_names(const struct scan *x, size_t at, size_t body)
{
	struct parts p = {0};

	for (size_t i = at, from = at; i < body; i++) {
		if (x->s[i] == '_' || x->s[i] == '-') {
			judge(&p, x->s + from, i - from);
			from = i + 1;
		}
	}
	return p;
}

/* Does the URL or path before `at` lead to a web hook or a link with a token? */
static bool in_link(const struct scan *x, size_t at)
{
	size_t from = at;

	while (from > 0 && at - from < LOOK_BACK && !IS(x->s[from - 1], C_STOP))
		from--;
	if (memmem(x->s + from, at - from, "slack.com/commands/", 19) ||
	        memmem(x->s + from, at - from, "slack.com/actions/", 18))
		return false;
	for (size_t i = 0; i < sizeof(link_hints) / sizeof(*link_hints); i++)
		if (memmem(x->s + from, at - from, link_hints[i], strlen(link_hints[i])))
			return true;
	return false;
}

static bool link_token(const struct scan *x, size_t at, size_t end)
{
	size_t from = at;
	struct shape s;

	while (at > 0 && (x->s[at - 1] == '-' || x->s[at - 1] == '_'))
		at--;
	if (at == 0 || x->s[at - 1] != '/')
		return false;
	if (end < x->n && x->s[end] == '.')
		return false; /* a file */
	s = shape_of(x->s + from, end - from);
	return (shape_random(&s) || is_uuid(x->s + at, end - at)) && in_link(x, at);
}

static size_t longest_run(const char *p, size_t n)
{
	size_t best = 0, run = 0;

	for (size_t i = 0; i < n; i++) {
		run = IS_ALNUM(p[i]) ? run + 1 : 0;
		best = run > best ? run : best;
	}
	return best;
}

/* "X-Amz-Cf-Id: ", "next_cursor=", "\"etag\":\"": what has such a name is an id by whatever make.
 */
static bool after_id(const struct scan *x, size_t at)
{
	static const char *const ends[] = {"id", "cursor", "etag", "hash", "digest", "sha", "ref",
	        "page_token", "pagetoken", "sync_token", "version", "accept", "nonce", "state"};
	size_t i = at, end;

	while (i > 0 && at - i < 8 &&
	        (x->s[i - 1] == '"' || x->s[i - 1] == ' ' || x->s[i - 1] == '\\'))
		i--;
	if (i == 0 || (x->s[i - 1] != '=' && x->s[i - 1] != ':'))
		return false;
	for (i--; i > 0 && (x->s[i - 1] == '"' || x->s[i - 1] == '\\');)
		i--;
	for (end = i; i > 0 && end - i < 24 && IS(x->s[i - 1], C_URL);)
		i--;
	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
		size_t n = strlen(ends[k]);

		if (end - i >= n && scan_is(x, end - n, ends[k]))
			return true;
	}
	return false;
}

static bool prefixed(const struct scan *x, size_t at, size_t end)
{
	size_t from = body_at(x, at, end), n = end - from;
	const char *body = x->s + from;
	struct parts p;
	struct shape s;
	bool mixed, uuid;

	if (from - at < 3 || n < 16)
		return false;
	s = shape_of(body, n);
	uuid = is_uuid(body, n);
	mixed = s.upper > 1 && s.lower > 1 && s.digit > 0;
	if (!uuid && !shape_random(&s))
		return false;
	p = judge_names(x, at, from);
	if (uuid || p.hint)
		return p.hint && (uuid || n >= 20 || mixed);
	if (p.id || after_id(x, at) ||
	        (memcmp(body, "kwDO", 4) == 0 || memcmp(body, "kgDO", 4) == 0))
		return false;
	if (x->s[from - 1] == '_')
		return s.hex ? n >= 32 : n >= 24 || (n >= 20 && mixed);
	return from - at >= 4 && mixed && n >= 24 && longest_run(body, n) >= 16;
}

/* ".js", ".min.css" */
static bool is_ending(const struct scan *x, size_t at)
{
	size_t i = at + 1;

	if (at >= x->n || x->s[at] != '.')
		return false;
	while (i < x->n && IS_ALNUM(x->s[i]))
		i++;
	return i - at < 8 && (i == x->n || !IS(x->s[i], C_URL));
}

/* "vx.8fK2...": a word of a few letters, a dot, and much chance that is no part of a file's name.
 */
static bool dotted(const struct scan *x, size_t at, size_t end)
{
	size_t from = at;
	struct shape s;

	if (end - at < 20 || at < 2 || x->s[at - 1] != '.' || is_ending(x, end))
		return false;
	for (from = at - 1; from > 0 && at - from < 10 && IS(x->s[from - 1], C_WORD); from--)
		;
	if (from == at - 1 || at - from > 9 ||
	        (from > 0 && IS(x->s[from - 1], C_B64) && x->s[from - 1] != '/'))
		return false;
	s = shape_of(x->s + at, end - at);
	if (after_id(x, from))
		return false;
	return s.upper > 2 && s.lower > 2 && s.digit > 0 && shape_random(&s);
}

size_t generic_token(const struct scan *x, size_t at, size_t end, const char **kind)
{
	while (end < x->n && (x->s[end] == '-' || x->s[end] == '_'))
		end++;
	*kind = "token";
	if (link_token(x, at, end) || prefixed(x, at, end) || dotted(x, at, end)) {
		size_t i = end;

		/* a second part: prefix_id.secret */
		while (i < x->n && (IS(x->s[i], C_URL) || (x->s[i] == '.' && i == end)))
			i++;
		return i > end + 16 ? i : end;
	}
	return 0;
}
