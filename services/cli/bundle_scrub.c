/* No secret leaves the box. Four nets, one behind the other: what events tell of settings, what frames have
 * (hj212_mask), what is named like a secret in a configuration, a log or JSON, and the passwords of this site
 * themselves where they stand alone; inside a longer number or word the same characters are something else. */
#include "bundle.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "hjgate/conf_flat.h"
#include "hjgate/hj212_mask.h"

/* Besides those of the configuration. */
static const char *const others[] = { "old_pw", "new_pw", "newpw", "kek", "private_key", "key_password", "psw",
	NULL };

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Bytes of a name like those of the list at p, a whole word; 0: none. */
static size_t name_of(const char *const *names, const char *p, size_t n)
{
	for (; *names; names++) {
		size_t k = strlen(*names);

		if (k <= n && !strncasecmp(p, *names, k) && (k == n || !is_word(p[k])))
			return k;
	}
	return 0;
}

static size_t name_at(const char *p, size_t n)
{
	size_t k = name_of(hj_conf_secrets, p, n);

	return k ? k : name_of(others, p, n);
}

/* As a string of JSON has it that stands in a string. */
static bool is_inner_quote(const char *p, size_t n)
{
	return n > 1 && p[0] == '\\' && p[1] == '"';
}

/* Behind a name: blanks, a closing quotation mark, "=" or ":"; where the value begins, or 0. */
static size_t value_behind(const char *p, size_t n)
{
	size_t i = is_inner_quote(p, n) ? 2 : 0;

	if (!i && n && *p == '"')
		i++;
	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	if (i == n || (p[i] != '=' && p[i] != ':'))
		return 0;
	for (i++; i < n && (p[i] == ' ' || p[i] == '\t');)
		i++;
	return i;
}

/* Up to the quotation mark that ends it, or to the end of the string in which it stands. What is escaped in it is so
 * twice. */
static void star_inner(char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '"' && p[i] != '\n' && !is_inner_quote(p + i, n - i)) {
		size_t k = p[i] != '\\' ? 1 : i + 2 < n && p[i + 1] == '\\' ? 3 : 2;

		if (k == 3 && p[i + 2] == '\\')
			k = 4;
		for (k = hj_min(k, n - i); k; k--)
			p[i++] = '*';
	}
}

static void star_value(char *p, size_t n)
{
	if (is_inner_quote(p, n)) {
		star_inner(p + 2, n - 2);
		return;
	}
	if (n && *p == '"') {
		bundle_star_strings(p, n);
		return;
	}
	for (size_t i = 0; i < n && !strchr(" \t\r\n;,}&\"", p[i]); i++) {
		if (p[i] == '\\' && i + 1 < n && p[i + 1] == '"') /* of a string in which it stands */
			p[i++] = '*';
		p[i] = '*';
	}
}

static void star_named(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = i && is_word(text[i - 1]) ? 0 : name_at(text + i, n - i), at;

		if (!k)
			continue;
		i += k;
		at = value_behind(text + i, n - i);
		if (at)
			star_value(text + i + at, n - i - at);
	}
}

static void star_literal(char *text, size_t n, const char *secret)
{
	size_t k = strlen(secret);
	char *p = text, *const end = text + n;

	while (k && (p = memmem(p, (size_t)(end - p), secret, k)) != NULL) {
		bool alone = (p == text || !is_word(p[-1])) && (p + k == end || !is_word(p[k]));

		if (alone)
			memset(p, '*', k);
		p += k;
	}
}

/* A frame that is cut off inside its PW ends with the string that it stands in: the rest of the JSON is not its. */
static void mask_frames(char *text, size_t n)
{
	size_t begin = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && text[i] == '\\')
			i++;
		else if (i == n || text[i] == '"') {
			hj212_mask(text + begin, i - begin);
			begin = i + 1;
		}
	}
	if (begin < n)
		hj212_mask(text + begin, n - begin);
}

void bundle_scrub(const char (*secrets)[HJ_MN_MAX + 1], size_t count, char *text, size_t n)
{
	bundle_scrub_told(text, n); /* first: a value may look like a frame, whose stars would hide what follows it */
	mask_frames(text, n);
	star_named(text, n);
	for (size_t i = 0; i < count; i++)
		star_literal(text, n, secrets[i]);
}
