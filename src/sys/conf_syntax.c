/* What the bytes of a file show that libconfig does not say: where it is not UTF-8, and what is the cause of a syntax
 * error: a text without its closing quote, which is noticed lines later only, and characters of a Chinese keyboard,
 * which look like those that are meant. */
#include "conf_table.h"

#include <string.h>

int conf_not_utf8(const char *text)
{
	const char *bad = hj_utf8_bad(text);
	int line = 1;

	for (const char *p = text; bad && p < bad; p++)
		line += *p == '\n';
	return bad ? line : 0;
}

/* ---- as libconfig reads it ---- */

/* From behind the opening quote to behind the closing one, or to the end. */
static const char *skip_text(const char *p, int *line)
{
	for (; *p && *p != '"'; p++) {
		p += *p == '\\' && p[1];
		*line += *p == '\n';
	}
	return p + (*p != '\0');
}

static bool is_comment(const char *p)
{
	return *p == '#' || (*p == '/' && (p[1] == '/' || p[1] == '*'));
}

static const char *skip_comment(const char *p, int *line)
{
	bool block = p[0] == '/' && p[1] == '*';
	const char *end = strstr(block ? p + 2 : p, block ? "*/" : "\n");

	end = end ? end + (block ? 2 : 0) : p + strlen(p);
	for (; p < end; p++)
		*line += *p == '\n';
	return end;
}

/* One text from line `begin` to line `end`. What follows a text that was not closed is taken for another one, which
 * begins where a text should end: the first of them is meant. */
static void take_text(struct conf_syntax *s, int *last_end, int begin, int end)
{
	bool goes_on = s->text_begin && begin == *last_end;

	if (!goes_on && end == begin)
		return;
	*last_end = end;
	if (goes_on)
		return;
	s->text_begin = begin;
	s->text_end = end;
}

void conf_syntax_look(const char *text, int line, struct conf_syntax *ret)
{
	struct conf_syntax s = { 0 };
	int at = 1, last_end = 0;

	for (const char *p = text; *p && at <= line && last_end != line;) {
		size_t n = hj_utf8_length(p);
		int begin = at;

		if (*p == '"') {
			p = skip_text(p + 1, &at);
			take_text(&s, &last_end, begin, at);
		} else if (is_comment(p)) {
			p = skip_comment(p, &at);
		} else {
			if (n > 1 && at == line && !s.character)
				s.character = hj_utf8_code(p, n);
			at += *p == '\n';
			p += n ? n : 1;
		}
	}
	if (last_end != line)
		s.text_begin = 0;
	*ret = s;
}
