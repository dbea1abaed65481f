/* slack_link.h - one Socket Mode connection, for slack_socket.c and slack_trouble.c. */
#ifndef HEAL_SANDBOX_SLACK_LINK_H
#define HEAL_SANDBOX_SLACK_LINK_H

#include "slack_i.h"

struct link {
	struct link *next;
	struct slack *s;
	struct sb_ws *ws;
	int id;
	bool hello, going, silent, duplicates;
	size_t fragment;
	int64_t close_ms; /* from refresh_requested to close */
	struct sb_timer *life, *ping;
};

void link_send_disconnect(struct link *l, const char *reason);
/* Ends it in order: a close frame, then the connection. */
void link_close(struct link *l, int code, const char *reason);
void link_arm(struct link *l, int64_t ms, void (*fn)(void *arg)); /* the one timer of its life */
void link_refresh(void *link); /* "refresh_requested", then close */

#endif
