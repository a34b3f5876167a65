/* hjgate.Meter: Status, Frames and Probe. Everything is read from the meterd's state; Probe alone touches the bus,
 * and blocks as any transaction does. A wrong parameter is answered with its name. */
#include "meterd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hjgate/idl.h"
#include "hjgate/now.h"

#define UNIT_MOST 247

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
	return hj_ipc_reply(
	        call, json_pack("{s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "bus",
	                      m->conf.name, "port", m->conf.port, "port_error", text_or_null(m->port_error), "boot",
	                      peer_boot(m->peer), "cycle_ms", (json_int_t)cycle_ms(m), "requests",
	                      (json_int_t)m->requests, "errors", (json_int_t)m->errors, "next",
	                      (json_int_t)outbox_next(&m->outbox), "durable", (json_int_t)m->outbox.durable,
	                      "waiting", (json_int_t)m->outbox.count, "dropped", (json_int_t)m->outbox.lost,
	                      "junk_bytes", (json_int_t)m->junk_bytes, "meters", meters_json(m)));
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

static int find_table(const char *name)
{
	for (int t = HJ_TABLE_COIL; t <= HJ_TABLE_INPUT; t++)
		if (!strcmp(hj_table_name((enum hj_table)t), name))
			return t;
	return 0;
}

/* NULL, or the parameter that is wrong. */
static const char *make_question(
        int64_t unit_id, const char *table, int64_t address, int64_t count, struct hj_question *ret)
{
	int t = find_table(table);
	int64_t most = t == HJ_TABLE_COIL || t == HJ_TABLE_DISCRETE ? HJ_PLAN_BITS_MAX : HJ_PLAN_REGISTERS_MAX;

	if (unit_id < 1 || unit_id > UNIT_MOST)
		return "unit_id";
	if (!t)
		return "table";
	if (address < 0 || address > UINT16_MAX)
		return "address";
	if (count < 1 || count > most || address + count > UINT16_MAX + 1)
		return "count";
	*ret = (struct hj_question){ .unit_id = (uint8_t)unit_id,
		.table = (enum hj_table)t,
		.address = (uint32_t)address,
		.count = (uint16_t)count };
	return NULL;
}

static uint16_t value_at(const struct hj_question *q, const struct hj_answer *a, size_t i)
{
	return hj_table_is_bits(q->table) ? a->data[i / 8] >> (i % 8) & 1
	                                  : (uint16_t)(a->data[2 * i] << 8 | a->data[2 * i + 1]);
}

static int answer_probe(struct meterd *m, struct hj_ipc_call *call, const struct hj_question *q)
{
	hj_usec begin = hj_now().mono;
	struct bus_answer a;
	char text[64];
	json_t *values;
	int r;

	if (begin < m->bus->free_at)
		usleep((useconds_t)(m->bus->free_at - begin)); /* the silence between two frames */
	begin = hj_now().mono;
	r = poll_ask(m, q, (hj_usec)m->conf.response_timeout * HJ_USEC_PER_MS, &a);
	if (r < 0) {
		if (r == -EREMOTEIO)
			snprintf(text, sizeof(text), "exception %d", a.is.exception);
		else
			snprintf(text, sizeof(text), "%s", a.is.why);
		return hj_ipc_fail(call, "hjgate.Meter.NoAnswer", json_pack("{s:s}", "text", text));
	}
	values = json_array();
	for (size_t i = 0; values && i < q->count; i++)
		json_array_append_new(values, json_integer(value_at(q, &a.is, i)));
	return hj_ipc_reply(call, json_pack("{s:o, s:I}", "values", values, "answer_ms",
	                                  (json_int_t)((hj_now().mono - begin) / HJ_USEC_PER_MS)));
}

static int on_probe(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct meterd *m = userdata;
	int64_t unit_id = 0, address = 0, count = 0;
	const char *table_name = "", *bad = NULL;
	const struct hj_param table[] = {
		{ "unit_id", HJ_PARAM_INT, true, &unit_id },
		{ "table", HJ_PARAM_STRING, true, &table_name },
		{ "address", HJ_PARAM_INT, true, &address },
		{ "count", HJ_PARAM_INT, true, &count },
	};
	struct hj_question q;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	bad = make_question(unit_id, table_name, address, count, &q);
	if (bad)
		return hj_ipc_fail_parameter(call, bad);
	return answer_probe(m, call, &q);
}

static const struct hj_ipc_method methods[] = {
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ "Frames", HJ_ANY_RIGHT, on_frames },
	{ "Probe", HJ_CHANGE, on_probe },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface meterd_interface = { "hjgate.Meter", hj_idl_hjgate_Meter, methods };
