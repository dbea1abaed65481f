/* App Home: what is open, how the services are, when the last scan was. One view per person. */
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "handler.h"
#include "incident.h"
#include "slack.h"
#include "spark.h"
#include "str.h"

static bool add_incidents(struct wf *w, struct message *m, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct incident_filter f = {.which = "open", .limit = 15};
	struct incident *list;
	size_t n;

	if (!incident_list(wf_heal(w)->store, a, &f, &list, &n, e))
		return false;
	message_header(m, "Open incidents");
	if (n == 0)
		message_section(m, KEEP_ALWAYS, ":large_green_circle: Nothing is open.");
	for (size_t i = 0; i < n; i++) {
		struct button b = {
		        .action = "cmd",
		        .text = "👀 Ack",
		        .value = arena_printf(a, "ack %lld", (long long)list[i].id),
		};

		message_section_button(m, KEEP_HIGH,
		        mrk(a, "*INC-%lld* · %s · %s\n%s, %s ago%s", (long long)list[i].id,
		                list[i].service, list[i].headline,
		                incident_state_name(list[i].state),
		                clock_duration(a, clock_now_ms() - list[i].opened_ms),
		                list[i].acked_by ? " · acked" : ""),
		        &b);
	}
	return true;
}

static bool add_services(struct wf *w, struct message *m, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct table *t = table_new(a);
	struct scan_row *rows;
	int64_t newest = 0;
	size_t n;

	if (!scan_load(wf_heal(w)->store, a, NULL, &rows, &n, e))
		return false;
	table_column(t, "service", TABLE_LEFT, 24);
	table_column(t, "5xx", TABLE_RIGHT, 0);
	table_column(t, "p95", TABLE_RIGHT, 0);
	table_column(t, "mem", TABLE_RIGHT, 0);
	for (size_t i = 0; i < n; i++) {
		const json *facts = json_get(rows[i].view, ".facts");

		table_cell(t, rows[i].service);
		table_cell(t, num_share(a, facts_metric(facts, "error_rate")));
		table_cell(t, num_ms(a, facts_metric(facts, "p95")));
		table_cell(t, num_share(a, facts_metric(facts, "memory")));
		if (rows[i].scanned_ms > newest)
			newest = rows[i].scanned_ms;
	}
	message_header(m, "Services");
	if (n > 0)
		message_code(m, KEEP_NORMAL, table_text(t, true, 40));
	message_context(m, KEEP_NORMAL,
	        newest ? mrk(a, "last scan %s ago", clock_duration(a, clock_now_ms() - newest))
	               : "No scan yet.");
	return true;
}

static const json *publish_step(struct wf *w, const json *in, struct err *e)
{
	struct message *m = message_home(wf_arena(w));

	if (!add_incidents(w, m, e) || !add_services(w, m, e))
		return NULL;
	if (!slack_view_publish(wf_heal(w)->slack, wf_arena(w), json_str(in, ".user", ""), NULL,
	            message_json(m), NULL, e))
		return NULL;
	return json_obj(wf_arena(w));
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	if (!str_eq(json_str(c->payload, ".tab", "home"), "home"))
		return true;
	json_set_str(in, "user", c->user);
	return wf_step(w, "home", publish_step, in, e) != NULL;
}

const struct event event_home = {.type = "app_home_opened", .run = run};
