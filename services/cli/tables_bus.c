/* Buses and meters as tables, from hjgate.Meter.Status. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/clock.h"
#include "tables.h"
#include "timespec.h"

#define COLLECTED_LEAST 95.0 /* percent; below it the table shows it as trouble */

static const struct writer_column bus_columns[] = {
	{ "bus", N_("BUS"), false },
	{ "port", N_("PORT"), false },
	{ "meters_ok", N_("METERS"), true },
	{ "meters", NULL, false },
	{ "collected", N_("COLLECTED"), true },
	{ "requests", N_("REQUESTS"), true },
	{ "errors", N_("ERRORS"), true },
	{ "cycle_ms", N_("CYCLE"), true },
	{ "waiting", N_("UNWRITTEN"), true },
	{ "dropped", N_("DROPPED"), true },
	{ "overruns", N_("PASSED OVER"), true },
	{ "junk_bytes", NULL, false },
	{ "port_error", N_("TROUBLE"), false },
};

static const struct writer_column meter_columns[] = {
	{ "bus", N_("BUS"), false },
	{ "meter", N_("METER"), false },
	{ "unit_id", N_("UNIT ID"), true },
	{ "equipment", N_("EQUIPMENT"), false },
	{ "state", N_("STATE"), false },
	{ "hour", N_("HOUR"), true },
	{ "day", N_("DAY"), true },
	{ "month", N_("30 DAYS"), true },
	{ "asked", N_("ASKED"), true },
	{ "answered", N_("ANSWERED"), true },
	{ "timeouts", N_("SILENT"), true },
	{ "broken", N_("BROKEN"), true },
	{ "exceptions", N_("REFUSED"), true },
	{ "late", N_("LATE"), true },
	{ "p50_ms", N_("P50"), true },
	{ "p95_ms", N_("P95"), true },
	{ "max_ms", N_("MAX"), true },
	{ "timeout_ms", N_("TIME-OUT"), true },
	{ "rests", N_("RESTS"), true },
	{ "last_answer", N_("LAST ANSWER"), false },
	{ "last_error", N_("LAST ERROR"), false },
};

static const struct writer_column refusal_columns[] = {
	{ "bus", N_("BUS"), false },
	{ "meter", N_("METER"), false },
	{ "table", N_("REFUSED"), false },
	{ "address", N_("ADDRESS"), true },
	{ "count", N_("COUNT"), true },
	{ "cut", N_("ASKED APART AT"), true },
	{ "point", N_("POINT"), false },
};

static double percent(int64_t part, int64_t whole)
{
	return whole > 0 ? floor(1000.0 * (double)part / (double)whole) / 10 : NAN;
}

double cli_collected(json_t *status)
{
	int64_t asked = 0, answered = 0;
	json_t *meter;
	size_t i;

	json_array_foreach(json_object_get(status, "meters"), i, meter)
	{
		asked += cli_int(meter, "asked");
		answered += cli_int(meter, "answered");
	}
	return percent(answered, asked);
}

size_t cli_meters_ok(json_t *status)
{
	json_t *meter;
	size_t i, n = 0;

	json_array_foreach(json_object_get(status, "meters"), i, meter)
	{
		const char *state = cli_string(meter, "state");

		n += state && !strcmp(state, "ok");
	}
	return n;
}

static void percent_cell(struct writer *w, double value)
{
	char text[HJ_NUMBER_LEN + 2], number[HJ_NUMBER_LEN];

	if (!isfinite(value) || hj_number_format(value, 1, number) < 0) {
		writer_cell(w, STYLE_DIM, json_null(), "-");
		return;
	}
	snprintf(text, sizeof(text), "%s%%", number);
	writer_cell(w, value < COLLECTED_LEAST ? STYLE_BAD : STYLE_PLAIN, json_real(value), text);
}

static void ms_cell(struct writer *w, json_t *value)
{
	char text[HJ_NUMBER_LEN];

	snprintf(text, sizeof(text), "%lld ms", (long long)json_integer_value(value));
	if (json_is_integer(value))
		writer_cell(w, STYLE_PLAIN, json_incref(value), text);
	else
		writer_cell(w, STYLE_DIM, json_null(), "-");
}

static void trip_cell(struct writer *w, json_t *value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f ms", cli_number(value));
	if (json_is_number(value))
		writer_cell(w, STYLE_PLAIN, json_incref(value), text);
	else
		writer_cell(w, STYLE_DIM, json_null(), "-");
}

static void trouble_cell(struct writer *w, const char *text)
{
	writer_cell(w, STYLE_BAD, writer_text(text), cli_reason(text));
}

void cli_buses_begin(struct writer *w)
{
	writer_table(w, "buses", bus_columns, hj_array_size(bus_columns));
}

void cli_buses_row(struct writer *w, json_t *status)
{
	size_t ok = cli_meters_ok(status), all = json_array_size(json_object_get(status, "meters"));
	char text[64];

	snprintf(text, sizeof(text), "%zu/%zu", ok, all);
	writer_cell_text(w, cli_string(status, "bus"));
	writer_cell_text(w, cli_string(status, "port"));
	writer_cell(w, ok == all ? STYLE_GOOD : STYLE_BAD, json_integer((json_int_t)ok), text);
	writer_cell_int(w, (int64_t)all);
	percent_cell(w, cli_collected(status));
	writer_cell_int(w, cli_int(status, "requests"));
	writer_cell_int(w, cli_int(status, "errors"));
	ms_cell(w, json_object_get(status, "cycle_ms"));
	writer_cell_int(w, cli_int(status, "waiting"));
	writer_cell(w, cli_int(status, "dropped") ? STYLE_BAD : STYLE_PLAIN, json_integer(cli_int(status, "dropped")),
	        NULL);
	writer_cell(w, cli_int(status, "overruns") ? STYLE_WARN : STYLE_PLAIN,
	        json_integer(cli_int(status, "overruns")), NULL);
	writer_cell_int(w, cli_int(status, "junk_bytes"));
	trouble_cell(w, cli_string(status, "port_error"));
}

void cli_meters_begin(struct writer *w)
{
	writer_table(w, "meters", meter_columns, hj_array_size(meter_columns));
}

static void meter_row(struct writer *w, const char *bus, json_t *meter)
{
	static const char *const shares[] = { "hour", "day", "month" },
	                         *const counts[] = { "timeouts", "broken", "exceptions", "late" },
	                         *const trips[] = { "p50_ms", "p95_ms", "max_ms" };
	const char *state = cli_string(meter, "state");
	json_t *figures = json_object_get(meter, "figures");
	bool lost = state && !strcmp(state, "lost"), ok = state && !strcmp(state, "ok");

	writer_cell_text(w, bus);
	writer_cell_text(w, cli_string(meter, "name"));
	writer_cell_int(w, cli_int(meter, "unit_id"));
	writer_cell_text(w, cli_string(meter, "equipment"));
	writer_cell(w, lost ? STYLE_BAD : ok ? STYLE_GOOD : STYLE_DIM, cli_member(meter, "state"), cli_word(state));
	for (size_t i = 0; i < hj_array_size(shares); i++)
		percent_cell(w, cli_number(json_object_get(figures, shares[i])));
	writer_cell_int(w, cli_int(meter, "asked"));
	writer_cell_int(w, cli_int(meter, "answered"));
	for (size_t i = 0; i < hj_array_size(counts); i++)
		writer_cell_int(w, cli_int(figures, counts[i]));
	for (size_t i = 0; i < hj_array_size(trips); i++)
		trip_cell(w, json_object_get(figures, trips[i]));
	ms_cell(w, json_object_get(meter, "timeout_ms"));
	writer_cell_int(w, cli_int(meter, "rests"));
	writer_cell_time(w, cli_time(meter, "last_answer"));
	trouble_cell(w, cli_string(meter, "last_error"));
}

void cli_meters_rows(struct writer *w, json_t *status)
{
	json_t *meter;
	size_t i;

	json_array_foreach(json_object_get(status, "meters"), i, meter)
	        meter_row(w, cli_string(status, "bus"), meter);
}

static const struct writer_column text_columns[] = {
	{ "bus", N_("BUS"), false },
	{ "point", N_("POINT"), false },
	{ "text", N_("TEXT"), false },
};

void cli_refusals_begin(struct writer *w)
{
	writer_table(w, "refusals", refusal_columns, hj_array_size(refusal_columns));
}

static void refusal_rows(struct writer *w, const char *bus, json_t *meter)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(meter, "split"), i, item)
	{
		writer_cell_text(w, bus);
		writer_cell_text(w, cli_string(meter, "name"));
		writer_cell_text(w, cli_string(item, "table"));
		writer_cell_int(w, cli_int(item, "address"));
		writer_cell_int(w, cli_int(item, "count"));
		writer_cell_int(w, cli_int(item, "cut"));
		writer_cell_text(w, NULL);
	}
	json_array_foreach(json_object_get(meter, "refused"), i, item)
	{
		writer_cell_text(w, bus);
		writer_cell_text(w, cli_string(meter, "name"));
		for (int k = 0; k < 4; k++)
			writer_cell_text(w, NULL);
		writer_cell(w, STYLE_BAD, json_incref(item), json_string_value(item));
	}
}

void cli_refusals_rows(struct writer *w, json_t *status)
{
	json_t *meter;
	size_t i;

	json_array_foreach(json_object_get(status, "meters"), i, meter)
	        refusal_rows(w, cli_string(status, "bus"), meter);
}

void cli_texts_begin(struct writer *w)
{
	writer_table(w, "texts", text_columns, hj_array_size(text_columns));
}

void cli_texts_rows(struct writer *w, json_t *status)
{
	json_t *meter, *item;
	size_t i, k;

	json_array_foreach(json_object_get(status, "meters"), i, meter)
	{
		json_array_foreach(json_object_get(meter, "texts"), k, item)
		{
			writer_cell_text(w, cli_string(status, "bus"));
			writer_cell_text(w, cli_string(item, "point"));
			writer_cell_text(w, cli_string(item, "text"));
		}
	}
}
