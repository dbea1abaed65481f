/*
 * peers.c - the one place where peers are registered.
 *
 * Weak: a peer whose file is not in the tree is left out, and the rest works.
 */
#include "peers.h"

extern const struct peer peer_slack __attribute__((weak));
extern const struct peer peer_railway __attribute__((weak));
extern const struct peer peer_llm __attribute__((weak));
extern const struct peer peer_github __attribute__((weak));
extern const struct peer peer_git __attribute__((weak));
extern const struct peer peer_status __attribute__((weak));
extern const struct peer peer_opencode __attribute__((weak));

size_t peers_list(const struct peer **out)
{
	const struct peer *all[PEERS_MAX] = {&peer_slack, &peer_railway, &peer_llm, &peer_github,
	        &peer_git, &peer_status, &peer_opencode};
	size_t n = 0;
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (all[i])
			out[n++] = all[i];
	return n;
}
