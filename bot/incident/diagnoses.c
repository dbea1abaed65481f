/* A diagnosis and what it does to its incident, in one transaction. See include/incident.h. */
#include "incident/changes.h"
#include "store/diagnosis_rows.h"
#include "store/incident_rows.h"
#include "store/store.h"
#include "str.h"

struct add_diagnosis {
	const char *key;
	const struct diagnosis *d;
	bool conclusive;
	int version;
};

static bool do_add_diagnosis(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct add_diagnosis *x = arg;
	struct incident_event ev = {
	        .kind = x->conclusive ? INCIDENT_EV_DIAGNOSED : INCIDENT_EV_INCONCLUSIVE,
	};
	struct incident *inc;

	if (!diagnosis_row_by_key(db, x->key, &x->version, e))
		return false;
	if (x->version > 0)
		return true;
	inc = incident_row_get(db, a, x->d->incident, e);
	if (!inc)
		return false;
	x->version = ++inc->diagnosis;
	inc->trouble = NULL;
	ev.note = arena_printf(
	        a, "plan v%d, confidence %s", x->version, str_or(x->d->confidence, "none"));
	if (!x->d->plan) {
		ev.kind = INCIDENT_EV_DIAGNOSIS_FAILED;
		ev.note = x->d->trouble;
	}
	if (!diagnosis_row_insert(db, a, x->key, x->d, x->version, e))
		return false;
	if (incident_state_over(
	            inc->state)) { /* ended meanwhile: keep the diagnosis, not the state */
		return incident_row_update(db, a, inc, e) && publish_request(db, a, inc->id, e);
	}
	return incident_change_tx(db, a, inc, &ev, e);
}

bool diagnosis_add(struct store *s, const char *key, const struct diagnosis *d, bool conclusive,
        int *version_out, struct err *e)
{
	struct add_diagnosis x = {key, d, conclusive, 0};

	if (!incident_write(s, do_add_diagnosis, &x, e))
		return false;
	*version_out = x.version;
	return true;
}
