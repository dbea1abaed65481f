/*
 * json_print.c - trees to text and to a hash (declared in json.h).
 *
 * Own code instead of cJSON_Print: it writes into the arena, and the sorted form for the hash needs
 * it anyway. It reads the tree by cJSON's public fields only.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "str.h"

struct style {
	bool pretty;
	bool sorted;
};

static void quote(struct str *b, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	const char *from = s;

	str_addc(b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		const char *short_form = strchr("\"\"\\\\\bb\ff\nn\rr\tt", c);

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		str_addn(b, from, (size_t)(s - from));
		from = s + 1;
		if (c == '"' || c == '\\')
			str_addn(b, (const char[]){'\\', *s}, 2);
		else if (short_form)
			str_addn(b, (const char[]){'\\', short_form[1]}, 2);
		else
			str_addn(b, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]},
			        6);
	}
	str_addn(b, from, (size_t)(s - from));
	str_addc(b, '"');
}

/* Whole numbers as such, others in the shortest of 15 or 17 digits that reads back the same. */
static void number(struct str *b, double d)
{
	char text[40];

	if (!isfinite(d)) {
		str_add(b, "null");
		return;
	}
	if (d == trunc(d) && fabs(d) < 1e18) {
		str_addf(b, "%lld", (long long)d);
		return;
	}
	snprintf(text, sizeof(text), "%.15g", d);
	if (strtod(text, NULL) != d)
		snprintf(text, sizeof(text), "%.17g", d);
	str_add(b, text);
}

static void newline(struct str *b, struct style st, int depth)
{
	if (!st.pretty)
		return;
	str_addc(b, '\n');
	for (int i = 0; i < depth; i++)
		str_add(b, "  ");
}

struct slot {
	const json *item;
	size_t at; /* keeps the sort stable */
};

static int by_key(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	int c = strcmp(x->item->string, y->item->string);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static void value(struct str *b, const json *j, struct style st, int depth);

static void container(struct str *b, const json *j, struct style st, int depth)
{
	bool obj = cJSON_IsObject(j);
	size_t n = json_len(j), i = 0;
	struct slot *slots = ARENA_ARRAY(b->a, n, struct slot);

	for (const json *it = j->child; it; it = it->next, i++)
		slots[i] = (struct slot){it, i};
	if (obj && st.sorted && n > 1)
		qsort(slots, n, sizeof(*slots), by_key);
	str_addc(b, obj ? '{' : '[');
	for (i = 0; i < n; i++) {
		if (i)
			str_addc(b, ',');
		newline(b, st, depth + 1);
		if (obj) {
			quote(b, slots[i].item->string);
			str_add(b, st.pretty ? ": " : ":");
		}
		value(b, slots[i].item, st, depth + 1);
	}
	if (n)
		newline(b, st, depth);
	str_addc(b, obj ? '}' : ']');
}

static void value(struct str *b, const json *j, struct style st, int depth)
{
	if (cJSON_IsObject(j) || cJSON_IsArray(j))
		container(b, j, st, depth);
	else if (cJSON_IsString(j))
		quote(b, j->valuestring);
	else if (cJSON_IsNumber(j))
		number(b, j->valuedouble);
	else if (cJSON_IsBool(j))
		str_add(b, cJSON_IsTrue(j) ? "true" : "false");
	else
		str_add(b, "null");
}

char *json_print(struct arena *a, const json *j)
{
	struct str b = str_new(a);

	value(&b, j, (struct style){0}, 0);
	return b.s;
}

char *json_print_pretty(struct arena *a, const json *j)
{
	struct str b = str_new(a);

	value(&b, j, (struct style){.pretty = true}, 0);
	return b.s;
}

uint64_t json_hash(struct arena *a, const json *j)
{
	struct str b = str_new(a);

	value(&b, j, (struct style){.sorted = true}, 0);
	return str_hash(b.s, b.len);
}
