/*
 * config_check.h - what one value cannot tell: values that contradict each other, and what a
 * command needs (config_require in config.h).
 */
#ifndef APP_CONFIG_CHECK_H
#define APP_CONFIG_CHECK_H

#include "settings.h"
#include "str.h"

/* Adds a line for each contradiction. */
void config_check(const struct settings *s, struct str *problems);

#endif
