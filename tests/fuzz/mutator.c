/* What libFuzzer asks of a target that knows its own checksums (see fuzz.h): most of what it makes up is mended, so
 * that it comes past them; the rest is not, so that they are tried as well. Where nothing is to be mended, it is
 * libFuzzer's own way. */
#include "fuzz.h"

#define UNMENDED 8 /* one of so many is left as it came */

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	n = LLVMFuzzerMutate(data, n, most);
	if (fuzz_mend && seed % UNMENDED)
		n = fuzz_mend(data, n, most);
	return n;
}
