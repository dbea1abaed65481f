/*
 * redact_vendor.c - tokens that say what they are: prefix, length, alphabet.
 *
 * From the vendors' documentation and public collections of formats. Prefixes only: no string here
 * is a token. Sorted by the first byte for reading; the scan asks an index by first byte.
 */
#include "digest/redact_i.h"

#include <stdlib.h>
#include <string.h>

enum alphabet {
	A_NUM,  /* letters and digits */
	A_UPP,  /* upper case and digits */
	A_HEX,  /* lower-case hexadecimal */
	A_UUID, /* the same with dashes */
	A_URL,  /* letters, digits, - _ */
	A_DOT,  /* those and . */
	A_B64,  /* letters, digits, - _ + / = */
	A_ANY,  /* those and . ~ $ : */
};

struct vendor {
	const char *prefix, *kind;
	unsigned min; /* characters behind the prefix */
	enum alphabet alphabet;
};

/* clang-format off */
static const struct vendor vendors[] = {
	/* digits */
	{"1//0", "google-token", 30, A_URL},
	/* A */
	{"AAAAAAAAAAAAAAAAAAAAA", "twitter-token", 60, A_ANY},
	{"A3T", "aws-key", 17, A_UPP}, {"AC", "twilio-sid", 32, A_HEX},
	{"AGE-SECRET-KEY-1", "age-key", 50, A_UPP}, {"AIza", "google-key", 30, A_URL},
	{"AKCp", "jfrog-key", 60, A_NUM}, {"AKIA", "aws-key", 16, A_UPP},
	{"AKID", "tencent-key", 28, A_NUM}, {"APA91b", "fcm-token", 60, A_URL},
	{"AQVN", "yandex-key", 30, A_URL}, {"ASIA", "aws-key", 16, A_UPP},
	{"ABIA", "aws-key", 16, A_UPP}, {"ACCA", "aws-key", 16, A_UPP},
	{"ATATT", "atlassian-token", 60, A_B64}, {"ATBB", "bitbucket-token", 24, A_NUM},
	{"ATCTT", "atlassian-token", 60, A_B64}, {"A3-", "onepassword-key", 30, A_URL},
	/* C to Z */
	{"CCIPAT_", "circleci-token", 20, A_URL}, {"CFPAT-", "contentful-token", 30, A_URL},
	{"CLOJARS_", "clojars-token", 40, A_NUM}, {"EAAA", "square-token", 56, A_URL},
	{"EAAC", "facebook-token", 60, A_NUM}, {"EAAG", "facebook-token", 60, A_NUM},
	{"EAAB", "facebook-token", 60, A_NUM}, {"EZAK", "easypost-key", 50, A_NUM},
	{"EZTK", "easypost-key", 50, A_NUM}, {"FLWSECK", "flutterwave-key", 16, A_URL},
	{"GOCSPX-", "google-secret", 20, A_URL}, {"HRKU-", "heroku-key", 30, A_URL},
	{"IQoJb3JpZ2lu", "aws-session", 60, A_B64}, {"FwoGZXIvYXdz", "aws-session", 60, A_B64},
	{"LTAI", "alibaba-key", 12, A_NUM}, {"NRAK-", "newrelic-key", 24, A_UPP},
	{"NRJS-", "newrelic-key", 16, A_HEX}, {"NRII-", "newrelic-key", 24, A_URL},
	{"PMAK-", "postman-key", 50, A_UUID}, {"RGAPI-", "riot-key", 36, A_UUID},
	{"SG.", "sendgrid-key", 40, A_DOT}, {"SK", "twilio-key", 32, A_HEX},
	{"SCRAM-SHA-", "password-hash", 30, A_ANY},
	{"LS0tLS1CRUdJTiBSU0", "private-key", 60, A_B64},
	{"LS0tLS1CRUdJTiBQUk", "private-key", 60, A_B64},
	{"LS0tLS1CRUdJTiBFQy", "private-key", 60, A_B64},
	{"LS0tLS1CRUdJTiBPUE", "private-key", 60, A_B64},
	{"LS0tLS1CRUdJTiBFTk", "private-key", 60, A_B64},
	/* a */
	{"access_token$", "braintree-token", 40, A_ANY},
	{"access-production-", "plaid-token", 36, A_UUID},
	{"access-sandbox-", "plaid-token", 36, A_UUID}, {"aio_", "adafruit-key", 28, A_NUM},
	{"api_org_", "huggingface-token", 34, A_NUM}, {"bb_live_", "browserbase-key", 20, A_URL},
	{"bkua_", "buildkite-token", 40, A_HEX}, {"bearer_", "token", 20, A_URL},
	{"ccpat_", "circleci-token", 20, A_URL}, {"cfut_", "cloudflare-token", 30, A_URL},
	{"cio_", "cargo-token", 30, A_NUM}, {"cmVmd", "jfrog-token", 59, A_NUM},
	{"ctx7sk-", "api-key", 30, A_UUID},
	/* d to f */
	{"dG9rO", "intercom-token", 40, A_B64}, {"hcaik_", "honeycomb-key", 40, A_NUM},
	{"dapi", "databricks-token", 32, A_HEX}, {"dckr_pat_", "docker-token", 24, A_URL},
	{"dckr_oat_", "docker-token", 24, A_URL}, {"dd_", "datadog-key", 32, A_NUM},
	{"dop_v1_", "digitalocean-token", 60, A_HEX}, {"doo_v1_", "digitalocean-token", 60, A_HEX},
	{"dor_v1_", "digitalocean-token", 60, A_HEX}, {"dp.", "doppler-token", 35, A_DOT},
	{"dt0c01.", "dynatrace-token", 60, A_DOT}, {"dt0s01.", "dynatrace-token", 60, A_DOT},
	{"duffel_", "duffel-token", 40, A_URL}, {"e2b_", "e2b-key", 36, A_HEX},
	{"fc-", "firecrawl-key", 32, A_HEX}, {"figd_", "figma-token", 36, A_URL},
	{"fig_", "figma-token", 30, A_URL}, {"fio-u-", "frameio-token", 50, A_URL},
	{"fm1_", "fly-token", 40, A_B64}, {"fm1a_", "fly-token", 40, A_B64},
	{"fm1r_", "fly-token", 40, A_B64}, {"fm2_", "fly-token", 40, A_B64},
	{"fo1_", "fly-token", 30, A_URL}, {"FlyV1", "fly-token", 40, A_B64},
	/* g, h */
	{"ghp_", "github-token", 30, A_NUM}, {"gho_", "github-token", 30, A_NUM},
	{"ghs_", "github-token", 30, A_NUM}, {"ghu_", "github-token", 30, A_NUM},
	{"ghr_", "github-token", 30, A_NUM}, {"github_pat_", "github-token", 50, A_URL},
	{"glpat-", "gitlab-token", 20, A_DOT}, {"gldt-", "gitlab-token", 18, A_URL},
	{"glptt-", "gitlab-token", 18, A_URL}, {"glrt-", "gitlab-token", 18, A_DOT},
	{"glsoat-", "gitlab-token", 18, A_URL}, {"glft-", "gitlab-token", 18, A_URL},
	{"glcbt-", "gitlab-token", 18, A_URL}, {"gloas-", "gitlab-token", 30, A_URL},
	{"glagent-", "gitlab-token", 40, A_URL}, {"glimt-", "gitlab-token", 20, A_URL},
	{"GR1348941", "gitlab-token", 20, A_URL}, {"glc_", "grafana-token", 32, A_B64},
	{"glsa_", "grafana-token", 36, A_URL}, {"gsk_", "groq-key", 40, A_NUM},
	{"hf_", "huggingface-token", 30, A_NUM}, {"hvb.", "vault-token", 60, A_URL},
	{"hvr.", "vault-token", 60, A_URL}, {"hvs.", "vault-token", 24, A_URL},
	/* i to n */
	{"inf_", "api-key", 32, A_NUM}, {"jina_", "jina-key", 40, A_URL},
	{"key-", "mailgun-key", 32, A_HEX}, {"lin_api_", "linear-key", 32, A_NUM},
	{"lin_oauth_", "linear-key", 32, A_NUM}, {"lsv2_", "langsmith-key", 32, A_URL},
	{"live_", "api-key", 30, A_URL}, {"mlsn.", "mailersend-key", 60, A_HEX},
	{"mob-", "launchdarkly-key", 36, A_UUID}, {"nfp_", "netlify-token", 30, A_NUM},
	{"nfc_", "netlify-token", 30, A_NUM}, {"napi_", "neon-key", 40, A_NUM},
	{"npm_", "npm-token", 30, A_NUM}, {"ntn_", "notion-token", 36, A_NUM},
	{"nvapi-", "nvidia-key", 50, A_URL},
	/* o, p */
	{"oy2", "nuget-key", 43, A_NUM}, {"ops_eyJ", "onepassword-token", 60, A_B64},
	{"pat-", "hubspot-token", 36, A_URL}, {"pcsk_", "pinecone-key", 40, A_URL},
	{"phx_", "posthog-key", 32, A_NUM}, {"phc_", "posthog-key", 32, A_NUM},
	{"pk.eyJ", "mapbox-token", 40, A_DOT}, {"sk.eyJ", "mapbox-token", 40, A_DOT},
	{"pnu_", "prefect-key", 30, A_NUM}, {"pplx-", "perplexity-key", 40, A_NUM},
	{"pscale_", "planetscale-token", 32, A_DOT}, {"pul-", "pulumi-token", 40, A_HEX},
	{"pypi-", "pypi-token", 50, A_URL}, {"pdus+", "pagerduty-key", 16, A_B64},
	{"polar_", "polar-token", 32, A_URL}, {"pdl_", "paddle-key", 30, A_URL},
	{"pbkdf2_sha256$", "password-hash", 30, A_ANY}, {"pbkdf2:sha", "password-hash", 30, A_ANY},
	{"scrypt:", "password-hash", 30, A_ANY},
	/* r */
	{"r8_", "replicate-token", 30, A_NUM}, {"rdme_", "readme-key", 60, A_NUM},
	{"re_", "resend-key", 28, A_URL}, {"rk_live_", "stripe-key", 16, A_NUM},
	{"rk_test_", "stripe-key", 16, A_NUM}, {"rnd_", "render-key", 24, A_NUM},
	{"rubygems_", "rubygems-key", 40, A_HEX}, {"rpa_", "runpod-key", 36, A_NUM},
	/* s */
	{"sbp_", "supabase-token", 36, A_HEX}, {"sb_secret_", "supabase-key", 20, A_URL},
	{"sdk-", "launchdarkly-key", 36, A_UUID}, {"secret_", "secret", 24, A_NUM},
	{"sgp_", "sourcegraph-token", 40, A_URL}, {"sess-", "openai-session", 36, A_NUM},
	{"shippo_", "shippo-token", 40, A_URL}, {"shpat_", "shopify-token", 32, A_NUM},
	{"shpss_", "shopify-secret", 32, A_NUM}, {"shpca_", "shopify-token", 32, A_NUM},
	{"shppa_", "shopify-token", 32, A_NUM}, {"signkey-", "inngest-key", 32, A_URL},
	{"sk-ant-", "anthropic-key", 40, A_URL}, {"sk-or-", "openrouter-key", 40, A_URL},
	{"sk-lf-", "langfuse-key", 36, A_UUID}, {"sk-", "api-key", 20, A_URL},
	{"sk_live_", "stripe-key", 16, A_NUM}, {"sk_test_", "stripe-key", 16, A_NUM},
	{"sk_prod_", "api-key", 16, A_URL}, {"sk_", "api-key", 24, A_URL},
	{"sl.", "dropbox-token", 60, A_URL}, {"sntryu_", "sentry-token", 60, A_HEX},
	{"sntrys_", "sentry-token", 60, A_B64}, {"sq0", "square-token", 24, A_URL},
	{"sqp_", "sonar-token", 40, A_HEX}, {"squ_", "sonar-token", 40, A_HEX},
	{"sqa_", "sonar-token", 40, A_HEX}, {"st.", "service-token", 60, A_DOT},
	/* t to y */
	{"tfp_", "typeform-token", 40, A_DOT}, {"tskey-", "tailscale-key", 24, A_URL},
	{"tvly-", "tavily-key", 28, A_URL}, {"tr_dev_", "trigger-key", 16, A_NUM},
	{"tr_prod_", "trigger-key", 16, A_NUM}, {"tk-us-", "template-key", 40, A_URL},
	{"waka_", "wakatime-key", 36, A_UUID}, {"whsec_", "webhook-secret", 24, A_B64},
	{"v1.public.", "token", 40, A_DOT}, {"vercel_blob_rw_", "vercel-token", 30, A_URL},
	{"vck_", "vercel-key", 30, A_NUM}, {"xai-", "xai-key", 60, A_NUM},
	{"xapp-", "slack-token", 24, A_URL}, {"xoxa-", "slack-token", 24, A_URL},
	{"xoxb-", "slack-token", 24, A_URL}, {"xoxc-", "slack-token", 24, A_URL},
	{"xoxd-", "slack-token", 24, A_ANY}, {"xoxe-", "slack-token", 24, A_URL},
	{"xoxe.", "slack-token", 24, A_URL}, {"xoxp-", "slack-token", 24, A_URL},
	{"xoxr-", "slack-token", 24, A_URL}, {"xoxs-", "slack-token", 24, A_URL},
	{"xwfp-", "slack-token", 24, A_URL}, {"xkeysib-", "brevo-key", 60, A_URL},
	{"xsmtpsib-", "brevo-key", 60, A_URL}, {"ya29.", "google-token", 40, A_URL},
	{"y0_", "yandex-token", 40, A_URL}, {"zpka_", "zuplo-key", 24, A_URL},
};
/* clang-format on */

enum { N_VENDORS = sizeof(vendors) / sizeof(*vendors) };

_Static_assert((int)N_VENDORS < (int)REDACT_VENDORS, "grow struct vendor_index");

static unsigned head(const char *p)
{
	return ((unsigned char)p[0] * 37U ^ (unsigned char)p[1] * 5U) % VENDOR_HEADS;
}

void vendor_index(struct vendor_index *index)
{
	for (unsigned i = N_VENDORS; i > 0; i--) { /* the table's order is kept */
		unsigned h = head(vendors[i - 1].prefix);

		index->len[i] = (uint8_t)strlen(vendors[i - 1].prefix);
		index->next[i] = index->first[h];
		index->first[h] = (uint16_t)i;
	}
}

static unsigned bits_of(enum alphabet a)
{
	switch (a) {
	case A_NUM:
		return C_UPPER | C_LOWER | C_DIGIT;
	case A_UPP:
		return C_UPPER | C_DIGIT;
	case A_HEX:
		return C_LHEX;
	case A_UUID:
		return C_URL;
	case A_URL:
		return C_URL;
	case A_DOT:
		return C_DOT;
	case A_B64:
		return C_B64;
	case A_ANY:
		return C_ANY;
	}
	abort();
}

static size_t run_of(const struct scan *x, size_t at, enum alphabet a)
{
	unsigned bits = bits_of(a);
	size_t i = at;

	while (i < x->n && (redact_class[(unsigned char)x->s[i]] & bits))
		i++;
	while (i > at && (x->s[i - 1] == '.' || x->s[i - 1] == ',' || x->s[i - 1] == ':'))
		i--;
	return i;
}

/* Words in the clothes of a token ("sk-learn-contrib-py-earth") have no chance in them. */
static bool plausible(enum alphabet a, const char *p, size_t n)
{
	struct shape s = shape_of(p, n < 64 ? n : 64);

	if (a == A_UPP)
		return s.distinct >= 6;
	return s.distinct >= 6 && (s.digit > 0 || (s.upper > 1 && s.lower > 1 && s.turns > 3));
}

static size_t by_prefix(const struct scan *x, size_t at, const char **kind)
{
	const char *p = x->s + at;
	size_t left = x->n - at;

	for (unsigned i = x->r->vendors.first[head(p)]; i > 0; i = x->r->vendors.next[i]) {
		const struct vendor *v = &vendors[i - 1];
		size_t k = x->r->vendors.len[i], end;

		if (left < k + v->min || memcmp(p, v->prefix, k) != 0)
			continue;
		end = run_of(x, at + k, v->alphabet);
		if (end - at - k < v->min || !plausible(v->alphabet, p + k, end - at - k))
			continue;
		if (v->alphabet == A_HEX && end < x->n && IS(x->s[end], C_WORD))
			continue;
		*kind = v->kind;
		return end;
	}
	return 0;
}

/* header.payload.signature (RFC 7519), or five parts (RFC 7516). */
static size_t jwt(const struct scan *x, size_t at, const char **kind)
{
	size_t end = run_of(x, at, A_DOT), dots = 0, second = 0;

	for (size_t i = at; i < end; i++) {
		if (x->s[i] != '.')
			continue;
		if (dots++ == 0)
			second = i + 1;
	}
	*kind = "jwt";
	if (dots == 0 && at > 0 && x->s[at - 1] == '|' && end - at >= 30)
		return end; /* "prod:happy-otter-123|eyJ2..." */
	return dots >= 2 && end - at >= 30 && second - at > 10 ? end : 0;
}

static bool has(const struct scan *x, size_t at, const char *text)
{
	size_t n = strlen(text);

	return x->n - at >= n && memcmp(x->s + at, text, n) == 0;
}

/* Tokens known by what stands in their middle. */
static size_t by_middle(const struct scan *x, size_t at, size_t first, const char **kind)
{
	size_t n = first - at, end;

	if (n > 28 || first == x->n || !IS(x->s[first], C_LINK))
		return 0;
	if ((n == 15 || n == 16) && x->s[first] == ':' && IS(x->s[at], C_DIGIT) && at > 1 &&
	        x->s[at - 1] == '/') { /* 1/1200000000000000:hexadecimal */
		end = run_of(x, first + 1, A_HEX);
		*kind = "asana-token";
		return end - first == 33 ? end : 0;
	}
	if (n == 14 && has(x, first, ".atlasv1.")) {
		*kind = "terraform-token";
		return run_of(x, first, A_DOT);
	}
	if (n == 5 && has(x, first - 2, "Q~") == false && has(x, first - 1, "Q~")) {
		*kind = "azure-secret";
		return run_of(x, at, A_ANY);
	}
	if (has(x, at, "bot")) { /* in the path of the API */
		at += 3;
		n -= 3;
	}
	if (n >= 8 && n <= 11 && IS(x->s[at], C_DIGIT) && has(x, first, ":AA")) {
		end = run_of(x, first + 1, A_URL);
		*kind = "telegram-token";
		return end - first >= 34 ? end : 0;
	}
	if (n >= 23 && n <= 28 && x->n - first > 34 && x->s[first] == '.' &&
	        x->s[first + 7] == '.') {
		end = run_of(x, first + 8, A_URL);
		*kind = "discord-token";
		return run_of(x, first + 1, A_URL) == first + 7 && end - first >= 34 ? end : 0;
	}
	if (n >= 16 && n <= 18 && x->s[at] == 'p' && has(x, at, "pat") && has(x, first, ".")) {
		end = run_of(x, first + 1, A_HEX);
		*kind = "airtable-token";
		return end - first == 65 ? end : 0;
	}
	return 0;
}

/* 32 hexadecimal digits, then -us12. */
static size_t mailchimp(const struct scan *x, size_t at, const char **kind)
{
	size_t end = at;

	if (x->n - at < 36 || x->s[at + 32] != '-' || !IS(x->s[at + 31], C_LHEX))
		return 0;
	end = run_of(x, at, A_HEX);
	if (end - at != 32 || !has(x, end, "-us"))
		return 0;
	*kind = "mailchimp-key";
	for (end += 3; end < x->n && IS(x->s[end], C_DIGIT);)
		end++;
	return end;
}

size_t vendor_token(const struct scan *x, size_t at, const char **kind)
{
	size_t first, end;

	if (x->n - at < 16)
		return 0;
	first = scan_word_end(x, at);
	if (first - at < 12 && (first == x->n || !IS(x->s[first], C_LINK)))
		return 0; /* too short, or it begins as none does */
	if (has(x, at, "eyJ") && (end = jwt(x, at, kind)) > 0)
		return end;
	if ((end = by_prefix(x, at, kind)) > 0 || (end = by_middle(x, at, first, kind)) > 0)
		return end;
	return mailchimp(x, at, kind);
}

size_t hash_at(struct scan *x, size_t at)
{
	static const char *const schemes[] = {"$2a$", "$2b$", "$2y$", "$argon2", "$1$", "$5$",
	        "$6$", "$7$", "$y$", "$gy$", "$apr1$", "$scrypt$", "$pbkdf2", "$P$", "$H$",
	        "$sha1$"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t end;

		if (!has(x, at, schemes[i]))
			continue;
		end = run_of(x, at, A_ANY);
		if (end - at < 30)
			return 0;
		scan_mask(x, at, end, "password-hash");
		return end;
	}
	return 0;
}
