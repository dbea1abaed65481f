/* railway_kit.c - see railway_kit.h. */
#include "unit.h"

#include "railway_kit.h"

#include "clock.h"
#include "net/http.h"
#include "str.h"

bool kit_begin(struct fix *f)
{
	http_global_init();
	http_set_gate(http_gate_none, NULL);
	f->sandbox = sandbox_start(NULL);
	if (!f->sandbox) {
		fputs("SANDBOX is not set\n", stderr);
		return false;
	}
	f->http = http_new();
	return true;
}

void kit_end(struct fix *f)
{
	http_free(f->http);
	sandbox_stop(f->sandbox);
	http_global_fini();
}

struct railway *kit_client(struct fix *f, const char *token, enum railway_token kind)
{
	struct railway_config c = {
	        .api_url = arena_printf(f->a, "%s/railway/graphql/v2", sandbox_url(f->sandbox)),
	        .token = token,
	        .token_kind = kind,
	        .timeout_ms = 20000,
	};

	return railway_new(f->http, &c, f->shared);
}

int kit_setup(void **state)
{
	struct fix *f = *state;
	struct err e;

	f->a = arena_new(0);
	sandbox_control(f->sandbox, f->a, "/reset", "{}");
	sandbox_control(f->sandbox, f->a, "/railway/limits",
	        "{\"per_second\":100000,\"per_hour\":1000000}");
	f->shared = railway_shared_new(100000);
	f->r = kit_client(f, "sandbox-railway-account", RAILWAY_TOKEN_BEARER);
	if (!railway_resolve(f->r, f->a, "acme", NULL, &f->place, &e))
		fail_msg("%s", e.msg);
	return 0;
}

int kit_teardown(void **state)
{
	struct fix *f = *state;

	railway_free(f->r);
	railway_shared_free(f->shared);
	arena_free(f->a);
	return 0;
}

void kit_fault(struct fix *f, const char *script)
{
	sandbox_control(f->sandbox, f->a, "/faults", script);
}

struct railway_scan_request kit_window(const struct fix *f)
{
	int64_t now = clock_now_ms();

	return (struct railway_scan_request){.project_id = f->place.project_id,
	        .environment_id = f->place.environment_id,
	        .start_ms = now - HALF_HOUR_MS,
	        .end_ms = now};
}

struct railway_scan kit_scan(struct fix *f)
{
	struct railway_scan_request q = kit_window(f);
	struct railway_scan out;
	struct err e;

	if (!railway_scan(f->r, f->a, &q, &out, &e))
		fail_msg("%s", e.msg);
	return out;
}

const struct railway_service *kit_service(const struct railway_scan *s, const char *name)
{
	for (size_t i = 0; i < s->nservices; i++)
		if (str_eq(s->services[i].name, name))
			return &s->services[i];
	fail_msg("no service %s", name);
	abort(); /* fail_msg does not return, but does not say so */
}

bool kit_http(struct fix *f, const struct railway_scan *s, bool exact, struct railway_http **out,
        size_t *n, unsigned *requests, struct err *e)
{
	const char **ids = ARENA_ARRAY(f->a, s->nservices + 1, const char *);
	struct railway_http_request q = {.environment_id = f->place.environment_id,
	        .service_ids = ids,
	        .start_ms = s->start_ms,
	        .end_ms = s->end_ms,
	        .step_ms = s->step_ms,
	        .exact_window = exact};

	for (size_t i = 0; i < s->nservices; i++)
		if (s->services[i].ndomains > 0)
			ids[q.n++] = s->services[i].id;
	*n = q.n;
	*out = ARENA_ARRAY(f->a, q.n + 1, struct railway_http);
	return railway_http(f->r, f->a, &q, *out, requests, e);
}

const struct railway_http *kit_http_of(
        const struct railway_http *h, size_t n, const struct railway_service *s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(h[i].service_id, s->id))
			return &h[i];
	fail_msg("no HTTP metrics of %s", s->name);
	abort();
}
