/* Bytes of an answer to a number. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hjgate/register.h"

/* What the register says, before scale and offset: an integer, or for a float32 the double with the shortest decimal
 * text that gives the same float back (0.1, not 0.10000000149). `bytes` holds hj_codec_bytes() of them as they came;
 * a bit is a byte of 0 or 1. -EDOM where there is no number: NaN, infinite, a digit above 9, a text, and any integer
 * or bcd beyond 2^53 on either side of 0: from there on a double holds some of them and rounds the others. */
int hj_codec_raw(const struct hj_codec *c, const uint8_t *bytes, double *ret);

/* raw * scale + offset without binary dust (2301 * 0.1 is 230.1), see decimal.h. -EDOM beyond the largest double. */
int hj_codec_scale(const struct hj_codec *c, double raw, double *ret);

/* A text as it is shown: without the NULs and blanks around it; in hexadecimal where a byte of it cannot be printed,
 * which of packed BCD are its digits. "" where nothing was filled in: NULs, blanks or 0xff only. */
#define HJ_TEXT_LEN (2 * HJ_CODEC_TEXT_MAX + 1)
void hj_codec_text(const struct hj_codec *c, const uint8_t *bytes, char ret[HJ_TEXT_LEN]);

/* Both. */
int hj_codec_decode(const struct hj_codec *c, const uint8_t *bytes, double *ret);
