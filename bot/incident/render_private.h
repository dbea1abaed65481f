/* Shared by the render_*.c files only. */
#ifndef HEAL_INCIDENT_RENDER_PRIVATE_H
#define HEAL_INCIDENT_RENDER_PRIVATE_H

#include "render.h"

const char *render_id(struct arena *a, const struct incident *inc); /* "42" */

#endif
