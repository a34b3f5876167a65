/* The newest value of every point. The live stream begins with all points and each one's newest sample. */
#include <string.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "hjgate/record_json.h"
#include "newest.h"

bool cli_sample_read(json_t *sample, struct cli_value *ret)
{
	const char *flag = json_string_value(json_array_get(sample, 3));

	int64_t time_ms = json_integer_value(json_array_get(sample, 1));

	if (!json_is_integer(json_array_get(sample, 0)) || time_ms <= 0 || time_ms > HJ_TIME_MAX_MS || !flag)
		return false;
	*ret = (struct cli_value){
		.point = (uint32_t)json_integer_value(json_array_get(sample, 0)),
		.time_ms = time_ms,
		.value = cli_number(json_array_get(sample, 2)),
		.flag = flag[0],
	};
	return true;
}

static void put(struct cli_newest *n, const struct cli_value *value)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->values[i].point == value->point) {
			n->values[i] = *value;
			return;
		}
	if (n->count < HJ_POINTS_MAX)
		n->values[n->count++] = *value;
}

bool cli_newest_take(struct cli_newest *n, json_t *answer)
{
	struct cli_value value;
	struct hj_point point;
	json_t *j;
	size_t i;

	json_array_foreach(json_object_get(answer, "points"), i,
	        j) if (hj_point_from_json(j, &point) == 0 && point.number) hj_dictionary_put(&n->points, &point);
	json_array_foreach(json_object_get(answer, "samples"), i, j) if (cli_sample_read(j, &value)) put(n, &value);
	return cli_int(answer, "rest") <= 0;
}

void cli_newest_done(struct cli_newest *n)
{
	hj_dictionary_done(&n->points);
}

const struct cli_value *cli_newest_find(const struct cli_newest *n, const char *name)
{
	const struct hj_point *p = hj_dictionary_find_name(&n->points, name);

	for (size_t i = 0; p && i < n->count; i++)
		if (n->values[i].point == p->number)
			return &n->values[i];
	return NULL;
}
