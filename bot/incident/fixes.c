/* A fix and what it does to its incident, in one transaction. See include/incident.h. */
#include <stdio.h>

#include "incident/changes.h"
#include "incident/state.h"
#include "store/fix_rows.h"
#include "store/incident_rows.h"
#include "store/store.h"
#include "str.h"

struct begin {
	const char *key;
	struct fix_row row;
	int max_open;
};

static bool check_room(struct db *db, const struct begin *b, struct err *e)
{
	int64_t open;

	if (!fix_row_open_in_repo(db, b->row.repo, &open, e))
		return false;
	if (b->max_open > 0 && open >= b->max_open)
		return err_set(e, ERR_CONFLICT, false,
		        "%s already has %lld fixes under way or in review (limit %d); merge or close "
		        "one first",
		        b->row.repo, (long long)open, b->max_open);
	return true;
}

static bool do_begin(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct begin *b = arg;
	struct incident_event ev = {.kind = INCIDENT_EV_FIX_STARTED, .actor = b->row.started_by};
	struct err none = {0};
	struct fix_row *last;
	int n;

	if (!fix_row_by_key(db, b->key, &n, e))
		return false;
	if (n > 0) {
		b->row.n = n;
		return true;
	}
	last = fix_row_get(db, a, b->row.incident, 0, &none);
	if (!last && none.code != ERR_NOT_FOUND) {
		*e = none;
		return false;
	}
	if (!check_room(db, b, e))
		return false;
	n = last ? last->n + 1 : 1;
	if (b->row.n != n)
		return err_set(e, ERR_CONFLICT, false,
		        "INC-%lld: another fix was started at the same moment",
		        (long long)b->row.incident);
	return fix_row_insert(db, a, b->key, &b->row, e) &&
	       incident_apply_tx(db, a, b->row.incident, &ev, e);
}

bool fix_begin(struct store *s, const char *key, const struct fix_row *f, int max_open, int *n_out,
        struct err *e)
{
	struct begin b = {key, *f, max_open};

	if (!incident_write(s, do_begin, &b, e))
		return false;
	*n_out = b.row.n;
	return true;
}

#define TAKE(field)                                                                                \
	do {                                                                                       \
		if (f->field)                                                                      \
			row->field = f->field;                                                     \
	} while (0)

static void merge(struct fix_row *row, const struct fix_row *f)
{
	TAKE(state);
	TAKE(run);
	TAKE(contract);
	TAKE(session);
	TAKE(progress);
	TAKE(pr_number);
	TAKE(pr_url);
	TAKE(pr_title);
	TAKE(pr);
	TAKE(ended_ms);
	TAKE(deadline_ms);
	TAKE(error);
	TAKE(verification);
	if (f->cost_usd >= 0)
		row->cost_usd = f->cost_usd;
}

struct update {
	const struct fix_row *f;
	const struct incident_event *ev;
	bool settle; /* a refused event does not keep the row from being written */
	bool moved;
};

/* The state machine is asked before anything is written: a refusal leaves the transaction whole.
 * What this step did before a crash it may do again. */
static bool would_take(
        struct db *db, struct arena *a, const struct update *u, bool *ok, struct err *e)
{
	struct incident *inc = incident_row_get(db, a, u->f->incident, e);
	enum incident_state to;

	if (!inc || !incident_did(db, inc->id, u->ev, ok, e))
		return false;
	*ok = *ok || incident_next(inc->state, u->ev->kind, &to);
	return true;
}

static bool do_update(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct update *u = arg;
	struct fix_row *row = fix_row_get(db, a, u->f->incident, u->f->n, e);

	if (!row)
		return false;
	merge(row, u->f);
	if (!fix_row_update(db, a, row, e))
		return false;
	u->moved = u->ev != NULL;
	if (u->ev && u->settle && !would_take(db, a, u, &u->moved, e))
		return false;
	if (u->ev && u->moved)
		return incident_apply_tx(db, a, row->incident, u->ev, e);
	return publish_request(db, a, row->incident, e);
}

bool fix_update(
        struct store *s, const struct fix_row *f, const struct incident_event *ev, struct err *e)
{
	struct update u = {.f = f, .ev = ev};

	return incident_write(s, do_update, &u, e);
}

bool fix_settle(struct store *s, const struct fix_row *f, const struct incident_event *ev,
        bool *moved, struct err *e)
{
	struct update u = {.f = f, .ev = ev, .settle = true};

	if (!incident_write(s, do_update, &u, e))
		return false;
	if (moved)
		*moved = u.moved;
	return true;
}

bool fix_spend(
        struct store *s, int64_t incident, int n, const char *user, double usd, struct err *e)
{
	char key[64];

	snprintf(key, sizeof(key), "fix-%lld-%d", (long long)incident, n);
	return spend_add(s, key, incident, "fix", user, usd, 0, e);
}

struct place {
	int64_t incident;
	const char *host;
	int n, most;
	bool took;
};

static bool do_take_host(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct place *p = arg;
	struct fix_row *row = fix_row_get(db, a, p->incident, p->n, e);
	json *contract;
	int64_t others;

	if (!row || !fix_row_on_host(db, p->host, p->incident, p->n, &others, e))
		return false;
	p->took = others < p->most;
	if (!p->took)
		return true;
	contract = json_copy(a, row->contract);
	json_set_str(contract, "host", p->host);
	row->contract = contract;
	return fix_row_update(db, a, row, e);
}

bool fix_take_host(struct store *s, int64_t incident, int n, const char *host, int most, bool *took,
        struct err *e)
{
	struct place p = {.incident = incident, .n = n, .host = host, .most = most};

	if (!incident_write(s, do_take_host, &p, e))
		return false;
	*took = p.took;
	return true;
}
