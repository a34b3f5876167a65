/* hjgate.Meter.Meters: the little that others want of meters, where Status says all. */
#include "api.h"

#include <stdio.h>
#include <string.h>

#define SERIAL_POINT ".serial" /* METER.serial, of type text */

static const char *read_serial(const struct meterd *m, size_t meter)
{
	for (size_t i = 0; i < m->point_count; i++) {
		const char *dot = strchr(m->points[i]->point.name, '.');

		if (m->wants[i].meter == meter && dot && !strcmp(dot, SERIAL_POINT))
			return texts_get(m, i);
	}
	return NULL;
}

static json_t *serial_of(const struct meterd *m, size_t meter)
{
	const struct hj_conf_meter *c = &m->conf.meters[meter];
	unsigned digits = hj_bus_type(m->conf.kind)->station_digits;
	const char *read = read_serial(m, meter);

	if (c->serial[0] || read)
		return json_string(c->serial[0] ? c->serial : read);
	if (!c->station[0])
		return json_null();
	return json_sprintf(
	        "%.*s%s", (int)(digits - hj_min(digits, (unsigned)strlen(c->station))), "00000000000000", c->station);
}

/* The point's name begins with its meter's. */
static bool is_of(const struct hj_conf_meter *c, const char *point)
{
	size_t n = strlen(c->name);

	return !strncmp(c->name, point, n) && point[n] == '.';
}

int api_meters(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct meterd *m = userdata;
	const char *bad = NULL, *point = NULL;
	const struct hj_param table[] = { { "point", HJ_PARAM_STRING, false, &point } };
	json_t *list;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	list = json_array();
	for (size_t i = 0; i < m->conf.meter_count; i++)
		if (!point || is_of(&m->conf.meters[i], point))
			json_array_append_new(
			        list, json_pack("{s:s, s:s, s:o}", "meter", m->conf.meters[i].name, "state",
			                      meter_state_name(m->meters[i].state), "serial", serial_of(m, i)));
	return hj_ipc_reply(call, json_pack("{s:o}", "meters", list));
}
