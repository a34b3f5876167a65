/* The search for stations: see meter_search.h. A tree of the two digits in each byte, gone through depth first; a
 * branch where nobody answers, or one clearly does, is not entered. Pure. */
#include "hjgate/meter_search.h"

#include <errno.h>
#include <string.h>

#define NUMBERS 100 /* of two digits */

int hj_search_init(struct hj_search *s, const struct hj_protocol *p)
{
	*s = (struct hj_search){ .bytes = p->station_bytes, .identifier = p->station_identifier };
	return p->station_bytes && p->station_bytes <= HJ_STATION_BYTES ? 0 : -EINVAL;
}

bool hj_search_next(const struct hj_search *s, struct hj_question *ret)
{
	if (s->done)
		return false;
	*ret = (struct hj_question){ .table = HJ_TABLE_DATA, .address = s->identifier, .count = 1 };
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

bool hj_search_tell(struct hj_search *s, int result, const struct hj_answer *a, uint8_t ret_station[HJ_STATION_BYTES])
{
	if (s->done)
		return false;
	s->asked++;
	if (result == -EBADMSG) {
		enter(s);
		return false;
	}
	advance(s);
	if (result < 0 || a->length != s->bytes)
		return false;
	s->found++;
	memset(ret_station, 0, HJ_STATION_BYTES);
	for (unsigned i = 0; i < s->bytes; i++)
		ret_station[HJ_STATION_BYTES - 1 - i] = a->data[i];
	return true;
}
