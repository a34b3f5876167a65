/* CJ/T 188-2004, the master's side: reading data (control code 01H) and a station's address (03H) of water, heat and
 * gas meters. A data identifier is three bytes here: the type of the meter (10H cold water, 20H heat ...; 0: any),
 * and the two of the standard. An answer names its station and its identifier; its type may be another of the same
 * kind (a meter of heat that is asked as 20H answers as 25H, heat and cold), and its running number (SER) is left
 * alone, since many meters keep their own. Pure. */
#include "hjgate/meter_protocol.h"

#include <errno.h>
#include <string.h>

#include "station.h"

#define READ           0x01
#define READ_STATION   0x03
#define FUNCTION       0x3f
#define TYPE           1
#define STATION        2
#define CONTROL        9
#define LENGTH         10
#define DATA           11
#define HEAD           3 /* bytes of data: the identifier, SER */
#define STATION_DIGITS 7 /* bytes */
#define ANY_TYPE       0xaa
#define REFUSAL_BYTES  3 /* SER, two bytes of state */
#define BATTERY_LOW    0x04
#define THE_STATION    0x810a /* an identifier of the standard: asks 03H */

static uint8_t type_of(const struct hj_question *q)
{
	uint8_t type = (uint8_t)(q->address >> 16);

	return type ? type : ANY_TYPE;
}

static bool asks_station(const struct hj_question *q)
{
	return (q->address & 0xffff) == THE_STATION;
}

static uint8_t function_of(const struct hj_question *q)
{
	return asks_station(q) ? READ_STATION : READ;
}

/* Water, heat, gas: the upper digit. */
static bool same_kind(uint8_t a, uint8_t b)
{
	return a == ANY_TYPE || b == ANY_TYPE || a >> 4 == b >> 4;
}

static const char *refuse(const struct hj_question *q, unsigned at, uint8_t byte)
{
	if (at == TYPE)
		return same_kind(type_of(q), byte) ? NULL : "answer of a meter of another type";
	return byte & STATION_CODE && (byte & FUNCTION) == function_of(q) ? NULL : "answer to another question";
}

static const struct station_form form = { STATION, STATION_DIGITS, CONTROL, refuse };

static int cjt188_encode(const struct hj_question *q, uint8_t to[HJ_FRAME_MAX])
{
	uint8_t *frame = to + STATION_WAKE_BYTES;

	memset(to, STATION_WAKE, STATION_WAKE_BYTES);
	if (q->table != HJ_TABLE_DATA || q->count != 1 || q->address >> 24 || !station_put(&form, q, frame + STATION))
		return -EINVAL;
	frame[0] = STATION_START;
	frame[TYPE] = type_of(q);
	frame[CONTROL] = function_of(q);
	frame[LENGTH] = HEAD;
	frame[DATA] = (uint8_t)q->address;
	frame[DATA + 1] = (uint8_t)(q->address >> 8);
	frame[DATA + 2] = 0;
	return (int)(STATION_WAKE_BYTES + station_close(frame, DATA + HEAD));
}

static int cjt188_measure(const struct hj_question *q, const uint8_t *p, size_t n, const char **ret_why)
{
	return station_measure(&form, q, p, n, ret_why);
}

static int broken(struct hj_answer *ret, const char *why)
{
	ret->why = why;
	return -EBADMSG;
}

/* No reason is given, only the meter's state. */
static int refused(const uint8_t *data, struct hj_answer *ret)
{
	ret->exception = data[1] | data[2] << 8;
	ret->why = data[1] & BATTERY_LOW ? "refused, its battery is low" : "refused";
	return -EREMOTEIO;
}

static int cjt188_decode(const struct hj_question *q, const uint8_t *p, size_t n, struct hj_answer *ret)
{
	const uint8_t *frame, *data;

	memset(ret, 0, sizeof(*ret));
	if (station_open(&form, q, p, n, &frame, &ret->why) < 0)
		return -EBADMSG;
	station_get(&form, frame, ret->station);
	data = frame + DATA;
	if (frame[CONTROL] & STATION_REFUSES)
		return frame[LENGTH] == REFUSAL_BYTES ? refused(data, ret) : broken(ret, "refusal of a wrong length");
	if (frame[LENGTH] < HEAD)
		return broken(ret, "answer without its identifier");
	if ((data[0] | data[1] << 8) != (int)(q->address & 0xffff))
		return broken(ret, "answer to another question");
	/* The address is where every frame has it, not in the data. */
	ret->length = asks_station(q) ? STATION_DIGITS : (size_t)frame[LENGTH] - HEAD;
	memcpy(ret->data, asks_station(q) ? frame + STATION : data + HEAD, ret->length);
	return 0;
}

static bool cjt188_confusable(const struct hj_question *asked, const struct hj_question *q, bool exception)
{
	return !hj_question_same(asked, q) && station_overlap(asked, q) && same_kind(type_of(asked), type_of(q)) &&
	       (exception ? function_of(asked) == function_of(q)
	                  : (asked->address & 0xffff) == (q->address & 0xffff));
}

static int cjt188_foreign(const uint8_t *p, size_t n, struct hj_question *ret)
{
	const uint8_t *frame;
	int whole = station_request(&form, p, n, ret, &frame);

	if (whole <= 0)
		return 0;
	if (frame[LENGTH] < HEAD)
		return whole;
	ret->address = (uint32_t)(frame[DATA] | frame[DATA + 1] << 8 | frame[TYPE] << 16);
	ret->count = (frame[CONTROL] & FUNCTION) == function_of(ret);
	return whole;
}

const struct hj_protocol hj_protocol_cjt188 = {
	.name = "cjt188",
	.encode = cjt188_encode,
	.measure = cjt188_measure,
	.decode = cjt188_decode,
	.confusable = cjt188_confusable,
	.foreign = cjt188_foreign,
	.station_bytes = STATION_DIGITS,
	.station_identifier = THE_STATION,
	.digits_identifier = THE_STATION,
};
