/* Units that differ by a power of ten: kW and W, m3 and L. */
#pragma once

/* How many of `to` one of `from` is. 0; -EDOM where the two are not known to be of one kind. Cases count: mW is not
 * MW. */
int hj_unit_ratio(const char *from, const char *to, double *ret);
