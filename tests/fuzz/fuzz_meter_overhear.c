/* Bytes on a line: every one is in exactly one utterance, in order, whatever they are and however they come. */
#include <string.h>

#include "hjgate/meter_overhear.h"
#include "fuzz.h"

#define HEAD 2 /* protocol; bytes at once */

static const uint8_t *expected;

static void look(struct hj_overhear *o, hj_usec now)
{
	static struct hj_heard h;

	while (hj_overhear_next(o, now, &h)) {
		claim(h.length > 0 && h.length <= sizeof(h.bytes));
		claim(!memcmp(expected, h.bytes, h.length));
		claim(h.answer.length <= sizeof(h.answer.data) || h.kind == HJ_HEARD_JUNK);
		expected += h.length;
	}
}

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	static const size_t length_at[] = { 0, 9, 10 };

	if (n <= HEAD)
		return n;
	if (data[0] % 3)
		mend_station(data + HEAD, n - HEAD, length_at[data[0] % 3]);
	else if (n > HEAD + 8)
		mend_rtu(data + HEAD, 8), mend_rtu_answer(data + HEAD + 8, n - HEAD - 8);
	else
		mend_rtu(data + HEAD, n - HEAD);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hj_protocol *const protocols[] = { &hj_protocol_rtu, &hj_protocol_dlt645,
		&hj_protocol_cjt188 };
	static struct hj_overhear o;
	size_t at = HEAD, step;
	hj_usec now = 1000;

	if (size < HEAD)
		return 0;
	hj_overhear_init(&o, protocols[data[0] % 3]);
	step = 1u + data[1];
	expected = data + HEAD;
	while (at < size) {
		size_t n = size - at < step ? size - at : step, taken = hj_overhear_feed(&o, data + at, n, now);

		claim(taken > 0);
		at += taken;
		now += data[at - 1] % 4 ? 1000 : HJ_OVERHEAR_PAUSE;
		look(&o, now);
	}
	look(&o, now + HJ_OVERHEAR_PAUSE);
	claim(expected == data + size && o.length == 0);
	return 0;
}
