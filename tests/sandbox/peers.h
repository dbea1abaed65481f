/* peers.h - the table of peers, for the framework. */
#ifndef HEAL_SANDBOX_PEERS_H
#define HEAL_SANDBOX_PEERS_H

#include "sandbox.h"

#define PEERS_MAX 7

/* Fills out[PEERS_MAX] with the peers that are linked in, in order; returns how many. */
size_t peers_list(const struct peer **out);

#endif
