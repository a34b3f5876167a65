/* What base64 accepts is the one text of its bytes. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "hjgate/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *bytes = malloc(n + 1);
	char *again = malloc(HJ_BASE64_LEN(n));
	size_t count;

	assert(bytes && again);
	if (hj_base64_decode((const char *)data, n, bytes, &count) >= 0) {
		assert(count <= n / 4 * 3);
		hj_base64_encode(bytes, count, again);
		assert(strlen(again) == n && !memcmp(again, data, n));
	}
	free(bytes);
	free(again);
	return 0;
}
