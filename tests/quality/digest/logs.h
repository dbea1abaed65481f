/* logs.h - the corpus of logs: messages in the headers of many loggers, and rare telling lines. */
#ifndef QUALITY_LOGS_H
#define QUALITY_LOGS_H

#include "quality/quality.h"

/* A set: '@' in the header stands for the message; `level` forms draw the word. */
struct log_header {
	const char *name, *form;
	bool json; /* quotes in the message are escaped */
};
extern const struct log_header log_headers[];
extern const size_t log_n_headers;

/* Messages; two lines with the same one are of one kind, whatever was drawn. Words of a state (true
 * and false, up and down) are kinds of their own: what changed is what is looked for. */
extern const char *const log_messages[];
extern const size_t log_n_messages;

/* The big log: what it is full of, harmless lines that occur once, and the lines to be found. */
extern const char *const log_bulk[];
extern const size_t log_n_bulk;
extern const char *const log_odd[];
extern const size_t log_n_odd;
struct log_needle {
	const char *name, *form;
	const char *must[3]; /* all of them have to be in the digest */
	int times;
};
extern const struct log_needle log_needles[];
extern const size_t log_n_needles;

#endif
