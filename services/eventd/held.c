/* See held.h. What an event is about says its key; whether that can be a meter at all says the catalogue. */
#include "held.h"
#include "hjgate/cleanup.h"
#include "hjgate/event.h"

#include <string.h>

/* "meter north.oven", "oven.power", "point oven.power" concern oven; "equipment fan 2" concerns fan 2. */
static bool concerns(const char *key, const char *what)
{
	static const char between[] = " .:,";
	size_t n = strlen(what);

	for (const char *p = key; n && (p = strstr(p, what)); p++)
		if ((p == key || strchr(between, p[-1])) && (!p[n] || strchr(between, p[n])))
			return true;
	return false;
}

/* The name behind "meter ", "point " or "equipment ". */
static bool is_of(const struct event *maintenance, const char *key)
{
	const char *what = strchr(maintenance->key, ' ');

	return what && concerns(key, what + 1);
}

/* Power, clocks and uplinks go on while a meter of that name is worked on. */
static bool may_be_held(const char *code)
{
	static const char *const abouts[] = { "meter", "point", "equipment" };
	const struct hj_event_type *type = hj_event_find(code);

	for (size_t i = 0; type && i < hj_array_size(abouts); i++)
		if (!strcmp(type->about, abouts[i]))
			return true;
	return false;
}

static bool is_maintenance(const char *code)
{
	return !strcmp(code, "maintenance");
}

/* Where the clock was set back meanwhile, what comes behind the end of the work lies before its begin. */
static bool is_during(const struct event *maintenance, int64_t time_ms)
{
	return event_is_open(maintenance) || (time_ms >= maintenance->begin_ms && time_ms < maintenance->end_ms);
}

bool outbox_holds(const struct book *b, const struct row *row, uint64_t seq, int64_t time_ms)
{
	if (!may_be_held(row->code))
		return false;
	for (size_t i = b->count; i-- > 0;) {
		const struct event *e = b->events[i];

		if (is_maintenance(e->code) && e->id < seq && is_during(e, time_ms) && is_of(e, row->key))
			return true;
	}
	return false;
}

const struct event *outbox_released(const struct book *b, const struct row *end, uint64_t after)
{
	const struct event *m = book_find(b, end->of);

	for (size_t i = 0; m && is_maintenance(m->code) && i < b->count; i++) {
		const struct event *e = b->events[i];

		if (e->id > m->id && e->id > after && event_is_open(e) && may_be_held(e->code) &&
		        e->begin_ms <= end->time_ms && is_of(m, e->key))
			return e;
	}
	return NULL;
}
