/* What libFuzzer asks of a target that knows its own checksums (see fuzz.h): most of what it makes up is mended, so
 * that it comes past them; the rest is not, so that they are tried, too. The changes are libFuzzer's own, but for a
 * few that put an extreme number where one was. */
#include "fuzz.h"

#define UNMENDED 8  /* one of so many is left as it came */
#define NUMBERS  16 /* one of so many changes is of a number */

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	if (seed / UNMENDED % NUMBERS)
		n = LLVMFuzzerMutate(data, n, most);
	else
		n = vary_number(data, n, most, seed);
	if (fuzz_mend && seed % UNMENDED)
		n = fuzz_mend(data, n, most);
	return n;
}
