/* scan_apply.h - what a judged scan does to the incidents; for handlers/workflows/scan.c. */
#ifndef WORKFLOWS_SCAN_APPLY_H
#define WORKFLOWS_SCAN_APPLY_H

#include "scan.h"
#include "workflow.h"

struct scan_outcome {
	json *opened;  /* [{incident,reopened}]: to be diagnosed */
	json *changed; /* ids */
	json *ended;
	bool shadow; /* nothing was opened: shadow mode */
};

/* The service id of the incident "I am blind". */
extern const char scan_blind_id[];

/* Opens, updates and ends incidents and candidates. Repeating it gives the same result. */
bool scan_apply(struct wf *w, const struct scan *scan, struct scan_outcome *out, struct err *e);

#endif
