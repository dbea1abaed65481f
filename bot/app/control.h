/*
 * control.h - how a command of the terminal reaches the running bot: a Unix socket beside the
 * database ("heal.db.ctl", mode 0700; only the bot's own user and root are heard).
 *
 * The bot is the only process that writes to the store (store.h), so an order is handed to it: one
 * line of JSON, one line back (steer.h). Nothing of it is on the network.
 */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "arena.h"
#include "err.h"
#include "json.h"
#include "store/store.h"

struct control;

/* Listens; orders are carried out on a thread of its own, one after the other. NULL: it cannot (the
 * file system has no sockets), e says why; the bot works without. Thread: main. */
struct control *control_start(struct store *s, struct err *e);
/* Waits for the order under way. NULL is fine. */
void control_stop(struct control *c);

/* Asks the bot that has the database `db` open. ERR_NET: nobody listens; ERR_TIMEOUT: no answer
 * within 10 s; otherwise the bot's own refusal. */
json *control_ask(struct arena *a, const char *db, const json *order, struct err *e);

#endif
