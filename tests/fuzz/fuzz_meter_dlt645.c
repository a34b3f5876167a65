/* Bytes that came after a question: never more data than came, never a number of bytes below the frame's, and what
 * decodes is an answer to what was asked. */
#include <errno.h>
#include <string.h>

#include "hjgate/meter_protocol.h"
#include "fuzz.h"

#define P         (&hj_protocol_dlt645)
#define HEAD      (4 + HJ_STATION_BYTES) /* identifier, station */
#define LENGTH_AT 9

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	if (n > HEAD)
		mend_station(data + HEAD, n - HEAD, LENGTH_AT);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_question q = { .table = HJ_TABLE_DATA, .count = 1 }, heard;
	uint8_t frame[HJ_FRAME_MAX];
	const char *why = NULL;
	struct hj_answer a;
	int whole, r;

	if (size < HEAD)
		return 0;
	memcpy(&q.address, data, 4);
	memcpy(q.station, data + 4, HJ_STATION_BYTES);
	r = P->encode(&q, frame);
	claim(r == -EINVAL || (r > 0 && r <= HJ_FRAME_MAX));
	data += HEAD;
	size -= HEAD;
	whole = P->measure(&q, data, size, &why);
	claim(whole == -EBADMSG ? why != NULL : whole >= 0 && (size_t)whole <= size && whole <= HJ_FRAME_MAX);
	r = P->decode(&q, data, size, &a);
	claim(r == 0 || r == -EBADMSG || r == -EREMOTEIO);
	claim(r == 0 ? whole == (int)size : a.why != NULL);
	claim(a.length <= size);
	if (whole > 0) {
		r = P->decode(&q, data, (size_t)whole, &a);
		claim(r == 0 || r == -EBADMSG || r == -EREMOTEIO);
	}
	r = P->foreign(data, size, &heard);
	claim(r >= 0 && (size_t)r <= size);
	return 0;
}
