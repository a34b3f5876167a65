/* Raw registers to a value. */
#pragma once

#include <stdint.h>

#include "hjgate/register.h"

struct hj_codec {
	enum hj_type type;
	enum hj_order order;
	double scale, offset; /* value = raw * scale + offset */
};

#define HJ_CODEC_WORDS_MAX 2

/* Registers (or bits) that one value takes: 1 or 2. */
unsigned hj_codec_words(enum hj_type type);

/* `words` holds hj_codec_words() of them as they came; a bit is 0 or 1. A float32 becomes the double with the
 * shortest decimal text that gives the same float back (0.1, not 0.10000000149), and scale and offset leave no binary
 * dust either (2301 * 0.1 is 230.1). -EDOM where there is no value: NaN, infinite, or beyond the largest double. */
int hj_codec_decode(const struct hj_codec *c, const uint16_t *words, double *ret);
