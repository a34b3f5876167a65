/* The meter's side of a trace: of the bus's newest frames those that asked for the point within the window, and what
 * each answer says by the point's own codec and rules. A frame is the meter's when it is what would be asked of it:
 * that holds for every protocol. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/meter_protocol.h"
#include "hjgate/meter_value.h"
#include "trace.h"

#define FRAMES_ALL 1000000
#define MBAP_HEAD  7 /* bytes of Modbus TCP before the unit's answer */

static size_t from_hex(const char *text, uint8_t *to, size_t most)
{
	size_t n = 0;
	unsigned byte;

	for (; text && n < most && sscanf(text + 2 * n, "%2x", &byte) == 1 && text[2 * n + 1]; n++)
		to[n] = (uint8_t)byte;
	return n;
}

static bool covers(const struct trace *t, json_t *frame)
{
	const struct hj_conf_point *p = t->point;
	const char *table = cli_string(frame, "table");
	int64_t address = cli_int(frame, "address"), count = cli_int(frame, "count");

	return table && !strcmp(table, hj_table_name(p->table)) && cli_int(frame, "unit_id") == t->meter->unit_id &&
	       address <= p->address &&
	       p->address + hj_codec_count(&p->codec, p->table) <= (uint64_t)(address + count);
}

static const struct hj_protocol *protocol_of(const struct trace *t)
{
	const struct hj_protocol *stations = hj_protocol_of_stations(hj_bus_type(t->bus->kind)->name);

	return stations ? stations : &hj_protocol_rtu;
}

static struct hj_question question_of(const struct trace *t, json_t *frame)
{
	struct hj_question q = { .unit_id = (uint8_t)t->meter->unit_id,
		.table = t->point->table,
		.address = (uint32_t)cli_int(frame, "address"),
		.count = (uint16_t)cli_int(frame, "count") };

	hj_station_parse(t->meter->station, q.station);
	return q;
}

/* Stations share the questions' unit and address: what was sent tells them apart. */
static bool is_asked(const struct trace *t, json_t *frame)
{
	const struct hj_protocol *protocol = protocol_of(t);
	struct hj_question q = question_of(t, frame);
	uint8_t would[HJ_FRAME_MAX], sent[HJ_FRAME_MAX];
	size_t n = from_hex(cli_string(frame, "sent"), sent, sizeof(sent));
	int m;

	if (!protocol->station_bytes)
		return true;
	m = protocol->encode(&q, would);
	return m > 0 && (size_t)m == n && !memcmp(would, sent, n);
}

/* Modbus TCP has the same behind its head, and no sum. */
static int data_of(const struct trace *t, json_t *frame, struct hj_answer *ret)
{
	struct hj_question q = question_of(t, frame);
	uint8_t bytes[HJ_FRAME_MAX];
	size_t n = from_hex(cli_string(frame, "received"), bytes, sizeof(bytes));

	if (t->bus->kind != HJ_BUS_tcp)
		return protocol_of(t)->decode(&q, bytes, n, ret);
	if (n < MBAP_HEAD + 2 || bytes[MBAP_HEAD] != (uint8_t)q.table || n < MBAP_HEAD + 2u + bytes[MBAP_HEAD + 1])
		return -1;
	ret->length = bytes[MBAP_HEAD + 1];
	memcpy(ret->data, bytes + MBAP_HEAD + 2, ret->length);
	return 0;
}

static double value_of(const struct trace *t, json_t *frame)
{
	const struct hj_conf_point *p = t->point;
	size_t at = p->address - (uint32_t)cli_int(frame, "address");
	double none = NAN, value = NAN;
	struct hj_answer a = { 0 };
	uint8_t bit;

	if (cli_string(frame, "error") || data_of(t, frame, &a) < 0)
		return NAN;
	if (hj_table_is_bits(p->table)) {
		bit = at / 8 < a.length ? a.data[at / 8] >> (at % 8) & 1 : 0;
		return at / 8 < a.length ? bit : NAN;
	}
	at = p->table == HJ_TABLE_DATA ? p->at : 2 * at;
	if (at + hj_codec_bytes(&p->codec) > a.length ||
	        hj_value_decode(&p->codec, p->rules, a.data + at, &none, &value) < 0)
		return NAN;
	return value;
}

static void keep(struct trace *t, json_t *frame)
{
	struct trace_reading *r = &t->readings[t->reading_count++ % TRACE_READINGS];

	free(r->sent);
	free(r->received);
	*r = (struct trace_reading){ .time_ms = cli_int(frame, "time"),
		.took_us = cli_int(frame, "took_us"),
		.sent = strdup(cli_string(frame, "sent") ?: ""),
		.received = strdup(cli_string(frame, "received") ?: ""),
		.value = value_of(t, frame) };
	hj_text_copy(r->error, sizeof(r->error), cli_string(frame, "error") ?: "");
}

static int take_frames(json_t *answer, bool continues, void *userdata)
{
	struct trace *t = userdata;
	int64_t begin = t->record.head.label_ms, end = begin + t->record.head.length_ms;
	json_t *frame;
	size_t i;

	(void)continues;
	json_array_foreach(json_object_get(answer, "frames"), i, frame)
	{
		int64_t time_ms = cli_int(frame, "time");

		if (!t->kept_since_ms)
			t->kept_since_ms = time_ms;
		if (time_ms >= begin && time_ms < end && covers(t, frame) && is_asked(t, frame))
			keep(t, frame);
	}
	return 0;
}

void trace_find_readings(struct trace *t)
{
	_cleanup_json_ json_t *error = NULL;
	char socket[HJ_NAME_MAX + 24];

	snprintf(socket, sizeof(socket), "meterd@%s.look", t->bus->name);
	t->meter_error = cli_stream_quiet(t->cli->root, socket, "hjgate.Meter.Frames",
	        json_pack("{si}", "limit", FRAMES_ALL), CLI_ANSWER_MS, take_frames, t, &error);
}
