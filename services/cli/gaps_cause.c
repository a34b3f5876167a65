/* Why something is missing, from what the programs told: events with a begin and an end, when programs stopped and
 * started again, power failures that the store recorded, and what waits for the time to be known. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events_back.h"
#include "gaps.h"
#include "hjgate/clock.h"
#include "hjgate/now.h"
#include "timespec.h"

#define EVENTS_MAX 1000                /* of one answer */
#define BEFORE_MS  (2 * HJ_MS_PER_DAY) /* before the span: of then all events are asked for, of before causes alone */

/* ---- what happened ---- */

static void take_event(json_t *event, void *userdata)
{
	json_array_append(userdata, event);
}

static int take_answer(json_t *answer, bool continues, void *userdata)
{
	(void)continues;
	return json_array_extend(userdata, json_object_get(answer, "events")) < 0 ? -ENOMEM : 0;
}

static int64_t end_of(json_t *event)
{
	const json_t *end = json_object_get(event, "end");

	return json_is_integer(end) ? json_integer_value(end) : INT64_MAX;
}

/* ---- what it means ---- */

static int of_meter(struct gaps_ask *a, json_t *event, enum hj_gap_cause cause)
{
	const char *meter = cli_string(json_object_get(event, "values"), "meter");
	int m = meter && hj_name_valid(meter) ? hj_gaps_meter(a->gaps, meter) : -ENOENT;

	return m < 0 ? 0
	             : hj_gaps_cause(
	                       a->gaps, (uint32_t)m, cause, HJ_GAP_LOST, cli_int(event, "begin"), end_of(event));
}

static int on_bus(struct gaps_ask *a, const char *bus, enum hj_gap_cause cause, int64_t begin_ms, int64_t end_ms)
{
	int r = 0;

	for (size_t i = 0; bus && i < a->conf.bus_count && r >= 0; i++)
		for (size_t k = 0; !strcmp(a->conf.buses[i].name, bus) && k < a->conf.buses[i].meter_count && r >= 0;
		        k++) {
			int m = hj_gaps_meter(a->gaps, a->conf.buses[i].meters[k].name);

			if (m >= 0)
				r = hj_gaps_cause(a->gaps, (uint32_t)m, cause, HJ_GAP_LOST, begin_ms, end_ms);
		}
	return r;
}

static int of_bus(struct gaps_ask *a, json_t *event, enum hj_gap_cause cause)
{
	return on_bus(a, cli_string(json_object_get(event, "values"), "bus"), cause, cli_int(event, "begin"),
	        end_of(event));
}

static int of_all(struct gaps_ask *a, json_t *event, enum hj_gap_cause cause)
{
	return hj_gaps_cause(a->gaps, HJ_GAPS_ALL, cause, HJ_GAP_LOST, cli_int(event, "begin"), end_of(event));
}

/* The times that were passed over, or that came twice: they are in the event's values, for people. */
static int of_clock(struct gaps_ask *a, json_t *event, enum hj_gap_cause cause)
{
	json_t *values = json_object_get(event, "values");
	const char *from = cli_string(values, "from"), *to = cli_string(values, "to");
	int64_t from_ms, to_ms;

	if (!from || !to || cli_time_parse(from, 0, &from_ms) < 0 || cli_time_parse(to, 0, &to_ms) < 0)
		return 0;
	/* From or to a date that nobody believes: nothing was stamped by it, and all of time is not its doing. */
	if (!hj_clock_plausible(from_ms) || !hj_clock_plausible(to_ms))
		return 0;
	return hj_gaps_cause(a->gaps, HJ_GAPS_ALL, cause, HJ_GAP_LOST, hj_min(from_ms, to_ms) - HJ_MS_PER_SEC,
	        hj_max(from_ms, to_ms) + HJ_MS_PER_SEC);
}

static int of_uplink(struct gaps_ask *a, json_t *event, enum hj_gap_cause cause)
{
	const char *name = cli_string(json_object_get(event, "values"), "uplink");
	int r = 0;

	for (uint32_t i = 0; name && i < a->uplink_count && r >= 0; i++)
		if (!strcmp(hj_gaps_uplink_name(a->gaps, i), name))
			r = hj_gaps_link(a->gaps, i, cause, cli_int(event, "begin"), end_of(event));
	return r;
}

static const struct {
	const char *code;
	int (*fn)(struct gaps_ask *a, json_t *event, enum hj_gap_cause cause);
	enum hj_gap_cause cause;
} meanings[] = {
	{ "meter-lost", of_meter, HJ_GAP_METER },
	{ "port-lost", of_bus, HJ_GAP_METER },
	{ "outbox-full", of_bus, HJ_GAP_FULL },
	{ "disk-trouble", of_all, HJ_GAP_FULL },
	{ "power-failure", of_all, HJ_GAP_POWER },
	{ "clock-stepped", of_clock, HJ_GAP_CLOCK },
	{ "link-lost", of_uplink, HJ_GAP_LINK },
};

static int take_meaning(struct gaps_ask *a, json_t *event)
{
	const char *code = cli_string(event, "code");

	for (size_t i = 0; code && i < hj_array_size(meanings); i++)
		if (!strcmp(code, meanings[i].code))
			return meanings[i].fn(a, event, meanings[i].cause);
	return 0;
}

/* ---- programs that did not run ---- */

#define PROGRAMS_MAX 64

struct program {
	char name[HJ_NAME_MAX + 16];
	int64_t away_ms; /* since when; 0: it runs, as far as known */
};

/* The window in which it went lost what was not durable, and in the one in which it came it had to find its meters.
 */
static int program_away(struct gaps_ask *a, const char *name, int64_t begin_ms, int64_t end_ms)
{
	int64_t begin = begin_ms - a->world.length_ms,
	        end = end_ms == INT64_MAX ? end_ms : end_ms + a->world.length_ms;

	if (!strcmp(name, "stored"))
		return hj_gaps_cause(a->gaps, HJ_GAPS_ALL, HJ_GAP_STOPPED, HJ_GAP_LOST, begin, end);
	return strncmp(name, "meterd@", 7) ? 0 : on_bus(a, name + 7, HJ_GAP_STOPPED, begin, end);
}

static int by_begin(const void *one, const void *other)
{
	json_t *const *a = one, *const *b = other;
	int64_t x = cli_int(*a, "id"), y = cli_int(*b, "id");

	return x < y ? -1 : x > y;
}

static int take_program(struct gaps_ask *a, struct program *programs, size_t *count, json_t *event)
{
	const char *code = cli_string(event, "code"), *key = cli_string(json_object_get(event, "values"), "program");
	bool away = code && (!strcmp(code, "program-stop") || !strcmp(code, "program-died"));
	int64_t at = cli_int(event, "begin"), since;
	size_t i = 0;

	if (!key || (!away && (!code || strcmp(code, "program-start"))))
		return 0;
	while (i < *count && strcmp(programs[i].name, key))
		i++;
	if (i == PROGRAMS_MAX)
		return 0;
	if (i == *count) {
		programs[(*count)++] = (struct program){ 0 };
		hj_text_copy(programs[i].name, sizeof(programs[i].name), key);
	}
	since = programs[i].away_ms;
	programs[i].away_ms = away ? (since ? since : at) : 0;
	return away || !since ? 0 : program_away(a, key, since, at);
}

static int take_programs(struct gaps_ask *a, json_t **events, size_t n)
{
	struct program programs[PROGRAMS_MAX];
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		r = take_program(a, programs, &count, events[i]);
	for (size_t i = 0; i < count && r >= 0; i++)
		if (programs[i].away_ms)
			r = program_away(a, programs[i].name, programs[i].away_ms, INT64_MAX);
	return r;
}

static int take_all(struct gaps_ask *a, json_t *list)
{
	size_t n = json_array_size(list);
	_cleanup_free_ json_t **events = calloc(n + 1, sizeof(json_t *));
	int r = events ? 0 : -ENOMEM;

	for (size_t i = 0; events && i < n; i++)
		events[i] = json_array_get(list, i);
	if (events)
		qsort(events, n, sizeof(json_t *), by_begin);
	for (size_t i = 0; i < n && r >= 0; i++)
		if (!i || cli_int(events[i], "id") != cli_int(events[i - 1], "id"))
			r = take_meaning(a, events[i]);
	return r < 0 ? r : take_programs(a, events, n);
}

/* The names of what may be a cause. */
static json_t *cause_codes(void)
{
	json_t *codes = json_pack("[s, s, s]", "program-start", "program-stop", "program-died");

	for (size_t i = 0; i < hj_array_size(meanings); i++)
		json_array_append_new(codes, json_string(meanings[i].code));
	return codes;
}

static int ask_events(struct gaps_ask *a, json_t *parameters, json_t *list)
{
	_cleanup_json_ json_t *error = NULL;

	json_object_set_new(parameters, "limit", json_integer(EVENTS_MAX));
	return cli_stream_quiet(a->cli->root, "eventd.look", "hjgate.Event.List", parameters, CLI_ANSWER_MS,
	        take_answer, list, &error);
}

/* Those that are open, however old; the newest causes of long before the span, which may have ended in it; then all
 * that may reach into it. */
static int ask_all_events(struct gaps_ask *a)
{
	_cleanup_json_ json_t *list = json_array(), *error = NULL;
	int64_t near_ms = a->world.begin_ms - BEFORE_MS;
	int r = ask_events(a, json_pack("{sb}", "open", 1), list);

	if (r >= 0)
		r = ask_events(a, json_pack("{sI so}", "end", (json_int_t)near_ms, "codes", cause_codes()), list);
	if (r >= 0)
		r = cli_events_back(a->cli->root, near_ms, HJ_TIME_MAX_MS, take_event, list, &error);
	if (r < 0)
		return r;
	a->events_known = true;
	return take_all(a, list);
}

/* ---- what the store knows of itself ---- */

static int take_power(struct gaps_ask *a, struct hj_record *r)
{
	return hj_gaps_cause(a->gaps, HJ_GAPS_ALL, HJ_GAP_POWER, HJ_GAP_LOST, cli_time(r->body, "begin"),
	        cli_time(r->body, "end"));
}

/* Of another boot than the newest record's: its time will never be known. */
static int take_pending(struct gaps_ask *a, struct hj_record *r)
{
	char boot[2 * HJ_ID_BYTES + 1];

	hj_id_format(r->head.boot_id, boot);
	return hj_gaps_cause(a->gaps, HJ_GAPS_ALL, HJ_GAP_CLOCK, strcmp(boot, a->boot) ? HJ_GAP_LOST : HJ_GAP_PENDING,
	        r->head.label_ms, r->head.label_ms + hj_max((int64_t)r->head.length_ms, a->world.length_ms));
}

int gaps_ask_causes(struct gaps_ask *a)
{
	int status = gaps_each(a, HJ_KIND_POWERON, a->world.begin_ms, HJ_TIME_MAX_MS, 0, take_power);

	status = status ? status : gaps_each(a, HJ_KIND_PENDING, a->world.begin_ms, HJ_TIME_MAX_MS, 0, take_pending);
	/* Without eventd the gaps are found all the same, only less of them has a cause. */
	if (status == 0 && ask_all_events(a) == -ENOMEM)
		status = HJ_EXIT_TEMPORARY;
	return status;
}
