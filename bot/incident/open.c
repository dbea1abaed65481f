/*
 * Which incident a symptom belongs to: the unfinished one of the service, the one of the same
 * fingerprint that ended a short while ago, or a new one. See include/incident.h.
 */
#include "clock.h"
#include "digest.h"
#include "incident/changes.h"
#include "store/incident_rows.h"
#include "store/store.h"
#include "str.h"

const char *incident_fingerprint(struct arena *a, const struct incident_new *n)
{
	struct str b = str_new(a);

	str_addf(&b, "%s\n%s\n%s\n%s\n%s", n->project_id, n->environment_id, n->service_id,
	        signal_name(n->signal), n->detail ? route_mask(a, n->detail) : "");
	return str_hash_hex(a, b.s);
}

struct open {
	const struct incident_new *n;
	int64_t id;
	bool opened;
};

static bool reopen_tx(
        struct db *db, struct arena *a, struct open *o, struct incident *last, struct err *e)
{
	struct incident_event back = {
	        .kind = INCIDENT_EV_REOPENED,
	        .note = "the same symptom is back",
	};

	o->id = last->id;
	o->opened = true;
	last->severity = o->n->severity;
	last->headline = o->n->headline;
	last->facts = o->n->facts;
	return incident_change_tx(db, a, last, &back, e);
}

static bool insert_tx(struct db *db, struct arena *a, struct open *o, const char *fingerprint,
        int64_t previous, struct err *e)
{
	const struct incident_new *n = o->n;
	int64_t now = clock_now_ms();
	struct incident inc = {
	        .fingerprint = fingerprint,
	        .project_id = n->project_id,
	        .environment_id = n->environment_id,
	        .environment = n->environment,
	        .service_id = n->service_id,
	        .service = n->service,
	        .signal = n->signal,
	        .state = INCIDENT_OPEN,
	        .severity = n->severity,
	        .opened_ms = now,
	        .began_ms = n->began_ms > 0 && n->began_ms < now ? n->began_ms : now,
	        .changed_ms = now,
	        .headline = n->headline,
	        .facts = n->facts,
	        .channel = n->channel,
	        .drill = n->drill,
	        .previous = previous,
	};

	o->opened = true;
	return incident_row_insert(db, a, &inc, &o->id, e) &&
	       timeline_add(db,
	               &(struct timeline_new){.incident = o->id,
	                       .ts_ms = now,
	                       .kind = "opened",
	                       .note = n->headline},
	               e) &&
	       publish_request(db, a, o->id, e);
}

static bool do_open(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct open *o = arg;
	const char *fingerprint = incident_fingerprint(a, o->n);
	struct incident *last;
	int64_t previous;

	o->opened = false;
	if (!incident_row_of_service(db, o->n->service_id, &o->id, e))
		return false;
	if (o->id != 0)
		return true;
	if (!incident_row_last(db, fingerprint, &previous, e))
		return false;
	if (previous == 0)
		return insert_tx(db, a, o, fingerprint, 0, e);
	last = incident_row_get(db, a, previous, e);
	if (!last)
		return false;
	/* what people called "not an issue" is not opened again under the same number */
	if (last->state == INCIDENT_RESOLVED && clock_now_ms() - last->ended_ms < o->n->reopen_ms)
		return reopen_tx(db, a, o, last, e);
	return insert_tx(db, a, o, fingerprint, previous, e);
}

bool incident_open(
        struct store *s, const struct incident_new *n, int64_t *id_out, bool *opened, struct err *e)
{
	struct open o = {.n = n};

	if (!incident_write(s, do_open, &o, e))
		return false;
	*id_out = o.id;
	*opened = o.opened;
	return true;
}
