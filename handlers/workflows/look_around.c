/* The neighbours, the shape of the project, and the providers it depends on. See looks.h. */
#include <math.h>
#include <string.h>

#include "architecture.h"
#include "handler.h"
#include "looks_i.h"
#include "railway.h"
#include "statuspage.h"
#include "str.h"
#include "upstream.h"

/* --- neighbours and the shape of the project: from the last scan, no request --- */

static double share_of(const json *facts, const char *path)
{
	return json_num(facts, path, (double)NAN);
}

static void add_neighbour(struct look *k, const struct scan_row *row)
{
	const json *facts = json_get(row->view, ".facts");
	struct evidence_neighbour n = {
	        .name = row->service,
	        .kind = json_str(row->view, ".kind", "service"),
	        .cpu = share_of(facts, ".cpu.share"),
	        .memory = share_of(facts, ".memory.share"),
	        .disk = share_of(facts, ".disk.share"),
	        .crashed = (int)json_int(facts, ".instances.crashed", -1),
	        .restarts = -1,
	};
	bool sick = !str_eq(json_str(row->view, ".severity", "none"), "none");

	if (str_eq(row->service_id, k->inc->service_id))
		return;
	if (sick || str_eq(n.kind, "database"))
		evidence_add_neighbour(k->list, &n, k->window, json_str(facts, ".link", NULL));
}

/* Names only: who depends on whom, and which providers a name speaks of. */
static void add_variables(struct wf *w, struct look *k, const struct scan_row *rows, size_t n,
        struct str *edges, struct upstreams *u)
{
	const struct railway_variable *v;
	struct err why = {0};
	size_t nv;

	if (!railway_variables(
	            wf_heal(w)->railway, wf_arena(w), k->inc->environment_id, &v, &nv, &why)) {
		evidence_add_missing(k->list, arena_printf(wf_arena(w), "variables: %s", why.msg));
		return;
	}
	for (size_t i = 0; i < nv; i++) {
		if (!v[i].service_id || str_eq(v[i].service_id, k->inc->service_id))
			upstreams_variable(u, v[i].name);
		for (const char **r = v[i].references; v[i].service_id && r && *r; r++)
			architecture_edge(edges, rows, n, &v[i], *r);
	}
}

const json *look_neighbours(struct wf *w, const json *in, struct err *e)
{
	struct look k;
	struct scan_row *rows;
	struct upstreams *u;
	struct str edges;
	size_t n;

	if (!look_init(w, in, &k, e) ||
	        !scan_load(wf_heal(w)->store, wf_arena(w), k.inc->environment_id, &rows, &n, e))
		return NULL;
	for (size_t i = 0; i < n; i++)
		add_neighbour(&k, &rows[i]);
	u = upstreams_new(wf_arena(w));
	edges = str_new(wf_arena(w));
	add_variables(w, &k, rows, n, &edges, u);
	if (n > 0)
		evidence_add_architecture(k.list, architecture_text(wf_arena(w), rows, n, edges.s));
	json_set(k.out, "signs", upstreams_json(u, wf_arena(w)));
	return look_done(w, &k);
}

/* --- status pages: those that the operator names, and those of the providers that it shows --- */

enum { MAX_PROVIDERS = 6 };

struct page {
	const char *name, *url, *why;
	bool strong;
};

/* The operator's word for where a provider's page is wins. */
static const char *configured(const struct settings *s, const struct upstream *u)
{
	for (const char **p = s->status.pages; p && *p; p++) {
		size_t n = strcspn(*p, "=");

		if ((strlen(u->id) == n && strncasecmp(*p, u->id, n) == 0) ||
		        (strlen(u->name) == n && strncasecmp(*p, u->name, n) == 0))
			return *p;
	}
	return NULL;
}

static size_t pages_of(struct wf *w, const json *signs, struct page *out, size_t max)
{
	const struct settings *s = wf_heal(w)->settings;
	struct arena *a = wf_arena(w);
	struct upstreams *u = upstreams_new(a);
	struct upstream seen[MAX_PROVIDERS];
	size_t n = 0, nseen;

	upstreams_add(u, signs);
	nseen = upstreams_list(u, a, seen, MAX_PROVIDERS);
	for (const char **p = s->status.pages; p && *p && n < max; p++) {
		size_t len = strcspn(*p, "=");

		out[n] = (struct page){
		        .name = arena_strndup(a, *p, len), .url = *p + len + ((*p)[len] == '=')};
		/* of a provider we would know, a service that does not use it shows no sign */
		out[n].strong = !upstreams_known(u, out[n].name);
		for (size_t i = 0; i < nseen; i++) {
			if (configured(s, &seen[i]) == *p) {
				out[n].why = seen[i].why;
				out[n].strong = seen[i].strong;
			}
		}
		n++;
	}
	for (size_t i = 0; i < nseen && n < max && s->status.infer; i++) {
		if (!configured(s, &seen[i]))
			out[n++] = (struct page){
			        seen[i].name, seen[i].data, seen[i].why, seen[i].strong};
	}
	return n;
}

const json *look_upstream(struct wf *w, const json *in, struct err *e)
{
	struct page pages[MAX_PROVIDERS + 20];
	struct status_report r;
	struct look k;
	size_t n;

	if (!look_init(w, in, &k, e))
		return NULL;
	n = pages_of(w, json_get(in, ".signs"), pages, sizeof(pages) / sizeof(*pages));
	for (size_t i = 0; i < n; i++) {
		if (!statuspage_get(wf_heal(w)->statuspage, wf_arena(w), pages[i].name,
		            pages[i].url, &r, e))
			return NULL;
		r.title = look_safe(w, str_or(r.title, ""), 200);
		evidence_add_upstream(k.list, &r, pages[i].why, pages[i].strong);
	}
	return look_done(w, &k);
}
