/*
 * People: what they may do, and what they are called. Looked up in Slack, remembered for ten
 * minutes in the store's memory, so that a click costs no request.
 */
#include <stdlib.h>
#include <string.h>

#include "app/people.h"
#include "clock.h"
#include "incident.h"
#include "json.h"
#include "slack.h"
#include "str.h"

enum { REMEMBER_MS = 10 * 60 * 1000 };

/* What was remembered under `key`, when it is fresh. */
static const json *recall(struct heal *h, struct arena *a, const char *key)
{
	const json *m = memo_get(h->store, a, key);

	return m && clock_now_ms() - json_int(m, ".at", 0) < REMEMBER_MS ? m : NULL;
}

static const json *user_info(struct heal *h, struct arena *a, const char *user, struct err *e)
{
	const char *key = arena_printf(a, "person:%s", user);
	const json *known = recall(h, a, key);
	struct slack_user u;
	json *m;

	if (known)
		return known;
	if (!slack_user(h->slack, a, user, &u, e))
		return NULL;
	m = json_obj(a);
	json_set_int(m, "at", clock_now_ms());
	json_set_str(m, "name", str_clean(a, u.name, strlen(u.name), 80));
	json_set_bool(m, "stranger", u.guest || u.deleted || u.is_bot);
	if (!memo_set(h->store, key, m, e))
		return NULL;
	return m;
}

static const json *group_members(struct heal *h, struct arena *a, const char *group, struct err *e)
{
	const char *key = arena_printf(a, "group:%s", group);
	const json *known = recall(h, a, key);
	const char **users;
	json *m, *list;

	if (known)
		return known;
	if (!slack_usergroup(h->slack, a, group, &users, e))
		return NULL;
	m = json_obj(a);
	json_set_int(m, "at", clock_now_ms());
	list = json_set_arr(m, "users");
	for (size_t i = 0; users[i]; i++)
		json_add_str(list, users[i]);
	if (!memo_set(h->store, key, m, e))
		return NULL;
	return m;
}

const char *person_self(struct heal *h, struct arena *a)
{
	const json *known = memo_get(h->store, a, "self");
	struct slack_auth auth;
	struct err ignored = {0};
	json *m = json_obj(a);

	if (known)
		return json_str(known, ".user", "");
	if (!slack_auth_test(h->slack, a, &auth, &ignored))
		return "";
	json_set_str(m, "user", auth.user_id);
	json_set_str(m, "team", auth.team_id);
	memo_set(h->store, "self", m, &ignored); /* a bot's id does not change; run starts afresh */
	return auth.user_id;
}

/* Is the person in a list of user and group ids? A group that cannot be read has no members: rights
 * fail closed. */
static bool listed(struct heal *h, struct arena *a, const char **ids, const char *user)
{
	struct err ignored = {0};

	for (size_t i = 0; ids && ids[i]; i++) {
		if (str_eq(ids[i], user))
			return true;
		if (ids[i][0] != 'S')
			continue;
		json_each (m, json_get(group_members(h, a, ids[i], &ignored), ".users"))
			if (str_eq(json_str(m, "", ""), user))
				return true;
	}
	return false;
}

bool people_right(struct heal *h, struct arena *a, const char *user, enum right *out, struct err *e)
{
	const struct settings *s = h->settings;
	enum right r = RIGHT_VIEWER;
	const json *info;

	if (listed(h, a, s->who.admins, user))
		r = RIGHT_ADMIN;
	else if (listed(h, a, s->who.fixers, user))
		r = RIGHT_FIXER;
	else if (!s->who.responders[0] || listed(h, a, s->who.responders, user))
		r = RIGHT_RESPONDER;
	if (r > RIGHT_VIEWER) {
		info = user_info(h, a, user, e);
		if (!info)
			return false;
		if (json_bool(info, ".stranger", true))
			r = RIGHT_VIEWER;
	}
	*out = r;
	return true;
}

const char *person_name(struct heal *h, struct arena *a, const char *user)
{
	struct err ignored = {0};
	const json *info = user && *user ? user_info(h, a, user, &ignored) : NULL;

	return json_str(info, ".name", user ? user : "somebody");
}

static const char **list_of(const struct settings *s, enum right r)
{
	switch (r) {
	case RIGHT_VIEWER:
	case RIGHT_RESPONDER:
		return s->who.responders;
	case RIGHT_FIXER:
		return s->who.fixers;
	case RIGHT_ADMIN:
		return s->who.admins;
	}
	abort();
}

/* "Ana, Ben and 3 more"; "" for nobody. */
static const char *names_of(struct heal *h, struct arena *a, const char **ids)
{
	struct str b = str_new(a);
	size_t n = 0;

	for (; ids && ids[n]; n++)
		if (n < 5)
			str_addf(&b, "%s%s", n ? ", " : "",
			        ids[n][0] == 'S' ? arena_printf(a, "group %s", ids[n])
			                         : person_name(h, a, ids[n]));
	if (n > 5)
		str_addf(&b, " and %zu more", n - 5);
	return b.s;
}

const char *people_whom(struct heal *h, struct arena *a, enum right r)
{
	const char *names = names_of(h, a, list_of(h->settings, r));

	if (*names)
		return names;
	if (r == RIGHT_RESPONDER)
		return "everybody in the channel (no responders are set)";
	return arena_printf(
	        a, "nobody yet: an operator sets %ss in [who] of heal.ini", right_name(r));
}

const char *right_name(enum right r)
{
	static const char *const names[] = {"viewer", "responder", "fixer", "admin"};

	return names[r];
}

/* --- the same for handlers --- */

static const json *right_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	enum right r;

	if (!people_right(wf_heal(w), wf_arena(w), json_str(in, ".user", ""), &r, e))
		return NULL;
	json_set_int(out, "right", r);
	return out;
}

bool right_of(struct wf *w, const char *user, enum right *out, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	const json *got;

	json_set_str(in, "user", user);
	got = wf_step(w, "rights", right_step, in, e);
	if (!got)
		return false;
	*out = (enum right)json_int(got, ".right", RIGHT_VIEWER);
	return true;
}

const char *right_whom(struct wf *w, enum right r)
{
	return people_whom(wf_heal(w), wf_arena(w), r);
}

static const json *listed_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const char **ids = ARENA_ARRAY(a, json_len(json_get(in, ".ids")) + 1, const char *);
	const char *user = json_str(in, ".user", "");
	const json *info = user_info(h, a, user, e);
	json *out = json_obj(a);
	size_t n = 0;

	if (!info)
		return NULL;
	json_each (id, json_get(in, ".ids"))
		ids[n++] = json_str(id, "", "");
	json_set_bool(out, "yes", !json_bool(info, ".stranger", true) && listed(h, a, ids, user));
	return out;
}

bool person_listed(struct wf *w, const char **ids, const char *user, bool *out, struct err *e)
{
	json *in = json_obj(wf_arena(w)), *list = json_set_arr(in, "ids");
	const json *got;

	json_set_str(in, "user", user);
	for (size_t i = 0; ids && ids[i]; i++)
		json_add_str(list, ids[i]);
	got = wf_step(w, "listed", listed_step, in, e);
	*out = json_bool(got, ".yes", false);
	return got != NULL;
}

const char *people_names(struct wf *w, const char **ids)
{
	return names_of(wf_heal(w), wf_arena(w), ids);
}
