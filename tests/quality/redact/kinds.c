/* kinds.c - see redact.h. Prefixes are those of the vendors' documentation. */
#include "quality/redact/redact.h"

#define CLOTHES(name, ...) static const char *const name[] = {__VA_ARGS__, NULL}

CLOTHES(bearer, "%t > Authorization: Bearer %S", "{\"authorization\":\"Bearer %S\",\"n\":%n}",
        "headers: { authorization: 'Bearer %S' }",
        "-H \"Authorization: Bearer %S\" https://x.example", "AUTHORIZATION: bearer %S",
        "map[Authorization:[Bearer %S]]");
CLOTHES(scheme, "Authorization: Basic %S", "proxy-authorization: Basic %S",
        "\"authorization\": \"ApiKey %S\"", "Authorization: Token token=%S",
        "authorization: SSWS %S", "Authorization: Bot %S");
CLOTHES(header, "X-Api-Key: %S", "\"x-auth-token\":\"%S\"", "X-Consul-Token: %S",
        "-H 'PRIVATE-TOKEN: %S'", "Ocp-Apim-Subscription-Key: %S", "x-internal-secret: %S",
        "{\"X-Access-Token\": \"%S\"}");
CLOTHES(url, "%t connecting to postgres://%e:%S@%H:5432/app", "redis://:%S@%H:6379 refused",
        "dsn=mysql://%e:%S@%H/app", "clone https://x-access-token:%S@git.example.com/a/b.git",
        "\"url\":\"amqps://%e:%S@%H:5671/%2f\"", "GET /c?to=mongodb%%3A%%2F%%2F%e%%3A%S%%40%H 500",
        "smtp://apikey:%S@smtp.example.net:587", "%e:%S@tcp(%H:3306)/app?parseTime=true");
CLOTHES(dsn, "host=%H user=%e password=%S dbname=app",
        "Server=%H;User Id=sa;Password=%S;Encrypt=True",
        "jdbc:postgresql://%H/app?user=%e&password=%S&ssl=true", "%H:5432:app:%e:%S",
        "Data Source=%H;Uid=%e;Pwd=%S;", "jdbc:oracle:thin:scott/%S@%H:1521/x");
CLOTHES(cookie, "Set-Cookie: sid=%S; Path=/; HttpOnly", "Cookie: theme=dark; session=%S; lang=de",
        "\"cookie\":\"a=1; connect.sid=%S\"", "< set-cookie: _app_session=%S; Max-Age=60",
        "Cookie: __Secure-session-token=%S");
CLOTHES(query, "GET /callback?access_token=%S&state=x HTTP/1.1",
        "\"GET /reset?token=%S HTTP/1.1\" 200 12",
        "to https://app.example.com/login#id_token=%S&expires_in=60", "POST /x?client_secret=%S",
        "https://app.example.com/verify?code=%S mailed");
CLOTHES(command, "sh -c mysqldump -u root -p'%S' app",
        "curl -u deploy:%S https://repo.example.com/x", "redis-cli -a %S ping",
        "sshpass -p '%S' ssh root@%i", "pg_dump --password %S app",
        "-Djavax.net.ssl.keyStorePassword=%S", "ALTER ROLE app WITH PASSWORD '%S'",
        "\"AUTH\" \"%S\"", "machine %H login ci password %S");
CLOTHES(dump, "Db{user='%e', password='%S', port=5432}", "+ password = \"%S\"",
        "<password>%S</password>", "{Addr::8080 Password:%S Debug:false}", "\"password\"=>\"%S\"",
        "password=SecretStr('%S')", "<property name=\"db.password\">%S</property>",
        "'password': b'%S'", "[password] => %S", "password&quot;:&quot;%S&quot;,",
        "    password: '%S'", "$env:DB_PASSWORD=\"%S\"",
        "{\"name\":\"DB_PASSWORD\",\"value\":\"%S\"}");
CLOTHES(hook, "POST https://hooks.example.com/hooks/%S 410",
        "https://app.example.com/reset-password/%S", "GET /invitations/%S HTTP/1.1");
CLOTHES(pem,
        "-----BEGIN %(RSA |EC ||ENCRYPTED |OPENSSH )PRIVATE KEY-----\n%S\n-----END PRIVATE KEY-----",
        "%t bad key: -----BEGIN PRIVATE KEY-----\n%S\n%t retrying in 5 s");
CLOTHES(pem_json, "{\"k\":\"-----BEGIN PRIVATE KEY-----\\n%S\\n-----END PRIVATE KEY-----\\n\"}",
        "\"private_key\": \"-----BEGIN RSA PRIVATE KEY-----\\n%S\\n-----END RSA PRIVATE KEY-----\"");
CLOTHES(mail, "%t mail to %S bounced", "{\"user\":%n,\"email\":\"%S\"}",
        "Key (email)=(%S) already exists.", "login failed for <%S>");
CLOTHES(card, "card %S declined", "{\"number\":\"%S\",\"exp\":\"12/30\"}", "charge(%S, 12 EUR)",
        "pan: %S");
CLOTHES(iban, "payout to %S failed", "{\"iban\":\"%S\"}");
CLOTHES(ssn, "kyc ssn=%S ok", "{\"ssn\":\"%S\"}");
CLOTHES(signed_url,
        "GET https://s3.example.com/a.csv?X-Amz-Date=20260823T101500Z&X-Amz-Signature=%S 200",
        "https://a.blob.core.windows.net/b/x?sv=2024-11-04&sig=%S 403",
        "https://storage.example.com/o?X-Goog-Signature=%S");
CLOTHES(azure, "DefaultEndpointsProtocol=https;AccountName=%w;AccountKey=%S==;EndpointSuffix=x",
        "Endpoint=sb://%w.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=%S=");
CLOTHES(jwk, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"d\":\"%S\"}", "{\"kty\":\"oct\",\"k\":\"%S\"}");
CLOTHES(telegram, "https://api.telegram.org/bot%d9:AA%S/getMe 401");
CLOTHES(smtp, "C: AUTH PLAIN %S", "S: 334\nC: AUTH PLAIN %S");

#define TOKEN(name, value, keys)                                                                   \
	{                                                                                          \
		name, CLASS_TOKEN, value, NULL, keys                                               \
	}
#define KEYED(name, value, keys)                                                                   \
	{                                                                                          \
		name, CLASS_CRED, value, NULL, keys                                                \
	}
#define CRED(name, value, around)                                                                  \
	{                                                                                          \
		name, CLASS_CRED, value, around, NULL                                              \
	}
#define UNSEEN(name, value)                                                                        \
	{                                                                                          \
		name, CLASS_UNSEEN, value, NULL, "api_key token secret_key"                        \
	}

const struct redact_kind redact_kinds[] = {
        TOKEN("aws access key", "%(AKIA|ASIA)%U16", "aws_access_key_id"),
        TOKEN("github classic", "gh%(p|o|s|u|r)_%A36", "github_token token"),
        TOKEN("github fine-grained", "github_pat_%A22_%A59", "gh_token"),
        TOKEN("gitlab", "gl%(pat|ptt|dt|rt)-%u20", "gitlab_token"),
        TOKEN("slack bot", "xox%(b|p)-%d12-%d12-%A24", "slack_bot_token"),
        TOKEN("slack app", "xapp-1-A%U10-%d13-%h64", "slack_app_token"),
        TOKEN("openai", "sk-proj-%u60T3BlbkFJ%u60", "openai_api_key"),
        TOKEN("anthropic", "sk-ant-api03-%u93AA", "anthropic_api_key"),
        TOKEN("google", "AIza%u35", "google_api_key"),
        TOKEN("google oauth", "ya29.%u120", "access_token"),
        TOKEN("stripe", "%(sk|rk)_%(live|test)_%A40", "stripe_key"),
        TOKEN("twilio", "SK%h32", "twilio_key"),
        TOKEN("sendgrid", "SG.%u22.%u43", "sendgrid_api_key"),
        TOKEN("mailgun", "key-%h32", "mailgun_key"),
        TOKEN("npm", "npm_%A36", "npm_token"),
        TOKEN("pypi", "pypi-AgEIcHlwaS5vcmc%u120", "twine_password"),
        TOKEN("docker", "dckr_pat_%u27", "docker_password"),
        TOKEN("digitalocean", "do%(p|o|r)_v1_%h64", "do_token"),
        TOKEN("vault", "hvs.%u90", "vault_token"),
        TOKEN("terraform", "%A14.atlasv1.%u67", "tfe_token"),
        TOKEN("grafana", "glsa_%A32_%h8", "grafana_token"),
        TOKEN("new relic", "NRAK-%U27", "new_relic_key"),
        TOKEN("linear", "lin_api_%A40", "linear_key"),
        TOKEN("shopify", "shpat_%h32", "shopify_token"),
        TOKEN("huggingface", "hf_%A34", "hf_token"),
        TOKEN("databricks", "dapi%h32", "databricks_token"),
        TOKEN("telegram", "%d9:AA%u33", "telegram_bot_token"),
        TOKEN("age", "AGE-SECRET-KEY-1%U58", "age_key"),
        TOKEN("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx%u40.%u43", "id_token"),
        TOKEN("sentry", "sntryu_%h64", "sentry_auth_token"),
        TOKEN("supabase", "sbp_%h40", "supabase_token"),
        TOKEN("figma", "figd_%u40", "figma_token"),
        TOKEN("notion", "ntn_%d11%A35", "notion_token"),
        TOKEN("postman", "PMAK-%h24-%h34", "postman_key"),
        TOKEN("hubspot", "pat-na1-%g", "hubspot_token"),
        TOKEN("planetscale", "pscale_tkn_%u43", "pscale_token"),
        KEYED("aws secret key", "%b40", "aws_secret_access_key secret_access_key"),
        KEYED("railway token", "%g", "railway_token RAILWAY_API_TOKEN"),
        KEYED("password", "%p",
                "password db_password passwd PGPASSWORD smtp_pass adminPassword pwd"),
        KEYED("api key", "%(%A32|%h40|%g|%u32)", "api_key apiKey access_key service_key API_TOKEN"),
        KEYED("app secret", "%(%A32|%h64|%b44)",
                "client_secret jwt_secret SECRET_KEY_BASE session_secret encryptionKey webhook_secret"),
        KEYED("datadog", "%h32", "dd_api_key DD_APP_KEY"),
        CRED("bearer", "%(%A40|%h64|%u43|%g)", bearer),
        CRED("authorization schemes", "%A40", scheme),
        CRED("key headers", "%(%A32|%h40|%g)", header),
        CRED("url password", "%A20", url),
        CRED("connection string", "%A18", dsn),
        CRED("cookie", "%(%h40|%u43|%A26)", cookie),
        CRED("query", "%(%A40|%u43|%h48)", query),
        CRED("command line", "%A8-%d4", command),
        CRED("dumps of structures", "%w%A6%d3", dump),
        CRED("secret links", "%(%A32|%h40|%g)", hook),
        CRED("signed url", "%h64", signed_url),
        CRED("azure", "%b43", azure),
        CRED("json web key", "%u64", jwk),
        CRED("telegram url", "%u33", telegram),
        CRED("smtp", "AH%b22", smtp),
        KEYED("bcrypt", "$2b$12$%A53", "passwordHash"),
        {"private key", CLASS_BLOCK, "%b64\n%b64\n%b40", pem, NULL},
        {"private key in JSON", CLASS_BLOCK, "%b64\\n%b64", pem_json, NULL},
        {"e-mail", CLASS_PERSON, "%w.%w%d2@%w-mail.org", mail, NULL},
        {"card", CLASS_PERSON, "", card, NULL}, /* drawn in main.c: the check digit */
        {"iban", CLASS_PERSON, "", iban, NULL},
        {"us ssn", CLASS_PERSON, "%d3-%d2-%d4", ssn, NULL},
        UNSEEN("unseen, vendor_live_", "%a%a%a_%(live|prod|sk|pat)_%A32"),
        UNSEEN("unseen, vendor_", "%a%a%a%a_%A40"),
        UNSEEN("unseen, vendor-key-", "%a%a%akey-%h40"),
        UNSEEN("unseen, vendor-", "%a%a%a%a-%A40"),
        UNSEEN("unseen, v1", "%a%a%a_v1_%h48"),
        UNSEEN("unseen, dotted", "%a%a.%A44"),
        UNSEEN("unseen, dotted parts", "%a%a%a.%A22.%A43"),
        UNSEEN("unseen, camel", "%a%a%aKey_%A40"),
        UNSEEN("unseen, upper", "%(QX|ZV)%U2-%A36"),
        UNSEEN("unseen, key id and secret", "%a%a%a_sk_%A8_%A32"),
        {"unseen, header", CLASS_UNSEEN, "%(%A32|%h40)",
                (const char *const[]){
                        "X-%wly-Key: %S", "\"x-%wly-token\":\"%S\"", "%w-Secret: %S", NULL},
                NULL},
        {"unseen, key name", CLASS_UNSEEN, "%(%A32|%h40|%b43=)",
                (const char *const[]){"%w_token=%S", "%w.secret: %S", "{\"%wApiKey\":\"%S\"}",
                        "--%w-password=%S", "%wSigningKey=%S", NULL},
                NULL},
};
const size_t redact_n_kinds = sizeof(redact_kinds) / sizeof(*redact_kinds);
