/* What every fuzz target is: one function that is given any bytes. A claim that is not so ends the target where it
 * was made; the driver then leaves the input. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A target whose input carries lengths and checksums, which no blind change would keep right, has this too: it makes
 * them right in place, in up to `most` bytes, and returns the size. Drivers ask it after most of their changes. */
__attribute__((weak)) size_t fuzz_mend(uint8_t *data, size_t n, size_t most);

/* The frames that several targets read (mend.c). `at`: where the stream begins. */
size_t mend_hj212(uint8_t *data, size_t n, size_t most, size_t at); /* each "##": its length, its CRC; the size */
void mend_rtu(uint8_t *data, size_t n);                             /* requests, one behind the other */
void mend_rtu_answer(uint8_t *data, size_t n);                      /* one frame */
void mend_station(
        uint8_t *data, size_t n, size_t length_at); /* DL/T 645, CJ/T 188: where the length is, from 68H on */

/* Of texts: one number becomes an extreme one. The size. */
size_t vary_number(uint8_t *data, size_t n, size_t most, uint32_t random);

#define claim(truth)                                                                                                 \
	do {                                                                                                         \
		if (!(truth)) {                                                                                      \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #truth);                          \
			abort();                                                                                     \
		}                                                                                                    \
	} while (0)
