/* Bytes to values, by our own hand: the float helpers of the library have changed their names' meaning between
 * releases. First the bytes are brought into their order (A first), then the type says what they
 * are. Pure; nothing is kept. The only failure is bytes that hold no number. */
#include "hjgate/meter_codec.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/decimal.h"

#define FLOAT_DIGITS_LEAST 6  /* every decimal of so many digits survives a float that is not subnormal */
#define FLOAT_DIGITS_MOST  9  /* every float survives a decimal of so many digits */
#define NUMBER_TEXT        32 /* bytes: sign, 9 digits, point, exponent, NUL */
#define FLOAT_WHOLE_MOST   16777216.0f
#define DOUBLE_EXACT_MOST  (1ULL << 53)

/* Integers only. */
static bool is_signed_type(enum hj_type type)
{
	return type == HJ_TYPE_INT16 || type == HJ_TYPE_INT32 || type == HJ_TYPE_INT64;
}

static bool is_integer(enum hj_type type)
{
	return is_signed_type(type) || type == HJ_TYPE_UINT16 || type == HJ_TYPE_UINT32 || type == HJ_TYPE_UINT64;
}

/* Where the i-th byte lies, A being the 0th. Words are swapped from the end, bytes within each word; of an odd number
 * of bytes only the whole can be turned round. */
static unsigned place(enum hj_order order, unsigned i, unsigned n)
{
	bool words = order == HJ_ORDER_CDAB || order == HJ_ORDER_DCBA,
	     inner = order == HJ_ORDER_BADC || order == HJ_ORDER_DCBA;

	if (n % 2)
		return words && inner ? n - 1 - i : i;
	i = words ? n - 2 - i / 2 * 2 + i % 2 : i;
	return inner ? i ^ 1 : i;
}

/* The bytes as one number, the most significant first. */
static uint64_t gather(enum hj_order order, const uint8_t *bytes, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++)
		value = value << 8 | bytes[place(order, i, n)];
	return value;
}

/* The shortest decimal that is this float and no other. A meter that shows 0.1 sends the float nearest to it; to
 * widen that float would show eight digits that the meter never measured. */
static double widen(float f)
{
	char text[NUMBER_TEXT];

	if (fabsf(f) <= FLOAT_WHOLE_MOST && truncf(f) == f)
		return f;
	for (int digits = fabsf(f) < FLT_MIN ? 1 : FLOAT_DIGITS_LEAST; digits < FLOAT_DIGITS_MOST; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)f);
		if (strtof(text, NULL) == f)
			return strtod(text, NULL);
	}
	snprintf(text, sizeof(text), "%.*g", FLOAT_DIGITS_MOST, (double)f);
	return strtod(text, NULL);
}

static double take_float32(uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	float f;

	memcpy(&f, &low, sizeof(f));
	return isfinite(f) ? widen(f) : (double)NAN;
}

static double take_float64(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

static double take_integer(const struct hj_codec *c, uint64_t bits)
{
	bool is_signed = is_signed_type(c->type) && !c->bits;
	unsigned width = 8 * hj_codec_bytes(c);

	if (c->bits)
		bits = c->bit < width ? bits >> c->bit & (c->bits < 64 ? (1ULL << c->bits) - 1 : UINT64_MAX) : 0;
	if (is_signed && width < 64 && bits >> (width - 1))
		bits |= UINT64_MAX << width;
	if (is_signed && bits >> 63)
		return 0 - bits <= DOUBLE_EXACT_MOST ? -(double)(0 - bits) : (double)NAN;
	return bits <= DOUBLE_EXACT_MOST ? (double)bits : (double)NAN;
}

static double take_bcd(const struct hj_codec *c, uint64_t bits)
{
	unsigned digits = 2u * c->length;
	uint64_t value = 0;
	bool minus = false;

	if (!c->length || c->length > HJ_CODEC_BYTES_MAX)
		return NAN;
	if (c->type == HJ_TYPE_BCD_SIGNED) {
		minus = bits >> (4 * digits - 1) & 1;
		bits &= ~(1ULL << (4 * digits - 1));
	}
	for (unsigned i = digits; i-- > 0;) {
		unsigned digit = bits >> (4 * i) & 0xf;

		if (digit > 9)
			return NAN;
		value = value * 10 + digit;
	}
	if (value > DOUBLE_EXACT_MOST)
		return NAN;
	return minus ? -(double)value : (double)value;
}

int hj_codec_raw(const struct hj_codec *c, const uint8_t *bytes, double *ret)
{
	unsigned n = hj_codec_bytes(c);
	uint64_t bits = n && n <= HJ_CODEC_BYTES_MAX ? gather(c->order, bytes, n) : 0;
	double raw = NAN;

	if (c->type == HJ_TYPE_BIT)
		raw = bits != 0;
	else if (is_integer(c->type))
		raw = take_integer(c, bits);
	else if (c->type == HJ_TYPE_FLOAT32)
		raw = take_float32(bits);
	else if (c->type == HJ_TYPE_FLOAT64)
		raw = take_float64(bits);
	else if (c->type == HJ_TYPE_BCD || c->type == HJ_TYPE_BCD_SIGNED)
		raw = take_bcd(c, bits);
	if (!isfinite(raw))
		return -EDOM;
	*ret = raw == 0 ? 0 : raw; /* no negative zero */
	return 0;
}

int hj_codec_scale(const struct hj_codec *c, double raw, double *ret)
{
	double value = hj_decimal_scale(raw, c->scale, c->offset);

	if (!isfinite(value))
		return -EDOM;
	*ret = value == 0 ? 0 : value;
	return 0;
}

int hj_codec_decode(const struct hj_codec *c, const uint8_t *bytes, double *ret)
{
	double raw;
	int r = hj_codec_raw(c, bytes, &raw);

	return r < 0 ? r : hj_codec_scale(c, raw, ret);
}

static bool is_blank(uint8_t c)
{
	return c == '\0' || c == ' ' || c == 0xff;
}

void hj_codec_text(const struct hj_codec *c, const uint8_t *bytes, char ret[HJ_TEXT_LEN])
{
	unsigned n = c->length < HJ_CODEC_TEXT_MAX ? c->length : HJ_CODEC_TEXT_MAX, from = 0, end = n;
	char *to = ret;
	bool printed = true;

	while (end && is_blank(bytes[place(c->order, end - 1, n)]))
		end--;
	while (from < end && is_blank(bytes[place(c->order, from, n)]))
		from++;
	for (unsigned i = from; i < end; i++)
		printed = printed && bytes[place(c->order, i, n)] >= ' ' && bytes[place(c->order, i, n)] <= '~';
	if (end && !printed) { /* zeros are digits */
		from = 0;
		end = n;
	}
	for (unsigned i = from; i < end; i++, to += printed ? 1 : 2)
		snprintf(to, 3, printed ? "%c" : "%02x", bytes[place(c->order, i, n)]);
	*to = '\0';
}
