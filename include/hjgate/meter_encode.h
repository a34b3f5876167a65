/* Numbers to the bytes of registers: what hj_codec_decode() undoes. */
#pragma once

#include <stdint.h>

#include "hjgate/register.h"

/* (value - offset) / scale, rounded to the nearest integer where the type is one, as the hj_codec_bytes() bytes of
 * the wire. NaN, and a value that the type cannot hold, give the type's code for "no value", which no value has: NaN
 * of floats, the least number of signed integers (0x8000 ...), the greatest of unsigned ones (0xFFFF ...); then
 * -ERANGE. A bit has no such code: -ERANGE, and a 0 that is not to be shown. -EINVAL: a type that is not encoded
 * (bcd, text, a slice of bits). */
int hj_codec_encode(const struct hj_codec *c, double value, uint8_t *to);
