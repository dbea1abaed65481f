/*
 * slack_respond.c - answers by response_url: no token, an address that is itself a secret.
 */
#include <string.h>

#include "clients/slack_private.h"
#include "str.h"

static json *respond_body(struct arena *a, const struct slack_answer *m)
{
	json *o = json_obj(a);
	if (m->delete_original) { /* stands alone */
		json_set_bool(o, "delete_original", true);
		return o;
	}
	json_set_str(o, "text", str_ellipsis(a, str_or(m->text, "Heal"), 3900));
	if (m->blocks && json_len(m->blocks) > 0)
		json_set(o, "blocks", m->blocks);
	json_set_str(o, "response_type", m->in_channel ? "in_channel" : "ephemeral");
	json_set_bool(o, "replace_original", m->replace_original);
	if (m->in_channel && m->thread_ts)
		json_set_str(o, "thread_ts", m->thread_ts);
	json_set_bool(o, "unfurl_links", false);
	json_set_bool(o, "unfurl_media", false);
	return o;
}

/* "ok", {"ok":true}, {"ok":false,"error":…} or a bare word such as expired_url. */
static bool judge(struct arena *a, const struct http_response *r, struct err *e)
{
	const json *j = json_parse(a, r->body, r->len, NULL);
	if (json_is_obj(j) && !json_bool(j, ".ok", true))
		return slack_refused("response_url", j, e);
	if (r->status >= 200 && r->status < 300)
		return true;
	if (r->status == 404 || r->status == 410 || str_eq(r->body, "expired_url") ||
	        str_eq(r->body, "used_url"))
		return err_set(e, ERR_INPUT, false,
		        "Slack takes no more answers to this command or click: they are possible five "
		        "times within 30 minutes");
	return http_status_err(r, "Slack response_url", e);
}

bool slack_respond(struct slack *s, struct arena *a, const char *response_url,
        const struct slack_answer *m, struct err *e)
{
	struct http_request rq = {
	        .method = "POST",
	        .url = response_url,
	        .body_json = respond_body(a, m),
	        .secret_path = true,
	};
	struct http_response r;
	if (!str_starts(response_url, "https://") && !str_starts(response_url, "http://"))
		return err_set(e, ERR_INPUT, false, "Slack gave no address for an answer");
	if (!http_do(s->http, a, &rq, &r, e))
		return err_wrap(e, "Slack response_url");
	return judge(a, &r, e);
}
