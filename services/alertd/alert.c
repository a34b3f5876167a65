/* See alert.h: from JSON and to JSON, for the socket and for the disk. Unknown members are ignored: a newer hjgate
 * may have written them. */
#include "alert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/text.h"

static const char *const phases[] = { [ALERT_MOMENT] = "moment", [ALERT_BEGIN] = "begin", [ALERT_END] = "end" };

struct alert *alert_new(void)
{
	struct alert *a = calloc(1, sizeof(*a));

	if (a)
		a->end_ms = ALERT_NO_END;
	return a;
}

struct alert *alert_copy(const struct alert *a)
{
	struct alert *copy = alert_new();

	if (!copy)
		return NULL;
	*copy = *a;
	copy->values = a->values ? strdup(a->values) : NULL;
	copy->left = copy->under_way = 0;
	copy->kept = false;
	if (a->values && !copy->values) {
		free(copy);
		return NULL;
	}
	return copy;
}

void alert_free(struct alert *a)
{
	if (!a)
		return;
	free(a->values);
	free(a);
}

const char *alert_phase_name(enum alert_phase phase)
{
	return phases[phase];
}

int alert_phase_find(const char *name)
{
	for (size_t i = 0; name && i < hj_array_size(phases); i++)
		if (!strcmp(phases[i], name))
			return (int)i;
	return -EINVAL;
}

json_t *alert_to_json(const struct alert *a)
{
	json_t *j = json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:I}", "id", (json_int_t)a->id, "code", a->code,
	        "class", hj_event_class_name(a->class), "key", a->key, "begin", (json_int_t)a->begin_ms, "phase",
	        phases[a->phase], "count", (json_int_t)a->count);

	if (!j)
		return NULL;
	if (a->end_ms != ALERT_NO_END)
		json_object_set_new(j, "end", json_integer((json_int_t)a->end_ms));
	if (a->values)
		json_object_set_new(j, "values", json_loads(a->values, 0, NULL));
	if (a->more)
		json_object_set_new(j, "more", json_integer((json_int_t)a->more));
	if (a->again)
		json_object_set_new(j, "again", json_true());
	return j;
}

static bool is_time(json_int_t ms)
{
	return ms >= 0 && ms <= HJ_TIME_MAX_MS;
}

/* What is wrong, or NULL. */
static const char *read_head(json_t *j, struct alert *a)
{
	const char *code = json_string_value(json_object_get(j, "code"));
	const char *key = json_string_value(json_object_get(j, "key"));
	int phase = alert_phase_find(json_string_value(json_object_get(j, "phase")));
	int class = hj_event_class_find(json_string_value(json_object_get(j, "class")));

	a->id = json_integer_value(json_object_get(j, "id"));
	if (a->id <= 0)
		return "an id is 1 or more";
	if (!code || !*code || !hj_text_copy(a->code, sizeof(a->code), code))
		return "the code is absent or too long";
	if (!key || !hj_text_copy(a->key, sizeof(a->key), key))
		return "the key is absent or too long";
	if (phase < 0)
		return "a phase is moment, begin or end";
	if (class < 0)
		return "a class is info, warn or fault";
	a->phase = (enum alert_phase)phase;
	a->class = (enum hj_event_class) class;
	return NULL;
}

static const char *read_rest(json_t *j, struct alert *a)
{
	json_t *end = json_object_get(j, "end"), *values = json_object_get(j, "values");
	json_int_t begin = json_integer_value(json_object_get(j, "begin")), more, count;

	if (!is_time(begin) || (json_is_integer(end) && !is_time(json_integer_value(end))))
		return "a time is out of its range";
	a->begin_ms = begin;
	if (json_is_integer(end))
		a->end_ms = json_integer_value(end);
	more = json_integer_value(json_object_get(j, "more"));
	count = json_integer_value(json_object_get(j, "count"));
	a->more = more > 0 && more < INT32_MAX ? (unsigned)more : 0;
	a->count = count > 0 ? count : 0;
	a->again = json_is_true(json_object_get(j, "again"));
	if (json_is_object(values) && json_object_size(values)) {
		a->values = json_dumps(values, JSON_COMPACT);
		if (!a->values || strlen(a->values) > ALERT_VALUES_MAX)
			return "the values are too long";
	}
	return NULL;
}

int alert_from_json(json_t *j, struct alert **ret, const char **ret_why)
{
	struct alert *a = alert_new();
	const char *why;

	if (!a)
		return -ENOMEM;
	why = json_is_object(j) ? read_head(j, a) : "it is no object";
	why = why ? why : read_rest(j, a);
	if (why) {
		alert_free(a);
		*ret_why = why;
		return -EINVAL;
	}
	*ret = a;
	return 0;
}
