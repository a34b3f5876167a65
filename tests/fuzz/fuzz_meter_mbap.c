/* Questions, and what a server sends: byte 0 says what happens next (0 to 0x3f: so many bytes come; else a question,
 * given up or not, or a new connection). An answer is only what belongs to the newest question, and never holds more
 * than it asked for. */
#include <errno.h>
#include <string.h>

#include "hjgate/meter_mbap.h"
#include "fuzz.h"

#define PIECE_MOST 0x3f

static void ask(struct hj_mbap *m, uint8_t what)
{
	struct hj_question q = { .unit_id = (uint8_t)(1 + what % 3),
		.table = (enum hj_table)(HJ_TABLE_COIL + what % 4),
		.count = (uint16_t)(1 + what % 5) };
	uint8_t to[HJ_FRAME_MAX];
	uint16_t before = m->transaction;
	int n = hj_mbap_begin(m, &q, to);

	claim(n == 12 && (uint16_t)(before + 1) == m->transaction && m->pending);
}

static void look(const struct hj_mbap *m, bool was_pending, int r)
{
	claim(m->pending == (was_pending && r != 1) || r == -EPROTO);
	claim(r == 0 || r == 1 || r == -EPROTO);
	claim(m->late_whole <= m->junk_is_late && (!m->junk_is_late || m->junk));
	if (r != 1)
		return;
	claim(!m->pending && m->received_length >= HJ_MBAP_HEAD + 2 && m->received_length <= HJ_MBAP_MOST);
	claim((m->received[0] << 8 | m->received[1]) == m->transaction);
	claim(m->outcome == 0 || m->outcome == -EREMOTEIO || m->outcome == -EBADMSG);
	claim(m->outcome == 0 ? m->answer.length + HJ_MBAP_HEAD + 2 == m->received_length : m->answer.why != NULL);
}

static void feed(struct hj_mbap *m, const uint8_t *data, size_t n)
{
	bool was_pending = m->pending;

	look(m, was_pending, hj_mbap_feed(m, data, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_mbap m = { 0 };

	while (size) {
		uint8_t what = *data++;
		size_t n = what <= PIECE_MOST ? what : 0;

		size--;
		if (n > size)
			n = size;
		if (what > 0xf0)
			hj_mbap_connected(&m);
		else if (what > 0xe0)
			hj_mbap_give_up(&m);
		else if (what > PIECE_MOST)
			ask(&m, what);
		else
			feed(&m, data, n);
		data += n;
		size -= n;
	}
	return 0;
}
