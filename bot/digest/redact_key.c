/*
 * redact_key.c - the grammar of key names.
 *
 * A name is cut into words at _ - . and at the humps of camelCase; the last word decides together
 * with the one before it: access_token, apiKey, X-Vault-Token, DB_PASS are secrets; max_tokens,
 * nextPageToken, token_type, primary_key, secretName are not.
 */
#include "digest/redact_i.h"

#include <stdlib.h>
#include <string.h>

#include "digest/swar.h"

enum { WORDS = 6, LETTERS = 24 };

struct name {
	char word[WORDS][LETTERS]; /* lower case; [0] is the last */
	size_t len[WORDS], n;
	char all[KEY_MAX + 1]; /* lower case, without separators */
	size_t n_all;
};

static const char passwords[] =
        " password passwd passwords pwd pass passphrase passcode passwort kennwort senha contrasena "
        "motdepasse pw psw pswd pword secret secrets bindpw storepass keypass requirepass masterauth "
        "rootpw userpassword apisecret clientsecret appsecret authsecret sharedsecret securestring ";
static const char tokens[] =
        " token apikey jwt credential credentials creds authkey accesskey secretkey privatekey "
        "masterkey signingkey encryptionkey authtoken accesstoken refreshtoken idtoken bearer sastoken "
        "sharedkey apitoken bottoken usertoken sessiontoken csrftoken xsrf csrf pepper ";
static const char randoms[] =
        " session sessionid sessid sid auth authentication signature hmac seed salt pat nonce "
        "sessionkey cookie phpsessid jsessionid assertion ticket license licence mnemonic pin1 "
        "authuser key keys webhook ";
static const char key_good[] =
        " api access secret private signing encryption encrypt decrypt service account shared "
        "preshared master license licence auth app application client session consumer webhook admin "
        "root storage subscription write read deploy integration ingest ingestion sign crypto cipher "
        "aes hmac jwt token functions function host security user merchant ssh tls ssl rsa ec pgp gpg "
        "wireguard cf dd relic newrelic mailgun maps age sops data server personal developer publish "
        "pre bot enc hash_key app_master ";
static const char key_bad[] =
        " primary foreign partition sort cache idempotency public object group row routing unique "
        "dedupe dedup lock map index hash s3 file bucket config feature flag message msg event "
        "publishable pub redis kv store storage_path lookup search sec websocket range shard "
        "composite natural surrogate translation i18n locale label field column property ordering "
        "concurrency registry item trace span correlation accept ";
static const char token_bad[] =
        " next page continuation sync cursor prev previous start pagination unexpected max min num "
        "total prompt completion input output per nextpage nextsync resume unknown end last syntax "
        "first cached reasoning eos bos pad stop mask skip ";
static const char harmless_last[] =
        " name id ids ref refs type types count path file filename url uri length len size ttl expiry "
        "expires expired version arn status prefix suffix manager policy hint field error reset at in "
        "provider rotation enabled disabled required limit header usage used store location dir "
        "algorithm alg class kind mode age index endpoint min max updated created changed valid "
        "strength format regex pattern page ";
static const char tail[] =
        " base value val text plain plaintext raw prod production dev test live staging old new b64 "
        "base64 current default env key1 string primary secondary backup ";

static bool is_sep(char c)
{
	return c == '_' || c == '-' || c == '.' || c == ' ';
}

/* Does a word begin at i? (camelCase, APIKey) */
static bool hump(const char *k, size_t n, size_t i)
{
	if (i == 0 || is_sep(k[i - 1]))
		return true;
	if (!IS(k[i], C_UPPER))
		return false;
	return IS(k[i - 1], C_LOWER | C_DIGIT) || (i + 1 < n && IS(k[i + 1], C_LOWER));
}

static void add_word(struct name *m, const char *k, size_t n)
{
	size_t w = m->n;

	while (n > 1 && IS(k[n - 1], C_DIGIT))
		n--; /* password2 */
	if (w == WORDS || n == 0 || n >= LETTERS || (n == 1 && IS(k[0], C_DIGIT)))
		return;
	for (size_t i = 0; i < n; i++)
		m->word[w][i] = (char)(IS(k[i], C_UPPER) ? k[i] + 32 : k[i]);
	m->len[w] = n;
	m->n++;
}

static void parse(struct name *m, const char *k, size_t n)
{
	size_t end = n;

	for (size_t i = n; i-- > 0;) {
		if (is_sep(k[i])) {
			end = i;
		} else if (hump(k, n, i)) {
			add_word(m, k + i, end - i);
			end = i;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!is_sep(k[i]))
			m->all[m->n_all++] = (char)(IS(k[i], C_UPPER) ? k[i] + 32 : k[i]);
}

static bool word_in(const struct name *m, size_t i, const char *list)
{
	return i < m->n && in_list(list, m->word[i], m->len[i]);
}

static bool word_is(const struct name *m, size_t i, const char *w)
{
	return i < m->n && m->len[i] == strlen(w) && memcmp(m->word[i], w, m->len[i]) == 0;
}

static bool ends(const struct name *m, size_t i, const char *with)
{
	size_t k = strlen(with);

	return i < m->n && m->len[i] >= k && memcmp(m->word[i] + m->len[i] - k, with, k) == 0;
}

static enum key_class class_of_key(const struct name *m, size_t i)
{
	if (word_in(m, i + 1, key_bad))
		return KEY_NONE;
	if (word_in(m, i + 1, key_good) || word_in(m, i + 1, passwords))
		return KEY_TOKEN;
	return KEY_RANDOM;
}

static enum key_class class_of_joined(const struct name *m, size_t i)
{
	size_t n = m->len[i] - 3;

	if (in_list(key_bad, m->word[i], n))
		return KEY_NONE;
	return in_list(key_good, m->word[i], n) ? KEY_TOKEN : KEY_RANDOM;
}

/* By the word alone. */
static enum key_class class_of_word(const struct name *m, size_t i)
{
	if (word_in(m, i, passwords) || ends(m, i, "password") || ends(m, i, "passwd") ||
	        ends(m, i, "passphrase") || ends(m, i, "secret"))
		return KEY_PASSWORD;
	if (word_is(m, i, "key") || word_is(m, i, "keys"))
		return class_of_key(m, i);
	if (word_is(m, i, "token") && word_in(m, i + 1, token_bad))
		return KEY_NONE;
	if (word_in(m, i, tokens) || ends(m, i, "apikey"))
		return KEY_TOKEN;
	if (ends(m, i, "key")) /* "writekey" in one word */
		return class_of_joined(m, i);
	if (ends(m, i, "token") && !ends(m, i, "pagetoken"))
		return KEY_TOKEN;
	if (word_in(m, i, randoms) || ends(m, i, "sessionid") || ends(m, i, "sessid"))
		return KEY_RANDOM;
	return KEY_NONE;
}

static enum key_class special(const struct name *m)
{
	static const struct {
		const char *name;
		enum key_class c;
	} table[] = {{"authorization", KEY_AUTH}, {"proxyauthorization", KEY_AUTH},
	        {"cookie", KEY_COOKIE}, {"setcookie", KEY_COOKIE}, {"cookies", KEY_COOKIE},
	        {"cvv", KEY_PIN}, {"cvc", KEY_PIN}, {"cvv2", KEY_PIN}, {"pin", KEY_PIN},
	        {"pincode", KEY_PIN}, {"otp", KEY_PIN}, {"otpcode", KEY_PIN}, {"mfacode", KEY_PIN},
	        {"totp", KEY_PIN}, {"smscode", KEY_PIN}, {"verificationcode", KEY_PIN},
	        {"code", KEY_QUERY}, {"sig", KEY_QUERY}, {"ticket", KEY_QUERY},
	        {"xamzsignature", KEY_QUERY}, {"xgoogsignature", KEY_QUERY},
	        {"clientkeydata", KEY_TOKEN}, {"tokendata", KEY_TOKEN},
	        {"dockerconfigjson", KEY_TOKEN}, {"codeverifier", KEY_TOKEN},
	        {"authcode", KEY_TOKEN}, {"roleid", KEY_RANDOM}, {"secretid", KEY_TOKEN},
	        {"response", KEY_RANDOM}, {"converttosecurestring", KEY_PASSWORD},
	        {"devicecode", KEY_TOKEN}, {"authorizationcode", KEY_TOKEN},
	        {"samlresponse", KEY_TOKEN}, {"samlrequest", KEY_TOKEN},
	        {"xhoneycombteam", KEY_TOKEN}, {"passhash", KEY_TOKEN}};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strlen(table[i].name) == m->n_all &&
		        memcmp(table[i].name, m->all, m->n_all) == 0)
			return table[i].c;
	return KEY_NONE;
}

static const char *kind_of(enum key_class c, const struct name *m, size_t i)
{
	switch (c) {
	case KEY_PASSWORD:
		return ends(m, i, "secret") || ends(m, i, "secrets") ? "secret" : "password";
	case KEY_TOKEN:
		if (word_is(m, i, "key") || ends(m, i, "apikey"))
			return word_is(m, i + 1, "private") ? "private-key" : "api-key";
		return ends(m, i, "token") ? "token" : "secret";
	case KEY_COOKIE:
		return "cookie";
	case KEY_PIN:
		return "pin";
	case KEY_NONE:
	case KEY_RANDOM:
	case KEY_QUERY:
	case KEY_AUTH:
		return "secret";
	}
	abort();
}

enum key_class key_class(const char *key, size_t n, const char **kind)
{
	struct name m = {.n = 0};
	enum key_class c;
	size_t i = 0;

	*kind = "secret";
	if (n < 2 || n > KEY_MAX)
		return KEY_NONE;
	parse(&m, key, n);
	c = special(&m);
	while (c == KEY_NONE && i + 1 < m.n && word_in(&m, i, tail))
		i++;
	if (c == KEY_NONE &&
	        (word_is(&m, i, "hash") || word_is(&m, i, "digest") || word_is(&m, i, "encrypted")))
		c = class_of_word(&m, i + 1) == KEY_PASSWORD ? KEY_TOKEN : KEY_NONE;
	else if (c == KEY_NONE && !word_in(&m, i, harmless_last))
		c = class_of_word(&m, i);
	*kind = kind_of(c, &m, i);
	return c;
}

enum key_class key_class_memo(struct redact *r, const char *key, size_t n, const char **kind)
{
	struct key_memo *m;

	if (n >= sizeof(m->name))
		return key_class(key, n, kind);
	m = &r->memo[swar_hash(key, n) % KEY_MEMO];
	if (m->n != n || memcmp(m->name, key, n) != 0) {
		m->class = (int)key_class(key, n, &m->kind);
		m->n = n;
		memcpy(m->name, key, n);
	}
	*kind = m->kind;
	return (enum key_class)m->class;
}
