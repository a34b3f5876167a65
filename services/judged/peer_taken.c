/* See peer_taken.h. An event is told apart by its code, its key and its times, a record by its label and what it
 * says: each is asked for by the time at which it lies, so that no number of others can hide it. */
#include "peer_taken.h"

#include <string.h>

#include "hjgate/cleanup.h"

#define EVENTS_MOST 1000 /* of one code that begin in one millisecond: as many as Event.List gives */

json_t *taken_query(enum lane lane, const json_t *entry, int64_t begin_ms)
{
	json_t *what = json_object_get(entry, lane == LANE_EVENT ? "code" : "kind");
	json_int_t begin = begin_ms;

	if (!json_is_string(what))
		return NULL;
	if (lane == LANE_EVENT)
		return json_pack("{s:[O], s:I, s:I, s:i}", "codes", what, "begin", begin, "end", begin + 1, "limit",
		        EVENTS_MOST);
	return json_pack("{s:O, s:I, s:I}", "kind", what, "begin", begin, "end", begin + 1);
}

static bool is_same(const json_t *a, const json_t *b, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
			return false;
	return true;
}

static bool is_same_event(const json_t *event, const json_t *entry)
{
	static const char *const keys[] = { "code", "key" };
	const char *phase = json_string_value(json_object_get(entry, "phase"));
	json_t *time = json_object_get(event, phase && !strcmp(phase, "end") ? "end" : "begin");

	return is_same(event, entry, keys, hj_array_size(keys)) && json_equal(time, json_object_get(entry, "time"));
}

static bool is_same_record(const json_t *record, const json_t *entry)
{
	static const char *const keys[] = { "kind", "label", "body" };

	return is_same(record, entry, keys, hj_array_size(keys));
}

bool taken_has(enum lane lane, const json_t *answer, const json_t *entry)
{
	json_t *list = json_object_get(answer, lane == LANE_EVENT ? "events" : "records");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *other = json_array_get(list, i);

		if (lane == LANE_EVENT ? is_same_event(other, entry) : is_same_record(other, entry))
			return true;
	}
	return false;
}
