/* graphql_lex.c - from text to tokens. See graphql.h. */
#include <ctype.h>
#include <string.h>

#include "graphql_i.h"
#include "str.h"

void gql_where(const char *text, const char *at, int *line, int *column)
{
	*line = *column = 1;
	for (const char *p = text; at && p < at && *p; p++) {
		*column = *p == '\n' ? 1 : *column + 1;
		*line += *p == '\n';
	}
}

bool gql_fail(struct gql_lex *l, const char *what)
{
	int line, column;

	gql_where(l->text, l->at, &line, &column);
	l->tok = TOK_BAD;
	return err_set(l->e, ERR_INPUT, false, "Syntax Error: %s (line %d, column %d)", what, line,
	        column);
}

static void skip_blank(struct gql_lex *l)
{
	for (;;) {
		while (*l->p == ' ' || *l->p == '\t' || *l->p == '\n' || *l->p == '\r' ||
		        *l->p == ',')
			l->p++;
		if (*l->p != '#')
			return;
		while (*l->p && *l->p != '\n')
			l->p++;
	}
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void number(struct gql_lex *l)
{
	const char *from = l->p;

	l->tok = TOK_INT;
	l->p += *l->p == '-';
	while (isdigit((unsigned char)*l->p))
		l->p++;
	if (*l->p == '.' || *l->p == 'e' || *l->p == 'E') {
		l->tok = TOK_FLOAT;
		while (isdigit((unsigned char)*l->p) || (*l->p && strchr(".eE+-", *l->p)))
			l->p++;
	}
	l->word = arena_strndup(l->a, from, (size_t)(l->p - from));
	if (name_char(*l->p) || l->p == from + (*from == '-'))
		gql_fail(l, "bad number");
}

static void block_string(struct gql_lex *l)
{
	const char *end = strstr(l->p + 3, "\"\"\"");

	if (!end) {
		gql_fail(l, "unterminated string");
		return;
	}
	l->word = arena_strndup(l->a, l->p + 3, (size_t)(end - l->p - 3));
	l->p = end + 3;
	l->tok = TOK_STRING;
}

static void string(struct gql_lex *l)
{
	const char *from = l->p;
	const json *j;

	if (strncmp(l->p, "\"\"\"", 3) == 0) {
		block_string(l);
		return;
	}
	for (l->p++; *l->p && *l->p != '"' && *l->p != '\n'; l->p++)
		l->p += *l->p == '\\' && l->p[1];
	if (*l->p != '"') {
		gql_fail(l, "unterminated string");
		return;
	}
	l->p++;
	j = json_parse(l->a, from, (size_t)(l->p - from), NULL); /* the escapes are the same */
	l->word = json_str(j, "", NULL);
	l->tok = TOK_STRING;
	if (!l->word)
		gql_fail(l, "bad escape in a string");
}

void gql_next(struct gql_lex *l)
{
	if (l->tok == TOK_BAD)
		return;
	skip_blank(l);
	l->at = l->p;
	l->punct = 0;
	if (!*l->p) {
		l->tok = TOK_END;
	} else if (strncmp(l->p, "...", 3) == 0) {
		l->tok = TOK_PUNCT;
		l->punct = '.';
		l->p += 3;
	} else if (strchr("!$()&:=@[]{}|", *l->p)) {
		l->tok = TOK_PUNCT;
		l->punct = *l->p++;
	} else if (*l->p == '"') {
		string(l);
	} else if (*l->p == '-' || isdigit((unsigned char)*l->p)) {
		number(l);
	} else if (name_char(*l->p)) {
		while (name_char(*l->p))
			l->p++;
		l->word = arena_strndup(l->a, l->at, (size_t)(l->p - l->at));
		l->tok = TOK_NAME;
	} else {
		gql_fail(l, "unexpected character");
	}
}

bool gql_is(const struct gql_lex *l, char punct)
{
	return l->tok == TOK_PUNCT && l->punct == punct;
}

bool gql_take(struct gql_lex *l, char punct)
{
	if (!gql_is(l, punct))
		return false;
	gql_next(l);
	return true;
}

bool gql_expect(struct gql_lex *l, char punct)
{
	char what[] = "expected  ";

	if (gql_take(l, punct))
		return true;
	what[9] = punct;
	return l->tok == TOK_BAD ? false : gql_fail(l, what);
}

bool gql_word(struct gql_lex *l, const char **out)
{
	if (l->tok != TOK_NAME)
		return l->tok == TOK_BAD ? false : gql_fail(l, "expected a name");
	*out = l->word;
	gql_next(l);
	return true;
}
