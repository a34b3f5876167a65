/* hjgate.Meter, what touches the bus for one question: Probe gives registers or an error, Ask gives everything that
 * came of it, so that a tool can judge the line and not only the meter. Both wait for a turn of the bus. */
#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_socket.h"

#define TIMEOUT_MOST_MS 5000
#define STATION_DIGITS  ((size_t)2 * HJ_STATION_BYTES)

static int find_table(const char *name)
{
	for (int t = HJ_TABLE_COIL; t <= HJ_TABLE_DATA; t++)
		if (!strcmp(hj_table_name((enum hj_table)t), name))
			return t;
	return 0;
}

/* Digits, or A for "any". */
static bool take_station(const char *text, uint8_t ret[HJ_STATION_BYTES])
{
	size_t n = strlen(text);

	memset(ret, 0, HJ_STATION_BYTES);
	if (!n || n > STATION_DIGITS || strspn(text, "0123456789aA") != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text[n - 1 - i];
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : 0xa;

		ret[HJ_STATION_BYTES - 1 - i / 2] |= (uint8_t)(digit << (i % 2 ? 4 : 0));
	}
	return true;
}

static const char *station_question(int64_t address, const char *station, struct hj_question *ret)
{
	struct hj_question q = { .table = HJ_TABLE_DATA, .address = (uint32_t)address, .count = 1 };

	if (address < 0 || address > UINT32_MAX)
		return "address";
	if (!take_station(station, q.station))
		return "station";
	*ret = q;
	return NULL;
}

const char *api_question(const struct meterd *m, int64_t unit_id, const char *table, int64_t address, int64_t count,
        const char *station, struct hj_question *ret)
{
	int t = find_table(table);
	int64_t most = t == HJ_TABLE_COIL || t == HJ_TABLE_DISCRETE ? HJ_PLAN_BITS_MAX : HJ_PLAN_REGISTERS_MAX;

	if (!t)
		return "table";
	if (t == HJ_TABLE_DATA)
		return station_question(address, station ? station : "", ret);
	if (!hj_bus_unit_is(m->conf.kind, unit_id))
		return "unit_id";
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

uint16_t api_value_at(const struct hj_question *q, const uint8_t *data, size_t i)
{
	return hj_table_is_bits(q->table) ? data[i / 8] >> (i % 8) & 1
	                                  : (uint16_t)(data[2 * i] << 8 | data[2 * i + 1]);
}

/* ---- what came, as it is told ---- */

static const char *result_name(int r)
{
	static const struct {
		int r;
		const char *name;
	} names[] = { { 0, "ok" }, { -EREMOTEIO, "exception" }, { -ETIMEDOUT, "silent" }, { -EBADMSG, "broken" },
		{ -EAGAIN, "wait" } };

	for (size_t i = 0; i < hj_array_size(names); i++)
		if (names[i].r == r)
			return names[i].name;
	return "port";
}

static json_t *hex(const uint8_t *p, size_t n)
{
	char text[2 * BUS_FRAME_MAX + 1] = "";

	for (size_t i = 0; i < n && i < BUS_FRAME_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	return json_string(text);
}

json_t *api_answer(int r, const struct bus_answer *a, hj_usec took)
{
	return json_pack("{s:s, s:i, s:s?, s:o, s:o, s:o, s:I, s:b, s:I}", "result", result_name(r), "exception",
	        r == -EREMOTEIO ? a->is.exception : 0, "why", r < 0 ? a->is.why : NULL, "data",
	        hex(a->is.data, r == 0 ? a->is.length : 0), "sent", hex(a->sent, a->sent_length), "received",
	        hex(a->received, a->received_length), "junk", (json_int_t)a->junk, "junk_is_late", a->junk_is_late,
	        "took_us", (json_int_t)took);
}

/* ---- Probe and Ask ---- */

static bool came_probe(struct meterd *m, struct loan *l, int r, const struct bus_answer *a, hj_usec took)
{
	json_t *values;
	char text[64];

	(void)m;
	if (r < 0) {
		if (r == -EREMOTEIO)
			snprintf(text, sizeof(text), "exception %d", a->is.exception);
		else
			snprintf(text, sizeof(text), "%s", a->is.why ? a->is.why : bus_socket_why(r));
		hj_ipc_fail(l->call, "hjgate.Meter.NoAnswer", json_pack("{s:s}", "text", text));
		return false;
	}
	values = json_array();
	for (size_t i = 0; values && i < l->question.count; i++)
		json_array_append_new(values, json_integer(api_value_at(&l->question, a->is.data, i)));
	hj_ipc_reply(
	        l->call, json_pack("{s:o, s:I}", "values", values, "answer_ms", (json_int_t)(took / HJ_USEC_PER_MS)));
	return false;
}

static bool came_ask(struct meterd *m, struct loan *l, int r, const struct bus_answer *a, hj_usec took)
{
	(void)m;
	hj_ipc_reply(l->call, json_pack("{s:o}", "answer", api_answer(r, a, took)));
	return false;
}

static int lend(struct hj_ipc_call *call, json_t *parameters, struct meterd *m, loan_fn came, size_t keys)
{
	int64_t unit_id = 0, address = 0, count = 1, timeout = 0;
	const char *table_name = "", *station = NULL, *bad = NULL;
	const struct hj_param table[] = {
		{ "unit_id", HJ_PARAM_INT, true, &unit_id },
		{ "table", HJ_PARAM_STRING, true, &table_name },
		{ "address", HJ_PARAM_INT, true, &address },
		{ "count", HJ_PARAM_INT, true, &count },
		{ "timeout", HJ_PARAM_INT, false, &timeout },
		{ "station", HJ_PARAM_STRING, false, &station },
	};
	struct hj_question q;
	struct loan *l;

	if (hj_params_read(parameters, table, keys, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (came == came_probe && !strcmp(table_name, "data"))
		return hj_ipc_fail_parameter(call, "table");
	bad = api_question(m, unit_id, table_name, address, count, station, &q);
	if (!bad && (timeout < 0 || timeout > TIMEOUT_MOST_MS))
		bad = "timeout";
	if (bad)
		return hj_ipc_fail_parameter(call, bad);
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	*l = (struct loan){ .question = q, .timeout = (hj_usec)timeout * HJ_USEC_PER_MS, .came = came };
	loan_add(m, l, call);
	return 0;
}

int api_probe(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return lend(call, parameters, userdata, came_probe, 5);
}

int api_ask(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return lend(call, parameters, userdata, came_ask, 6);
}
