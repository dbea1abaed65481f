/*
 * railway_filter.c - Railway's filter of log lines: words, "phrases", @key:value, numbers with
 * ranges and comparisons, - for not, AND (or a blank), OR.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "railway_i.h"

static double number(const char *s)
{
	return strtod(s, NULL);
}

static bool in_range(const char *want, double v)
{
	const char *dots = strstr(want, "..");

	if (dots)
		return v >= number(want) && v <= number(dots + 2);
	if (want[0] == '>')
		return want[1] == '=' ? v >= number(want + 2) : v > number(want + 1);
	if (want[0] == '<')
		return want[1] == '=' ? v <= number(want + 2) : v < number(want + 1);
	return v == number(want);
}

static bool term(const char *t, const char *message, const json *keys)
{
	const char *colon = strchr(t, ':');
	char key[40];
	const char *text;

	if (t[0] == '-')
		return !term(t + 1, message, keys);
	if (t[0] != '@' || !colon)
		return strcasestr(message, t) != NULL;
	snprintf(key, sizeof(key), ".%.*s", (int)(colon - t - 1 < 30 ? colon - t - 1 : 30), t + 1);
	for (const char *p = key + 1; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
	text = json_str(keys, key, NULL);
	if (text)
		return strcasecmp(text, colon + 1) == 0;
	return json_has(keys, key) && in_range(colon + 1, json_num(keys, key, NAN));
}

/* The next term into buf; NULL at the end. */
static const char *next_term(const char *p, char *buf, size_t max)
{
	size_t n = 0;
	bool quoted = false;

	while (*p == ' ' || *p == '(' || *p == ')')
		p++;
	if (!*p)
		return NULL;
	for (; *p && (quoted || (*p != ' ' && *p != ')')); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (n + 1 < max)
			buf[n++] = *p;
	}
	buf[n] = '\0';
	return p;
}

bool rl_match(const char *filter, const char *message, const json *keys)
{
	bool group = true, any = false;
	char buf[200];

	if (!filter)
		return true;
	for (const char *p = filter; (p = next_term(p, buf, sizeof(buf)));) {
		if (strcmp(buf, "OR") == 0) {
			any = any || group;
			group = true;
		} else if (strcmp(buf, "AND") != 0 && !term(buf, message, keys)) {
			group = false;
		}
	}
	return any || group;
}
