/* The protocol of a bus that is asked and answers: what goes out for a question, where an answer ends, what it holds.
 * Pure and without state: bytes in, bytes out. One file of src/meter is one protocol; who sends, waits and reads is
 * meter_exchange.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/register.h"

#define HJ_FRAME_MAX 272 /* bytes of the longest frame with what may precede it: RTU 256, DL/T 645 220 */
#define HJ_DATA_MAX  256 /* bytes that one answer holds: 125 registers, 2000 bits, 200 of DL/T 645 */

/* One request. Of Modbus: unit_id, table, address, count (registers or bits). Of a station: its address and the data
 * identifier in `address`; count is 1. A question may write instead (Modbus): `function` is 5, 6, 15 or 16, the table
 * is of coils or holding registers, and `data` lies as in struct hj_answer; it is looked at until the question is
 * answered, and not kept. */
struct hj_question {
	uint8_t unit_id;
	uint8_t station
	        [HJ_STATION_BYTES]; /* the digits as BCD, the most significant byte first, left-filled with 0 */
	enum hj_table table;
	uint32_t address;
	uint16_t count;
	uint8_t function; /* 0: reads the table */
	const uint8_t *data;
};

struct hj_answer {
	uint8_t data[HJ_DATA_MAX]; /* registers as they came, two bytes each; bits packed, the first in bit 0 */
	size_t length;             /* bytes of data */
	uint8_t station[HJ_STATION_BYTES]; /* of a station: who answers, also with -EREMOTEIO */
	int exception;             /* the meter's own error code, set with -EREMOTEIO */
	const char *why;           /* in a few words, untranslated: set with every error */
};

struct hj_protocol {
	const char *name;
	/* The frame to send: its length, or -EINVAL where the question does not exist in this protocol. */
	int (*encode)(const struct hj_question *q, uint8_t to[HJ_FRAME_MAX]);
	/* Looks at what has come since the question was sent: > 0, a whole frame is the first so many bytes (wake-up
	 * bytes before it included); 0, more is to come; -EBADMSG, this cannot become the answer any more (*ret_why).
	 */
	int (*measure)(const struct hj_question *q, const uint8_t *p, size_t n, const char **ret_why);
	/* A whole frame: 0; -EREMOTEIO, the meter refuses (exception); -EBADMSG: wrong sum, another unit, an answer
	 * to something else. All of *ret is written. */
	int (*decode)(const struct hj_question *q, const uint8_t *p, size_t n, struct hj_answer *ret);
	/* Could an answer to `asked` that comes late be taken for one to `q`? `exception`: one that refuses. Never
	 * for two equal questions. */
	bool (*confusable)(const struct hj_question *asked, const struct hj_question *q, bool exception);
	/* Where meters are stations: bytes of their address (0: they are not), and the data identifiers by which it
	 * is found out who is there: of all stations at once, and of those whose last digits are given. */
	unsigned station_bytes;
	uint32_t station_identifier, digits_identifier;
	/* Bytes that nobody asked for: > 0, the first so many are a request of another master; 0, they are none or
	 * not whole yet. *ret is the question, its count 0 where it asks for nothing (a write). NULL: nobody looks.
	 */
	int (*foreign)(const uint8_t *p, size_t n, struct hj_question *ret);
};

extern const struct hj_protocol hj_protocol_rtu;    /* src/meter/rtu.c: Modbus over serial line V1.02 */
extern const struct hj_protocol hj_protocol_dlt645; /* src/meter/dlt645.c: DL/T 645-2007 */
extern const struct hj_protocol hj_protocol_cjt188; /* src/meter/cjt188.c: CJ/T 188-2004 */

/* The one whose meters are stations, by the type of its bus; NULL. */
const struct hj_protocol *hj_protocol_of_stations(const char *type);

/* Two digits of a station's address that fit every station; no others may stand before them. */
#define HJ_STATION_ANY 0xaa

/* Digits to a station address, from the right; digits beyond HJ_STATION_BYTES are left out. */
void hj_station_parse(const char *digits, uint8_t ret[HJ_STATION_BYTES]);
bool hj_question_same(const struct hj_question *a, const struct hj_question *b);
const char *hj_modbus_exception(uint8_t code);      /* in a few words */
/* An exception that a gateway gives in the place of a unit which it does not reach: of the unit it says silence. */
bool hj_modbus_is_unreached(const struct hj_question *q, int exception);
uint16_t hj_modbus_crc(const uint8_t *p, size_t n); /* low byte goes first on the wire */
