/* Any bytes from a line or a connection, in any chunks and with any pauses: what comes out as a request is within the
 * limits of the standard, its answer fits into a frame, and after a silence nothing is left. The first byte: framing
 * and chunks; the second: the pauses. */
#include <errno.h>
#include <string.h>

#include "hjgate/meter_serve.h"
#include "fuzz.h"

#define HEAD      2
#define GAP       4000
#define MBAP_UNIT 6

static void hold(struct hj_serve *s, const struct hj_serve_request *q, hj_usec now)
{
	static const uint8_t data[HJ_SERVE_DATA_MAX];
	uint8_t to[HJ_SERVE_TCP_MAX];
	size_t n;

	claim(q->frame_length &&
	        q->frame_length <= (s->framing == HJ_SERVE_RTU ? HJ_SERVE_RTU_MAX : HJ_SERVE_TCP_MAX));
	claim(q->frame[s->framing == HJ_SERVE_RTU ? 0 : MBAP_UNIT] == q->unit_id);
	if (q->exception) {
		n = hj_serve_refuse(s->framing, q, (enum hj_serve_exception)q->exception, to);
	} else {
		size_t bytes = hj_serve_bytes(q->table, q->count);

		claim(q->count && q->address + q->count <= 65536);
		claim(bytes <= HJ_SERVE_DATA_MAX);
		claim(q->length == (q->write ? bytes : 0));
		claim(!q->write || q->table == HJ_TABLE_COIL || q->table == HJ_TABLE_HOLDING);
		n = hj_serve_answer(s->framing, q, data, bytes, to);
	}
	claim(n <= (s->framing == HJ_SERVE_RTU ? HJ_SERVE_RTU_MAX : HJ_SERVE_TCP_MAX));
	claim(n || q->unit_id == HJ_SERVE_EVERY_UNIT);
	if (s->framing == HJ_SERVE_RTU) {
		claim(q->unit_id == HJ_SERVE_EVERY_UNIT || hj_serve_has_unit(s, q->unit_id));
		hj_serve_sent(s, to, n, now);
	}
}

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	if (n > HEAD && !(data[0] & 1))
		mend_rtu(data + HEAD, n - HEAD);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_serve_request q;
	struct hj_serve s;
	hj_usec now = 0;
	size_t chunk;

	if (size < HEAD)
		return 0;
	hj_serve_init(&s, data[0] & 1 ? HJ_SERVE_TCP : HJ_SERVE_RTU, GAP, 100);
	for (unsigned unit = 1; unit <= HJ_SERVE_UNIT_MOST; unit += 1 + (data[0] >> 4))
		hj_serve_add_unit(&s, (uint8_t)unit);
	chunk = 1 + (data[0] >> 1 & 7) * 20;
	for (size_t at = HEAD; at < size; now += (hj_usec)data[1] * 50) {
		size_t n = at + chunk < size ? chunk : size - at, k = hj_serve_put(&s, data + at, n, now), found = 0;
		int r;

		claim(k <= n);
		at += k;
		while ((r = hj_serve_next(&s, now, &q)) == 1) {
			hold(&s, &q, now);
			found++;
		}
		claim(r == 0 || r == -EPROTO);
		claim(k || found || s.count < HJ_SERVE_RTU_MAX);
	}
	while (s.framing == HJ_SERVE_RTU && hj_serve_next(&s, now + 2 * GAP, &q) == 1)
		hold(&s, &q, now);
	claim(s.framing == HJ_SERVE_TCP || !s.count);
	return 0;
}
