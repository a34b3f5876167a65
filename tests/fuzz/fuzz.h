/* What every fuzz target is: one function that is given any bytes. A claim that is not so ends the target where it
 * was made; the driver then leaves the input. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define claim(truth)                                                                                                 \
	do {                                                                                                         \
		if (!(truth)) {                                                                                      \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #truth);                          \
			abort();                                                                                     \
		}                                                                                                    \
	} while (0)
