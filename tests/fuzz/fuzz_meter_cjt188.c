/* CJ/T 188: see station.h. */
#include "station.h"

#define LENGTH_AT 10

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	return station_mend(data, n, LENGTH_AT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return station_input(&hj_protocol_cjt188, data, size);
}
