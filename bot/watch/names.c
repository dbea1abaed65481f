/* The words for signals and severities. See watch.h. */
#include <assert.h>

#include "str.h"
#include "watch.h"

static const struct word {
	const char *name, *label;
} words[SIGNAL_COUNT] = {
        [SIGNAL_ERROR_RATE] = {"error_rate", "HTTP 5xx"},
        [SIGNAL_CLIENT_ERRORS] = {"client_error_rate", "HTTP 4xx"},
        [SIGNAL_LATENCY] = {"latency", "p95 latency"},
        [SIGNAL_MEMORY] = {"memory", "memory"},
        [SIGNAL_CPU] = {"cpu", "CPU"},
        [SIGNAL_DISK] = {"disk", "disk"},
        [SIGNAL_CRASH_LOOP] = {"crash_loop", "crash loop"},
        [SIGNAL_DEPLOY] = {"deploy", "deployment failed"},
        [SIGNAL_SILENT] = {"silent", "traffic stopped"},
        [SIGNAL_CRON] = {"cron", "scheduled job did not run"},
};

const char *signal_name(enum signal s)
{
	assert(s < SIGNAL_COUNT);
	return words[s].name;
}

const char *signal_label(enum signal s)
{
	assert(s < SIGNAL_COUNT);
	return words[s].label;
}

bool signal_parse(const char *word, enum signal *out)
{
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		if (str_eq(words[i].name, word)) {
			*out = (enum signal)i;
			return true;
		}
	}
	return false;
}

const char *severity_name(enum severity s)
{
	static const char *const names[] = {"none", "warning", "critical"};

	return names[s];
}
