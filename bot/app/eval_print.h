/* eval_print.h - the table of healbot eval, for people and for machines. */
#ifndef APP_EVAL_PRINT_H
#define APP_EVAL_PRINT_H

#include "diagnose/eval.h"

struct eval_row {
	struct eval_case c;
	struct eval_score score;
	const char *prompt_version, *model; /* NULL = recorded */
};
struct eval_table {
	struct eval_row *rows;
	size_t n;
	bool live;
	struct eval_total total;
};

/* Cases, then the totals. */
const char *eval_table_text(struct arena *a, const struct eval_table *t);
/* {"live","cases":[{"case","file","verdict","cause","remedy","honest","clean","ids","confidence",
 * "remedy_kind","notes","why","stands","cost_usd","tokens_in","tokens_out","model",
 * "prompt_version"}],"total":{…,"share"}}; cost null = unknown. */
const json *eval_table_json(struct arena *a, const struct eval_table *t);

#endif
