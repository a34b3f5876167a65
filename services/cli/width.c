/* Cells on a terminal. UTF-8 is decoded by ourselves, so that columns stay straight in the C locale too; wcwidth() is
 * asked first, since it knows what the terminal's own system thinks, and a short table of the wide ranges answers
 * where it does not know. */
#include <string.h>
#include <wchar.h>

#include "hjgate/cleanup.h"
#include "hjgate/text.h"
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
	size_t n = hj_utf8_length(*p);
	uint32_t c = n ? hj_utf8_code(*p, n) : BAD_CHARACTER;

	*p += n ? n : 1;
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

void cli_mend(char *text)
{
	const char *bad = text;

	while ((bad = hj_utf8_bad(bad)) != NULL)
		text[bad - text] = '?';
}
