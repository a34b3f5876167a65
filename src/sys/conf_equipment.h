/* What the files that read equipment.conf share: each group becomes a row of the plan of a site. */
#pragma once

#include "conf_bus.h"
#include "hjgate/equipment.h"

#define CONF_POINT_HINT     N_("METER.POINT as in a file of buses.d")
#define CONF_EQUIPMENT_HINT N_("the name of a piece of equipment of this file")
#define CONF_HOLD_MOST_S    86400 /* of every minimum time */
#define CONF_VALUE_MOST     1e12  /* of a threshold, either way */
#define CONF_UNSET_S        HJ_JUDGE_UNSET

/* A time in s, or unset, as the plan has it. */
static inline int64_t conf_hold_ms(int64_t s)
{
	return s < 0 ? HJ_JUDGE_UNSET : s * HJ_MS_PER_SEC;
}

/* One more row at the end of a table of `*count`, which it counts; NULL when out of memory. */
void *conf_site_row(void **table, size_t size, size_t *count);
/* The number of a point in the plan, mentioned here; HJ_JUDGE_NONE for "". -ENOMEM. */
int conf_site_point(struct hj_conf_site *s, const char *name, int line, size_t *ret);

int conf_equipment_add(struct conf_file *f, const config_setting_t *item, void *site);
int conf_limit_add(struct conf_file *f, const config_setting_t *item, void *site);
int conf_link_add(struct conf_file *f, const config_setting_t *item, void *site);

int conf_site_read(struct conf_file *f, struct hj_conf_site *s);
int conf_site_load(const char *root, struct hj_conf_site *s, struct hj_conf_errors *errors); /* only what it says */
/* What a bus says of the points that are mentioned. */
void conf_site_learn(struct hj_conf_site *s, const struct hj_conf_bus *b);
/* When all buses have said it. `whole`: every bus could be read, so that a point not found is nowhere. */
void conf_site_settle(struct hj_conf_site *s, bool whole, struct hj_conf_errors *errors);
