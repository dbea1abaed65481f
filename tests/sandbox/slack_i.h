/*
 * slack_i.h - the simulated workspace, for slack*.c only.
 *
 * slack.c           peer, configuration, reset
 * slack_method.c    one Web API call: token, arguments, checks, answer
 * slack_model.c     people and channels
 * slack_message.c   messages, threads, reactions
 * slack_chat.c      chat.*
 * slack_conv.c      conversations.*, users.*, usergroups.*, auth.test
 * slack_react.c     reactions.*
 * slack_view.c      views.*, trigger ids
 * slack_file.c      uploads
 * slack_rate.c      tiers
 * slack_hook.c      response_url
 * slack_socket.c    Socket Mode connections
 * slack_trouble.c   how they misbehave
 * slack_envelope.c  envelopes, acknowledgements, retries
 * slack_flood.c     many of them, for measuring
 * slack_event.c     payloads of the Events API
 * slack_person.c    what a person does
 * slack_click.c     clicks and forms
 * slack_state.c     everything as JSON, live updates
 *
 * Sources: docs.slack.dev (methods, Socket Mode, interactivity, Block Kit), and where it is silent
 * what people observed; each such place says so.
 */
#ifndef HEAL_SANDBOX_SLACK_I_H
#define HEAL_SANDBOX_SLACK_I_H

#include <string.h>

#include "blockkit.h"
#include "sandbox.h"

#define SLACK_TEAM   "T0SANDBOX1"
#define SLACK_APP    "A0SANDBOX1"
#define SLACK_BOT    "U0HEALBOT1" /* the bot as a user */
#define SLACK_BOT_ID "B0HEALBOT1"
#define SLACK_MAIN   "C0INCIDENT"

#define LINKS_MAX       10
#define TRIGGER_LIFE_MS 3000
#define ACK_LIMIT_MS    3000
#define HOOK_LIFE_MS    (30 * 60 * 1000)
#define HOOK_USES       5

struct user {
	struct user *next;
	const char *id, *name, *real_name, *tz;
	int tz_offset_s;
	bool bot, guest, deleted, stranger;
};

struct reaction {
	struct reaction *next;
	const char *name;
	json *users; /* array of ids, in order */
};

struct msg {
	struct msg *next; /* in time order */
	struct arena *a;  /* replaced by an edit */
	struct channel *channel;
	char ts[32], thread_ts[32]; /* thread_ts "" = a root */
	json *o;                    /* as the API shows it, without counts and reactions */
	json *metadata;             /* NULL = none */
	const char *user;           /* author */
	const char *for_user;       /* ephemeral: who sees it; NULL = everybody */
	bool ours;                  /* posted by the app */
	bool broadcast, tombstone;
	int edits;
	struct arena *reactions_a;
	struct reaction *reactions;
};

struct channel {
	struct channel *next;
	const char *id, *name, *im_user;           /* im_user: the person of a direct message */
	bool is_private, archived, shared, member; /* member: the bot is in it */
	struct msg *first, **end;
};

struct trigger {
	struct trigger *next;
	const char *id, *user;
	const char *view; /* the modal it was clicked in; NULL = none */
	int64_t born_ms;
	bool used;
};

struct hook { /* a response_url */
	struct hook *next;
	const char *id, *user;
	struct channel *channel;
	char ts[32], thread_ts[32]; /* the clicked message; "" = from a command */
	int64_t born_ms;
	int used;
};

struct view {
	struct view *next;
	struct arena *a;
	char id[24], hash[40];
	const char *user;
	const char *below; /* id of the modal under it; NULL = bottom */
	json *o;           /* as the API shows it */
	bool home, open;
};

struct file {
	struct file *next;
	char id[24];
	char *name, *bytes;
	size_t want, len;
	bool uploaded, done;
	char *title, *alt;
};

struct link;     /* a Socket Mode connection: slack_socket.c */
struct envelope; /* slack_envelope.c */
struct bucket;   /* slack_rate.c */
struct watcher;  /* a page that looks on: slack_state.c */

struct config {
	char bot_token[128], app_token[128], scopes[1024], commands[256], events[1024];
	bool revoked, socket_mode, home_tab, rate, markdown_join;
	int64_t connection_ms, warning_ms, ping_ms;
	int64_t retry_ms[3];
	int64_t copies; /* each envelope is sent so many times */
};

struct ticket {
	struct ticket *next;
	char id[48];
	int64_t born_ms;
	bool used;
};

struct slack {
	struct sb *sb;
	struct arena *a; /* until reset */
	struct config cfg;
	struct user *users;
	struct channel *channels;
	struct trigger *triggers;
	struct hook *hooks;
	struct view *views;
	struct file *files;
	struct ticket *tickets;
	struct link *links;
	struct envelope *envelopes;
	struct bucket *buckets;
	struct watcher *watchers;
	struct sb_timer *notify;
	int64_t last_us, seq;
	unsigned turn; /* for routing */
	int64_t rev;   /* counts changes, for the page */
};

/* ---- slack.c */
void slack_changed(struct slack *s); /* something visible is different: tell the pages */
/* "U0…"-like id: prefix + 9 characters, unique. In `a`. */
char *slack_id(struct slack *s, struct arena *a, char prefix);
bool slack_word(const char *list, const char *word); /* list separated by , or blank */
/* Records an effect; members by name and string, NULL-terminated. */
void slack_effect(struct slack *s, const char *what, ...) __attribute__((sentinel));
/* Records a breach of the protocol by the bot. */
void slack_violation(struct slack *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- slack_model.c, slack_message.c */
void model_init(struct slack *s);
void model_free(struct slack *s);
void model_free_msg(struct msg *m); /* out of its list already */
struct user *model_user(struct slack *s, const char *id);
struct channel *model_channel(struct slack *s, const char *id);
struct channel *model_dm(struct slack *s, const char *user); /* opened if need be */
json *model_user_json(struct slack *s, struct arena *a, const struct user *u);
json *model_channel_json(struct slack *s, struct arena *a, const struct channel *c);
void model_ts(struct slack *s, char ts[32]);
/* A new message; `body` gives text, blocks … and is copied. Author user id; app: ours. */
struct new_msg {
	struct channel *channel;
	const char *user, *for_user, *thread_ts;
	const json *body, *metadata;
	bool ours, broadcast;
};
struct msg *model_post(struct slack *s, const struct new_msg *n);
struct msg *model_msg(struct channel *c, const char *ts);     /* not ephemeral, not a tombstone */
struct msg *model_any_msg(struct channel *c, const char *ts); /* any */
void model_edit(struct slack *s, struct msg *m, const json *body);
void model_set_metadata(struct msg *m, const json *metadata);
void model_delete(struct slack *s, struct msg *m);
size_t model_replies(const struct msg *root, const char **latest);
/* As history shows it. */
json *model_msg_json(struct slack *s, struct arena *a, const struct msg *m, bool all_metadata);
bool model_react(
        struct slack *s, struct msg *m, const char *user, const char *name); /* false: was there */
bool model_unreact(struct slack *s, struct msg *m, const char *user, const char *name);
json *model_reactions_json(struct arena *a, const struct msg *m);
/* Copy of blocks with a block_id (and action_ids) where there was none. */
json *model_blocks(struct slack *s, struct arena *a, const json *blocks);

/* ---- slack_method.c */
struct call {
	struct slack *s;
	const struct sb_request *rq;
	struct sb_response *rs;
	struct arena *a;
	json *args, *out;
	bool form; /* arguments are strings */
};
typedef const char *call_fn(struct call *c); /* NULL = ok, else Slack's error string */
enum { BODY_FORM_ONLY, BODY_JSON };
enum { TOKEN_BOT, TOKEN_APP, TOKEN_ANY };
struct method {
	const char *name, *scope; /* scope "" = none */
	int token, tier, body;    /* tier 0: special */
	call_fn *fn;
};
void method_handle(struct slack *s, const struct sb_request *rq, struct sb_response *rs);
const char *arg_str(struct call *c, const char *name); /* NULL = absent */
bool arg_bool(struct call *c, const char *name, bool def);
int64_t arg_int(struct call *c, const char *name, int64_t def);
const json *arg_json(struct call *c, const char *name); /* parsed if it came as a string */
/* Puts "[ERROR] missing required field: name" and returns "invalid_arguments". */
const char *missing(struct call *c, const char *name);
void messages_out(struct call *c, const json *lines); /* response_metadata.messages */
const char *need_scope(struct call *c, const char *scope);
/* The channel argument, with what a bot may not see refused. NULL and *error. */
struct channel *arg_channel(struct call *c, const char **error);

extern const struct method slack_chat_methods[], slack_conv_methods[], slack_react_methods[],
        slack_view_methods[], slack_file_methods[];

/* ---- slack_rate.c */
/* Seconds to wait, 0 = go ahead. */
int rate_take(struct slack *s, const char *key, double per_s, double burst);
void rate_free(struct slack *s);

/* ---- slack_chat.c */
/* Slack's error for what a message holds, with response_metadata; NULL = fine. */
const char *chat_check(struct call *c, const json *m);

/* ---- slack_view.c */
const char *trigger_new(struct slack *s, const char *user, const char *view);
struct view *view_find(struct slack *s, const char *id);
struct view *view_top(struct slack *s, const char *user); /* the modal on top, NULL = none */
struct view *view_home(struct slack *s, const char *user);
struct view *view_add(struct slack *s, const char *user, const json *view, const char *below);
void view_replace(struct slack *s, struct view *v, const json *view);
void view_close(struct slack *s, struct view *v);
void view_close_all(struct slack *s, const char *user);
void views_free(struct slack *s);

/* ---- slack_file.c */
void file_receive(struct slack *s, const struct sb_request *rq, struct sb_response *rs);
void file_serve(struct slack *s, const struct sb_request *rq, struct sb_response *rs);
void files_free(struct slack *s);

/* ---- slack_hook.c */
const char *hook_new(struct slack *s, const char *user, struct channel *ch, const struct msg *m);
void hook_receive(struct slack *s, const struct sb_request *rq, struct sb_response *rs);
/* Shows an answer to a command or click: by response_url or in an ack. */
const char *hook_apply(struct slack *s, struct hook *h, struct arena *a, const json *answer);
struct hook *hook_by_url(struct slack *s, const char *url);

/* ---- slack_socket.c */
const char *socket_open(struct call *c); /* apps.connections.open */
void socket_upgrade(struct slack *s, const struct sb_request *rq, struct sb_response *rs);
struct link *socket_pick(struct slack *s); /* NULL: nobody listens */
void socket_send(struct slack *s, struct link *l, const json *envelope, const char *type);
int socket_id(const struct link *l);
const char *socket_control(struct slack *s, const json *arg); /* NULL or what is wrong */
json *socket_json(struct slack *s, struct arena *a);
void sockets_free(struct slack *s);

/* ---- slack_envelope.c */
struct ack {
	bool acked;
	const json *payload; /* NULL = none */
	const char *trouble; /* why it was not acknowledged */
	int64_t took_us;
};
struct envelope_spec {
	const char *type; /* events_api, slash_commands, interactive */
	const json *payload;
	bool accepts_payload;
	/* Called once: acknowledged, or given up. May be NULL. */
	void (*done)(void *arg, const struct ack *ack);
	void *arg;
};
void envelope_send(struct slack *s, const struct envelope_spec *spec);
void envelope_ack(struct slack *s, struct link *l, const char *text, size_t n);
void envelope_link_gone(struct slack *s, struct link *l);
void envelope_forget(struct slack *s, void *arg); /* its asker is gone */
json *envelope_json(struct slack *s, struct arena *a);
void envelopes_free(struct slack *s);

int64_t mono_us(void);

/* ---- slack_flood.c */
/* Many envelopes at a given rate, for measuring: answers when all are acknowledged. */
void flood_control(struct slack *s, const struct sb_request *rq, struct sb_response *rs);

/* ---- slack_event.c */
json *event_wrap(struct slack *s, struct arena *a, const json *event, const char *event_id);
void event_message(struct slack *s, const struct msg *m);
void event_message_deleted(struct slack *s, const struct channel *c, const char *ts);
void event_message_changed(struct slack *s, const struct msg *m);
void event_reaction(
        struct slack *s, const struct msg *m, const char *user, const char *name, bool added);
void event_home(struct slack *s, const char *user, const char *tab);

/* ---- slack_person.c, slack_click.c */
void person_control(struct slack *s, const struct sb_request *rq, struct sb_response *rs);
struct asker { /* a control request that waits for the bot's acknowledgement */
	struct slack *s;
	struct sb_response *rs;
	struct arena *a;
	json *out;
	struct hook *hook;
	char view[24]; /* the modal that waits for an answer */
};
struct asker *asker_new(struct slack *s, const struct sb_request *rq, struct sb_response *rs);
void asker_shown(struct asker *k, const struct ack *ack); /* fills out; does not send */
void asker_send(struct asker *k);
/* Each sends an envelope and answers later (NULL), or says why a person could not do that. */
const char *click_control(struct asker *k, const json *arg);
const char *submit_control(struct asker *k, const json *arg);
const char *close_view_control(struct asker *k, const json *arg);
const char *shortcut_control(struct asker *k, const json *arg);
json *person_payload(struct slack *s, struct arena *a, const char *type, const char *user);

/* ---- slack_state.c */
void state_answer(struct slack *s, const struct sb_request *rq, struct sb_response *rs);
void state_watch(struct slack *s, struct sb_response *rs);
void state_notify(struct slack *s);

#endif
