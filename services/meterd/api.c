/* hjgate.Meter: Status, which is read from the meterd's state; Frames and Saved are in api_frames.c, what touches the
 * bus in api_tools.c, api_write.c and api_adhoc.c. A wrong parameter is answered with its name. */
#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/idl.h"
#include "hjgate/now.h"

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *int_or_null(bool known, int64_t value)
{
	return known ? json_integer(value) : json_null();
}

static json_t *number_or_null(double value)
{
	return value == value ? json_real(value) : json_null();
}

/* What is behind the shares, and how long the meter takes. */
static json_t *figures_json(const struct meter *m)
{
	struct hj_figures_look look;

	hj_figures_look(&m->figures, hj_now().wall_ms, &look);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "hour", number_or_null(look.hour),
	        "day", number_or_null(look.day), "month", number_or_null(look.month), "p50_ms",
	        number_or_null(look.p50_ms), "p95_ms", number_or_null(look.p95_ms), "max_ms",
	        number_or_null(look.max_ms), "timeouts", (json_int_t)m->exchanges.timeouts, "broken",
	        (json_int_t)m->exchanges.broken, "exceptions", (json_int_t)m->exchanges.exceptions, "late",
	        (json_int_t)m->exchanges.late);
}

/* Requests that it refused and that are asked in parts since. */
static json_t *split_json(const struct meterd *m, size_t meter)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < m->splits.count; i++) {
		const struct hj_split *s = &m->splits.list[i];

		if (s->meter == meter && s->cut)
			json_array_append_new(
			        list, json_pack("{s:s, s:I, s:I, s:I}", "table", hj_table_name(s->table), "address",
			                      (json_int_t)s->from, "count", (json_int_t)(s->to - s->from), "cut",
			                      (json_int_t)s->cut));
	}
	return list;
}

static bool is_refused(const struct meterd *m, size_t point)
{
	const struct hj_want *w = &m->wants[point];

	for (size_t i = 0; i < m->splits.count; i++) {
		const struct hj_split *s = &m->splits.list[i];

		if (!s->cut && s->meter == w->meter && s->table == w->table && s->from <= w->address &&
		        w->address + w->count <= s->to)
			return true;
	}
	return false;
}

static json_t *refused_json(const struct meterd *m, size_t meter)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < m->point_count; i++)
		if (m->wants[i].meter == meter && is_refused(m, i))
			json_array_append_new(list, json_string(m->points[i]->point.name));
	return list;
}

static json_t *texts_json(const struct meterd *m, size_t meter)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < m->point_count; i++)
		if (m->wants[i].meter == meter && texts_has(m, i))
			json_array_append_new(list, json_pack("{s:s, s:o}", "point", m->points[i]->point.name, "text",
			                                    text_or_null(texts_get(m, i))));
	return list;
}

static json_t *meter_json(const struct meterd *m, size_t i)
{
	const struct meter *meter = &m->meters[i];

	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:b, s:I, s:o, s:o, s:o}",
	        "name", meter->conf->name, "unit_id", (json_int_t)meter->conf->unit_id, "station",
	        meter->conf->station, "equipment", meter->conf->equipment, "state", meter_state_name(meter->state),
	        "asked", (json_int_t)meter->exchanges.asked, "answered", (json_int_t)meter->exchanges.answered,
	        "last_answer", int_or_null(meter->last_answer_ms != 0, meter->last_answer_ms), "last_error",
	        text_or_null(meter->last_error), "answer_ms", int_or_null(meter->answer_ms >= 0, meter->answer_ms),
	        "figures", figures_json(meter), "timeout_ms",
	        (json_int_t)(hj_timeout_get(&meter->timeout) / HJ_USEC_PER_MS), "resting",
	        hj_quarantine_has(&m->quarantine, i), "rests", (json_int_t)m->quarantine.units[i].times, "split",
	        split_json(m, i), "refused", refused_json(m, i), "texts", texts_json(m, i));
}

static json_t *meters_json(const struct meterd *m)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < m->conf.meter_count; i++)
		json_array_append_new(list, meter_json(m, i));
	return list;
}

/* Of a bus that serves; null of one that asks. */
static json_t *traffic_json(const struct meterd *m)
{
	struct bus_traffic t = { 0 };

	if (!m->bus->ops->traffic)
		return json_null();
	m->bus->ops->traffic(m->bus, &t);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "writes",
	        (json_int_t)t.writes, "reads", (json_int_t)t.reads, "refused", (json_int_t)t.refused, "busy",
	        (json_int_t)t.busy, "unanswered", (json_int_t)t.unanswered, "foreign", (json_int_t)t.foreign,
	        "broken", (json_int_t)t.broken, "connections", (json_int_t)t.connections, "accepted",
	        (json_int_t)t.accepted, "dropped", (json_int_t)t.dropped, "published", (json_int_t)t.published,
	        "valid", (json_int_t)t.valid);
}

/* As it is talked now; null of a bus without such a thing. */
static json_t *format_json(const struct meterd *m)
{
	const struct hj_conf_bus *c = &m->conf;

	if (!(hj_bus_type(c->kind)->traits & HJ_BUS_SERIAL))
		return json_null();
	return json_sprintf("%d %d%c%d", (int)c->baud, (int)c->data_bits, c->parity, (int)c->stop_bits);
}

static int64_t cycle_ms(const struct meterd *m)
{
	int64_t sum = 0;

	for (size_t i = 0; i < m->plan.count; i++)
		sum += m->request_took[i];
	return sum;
}

static int on_status(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct meterd *m = userdata;
	const char *bad = NULL;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	return hj_ipc_reply(call,
	        json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
	                "bus", m->conf.name, "port", m->place, "format", format_json(m), "port_error",
	                text_or_null(m->port_error), "echo", text_or_null(m->bus->echo), "boot",
	                m->peer ? peer_boot(m->peer) : "", "cycle_ms", (json_int_t)cycle_ms(m), "requests",
	                (json_int_t)m->requests, "errors", (json_int_t)m->errors, "next",
	                (json_int_t)outbox_next(&m->outbox), "durable", (json_int_t)m->outbox.durable, "waiting",
	                (json_int_t)m->outbox.count, "dropped", (json_int_t)m->outbox.lost, "junk_bytes",
	                (json_int_t)m->junk_bytes, "overruns", (json_int_t)m->schedule.overruns, "traffic",
	                traffic_json(m), "meters", meters_json(m)));
}

static const struct hj_ipc_method methods[] = {
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ "Frames", HJ_ANY_RIGHT, api_frames },
	{ "Saved", HJ_ANY_RIGHT, api_saved },
	{ "Meters", HJ_ANY_RIGHT, api_meters },
	{ "Sample", HJ_CHANGE | HJ_PEER, api_sample },
	{ "Probe", HJ_CHANGE, api_probe },
	{ "Ask", HJ_CHANGE, api_ask },
	{ "Write", HJ_CHANGE, api_write },
	{ "Reopen", HJ_CHANGE, api_reopen },
	{ "Sniff", HJ_CHANGE, api_sniff },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface meterd_interface = {
	.name = "hjgate.Meter",
	.description = hj_idl_hjgate_Meter,
	.methods = methods,
};
