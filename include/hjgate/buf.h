/* A growable, bounded byte buffer. An append that fails (-ENOMEM, or -EMSGSIZE past `most`) leaves it as it was. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/cleanup.h"

struct hj_buf {
	char *data;
	size_t len, size, most; /* most = 0: HJ_BUF_MOST */
};

#define HJ_BUF_MOST (16u << 20) /* bytes */

void hj_buf_done(struct hj_buf *b); /* frees the bytes; the buffer is empty and usable again */
int hj_buf_put(struct hj_buf *b, const void *data, size_t n);
int hj_buf_printf(struct hj_buf *b, const char *format, ...) _printf_(2, 3);
int hj_buf_vprintf(struct hj_buf *b, const char *format, va_list ap);
void hj_buf_drop(struct hj_buf *b, size_t n); /* takes the first n bytes away */

/* Big-endian packing, for what lies on flash. */
int hj_buf_put_be(struct hj_buf *b, uint64_t value, unsigned bytes);
int hj_buf_put_double(struct hj_buf *b, double value);
/* In as many bytes as it needs, seven bits a byte and the least first; a zigzag is a small number of either sign. */
int hj_buf_put_varint(struct hj_buf *b, uint64_t value);
int hj_buf_put_zigzag(struct hj_buf *b, int64_t value);

/* Reads what hj_buf_put_be() wrote. After an overrun `failed` is 1 and every further get gives 0: check once at the
 * end. */
struct hj_reader {
	const uint8_t *p, *end;
	int failed;
};
uint64_t hj_get_be(struct hj_reader *r, unsigned bytes);
double hj_get_double(struct hj_reader *r);
static inline uint8_t hj_get_byte(struct hj_reader *r)
{
	if (!r->failed && r->p < r->end)
		return *r->p++;
	r->failed = 1;
	return 0;
}
const void *hj_get_bytes(struct hj_reader *r, size_t n); /* NULL on overrun */
/* One value has one form: what was written with more bytes than it needs, or has more than 64 bits, fails. */
uint64_t hj_get_varint_long(struct hj_reader *r);
static inline uint64_t hj_get_varint(struct hj_reader *r)
{
	/* Most are of one byte. */
	return !r->failed && r->p < r->end && *r->p < 0x80 ? *r->p++ : hj_get_varint_long(r);
}
static inline int64_t hj_get_zigzag(struct hj_reader *r)
{
	uint64_t value = hj_get_varint(r);

	return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}
