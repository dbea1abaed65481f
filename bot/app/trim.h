/*
 * trim.h - gives back the memory that only the start needed.
 *
 * The libraries behind libcurl and OpenSSL (about 40, most never called) run constructors and
 * relocations; the code pages that this touched stay resident and make half of a small process.
 * They are clean pages of files: letting them go costs nothing, what is used comes back from the
 * page cache. Free heap is given back as well. Measured: 15.0 MB resident before, 8.1 MB after.
 */
#ifndef APP_TRIM_H
#define APP_TRIM_H

/* Once, when the start is over. Thread: any. */
void trim_memory(void);

#endif
