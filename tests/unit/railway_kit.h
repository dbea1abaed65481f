/*
 * railway_kit.h - what tests of the Railway client share: a sandbox, a client, common questions.
 */
#ifndef UNIT_RAILWAY_KIT_H
#define UNIT_RAILWAY_KIT_H

#include "railway.h"
#include "sandbox_run.h"

enum { HALF_HOUR_MS = 30 * 60000 };

struct fix {
	struct sandbox_run *sandbox;
	struct http *http;
	struct railway_shared *shared;
	struct railway *r; /* account token */
	struct arena *a;
	struct railway_place place; /* acme, production */
};

/* Around each test: a fresh world without the plan's limits. *state is the struct fix. */
int kit_setup(void **state);
int kit_teardown(void **state);
/* Around the program. False: SANDBOX is not set. */
bool kit_begin(struct fix *f);
void kit_end(struct fix *f);

struct railway *kit_client(struct fix *f, const char *token, enum railway_token kind);
void kit_fault(struct fix *f, const char *script);
struct railway_scan_request kit_window(const struct fix *f); /* the last half hour */
struct railway_scan kit_scan(struct fix *f);                 /* must work */
const struct railway_service *kit_service(const struct railway_scan *s, const char *name);
/* HTTP metrics of all services with a domain, and of one among them. */
bool kit_http(struct fix *f, const struct railway_scan *s, bool exact, struct railway_http **out,
        size_t *n, unsigned *requests, struct err *e);
const struct railway_http *kit_http_of(
        const struct railway_http *h, size_t n, const struct railway_service *s);

#define KIT_CASE(fn) cmocka_unit_test_prestate_setup_teardown(fn, kit_setup, kit_teardown, &fixture)

#endif
