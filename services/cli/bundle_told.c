/* Passwords under wrong names: PW = "..." in an uplink's file is a password all the same, and events and logs tell
 * what it was. Of an uplink's settings only those stay that are known; one that was added and is not listed here is a
 * star too many, never a secret too few. Of other files what sounds like a secret is hidden, whatever its case. */
#include "bundle.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "hjgate/conf_flat.h"

struct piece {
	const char *p;
	size_t n;
};

/* What an uplink's file has, apart from its secrets; words of one character are numbers and flags. */
static const char *const known[] = { "host", "port", "link", "tls", "mn", "st", "edition", "next", "session", "crc",
	"rtd_interval", "min_interval", "over_time", "re_count", "jitter", "gap", "backlog", "minute", "hour", "day",
	"logs", "dialect", "factors", "others", "main_again", "interface", "source", "lost_after", "ca", "cert",
	"key", "name", "min", "pin", "ack", "window", "any_crc", "crc_lower", "login", "heartbeat", "cn", "cp",
	"answered", "interval", "from", "rate", "hours", "budget", "label", "encoding", "decimals", "flags",
	"suffixes", "Rtd", "Cou", "Min", "Avg", "Max", "Flag", "RS", "RT", "point", "factor", "scale", "unit",
	"(the file)", "(the rest)", NULL };
static const char *const sounds[] = { "pw", "pass", "secret", "token", "url", "hook", "proxy", "psw", NULL };

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

static bool is_known(struct piece name)
{
	for (const char *const *k = known; *k; k++)
		if (strlen(*k) == name.n && !memcmp(*k, name.p, name.n))
			return true;
	return name.n < 2;
}

static bool sounds_secret(struct piece name)
{
	for (const char *const *s = sounds; *s; s++)
		for (size_t i = 0, k = strlen(*s); i + k <= name.n; i++)
			if (!strncasecmp(name.p + i, *s, k))
				return true;
	return false;
}

static bool is_uplinks(struct piece file)
{
	static const char folder[] = "uplinks.d/";

	return file.n >= sizeof(folder) - 1 && !memcmp(file.p, folder, sizeof(folder) - 1);
}

bool bundle_hides(const char *file, const char *key, size_t n)
{
	struct piece last = { key, n };

	for (size_t i = n; i > 0 && last.n == n; i--)
		if (key[i - 1] == '.')
			last = (struct piece){ key + i, n - i };
	return sounds_secret(last) || (is_uplinks((struct piece){ file, strlen(file) }) && !is_known(last));
}

static bool hides(struct piece file, struct piece key)
{
	return bundle_hides(is_uplinks(file) ? "uplinks.d/" : "", key.p, key.n);
}

/* Up to the end of the string in which it stands, of the line or of the text. */
static size_t to_quote(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '"' && p[i] != '\n')
		i += p[i] == '\\' ? 2 : 1;
	return hj_min(i, n);
}

static void star(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = p[i] == '\n' || p[i] == '\r' ? p[i] : '*';
}

size_t bundle_star_strings(char *p, size_t n)
{
	size_t i = 0, next = 0;

	do {
		size_t k = to_quote(p + next + 1, n - next - 1);

		star(p + next + 1, k);
		i = next + 1 + k;
		i += i < n && p[i] == '"';
		for (next = i; next < n && isspace((unsigned char)p[next]);)
			next++;
	} while (next < n && p[next] == '"');
	return i;
}

/* Where `what` is, which ends before `rest`; NULL: nowhere. */
static char *behind(char *p, char *end, const char *what, struct piece *ret_before)
{
	size_t k = strlen(what);
	char *at = p && p < end ? memmem(p, (size_t)(end - p), what, k) : NULL;

	if (at && ret_before)
		*ret_before = (struct piece){ p, (size_t)(at - p) };
	return at ? at + k : NULL;
}

/* ---- "root changed PW of uplinks.d/county.conf from - to x" ---- */

static void sentence(char *p, char *end)
{
	struct piece key, file;
	char *at = p;

	while ((at = behind(at, end, " changed ", NULL)) != NULL) {
		char *next = behind(at, end, " of ", &key), *value = behind(next, end, " from ", &file);

		if (value && hides(file, key))
			star(value, to_quote(value, (size_t)(end - value)));
	}
}

/* ---- "uplinks.d/county.conf: PW is x now, before -", in a log ---- */

static void log_line(char *p, char *end)
{
	struct piece file, key;
	char *at = behind(p, end, ".conf: ", &file), *value = behind(at, end, " is ", &key);
	size_t n = 0;

	if (!value || !behind(value, end, " now, before ", NULL))
		return;
	while (n < file.n && file.p[file.n - n - 1] != ' ')
		n++;
	if (hides((struct piece){ file.p + file.n - n, n }, key))
		star(value, (size_t)(end - value));
}

/* ---- "key": "uplinks.d/county.conf PW", ... "values": {..., "old":"-","new":"x"} ---- */

static char *member(char *p, char *end, const char *name, struct piece *ret)
{
	char *at = behind(p, end, name, NULL);

	while (at && at < end && (*at == ' ' || *at == ':'))
		at++;
	if (!at || at >= end || *at != '"')
		return NULL;
	*ret = (struct piece){ at + 1, to_quote(at + 1, (size_t)(end - at - 1)) };
	return at + 1;
}

static void row(char *p, char *end)
{
	static const char *const values[] = { "\"old\"", "\"new\"" };
	struct piece key, file, value;
	char *at = member(p, end, "\"key\"", &key), *name;

	if (!at || !(name = behind(at, at + key.n, " ", &file)))
		return;
	key = (struct piece){ name, key.n - (size_t)(name - at) };
	for (size_t i = 0; hides(file, key) && i < hj_array_size(values); i++) {
		at = member(p, end, values[i], &value);
		if (at)
			star(at, value.n);
	}
}

void bundle_scrub_told(char *text, size_t n)
{
	char *const end = text + n, *p = text;

	while (p < end) {
		char *stop = memchr(p, '\n', (size_t)(end - p)) ?: end;

		log_line(p, stop); /* first: what it is known by stands behind the value, where stars might be put */
		sentence(p, stop);
		row(p, stop);
		p = stop + (stop < end);
	}
}

/* ---- an uplink's own file ---- */

/* Past blanks and comments. */
static char *past_blank(char *p, char *end)
{
	while (p < end) {
		if (*p == '#' || (end - p > 1 && !memcmp(p, "//", 2)))
			p = memchr(p, '\n', (size_t)(end - p)) ?: end;
		else if (end - p > 1 && !memcmp(p, "/*", 2))
			p = behind(p + 2, end, "*/", NULL) ?: end;
		else if (isspace((unsigned char)*p))
			p++;
		else
			break;
	}
	return p;
}

/* What follows a name up to its semicolon, or to the line with the next one. */
static void star_setting(char *p, char *end)
{
	while (p < end && *p != ';' && *p != '}') {
		if (*p == '"') {
			p += bundle_star_strings(p, (size_t)(end - p));
			continue;
		}
		if (*p == '\n') {
			char *next = past_blank(p, end);

			if (next == end || isalpha((unsigned char)*next) || *next == '*')
				return;
		}
		star(p, !isspace((unsigned char)*p));
		p++;
	}
}

/* The value of the name that ends at p; NULL: it is no name of a setting. */
static char *value_at(char *p, char *end)
{
	char sign;

	p = past_blank(p, end);
	sign = p < end ? *p : ' ';
	if (sign != '=' && sign != ':')
		return NULL;
	p = past_blank(p + 1, end);
	return p < end && (sign == '=' || *p == '"' || isdigit((unsigned char)*p)) ? p : NULL;
}

void bundle_scrub_uplink(char *text, size_t n)
{
	char *const end = text + n, *p = text;

	while (p < end) {
		char *from = p, *value;

		while (p < end && is_name(*p))
			p++;
		value = p > from && isalpha((unsigned char)*from) ? value_at(p, end) : NULL;
		if (value && !is_known((struct piece){ from, (size_t)(p - from) }))
			star_setting(value, end);
		p += p == from;
	}
}
