/* What is in a frame: which functions there are, what each asks for, where it is asked wrongly, and what an answer to
 * it looks like. Modbus application protocol V1.1b3, 6. Pure. */
#include "serve_private.h"

#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_protocol.h"

#define WRITE_HEAD_PDU 6
#define FIXED_PDU      5
#define COIL_ON        0xff00

static const struct serve_function functions[] = {
	{ 1, false, false, HJ_TABLE_COIL, HJ_SERVE_READ_BITS },
	{ 2, false, false, HJ_TABLE_DISCRETE, HJ_SERVE_READ_BITS },
	{ 3, false, false, HJ_TABLE_HOLDING, HJ_SERVE_READ_WORDS },
	{ 4, false, false, HJ_TABLE_INPUT, HJ_SERVE_READ_WORDS },
	{ 5, true, false, HJ_TABLE_COIL, 1 },
	{ 6, true, false, HJ_TABLE_HOLDING, 1 },
	{ 15, true, true, HJ_TABLE_COIL, HJ_SERVE_WRITE_BITS },
	{ 16, true, true, HJ_TABLE_HOLDING, HJ_SERVE_WRITE_WORDS },
};

const struct serve_function *serve_function_find(uint8_t code)
{
	for (size_t i = 0; i < hj_array_size(functions); i++)
		if (functions[i].code == code)
			return &functions[i];
	return NULL;
}

static void put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

size_t hj_serve_bytes(enum hj_table table, size_t count)
{
	return hj_table_is_bits(table) ? (count + 7) / 8 : 2 * count;
}

/* ---- a request ---- */

static int check(const struct serve_function *f, const uint8_t *pdu, size_t n, const struct hj_serve_request *q)
{
	size_t bytes = hj_serve_bytes(q->table, q->count);

	if (!q->count || q->count > f->most)
		return HJ_SERVE_VALUE;
	if (f->many && (pdu[5] != bytes || n != WRITE_HEAD_PDU + bytes))
		return HJ_SERVE_VALUE;
	if (!f->many && n != FIXED_PDU)
		return HJ_SERVE_VALUE;
	if (f->write && !f->many && f->table == HJ_TABLE_COIL && serve_get16(pdu + 3) &&
	        serve_get16(pdu + 3) != COIL_ON)
		return HJ_SERVE_VALUE;
	return q->address + q->count > 65536u ? HJ_SERVE_ADDRESS : 0;
}

static void take_data(const struct serve_function *f, const uint8_t *pdu, struct hj_serve_request *q)
{
	q->length = hj_serve_bytes(q->table, q->count);
	if (f->many)
		memcpy(q->data, pdu + WRITE_HEAD_PDU, q->length);
	else if (f->table == HJ_TABLE_COIL)
		q->data[0] = serve_get16(pdu + 3) == COIL_ON;
	else
		memcpy(q->data, pdu + 3, q->length);
	if (f->table == HJ_TABLE_COIL && q->count % 8)
		q->data[q->length - 1] &=
		        (uint8_t)((1u << q->count % 8) - 1); /* what fills the last byte means nothing */
}

void serve_parse(const uint8_t *pdu, size_t n, struct hj_serve_request *q)
{
	const struct serve_function *f = serve_function_find(pdu[0]);

	q->function = pdu[0];
	if (!f) {
		q->exception = HJ_SERVE_FUNCTION;
		return;
	}
	q->write = f->write;
	q->table = f->table;
	if (n < (f->many ? WRITE_HEAD_PDU : FIXED_PDU)) {
		q->exception = HJ_SERVE_VALUE;
		return;
	}
	q->address = serve_get16(pdu + 1);
	q->count = f->write && !f->many ? 1 : serve_get16(pdu + 3);
	q->exception = check(f, pdu, n, q);
	if (!q->exception && f->write)
		take_data(f, pdu, q);
}

/* ---- answers ---- */

/* Room for the head stands before the `n` bytes of the PDU. */
static size_t wrap(
        enum hj_serve_framing framing, const struct hj_serve_request *q, size_t n, uint8_t to[HJ_SERVE_TCP_MAX])
{
	uint16_t crc;

	if (framing == HJ_SERVE_TCP) {
		memmove(to + SERVE_MBAP_BYTES, to, n);
		put16(to, q->transaction);
		put16(to + 2, 0);
		put16(to + 4, n + 1);
		to[SERVE_MBAP_BEFORE] = q->unit_id;
		return SERVE_MBAP_BYTES + n;
	}
	if (q->unit_id == HJ_SERVE_EVERY_UNIT)
		return 0;
	memmove(to + 1, to, n);
	to[0] = q->unit_id;
	crc = hj_modbus_crc(to, n + 1);
	to[n + 1] = (uint8_t)crc;
	to[n + 2] = (uint8_t)(crc >> 8);
	return n + 1 + SERVE_CRC_BYTES;
}

size_t hj_serve_answer(enum hj_serve_framing framing, const struct hj_serve_request *q, const uint8_t *data, size_t n,
        uint8_t to[HJ_SERVE_TCP_MAX])
{
	const struct serve_function *f = serve_function_find(q->function);

	if (!f || (!f->write && n > HJ_SERVE_DATA_MAX))
		return 0;
	to[0] = q->function;
	if (!f->write) {
		to[1] = (uint8_t)n;
		if (n)
			memcpy(to + 2, data, n);
		return wrap(framing, q, 2 + n, to);
	}
	put16(to + 1, q->address);
	if (f->many)
		put16(to + 3, q->count);
	else if (f->table == HJ_TABLE_COIL)
		put16(to + 3, q->data[0] ? COIL_ON : 0);
	else
		memcpy(to + 3, q->data, 2);
	return wrap(framing, q, FIXED_PDU, to);
}

size_t hj_serve_refuse(enum hj_serve_framing framing, const struct hj_serve_request *q,
        enum hj_serve_exception exception, uint8_t to[HJ_SERVE_TCP_MAX])
{
	to[0] = q->function | SERVE_EXCEPTION_BIT;
	to[1] = (uint8_t)exception;
	return wrap(framing, q, 2, to);
}
