/* The search for stations: see meter_search.h. A tree of the two digits in each byte, gone through depth first; a
 * branch where nobody answers, or one clearly does, is not entered. Pure. */
#include "hjgate/meter_search.h"

#include <errno.h>
#include <string.h>

#define NUMBERS 100 /* of two digits */

int hj_search_init(struct hj_search *s, const struct hj_protocol *p)
{
	*s = (struct hj_search){ .bytes = p->station_bytes,
		.identifier = p->station_identifier,
		.by_digits = p->digits_identifier,
		.asks_again = p->digits_identifier != p->station_identifier };
	return p->station_bytes && p->station_bytes <= HJ_STATION_BYTES ? 0 : -EINVAL;
}

bool hj_search_next(const struct hj_search *s, struct hj_question *ret)
{
	if (s->done)
		return false;
	*ret = (struct hj_question){ .table = HJ_TABLE_DATA,
		.address = s->fixed || s->has_claim ? s->by_digits : s->identifier,
		.count = 1 };
	if (s->has_claim) {
		memcpy(ret->station, s->claim, HJ_STATION_BYTES);
		return true;
	}
	for (unsigned i = 0; i < s->bytes; i++)
		ret->station[HJ_STATION_BYTES - 1 - i] =
		        i < s->fixed ? (uint8_t)(s->number[i] / 10 << 4 | s->number[i] % 10) : HJ_STATION_ANY;
	return true;
}

/* The next branch beside this one, or beside the one it grows from. */
static void advance(struct hj_search *s)
{
	while (s->fixed && ++s->number[s->fixed - 1] == NUMBERS)
		s->fixed--;
	s->done = !s->fixed;
}

static void enter(struct hj_search *s)
{
	if (s->fixed < s->bytes) {
		s->number[s->fixed++] = 0;
		return;
	}
	s->doubles++;
	advance(s);
}

/* A meter that gives back the address it was asked by says as little as several at once. */
static bool is_whole(const struct hj_search *s, const uint8_t station[HJ_STATION_BYTES])
{
	bool whole = true;

	for (unsigned i = HJ_STATION_BYTES - s->bytes; i < HJ_STATION_BYTES; i++)
		whole = whole && station[i] >> 4 <= 9 && (station[i] & 0xf) <= 9;
	return whole;
}

/* It said who it is; what two say at once may read so, too, with neither's digits. */
static bool believe(struct hj_search *s, const uint8_t station[HJ_STATION_BYTES])
{
	bool sure = s->has_claim || !s->asks_again || s->fixed == s->bytes;

	s->has_claim = !sure;
	if (!sure) {
		memcpy(s->claim, station, HJ_STATION_BYTES);
		return false;
	}
	s->found++;
	advance(s);
	return true;
}

bool hj_search_tell(struct hj_search *s, int result, const uint8_t station[HJ_STATION_BYTES])
{
	if (s->done)
		return false;
	s->asked++;
	if (result == 0 && is_whole(s, station))
		return believe(s, station);
	if (result == -ETIMEDOUT && !s->has_claim)
		advance(s);
	else
		enter(s);
	s->has_claim = false;
	return false;
}
