/* settings.c - names and values from the command line and from POST /_control/set. */
#include <stdlib.h>
#include <string.h>

#include "sandbox_i.h"

struct setting {
	struct setting *next;
	char *name, *value;
	bool sealed;
};

struct settings {
	struct setting *first;
};

struct settings *settings_new(void)
{
	struct settings *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	return s;
}

static void drop(struct settings *s, bool sealed_too)
{
	for (struct setting **p = &s->first; *p;) {
		struct setting *x = *p;
		if (x->sealed && !sealed_too) {
			p = &x->next;
			continue;
		}
		*p = x->next;
		free(x->name);
		free(x->value);
		free(x);
	}
}

void settings_free(struct settings *s)
{
	drop(s, true);
	free(s);
}

void settings_clear(struct settings *s)
{
	drop(s, false);
}

void settings_seal(struct settings *s)
{
	for (struct setting *x = s->first; x; x = x->next)
		x->sealed = true;
}

/* The newest stands first, so that a value from the command line comes back after a reset. */
void settings_put(struct settings *s, const char *name, const char *value)
{
	struct setting *x = calloc(1, sizeof *x);
	if (!x || !(x->name = strdup(name)) || !(x->value = strdup(value)))
		abort();
	x->next = s->first;
	s->first = x;
}

const char *sb_setting(struct sb *sb, const char *name)
{
	for (struct setting *x = sb->settings->first; x; x = x->next)
		if (strcmp(x->name, name) == 0)
			return x->value;
	return NULL;
}
