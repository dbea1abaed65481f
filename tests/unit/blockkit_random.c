/*
 * blockkit_random.c - see blockkit_random.h. Every call of blocks.h is in reach of some byte; texts
 * are pieces of the input, repeated up to some ten thousand bytes.
 */
#include <string.h>

#include "blocks.h"
#include "unit/blockkit.h"
#include "unit/blockkit_random.h"

#define MAX_MADE 40000

struct input_bytes {
	struct arena *a;
	const uint8_t *p;
	size_t n;
	size_t *made; /* bytes of text so far, so that no input takes long */
};

static uint8_t byte(struct input_bytes *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

/* A foreign text: any bytes but NUL. */
static char *foreign(struct input_bytes *in)
{
	size_t want = byte(in), times = byte(in), n = want < in->n ? want : in->n;
	char *piece = arena_strndup(in->a, (const char *)in->p, n);
	in->p += n;
	in->n -= n;
	struct str b = str_new(in->a);
	for (size_t i = 0; i <= (times > 200 ? times * 4 : times / 64) && b.len < 9000; i++)
		str_add(&b, *in->made < MAX_MADE ? piece : "");
	*in->made += b.len;
	return b.s;
}

/* mrkdwn as a careful caller makes it. */
static char *marked(struct input_bytes *in)
{
	struct str b = str_new(in->a);
	switch (byte(in) % 6) {
	case 0:
		mrk_add(&b, "*%s* %d %% of %.2f %5s", foreign(in), byte(in), byte(in) / 7.0, "x");
		break;
	case 1:
		mrk_text(&b, foreign(in));
		break;
	case 2:
		mrk_code(&b, foreign(in));
		break;
	case 3:
		mrk_link(&b, foreign(in), foreign(in));
		mrk_link(&b, arena_printf(in->a, "https://%s", foreign(in)), foreign(in));
		break;
	case 4:
		mrk_date(&b, (int64_t)byte(in) << 32, "{time}");
		mrk_user(&b, foreign(in));
		break;
	default:
		for (int i = byte(in) % 40; i >= 0; i--)
			mrk_add(&b, "%s <https://example.com/%d|&lt;%s&gt;>\n", foreign(in), i,
			        "y");
	}
	return b.s;
}

static enum keep any_keep(struct input_bytes *in)
{
	return (enum keep)(byte(in) % 4);
}

static struct option *any_options(struct input_bytes *in, size_t *n)
{
	*n = byte(in) % 8 ? byte(in) % 12 : byte(in);
	struct option *o = ARENA_ARRAY(in->a, *n + 1, struct option);
	for (size_t i = 0; i < *n; i++) {
		o[i].text = foreign(in);
		o[i].value = byte(in) % 3 ? arena_printf(in->a, "v%zu", i) : foreign(in);
		o[i].description = byte(in) % 2 ? foreign(in) : NULL;
		o[i].url = byte(in) % 2 ? "https://example.com/" : foreign(in);
		o[i].selected = byte(in) % 2;
	}
	return o;
}

static struct button any_button(struct input_bytes *in)
{
	struct confirm *c = ARENA_NEW(in->a, struct confirm);
	*c = (struct confirm){foreign(in), foreign(in), foreign(in), NULL, true};
	return (struct button){.action = byte(in) % 2 ? "press" : foreign(in),
	        .text = foreign(in),
	        .value = byte(in) % 2 ? foreign(in) : NULL,
	        .url = byte(in) % 2 ? foreign(in) : NULL,
	        .style = (enum style)(byte(in) % 3),
	        .confirm = byte(in) % 2 ? c : NULL};
}

static void add_list(struct input_bytes *in, struct message *m)
{
	size_t n = byte(in) * (byte(in) % 4 + 1u);
	const char **items = ARENA_ARRAY(in->a, n + 1, const char *);
	for (size_t i = 0; i < n; i++)
		items[i] = i < 8 ? marked(in) : "again";
	if (byte(in) % 2)
		message_list(m, any_keep(in), marked(in), byte(in) % 2, items, n);
	else
		message_fields(m, any_keep(in), items, n);
}

static void add_pressable(struct input_bytes *in, struct message *m)
{
	size_t n;
	struct option *o = any_options(in, &n);
	switch (byte(in) % 5) {
	case 0:
		message_row(m, any_keep(in));
		break;
	case 1:
		message_select(m, "choose", foreign(in), o, n);
		break;
	case 2:
		message_overflow(m, "more", o, n);
		break;
	case 3:
		message_section_button(m, any_keep(in), marked(in), &(struct button){0});
		break;
	default:
		for (int i = byte(in) % 40; i >= 0; i--) {
			struct button b = any_button(in);
			message_button(m, &b);
		}
	}
}

static void add_field(struct input_bytes *in, struct message *m)
{
	size_t n;
	struct option *o = any_options(in, &n);
	struct input field = {.id = byte(in) % 2 ? "same" : arena_printf(in->a, "id%zu", in->n),
	        .label = foreign(in),
	        .hint = foreign(in),
	        .initial = foreign(in),
	        .placeholder = foreign(in),
	        .optional = byte(in) % 2,
	        .multiline = byte(in) % 2,
	        .max = byte(in) * 20};
	if (byte(in) % 3 == 0)
		message_input(m, &field);
	else if (byte(in) % 2)
		message_checks(m, field.id, field.label, o, n);
	else
		message_choice(m, field.id, field.label, o, n);
}

static void add_part(struct input_bytes *in, struct message *m, bool view)
{
	switch (byte(in) % 12) {
	case 0:
		message_header(m, foreign(in));
		return;
	case 1:
		message_section(m, any_keep(in), marked(in));
		return;
	case 2:
		message_context(m, any_keep(in), marked(in));
		return;
	case 3:
		message_divider(m);
		return;
	case 4:
		message_code(m, any_keep(in), foreign(in));
		return;
	case 5:
		message_pre(m, any_keep(in), foreign(in));
		return;
	case 6:
		message_image(
		        m, any_keep(in), byte(in) % 2 ? "F0123ABC" : foreign(in), foreign(in));
		return;
	case 7:
		message_markdown(m, any_keep(in), foreign(in), NULL, byte(in) * 30u);
		return;
	case 8:
	case 9:
		add_list(in, m);
		return;
	case 10:
		if (view)
			add_field(in, m);
		else
			add_pressable(in, m);
		return;
	default:
		add_pressable(in, m);
	}
}

const char *blockkit_random(struct arena *a, const uint8_t *p, size_t n)
{
	size_t made = 0;
	struct input_bytes in = {a, p, n, &made};
	int kind = byte(&in) % 4, copies = byte(&in) % 8 == 0 ? byte(&in) % 70 + 1 : 1;
	struct modal v = {.callback = foreign(&in), .title = foreign(&in), .submit = foreign(&in)};
	struct message *m = kind == 0   ? message_modal(a, &v)
	                    : kind == 1 ? message_home(a)
	                                : message_new(a, foreign(&in));
	while (in.n > 0) {
		struct input_bytes again = in;
		for (int i = 0; i < copies; i++) {
			in = again;
			add_part(&in, m, kind < 2);
		}
	}
	return blockkit_check(a, message_json(m), kind < 2 ? BLOCKKIT_VIEW : BLOCKKIT_MESSAGE);
}
