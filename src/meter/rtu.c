/* Modbus RTU, the master's side: Modbus over serial line V1.02, functions 1 to 4 (read) and 5, 6, 15, 16 (write) of
 * the application protocol V1.1b3.
 * An answer says its unit, its function and its length, but not which registers it holds: confusable() says when a
 * late one could be taken for another. Pure. */
#include "hjgate/meter_protocol.h"

#include <errno.h>
#include <string.h>

#include "hjgate/bus_type.h"
#include "hjgate/cleanup.h"

#define HEAD_BYTES      3 /* unit, function, byte count */
#define CRC_BYTES       2
#define EXCEPTION_BYTES 5
#define EXCEPTION_BIT   0x80
#define REGISTERS_MOST  125  /* V1.1b3 6.3, 6.4 */
#define BITS_MOST       2000 /* 6.1, 6.2 */
#define WRITE_COIL      5
#define WRITE_REGISTER  6
#define WRITE_COILS     15
#define WRITE_REGISTERS 16
#define COIL_ON         0xff
#define WRITTEN_BYTES   8    /* what answers a write: unit, function, address, value or count, CRC */
#define WRITE_REGS_MOST 123  /* 6.12 */
#define WRITE_BITS_MOST 1968 /* 6.11 */
#define WRITE_HEAD      7    /* of several: up to the byte count */
#define READ_BYTES      8    /* a request to read */

#define GATEWAY_NO_PATH   10
#define GATEWAY_NO_ANSWER 11

uint16_t hj_modbus_crc(const uint8_t *p, size_t n)
{
	/* of each half byte: x^16 + x^15 + x^2 + 1, reflected */
	static const uint16_t of_nibble[16] = { 0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401,
		0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400 };
	uint16_t crc = 0xffff;

	while (n--) {
		crc ^= *p++;
		crc = (uint16_t)(crc >> 4 ^ of_nibble[crc & 15]);
		crc = (uint16_t)(crc >> 4 ^ of_nibble[crc & 15]);
	}
	return crc;
}

static size_t data_bytes(const struct hj_question *q)
{
	return hj_table_is_bits(q->table) ? (q->count + 7u) / 8 : 2u * q->count;
}

static int function_of(const struct hj_question *q)
{
	return q->function ? q->function : (int)q->table;
}

static bool can_write(const struct hj_question *q)
{
	bool bits = q->table == HJ_TABLE_COIL;
	unsigned most = bits ? WRITE_BITS_MOST : WRITE_REGS_MOST;

	if (!q->data || (!bits && q->table != HJ_TABLE_HOLDING))
		return false;
	if (q->function == (bits ? WRITE_COIL : WRITE_REGISTER))
		return q->count == 1;
	return q->function == (bits ? WRITE_COILS : WRITE_REGISTERS) && q->count <= most;
}

static bool can_ask(const struct hj_question *q)
{
	unsigned most = hj_table_is_bits(q->table) ? BITS_MOST : REGISTERS_MOST;

	return q->unit_id && q->unit_id <= HJ_UNIT_MOST && q->table >= HJ_TABLE_COIL && q->table <= HJ_TABLE_INPUT &&
	       q->count && q->count <= most && q->address + q->count <= 65536u && (!q->function || can_write(q));
}

/* What stands behind the address: how many it has. */
static size_t put_body(const struct hj_question *q, uint8_t *to)
{
	size_t n = data_bytes(q);

	if (q->function == WRITE_COIL) {
		to[0] = q->data[0] & 1 ? COIL_ON : 0;
		to[1] = 0;
		return 2;
	}
	if (q->function == WRITE_REGISTER) {
		memcpy(to, q->data, 2);
		return 2;
	}
	to[0] = (uint8_t)(q->count >> 8);
	to[1] = (uint8_t)q->count;
	if (!q->function)
		return 2;
	to[2] = (uint8_t)n;
	memcpy(to + 3, q->data, n);
	return 3 + n;
}

static int rtu_encode(const struct hj_question *q, uint8_t to[HJ_FRAME_MAX])
{
	uint16_t crc;
	size_t n;

	if (!can_ask(q))
		return -EINVAL;
	to[0] = q->unit_id;
	to[1] = (uint8_t)function_of(q);
	to[2] = (uint8_t)(q->address >> 8);
	to[3] = (uint8_t)q->address;
	n = 4 + put_body(q, to + 4);
	crc = hj_modbus_crc(to, n);
	to[n] = (uint8_t)crc;
	to[n + 1] = (uint8_t)(crc >> 8);
	return (int)(n + CRC_BYTES);
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
	if (n >= 2 && (p[1] & ~EXCEPTION_BIT) != function_of(q))
		return broken(ret_why, "answer to another question");
	if (n < HEAD_BYTES)
		return 0;
	if (p[1] & EXCEPTION_BIT)
		whole = EXCEPTION_BYTES;
	else if (q->function)
		whole = WRITTEN_BYTES;
	else if (p[2] != data_bytes(q))
		return broken(ret_why, "answer to another question");
	else
		whole = HEAD_BYTES + data_bytes(q) + CRC_BYTES;
	return n < whole ? 0 : (int)whole;
}

/* A write is answered with its own address, and with its value or how many. */
static bool is_echo(const struct hj_question *q, const uint8_t *p)
{
	uint8_t body[HJ_FRAME_MAX];

	put_body(q, body);
	return p[2] == q->address >> 8 && p[3] == (q->address & 0xff) && !memcmp(p + 4, body, 2);
}

/* V1.1b3, 7 */
const char *hj_modbus_exception(uint8_t code)
{
	static const char *const names[] = {
		[1] = "illegal function",
		[2] = "illegal data address",
		[3] = "illegal data value",
		[4] = "device failure",
		[5] = "acknowledge",
		[6] = "device busy",
		[8] = "memory parity error",
		[GATEWAY_NO_PATH] = "gateway path unavailable",
		[GATEWAY_NO_ANSWER] = "gateway target does not respond",
	};

	return code < hj_array_size(names) && names[code] ? names[code] : "unknown exception";
}

bool hj_modbus_is_unreached(const struct hj_question *q, int exception)
{
	return q->table >= HJ_TABLE_COIL && q->table <= HJ_TABLE_INPUT &&
	       (exception == GATEWAY_NO_PATH || exception == GATEWAY_NO_ANSWER);
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
		ret->why = hj_modbus_exception(p[2]);
		return -EREMOTEIO;
	}
	if (q->function)
		return is_echo(q, p) ? 0 : broken(&ret->why, "answer to another question");
	ret->length = data_bytes(q);
	memcpy(ret->data, p + HEAD_BYTES, ret->length);
	return 0;
}

/* An exception has the same length for all. What answers a write says where it was written. */
static bool rtu_confusable(const struct hj_question *asked, const struct hj_question *q, bool exception)
{
	return asked->unit_id == q->unit_id && function_of(asked) == function_of(q) &&
	       (exception || (!q->function && data_bytes(asked) == data_bytes(q))) && !hj_question_same(asked, q);
}

static int rtu_foreign(const uint8_t *p, size_t n, struct hj_question *ret)
{
	size_t whole = READ_BYTES;

	if (n < whole || !p[0] || p[0] > HJ_UNIT_MOST || !p[1] ||
	        (p[1] > WRITE_REGISTER && p[1] != WRITE_COILS && p[1] != WRITE_REGISTERS))
		return 0;
	if (p[1] == WRITE_COILS || p[1] == WRITE_REGISTERS)
		whole = WRITE_HEAD + p[6] + CRC_BYTES;
	if (n < whole || hj_modbus_crc(p, whole - CRC_BYTES) != (p[whole - 2] | p[whole - 1] << 8))
		return 0;
	*ret = (struct hj_question){ .unit_id = p[0],
		.table = (enum hj_table)p[1],
		.address = (uint32_t)(p[2] << 8 | p[3]),
		.count = (uint16_t)(p[1] <= HJ_TABLE_INPUT ? p[4] << 8 | p[5] : 0) };
	return (int)whole;
}

const struct hj_protocol hj_protocol_rtu = {
	.name = "rtu",
	.encode = rtu_encode,
	.measure = rtu_measure,
	.decode = rtu_decode,
	.confusable = rtu_confusable,
	.foreign = rtu_foreign,
};
