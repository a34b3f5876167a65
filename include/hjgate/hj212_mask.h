/* What must not be shown of a frame: one function for every place that shows one. */
#pragma once

#include <stddef.h>

/* Overwrites the values of PW, NewPW and NewSK with stars, as many as there were bytes, wherever they stand in a
 * frame, a data segment or a text about one: HJ/T 212-2005 has the new password as PW inside CP. A mask of what is
 * masked changes nothing. */
void hj212_mask(char *text, size_t n);
