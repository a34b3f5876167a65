/* The rows of what a judge keeps. One walk over the fields writes and reads: what is written is what is read. */
#pragma once

#include "judge_private.h"

#define KEEP_VERSION        5
#define KEEP_VERSION_DAYS   4   /* has the days in the rows of equipment, and none that a clock left */
#define KEEP_VERSION_SINCE  3   /* says not for how long equipment was seen running since its meter was read */
#define KEEP_VERSION_METER  2   /* says not whose total or power was counted last */
#define KEEP_VERSION_SIGNS8 1   /* likewise; each piece of equipment has all the signs that there may be */
#define KEEP_NAME_MOST      512 /* bytes, of a row */
/* rows of a table: none has more than that of groups */
#define KEEP_ROWS_MOST (HJ_JUDGE_LINKS_MAX * HJ_JUDGE_MEMBERS_MAX)

struct codec {
	const struct hj_judge_plan *plan;
	struct hj_buf *to; /* NULL: reading */
	struct hj_reader in;
	unsigned version;
	int r;
	bool filled[KEEP_ROWS_MOST]; /* rows of the table that is read */
};

void keep_put(struct codec *c, int r); /* what writing came to */
void keep_ms(struct codec *c, int64_t *v);
void keep_number(struct codec *c, uint64_t *v);
void keep_put_name(struct codec *c, const char *name);
bool keep_get_name(struct codec *c, char name[KEEP_NAME_MOST]);
const char *keep_point_name(const struct hj_judge_plan *p, size_t i); /* "" where it is HJ_JUDGE_NONE */

void keep_point(struct codec *c, struct point *p);
void keep_equipment(struct codec *c, struct equipment *e);
void keep_day(struct codec *c, struct equipment *e);
void keep_limit(struct codec *c, struct limit *l);
void keep_group(struct codec *c, struct group *g);
