/* Parameters by table: what a method does not know, misses or gets in another type is refused by name, before
 * anything is written to where the table points. The strings and objects stay the property of the message. */
#include <errno.h>
#include <string.h>

#include "hjgate/ipc.h"

static bool type_fits(const json_t *value, enum hj_param_type type)
{
	switch (type) {
	case HJ_PARAM_STRING:
		return json_is_string(value);
	case HJ_PARAM_INT:
		return json_is_integer(value);
	case HJ_PARAM_NUMBER:
		return json_is_number(value);
	case HJ_PARAM_BOOL:
		return json_is_boolean(value);
	case HJ_PARAM_ARRAY:
		return json_is_array(value);
	case HJ_PARAM_OBJECT:
		return json_is_object(value);
	}
	return false;
}

static void store(json_t *value, const struct hj_param *p)
{
	switch (p->type) {
	case HJ_PARAM_STRING:
		*(const char **)p->to = json_string_value(value);
		break;
	case HJ_PARAM_INT:
		*(int64_t *)p->to = json_integer_value(value);
		break;
	case HJ_PARAM_NUMBER:
		*(double *)p->to = json_number_value(value);
		break;
	case HJ_PARAM_BOOL:
		*(bool *)p->to = json_is_true(value);
		break;
	case HJ_PARAM_ARRAY:
	case HJ_PARAM_OBJECT:
		*(json_t **)p->to = value;
		break;
	}
}

static bool known(const char *name, const struct hj_param *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, table[i].name))
			return true;
	return false;
}

static const char *find_bad(json_t *parameters, const struct hj_param *table, size_t n)
{
	const char *name;
	json_t *value;

	json_object_foreach(parameters, name, value) if (!known(name, table, n)) return name;
	for (size_t i = 0; i < n; i++) {
		value = json_object_get(parameters, table[i].name);
		if (!value || json_is_null(value)) {
			if (table[i].required)
				return table[i].name;
		} else if (!type_fits(value, table[i].type)) {
			return table[i].name;
		}
	}
	return NULL;
}

int hj_params_read(json_t *parameters, const struct hj_param *table, size_t n, const char **ret_bad)
{
	const char *bad = find_bad(parameters, table, n);

	if (bad) {
		*ret_bad = bad;
		return -EINVAL;
	}
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(parameters, table[i].name);

		if (value && !json_is_null(value))
			store(value, &table[i]);
	}
	return 0;
}
