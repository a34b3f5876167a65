/* Modbus TCP: see meter_mbap.h. What stands behind the head is what stands between the unit and the CRC of a frame of
 * Modbus RTU, so that src/meter/rtu.c writes and judges it. Pure. */
#include "hjgate/meter_mbap.h"

#include <errno.h>
#include <string.h>

#include "hjgate/bus_type.h"
#include "hjgate/cleanup.h"

#define CRC_BYTES    2
#define ANY_UNIT     1
#define BEFORE_UNIT  6   /* bytes of the head that its length does not count */
#define LENGTH_LEAST 3   /* unit, function, one byte */
#define LENGTH_MOST  254 /* unit, and 253 bytes of the application protocol */

void hj_mbap_connected(struct hj_mbap *m)
{
	m->pending = false;
	m->frame_length = 0;
	memset(m->lates, 0, sizeof(m->lates));
}

void hj_mbap_told(struct hj_mbap *m)
{
	m->junk = 0;
	m->junk_is_late = m->late_whole = false;
}

void hj_mbap_give_up(struct hj_mbap *m)
{
	struct hj_mbap_late *to = &m->lates[m->next_late];

	if (!m->pending)
		return;
	*to = (struct hj_mbap_late){ true, m->transaction, m->question };
	to->question.data = NULL; /* the caller's, for the length of the exchange */
	m->next_late = (m->next_late + 1) % HJ_MBAP_LATE_KEPT;
	m->pending = false;
}

int hj_mbap_begin(struct hj_mbap *m, const struct hj_question *q, uint8_t to[HJ_FRAME_MAX])
{
	struct hj_question on_line = *q;
	uint8_t line[HJ_FRAME_MAX];
	size_t length;
	int n;

	if (hj_bus_unit_is(HJ_BUS_tcp, q->unit_id))
		on_line.unit_id = ANY_UNIT; /* a line has no 255 */
	n = hj_protocol_rtu.encode(&on_line, line);
	hj_mbap_give_up(m);
	if (n < 0)
		return n;
	length = (size_t)n - CRC_BYTES;
	m->transaction++;
	m->question = *q;
	m->pending = true;
	m->received_length = 0;
	to[0] = (uint8_t)(m->transaction >> 8);
	to[1] = (uint8_t)m->transaction;
	to[2] = to[3] = 0; /* Modbus */
	to[4] = (uint8_t)(length >> 8);
	to[5] = (uint8_t)length;
	memcpy(to + BEFORE_UNIT, line, length);
	to[BEFORE_UNIT] = q->unit_id;
	return (int)(BEFORE_UNIT + length);
}

/* ---- what comes ---- */

/* 0: the head is not whole; -EPROTO: it is none. */
static int length_of(const uint8_t *p, size_t n)
{
	unsigned length;

	if (n < BEFORE_UNIT)
		return n > 3 && (p[2] || p[3]) ? -EPROTO : 0;
	length = (unsigned)(p[4] << 8 | p[5]);
	if (p[2] || p[3] || length < LENGTH_LEAST || length > LENGTH_MOST)
		return -EPROTO;
	return (int)(BEFORE_UNIT + length);
}

static int judge(const struct hj_question *q, const uint8_t *p, size_t n, struct hj_answer *ret)
{
	uint8_t line[HJ_FRAME_MAX];
	size_t length = n - BEFORE_UNIT;
	uint16_t crc;

	memcpy(line, p + BEFORE_UNIT, length);
	crc = hj_modbus_crc(line, length);
	line[length] = (uint8_t)crc;
	line[length + 1] = (uint8_t)(crc >> 8);
	return hj_protocol_rtu.decode(q, line, length + CRC_BYTES, ret);
}

static void note_junk(struct hj_mbap *m, const uint8_t *p, size_t n)
{
	size_t have = hj_min(m->junk, sizeof(m->junk_head));

	memcpy(m->junk_head + have, p, hj_min(n, sizeof(m->junk_head) - have));
	m->junk += n;
}

static struct hj_mbap_late *owed_by(struct hj_mbap *m, uint16_t transaction)
{
	for (size_t i = 0; i < HJ_MBAP_LATE_KEPT; i++)
		if (m->lates[i].owed && m->lates[i].transaction == transaction)
			return &m->lates[i];
	return NULL;
}

/* The answer to a question that nobody waits for any more, or to none. What answers a write is told by what was
 * written, which is not kept. A gateway that gives up later than we do says nothing new: it was a silence then. */
static void take_other(struct hj_mbap *m, uint16_t transaction)
{
	struct hj_mbap_late *late = owed_by(m, transaction);
	struct hj_answer answer;
	int r;

	if (!late)
		return note_junk(m, m->frame, m->frame_length);
	late->owed = false;
	r = late->question.function ? -EBADMSG : judge(&late->question, m->frame, m->frame_length, &answer);
	if (r == -EREMOTEIO && hj_modbus_is_unreached(&late->question, answer.exception))
		return;
	note_junk(m, m->frame, m->frame_length);
	m->junk_is_late = true;
	if (r < 0 && r != -EREMOTEIO)
		return;
	m->late_whole = true;
	m->late = late->question;
}

static int take_frame(struct hj_mbap *m)
{
	uint16_t transaction = (uint16_t)(m->frame[0] << 8 | m->frame[1]);
	bool is_answer = m->pending && transaction == m->transaction;

	if (is_answer) {
		m->pending = false;
		m->outcome = judge(&m->question, m->frame, m->frame_length, &m->answer);
		memcpy(m->received, m->frame, m->frame_length);
		m->received_length = m->frame_length;
	} else {
		take_other(m, transaction);
	}
	m->frame_length = 0;
	return is_answer;
}

int hj_mbap_feed(struct hj_mbap *m, const uint8_t *p, size_t n)
{
	int answered = 0;

	while (n) {
		int whole = length_of(m->frame, m->frame_length);
		size_t want = (whole ? (size_t)whole : BEFORE_UNIT) - m->frame_length, some = hj_min(want, n);

		memcpy(m->frame + m->frame_length, p, some);
		m->frame_length += some;
		p += some;
		n -= some;
		whole = length_of(m->frame, m->frame_length);
		if (whole < 0) {
			note_junk(m, m->frame, m->frame_length);
			m->frame_length = 0;
			return -EPROTO;
		}
		if (whole && m->frame_length == (size_t)whole)
			answered |= take_frame(m);
	}
	return answered;
}
