/* DL/T 645-2007, the master's side: reading data (control code 11H) and a station's address (13H). 13H is of all
 * stations only, and meant for a meter that is alone (7.4); 11H may be asked of all whose address ends in the digits
 * that are given, AAH before them (5.2.2). An answer names its station and its data identifier, so a late one is
 * taken for another only where a station was asked by digits that fit all. Data go out and come in with 33H added.
 * Pure. */
#include "hjgate/meter_protocol.h"

#include <errno.h>
#include <string.h>

#include "station.h"

#include "hjgate/cleanup.h"

#define READ           0x11
#define READ_STATION   0x13
#define FUNCTION       0x1f
#define START_AGAIN    7 /* a second 68H after the station */
#define CONTROL        8
#define LENGTH         9
#define DATA           10
#define IDENTIFIER     4 /* bytes */
#define STATION_DIGITS 6 /* bytes */
#define ADDED          0x33
#define THE_STATION    0xffffffffu /* no identifier of the standard: asks 13H */
#define ENERGY         0x00010000u /* active energy, forward: every meter has it */

static uint8_t function_of(const struct hj_question *q)
{
	return q->address == THE_STATION ? READ_STATION : READ;
}

static const char *refuse(const struct hj_question *q, unsigned at, uint8_t byte)
{
	if (at == START_AGAIN)
		return byte == STATION_START ? NULL : "not an answer";
	return byte & STATION_CODE && (byte & FUNCTION) == function_of(q) ? NULL : "answer to another question";
}

static const struct station_form form = { 1, STATION_DIGITS, CONTROL, refuse };

static bool asks_all(const struct hj_question *q)
{
	bool all = true;

	for (unsigned i = 0; i < STATION_DIGITS; i++)
		all = all && q->station[HJ_STATION_BYTES - 1 - i] == HJ_STATION_ANY;
	return all;
}

static int dlt645_encode(const struct hj_question *q, uint8_t to[HJ_FRAME_MAX])
{
	uint8_t *frame = to + STATION_WAKE_BYTES;
	size_t n = DATA;

	memset(to, STATION_WAKE, STATION_WAKE_BYTES);
	if (q->table != HJ_TABLE_DATA || q->count != 1 || !station_put(&form, q, frame + 1))
		return -EINVAL;
	if (q->address == THE_STATION && !asks_all(q))
		return -EINVAL;
	frame[0] = frame[START_AGAIN] = STATION_START;
	frame[CONTROL] = function_of(q);
	for (unsigned i = 0; i < IDENTIFIER && q->address != THE_STATION; i++)
		frame[n++] = (uint8_t)((q->address >> (8 * i)) + ADDED);
	frame[LENGTH] = (uint8_t)(n - DATA);
	return (int)(STATION_WAKE_BYTES + station_close(frame, n));
}

static int dlt645_measure(const struct hj_question *q, const uint8_t *p, size_t n, const char **ret_why)
{
	return station_measure(&form, q, p, n, ret_why);
}

static int refused(uint8_t error, struct hj_answer *ret)
{
	/* The bits of the error word: DL/T 645-2007, 7 and annex C. */
	static const char *const words[] = { "other error", "no such data", "wrong password, or not allowed",
		"baud rate cannot be changed", "too many time zones of the year", "too many periods of the day",
		"too many tariffs", "reserved error" };

	ret->exception = error;
	ret->why = "refused without a reason";
	for (size_t i = 0; i < hj_array_size(words); i++) {
		if (error >> i & 1) {
			ret->why = words[i];
			break;
		}
	}
	return -EREMOTEIO;
}

static int broken(struct hj_answer *ret, const char *why)
{
	ret->why = why;
	return -EBADMSG;
}

static uint32_t identifier_of(const uint8_t *data)
{
	uint32_t identifier = 0;

	for (unsigned i = 0; i < IDENTIFIER; i++)
		identifier |= (uint32_t)(uint8_t)(data[i] - ADDED) << (8 * i);
	return identifier;
}

/* Of an answer in several frames (control code B1H) the first is taken: what lies beyond its 196 bytes is not read.
 */
static int dlt645_decode(const struct hj_question *q, const uint8_t *p, size_t n, struct hj_answer *ret)
{
	size_t skipped = q->address == THE_STATION ? 0 : IDENTIFIER;
	const uint8_t *frame, *data;

	memset(ret, 0, sizeof(*ret));
	if (station_open(&form, q, p, n, &frame, &ret->why) < 0)
		return -EBADMSG;
	station_get(&form, frame, ret->station);
	data = frame + DATA;
	if (frame[CONTROL] & STATION_REFUSES)
		return frame[LENGTH] == 1 ? refused((uint8_t)(data[0] - ADDED), ret)
		                          : broken(ret, "refusal of a wrong length");
	if (frame[LENGTH] < skipped)
		return broken(ret, "answer without its identifier");
	if (skipped && identifier_of(data) != q->address)
		return broken(ret, "answer to another question");
	if (!skipped && frame[LENGTH] != STATION_DIGITS)
		return broken(ret, "no address of a station");
	ret->length = frame[LENGTH] - skipped;
	for (size_t i = 0; i < ret->length; i++)
		ret->data[i] = (uint8_t)(data[skipped + i] - ADDED);
	return 0;
}

static bool dlt645_confusable(const struct hj_question *asked, const struct hj_question *q, bool exception)
{
	return !hj_question_same(asked, q) && station_overlap(asked, q) &&
	       (exception ? function_of(asked) == function_of(q) : asked->address == q->address);
}

static int dlt645_foreign(const uint8_t *p, size_t n, struct hj_question *ret)
{
	const uint8_t *frame;
	int whole = station_request(&form, p, n, ret, &frame);

	if (whole <= 0 || frame[START_AGAIN] != STATION_START)
		return 0;
	if ((frame[CONTROL] & FUNCTION) == READ_STATION)
		ret->address = THE_STATION;
	else if ((frame[CONTROL] & FUNCTION) == READ && frame[LENGTH] >= IDENTIFIER)
		ret->address = identifier_of(frame + DATA);
	else
		return whole;
	ret->count = 1;
	return whole;
}

const struct hj_protocol hj_protocol_dlt645 = {
	.name = "dlt645",
	.encode = dlt645_encode,
	.measure = dlt645_measure,
	.decode = dlt645_decode,
	.confusable = dlt645_confusable,
	.foreign = dlt645_foreign,
	.station_bytes = STATION_DIGITS,
	.station_identifier = THE_STATION,
	.digits_identifier = ENERGY,
};
