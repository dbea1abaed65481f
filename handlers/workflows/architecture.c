/* The shape of the project as text. See architecture.h. */
#include "architecture.h"

#include <string.h>

enum { MAX_SERVICES = 40, MAX_EDGES = 1500 };

static const struct scan_row *row_of(const struct scan_row *rows, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(rows[i].service_id, id))
			return &rows[i];
	}
	return NULL;
}

static const struct scan_row *row_named(
        const struct scan_row *rows, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(rows[i].service) == len && strncasecmp(rows[i].service, name, len) == 0)
			return &rows[i];
	}
	return NULL;
}

/* A reference as Railway gives it: "postgres.DATABASE_URL", also within ${{ }}. */
void architecture_edge(struct str *edges, const struct scan_row *rows, size_t n,
        const struct railway_variable *v, const char *reference)
{
	const char *name = reference + strspn(reference, "${ ");
	const struct scan_row *from = row_of(rows, n, v->service_id);
	const struct scan_row *to = row_named(rows, n, name, strcspn(name, ". }"));
	const char *pair;

	if (!from || !to || from == to || edges->len > MAX_EDGES)
		return;
	pair = arena_printf(edges->a, "%s → %s", from->service, to->service);
	if (!strstr(edges->s, pair))
		str_addf(edges, "%s%s (%s)", edges->len ? "; " : "", pair, v->name);
}

static bool is_queue(const json *facts, const char *name)
{
	static const char *const words[] = {
	        "rabbitmq", "kafka", "redpanda", "nats", "activemq", "queue", "sqs", "beanstalk"};
	const char *image = json_str(facts, ".service.image", "");

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcasestr(image, words[i]) || strcasestr(name, words[i]))
			return true;
	}
	return false;
}

static void add_service(struct str *b, const struct scan_row *row)
{
	const json *facts = json_get(row->view, ".facts");

	str_addf(b, "%s%s (%s", b->len ? "; " : "", row->service,
	        json_str(row->view, ".kind", "service"));
	if (is_queue(facts, row->service))
		str_add(b, ", queue");
	if (json_str(facts, ".service.repo", NULL))
		str_addf(b, ", repository %s", json_str(facts, ".service.repo", ""));
	if (json_has(facts, ".http"))
		str_add(b, ", public");
	if (json_has(facts, ".disk"))
		str_add(b, ", volume");
	str_add(b, ")");
}

const char *architecture_text(
        struct arena *a, const struct scan_row *rows, size_t n, const char *edges)
{
	struct str b = str_new(a);

	for (size_t i = 0; i < n && i < MAX_SERVICES; i++)
		add_service(&b, &rows[i]);
	if (n > MAX_SERVICES)
		str_addf(&b, "; and %zu more", n - MAX_SERVICES);
	if (*edges)
		str_addf(&b, "\nuses: %s", edges);
	return b.s;
}
