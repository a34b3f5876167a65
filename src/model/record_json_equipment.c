/* Equipment's states and hours out of JSON, whole or not at all. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/record_json.h"

static const json_t *members_of(enum hj_kind kind, const json_t *body)
{
	const char *name = kind == HJ_KIND_STATUS ? "states" : kind == HJ_KIND_RUNTIME ? "hours" : NULL;
	const json_t *members = name ? json_object_get(body, name) : NULL;

	return json_is_object(members) && json_object_size(members) <= HJ_EQUIPMENT_MOST ? members : NULL;
}

int hj_equipment_from_json(enum hj_kind kind, const json_t *body, struct hj_equipment **ret, size_t *ret_count)
{
	json_t *members = (json_t *)members_of(kind, body), *value;
	_cleanup_free_ struct hj_equipment *list = NULL;
	const char *name;
	size_t n = 0;

	if (!members || !json_object_size(members))
		return -EBADMSG;
	list = calloc(json_object_size(members), sizeof(*list));
	if (!list)
		return -ENOMEM;
	json_object_foreach(members, name, value)
	{
		double number = json_is_number(value) ? json_number_value(value) : NAN;

		if (!hj_equipment_valid(kind, name, number))
			return -EBADMSG;
		memcpy(list[n].name, name, strlen(name) + 1);
		list[n++].value = number;
	}
	*ret = hj_steal(list);
	*ret_count = n;
	return 0;
}
