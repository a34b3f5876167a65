/* Equipment as the standard reports it: states (CN 2021, SBxxx-RS) and running hours of a day (CN 2041, SBxxx-RT).
 * The bodies of records of kind status and runtime, an object each:
 *
 *	{"states": {"SB1": 1, "SB2": 0}}	{"hours": {"SB1": 23.5}}
 */
#pragma once

#include <stdbool.h>

#include "hjgate/record.h"

#define HJ_EQUIPMENT_NAME_MAX  8   /* characters of [0-9A-Za-z]: SB and what tells one from another */
#define HJ_EQUIPMENT_MOST      256 /* of one record */
#define HJ_EQUIPMENT_STATE_MAX 5   /* 0 off, 1 runs, 2 calibrates, 3 is maintained, 4 alarm, 5 blows back */
#define HJ_EQUIPMENT_HOURS_MAX 24

struct hj_equipment {
	char name[HJ_EQUIPMENT_NAME_MAX + 1];
	double value; /* a state, a whole number; or hours */
};

/* May a record of this kind say so? */
bool hj_equipment_valid(enum hj_kind kind, const char *name, double value);
