/* llm_breaker.c - a provider that fails again and again is left alone for a while; see llm.h. */
#include "clients/llm_i.h"
#include "clock.h"

static bool counts(const struct err *e)
{
	return e->code == ERR_NET || e->code == ERR_TIMEOUT || e->code == ERR_STATUS;
}

static int64_t left_ms(int64_t opened)
{
	int64_t left = opened + LLM_BREAKER_MS - clock_mono_ms();

	return opened && left > 0 ? left : 0;
}

static bool refuse(const struct llm *l, const struct llm_breaker *b, int64_t left, struct err *e)
{
	err_set(e, ERR_STATUS, true, "%s failed %u times in a row: not asked for another %lld s",
	        l->host, (unsigned)atomic_load(&b->failures), (long long)(left + 999) / 1000);
	if (e)
		e->retry_ms = (uint32_t)left;
	return false;
}

/* After the pause whoever sets the time anew makes the probe; the others wait for what it finds. */
bool llm_breaker_pass(const struct llm *l, struct err *e)
{
	struct llm_breaker *b = llm_breaker_of(l->shared, l->c.base_url);
	int_fast64_t opened = b ? atomic_load(&b->opened_ms) : 0;

	if (!opened)
		return true;
	if (left_ms(opened) > 0)
		return refuse(l, b, left_ms(opened), e);
	return atomic_compare_exchange_strong(&b->opened_ms, &opened, clock_mono_ms()) ||
	       refuse(l, b, LLM_BREAKER_MS, e);
}

void llm_breaker_note(const struct llm *l, const struct err *e)
{
	struct llm_breaker *b = llm_breaker_of(l->shared, l->c.base_url);

	if (!b)
		return;
	if (!e || !counts(e)) { /* a refusal is an answer as well */
		atomic_store(&b->failures, 0);
		atomic_store(&b->opened_ms, 0);
	} else if (atomic_fetch_add(&b->failures, 1) + 1 >= LLM_BREAKER_FAILURES) {
		atomic_store(&b->opened_ms, clock_mono_ms());
	}
}

const char *llm_breaker_state(const struct llm *l, struct arena *a)
{
	struct llm_breaker *b = llm_breaker_of(l->shared, l->c.base_url);
	unsigned failures = b ? (unsigned)atomic_load(&b->failures) : 0;
	int64_t opened = b ? (int64_t)atomic_load(&b->opened_ms) : 0, left = left_ms(opened);

	if (opened && left == 0)
		return "open, the next call is a probe";
	if (opened)
		return arena_printf(a, "open for %lld s more", (long long)(left + 999) / 1000);
	return failures ? arena_printf(a, "closed, %u failures in a row", failures) : "closed";
}
