/* http_error.c - what went wrong, in words, and the small readers of an answer. See http.h. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net/http_private.h"
#include "str.h"

#define MAX_RETRY_AFTER_MS ((int64_t)24 * 3600 * 1000)

bool http_was_written(const struct transfer *t)
{
	long head = 0;
	curl_off_t begun = 0;

	curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &head);
	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
	return begun > 0 && head > 0 && t->body_sent == t->body_len;
}

static bool no_connection(struct transfer *t, CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_PROXY:
		return err_set(&t->e, ERR_NET, true,
		        "the proxy's name cannot be resolved; check https_proxy");
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(&t->e, ERR_NET, true, "the name %s cannot be resolved", t->host);
	case CURLE_COULDNT_CONNECT:
		return err_set(&t->e, ERR_NET, true,
		        "%s cannot be reached: connection refused or no route", t->host);
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(&t->e, ERR_CONFIG, false,
		        "the certificate of %s is not trusted (%s); for an own CA set SSL_CERT_FILE",
		        t->host, t->errbuf);
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(&t->e, ERR_CONFIG, false,
		        "the CA certificates cannot be read; check SSL_CERT_FILE or install ca-certificates");
	case CURLE_UNSUPPORTED_PROTOCOL:
		if (http_was_written(t))
			return true; /* "HTTP/0.9" */
		                     /* fall through */
	case CURLE_URL_MALFORMAT:
		return err_set(&t->e, ERR_CONFIG, false,
		        "the address of %s is not an http or https URL", t->host);
	default:
		return true;
	}
}

static const char *how_it_broke(CURLcode rc)
{
	switch (rc) {
	case CURLE_SSL_CONNECT_ERROR:
		return "refused the TLS handshake";
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_FAIL_REWIND:
		return "closed the connection without an answer";
	case CURLE_PARTIAL_FILE:
		return "closed the connection in the middle of the answer";
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return "reset the connection";
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_HTTP2:
		return "did not answer in HTTP";
	case CURLE_BAD_CONTENT_ENCODING:
		return "sent an answer that cannot be unpacked";
	default:
		return NULL;
	}
}

void http_describe(struct transfer *t, CURLcode rc)
{
	const char *how = how_it_broke(rc);

	if (t->why.code != ERR_NONE) {
		t->e = t->why;
	} else if (rc == CURLE_ABORTED_BY_CALLBACK && !t->silent) {
		err_set(&t->e, ERR_CANCELED, true,
		        "the request to %s was given up: the bot is stopping", t->host);
	} else if (rc == CURLE_OPERATION_TIMEDOUT || t->silent) {
		err_set(&t->e, ERR_TIMEOUT, true, "%s did not answer within %lld ms", t->host,
		        (long long)(clock_mono_ms() - t->start_ms));
		if (t->silent)
			err_set(&t->e, ERR_TIMEOUT, true, "%s has been silent for %lld ms", t->host,
			        (long long)(clock_mono_ms() - t->heard_ms));
	} else if (t->too_large) {
		err_set(&t->e, ERR_PROTO, false, "the answer of %s is larger than %zu KiB", t->host,
		        t->max_bytes >> 10);
	} else if (no_connection(t, rc)) {
		bool proto = rc == CURLE_WEIRD_SERVER_REPLY || rc == CURLE_UNSUPPORTED_PROTOCOL ||
		             rc == CURLE_BAD_CONTENT_ENCODING;

		err_set(&t->e, proto ? ERR_PROTO : ERR_NET, true, "%s %s", t->host,
		        how            ? how
		        : t->errbuf[0] ? t->errbuf
		                       : curl_easy_strerror(rc));
	}
	t->e.ambiguous = http_was_written(t);
}

int64_t http_retry_after_ms(const char *value, int64_t now_ms)
{
	char *end;
	double seconds;
	time_t when;
	int64_t ms;

	if (!value || !*value)
		return -1;
	errno = 0;
	seconds = strtod(value, &end);
	if (isdigit((unsigned char)value[0]) && !*end && errno == 0) {
		return seconds * 1000 >= (double)MAX_RETRY_AFTER_MS ? MAX_RETRY_AFTER_MS
		                                                    : (int64_t)(seconds * 1000);
	}
	when = curl_getdate(value, NULL);
	if (when == (time_t)-1)
		return -1;
	ms = (int64_t)when * 1000 - now_ms;
	return ms < 0 ? 0 : ms > MAX_RETRY_AFTER_MS ? MAX_RETRY_AFTER_MS : ms;
}

const char *http_header(const struct http_response *r, const char *name)
{
	for (const struct http_header *h = r->headers; h && h->name; h++)
		if (str_ieq(h->name, name))
			return h->value;
	return NULL;
}

static bool limited(const struct http_response *r, const char *who, struct err *e)
{
	err_set(e, ERR_LIMITED, true, "%s asks to slow down (429)", who);
	if (e && r->retry_after_ms > 0)
		e->retry_ms = (uint32_t)r->retry_after_ms;
	return false;
}

static bool failing(const struct http_response *r, const char *who, struct err *e)
{
	err_set(e, ERR_STATUS, true, "%s answered %d", who, r->status);
	if (e && r->retry_after_ms > 0)
		e->retry_ms = (uint32_t)r->retry_after_ms;
	if (e)
		e->ambiguous = r->status != 425;
	return false;
}

bool http_status_err(const struct http_response *r, const char *who, struct err *e)
{
	switch (r->status) {
	case 401:
		return err_set(e, ERR_AUTH, false, "%s refuses our token (401); check it", who);
	case 403:
		return err_set(
		        e, ERR_FORBIDDEN, false, "%s forbids this with our token (403)", who);
	case 404:
		return err_set(e, ERR_NOT_FOUND, false, "%s does not know it (404)", who);
	case 409:
		return err_set(e, ERR_CONFLICT, false, "%s reports a conflict (409)", who);
	case 429:
		return limited(r, who, e);
	default:
		break;
	}
	if (r->status == 408 || r->status == 425 || r->status >= 500)
		return failing(r, who, e);
	if (r->status >= 300 && r->status < 400)
		return err_set(e, ERR_STATUS, false,
		        "%s redirects elsewhere (%d), which is not followed; check its address",
		        who, r->status);
	return err_set(e, ERR_STATUS, false, "%s answered %d", who, r->status);
}
