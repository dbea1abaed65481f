/* slack_model.c - people, channels and messages. */
#include "slack_i.h"

static void add_user(struct slack *s, struct user u)
{
	struct user *p = ARENA_NEW(s->a, struct user), **end = &s->users;
	*p = u;
	while (*end)
		end = &(*end)->next;
	*end = p;
}

static struct channel *add_channel(struct slack *s, struct channel c)
{
	struct channel *p = ARENA_NEW(s->a, struct channel), **end = &s->channels;
	*p = c;
	p->end = &p->first;
	while (*end)
		end = &(*end)->next;
	*end = p;
	return p;
}

void model_init(struct slack *s)
{
	const char *name = sb_setting(s->sb, "slack.channel");
	add_user(s, (struct user){.id = "U0ANA00001",
	                    .name = "ana",
	                    .real_name = "Ana Lind",
	                    .tz = "Europe/Vienna",
	                    .tz_offset_s = 3600});
	add_user(s, (struct user){.id = "U0BEN00001",
	                    .name = "ben",
	                    .real_name = "Ben Okafor",
	                    .tz = "America/New_York",
	                    .tz_offset_s = -18000});
	add_user(s, (struct user){.id = "U0CHO00001",
	                    .name = "cho",
	                    .real_name = "Cho Park",
	                    .tz = "Asia/Seoul",
	                    .tz_offset_s = 32400});
	add_user(s, (struct user){.id = "U0GUEST001",
	                    .name = "gil",
	                    .real_name = "Gil Guest",
	                    .tz = "Etc/UTC",
	                    .guest = true});
	add_user(s, (struct user){.id = "U0GONE0001",
	                    .name = "old",
	                    .real_name = "Olga Left",
	                    .tz = "Etc/UTC",
	                    .deleted = true});
	add_user(s, (struct user){.id = SLACK_BOT,
	                    .name = "heal",
	                    .real_name = "Heal",
	                    .tz = "Etc/UTC",
	                    .bot = true});
	add_user(s, (struct user){.id = "U0OTHERBOT",
	                    .name = "otherbot",
	                    .real_name = "Other Bot",
	                    .tz = "Etc/UTC",
	                    .bot = true});
	add_channel(s, (struct channel){.id = SLACK_MAIN,
	                       .name = name ? arena_strdup(s->a, name) : "incidents",
	                       .member = true});
	add_channel(s, (struct channel){.id = "C0GENERAL1", .name = "general"});
	add_channel(
	        s, (struct channel){
	                   .id = "C0SHARED01", .name = "partners", .member = true, .shared = true});
	add_channel(s, (struct channel){.id = "C0PRIVATE1", .name = "secret", .is_private = true});
	add_channel(s, (struct channel){.id = "C0ARCHIVE1",
	                       .name = "old-incidents",
	                       .archived = true,
	                       .member = true});
}

void model_free(struct slack *s)
{
	for (struct channel *c = s->channels; c; c = c->next)
		while (c->first) {
			struct msg *m = c->first;
			c->first = m->next;
			model_free_msg(m);
		}
}

struct user *model_user(struct slack *s, const char *id)
{
	for (struct user *u = s->users; u; u = u->next)
		if (str_eq(u->id, id))
			return u;
	return NULL;
}

struct channel *model_channel(struct slack *s, const char *id)
{
	for (struct channel *c = s->channels; c; c = c->next)
		if (str_eq(c->id, id))
			return c;
	return NULL;
}

struct channel *model_dm(struct slack *s, const char *user)
{
	for (struct channel *c = s->channels; c; c = c->next)
		if (str_eq(c->im_user, user))
			return c;
	struct user *u = model_user(s, user);
	if (!u)
		return NULL;
	return add_channel(s, (struct channel){.id = slack_id(s, s->a, 'D'),
	                              .name = "",
	                              .im_user = u->id,
	                              .member = true,
	                              .is_private = true});
}

json *model_user_json(struct slack *s, struct arena *a, const struct user *u)
{
	(void)s;
	json *o = json_obj(a), *p;
	json_set_str(o, "id", u->id);
	json_set_str(o, "team_id", u->stranger ? "T0STRANGER" : SLACK_TEAM);
	json_set_str(o, "name", u->name);
	json_set_bool(o, "deleted", u->deleted);
	json_set_str(o, "real_name", u->real_name);
	json_set_str(o, "tz", u->tz);
	json_set_int(o, "tz_offset", u->tz_offset_s);
	p = json_set_obj(o, "profile");
	json_set_str(p, "real_name", u->real_name);
	json_set_str(p, "display_name", u->bot ? "" : u->name);
	json_set_bool(o, "is_bot", u->bot);
	json_set_bool(o, "is_app_user", false);
	json_set_bool(o, "is_restricted", u->guest);
	json_set_bool(o, "is_ultra_restricted", false);
	if (u->stranger)
		json_set_bool(o, "is_stranger", true);
	return o;
}

json *model_channel_json(struct slack *s, struct arena *a, const struct channel *c)
{
	(void)s;
	json *o = json_obj(a);
	json_set_str(o, "id", c->id);
	if (c->im_user) {
		json_set_str(o, "user", c->im_user);
	} else {
		json_set_str(o, "name", c->name);
		json_set_bool(o, "is_member", c->member);
	}
	json_set_bool(o, "is_channel", !c->im_user && !c->is_private);
	json_set_bool(o, "is_group", false);
	json_set_bool(o, "is_im", c->im_user != NULL);
	json_set_bool(o, "is_mpim", false);
	json_set_bool(o, "is_private", c->is_private);
	json_set_bool(o, "is_archived", c->archived);
	json_set_bool(o, "is_ext_shared", c->shared);
	json_set_bool(o, "is_shared", c->shared);
	json_set_bool(o, "is_org_shared", false);
	return o;
}
