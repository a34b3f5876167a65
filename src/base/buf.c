/* Bytes that grow to a bound, and big-endian packing: see buf.h. */
#include "hjgate/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIRST_SIZE       256
#define VARINT_MAX_BYTES 10 /* of 64 bits */

void hj_buf_done(struct hj_buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->size = 0;
}

/* Makes room for n bytes and a NUL after them. */
static int reserve(struct hj_buf *b, size_t n)
{
	size_t most = b->most ? b->most : HJ_BUF_MOST, size = b->size ? b->size : FIRST_SIZE;
	char *data;

	if (n > most || b->len > most - n)
		return -EMSGSIZE;
	if (b->len + n < b->size)
		return 0;
	while (size <= b->len + n)
		size *= 2;
	data = realloc(b->data, size);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->size = size;
	return 0;
}

int hj_buf_put(struct hj_buf *b, const void *data, size_t n)
{
	int r = reserve(b, n);

	if (r < 0)
		return r;
	if (n)
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int hj_buf_vprintf(struct hj_buf *b, const char *format, va_list ap)
{
	va_list again;
	int n, r;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		return -EINVAL;
	r = reserve(b, (size_t)n);
	if (r < 0)
		return r;
	vsnprintf(b->data + b->len, (size_t)n + 1, format, ap);
	b->len += (size_t)n;
	return 0;
}

int hj_buf_printf(struct hj_buf *b, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = hj_buf_vprintf(b, format, ap);
	va_end(ap);
	return r;
}

void hj_buf_drop(struct hj_buf *b, size_t n)
{
	n = hj_min(n, b->len);
	if (!n)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}

int hj_buf_put_be(struct hj_buf *b, uint64_t value, unsigned bytes)
{
	uint8_t out[8];

	for (unsigned i = 0; i < bytes; i++)
		out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
	return hj_buf_put(b, out, bytes);
}

int hj_buf_put_double(struct hj_buf *b, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return hj_buf_put_be(b, bits, 8);
}

int hj_buf_put_varint(struct hj_buf *b, uint64_t value)
{
	uint8_t out[VARINT_MAX_BYTES];
	unsigned n = 0;

	while (value >= 0x80) {
		out[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[n++] = (uint8_t)value;
	return hj_buf_put(b, out, n);
}

int hj_buf_put_zigzag(struct hj_buf *b, int64_t value)
{
	return hj_buf_put_varint(b, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

const void *hj_get_bytes(struct hj_reader *r, size_t n)
{
	const void *p = r->p;

	if (r->failed || (size_t)(r->end - r->p) < n) {
		r->failed = 1;
		return NULL;
	}
	r->p += n;
	return p;
}

uint64_t hj_get_be(struct hj_reader *r, unsigned bytes)
{
	const uint8_t *p = hj_get_bytes(r, bytes);
	uint64_t value = 0;

	for (unsigned i = 0; p && i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

double hj_get_double(struct hj_reader *r)
{
	uint64_t bits = hj_get_be(r, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

uint64_t hj_get_varint_long(struct hj_reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; !r->failed && r->p < r->end && shift < 64; shift += 7) {
		uint8_t byte = *r->p++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if ((shift && !byte) || (shift == 63 && byte > 1))
			break;
		return value;
	}
	r->failed = 1;
	return 0;
}
