/* What the protocols share. */
#include "hjgate/meter_protocol.h"

#include <string.h>

#include "hjgate/cleanup.h"

bool hj_question_same(const struct hj_question *a, const struct hj_question *b)
{
	return a->unit_id == b->unit_id && !memcmp(a->station, b->station, sizeof(a->station)) &&
	       a->table == b->table && a->address == b->address && a->count == b->count && a->function == b->function;
}

void hj_station_parse(const char *digits, uint8_t ret[HJ_STATION_BYTES])
{
	size_t n = strlen(digits);

	memset(ret, 0, HJ_STATION_BYTES);
	for (size_t i = 0; i < n && i < 2 * HJ_STATION_BYTES; i++)
		ret[HJ_STATION_BYTES - 1 - i / 2] |= (uint8_t)((digits[n - 1 - i] - '0') << (i % 2 ? 4 : 0));
}

const struct hj_protocol *hj_protocol_of_stations(const char *type)
{
	static const struct hj_protocol *const all[] = { &hj_protocol_dlt645, &hj_protocol_cjt188 };

	for (size_t i = 0; i < hj_array_size(all); i++)
		if (!strcmp(type, all[i]->name))
			return all[i];
	return NULL;
}
