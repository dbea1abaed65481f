/*
 * llm_prices.c - a first guess at money. Prices move monthly: [llm] price_in, price_out and
 * price_cached win, and a model that is not here shows tokens instead of dollars.
 *
 * List prices of the vendors for requests below their long-context tier, $ per million tokens.
 */
#include <string.h>

#include "clients/llm_i.h"
#include "str.h"

static const char table_date[] = "2026-09-23";

/* The longest beginning wins, so "gpt-5.4-mini" is not taken for "gpt-5.4". */
static const struct {
	const char *model;
	struct llm_price price; /* in, out, cached, cache write */
} table[] = {
        {"claude-fable-5", {10, 50, 1, 12.5}},
        {"claude-haiku-4-5", {1, 5, 0.1, 1.25}},
        {"claude-opus-4-8", {5, 25, 0.5, 6.25}},
        {"claude-opus-5", {5, 25, 0.5, 6.25}},
        {"claude-opus-5-5", {4, 20, 0.2, 5}},
        {"claude-sonnet-4-6", {3, 15, 0.3, 3.75}},
        {"claude-sonnet-5", {2, 10, 0.2, 2.5}},
        {"gemini-3.8-flash", {0.75, 3.75, 0.075, 0.75}},
        {"gpt-4.1", {2, 8, 0.5, 2}},
        {"gpt-4o", {2.5, 10, 1.25, 2.5}},
        {"gpt-4o-mini", {0.15, 0.6, 0.075, 0.15}},
        {"gpt-5.4", {2.5, 15, 0.25, 2.5}},
        {"gpt-5.4-mini", {0.75, 4.5, 0.075, 0.75}},
        {"gpt-5.5", {5, 30, 0.5, 5}},
        {"gpt-6-astra", {10, 50, 1, 12.5}},
        {"gpt-6-luna", {0.1, 0.5, 0.01, 0.125}},
        {"gpt-6-sol", {2, 10, 0.2, 2.5}},
        {"mistral-medium-3-5", {1.5, 7.5, 0.15, 1.5}},
};

const char *llm_price_date(void)
{
	return table_date;
}

/* What may follow a known name: nothing, or the date of a snapshot ("-2026-03-05", "-20260305",
 * "@20260305", "-latest"). "-pro" is another model with another price. */
static bool is_snapshot(const char *rest)
{
	if (!*rest || str_eq(rest, "-latest"))
		return true;
	if (*rest != '-' && *rest != '@')
		return false;
	rest++;
	if (strspn(rest, "0123456789") == 8)
		return rest[8] == '\0';
	return strlen(rest) == 10 && rest[4] == '-' && rest[7] == '-' &&
	       strspn(rest, "0123456789-") == 10;
}

bool llm_price_find(const char *model, struct llm_price *out)
{
	const char *slash = strrchr(model, '/');
	const char *name = slash ? slash + 1 : model;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (str_starts(name, table[i].model) &&
		        is_snapshot(name + strlen(table[i].model))) {
			*out = table[i].price;
			return true;
		}
	}
	return false;
}

bool llm_price_of(const struct llm *l, const char *model, struct llm_price *out)
{
	if (l->c.price_in >= 0 && l->c.price_out >= 0) {
		*out = (struct llm_price){.in = l->c.price_in,
		        .out = l->c.price_out,
		        .cached = l->c.price_cached >= 0 ? l->c.price_cached : l->c.price_in,
		        .cache_write = l->c.price_in};
		return true;
	}
	return llm_price_find(model ? model : l->c.model, out);
}

double llm_estimate_usd(
        const struct llm *l, const char *model, size_t tokens_in, int64_t max_tokens)
{
	struct llm_price p;

	if (!llm_price_of(l, model, &p))
		return -1;
	if (max_tokens <= 0)
		max_tokens = l->c.max_tokens;
	return ((double)tokens_in * p.in + (double)max_tokens * p.out) / 1e6;
}
