/* A configuration file as a flat list of settings: "meters.oven.ct = 200". It knows nothing of what the keys mean, so
 * that what somebody changed can be told of every file there is, and of a file that is wrong. */
#pragma once

#include <stdbool.h>

/* key: groups by their names, members of lists by their `name`, or by their number. value: as a person would write
 * it, cut to a line; where that is not all of it, "KEY (the rest)" follows with a hash over what was cut. secret: it is
 * a password or the like, and is to be shown to nobody. < 0 stops. */
#define HJ_CONF_FLAT_REST " (the rest)"
typedef int (*hj_conf_flat_fn)(const char *key, const char *value, bool secret, void *userdata);

/* The folders of /etc/hjgate in which a site's own files are ("" is itself, NULL ends them), and those of its files.
 */
extern const char *const hj_conf_flat_folders[];
/* Keys whose values are nobody's to read, wherever they stand; NULL ends them. */
extern const char *const hj_conf_secrets[];

/* FOLDER/NAME.conf, in the order of the file. -ENOENT; -EINVAL: it does not parse. */
int hj_conf_flatten(const char *root, const char *folder, const char *name, hj_conf_flat_fn fn, void *userdata);
