/* workflows.c - the workflows of the program: the engine's own and those of handlers/table.c. */
#include <assert.h>

#include "app/dispatch.h"
#include "app/housekeeping.h"
#include "app/steer.h"
#include "handler.h"

enum { MAX_WORKFLOWS = 32 };

const struct workflow *const *all_workflows(void)
{
	static const struct workflow *list[MAX_WORKFLOWS + 1];
	size_t n = 0;

	list[n++] = &wf_envelope;
	list[n++] = &wf_housekeeping;
	for (size_t i = 0; handler_workflows[i]; i++) {
		assert(n < MAX_WORKFLOWS);
		list[n++] = handler_workflows[i];
	}
	return list;
}
