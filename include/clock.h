/*
 * clock.h - time, and how people write it.
 *
 * Wall time is milliseconds since the Unix epoch (UTC); monotonic time is for durations only. Tests
 * replace the wall clock: clock_fake lets time pass, clock_fake_set sets the clock as ntpd or a
 * person does. Thread: any.
 */
#ifndef HEAL_CLOCK_H
#define HEAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

int64_t clock_now_ms(void);  /* wall */
int64_t clock_mono_ms(void); /* monotonic, arbitrary zero */
/* Wall minus elapsed time, in ms: as long as nobody sets the wall clock it does not change (a
 * suspended machine counts as time that passed: CLOCK_BOOTTIME). */
int64_t clock_offset_ms(void);
/* Tests only. Freezes the wall clock at that time, as if it had passed; 0 = the real one again. */
void clock_fake(int64_t wall_ms);
/* Tests only, while faked: the wall clock is set; clock_offset_ms changes by as much. */
void clock_fake_set(int64_t wall_ms);

/* "2026-11-24T14:02:00Z" or with milliseconds. */
char *clock_rfc3339(struct arena *a, int64_t ms);
/* RFC 3339 with any fraction and offset; false when it is not a date. */
bool clock_parse_rfc3339(const char *s, int64_t *ms_out);

/* "90s" "10m" "4h" "7d" "2w" "500ms" "1h30m"; a bare 0 is fine, any other bare number is not.
 * False on anything else, on a negative and on overflow. */
bool clock_parse_duration(const char *s, int64_t *ms_out);
/* For people: "45 s", "9 min", "2 h 05 min", "3 d 4 h". */
char *clock_duration(struct arena *a, int64_t ms);
/* For settings: "90s", "10m", the shortest form that parse_duration reads back. */
char *clock_duration_short(struct arena *a, int64_t ms);
/* "14:02" UTC, with the date ("Nov 23 14:02") when it is not today. */
char *clock_hhmm(struct arena *a, int64_t ms);

#endif
