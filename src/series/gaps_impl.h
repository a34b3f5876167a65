/* What the files of gaps share: see hjgate/gaps.h. */
#pragma once

#include "hjgate/clock.h"
#include "hjgate/gaps.h"

/* Sorted, disjoint half-open stretches of times or seqs: as many as there are holes. */
struct spans {
	struct span {
		int64_t from, to;
	} * list;
	size_t count, size;
};
int spans_add(struct spans *s, int64_t from, int64_t to); /* -ENOMEM */
size_t spans_find(const struct spans *s, int64_t at);     /* the first that ends after it; s->count where none does */
bool spans_hold(const struct spans *s, int64_t at);
void spans_done(struct spans *s);

#define GAPS_SLACK 2 /* windows beside a known cause that nothing else explains are taken for it */

/* A gap that may go on; count 0: none. */
struct open_gap {
	struct hj_gap gap;
	unsigned unexplained; /* windows at its end that only its neighbours explain */
};

#define GAPS_PACES 4 /* of a point that are told apart: those of a day, and the last of the day before */

struct gaps_point {
	char name[HJ_POINT_NAME_MAX + 1];
	uint32_t meter, interval_ms, uplinks;
	int64_t since_ms;
	bool configured;
	struct spans good, seen; /* of the day: with a value; with a record that has none */
	struct gaps_pace {
		uint32_t expected, length_ms, count; /* of each of these windows; how many they are */
		struct spans windows;                /* none: the pace is free */
	} paces[GAPS_PACES];
	struct open_gap open;
};

struct gaps_cause {
	uint32_t what; /* a meter, HJ_GAPS_ALL, or an uplink */
	uint8_t cause, fill;
	int64_t begin_ms, end_ms;
};
struct gaps_causes {
	struct gaps_cause *list;
	size_t count, size;
};
int gaps_causes_add(struct hj_gaps *g, struct gaps_causes *c, const struct gaps_cause *one);
/* The weightiest that overlaps begin..end. NULL: none. */
const struct gaps_cause *gaps_causes_find(
        const struct gaps_causes *c, uint32_t what, int64_t begin_ms, int64_t end_ms);

#define GAPS_KINDS 3 /* minute, hour, day */
struct gaps_uplink {
	char name[HJ_NAME_MAX + 1];
	struct spans acked, delivered, passed, owed; /* seqs; delivered: its platform is not asked to acknowledge */
	uint64_t first;                   /* the first it was ever told of, as far as known */
	struct gaps_causes causes;
	struct open_gap open[GAPS_KINDS];
};

struct hj_gaps {
	struct hj_gaps_world world;
	struct gaps_point *points;
	size_t point_count, point_size;
	struct number {
		uint32_t number, point;
	} * numbers; /* sorted */
	size_t number_count, number_size;
	struct gaps_meter {
		char name[HJ_NAME_MAX + 1];
		uint32_t points;
	} * meters;
	size_t meter_count, meter_size;
	struct gaps_uplink *uplinks;
	size_t uplink_count;
	struct gaps_causes causes, today; /* today: those that touch the day */

	int64_t day_ms;
	double *hours; /* of the day: see gaps_cell() */
	size_t hours_size;

	struct hj_gap *gaps;
	size_t gap_count, gap_size;
	uint64_t passed_over;
};

/* Makes room for one more element. -ENOMEM. */
int gaps_grow(void *list, size_t *size, size_t count, size_t element);

enum { CELL_EXPECTED, CELL_READ, CELL_DUE, CELL_STORED, CELL_UPLINKS };
enum { CELL_UP_DUE, CELL_UP_SENT, CELL_UP_ACKED, CELL_UP };
/* NULL outside of the day. */
double *gaps_cell(const struct hj_gaps *g, uint32_t meter, int64_t at_ms);
size_t gaps_stride(const struct hj_gaps *g);

/* ---- gaps_list.c ---- */
int gaps_emit(struct hj_gaps *g, struct open_gap *open); /* into the list; the open one is none then */
/* ---- gaps_pace.c ---- */
int gaps_pace_note(struct gaps_point *p, const struct hj_head *head, uint32_t expected); /* -ENOMEM */
/* Readings that were due from begin to end, a window of `length_ms` or a part of it that has no record. */
double gaps_pace_due(const struct gaps_point *p, int64_t begin_ms, int64_t end_ms, int64_t length_ms);
void gaps_pace_day_end(struct gaps_point *p);
void gaps_pace_done(struct gaps_point *p);
/* ---- gaps_point.c ---- */
const struct gaps_point *gaps_find(const struct hj_gaps *g, uint32_t number); /* NULL: nobody's */
/* ---- gaps_uplink.c ---- */
int gaps_uplink_record(struct hj_gaps *g, const struct hj_head *head, const struct hj_stat *stats, size_t count);
