/* What the files that read buses.d share. */
#pragma once

#include "conf_table.h"

#include "hjgate/bus_type.h"

#define CONF_POLL_MOST_S (HJ_INTERVAL_MAX_MS / 1000)

/* What a meter's group says before it becomes a struct hj_conf_meter. */
struct conf_meter_text {
	struct hj_conf_meter m;
	struct hj_conf_bus *bus; /* its keys before `meters` have been read */
	char equipment[HJ_CONF_TEXT_MAX + 1];
	int64_t poll_interval;
};

/* What a point's group says of its values, before it becomes scale, rules and wrap. */
enum conf_ratio { RATIO_OF_NONE, RATIO_OF_PT, RATIO_OF_CT, RATIO_OF_BOTH };
struct conf_value_text {
	enum conf_ratio ratio;
	struct conf_numbers invalid, range;
	double dead_band, wrap;
};
/* Checks them and fills p's in. -ENOMEM. */
int conf_value_settle(struct conf_file *f, const config_setting_t *item, const struct conf_meter_text *from,
        const struct conf_value_text *t, struct hj_conf_point *p);
/* An error where the key is written, though it means nothing here. */
void conf_needless(struct conf_file *f, const config_setting_t *item, const char *key, const char *why);

int conf_point_add(struct conf_file *f, const config_setting_t *item, void *meter_text);

/* These bytes in the pool, which has them once; NULL when out of memory. */
const void *conf_keep(struct hj_conf_pool *pool, const void *data, size_t size);
void conf_pool_done(struct hj_conf_pool *pool);

/* The setting of that name, else the group: where an error is. */
const config_setting_t *conf_member(const config_setting_t *group, const char *name);
int conf_check_name(const char *text, const char **ret_why);
/* A text for people: control characters would break tables. */
int conf_check_text(const char *text, const char **ret_why);
int conf_refuse(const char **ret_why, const char *why); /* -EINVAL */
