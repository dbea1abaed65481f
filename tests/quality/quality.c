/* quality.c - see quality.h. */
#include "quality/quality.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- drawing --- */

static uint64_t state = 1;

void draw_seed(uint64_t seed)
{
	state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (int i = 0; i < 8; i++)
		draw_bits();
}

uint64_t draw_bits(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(0x2545f4914f6cdd1d);
}

size_t draw_below(size_t n)
{
	return n ? (size_t)(draw_bits() >> 11) % n : 0;
}

size_t draw_between(size_t low, size_t high)
{
	return low + draw_below(high - low + 1);
}

bool draw_chance(double p)
{
	return (double)(draw_bits() >> 11) / 9007199254740992.0 < p;
}

#define PICK(list) (list)[draw_below(sizeof(list) / sizeof(*(list)))]

const char *draw_word(void)
{
	static const char *const words[] = {"acorn", "basalt", "cedar", "dune", "estuary", "fjord",
	        "glacier", "heron", "inlet", "jasper", "kelp", "lichen", "marsh", "nettle",
	        "osprey", "pumice", "quail", "reed", "sorrel", "tundra", "urchin", "vole", "walnut",
	        "yarrow"};

	return PICK(words);
}

static void some(struct str *b, const char *alphabet, size_t n)
{
	size_t k = strlen(alphabet);

	while (n--)
		str_addc(b, alphabet[draw_below(k)]);
}

#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define HEXED  "0123456789abcdef"

static void password(struct str *b)
{
	switch (draw_below(4)) {
	case 0:
		some(b, UPPER LOWER DIGITS "!#^*_-", draw_between(12, 22));
		return;
	case 1:
		str_addf(b, "%c%s-%s%zu", toupper((unsigned char)*draw_word()), draw_word(),
		        draw_word(), draw_between(10, 999));
		return;
	case 2:
		some(b, LOWER DIGITS, draw_between(9, 12));
		str_addf(b, "%zu", draw_between(1, 9));
		return;
	default:
		str_addf(b, "%s@%s_%zu", draw_word(), draw_word(), draw_between(100, 9999));
	}
}

static void uuid(struct str *b)
{
	some(b, HEXED, 8);
	str_addc(b, '-');
	some(b, HEXED, 4);
	str_add(b, "-4");
	some(b, HEXED, 3);
	str_addf(b, "-%c", "89ab"[draw_below(4)]);
	some(b, HEXED, 3);
	str_addc(b, '-');
	some(b, HEXED, 12);
}

static void time_stamp(struct str *b)
{
	str_addf(b, "2026-%02zu-%02zuT%02zu:%02zu:%02zu.%03zuZ", draw_between(1, 12),
	        draw_between(1, 28), draw_below(24), draw_below(60), draw_below(60),
	        draw_below(1000));
}

static const char *alphabet_of(char c)
{
	switch (c) {
	case 'A':
		return UPPER LOWER DIGITS;
	case 'h':
		return HEXED;
	case 'U':
		return UPPER DIGITS;
	case 'L':
		return LOWER DIGITS;
	case 'd':
		return DIGITS;
	case 'b':
		return UPPER LOWER DIGITS "+/";
	case 'u':
		return UPPER LOWER DIGITS "-_";
	default:
		return NULL;
	}
}

/* %(a|b|c) at p: one of them, itself a form; returns what stands behind. */
static const char *one_of(struct str *b, const char *p, const char *secret)
{
	const char *end = strchr(p, ')'), *from = p;
	size_t n = 1, k;
	char part[128];

	for (const char *q = p; q < end; q++)
		n += *q == '|';
	for (k = draw_below(n); k > 0; k--)
		from = strchr(from, '|') + 1;
	k = strcspn(from, "|)");
	snprintf(part, sizeof(part), "%.*s", (int)k, from);
	draw_form(b, part, secret);
	return end + 1;
}

static void simple(struct str *b, char c, const char *secret)
{
	static const char *const services[] = {
	        "api", "web", "worker", "checkout", "billing", "gateway", "ingest", "mailer"};
	static const char *const hosts[] = {"db.internal.example.net", "postgres.railway.internal",
	        "cache-02.prod.example.io", "kafka-1.svc.cluster.local"};
	static const char *const users[] = {"app", "postgres", "admin", "svc_orders", "root"};

	switch (c) {
	case 'g':
		uuid(b);
		break;
	case 'w':
		str_add(b, draw_word());
		break;
	case 'n':
		str_addf(b, "%zu", draw_between(1, 9999));
		break;
	case 't':
		time_stamp(b);
		break;
	case 's':
		str_add(b, PICK(services));
		break;
	case 'H':
		str_add(b, PICK(hosts));
		break;
	case 'e':
		str_add(b, PICK(users));
		break;
	case 'i':
		str_addf(b, "10.%zu.%zu.%zu", draw_below(256), draw_below(256),
		        draw_between(1, 254));
		break;
	case 'p':
		password(b);
		break;
	case 'a':
		some(b, LOWER, 1);
		break;
	case 'S':
		str_add(b, str_or(secret, ""));
		break;
	default:
		str_addc(b, c);
	}
}

void draw_form(struct str *b, const char *form, const char *secret)
{
	for (const char *p = form; *p; p++) {
		const char *alphabet;

		if (*p != '%') {
			str_addc(b, *p);
			continue;
		}
		p++;
		alphabet = alphabet_of(*p);
		if (*p == '(') {
			p = one_of(b, p + 1, secret) - 1;
		} else if (alphabet && isdigit((unsigned char)p[1])) {
			char *end;

			some(b, alphabet, strtoul(p + 1, &end, 10));
			p = end - 1;
		} else {
			simple(b, *p, secret);
		}
	}
}

const char *draw_text(struct arena *a, const char *form, const char *secret)
{
	struct str b = str_new(a);

	draw_form(&b, form, secret);
	return b.s ? b.s : "";
}

/* --- numbers --- */

static int missed;

static void reached(const char *name, double value, const char *sign, double target, bool ok)
{
	printf("   %-58s %9.4g  (to reach: %s %g)%s\n", name, value, sign, target,
	        ok ? "" : "  MISSED");
	missed |= !ok;
}

void reach_at_least(const char *name, double value, double target)
{
	reached(name, value, ">=", target, value >= target);
}

void reach_at_most(const char *name, double value, double target)
{
	reached(name, value, "<=", target, value <= target);
}

int reach_result(void)
{
	return missed;
}

/* --- a filter --- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static pid_t start(const char *const *argv, int *to, int *from)
{
	int in[2], out[2];
	pid_t pid;

	if (pipe(in) != 0 || pipe(out) != 0 || (pid = fork()) < 0)
		die("pipe");
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	*to = in[1];
	*from = out[0];
	return pid;
}

/* Feeds and reads at once; returns when the filter has closed its output. */
static void pump(int to, int from, const char *in, size_t n, size_t chunk, struct str *out)
{
	size_t done = 0;
	char buf[65536];

	if (n == 0)
		close(to);
	fcntl(to, F_SETFL, O_NONBLOCK);
	for (;;) {
		struct pollfd p[2] = {{from, POLLIN, 0}, {done < n ? to : -1, POLLOUT, 0}};
		ssize_t k;

		if (poll(p, 2, -1) < 0)
			die("poll");
		if (p[1].revents) {
			size_t left = n - done;

			k = write(to, in + done, chunk && chunk < left ? chunk : left);
			done += k > 0 ? (size_t)k : 0;
			if (done == n)
				close(to);
		}
		if (p[0].revents) {
			k = read(from, buf, sizeof(buf));
			if (k <= 0)
				return;
			str_addn(out, buf, (size_t)k);
		}
	}
}

struct filtered filter_run(
        struct arena *a, const char *const *argv, const char *in, size_t n, size_t chunk)
{
	struct str out = str_new(a);
	double begin = now();
	int to, from, status;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	pid = start(argv, &to, &from);
	pump(to, from, in, n, chunk, &out);
	close(from);
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "%s %s failed\n", argv[0], str_or(argv[1], ""));
		exit(2);
	}
	return (struct filtered){out.s ? out.s : "", out.len, now() - begin};
}
