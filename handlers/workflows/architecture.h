/* architecture.h - the project in a few lines, from the last scan and the names of variables. */
#ifndef HEAL_ARCHITECTURE_H
#define HEAL_ARCHITECTURE_H

#include "incident.h"
#include "railway.h"
#include "str.h"

/* "api → postgres (DATABASE_URL)" when `reference` names a service of the scan; each pair once. */
void architecture_edge(struct str *edges, const struct scan_row *rows, size_t n,
        const struct railway_variable *v, const char *reference);
/* Services with kind, repository, what is public, volumes, queues; then who calls whom. */
const char *architecture_text(
        struct arena *a, const struct scan_row *rows, size_t n, const char *edges);

#endif
