/* The one gate. See gate.h. */
#include "app/gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "net/http.h"
#include "str.h"

static const char *const *values; /* set once, before threads */
static enum redact_ips mask_ips;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct redact *gate_redactor(void)
{
	struct redact *r = redact_new();

	for (size_t i = 0; values && values[i]; i++)
		redact_exact(r, "heal-secret", values[i]);
	redact_ips(r, mask_ips);
	return r;
}

static void free_redactor(void *p)
{
	redact_free(p);
}

static void make_key(void)
{
	if (pthread_key_create(&key, free_redactor) != 0)
		abort();
}

static struct redact *mine(void)
{
	struct redact *r;

	pthread_once(&once, make_key);
	r = pthread_getspecific(key);
	if (!r) {
		r = gate_redactor();
		pthread_setspecific(key, r);
	}
	return r;
}

const char *gate_text(struct arena *a, const char *text)
{
	return redact_text(mine(), a, text);
}

static const char *on_http(void *ctx, struct arena *a, const char *host, const char *text)
{
	(void)ctx;
	(void)host;
	return gate_text(a, text);
}

static const char *on_log(void *ctx, struct arena *a, const char *line)
{
	(void)ctx;
	return gate_text(a, line);
}

/* Masks in the store stay equal from start to start as long as our secrets do. */
static void key_masks(void)
{
	struct arena *a = arena_new(0);
	struct str all = str_new(a);

	for (size_t i = 0; values && values[i]; i++)
		str_addn(&all, values[i], strlen(values[i]) + 1);
	if (all.len)
		redact_key(all.s, all.len);
	arena_free(a);
}

void gate_install(const struct secrets *k, int ips)
{
	static struct arena *kept;

	kept = kept ? kept : arena_new(0);
	values = k ? secrets_values(kept, k) : NULL;
	mask_ips = (enum redact_ips)ips;
	key_masks();
	http_set_gate(on_http, NULL);
	log_set_filter(on_log, NULL);
}
