/* What was deployed, what the commits of it changed, and why a build failed. See looks.h. */
#include <string.h>

#include "github.h"
#include "handler.h"
#include "looks_i.h"
#include "railway.h"
#include "str.h"

enum { BUILD_TAIL = 30, MAX_FILES = 12, MAX_PATCH = 1500 };

static void add_build_tail(struct wf *w, struct look *k, const char *deployment)
{
	struct arena *a = wf_arena(w);
	struct railway_logs_request q = {.id = deployment, .limit = 200};
	struct railway_logs logs;
	struct str b = str_new(a);
	struct err why = {0};

	if (!railway_build_logs(wf_heal(w)->railway, a, &q, &logs, &why)) {
		evidence_add_missing(k->list, arena_printf(a, "build log: %s", why.msg));
		return;
	}
	for (size_t i = logs.n > BUILD_TAIL ? logs.n - BUILD_TAIL : 0; i < logs.n; i++)
		str_addf(&b, "%s\n", look_safe(w, logs.rows[i].message, 300));
	if (b.len)
		evidence_add_build(k->list, b.s, k->link);
}

/* --- commits --- */

/* The suspected deployment and the one that served before it; false when there is no such pair. */
static bool pair_of(const struct look *k, const struct railway_deployment *d, size_t n,
        const struct railway_deployment **now, const struct railway_deployment **before)
{
	*now = *before = NULL;
	for (size_t i = 0; i < n && !*before; i++) {
		if (!d[i].commit || d[i].status == RAILWAY_FAILED)
			continue;
		if (!*now && str_eq(d[i].id, k->deployment))
			*now = &d[i];
		else if (*now && !str_eq(d[i].commit, (*now)->commit))
			*before = &d[i];
	}
	return *now && *before;
}

/* "src/orders.ts +4 −2, …", and the change itself as far as there is room. */
static const char *diff_text(struct wf *w, const struct railway_deployment *now,
        const struct railway_deployment *before, const struct github_diff *diff)
{
	struct arena *a = wf_arena(w);
	struct str b = str_new(a);

	str_addf(&b, "%.7s…%.7s: %d commits, %zu%s files:", before->commit, now->commit,
	        diff->ahead, diff->nfiles, diff->truncated ? "+" : "");
	for (size_t i = 0; i < diff->nfiles && i < MAX_FILES; i++)
		str_addf(&b, "%s %s +%d −%d", i ? "," : "", look_safe(w, diff->files[i].path, 200),
		        diff->files[i].additions, diff->files[i].deletions);
	if (diff->nfiles > MAX_FILES)
		str_addf(&b, " and %zu more", diff->nfiles - MAX_FILES);
	for (size_t i = 0; i < diff->nfiles && b.len < MAX_PATCH; i++) {
		if (diff->files[i].patch)
			str_addf(&b, "\n--- %s\n%s", look_safe(w, diff->files[i].path, 200),
			        look_safe(w, diff->files[i].patch, MAX_PATCH));
	}
	return b.s;
}

static void add_commits(struct wf *w, struct look *k, const struct railway_deployment *d, size_t n)
{
	struct heal *h = wf_heal(w);
	const struct railway_deployment *now, *before;
	const char *repo = settings_service(h->settings, k->inc->service)->repo;
	struct github_diff diff;
	struct err why = {0};

	if (!look_change_ms(k) || !pair_of(k, d, n, &now, &before))
		return;
	repo = repo ? repo : now->repo;
	if (!h->github || !repo)
		return;
	if (!github_compare(
	            h->github, wf_arena(w), repo, before->commit, now->commit, &diff, &why)) {
		evidence_add_missing(k->list,
		        arena_printf(wf_arena(w), "what the deployment changed: %s", why.msg));
		return;
	}
	evidence_add_commits(k->list, diff_text(w, now, before, &diff), NULL);
}

/* --- deployments --- */

const json *look_deploys(struct wf *w, const json *in, struct err *e)
{
	struct look k;
	struct railway_deployments_request q = {0};
	const struct railway_deployment *got;
	struct railway_deployment *list;
	struct err why = {0};
	size_t n;

	if (!look_init(w, in, &k, e))
		return NULL;
	q.project_id = k.inc->project_id;
	q.environment_id = k.inc->environment_id;
	q.service_id = k.inc->service_id;
	if (!railway_deployments(wf_heal(w)->railway, wf_arena(w), &q, &got, &n, &why))
		return look_failed(w, &k, "deployments", &why, e);
	list = ARENA_ARRAY(wf_arena(w), n + 1, struct railway_deployment);
	for (size_t i = 0; i < n; i++) {
		list[i] = got[i];
		list[i].message = got[i].message ? look_safe(w, got[i].message, 200) : NULL;
		list[i].author = got[i].author ? look_safe(w, got[i].author, 80) : NULL;
	}
	evidence_add_deployments(k.list, list, n, k.inc->began_ms, CHANGE_MS);
	add_commits(w, &k, list, n);
	if (n > 0 && list[0].status == RAILWAY_FAILED)
		add_build_tail(w, &k, list[0].id);
	return look_done(w, &k);
}
