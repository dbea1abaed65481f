/*
 * railway_peer.h - what other peers may tell the simulated Railway (railway.c).
 *
 * Railway deploys what is merged: the GitHub peer calls railway_merged() when a pull request
 * reaches the base branch, and the services of that repository recover a little later.
 */
#ifndef SANDBOX_RAILWAY_PEER_H
#define SANDBOX_RAILWAY_PEER_H

#include "sandbox.h"

/* A new deployment of the services of `repo` ("owner/name"); a sickness that a merge cures ends
 * when it is up. False: no service is deployed from that repository. */
bool railway_merged(struct sb *sb, const char *repo, const char *commit, const char *message,
        const char *author);

/* The real commit id behind a deployment of the story, by the commit's message. */
void railway_set_commit(struct sb *sb, const char *repo, const char *message, const char *commit);

#endif
