/* hjgate.Meter: Status and Frames, which are read from the meterd's state; what touches the bus is in api_tools.c,
 * api_write.c and api_adhoc.c. A wrong parameter is answered with its name. */
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

static json_t *meter_json(const struct meter *m)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:o, s:o, s:o}", "name", m->conf->name, "unit_id",
	        (json_int_t)m->conf->unit_id, "equipment", m->conf->equipment, "state", meter_state_name(m->state),
	        "asked", (json_int_t)m->asked, "answered", (json_int_t)m->answered, "last_answer",
	        int_or_null(m->last_answer_ms != 0, m->last_answer_ms), "last_error", text_or_null(m->last_error),
	        "answer_ms", int_or_null(m->answer_ms >= 0, m->answer_ms));
}

static json_t *meters_json(const struct meterd *m)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < m->conf.meter_count; i++)
		json_array_append_new(list, meter_json(&m->meters[i]));
	return list;
}

/* Of a bus that serves; null of one that asks. */
static json_t *traffic_json(const struct meterd *m)
{
	struct bus_traffic t = { 0 };

	if (!m->bus->ops->traffic)
		return json_null();
	m->bus->ops->traffic(m->bus, &t);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "writes", (json_int_t)t.writes, "reads",
	        (json_int_t)t.reads, "refused", (json_int_t)t.refused, "foreign", (json_int_t)t.foreign, "broken",
	        (json_int_t)t.broken, "connections", (json_int_t)t.connections, "accepted", (json_int_t)t.accepted,
	        "dropped", (json_int_t)t.dropped);
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
	        json_pack("{s:s, s:s, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "bus",
	                m->conf.name, "port", m->place, "port_error", text_or_null(m->port_error), "echo",
	                text_or_null(m->bus->echo), "boot", m->peer ? peer_boot(m->peer) : "", "cycle_ms",
	                (json_int_t)cycle_ms(m), "requests", (json_int_t)m->requests, "errors", (json_int_t)m->errors,
	                "next", (json_int_t)outbox_next(&m->outbox), "durable", (json_int_t)m->outbox.durable,
	                "waiting", (json_int_t)m->outbox.count, "dropped", (json_int_t)m->outbox.lost, "junk_bytes",
	                (json_int_t)m->junk_bytes, "traffic", traffic_json(m), "meters", meters_json(m)));
}

static json_t *hex_json(const uint8_t *p, size_t n)
{
	char text[2 * BUS_FRAME_MAX + 1] = "";

	for (size_t i = 0; i < n && i < BUS_FRAME_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	return json_string(text);
}

static json_t *frame_json(const struct frame *f)
{
	return json_pack("{s:I, s:o, s:o, s:o}", "time", (json_int_t)f->time_ms, "sent",
	        hex_json(f->sent, f->sent_length), "received", hex_json(f->received, f->received_length), "error",
	        text_or_null(f->error));
}

static int on_frames(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct meterd *m = userdata;
	int64_t limit = FRAMES_KEPT;
	const struct hj_param table[] = { { "limit", HJ_PARAM_INT, false, &limit } };
	const char *bad = NULL;
	json_t *list;
	size_t first;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (limit < 1)
		return hj_ipc_fail_parameter(call, "limit");
	list = json_array();
	first = (uint64_t)limit < m->frames.count ? m->frames.count - (size_t)limit : 0;
	for (size_t i = first; list && i < m->frames.count; i++)
		json_array_append_new(list, frame_json(frames_at(&m->frames, i)));
	return hj_ipc_reply(call, json_pack("{s:o}", "frames", list));
}

static const struct hj_ipc_method methods[] = {
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ "Frames", HJ_ANY_RIGHT, on_frames },
	{ "Probe", HJ_CHANGE, api_probe },
	{ "Ask", HJ_CHANGE, api_ask },
	{ "Write", HJ_CHANGE, api_write },
	{ "Reopen", HJ_CHANGE, api_reopen },
	{ "Sniff", HJ_CHANGE, api_sniff },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface meterd_interface = { "hjgate.Meter", hj_idl_hjgate_Meter, methods };
