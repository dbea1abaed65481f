/* routes.h - the pages: one function each, in the file of its name. `ctx` is the struct site. */
#ifndef PAGES_ROUTES_H
#define PAGES_ROUTES_H

#include "pages/site.h"

/* overview_page.c */
const void *overview_look(void *ctx, struct arena *a);
void overview_page(void *ctx, const struct page_request *q, struct page_answer *out);
/* runs_page.c, run_page.c, value_page.c */
void runs_page(void *ctx, const struct page_request *q, struct page_answer *out);
void run_page(void *ctx, const struct page_request *q, struct page_answer *out);
void value_page(void *ctx, const struct page_request *q, struct page_answer *out);
/* incidents_page.c, incident_page.c */
void incidents_page(void *ctx, const struct page_request *q, struct page_answer *out);
void incident_page(void *ctx, const struct page_request *q, struct page_answer *out);
/* queue_page.c */
void queue_page(void *ctx, const struct page_request *q, struct page_answer *out);

#endif
