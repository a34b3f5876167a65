/* States and serial numbers: what the meterds know of their meters, and eventd of the gateway. */
#include "peer_device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/now.h"

#define EVENTS_MOST 1000 /* open events that are looked at; more are not */

static void say(const struct device *d, unsigned number)
{
	char cp[HJ212_CP_MAX], text[16];

	snprintf(text, sizeof(text), "%u", number);
	device_respond(d, cp, hj212_info_cp(hj_now().wall_ms, d->q.pol_id, d->q.info_id, text, cp, sizeof(cp)));
}

/* ---- meters ---- */

static void take_meters(struct device *d, json_t *reply)
{
	const char *state, *serial;
	json_t *j;
	size_t i;

	json_array_foreach(json_object_get(reply, "meters"), i, j)
	{
		state = json_string_value(json_object_get(j, "state"));
		serial = json_string_value(json_object_get(j, "serial"));
		d->meters++;
		d->lost += !state || strcmp(state, "ok") != 0;
		hj212_sn_format(serial ?: "", d->sn);
	}
}

static int ask_meter(struct device *d, const char *factor)
{
	const struct hj212_phrase_factor *f = hj212_phrase_map_find_factor(&d->u->map, factor);
	int bus = f ? device_bus_of(&d->u->devices, f->point) : -1;
	char socket[HJ_NAME_MAX + sizeof("meterd@.peer")];

	if (bus < 0)
		return 0;
	snprintf(socket, sizeof(socket), "meterd@%s.peer", d->u->devices.buses[bus]);
	return device_call(d, socket, "hjgate.Meter.Meters", json_pack("{s:s}", "point", f->point));
}

static int ask_all(struct device *d)
{
	char socket[HJ_NAME_MAX + sizeof("meterd@.peer")];
	int r = 0;

	for (size_t i = 0; i < d->u->devices.bus_count && r >= 0; i++) {
		snprintf(socket, sizeof(socket), "meterd@%s.peer", d->u->devices.buses[i]);
		r = device_call(d, socket, "hjgate.Meter.Meters", json_object());
	}
	return r;
}

/* A state of one meter wants to be told which. */
int device_ask_meters(struct device *d, const char *factor)
{
	bool all = !factor[0] && d->info == HJ212_INFO_CHANNEL;
	int r;

	d->take = take_meters;
	r = all ? ask_all(d) : factor[0] ? ask_meter(d, factor) : 0;
	if (r < 0)
		return r;
	if (!d->open && all)
		device_meters_end(d);
	else if (!d->open)
		device_answer(d, HJ212_EXE_CONDITION);
	return (int)d->open;
}

/* A meterd that does not answer leaves its meters without a link. */
void device_meters_end(struct device *d)
{
	if (d->lost || d->away || d->busy)
		say(d, 1);
	else
		say(d, d->meters ? 0 : d->info == HJ212_INFO_CHANNEL ? 2 : 1);
}

void device_serial_end(struct device *d)
{
	char cp[HJ212_CP_MAX];

	if (d->sn[0])
		device_respond(d, cp, hj212_sn_cp(d->q.pol_id, d->sn, cp, sizeof(cp)));
	else
		device_answer(d, d->away ? HJ212_EXE_SYSTEM : HJ212_EXE_NO_DATA);
}

/* ---- the gateway ---- */

/* Open, they say that the gateway itself does not do what it is there for. Meters and platforms that are not reached
 * have states of their own. */
static bool is_fault(const char *code)
{
	static const char *const faults[] = { "disk-trouble", "key-missing", "outbox-full", "port-lost" };

	for (size_t i = 0; i < hj_array_size(faults); i++)
		if (!strcmp(faults[i], code))
			return true;
	return false;
}

static void take_events(struct device *d, json_t *reply)
{
	json_t *j;
	size_t i;

	json_array_foreach(json_object_get(reply, "events"), i, j)
	{
		const char *code = json_string_value(json_object_get(j, "code")) ?: "";

		d->fault |= is_fault(code);
		d->maintained |= !strcmp(code, "maintenance");
	}
}

int device_ask_events(struct device *d)
{
	int r = device_call(
	        d, "eventd.peer", "hjgate.Event.List", json_pack("{s:b, s:i}", "open", 1, "limit", EVENTS_MOST));

	d->take = take_events;
	return r < 0 ? r : (int)d->open;
}

void device_events_end(struct device *d)
{
	if (d->away || d->busy)
		device_answer(d, HJ212_EXE_SYSTEM);
	else if (d->info == HJ212_INFO_USER)
		say(d, d->maintained ? 2 : 0);
	else
		say(d, d->maintained ? HJ212_WORK_MAINTAINED : d->fault ? HJ212_WORK_FAULT : HJ212_WORK_RUNS);
}
