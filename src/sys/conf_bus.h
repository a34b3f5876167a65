/* What the files that read buses.d share. */
#pragma once

#include "conf_table.h"

#include "hjgate/bus_type.h"

#define CONF_POLL_MOST_S    (HJ_INTERVAL_MAX_MS / 1000)
#define CONF_REGISTERS_MOST 125 /* of one request: Modbus V1.1b3 6.3, 6.4 */

/* What a meter's group says before it becomes a struct hj_conf_meter. */
struct conf_meter_text {
	struct hj_conf_meter m;
	struct hj_conf_bus *bus; /* its keys before `meters` have been read */
	char equipment[HJ_CONF_TEXT_MAX + 1];
	int64_t poll_interval;
	const struct conf_model *model; /* NULL: none is named */
	bool model_bad;                 /* one is named and has been complained of: no points are read then */
	bool only;                      /* the points that are wanted are named */
};

/* What a point's group says of its values, before it becomes scale, rules and wrap. */
enum conf_ratio { RATIO_OF_NONE, RATIO_OF_PT, RATIO_OF_CT, RATIO_OF_BOTH };
struct conf_value_text {
	enum conf_ratio ratio;
	struct conf_numbers invalid, range;
	double dead_band, wrap;
	struct hj_value_limits limits;
};
/* Checks them and fills p's in. -ENOMEM. */
int conf_value_settle(struct conf_file *f, const config_setting_t *item, const struct conf_meter_text *from,
        const struct conf_value_text *t, struct hj_conf_point *p);
/* An error where the key is written, though it means nothing here. */
void conf_needless(struct conf_file *f, const config_setting_t *item, const char *key, const char *why);

/* What a point's group says before it becomes a struct hj_conf_point. */
struct conf_point_text {
	struct hj_conf_point p;
	char name[HJ_NAME_MAX + 1], factor[HJ_FACTOR_MAX + 1], unit[HJ_UNIT_MAX + 1];
	char equipment[HJ_CONF_TEXT_MAX + 1];
	int64_t address, poll_interval;
	struct conf_value_text value;
};

/* A meter's point, or one of its model with what the group changes. -ENOMEM. */
int conf_point_add(struct conf_file *f, const config_setting_t *item, void *meter_text);
/* `base` NULL, or what the group only changes. -ENOMEM. */
int conf_point_read(struct conf_file *f, const config_setting_t *item, enum hj_bus_kind kind,
        const struct conf_point_text *base, struct conf_point_text *ret);
/* Becomes a point of the meter; `item` is where it is written, or the meter that names the model. -ENOMEM. */
int conf_point_keep(struct conf_file *f, const config_setting_t *item, const struct conf_point_text *t,
        struct conf_meter_text *to);
/* By the name without the meter's; NULL. */
struct hj_conf_point *conf_point_find(const struct hj_conf_meter *m, const char *name);
void conf_point_near(struct conf_near *near, const struct hj_conf_point *points, size_t n);

/* A model and what its points are made from when a meter takes them over. */
struct conf_model {
	struct hj_conf_model m;
	struct conf_point_text *texts; /* as many as m.points */
};
/* The models that the meters of one bus name, each read once. One without points has been complained of. */
struct conf_models {
	struct conf_model *list;
	size_t count;
};
void conf_models_done(struct conf_models *m);
void conf_model_done(struct conf_model *m);
/* As hj_conf_load_model(), but -ENOENT adds no error. */
int conf_model_load(const char *root, const char *id, struct conf_model *ret, struct hj_conf_errors *errors);
/* "did you mean NAME?", or where they are listed. */
void conf_model_suggest(struct hj_conf_error *e, const char *root, const char *id);
const struct conf_point_text *conf_model_point(const struct conf_model *m, const char *name); /* NULL; both may be */
/* What `model` in a meter's group names becomes to->model. -ENOMEM. */
int conf_model_use(
        struct conf_file *f, const config_setting_t *meter, struct conf_models *models, struct conf_meter_text *to);
/* Rows' items, after the meter's own points have been read: one name of `only`, one setting of `factors`. */
int conf_model_only(struct conf_file *f, const config_setting_t *item, void *meter_text);
int conf_model_factor(struct conf_file *f, const config_setting_t *item, void *meter_text);
/* What the meter's group does not say itself: all points where it names none, the limits. -ENOMEM. */
int conf_model_fill(struct conf_file *f, const config_setting_t *meter, struct conf_meter_text *to);

/* One group of `publish`. -ENOMEM. */
int conf_publish_add(struct conf_file *f, const config_setting_t *item, struct hj_conf_bus *to);
/* What holds between them, after the whole file has been read. -ENOMEM. */
int conf_publish_check(struct conf_file *f, const config_setting_t *root, const struct hj_conf_bus *b);
/* Between all buses: the points that are there. -ENOMEM. */
struct hj_conf;
int conf_publish_check_points(const struct hj_conf *c, const struct hj_conf_bus *b, struct hj_conf_errors *errors);
extern const struct conf_choice conf_orders[];

/* One address of `barriers`. */
int conf_limit_barrier(struct conf_file *f, const config_setting_t *item, struct hj_conf_limits *to);

/* These bytes in the pool, which has them once; NULL when out of memory. */
const void *conf_keep(struct hj_conf_pool *pool, const void *data, size_t size);
/* A text of its own, side by side with others; NULL when out of memory. */
const char *conf_keep_text(struct hj_conf_pool *pool, const char *text);
void conf_pool_done(struct hj_conf_pool *pool);

/* The setting of that name, else the group: where an error is. */
const config_setting_t *conf_member(const config_setting_t *group, const char *name);
int conf_check_name(const char *text, const char **ret_why);
/* A text for people: control characters would break tables. */
int conf_check_text(const char *text, const char **ret_why);
int conf_refuse(const char **ret_why, const char *why); /* -EINVAL */
