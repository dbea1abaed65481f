/*
 * Lines that belong together. A stack trace of Node, Python, Java, Go, Rust, Ruby, PHP or .NET and
 * the record above it become one event: its message, the exception, the last cause, and the frames
 * that are the application's own.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "digest/digest_i.h"

enum trace_mode {
	TRACE_NONE,
	TRACE_FRAMES,
	TRACE_PYTHON,      /* after "Traceback": the exception is still to come */
	TRACE_PYTHON_DONE, /* it came; "During handling ..." may follow */
	TRACE_GO,
	TRACE_RUST,
	TRACE_NODE, /* the source line that Node prints above an uncaught error */
};

static bool starts(struct slice s, const char *what)
{
	size_t k = strlen(what);

	return s.n >= k && !memcmp(s.p, what, k);
}

static bool has(struct slice s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

static struct slice stripped(struct slice s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	return s;
}

static void keep(char *out, size_t max, struct slice s)
{
	size_t n = s.n < max - 1 ? s.n : max - 1;

	memcpy(out, s.p, n);
	out[n] = '\0';
}

/* Code that is not the application's: runtimes, package folders, well-known frameworks. */
static bool is_foreign(struct slice s)
{
	static const char *const marks[] = {"node_modules/", "node:internal",
	        "(node:", "site-packages/", "dist-packages/", "/usr/lib/", "/usr/local/lib/",
	        "/usr/local/go/", "/rustc/", "/gems/", "/vendor/", "/.cargo/", "/go/pkg/mod/",
	        "(internal/", "<frozen ", "/runtime/panic.go", "<anonymous>)",
	        "<internal:", "(events.js", "java.base/"};
	static const char *const begins[] = {"java.", "javax.", "jdk.", "sun.", "jakarta.",
	        "kotlin.", "scala.", "org.springframework.", "org.apache.", "org.hibernate.",
	        "io.netty.", "io.undertow.", "reactor.", "com.zaxxer.", "org.postgresql.",
	        "System.", "Microsoft.",
	        "std::", "core::", "alloc::", "tokio::", "rust_begin_unwind", "__rust", "panic(",
	        "runtime.", "net/http.", "testing.", "com.mysql.", "com.fasterxml.",
	        "io.micrometer."};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (has(s, marks[i]))
			return true;
	}
	if (starts(s, "at "))
		s = (struct slice){s.p + 3, s.n - 3};
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		if (starts(s, begins[i]))
			return true;
	}
	return false;
}

static void add_frame(struct event *e, struct slice s)
{
	bool latest_last = e->mode == TRACE_PYTHON;

	e->nframes++;
	if (s.n > 300)
		s.n = 300;
	if (!*e->first_frame)
		keep(e->first_frame, sizeof(e->first_frame), s);
	if (is_foreign(s))
		return;
	if (*e->cause && !*e->cause_frame) {
		keep(e->cause_frame, sizeof(e->cause_frame), s);
		return;
	}
	if (e->nown == 2 && latest_last) {
		memmove(e->frame[0], e->frame[1], sizeof(e->frame[0]));
		e->nown--;
	}
	if (e->nown < (latest_last ? 2 : 3))
		keep(e->frame[e->nown++], sizeof(e->frame[0]), s);
}

/* `  File "/app/x.py", line 57, in handle` */
static bool is_python_frame(struct slice s)
{
	return starts(s, "File \"") && has(s, ", line ");
}

/* `from app/x.rb:3:in 'f'`, `#0 /app/x.php(3): f()`, `3: app::main`, `/app/x.go:118 +0x1f4` */
static bool is_other_frame(struct slice s)
{
	size_t d = 0;

	if (starts(s, "from ") && (has(s, ".rb:") || has(s, ":in ")))
		return true;
	if (*s.p == '#') {
		while (d + 1 < s.n && isdigit((unsigned char)s.p[d + 1]))
			d++;
		return d > 0 && d + 1 < s.n && s.p[d + 1] == ' ';
	}
	while (d < s.n && isdigit((unsigned char)s.p[d]))
		d++;
	if (d > 0 && d < 4 && d + 1 < s.n && s.p[d] == ':' && s.p[d + 1] == ' ')
		return true;
	return *s.p == '/' && has(s, ".go:");
}

static bool is_exception(struct slice s)
{
	static const char *const ends[] = {
	        "Exception", "Error", "Throwable", "Failure", "Interrupt", "Exit"};
	size_t n = 0;

	while (n < s.n && (isalnum((unsigned char)s.p[n]) || strchr("._$\\", s.p[n])))
		n++;
	if (n < 4 || (n < s.n && s.p[n] != ':') || !isalpha((unsigned char)*s.p))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t k = strlen(ends[i]);

		if (n >= k && !memcmp(s.p + n - k, ends[i], k))
			return true;
	}
	return false;
}

static void add_message(struct event *e, struct slice s)
{
	if (s.n > 500)
		s.n = 500;
	if (s.n == 0 || memmem(e->show_buf, e->show.n, s.p, s.n))
		return;
	text_adds(&e->group, " | ");
	text_add(&e->group, s.p, s.n);
	text_adds(&e->show, " | ");
	text_add(&e->show, s.p, s.n);
	if (e->level < LEVEL_ERROR && is_exception(s))
		e->level = LEVEL_ERROR;
}

/* A line inside a trace, indentation gone. False when it is none. */
static bool frame_line(struct event *e, struct slice s, bool indented)
{
	if (starts(s, "at ") && (indented || e->mode == TRACE_FRAMES)) {
		if (e->mode == TRACE_RUST) { /* the place of the frame above */
			if (!is_foreign(s))
				add_frame(e, s);
			return true;
		}
		if (e->mode == TRACE_NONE || e->mode == TRACE_NODE)
			e->mode = TRACE_FRAMES;
		add_frame(e, s);
		return true;
	}
	if (indented && is_python_frame(s)) {
		if (e->mode != TRACE_PYTHON)
			e->nown = 0;
		e->mode = TRACE_PYTHON;
		add_frame(e, s);
		return true;
	}
	if (indented && starts(s, "... ") && (has(s, " more") || has(s, " common frames"))) {
		e->nframes++;
		return true;
	}
	if (is_other_frame(s) && (indented || *s.p == '#' || e->mode == TRACE_GO)) {
		if (e->mode == TRACE_NONE)
			e->mode = TRACE_FRAMES;
		if (e->mode != TRACE_RUST)
			add_frame(e, s);
		return true;
	}
	return false;
}

static bool cause_line(struct event *e, struct slice s)
{
	if (!starts(s, "Caused by: ") && !starts(s, "---> ") && !starts(s, "[cause]: "))
		return false;
	keep(e->cause, sizeof(e->cause), s);
	*e->cause_frame = '\0';
	if (e->mode == TRACE_NONE)
		e->mode = TRACE_FRAMES;
	return true;
}

/* Lines that only occur inside traces, whatever the language. */
static bool marker_line(struct event *e, struct slice s)
{
	static const char *const marks[] = {"Stack trace:", "stack backtrace:", "note: run with",
	        "note: Some details", "During handling of the above", "The above exception was",
	        "goroutine ", "created by ", "exit status ", "[signal ",
	        "Suppressed: ", "--- End of ", "Node.js v", "thrown in ", "Backtrace:"};

	if (starts(s, "Traceback (most recent call last)")) {
		e->mode = TRACE_PYTHON;
		e->nown = 0;
		return true;
	}
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (!starts(s, marks[i]))
			continue;
		if ((i == 6 || i == 7 || i == 8) && e->mode == TRACE_NONE)
			return false;
		return true;
	}
	return false;
}

static bool headless(struct event *e, struct slice s, bool first)
{
	switch ((enum trace_mode)e->mode) {
	case TRACE_PYTHON:
		add_message(e, s);
		if (e->level < LEVEL_ERROR)
			e->level = LEVEL_ERROR;
		e->mode = TRACE_PYTHON_DONE;
		return true;
	case TRACE_GO: /* main.(*T).f(0xc000, 0x5), goroutine 5 [running]: */
		return s.p[s.n - 1] == ')' || s.p[s.n - 1] == ':';
	case TRACE_RUST:
		if (e->nlines == 1)
			add_message(e, s);
		return e->nlines == 1;
	case TRACE_NODE:
		add_message(e, s);
		if (is_exception(s) || e->nlines > 5)
			e->mode = TRACE_FRAMES;
		return true;
	case TRACE_FRAMES:
		return s.n == 1 && (*s.p == '}' || *s.p == ']');
	case TRACE_PYTHON_DONE:
	case TRACE_NONE:
		break;
	}
	if (first && is_exception(s) &&
	        (e->level >= LEVEL_WARN || (e->level == LEVEL_NONE && e->layout != 0))) {
		add_message(e, s);
		e->mode = TRACE_FRAMES;
		return true;
	}
	return false;
}

static void take_stack(struct event *e, struct slice stack)
{
	bool first = true;

	while (stack.n > 0) {
		const char *nl = memchr(stack.p, '\n', stack.n);
		struct slice one = {stack.p, nl ? (size_t)(nl - stack.p) : stack.n};
		struct slice s = stripped(one);

		stack.p += one.n + (nl != NULL);
		stack.n -= one.n + (nl != NULL);
		if (s.n == 0)
			continue;
		if (!cause_line(e, s) && !frame_line(e, s, s.p != one.p) && !marker_line(e, s) &&
		        (first || (s.p == one.p && e->mode == TRACE_PYTHON)))
			add_message(e, s);
		first = false;
	}
}

/* A path, a colon and a figure, nothing else. */
static bool is_place(struct slice s)
{
	size_t n = s.n;

	while (n > 0 && isdigit((unsigned char)s.p[n - 1]))
		n--;
	return n < s.n && n > 4 && s.p[n - 1] == ':' &&
	       (*s.p == '/' || starts(s, "file:") || starts(s, "node:")) && !memchr(s.p, ' ', s.n);
}

void event_start(struct event *e, const struct line *l)
{
	struct slice s = l->show;

	e->open = true;
	e->ts_ms = l->ts_ms;
	e->layout = l->layout;
	e->level = l->level;
	e->nlines = 1;
	e->nrows = 0;
	e->mode = TRACE_NONE;
	e->nframes = e->nown = e->folded = 0;
	*e->cause = *e->cause_frame = *e->first_frame = *e->last = '\0';
	e->group = (struct text){e->group_buf, 0, MAX_GROUP};
	e->show = (struct text){e->show_buf, 0, MAX_SHOW};
	text_add(&e->group, l->group.p, l->group.n);
	text_add(&e->show, s.p, s.n);
	if (l->stack.n > 0)
		take_stack(e, l->stack);
	if (s.n < 8)
		return;
	if (*s.p == 'p' || *s.p == 'f') {
		if (starts(s, "panic: ") || starts(s, "fatal error: "))
			e->mode = TRACE_GO;
		else if (is_place(s))
			e->mode = TRACE_NODE;
	} else if (*s.p == 't' && starts(s, "thread '") && has(s, "' panicked at")) {
		e->mode = TRACE_RUST;
		e->level = LEVEL_FATAL;
	} else if (*s.p == 'T' && starts(s, "Traceback (most recent")) {
		e->mode = TRACE_PYTHON;
	} else if ((*s.p == '/' || *s.p == 'n') && is_place(s)) {
		e->mode = TRACE_NODE;
	}
}

/* Another record of the same event, and lines that a message with newlines went on with. */
static void add_more(struct event *e, struct slice s)
{
	if (s.n > 300)
		s.n = 300;
	text_adds(&e->show, " | ");
	text_add(&e->show, s.p, s.n);
}

bool event_take(struct event *e, const struct line *l, bool loose)
{
	struct slice s = stripped(l->show);
	bool indented = s.p != l->show.p, taken;

	if (!e->open)
		return false;
	if (s.n == 0 && l->layout == 0) {
		e->nlines++;
		return true;
	}
	if (s.n == 0)
		return false;
	if (l->detail && e->layout != 0) {
		add_more(e, s);
		e->nlines++;
		return true;
	}
	if (l->layout != 0 && !indented)
		return false;
	taken = cause_line(e, s) || frame_line(e, s, indented) || marker_line(e, s);
	if (!taken && indented && l->layout == 0 && loose) {
		if (e->show.n == 0) { /* the header stood alone: .NET's console */
			text_add(&e->group, s.p, s.n);
			text_add(&e->show, s.p, s.n);
		} else if (e->mode == TRACE_NONE && e->nlines < 6) {
			add_more(e, s);
		}
		taken = true;
	}
	if (!taken && !indented && l->layout == 0)
		taken = headless(e, s, e->nlines == 1);
	e->nlines += taken;
	return taken;
}

static void at_frame(struct text *t, const char *frame)
{
	text_adds(t, !strncmp(frame, "at ", 3) ? " | " : " | at ");
	text_adds(t, frame);
}

void event_finish(struct event *e)
{
	char left[48];
	size_t shown = e->nown;

	if (*e->cause) {
		text_adds(&e->group, " | ");
		text_adds(&e->group, e->cause);
		text_adds(&e->show, " | ");
		text_adds(&e->show, e->cause);
		if (*e->cause_frame)
			at_frame(&e->show, e->cause_frame);
		if (e->level < LEVEL_ERROR && e->level != LEVEL_WARN)
			e->level = LEVEL_ERROR;
	}
	if (e->nframes == 0)
		return;
	if (e->nown == 0) {
		keep(e->frame[0], sizeof(e->frame[0]),
		        (struct slice){e->first_frame, strlen(e->first_frame)});
		shown = 1;
	}
	text_adds(&e->group, " | ");
	text_adds(&e->group, e->frame[0]);
	for (size_t i = 0; i < shown; i++)
		at_frame(&e->show, e->frame[i]);
	if (e->nframes > shown) {
		snprintf(left, sizeof(left), " (+%zu frames)", e->nframes - shown);
		text_adds(&e->show, left);
	}
}
