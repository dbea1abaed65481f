/*
 * slack_files.c - an upload: ask for an address, send the bytes there, say where the file belongs.
 */
#include <string.h>

#include "clients/slack_private.h"
#include "str.h"

static const json *ask_address(
        struct slack *s, struct arena *a, const struct slack_file *f, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, "filename", f->name);
	json_set_int(o, "length", (int64_t)f->len);
	if (f->alt)
		json_set_str(o, "alt_txt", str_ellipsis(a, f->alt, 1000));
	const json *j = slack_call(s, a, "files.getUploadURLExternal", o, NULL, e);
	if (j && (!json_has(j, ".upload_url") || !json_has(j, ".file_id"))) {
		err_set(e, ERR_PROTO, true,
		        "Slack files.getUploadURLExternal answered without an address");
		return NULL;
	}
	return j;
}

static bool send_bytes(struct slack *s, struct arena *a, const char *url,
        const struct slack_file *f, struct err *e)
{
	static const struct http_header headers[] = {
	        {"Content-Type", "application/octet-stream"}, {NULL, NULL}};
	struct http_request rq = {
	        .method = "POST",
	        .url = url,
	        .headers = headers,
	        .body_raw = f->bytes,
	        .body_raw_len = f->len,
	        .secret_path = true,
	};
	struct http_response r;
	if (!http_do(s->http, a, &rq, &r, e)) {
		if (e)
			e->ambiguous = false; /* a file nobody was told of does not exist */
		return err_wrap(e, "Slack upload");
	}
	if (r.status == 200)
		return true;
	http_status_err(&r, "Slack upload", e);
	if (e)
		e->ambiguous = false;
	return false;
}

/* Text passes the gate; what has a NUL in it (an image, an archive) is none. */
static bool safe_file(
        struct arena *a, const struct slack_file *f, struct slack_file *out, struct err *e)
{
	json *one = json_obj(a);

	*out = *f;
	if (f->len == 0 || memchr(f->bytes, '\0', f->len))
		return true;
	json_set_str(one, "text", arena_strndup(a, f->bytes, f->len));
	if (!http_gate(a, one, "slack"))
		return err_set(e, ERR_CONFIG, false,
		        "nothing may leave: the redaction gate is not installed");
	out->bytes = json_str(one, ".text", "");
	out->len = strlen(out->bytes);
	return true;
}

bool slack_upload(struct slack *s, struct arena *a, const struct slack_file *given, const char **id,
        struct err *e)
{
	struct slack_file safe, *f = &safe;

	if (!safe_file(a, given, &safe, e))
		return false;
	const json *address = ask_address(s, a, f, e);
	if (!address || !send_bytes(s, a, json_str(address, ".upload_url", ""), f, e))
		return false;
	*id = json_str(address, ".file_id", "");
	json *o = json_obj(a);
	json *file = json_add_obj(json_set_arr(o, "files"));
	json_set_str(file, "id", *id);
	json_set_str(file, "title", str_or(f->title, f->name));
	if (f->channel)
		json_set_str(o, "channel_id", f->channel);
	if (f->channel && f->thread_ts)
		json_set_str(o, "thread_ts", f->thread_ts);
	if (f->comment)
		json_set_str(o, "initial_comment", f->comment);
	return slack_call(s, a, "files.completeUploadExternal", o, NULL, e);
}
