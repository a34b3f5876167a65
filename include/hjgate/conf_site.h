/* equipment.conf: what is judged, by which values. It becomes judge's plan of a site. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "hjgate/conf_pool.h"
#include "hjgate/judge_plan.h"

#define HJ_CONF_TITLE_MAX 63 /* bytes */

/* What the plan has no use for. */
struct hj_conf_equipment {
	const char *code;  /* at the platforms: SB1-RS, SB1-RT */
	const char *title; /* for people; the name where it has none */
	int line, sign_lines[HJ_JUDGE_SIGNS_MAX];
};
struct hj_conf_mention { /* of a point */
	int line;
	bool found; /* on a bus */
	bool total;
};
struct hj_conf_site {
	struct hj_judge_plan plan;           /* filled and checked */
	struct hj_conf_equipment *equipment; /* this and the next three: as the plan's tables */
	struct hj_conf_mention *points;
	int *limit_lines, *link_lines;
	struct hj_conf_pool pool;
	char file[256]; /* "" = there is none */
};

struct hj_conf_errors;
/* With what the buses' files say of its points, as far as those are right. -ENOENT: there is no such file. */
int hj_conf_load_equipment(const char *root, struct hj_conf_site *ret, struct hj_conf_errors *errors);
/* The same from another file: what it would do, before it counts. */
int hj_conf_load_equipment_at(
        const char *root, const char *path, struct hj_conf_site *ret, struct hj_conf_errors *errors);
bool hj_conf_has_equipment(const char *root); /* is there such a file? */
void hj_conf_site_done(struct hj_conf_site *s);
