/* bundle.c - see bundle.h. */
#include "fix/bundle.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "str.h"

#define FILES_MAX   400
#define MESSAGE_MAX 8000
#define SHA_HEX     40

/* --- commands --- */

const char *bundle_command(struct arena *a, const struct fix_contract *c)
{
	/* One line per field; what holds foreign bytes is base64. `h` is the branch, else whatever
	 * is checked out. */
	return arena_printf(a,
	        "cd %s 2>/dev/null || { echo 'heal-bundle none'; exit 0; }; "
	        "export LC_ALL=C GIT_OPTIONAL_LOCKS=0 GIT_NO_REPLACE_OBJECTS=1; "
	        "h=$(git rev-parse -q --verify 'refs/heads/%s^{commit}' || git rev-parse -q --verify "
	        "HEAD) && b=$(git merge-base \"$h\" 'refs/remotes/origin/%s') || { echo 'heal-bundle "
	        "none'; exit 0; }; "
	        "d() { git diff-tree -r --raw --no-abbrev --no-renames \"$@\" \"$b\" \"$h\"; }; "
	        "{ echo 'heal-bundle 1'; echo \"base $b\"; echo \"head $h\"; "
	        "echo \"tree $(git rev-parse \"$h^{tree}\")\"; "
	        "echo \"commits $(git rev-list --count \"$b..$h\")\"; "
	        "echo \"dirty $(git status --porcelain | wc -l)\"; "
	        "echo \"message $(git log --reverse --format=%%B \"$b..$h\" | head -c %d | base64 | tr -d "
	        "'\\n')\"; "
	        "echo \"sizes $(d | cut -d' ' -f4 | grep -v '^0*$' | git cat-file --batch-check | "
	        "base64 | tr -d '\\n')\"; "
	        "echo \"raw $(d -z | base64 | tr -d '\\n')\"; echo 'heal-bundle end'; } 2>/dev/null",
	        fix_folder(a, c), c->branch, c->base, MESSAGE_MAX);
}

const char *bundle_contents_command(
        struct arena *a, const struct fix_contract *c, const struct bundle *b)
{
	struct str s = str_new(a);

	str_addf(&s, "cd %s && printf '%%s\\n'", fix_folder(a, c));
	for (size_t i = 0; i < b->nfiles; i++)
		if (b->files[i].sha)
			str_addf(&s, " %s", b->files[i].sha);
	str_add(&s, " | GIT_NO_REPLACE_OBJECTS=1 git cat-file --batch 2>/dev/null | base64 | tr -d "
	            "'\\n'");
	return s.s;
}

/* --- the head --- */

/* The rest of the line "name …"; NULL when there is none. */
static const char *field(struct arena *a, const char *text, const char *name)
{
	size_t n = strlen(name);

	while (text && *text) {
		const char *end = text + strcspn(text, "\n");

		if (strncmp(text, name, n) == 0 && text[n] == ' ')
			return arena_strndup(a, text + n + 1, (size_t)(end - text) - n - 1);
		text = *end ? end + 1 : NULL;
	}
	return NULL;
}

static bool decode(struct arena *a, const char *s, char **out, size_t *n)
{
	size_t len = strlen(s), pad = 0;
	int got;

	*out = arena_alloc(a, len / 4 * 3 + 1);
	*n = 0;
	(*out)[0] = '\0';
	if (len == 0)
		return true;
	if (len % 4 || len > INT32_MAX)
		return false;
	while (pad < 2 && s[len - 1 - pad] == '=')
		pad++;
	got = EVP_DecodeBlock((unsigned char *)*out, (const unsigned char *)s, (int)len);
	if (got < (int)pad)
		return false;
	*n = (size_t)got - pad;
	(*out)[*n] = '\0';
	return true;
}

static bool is_sha(const char *s)
{
	return s && strspn(s, "0123456789abcdef") == SHA_HEX && !s[SHA_HEX];
}

static bool bad(struct err *e, const char *what)
{
	return err_set(e, ERR_PROTO, false,
	        "what the agent's host says about its work has no usable %s", what);
}

/* What may become an entry of a tree of ours. */
static bool path_ok(const char *p)
{
	size_t n = strlen(p);

	if (n == 0 || n > 1000 || *p == '/' || !utf8_valid(p, n))
		return false;
	for (const char *part = p; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len <= 2 && strncmp(part, "..", len) == 0) ||
		        (len == 4 && strncasecmp(part, ".git", 4) == 0))
			return false;
	}
	for (; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

/* ":100644 100644 <old> <new> M\0path\0" */
static bool parse_raw(struct arena *a, const char *p, size_t n, struct bundle *b, struct err *e)
{
	const char *end = p + n;

	b->files = ARENA_ARRAY(a, FILES_MAX, struct bundle_file);
	while (p < end) {
		struct bundle_file *f = &b->files[b->nfiles];
		const char *path = p + strlen(p) + 1, *sha;
		char *rest;

		if (b->nfiles == FILES_MAX)
			return err_set(e, ERR_INPUT, false, "the agent changed more than %d files",
			        FILES_MAX);
		if (*p != ':' || path >= end || strlen(p) < 90 || !path_ok(path))
			return bad(e, "list of files");
		f->old_mode = (int)strtol(p + 1, &rest, 8);
		f->new_mode = (int)strtol(rest, &rest, 8);
		sha = arena_strndup(a, rest + 1 + SHA_HEX + 1, SHA_HEX);
		if (rest != p + 14 || !is_sha(sha))
			return bad(e, "list of files");
		f->sha = f->new_mode == 0 || f->new_mode == 0160000 ? NULL : sha;
		f->path = path;
		b->nfiles++;
		p = path + strlen(path) + 1;
	}
	return true;
}

/* "<sha> blob <size>" a line. */
static uint64_t sum_sizes(const char *p)
{
	uint64_t sum = 0;

	for (p = strstr(p, " blob "); p; p = strstr(p + 6, " blob "))
		sum += strtoull(p + 6, NULL, 10);
	return sum;
}

bool bundle_parse(struct arena *a, const char *output, struct bundle *out, struct err *e)
{
	const char *raw, *sizes, *message;
	char *bytes;
	size_t n;

	*out = (struct bundle){0};
	if (str_starts(output, "heal-bundle none"))
		return err_set(e, ERR_NOT_FOUND, false, "the agent left no commit");
	if (!str_starts(output, "heal-bundle 1\n") || !strstr(output, "\nheal-bundle end"))
		return bad(e, "beginning");
	out->base = field(a, output, "base");
	out->head = field(a, output, "head");
	out->tree = field(a, output, "tree");
	if (!is_sha(out->base) || !is_sha(out->head) || !is_sha(out->tree))
		return bad(e, "commit id (only SHA-1 repositories are known)");
	out->commits = (int)strtol(str_or(field(a, output, "commits"), "0"), NULL, 10);
	out->dirty = (int)strtol(str_or(field(a, output, "dirty"), "0"), NULL, 10);
	raw = field(a, output, "raw");
	sizes = field(a, output, "sizes");
	message = field(a, output, "message");
	if (!raw || !sizes || !message || !decode(a, message, &bytes, &n))
		return bad(e, "message");
	out->message = str_clean(a, bytes, n, MESSAGE_MAX);
	if (!decode(a, sizes, &bytes, &n))
		return bad(e, "sizes");
	out->bytes = sum_sizes(bytes);
	return decode(a, raw, &bytes, &n) ? parse_raw(a, bytes, n, out, e)
	                                  : bad(e, "list of files");
}

/* --- contents --- */

static const char *blob_sha(struct arena *a, const char *data, size_t n)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char head[40], *hex = arena_alloc(a, SHA_HEX + 1);
	int len = snprintf(head, sizeof(head), "blob %zu", n) + 1; /* its NUL belongs to it */
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) != 1 ||
	        EVP_DigestUpdate(ctx, head, (size_t)len) != 1 ||
	        EVP_DigestUpdate(ctx, data, n) != 1 || EVP_DigestFinal_ex(ctx, md, NULL) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	for (int i = 0; i < SHA_HEX / 2; i++)
		snprintf(hex + (size_t)i * 2, 3, "%02x", md[i]);
	return hex;
}

/* "<sha> blob <size>\n<content>\n" at *p; moves it behind. */
static bool take_blob(struct arena *a, const char **p, const char *end, struct bundle_file *f)
{
	const char *at = *p;
	char *rest, *data;
	unsigned long long n;

	if (end - at < SHA_HEX + 6 || strncmp(at, f->sha, SHA_HEX) != 0 ||
	        strncmp(at + SHA_HEX, " blob ", 6) != 0)
		return false;
	n = strtoull(at + SHA_HEX + 6, &rest, 10);
	if (*rest != '\n' || n > (size_t)(end - rest - 1) || rest[1 + n] != '\n')
		return false;
	data = arena_alloc(a, n + 1);
	memcpy(data, rest + 1, n);
	data[n] = '\0';
	f->data = data;
	f->n = n;
	*p = rest + n + 2;
	return str_eq(blob_sha(a, rest + 1, n), f->sha);
}

bool bundle_contents(struct arena *a, const char *output, struct bundle *b, struct err *e)
{
	const char *p, *end;
	char *bytes;
	size_t n;

	if (!decode(a, output, &bytes, &n))
		return bad(e, "contents");
	p = bytes;
	end = bytes + n;
	for (size_t i = 0; i < b->nfiles; i++) {
		if (b->files[i].sha && !take_blob(a, &p, end, &b->files[i]))
			return err_set(e, ERR_PROTO, false,
			        "the content of %.80s is not what its id says: nothing was taken over",
			        b->files[i].path);
	}
	return true;
}
