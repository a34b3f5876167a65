/* Values against the measuring range of their instrument. */
#pragma once

#include "hjgate/flag.h"
#include "hjgate/register.h"

/* The flag of a value that a meter gave: T above the upper limit, D below the lower one (no instrument measures what
 * lies below where it begins: a wire is broken, or the sensor is), N within, the limits themselves included. The
 * value stays with its flag. NULL: no limits. What is plausible at all is another question, hj_value_decode()'s.
 * A limit has neither a band nor a delay: flag N is said of each value that was within, and of no other. */
enum hj_flag hj_limit_flag(const struct hj_value_limits *l, double value);
