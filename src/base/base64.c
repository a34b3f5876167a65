/* Base64, strict on the way in: there is one text for given bytes, so that what was changed shows. */
#include "hjgate/base64.h"

#include <errno.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hj_base64_encode(const void *data, size_t n, char *to)
{
	const uint8_t *p = data;

	for (; n; p += 3) {
		size_t take = n < 3 ? n : 3;
		uint32_t bits = (uint32_t)p[0] << 16 | (take > 1 ? p[1] : 0) << 8 | (take > 2 ? p[2] : 0);

		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = take > 1 ? digits[bits >> 6 & 63] : '=';
		*to++ = take > 2 ? digits[bits & 63] : '=';
		n -= take;
	}
	*to = '\0';
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, `pad` of them "=": the bytes in *to, or -EBADMSG. */
static int decode_group(const char *text, size_t pad, uint8_t *to)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int d = i < 4 - pad ? digit(text[i]) : 0;

		if (d < 0)
			return -EBADMSG;
		bits = bits << 6 | (uint32_t)d;
	}
	if (bits & ((1u << 8 * pad) - 1))
		return -EBADMSG;
	for (size_t i = 0; i < 3 - pad; i++)
		to[i] = (uint8_t)(bits >> (16 - 8 * i));
	return 0;
}

int hj_base64_decode(const char *text, size_t n, uint8_t *to, size_t *ret_n)
{
	size_t pad = n && text[n - 1] == '=' ? 1 + (n > 1 && text[n - 2] == '=') : 0;

	if (n % 4)
		return -EBADMSG;
	for (size_t i = 0; i < n; i += 4)
		if (decode_group(text + i, i + 4 == n ? pad : 0, to + i / 4 * 3) < 0)
			return -EBADMSG;
	*ret_n = n / 4 * 3 - pad;
	return 0;
}
