/* Registers to values, by our own hand: the float helpers of the library have changed their names' meaning between
 * releases. Pure; nothing is kept. The only failure is a register that holds no number. */
#include "hjgate/meter_codec.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT_DIGITS_LEAST 6  /* every decimal of so many digits survives a float */
#define FLOAT_DIGITS_MOST  9  /* every float survives a decimal of so many digits */
#define DOUBLE_DIGITS      15 /* every decimal of so many digits survives a double */
#define DECIMALS_MOST      30
#define DOUBLE_WHOLE_MOST  1e15
#define NUMBER_TEXT        64 /* bytes: sign, 15 digits, point, DECIMALS_MOST, exponent, NUL */
#define FLOAT_WHOLE_MOST   16777216.0f

/* Where byte i of the wire goes, 0 being the most significant. */
static const uint8_t places[][4] = {
	[HJ_ORDER_ABCD] = { 0, 1, 2, 3 },
	[HJ_ORDER_CDAB] = { 2, 3, 0, 1 },
	[HJ_ORDER_BADC] = { 1, 0, 3, 2 },
	[HJ_ORDER_DCBA] = { 3, 2, 1, 0 },
};

unsigned hj_codec_words(enum hj_type type)
{
	return type == HJ_TYPE_INT32 || type == HJ_TYPE_UINT32 || type == HJ_TYPE_FLOAT32 ? 2 : 1;
}

static uint16_t take16(enum hj_order order, uint16_t word)
{
	if (order == HJ_ORDER_BADC || order == HJ_ORDER_DCBA)
		return (uint16_t)(word << 8 | word >> 8);
	return word;
}

static uint32_t take32(enum hj_order order, const uint16_t words[2])
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint32_t byte = (uint32_t)words[i / 2] >> (i % 2 ? 0 : 8) & 0xff;

		value |= byte << (24 - 8 * places[order][i]);
	}
	return value;
}

/* The shortest decimal that is this float and no other. A meter that shows 0.1 sends the float nearest to it; to
 * widen that float would show eight digits that the meter never measured. */
static double widen(float f)
{
	char text[NUMBER_TEXT];

	if (fabsf(f) <= FLOAT_WHOLE_MOST && truncf(f) == f)
		return f;
	for (int digits = FLOAT_DIGITS_LEAST; digits < FLOAT_DIGITS_MOST; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)f);
		if (strtof(text, NULL) == f)
			return strtod(text, NULL);
	}
	snprintf(text, sizeof(text), "%.*g", FLOAT_DIGITS_MOST, (double)f);
	return strtod(text, NULL);
}

/* Scales as people write them are decimal, and binary products and sums of them are off by dust in the 16th digit of
 * the larger part: what lies below its 15th is rounded away. */
static double scale(const struct hj_codec *c, double raw)
{
	double product = raw * c->scale, most = fmax(fabs(product), fabs(c->offset));
	char text[NUMBER_TEXT];
	int decimals;

	if ((c->scale == 1 && c->offset == 0) || !isfinite(product))
		return product;
	if (c->offset == 0 || !isfinite(most) || most >= DOUBLE_WHOLE_MOST) {
		snprintf(text, sizeof(text), "%.*g", DOUBLE_DIGITS, product + c->offset);
		return strtod(text, NULL);
	}
	decimals = DOUBLE_DIGITS - 1 - (int)floor(log10(most));
	snprintf(
	        text, sizeof(text), "%.*f", decimals < DECIMALS_MOST ? decimals : DECIMALS_MOST, product + c->offset);
	return strtod(text, NULL);
}

static double take_float(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return isfinite(f) ? widen(f) : (double)NAN;
}

int hj_codec_decode(const struct hj_codec *c, const uint16_t *words, double *ret)
{
	double raw = NAN, value;

	switch (c->type) {
	case HJ_TYPE_BIT:
		raw = words[0] != 0;
		break;
	case HJ_TYPE_INT16:
		raw = (int16_t)take16(c->order, words[0]);
		break;
	case HJ_TYPE_UINT16:
		raw = take16(c->order, words[0]);
		break;
	case HJ_TYPE_INT32:
		raw = (int32_t)take32(c->order, words);
		break;
	case HJ_TYPE_UINT32:
		raw = take32(c->order, words);
		break;
	case HJ_TYPE_FLOAT32:
		raw = take_float(take32(c->order, words));
		break;
	}
	if (!isfinite(raw))
		return -EDOM;
	value = scale(c, raw);
	if (!isfinite(value))
		return -EDOM;
	*ret = value;
	return 0;
}
