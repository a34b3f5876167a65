/* GBK by the C library. iconv reads its table of conversions and a module from files, so it cannot be what the
 * knowing half does: that is handed a function for one character. What cannot be said is "?" and never stops a text.
 */
#include "hjgate/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define UTF8_MOST 4 /* bytes of a character */
#define NONE      ((iconv_t)-1)
#define FAILED    ((size_t)-1)

struct hj_charset {
	iconv_t out, in; /* from UTF-8, to UTF-8 */
};

int hj_charset_new(enum hj_encoding encoding, struct hj_charset **ret)
{
	struct hj_charset *c;

	if (encoding == HJ_ENCODING_UTF8) {
		*ret = NULL;
		return 0;
	}
	c = malloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->out = iconv_open("GBK", "UTF-8");
	c->in = iconv_open("UTF-8", "GBK");
	if (c->out == NONE || c->in == NONE) {
		hj_charset_free(c);
		return -ENOENT;
	}
	*ret = c;
	return 0;
}

void hj_charset_free(struct hj_charset *c)
{
	if (!c)
		return;
	if (c->out != NONE)
		iconv_close(c->out);
	if (c->in != NONE)
		iconv_close(c->in);
	free(c);
}

bool hj_charset_known(enum hj_encoding encoding)
{
	_cleanup_(hj_charset_freep) struct hj_charset *c = NULL;

	return hj_charset_new(encoding, &c) != -ENOENT;
}

static size_t put_character(void *userdata, const char *character, size_t n, char to[HJ_ENCODED_MAX])
{
	struct hj_charset *c = userdata;
	char copy[UTF8_MOST], *in = copy, *out = to;
	size_t left = hj_min(n, sizeof(copy)), room = HJ_ENCODED_MAX;

	memcpy(copy, character, left);
	if (iconv(c->out, &in, &left, &out, &room) != FAILED && !left && out > to)
		return (size_t)(out - to);
	iconv(c->out, NULL, NULL, NULL, NULL);
	to[0] = '?';
	return 1;
}

static size_t put_ascii(void *userdata, const char *character, size_t n, char to[HJ_ENCODED_MAX])
{
	(void)userdata;
	to[0] = n == 1 && (unsigned char)*character < 0x80 ? *character : '?';
	return 1;
}

const struct hj_encoder hj_charset_ascii = { put_ascii, NULL };

struct hj_encoder hj_charset_encoder(struct hj_charset *c)
{
	return c ? (struct hj_encoder){ put_character, c } : (struct hj_encoder){ NULL, NULL };
}

int hj_charset_decode(struct hj_charset *c, const char *data, size_t n, struct hj_buf *to)
{
	char piece[256], *in = (char *)(uintptr_t)data, *out; /* iconv() writes nothing there */
	int r = 0;

	if (!c)
		return hj_buf_put(to, data, n);
	while (n && r >= 0) {
		size_t room = sizeof(piece), before = n, done;

		out = piece;
		done = iconv(c->in, &in, &n, &out, &room);
		r = hj_buf_put(to, piece, (size_t)(out - piece));
		if (done != FAILED || r < 0 || (errno == E2BIG && n < before))
			continue;
		r = hj_buf_put(to, "?", 1);
		in++;
		n--;
	}
	iconv(c->in, NULL, NULL, NULL, NULL);
	return r;
}
