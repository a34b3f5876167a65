/* The whole configuration, judged: for `hjgate check` and `hjgate apply`. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "hjgate/conf.h"

struct check {
	struct hj_conf conf;                 /* what of it is right */
	struct hj_conf_errors errors, notes; /* notes: warnings */
};

/* -EINVAL: there are errors; another -errno: it cannot be read at all. check_done() in each case. */
int check_read(const char *root, struct check *ret);
void check_done(struct check *c);

/* check_desk.c: what is taken below a root, for tests, and is refused on the box. */
void check_desk(const struct hj_conf *c, const char *root, struct hj_conf_errors *n);

/* A line an error, with its remedy below; `before` stands before each. */
void check_show_list(FILE *out, const struct hj_conf_errors *list, const char *before);
json_t *check_list_json(const struct hj_conf_errors *list);
