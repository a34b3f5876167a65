/* What comes after a question of Modbus RTU, and the values in it: never more data than was asked for, nothing
 * measured beyond what came, and a value that is finite or none; what answers a write, and what another master asks.
 * The first bytes are the question and how its registers are read. */
#include <math.h>

#include "hjgate/meter_codec.h"
#include "answer.h"

#define P    (&hj_protocol_rtu)
#define HEAD 9 /* unit, table, address, count, type, order, bit */

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	if (n > HEAD)
		mend_rtu_answer(data + HEAD, n - HEAD);
	return n;
}

static void read_values(const struct hj_question *q, const struct hj_answer *a, const uint8_t *how)
{
	struct hj_codec c = { .scale = 1, .bit = how[2] };
	size_t step;

	c.type = hj_table_is_bits(q->table) ? HJ_TYPE_BIT : (enum hj_type)(how[0] % (HJ_TYPE_TEXT + 1));
	c.order = (enum hj_order)(how[1] % (HJ_ORDER_DCBA + 1));
	c.length = 4;
	c.bits = (uint8_t)(1 + how[2] % 16);
	step = hj_codec_bytes(&c);
	for (size_t at = 0; step && at + step <= a->length; at += step) {
		uint8_t bytes[HJ_CODEC_TEXT_MAX] = { 0 };
		double value = 0;

		memcpy(bytes, a->data + at, step < sizeof(bytes) ? step : sizeof(bytes));
		if (c.type != HJ_TYPE_TEXT && hj_codec_decode(&c, bytes, &value) == 0)
			claim(isfinite(value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t functions[] = { 0, 0, 0, 5, 6, 15, 16 }, written[HJ_DATA_MAX] = { 0x12, 0x34, 0xff };
	struct hj_question q = { .data = written }, heard;
	uint8_t frame[HJ_FRAME_MAX];
	const uint8_t *how = data + 6;
	struct hj_answer a;
	int whole, r;

	if (size < HEAD)
		return 0;
	q.unit_id = data[0];
	q.table = (enum hj_table)(HJ_TABLE_COIL + data[1] % 4);
	q.function = functions[(data[1] >> 4) % sizeof(functions)];
	q.address = (uint32_t)(data[2] << 8 | data[3]);
	q.count = (uint16_t)((data[4] & 7) << 8 | data[5]);
	r = P->encode(&q, frame);
	claim(r == -EINVAL || (r >= 8 && r <= HJ_FRAME_MAX && (q.function || r == 8)));
	if (r < 0)
		return 0;
	data += HEAD;
	size -= HEAD;
	r = claim_answer(P, &q, data, size, &a, &whole);
	if (r == 0 && !q.function) {
		claim(a.length == (hj_table_is_bits(q.table) ? (q.count + 7u) / 8 : 2u * q.count));
		read_values(&q, &a, how);
	}
	r = P->foreign(data, size, &heard);
	claim(r >= 0 && (size_t)r <= size);
	return 0;
}
