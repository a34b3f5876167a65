/* hjgate.Meter.Write: three transactions that belong together. The registers are read, written, and read again, so
 * that whoever writes sees what was there and what is there now. Nothing is repeated by itself: a write that was not
 * answered may have been obeyed. What was sent is an event, whatever became of it. */
#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adhoc.h"
#include "hjgate/log.h"
#include "hjgate/meter_mbap.h"

#define WRITE_COIL      5 /* the functions of Modbus V1.1b3 */
#define WRITE_REGISTER  6
#define WRITE_COILS     15
#define WRITE_REGISTERS 16
#define VALUES_TEXT     160 /* bytes of values in an event; more are cut */

enum step { READ_BEFORE, WRITE, READ_AFTER };

struct writing {
	struct loan loan; /* the first: it is released as this */
	enum step step;
	uint8_t function;
	uint8_t data[HJ_DATA_MAX], before[HJ_DATA_MAX];
	bool has_before;
	json_t *answer; /* to the write */
};

static json_t *values_json(const struct hj_question *q, const uint8_t *data)
{
	json_t *list = json_array();

	for (size_t i = 0; list && data && i < q->count; i++)
		json_array_append_new(list, json_integer(api_value_at(q, data, i)));
	return list;
}

static void values_text(const struct hj_question *q, const uint8_t *data, char to[VALUES_TEXT])
{
	size_t used = 0;

	snprintf(to, VALUES_TEXT, "?");
	for (size_t i = 0; data && i < q->count && used + 8 < VALUES_TEXT; i++)
		used += (size_t)snprintf(
		        to + used, VALUES_TEXT - used, "%s%u", i ? " " : "", api_value_at(q, data, i));
}

static void tell(struct meterd *m, const struct writing *w, const char *result)
{
	const struct hj_question *q = &w->loan.question;
	char by[64], before[VALUES_TEXT], now[VALUES_TEXT], key[2 * HJ_NAME_MAX];

	hj_ipc_call_name(w->loan.call, by, sizeof(by));
	values_text(q, w->has_before ? w->before : NULL, before);
	values_text(q, w->data, now);
	snprintf(key, sizeof(key), "bus %s", m->conf.name);
	hj_notice("bus %s: %s wrote %s to %s %u of unit %u (before: %s): %s", m->conf.name, by, now,
	        hj_table_name(q->table), q->address, q->unit_id, before, result);
	hj_report(m->adhoc ? adhoc_report(m) : m->report, "register-written", HJ_MOMENT, key,
	        json_pack("{s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:s}", "by", by, "bus", m->conf.name, "unit",
	                (json_int_t)q->unit_id, "table", hj_table_name(q->table), "address", (json_int_t)q->address,
	                "old", before, "new", now, "result", result));
}

static bool end(struct writing *w, const uint8_t *after)
{
	hj_ipc_reply(w->loan.call, json_pack("{s:i, s:o, s:o, s:o}", "function", (int)w->function, "before",
	                                   values_json(&w->loan.question, w->has_before ? w->before : NULL), "after",
	                                   values_json(&w->loan.question, after), "answer", hj_steal(w->answer)));
	return false;
}

static bool came(struct meterd *m, struct loan *l, int r, const struct bus_answer *a, hj_usec took)
{
	struct writing *w = (struct writing *)l;

	if (w->step == READ_AFTER)
		return end(w, r == 0 ? a->is.data : NULL);
	if (w->step == WRITE) {
		w->answer = api_answer(r, a, took);
		if (a->sent_length)
			tell(m, w, r < 0 ? a->is.why : "ok");
		w->step = READ_AFTER;
		l->question.function = 0;
		return r == 0 ? true : end(w, NULL);
	}
	/* A register that may only be written answers with an exception; one that is silent is not there. */
	if (r < 0 && r != -EREMOTEIO) {
		w->answer = api_answer(r, a, took);
		return end(w, NULL);
	}
	w->has_before = r == 0;
	memcpy(w->before, a->is.data, r == 0 ? a->is.length : 0);
	w->step = WRITE;
	l->must_end = true;
	l->question.function = w->function;
	l->question.data = w->data;
	return true;
}

/* False where a value does not fit. */
static bool put_values(struct writing *w, json_t *values)
{
	bool bits = w->loan.question.table == HJ_TABLE_COIL;
	json_t *value;
	size_t i;

	json_array_foreach(values, i, value)
	{
		json_int_t v = json_integer_value(value);

		if (!json_is_integer(value) || v < 0 || v > (bits ? 1 : UINT16_MAX))
			return false;
		if (bits) {
			w->data[i / 8] |= (uint8_t)(v << (i % 8));
		} else {
			w->data[2 * i] = (uint8_t)(v >> 8);
			w->data[2 * i + 1] = (uint8_t)v;
		}
	}
	return true;
}

static const char *make(struct writing *w, json_t *values, int64_t function)
{
	struct hj_question *q = &w->loan.question;
	bool bits = q->table == HJ_TABLE_COIL, one = q->count == 1;
	struct hj_mbap any = { 0 }; /* it knows every unit id that api_question() lets pass */
	uint8_t frame[HJ_FRAME_MAX];

	if (!bits && q->table != HJ_TABLE_HOLDING)
		return "table";
	if (!put_values(w, values))
		return "values";
	if (function < 0 || function > WRITE_REGISTERS)
		return "function";
	w->function = (uint8_t)(function ? function
	                        : bits   ? (one ? WRITE_COIL : WRITE_COILS)
	                        : one    ? WRITE_REGISTER
	                                 : WRITE_REGISTERS);
	q->function = w->function;
	q->data = w->data;
	if (hj_mbap_begin(&any, q, frame) < 0)
		return function ? "function" : "values";
	q->function = 0;
	return NULL;
}

int api_write(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	int64_t unit_id = 0, address = 0, function = 0;
	const char *table_name = "", *bad = NULL;
	json_t *values = NULL;
	const struct hj_param table[] = {
		{ "unit_id", HJ_PARAM_INT, true, &unit_id },
		{ "table", HJ_PARAM_STRING, true, &table_name },
		{ "address", HJ_PARAM_INT, true, &address },
		{ "values", HJ_PARAM_ARRAY, true, &values },
		{ "function", HJ_PARAM_INT, false, &function },
	};
	struct writing *w;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->loan.came = came;
	bad = api_question(
	        userdata, unit_id, table_name, address, (int64_t)json_array_size(values), NULL, &w->loan.question);
	if (!bad)
		bad = make(w, values, function);
	if (bad) {
		free(w);
		return hj_ipc_fail_parameter(call, !strcmp(bad, "count") ? "values" : bad);
	}
	loan_add(userdata, &w->loan, call);
	return 0;
}
