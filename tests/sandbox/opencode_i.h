/* opencode_i.h - the parts of the OpenCode stand-in among themselves. */
#ifndef HEAL_SANDBOX_OPENCODE_I_H
#define HEAL_SANDBOX_OPENCODE_I_H

#include <sys/types.h>

#include "sandbox/sandbox_i.h"

struct oc_session {
	struct oc_session *next; /* older */
	struct oc_peer *p;
	const char *id;
	json *info, *messages, *talk, *todos; /* talk: the conversation as the model sees it */
	json *said, *part;                    /* the open message, its tool's part */
	const char *prompt_id, *dir;
	bool busy, gone;
	int64_t turns;
	struct sb_timer *timer;
	pid_t pid;
	int out;
	struct watch *watch;
	struct str output;
};

struct oc_peer {
	struct sb *sb;
	struct arena *a; /* until reset */
	struct oc_session *sessions;
	uint64_t last_id;
	char dir[64];
};

const char *oc_message_id(struct oc_peer *p);
json *oc_add_message(struct oc_session *s, const char *id, const char *role);
json *oc_add_part(struct oc_session *s, json *m, const char *type);
void oc_next_turn(void *session); /* a timer's callback */
void oc_stop(struct oc_session *s);
/* Starts a command in the session's folder; *from gives what it prints, without blocking. */
pid_t oc_spawn(struct oc_session *s, const char *command, int *from);
/* Runs a command of the bot and answers with the message that holds its output. */
void oc_shell(struct oc_session *s, const json *body, struct sb_response *rs);

#endif
