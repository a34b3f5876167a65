/* Values of this moment: the meterds whose meters have the points ask them at once, and say what came. CN 3012 is
 * answered with them as real-time data; what did not answer goes with them as flag B, and the result says 4 (no
 * answer in time), so that a success means all of them. What is being worked on is flag M, as in all frames: that
 * only stored knows, and where it does not say so the result is 4, too. */
#include "peer_device.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/clock.h"
#include "hjgate/now.h"

#define METERS_PART(span) ((span)*3 / 4) /* of the time left is the meters'; then what has come is sent */

static bool is_asked(const struct hj212_phrase_factor *f, const char *factor)
{
	return f->factor[0] && !f->unsent && !f->older && (!factor[0] || !strcmp(f->factor, factor));
}

/* ---- what comes ---- */

static void take_reading(struct device *d, json_t *j)
{
	const char *point = json_string_value(json_object_get(j, "point"));
	const char *flag = json_string_value(json_object_get(j, "flag"));
	const json_t *value = json_object_get(j, "value"), *time = json_object_get(j, "time");
	const struct hj212_phrase_factor *f = point ? hj212_phrase_map_find_point(&d->u->map, point) : NULL;
	struct hj212_phrase_newest *list;

	if (!f || !f->number || !flag || !hj_flag_valid(flag[0]) || flag[1] || !json_is_integer(time) ||
	        json_integer_value(time) < 0 || json_integer_value(time) > HJ_TIME_MAX_MS)
		return;
	list = realloc(d->newest, (d->newest_count + 1) * sizeof(*list));
	if (!list)
		return;
	d->newest = list;
	list[d->newest_count++] = (struct hj212_phrase_newest){ .point = f->number,
		.time_ms = json_integer_value(time),
		.value = json_is_number(value) ? json_number_value(value) : NAN,
		.flag = (enum hj_flag)flag[0] };
	if (flag[0] == HJ_FLAG_LINK)
		d->silent++;
	else
		d->answered++;
}

/* Of a meterd, or of stored. */
static void take_answer(struct device *d, json_t *reply)
{
	json_t *works = json_object_get(reply, "maintained"), *j;
	size_t i;

	json_array_foreach(json_object_get(reply, "readings"), i, j) take_reading(d, j);
	if (!works)
		return;
	json_decref(d->works);
	d->works = json_incref(works);
}

/* ---- what is being worked on ---- */

/* part: METER or METER.POINT. */
static bool is_part(const char *part, const char *point)
{
	size_t n = strlen(part);

	return !strncmp(part, point, n) && (point[n] == '\0' || point[n] == '.');
}

static bool covers(const json_t *work, const char *point, int64_t time_ms)
{
	const json_t *begin = json_object_get(work, "begin"), *part;
	size_t i;

	if (!json_is_integer(begin) || json_integer_value(begin) > time_ms)
		return false;
	json_array_foreach(json_object_get(work, "parts"), i, part)
	{
		if (json_is_string(part) && is_part(json_string_value(part), point))
			return true;
	}
	return false;
}

static bool is_worked_on(const struct device *d, const struct hj212_phrase_newest *n)
{
	const struct hj212_phrase_factor *f = hj212_phrase_map_find(&d->u->map, n->point);
	const json_t *work;
	size_t i;

	json_array_foreach(d->works, i, work)
	{
		if (f && covers(work, f->point, n->time_ms))
			return true;
	}
	return false;
}

/* As stored marks samples: a fault that the meter tells by itself stays what it is. */
static void mark_works(struct device *d)
{
	for (size_t i = 0; i < d->newest_count; i++) {
		struct hj212_phrase_newest *n = &d->newest[i];

		if ((n->flag == HJ_FLAG_NORMAL || n->flag == HJ_FLAG_LINK) && is_worked_on(d, n))
			n->flag = HJ_FLAG_MAINTAIN;
	}
}

/* ---- who is asked ---- */

static int ask_bus(struct device *d, int bus, const char *factor)
{
	const struct hj212_phrase_map *m = &d->u->map;
	json_int_t timeout = (json_int_t)(METERS_PART(device_left(d)) / HJ_USEC_PER_MS);
	json_t *names = json_array();
	char socket[HJ_NAME_MAX + sizeof("meterd@.peer")];

	for (size_t i = 0; i < m->count; i++)
		if (is_asked(&m->list[i], factor) && device_bus_of(&d->u->devices, m->list[i].point) == bus)
			json_array_append_new(names, json_string(m->list[i].point));
	if (!json_array_size(names)) {
		json_decref(names);
		return 0;
	}
	snprintf(socket, sizeof(socket), "meterd@%s.peer", d->u->devices.buses[bus]);
	return device_call(
	        d, socket, "hjgate.Meter.Sample", json_pack("{s:o, s:I}", "points", names, "timeout", timeout));
}

/* Real-time data says so; the one value of a CN 3020 has no flag. */
static int ask_works(struct device *d)
{
	return d->q.cn == 3012 ? device_call(d, "stored.peer", "hjgate.Store.Maintained", json_object()) : 0;
}

/* Of a code that is no point's: a condition that is not met; else nobody can be asked. */
static int why_unasked(const struct device *d)
{
	const char *code = d->q.pol_id;

	return code[0] && !hj212_phrase_map_find_factor(&d->u->map, code) ? HJ212_EXE_CONDITION : HJ212_EXE_NO_DATA;
}

int device_ask_values(struct device *d, const char *factor)
{
	int r = 0;

	d->take = take_answer;
	for (size_t i = 0; i < d->u->devices.bus_count && r >= 0; i++)
		r = ask_bus(d, (int)i, factor);
	if (r >= 0 && d->open)
		r = ask_works(d);
	if (r < 0)
		return r;
	if (!d->open)
		device_answer(d, why_unasked(d));
	return (int)d->open;
}

/* ---- answers ---- */

/* What to say where nobody has answered. */
static int why_none(const struct device *d)
{
	if (d->silent)
		return HJ212_EXE_TIMEOUT;
	if (d->busy)
		return HJ212_EXE_BUSY;
	return d->away ? HJ212_EXE_SYSTEM : HJ212_EXE_NO_DATA; /* no data: nobody asks for what instruments report */
}

static bool has_come(const struct device *d, const struct hj212_phrase_factor *f)
{
	for (size_t i = 0; i < d->newest_count; i++)
		if (d->newest[i].point == f->number)
			return true;
	return false;
}

/* The words of the points that were asked, and of no others. */
static int word_values(const struct device *d, int64_t now_ms, struct hj_buf *to)
{
	struct hj212_phrase_map some = d->u->map;
	int r;

	some.list = calloc(some.count + 1, sizeof(*some.list));
	some.count = 0;
	if (!some.list)
		return -ENOMEM;
	for (size_t i = 0; i < d->u->map.count; i++)
		if (has_come(d, &d->u->map.list[i]))
			some.list[some.count++] = d->u->map.list[i];
	r = hj212_phrase_realtime(&some, d->newest, d->newest_count, now_ms, to);
	free(some.list);
	return r;
}

void device_values_end(struct device *d)
{
	struct job j = { .cn = 2011, .label_ms = hj_now().wall_ms };
	bool all = !d->silent && !d->busy && !d->away;
	int r;

	if (!d->answered)
		return device_answer(d, why_none(d));
	mark_works(d);
	r = word_values(d, j.label_ms, &j.items);
	if (r >= 0 && j.items.len)
		r = feed_history_one(d->u->feed, d->q.id, all ? HJ212_EXE_DONE : HJ212_EXE_TIMEOUT, &j);
	else
		r = r < 0 ? r : -ENODATA;
	job_done(&j);
	if (r < 0)
		device_answer(d, r == -ENODATA ? HJ212_EXE_NO_DATA : r == -EBUSY ? HJ212_EXE_BUSY : HJ212_EXE_SYSTEM);
}

void device_value_end(struct device *d)
{
	const struct hj212_phrase_newest *n = d->newest;
	const struct hj212_phrase_factor *f = n ? hj212_phrase_map_find(&d->u->map, n->point) : NULL;
	char text[HJ_NUMBER_LEN], cp[HJ212_CP_MAX];

	if (!d->answered || !f)
		device_answer(d, why_none(d));
	else if (hj212_phrase_value(f, n->value, text) < 0) /* it said nothing that is a value */
		device_answer(d, HJ212_EXE_NO_DATA);
	else
		device_respond(d, cp, hj212_info_cp(n->time_ms, d->q.pol_id, d->q.info_id, text, cp, sizeof(cp)));
}
