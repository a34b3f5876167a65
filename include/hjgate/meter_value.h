/* Bytes of an answer to a value that may be passed on, by the point's rules. */
#pragma once

#include <stdint.h>

#include "hjgate/register.h"

/* hj_codec_decode() and the rules (NULL: none). *held is the value last passed on, NaN where there is none, and is
 * the point's own from call to call: within the dead band around it, it is what is passed on again.
 * -EDOM: no number, or one of the invalid codes, or one that HJ 212 has no text for (HJ_NUMBER_LIMIT); -ERANGE:
 * outside the plausible range. Then nothing is held any more, so that the next value is passed on as it is. */
int hj_value_decode(const struct hj_codec *c, const struct hj_value_rules *rules, const uint8_t *bytes, double *held,
        double *ret);
