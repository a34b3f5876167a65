/* Receipts as they lie in the store's file. What is accepted encodes to the same bytes again. */
#include <string.h>

#include "hjgate/receipt.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char uplink[HJ_NAME_MAX + 1];
	struct hj_receipts list;
	struct hj_buf again = { 0 };
	const void *packed;
	size_t length;

	if (hj_receipt_body_decode(data, n, uplink, &packed, &length) < 0 ||
	        hj_receipts_decode(packed, length, &list) < 0)
		return 0;
	claim(hj_receipt_body_encode(uplink, &list, &again) >= 0);
	claim(again.len == n && !memcmp(again.data, data, n));
	hj_buf_done(&again);
	hj_receipts_done(&list);
	return 0;
}
