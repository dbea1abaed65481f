/*
 * propose.c - from an ask to exactly what will be sent, what it changes and what undoes it; and
 * afterwards, whether it was done. Pure. See include/act.h.
 */
#include <math.h>
#include <string.h>

#include "act.h"
#include "clock.h"
#include "facts.h"
#include "str.h"

struct make {
	struct arena *a;
	const struct act_ask *ask;
	const struct act_scene *s;
	const struct railway_service *svc;
	json *out;
};

static const char *short_id(struct arena *a, const struct railway_deployment *d)
{
	return d->commit ? arena_strndup(a, d->commit, 7) : arena_strndup(a, d->id, 8);
}

static const char *named(struct arena *a, const struct railway_deployment *d)
{
	if (!d->commit)
		return arena_printf(a, "deployment %s", short_id(a, d));
	return arena_printf(a, "%s “%s”%s%s", short_id(a, d),
	        str_ellipsis(a,
	                str_clean(a, str_or(d->message, ""), strcspn(str_or(d->message, ""), "\n"),
	                        200),
	                60),
	        d->author ? " by " : "", str_or(d->author, ""));
}

static const struct railway_deployment *serving(const struct railway_service *svc)
{
	return svc->active.id ? &svc->active : &svc->latest;
}

static void say(struct make *m, const char *key, const char *text)
{
	json_set_str(m->out, key, text);
}

static void undo_by(struct make *m, const struct act_ask *ask, const char *text)
{
	say(m, "undo", text);
	json_set(m->out, "undo_ask", act_ask_json(m->a, ask));
}

/* --- each kind --- */

static bool restart(struct make *m, struct err *e)
{
	const struct railway_deployment *d = serving(m->svc);

	if (!d->id)
		return err_set(
		        e, ERR_CONFLICT, false, "%s has no deployment to restart", m->svc->name);
	say(m, "target", d->id);
	say(m, "title", arena_printf(m->a, "Restart %s", m->svc->name));
	say(m, "sends", arena_printf(m->a, "deploymentRestart(id: \"%s\")", d->id));
	say(m, "changes",
	        arena_printf(m->a,
	                "The containers of %s start anew; code, image and variables stay.",
	                named(m->a, d)));
	say(m, "undo", "Nothing to undo; what the process held in memory is gone.");
	return true;
}

static bool redeploy(struct make *m, struct err *e)
{
	const struct railway_deployment *d = serving(m->svc);

	if (!d->id || !d->can_redeploy)
		return err_set(e, ERR_CONFLICT, false,
		        "Railway cannot redeploy what %s runs now (no image is kept)",
		        m->svc->name);
	say(m, "target", d->id);
	say(m, "title", arena_printf(m->a, "Redeploy %s", m->svc->name));
	say(m, "sends",
	        arena_printf(
	                m->a, "deploymentRedeploy(id: \"%s\", usePreviousImageTag: true)", d->id));
	say(m, "changes",
	        arena_printf(m->a, "A new deployment of the same image: %s.", named(m->a, d)));
	say(m, "undo", "Nothing to undo: the same image runs.");
	return true;
}

static bool is_asked(const struct railway_deployment *d, const char *word)
{
	return str_starts(d->id, word) || (d->commit && str_starts(d->commit, word));
}

static const struct railway_deployment *rollback_target(const struct make *m)
{
	const struct railway_deployment *from = serving(m->svc);

	for (size_t i = 0; i < m->s->ndeployments; i++) {
		const struct railway_deployment *d = &m->s->deployments[i];

		if (!d->can_rollback || str_eq(d->id, from->id) ||
		        (from->id && d->created_ms > from->created_ms))
			continue;
		if (!m->ask->deployment || is_asked(d, m->ask->deployment))
			return d;
	}
	return NULL;
}

static bool rollback(struct make *m, struct err *e)
{
	const struct railway_deployment *from = serving(m->svc), *to = rollback_target(m);
	struct act_ask back = {.kind = ACT_ROLLBACK, .deployment = from->id};

	if (!to)
		return err_set(e, ERR_CONFLICT, false,
		        m->ask->deployment
		                ? "%s cannot be rolled back to that: Railway keeps no image of it"
		                : "%s has no earlier deployment that Railway can roll back to",
		        m->svc->name);
	say(m, "target", to->id);
	say(m, "title", arena_printf(m->a, "Roll %s back to %s", m->svc->name, short_id(m->a, to)));
	say(m, "sends", arena_printf(m->a, "deploymentRollback(id: \"%s\")", to->id));
	say(m, "changes",
	        arena_printf(m->a,
	                "%s → %s (%s). Image and variables become those of that deployment.",
	                from->id ? named(m->a, from) : "nothing", named(m->a, to),
	                clock_hhmm(m->a, to->created_ms)));
	if (from->id)
		undo_by(m, &back, arena_printf(m->a, "Roll back to %s.", named(m->a, from)));
	return true;
}

static const struct railway_region *main_region(const struct railway_service *svc)
{
	const struct railway_region *best = NULL;

	for (size_t i = 0; i < svc->nregions; i++)
		if (!best || svc->regions[i].replicas > best->replicas)
			best = &svc->regions[i];
	return best;
}

/* The other regions keep what they have; the difference goes to the largest one. */
static bool scale(struct make *m, struct err *e)
{
	const struct railway_region *r = main_region(m->svc);
	int have = m->svc->replicas_wanted;
	int want = m->ask->replicas ? m->ask->replicas : have + 1;
	int n = r ? r->replicas + want - have : 0;
	struct act_ask back = {.kind = ACT_SCALE, .replicas = have};

	if (m->s->volume)
		return err_set(e, ERR_CONFLICT, false,
		        "%s has a volume, and Railway gives such a service one replica only",
		        m->svc->name);
	if (!r || have < 1 || r->replicas < 1)
		return err_set(e, ERR_CONFLICT, false,
		        "Railway does not say where %s runs; change its replicas there",
		        m->svc->name);
	if (want == have || n < 1 || want > 50)
		return err_set(e, ERR_CONFLICT, false,
		        "%s has %d replicas; %d is not possible from here", m->svc->name, have,
		        want);
	say(m, "region", r->name);
	json_set_int(m->out, "value", n);
	say(m, "title", arena_printf(m->a, "Scale %s to %d replicas", m->svc->name, want));
	say(m, "sends",
	        arena_printf(m->a,
	                "environmentPatchCommit(patch: {services: {%s: {deploy: {multiRegionConfig: "
	                "{%s: {numReplicas: %d}}}}}})",
	                m->svc->id, r->name, n));
	say(m, "changes",
	        arena_printf(m->a,
	                "%d → %d replicas in %s; other regions stay. Cost rises with it.",
	                r->replicas, n, r->name));
	undo_by(m, &back, arena_printf(m->a, "Scale back to %d.", have));
	return true;
}

static double now_limit(double override, const json *facts, const char *path)
{
	return isnan(override) ? json_num(facts, path, (double)NAN) : override;
}

static bool limits(struct make *m, struct err *e)
{
	double cpu = now_limit(m->s->now->cpu_override, m->s->inc->facts, ".cpu.limit");
	double mem = now_limit(m->s->now->memory_override_gb, m->s->inc->facts, ".memory.limit");
	struct act_ask back = {.kind = ACT_LIMITS}, want = *m->ask;

	if (want.cpu <= 0 && want.memory_gb <= 0)
		want.memory_gb = mem * 2;
	if ((want.memory_gb > 0 && isnan(mem)) || (want.cpu > 0 && isnan(cpu)) ||
	        isnan(want.memory_gb))
		return err_set(e, ERR_CONFLICT, false,
		        "the present limit of %s is not known, so it could not be put back",
		        m->svc->name);
	back.cpu = want.cpu > 0 ? cpu : 0;
	back.memory_gb = want.memory_gb > 0 ? mem : 0;
	json_set_num(m->out, "cpu", want.cpu);
	json_set_num(m->out, "memory_gb", want.memory_gb);
	say(m, "title", arena_printf(m->a, "Change the limits of %s", m->svc->name));
	say(m, "sends",
	        arena_printf(m->a, "serviceInstanceLimitsUpdate(input: {serviceId: \"%s\"%s%s})",
	                m->svc->id, want.cpu > 0 ? arena_printf(m->a, ", vCPUs: %g", want.cpu) : "",
	                want.memory_gb > 0 ? arena_printf(m->a, ", memoryGB: %g", want.memory_gb)
	                                   : ""));
	say(m, "changes",
	        arena_printf(m->a, "%s%s%s. It takes effect with the next deployment.",
	                want.cpu > 0 ? arena_printf(m->a, "CPU %g → %g vCPU", cpu, want.cpu) : "",
	                want.cpu > 0 && want.memory_gb > 0 ? ", " : "",
	                want.memory_gb > 0
	                        ? arena_printf(m->a, "memory %g → %g GB", mem, want.memory_gb)
	                        : ""));
	undo_by(m, &back, "Put the former limits back.");
	return true;
}

static bool variable(struct make *m, struct err *e)
{
	(void)e;
	say(m, "title", arena_printf(m->a, "Set %s of %s", m->ask->name, m->svc->name));
	say(m, "sends",
	        arena_printf(m->a,
	                "variableUpsert(input: {serviceId: \"%s\", name: \"%s\", value: \"%s\"})",
	                m->svc->id, m->ask->name, m->ask->value));
	say(m, "changes",
	        m->s->written_ms > 0
	                ? "The variable gets this value; the former one is not known to me. Railway "
	                  "deploys the service anew."
	                : "The variable is new. Railway deploys the service anew.");
	say(m, "undo", "By hand: I cannot read the former value.");
	return true;
}

/* --- all kinds --- */

static void add_before(struct make *m)
{
	json *b = json_set_obj(m->out, "before");

	json_set_str(b, "latest", m->svc->latest.id);
	json_set_str(b, "serving", serving(m->svc)->id);
	json_set_int(b, "changed", m->svc->latest.changed_ms);
	json_set_int(b, "replicas", m->svc->replicas_wanted);
	json_set_num(b, "cpu", m->s->now->cpu_override);
	json_set_num(b, "memory_gb", m->s->now->memory_override_gb);
	json_set_int(b, "written", m->s->written_ms);
}

static void add_warning(struct make *m)
{
	if (m->s->volume)
		say(m, "warn", "The service has a volume: it is down while it starts anew.");
	else if (railway_status_rolling(m->svc->latest.status))
		say(m, "warn", "Another deployment is on its way at this moment.");
}

/* Numbers of the override change when somebody looks; only what the approval rests on counts. */
static const char *hash_of(const struct make *m)
{
	struct str b = str_new(m->a);

	str_addf(&b, "%s\n%s\n%s\n%s\n%d", act_kind_name(m->ask->kind),
	        json_str(m->out, ".sends", ""), str_or(m->svc->latest.id, ""),
	        str_or(serving(m->svc)->id, ""), m->svc->replicas_wanted);
	return arena_strndup(m->a, str_hash_hex(m->a, b.s), 12);
}

json *act_propose(
        struct arena *a, const struct act_ask *ask, const struct act_scene *s, struct err *e)
{
	static bool (*const make[ACT_KIND_COUNT])(struct make * m, struct err * e) = {
	        [ACT_RESTART] = restart,
	        [ACT_ROLLBACK] = rollback,
	        [ACT_REDEPLOY] = redeploy,
	        [ACT_SCALE] = scale,
	        [ACT_LIMITS] = limits,
	        [ACT_VARIABLE] = variable,
	};
	struct make m = {a, ask, s, &s->now->service, json_obj(a)};

	json_set_str(m.out, "kind", act_kind_name(ask->kind));
	if (!make[ask->kind](&m, e))
		return NULL;
	add_before(&m);
	add_warning(&m);
	say(&m, "hash", hash_of(&m));
	return m.out;
}

/* --- was it done? --- */

static enum act_seen seen_if(bool done)
{
	return done ? ACT_DONE : ACT_NOT_DONE;
}

static enum act_seen limit_seen(const json *p, const struct act_scene *s)
{
	double cpu = json_num(p, ".cpu", 0), mem = json_num(p, ".memory_gb", 0);

	if ((cpu > 0 && isnan(s->now->cpu_override)) ||
	        (mem > 0 && isnan(s->now->memory_override_gb)))
		return ACT_UNKNOWN;
	return seen_if((cpu <= 0 || fabs(s->now->cpu_override - cpu) < 0.01) &&
	               (mem <= 0 || fabs(s->now->memory_override_gb - mem) < 0.01));
}

enum act_seen act_look(const json *p, const struct act_scene *s)
{
	const struct railway_service *svc = &s->now->service;
	enum act_kind kind;

	if (!act_kind_parse(json_str(p, ".kind", ""), &kind))
		return ACT_UNKNOWN;
	switch (kind) {
	case ACT_ROLLBACK:
	case ACT_REDEPLOY:
		return seen_if(!str_eq(svc->latest.id, json_str(p, ".before.latest", NULL)));
	case ACT_RESTART: /* no new deployment: only the time of its status tells */
		return svc->latest.changed_ms > json_int(p, ".before.changed", INT64_MAX)
		               ? ACT_DONE
		               : ACT_UNKNOWN;
	case ACT_SCALE:
		for (size_t i = 0; i < svc->nregions; i++)
			if (str_eq(svc->regions[i].name, json_str(p, ".region", "")))
				return seen_if(
				        svc->regions[i].replicas == (int)json_int(p, ".value", -1));
		return ACT_UNKNOWN;
	case ACT_LIMITS:
		return limit_seen(p, s);
	case ACT_VARIABLE:
		return seen_if(s->written_ms > json_int(p, ".before.written", INT64_MAX));
	case ACT_KIND_COUNT:
		break;
	}
	return ACT_UNKNOWN;
}
