/* Modbus RTU, the master's side: Modbus over serial line V1.02, functions 1 to 4 of the application protocol V1.1b3.
 * An answer says its unit, its function and its length, but not which registers it holds: confusable() says when a
 * late one could be taken for another. Pure. */
#include "hjgate/meter_protocol.h"

#include <errno.h>
#include <string.h>

#define REQUEST_BYTES   8
#define HEAD_BYTES      3 /* unit, function, byte count */
#define CRC_BYTES       2
#define EXCEPTION_BYTES 5
#define EXCEPTION_BIT   0x80
#define REGISTERS_MOST  125  /* V1.1b3 6.3, 6.4 */
#define BITS_MOST       2000 /* 6.1, 6.2 */
#define UNIT_MOST       247

uint16_t hj_modbus_crc(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

static size_t data_bytes(const struct hj_question *q)
{
	return hj_table_is_bits(q->table) ? (q->count + 7u) / 8 : 2u * q->count;
}

static int rtu_encode(const struct hj_question *q, uint8_t to[HJ_FRAME_MAX])
{
	uint16_t crc;

	if (!q->unit_id || q->unit_id > UNIT_MOST || q->table < HJ_TABLE_COIL || q->table > HJ_TABLE_INPUT ||
	        !q->count || q->count > (hj_table_is_bits(q->table) ? BITS_MOST : REGISTERS_MOST) ||
	        q->address + q->count > 65536u)
		return -EINVAL;
	to[0] = q->unit_id;
	to[1] = (uint8_t)q->table;
	to[2] = (uint8_t)(q->address >> 8);
	to[3] = (uint8_t)q->address;
	to[4] = (uint8_t)(q->count >> 8);
	to[5] = (uint8_t)q->count;
	crc = hj_modbus_crc(to, 6);
	to[6] = (uint8_t)crc;
	to[7] = (uint8_t)(crc >> 8);
	return REQUEST_BYTES;
}

static int broken(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EBADMSG;
}

static int rtu_measure(const struct hj_question *q, const uint8_t *p, size_t n, const char **ret_why)
{
	size_t whole;

	if (n >= 1 && p[0] != q->unit_id)
		return broken(ret_why, "answer of another unit");
	if (n >= 2 && (p[1] & ~EXCEPTION_BIT) != (int)q->table)
		return broken(ret_why, "answer to another question");
	if (n < HEAD_BYTES)
		return 0;
	if (!(p[1] & EXCEPTION_BIT) && p[2] != data_bytes(q))
		return broken(ret_why, "answer to another question");
	whole = p[1] & EXCEPTION_BIT ? EXCEPTION_BYTES : HEAD_BYTES + data_bytes(q) + CRC_BYTES;
	return n < whole ? 0 : (int)whole;
}

static int rtu_decode(const struct hj_question *q, const uint8_t *p, size_t n, struct hj_answer *ret)
{
	const char *why = "answer broke off";
	int whole = rtu_measure(q, p, n, &why);

	memset(ret, 0, sizeof(*ret));
	if (whole <= 0 || (size_t)whole != n)
		return broken(&ret->why, why);
	if (hj_modbus_crc(p, n - CRC_BYTES) != (p[n - 2] | p[n - 1] << 8))
		return broken(&ret->why, "wrong CRC");
	if (p[1] & EXCEPTION_BIT) {
		ret->exception = p[2];
		ret->why = "exception";
		return -EREMOTEIO;
	}
	ret->length = data_bytes(q);
	memcpy(ret->data, p + HEAD_BYTES, ret->length);
	return 0;
}

/* An exception has the same length for all. */
static bool rtu_confusable(const struct hj_question *asked, const struct hj_question *q, bool exception)
{
	return asked->unit_id == q->unit_id && asked->table == q->table &&
	       (exception || data_bytes(asked) == data_bytes(q)) && !hj_question_same(asked, q);
}

const struct hj_protocol hj_protocol_rtu = { "rtu", rtu_encode, rtu_measure, rtu_decode, rtu_confusable };
