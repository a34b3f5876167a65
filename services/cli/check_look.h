/* What works but is hardly meant: each is a warning, by the line of its key. */
#pragma once

#include "hjgate/conf.h"

/* Has the form of an error; line 0: the file as a whole. */
void check_note(struct hj_conf_errors *n, const char *file, int line, const char *what, const char *remedy);

void check_look_at_bus(const struct hj_conf_bus *b, const char *root, struct hj_conf_errors *n);
/* `others`: of the uplinks before this one. */
void check_look_at_uplink(const struct hj_conf_uplink *u, const struct hj_conf_uplink *others, size_t count,
        const char *root, struct hj_conf_errors *n);
/* Whether whoever is to set the clock can be asked for the time. */
void check_look_at_clock(const struct hj_conf *c, const char *root, struct hj_conf_errors *n);
void check_look_at_alerts(const struct hj_conf_alerts *a, const char *root, struct hj_conf_errors *n);

/* A file of the configuration that the program of this user is to read. Below a root nobody asks. */
void check_look_at_mode(const char *file, const char *user, const char *root, struct hj_conf_errors *n);
/* One that the configuration names: `name` as it is written, below `folder` of /etc/hjgate where it is relative. */
struct check_named {
	const char *file;
	int group;
	const char *key, *name, *folder;
};
void check_look_at_named(const struct check_named *f, const char *root, struct hj_conf_errors *n);
