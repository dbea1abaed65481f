/*
 * rules.c - the permission rules of a session. The last match wins, and rules of the session win
 * over those of the server and of the repository.
 *
 * They are guard rails for an agent that follows its contract, not a wall: a shell inside a shell
 * passes them. The wall is the token's rights, branch protection, and the container.
 */
#include <string.h>

#include "fix.h"
#include "str.h"

static const struct opencode_rule fixed[] = {
        {"*", "*", "allow"},
        /* Nothing that waits for a person, or goes elsewhere. */
        {"question", "*", "deny"},
        {"webfetch", "*", "deny"},
        {"websearch", "*", "deny"},
        {"task", "*", "deny"},
        {"doom_loop", "*", "deny"},
        {"external_directory", "*", "deny"},
        {"read", "*.env", "deny"},
        {"read", "*.env.*", "deny"},
        {"read", "*.env.example", "allow"},
        {"bash", "*", "allow"},
        {"bash", "sudo *", "deny"},
        {"bash", "env", "deny"},
        {"bash", "printenv*", "deny"},
        {"bash", "gh auth*", "deny"},
        {"bash", "gh api*", "deny"},
        {"bash", "gh secret*", "deny"},
        {"bash", "gh pr merge*", "deny"},
        {"bash", "git config --global*", "deny"},
        {"bash", "git push*", "deny"},
};

/* The forms in which an agent pushes its own branch. */
static const char *const pushes[] = {
        "git push origin %s",
        "git push -q origin %s",
        "git push -u origin %s",
        "git push -q -u origin %s",
        "git push -u -q origin %s",
        "git push --quiet origin %s",
        "git push --set-upstream origin %s",
        "git push origin HEAD:%s",
        "git push -q origin HEAD:%s",
        "git push -u origin HEAD:%s",
        "git push origin HEAD:refs/heads/%s",
        "git push origin %s:%s",
        "git push origin HEAD",
        "git push -u origin HEAD",
};

#define FIXED  (sizeof(fixed) / sizeof(fixed[0]))
#define PUSHES (sizeof(pushes) / sizeof(pushes[0]))

/* "… %s …" with the branch in every place. */
static const char *with_branch(struct arena *a, const char *form, const char *branch)
{
	struct str b = str_new(a);
	const char *at;

	while ((at = strstr(form, "%s"))) {
		str_addn(&b, form, (size_t)(at - form));
		str_add(&b, branch);
		form = at + 2;
	}
	str_add(&b, form);
	return b.s;
}

/* Their "*" crosses slashes, and the path starts somewhere above the repository. */
static const char *as_theirs(struct arena *a, const char *glob)
{
	struct str b = str_new(a);

	str_addc(&b, '*');
	for (const char *p = glob; *p; p++) {
		if (p[0] == '*' && b.s[b.len - 1] == '*')
			continue;
		str_addc(&b, *p);
	}
	return b.s;
}

const struct opencode_rule *fix_rules(struct arena *a, const struct fix_contract *c, size_t *n_out)
{
	const char *const *forbidden =
	        c->forbidden ? (const char *const *)c->forbidden : fix_forbidden_default;
	struct opencode_rule *r;
	size_t n = 0, m = 0;

	while (forbidden[m])
		m++;
	r = ARENA_ARRAY(a, FIXED + PUSHES + m, struct opencode_rule);
	memcpy(r, fixed, sizeof(fixed));
	n = FIXED;
	for (size_t i = 0; i < PUSHES && c->publish == FIX_BY_AGENT; i++)
		r[n++] = (struct opencode_rule){
		        "bash", with_branch(a, pushes[i], c->branch), "allow"};
	for (size_t i = 0; i < m; i++)
		r[n++] = (struct opencode_rule){"edit", as_theirs(a, forbidden[i]), "deny"};
	*n_out = n;
	return r;
}
