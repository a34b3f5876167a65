/* What can be asked of a meter and how a value lies in the answer. */
#pragma once

#include <stdint.h>

#define HJ_STATION_BYTES 7 /* of a station's address: DL/T 645 has 6, CJ/T 188 has 7 */

/* These are kept a thousand times over, so each is one byte. Modbus tables are numbered by their function code. */
enum hj_table {
	HJ_TABLE_COIL = 1,
	HJ_TABLE_DISCRETE = 2,
	HJ_TABLE_HOLDING = 3,
	HJ_TABLE_INPUT = 4,
	HJ_TABLE_DATA = 5, /* one data identifier of DL/T 645 or CJ/T 188: its bytes as they come */
	HJ_TABLE_LINE = 6, /* an input of the box's own terminals (GPIO): a single bit */
} __attribute__((packed));
enum hj_type {
	HJ_TYPE_BIT,
	HJ_TYPE_INT16,
	HJ_TYPE_UINT16,
	HJ_TYPE_INT32,
	HJ_TYPE_UINT32,
	HJ_TYPE_FLOAT32,
	HJ_TYPE_INT64,
	HJ_TYPE_UINT64,
	HJ_TYPE_FLOAT64,
	HJ_TYPE_BCD,        /* packed, two digits a byte, 1 to 8 bytes */
	HJ_TYPE_BCD_SIGNED, /* the same, the top bit is the sign (DL/T 645) */
	HJ_TYPE_TEXT,       /* no value: a serial number or the like, shown to people */
} __attribute__((packed));
/* The bytes as they come, A being the most significant: ABCD is big-endian words and bytes, CDAB swaps the words,
 * BADC the bytes in each word, DCBA both. Of eight bytes likewise: ABCDEFGH, GHEFCDAB, BADCFEHG, HGFEDCBA. Of 16 bits
 * only the bytes can be swapped: AB or BA. */
enum hj_order { HJ_ORDER_ABCD, HJ_ORDER_CDAB, HJ_ORDER_BADC, HJ_ORDER_DCBA } __attribute__((packed));

/* How a value lies in the bytes of an answer. */
#define HJ_CODEC_BYTES_MAX 8  /* of a number */
#define HJ_CODEC_TEXT_MAX  64 /* of a text */

struct hj_codec {
	enum hj_type type;
	enum hj_order order;
	uint8_t length; /* bytes, of a bcd (1..8) or text (1..64) only; the other types have their own */
	/* a slice of an integer: `bits` of them, `bit` the lowest (0 = least significant); bits 0: the whole */
	uint8_t bit, bits;
	double scale, offset; /* value = raw * scale + offset */
};

/* The measuring range of an instrument, in the value's unit, both included; infinite: none. */
struct hj_value_limits {
	double lower, upper;
};

/* What a point's value must be to count as one. */
#define HJ_INVALID_MAX 4

struct hj_value_rules {
	double invalid[HJ_INVALID_MAX]; /* what the register says instead of a value, before the scale */
	uint8_t invalid_count;
	double least, most; /* plausible values, both included; infinite: any */
	double dead_band;   /* a change smaller than this is none; 0: every change is one */
	struct hj_value_limits limits;
};

static inline int hj_table_is_bits(enum hj_table table)
{
	return table == HJ_TABLE_COIL || table == HJ_TABLE_DISCRETE || table == HJ_TABLE_LINE;
}

/* Bytes that one value takes; a bit: 1. */
unsigned hj_codec_bytes(const struct hj_codec *c);
/* What is asked for it: registers, bits, or the one data identifier. */
unsigned hj_codec_count(const struct hj_codec *c, enum hj_table table);
