/* The ring of frames. Always on, so that after trouble one can see what was said; bounded by its number and by the
 * size of a frame. Passwords stay in it, since an administrator may need them; who may see them is decided where it
 * is shown. */
#include "frames.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hjgate/cleanup.h"

/* Length of the UTF-8 character at p, 0 for none: JSON takes nothing else. */
static size_t character(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : (*p & 0xE0) == 0xC0 ? 2 : (*p & 0xF0) == 0xE0 ? 3 : (*p & 0xF8) == 0xF0 ? 4 : 0;
	unsigned code = len > 1 ? *p & (0x7Fu >> len) : *p;

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3Fu);
	}
	if (code < ' ' || code == 0x7F || (len > 1 && code < (len == 2 ? 0x80u : len == 3 ? 0x800u : 0x10000u)))
		return 0;
	return code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0 : len;
}

static char *to_text(const char *frame, size_t n)
{
	char *text;

	while (n && (frame[n - 1] == '\r' || frame[n - 1] == '\n'))
		n--;
	text = malloc(n + 1);
	if (!text)
		return NULL;
	memcpy(text, frame, n);
	text[n] = '\0';
	for (size_t i = 0; i < n;) {
		size_t len = character((unsigned char *)text + i, n - i);

		if (!len)
			text[i] = '?';
		i += len ? len : 1;
	}
	return text;
}

void frames_put(struct frames *f, bool out, const char *frame, size_t n, int64_t now_ms)
{
	struct frames_one *one;
	char *text = to_text(frame, n);

	if (!text)
		return;
	if (f->count == FRAMES_MOST) {
		free(f->ring[f->first].text);
		f->first = (f->first + 1) % FRAMES_MOST;
		f->count--;
	}
	one = &f->ring[(f->first + f->count++) % FRAMES_MOST];
	*one = (struct frames_one){ .time_ms = now_ms, .out = out, .text = text };
}

const struct frames_one *frames_at(const struct frames *f, unsigned i)
{
	return i < f->count ? &f->ring[(f->first + i) % FRAMES_MOST] : NULL;
}

void frames_done(struct frames *f)
{
	for (unsigned i = 0; i < FRAMES_MOST; i++)
		free(f->ring[i].text);
	*f = (struct frames){ 0 };
}

/* PW stands in the header and, in HJ/T 212-2005, as the new one inside CP; case is ignored, since peers ignore it. */
void frames_mask(char *text)
{
	for (char *p = text; *p; p++) {
		bool begins = p == text || strchr(";,&", p[-1]) || !((p[-1] | 32) >= 'a' && (p[-1] | 32) <= 'z');
		bool is_new = !strncasecmp(p, "NewPW=", 6);

		if (!is_new && !(begins && !strncasecmp(p, "PW=", 3)))
			continue;
		for (p += is_new ? 6 : 3; *p && !strchr(";,&", *p); p++)
			*p = '*';
		if (!*p)
			return;
	}
}
