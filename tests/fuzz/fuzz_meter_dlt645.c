/* DL/T 645: see station.h. */
#include "station.h"

#define LENGTH_AT 9

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	return station_mend(data, n, LENGTH_AT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return station_input(&hj_protocol_dlt645, data, size);
}
