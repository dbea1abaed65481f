/* slack_file.c - the three steps of an upload, and the file itself. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "slack_i.h"

static struct file *file_find(struct slack *s, const char *id)
{
	for (struct file *f = s->files; f; f = f->next)
		if (str_eq(f->id, id))
			return f;
	return NULL;
}

static char *dup(const char *s)
{
	char *p = strdup(s ? s : "");
	if (!p)
		abort();
	return p;
}

void files_free(struct slack *s)
{
	while (s->files) {
		struct file *f = s->files;
		s->files = f->next;
		free(f->name);
		free(f->bytes);
		free(f->title);
		free(f->alt);
		free(f);
	}
}

static const char *get_url(struct call *c)
{
	const char *name = arg_str(c, "filename"), *alt = arg_str(c, "alt_txt");
	int64_t length = arg_int(c, "length", -1);
	if (!name || !*name)
		return missing(c, "filename");
	if (length <= 0)
		return missing(c, "length");
	if (alt && blockkit_units(alt) > 1000)
		return "alt_txt_too_large";
	struct file *f = calloc(1, sizeof *f);
	if (!f)
		abort();
	snprintf(f->id, sizeof f->id, "%s", slack_id(c->s, c->a, 'F'));
	f->name = dup(name);
	f->alt = dup(alt);
	f->title = dup(name);
	f->want = (size_t)length;
	f->next = c->s->files;
	c->s->files = f;
	json_set_str(c->out, "upload_url",
	        arena_printf(c->a, "%s/slack/upload/v1/%s", sb_url(c->s->sb), f->id));
	json_set_str(c->out, "file_id", f->id);
	return NULL;
}

/* The first part of a multipart body, or the body itself. */
static const char *upload_bytes(const struct sb_request *rq, size_t *n)
{
	const char *type = sb_header(rq, "Content-Type");
	const char *b = type ? strcasestr(type, "boundary=") : NULL;
	*n = rq->len;
	if (!b)
		return rq->body;
	b += 9;
	const char *mark = arena_printf(rq->a, "\r\n--%.*s", (int)strcspn(b, ";"), b);
	const char *start = memmem(rq->body, rq->len, "\r\n\r\n", 4);
	if (!start)
		return rq->body;
	start += 4;
	size_t left = rq->len - (size_t)(start - rq->body);
	const char *end = memmem(start, left, mark, strlen(mark));
	*n = end ? (size_t)(end - start) : left;
	return start;
}

/* POST of the bytes: no token, the address is the secret. */
void file_receive(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	struct file *f = file_find(s, sb_part(rq, 2));
	size_t n = 0;
	if (!f || f->uploaded) {
		sb_sendf(rs, 404, "text/plain", "no such upload");
		return;
	}
	const char *bytes = upload_bytes(rq, &n);
	if (n != f->want) {
		slack_violation(s, "upload of %zu bytes where %zu were announced", n, f->want);
		sb_sendf(rs, 400, "text/plain", "length mismatch");
		return;
	}
	f->bytes = malloc(n);
	if (!f->bytes)
		abort();
	memcpy(f->bytes, bytes, n);
	f->len = n;
	f->uploaded = true;
	sb_sendf(rs, 200, "text/plain", "OK - %zu", n);
}

static const char *type_of(const char *name)
{
	static const char *const types[][2] = {{".png", "image/png"}, {".jpg", "image/jpeg"},
	        {".jpeg", "image/jpeg"}, {".gif", "image/gif"}, {".json", "application/json"}};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_ends(name, types[i][0]))
			return types[i][1];
	return "text/plain; charset=utf-8";
}

/* GET /slack/files/F…; the page asks by /_control/slack/file/F… and needs no token. */
void file_serve(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	struct file *f = file_find(s, sb_part(rq, 1));
	bool page = str_eq(sb_part(rq, 0), "file");
	if (!page && !str_eq(sb_bearer(rq), s->cfg.bot_token))
		sb_sendf(rs, 302, "text/html", "sign in");
	else if (!f || !f->done)
		sb_sendf(rs, 404, "text/plain", "no such file");
	else
		sb_send(rs, 200, type_of(f->name), f->bytes, f->len);
}

static json *file_json(struct call *c, const struct file *f)
{
	json *o = json_obj(c->a);
	json_set_str(o, "id", f->id);
	json_set_str(o, "name", f->name);
	json_set_str(o, "title", f->title);
	json_set_str(o, "mimetype", type_of(f->name));
	json_set_int(o, "size", (int64_t)f->len);
	if (*f->alt)
		json_set_str(o, "alt_txt", f->alt);
	json_set_str(o, "url_private",
	        arena_printf(c->a, "%s/slack/files/%s/%s", sb_url(c->s->sb), f->id, f->name));
	return o;
}

static const char *share(struct call *c, const json *files)
{
	const char *id = arg_str(c, "channel_id"), *thread = arg_str(c, "thread_ts");
	if (!id)
		return NULL; /* stays private to the bot */
	struct channel *ch = model_channel(c->s, id);
	if (!ch || (ch->is_private && !ch->member))
		return "channel_not_found";
	if (!ch->member)
		return "not_in_channel";
	json *body = json_obj(c->a);
	json_set_str(body, "text", str_or(arg_str(c, "initial_comment"), ""));
	json_set(body, "files", files);
	json_set_str(body, "subtype", "file_share");
	struct msg *root = thread ? model_msg(ch, thread) : NULL;
	struct msg *m = model_post(c->s, &(struct new_msg){.channel = ch,
	                                         .user = SLACK_BOT,
	                                         .thread_ts = root ? thread : NULL,
	                                         .body = body,
	                                         .ours = true});
	slack_effect(c->s, "file", "channel", ch->id, "ts", m->ts, "thread_ts", m->thread_ts,
	        "name", json_str(files, "[0].name", ""), NULL);
	return NULL;
}

static const char *complete(struct call *c)
{
	const json *asked = arg_json(c, "files");
	if (!json_is_arr(asked) || !json_len(asked))
		return missing(c, "files");
	json_each (it, asked) {
		struct file *f = file_find(c->s, json_str(it, ".id", NULL));
		if (!f || !f->uploaded || f->done) /* the second time as well */
			return "file_not_found";
	}
	json *files = json_arr(c->a);
	json_each (it, asked) {
		struct file *f = file_find(c->s, json_str(it, ".id", NULL));
		const char *title = json_str(it, ".title", NULL);
		if (f && title) {
			free(f->title);
			f->title = dup(title);
		}
		if (f)
			json_add(files, file_json(c, f));
	}
	const char *error = share(c, files);
	if (error)
		return error;
	json_each (it, asked) {
		struct file *f = file_find(c->s, json_str(it, ".id", NULL));
		if (f)
			f->done = true;
	}
	json_set(c->out, "files", files);
	return NULL;
}

static const char *info(struct call *c)
{
	const char *id = arg_str(c, "file");
	struct file *f = file_find(c->s, id);
	if (!f || !f->done)
		return id ? "file_not_found" : missing(c, "file");
	json_set(c->out, "file", file_json(c, f));
	return NULL;
}

const struct method slack_file_methods[] = {
        {"files.getUploadURLExternal", "files:write", TOKEN_BOT, 4, BODY_FORM_ONLY, get_url},
        {"files.completeUploadExternal", "files:write", TOKEN_BOT, 4, BODY_JSON, complete},
        {"files.info", "files:read", TOKEN_BOT, 4, BODY_FORM_ONLY, info},
        {0},
};
