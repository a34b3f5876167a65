/* What may be said of equipment: what a frame can say (HJ 212-2017, table 4: SBxxx-RS N1, SBxxx-RT N2.2). */
#include "hjgate/equipment.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static bool is_name(const char *name)
{
	size_t n = 0;

	while (isascii((unsigned char)name[n]) && isalnum((unsigned char)name[n]))
		n++;
	return n && n <= HJ_EQUIPMENT_NAME_MAX && !name[n];
}

bool hj_equipment_valid(enum hj_kind kind, const char *name, double value)
{
	if (!is_name(name) || !(value >= 0))
		return false;
	if (kind == HJ_KIND_STATUS)
		return value <= HJ_EQUIPMENT_STATE_MAX && trunc(value) == value;
	return kind == HJ_KIND_RUNTIME && value <= HJ_EQUIPMENT_HOURS_MAX;
}
