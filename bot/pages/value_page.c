/* value_page.c - one input or output as a file: /values/RUN?part=input|output&step=NAME, masked. */
#include <inttypes.h>
#include <string.h>

#include "pages/parts.h"
#include "pages/routes.h"
#include "store/runs.h"
#include "str.h"

/* Only what every file system and every header takes. */
static const char *file_name(struct arena *a, int64_t run, const char *step, const char *part)
{
	char *name = arena_printf(
	        a, "run-%" PRId64 "%s%.80s-%s.json", run, *step ? "-" : "", step, part);

	for (char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
		            *c))
			*c = '_';
	return name;
}

static const char *masked(const struct site *site, struct arena *a, const char *text)
{
	return site->mask ? site->mask(a, text) : text;
}

void value_page(void *ctx, const struct page_request *q, struct page_answer *out)
{
	const struct site *site = ctx;
	const char *step = str_or(page_param(q, "step"), "");
	bool input = str_eq(page_param(q, "part"), "input");
	const char *text = NULL;
	struct err e = {0};
	int64_t id;

	page_limit(site);
	if (str_int(q->rest, &id))
		text = run_text(site->store, q->a, id, step, input ? RUN_INPUT : RUN_OUTPUT, &e);
	else
		err_set(&e, ERR_NOT_FOUND, false, "there is no such run");
	out->content_type = "text/plain; charset=utf-8";
	if (!text) {
		out->status = e.code == ERR_NOT_FOUND ? 404 : 503;
		out->body = arena_printf(q->a, "%s\n", masked(site, q->a, e.msg));
		return;
	}
	out->content_type = "application/json";
	out->body = masked(site, q->a, text);
	out->download = file_name(q->a, id, step, input ? "input" : "output");
}
