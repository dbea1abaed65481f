/*
 * spark.h - numbers for people: sparklines, units, aligned tables. For Slack and the terminal.
 *
 * All text is UTF-8 in the given arena. Missing values are NAN and are shown as a gap or "–", never
 * as zero. Thread: as the arena.
 */
#ifndef HEAL_SPARK_H
#define HEAL_SPARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* n values as exactly `width` characters of ▁▂▃▄▅▆▇█ (width 0 = n). More values than characters:
 * each character shows the largest of its share, so that a peak is never lost; fewer: the line is
 * as long as n. A character without any value is a space. Scale: 0 … top, where top is the larger
 * of the greatest value and `limit` (limit <= 0 or NAN: none), so a calm series under its limit
 * looks calm. All zero is all ▁. */
char *spark(struct arena *a, const double *v, size_t n, size_t width, double limit);

/* "12.4 %" of a share 0.124; whole percents without a decimal ("41 %"); above 0 but under 0.1 %:
 * "< 0.1 %"; short of all is never rounded to "100 %". NAN is "–" here and below. */
char *num_share(struct arena *a, double share);
char *num_int(struct arena *a, double v); /* "1 318" */
char *num_ms(struct arena *a, double ms); /* "2 940 ms"; under 10: "3.1 ms" */
char *num_gb(struct arena *a, double gb); /* "1 GB" "512 MB" "1.5 GB" "2 TB" (decimal) */
char *num_of_gb(struct arena *a, double used_gb, double limit_gb); /* "41 % of 1 GB" */
char *num_cores(struct arena *a, double v);                        /* "0.25 vCPU" */
char *num_usd(struct arena *a, double v); /* "$0.03"; under a cent "< $0.01" */
/* By the unit names of findings: "share" "ms" "count" "gb" "s" "vcpu". */
char *num_unit(struct arena *a, double v, const char *unit);
/* "0.2 → 12.4 %": the unit once when both have the same. */
char *num_change(struct arena *a, double from, double to, const char *unit);

/* Columns a terminal or a fixed-width font needs: combining 0, wide and emoji 2. */
size_t text_width(const char *s);
/* s in exactly `width` columns, cut with "…" or padded; right: padded on the left. */
char *text_fit(struct arena *a, const char *s, size_t width, bool right);

/* A table. Cells are foreign text: cleaned, put on one line. */
struct table;
enum table_align { TABLE_LEFT, TABLE_RIGHT };
/* `max_width` of a column in characters; 0 = as wide as needed. */
struct table *table_new(struct arena *a);
void table_column(struct table *t, const char *title, enum table_align align, size_t max_width);
void table_cell(struct table *t, const char *text); /* fills row by row; NULL = empty */
void table_rule(struct table *t);                   /* a line of ─ before the next row */
/* The lines, each ended by \n, columns two spaces apart, no trailing spaces. `titles` false:
 * without the head line. At most max_rows rows (0 = all), then "… n more". */
char *table_text(const struct table *t, bool titles, size_t max_rows);

#endif
