/* redact_argv.c - passwords behind short options, which mean that only with some programs. */
#include "digest/redact_i.h"

#include <string.h>

enum { LOOK_BACK = 240 };

static const struct option {
	const char *flag;
	bool attached;  /* "-psecret" */
	bool with_user; /* "user:secret" */
	const char *program;
} options[] = {
        {"-p", true, false, "mysql"},
        {"-p", true, false, "mariadb"},
        {"-p", true, false, "mongo"},
        {"-p", true, false, "sshpass"},
        {"-p", true, false, "docker"},
        {"-p", true, false, "podman"},
        {"-p", true, false, "helm"},
        {"-p", true, false, "7z"},
        {"-p", true, false, "az login"},
        {"-a", false, false, "redis-cli"},
        {"-u", false, true, "curl"},
        {"--user", false, true, "curl"},
        {"--proxy-user", false, true, "curl"},
        {"-u", false, true, "http"},
        {"-a", false, true, "http "},
        {"-P", true, false, "sqlcmd"},
        {"-P", false, false, "unzip"},
        {"-P", false, false, "zip"},
        {"-w", false, false, "ldap"},
        {"-U", false, true, "smbclient"},
        {"-hp", true, false, "rar"},
};

static bool names_program(const struct scan *x, size_t at, const char *program)
{
	size_t from = at > LOOK_BACK ? at - LOOK_BACK : 0;

	return memmem(x->s + from, at - from, program, strlen(program)) != NULL;
}

static size_t take(struct scan *x, const struct option *o, size_t at)
{
	struct value v = value_at(x, at, "");
	bool digits = true;

	if (o->with_user) {
		const char *colon = memchr(x->s + v.at, ':', v.end - v.at);

		if (!colon)
			return 0;
		v.at = (size_t)(colon - x->s) + 1;
	}
	for (size_t i = v.at; i < v.end; i++)
		digits = digits && IS(x->s[i], C_DIGIT);
	if (v.end < v.at + 3 || (digits && v.end - v.at < 6) ||
	        is_placeholder(x->s + v.at, v.end - v.at))
		return 0;
	scan_mask(x, v.at, v.end, "password");
	return v.end;
}

/* Where the option's value begins; 0 = it is not this option. */
static size_t value_of(const struct scan *x, const struct option *o, size_t at)
{
	size_t n = strlen(o->flag), i = at + n, q;

	if (x->n - at <= n + 1 || memcmp(x->s + at, o->flag, n) != 0)
		return 0;
	if (x->s[i] == ' ' || x->s[i] == '=') {
		bool program =
		        strcmp(o->program, "mysql") == 0 || strcmp(o->program, "mariadb") == 0;

		return program && x->s[i] == ' ' ? 0 : i + 1;
	}
	q = quote_len(x->s + i, x->n - i);
	if (q > 0 && i + q < x->n && (x->s[i + q] == ',' || x->s[i + q] == ' ')) {
		i += q + 1; /* "-a","secret" */
		return i + (x->s[i] == ' ');
	}
	return o->attached ? i : 0;
}

size_t argv_at(struct scan *x, size_t at)
{
	char before = x->s[at - 1];

	if ((before != ' ' && before != '"' && before != '\'') || at + 1 >= x->n ||
	        !strchr("paAuPwUh-", x->s[at + 1]))
		return 0;
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		size_t v = value_of(x, &options[i], at);

		if (v > 0 && v < x->n && names_program(x, at, options[i].program))
			return take(x, &options[i], v);
	}
	return 0;
}
