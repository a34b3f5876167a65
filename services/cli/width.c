/* Cells on a terminal. UTF-8 is decoded by hand, so that columns stay straight in the C locale too; wcwidth() is
 * asked first, since it knows what the terminal's own system thinks, and a short table of the wide ranges answers
 * where it does not know. */
#include <string.h>
#include <wchar.h>

#include "hjgate/cleanup.h"
#include "width.h"

#define BAD_CHARACTER 0xfffd

static const struct {
	uint32_t first, last;
} wide[] = {
	{ 0x1100, 0x115f },
	{ 0x2e80, 0x303e },
	{ 0x3041, 0xa4cf },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1faff },
	{ 0x20000, 0x3fffd },
};

uint32_t cli_character(const char **p)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)*p;
	unsigned n = s[0] < 0x80                   ? 1
	             : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
	             : (s[0] & 0xf0) == 0xe0       ? 3
	             : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
	                                           : 0;
	uint32_t c = n == 1 ? s[0] : n ? s[0] & (0xffu >> (n + 1)) : BAD_CHARACTER;

	for (unsigned i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			n = 0;
			break;
		}
		c = c << 6 | (s[i] & 0x3f);
	}
	if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		n = 1;
		c = BAD_CHARACTER;
	}
	*p += n;
	return c;
}

static size_t cells(uint32_t c)
{
	int w = wcwidth((wchar_t)c);

	if (w >= 0)
		return (size_t)w;
	for (size_t i = 0; i < hj_array_size(wide); i++)
		if (c >= wide[i].first && c <= wide[i].last)
			return 2;
	return 1;
}

size_t cli_width(const char *text)
{
	size_t n = 0;

	while (*text)
		n += cells(cli_character(&text));
	return n;
}

void cli_clean(const char *text, char *to, size_t size)
{
	size_t n = 0;

	while (*text) {
		const char *from = text;
		uint32_t c = cli_character(&text);
		size_t len = (size_t)(text - from);

		if (n + len >= size)
			break;
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == BAD_CHARACTER) {
			to[n++] = '?';
			continue;
		}
		memcpy(to + n, from, len);
		n += len;
	}
	to[n] = '\0';
}

/* The next byte that is no UTF-8; NULL: there is none. */
static const char *bad_byte(const char *text)
{
	while (*text) {
		const char *from = text;

		if (cli_character(&text) == BAD_CHARACTER && text - from == 1)
			return from;
	}
	return NULL;
}

bool cli_is_utf8(const char *text)
{
	return !bad_byte(text);
}

void cli_mend(char *text)
{
	const char *bad = text;

	while ((bad = bad_byte(bad)) != NULL)
		text[bad - text] = '?';
}
