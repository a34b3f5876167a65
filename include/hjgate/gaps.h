/* Completeness: what was expected, read, stored, sent and acknowledged, and where something is missing, why, and
 * whether it can still be had. Pure: what is known of points, causes, receipts and debts goes in first; then the
 * records, day by day in any order within the day; out come the hours of each day and, at the end, the gaps.
 *
 * A value is one point over one base window. A gap of a meter is a stretch without values of some of its points, with
 * or without a record that says so (flag B); where the power was off there is no record at all, and a point that is
 * configured is expected all the same. A gap of an uplink is a stretch of records that its platform has not
 * acknowledged, or has not got where it is not asked to. Memory is a matter of points and gaps, not of records. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/cleanup.h"
#include "hjgate/receipt.h"
#include "hjgate/record.h"
#include "hjgate/seqset.h"
#include "hjgate/text.h"

#define HJ_GAPS_UPLINKS_MAX 32
#define HJ_GAPS_METERS_MAX  1024
#define HJ_GAPS_CAUSES_MAX  8192  /* spans of causes; more are passed over and counted */
#define HJ_GAPS_MOST        50000 /* gaps of single points and uplinks; more are counted */
#define HJ_GAPS_HOURS       24    /* of a day */
#define HJ_GAPS_ALL         UINT32_MAX

/* In order of their weight: where several hold the last is told. */
enum hj_gap_cause {
	HJ_GAP_UNKNOWN,
	HJ_GAP_METER,   /* it does not answer, or its port is gone */
	HJ_GAP_STOPPED, /* the program that reads it, or the store, did not run */
	HJ_GAP_FULL,    /* the disk took nothing, or the outbox was full */
	HJ_GAP_CLOCK,   /* the clock stepped, or was not to be trusted */
	HJ_GAP_POWER,
	HJ_GAP_PAUSED, /* uplinks only, these two */
	HJ_GAP_LINK,
};
const char *hj_gap_cause_name(enum hj_gap_cause cause); /* "unknown" ... "link" */

enum hj_gap_fill {
	HJ_GAP_LOST,    /* for good */
	HJ_GAP_PENDING, /* it was read, and waits until the time is known */
	HJ_GAP_OWED,    /* the record waits for its platform */
	HJ_GAP_RESEND,  /* the record is there, and neither sent nor owed: it can be sent on demand */
};
const char *hj_gap_fill_name(enum hj_gap_fill fill); /* "lost" ... "resend" */

struct hj_gap {
	int64_t begin_ms, end_ms;
	uint32_t what;                                  /* index of the meter or of the uplink */
	uint32_t point;                                 /* of a meter: index of its first point that is missing */
	uint32_t points, count;                         /* points of the meter; windows, or records of an uplink */
	uint64_t from, to;                              /* seqs, of an uplink */
	uint8_t of_uplink, kind, cause, fill, recorded; /* kind: enum hj_kind; recorded: flag B says so */
};

struct hj_gaps;
struct hj_gaps_world {
	int64_t begin_ms, end_ms; /* whole windows */
	int64_t length_ms;        /* the base window of today */
	int64_t settled_ms;       /* records of windows that ended later may be under way to their platforms */
};
int hj_gaps_new(const struct hj_gaps_world *world, struct hj_gaps **ret);
void hj_gaps_free(struct hj_gaps *g);
HJ_DEFINE_CLEANUP(struct hj_gaps *, hj_gaps_free)

/* ---- first ---- */
/* A meter, found or made: its index, or -ENOSPC, -ENOMEM. */
int hj_gaps_meter(struct hj_gaps *g, const char *name);
/* A point under one of its numbers (another of the same name is the same point). configured: it is expected until the
 * end; else only between two of its records. since_ms: from when on at least; INT64_MAX: from its first record.
 * `uplinks`: bits, which of them send it. */
struct hj_gaps_point {
	uint32_t number; /* 0 = configured, and the store has not seen it yet */
	const char *name;
	uint32_t interval_ms;
	int64_t since_ms;
	uint32_t uplinks;
	bool configured;
};
int hj_gaps_point(struct hj_gaps *g, const struct hj_gaps_point *p);
/* One more number of the point of this name, where it is configured; else nothing: what is no more is not missed.
 * -ENOMEM. */
int hj_gaps_number(struct hj_gaps *g, uint32_t number, const char *name);
/* A record of before the span has it: it is expected from the begin on. A number that is nobody's is passed over. */
void hj_gaps_seen(struct hj_gaps *g, uint32_t number, int64_t at_ms);
/* Is there one that is configured, and in no record that was told of? */
bool hj_gaps_unseen(const struct hj_gaps *g);
/* meter: its index, or HJ_GAPS_ALL. fill: HJ_GAP_LOST or HJ_GAP_PENDING. */
int hj_gaps_cause(struct hj_gaps *g, uint32_t meter, enum hj_gap_cause cause, enum hj_gap_fill fill, int64_t begin_ms,
        int64_t end_ms);
int hj_gaps_uplink(struct hj_gaps *g, const char *name, uint32_t *ret); /* begin with these: index 0, 1 ... */
int hj_gaps_owed(struct hj_gaps *g, uint32_t uplink, uint64_t from, uint64_t to);
int hj_gaps_receipt(struct hj_gaps *g, uint32_t uplink, const struct hj_receipt *r);
int hj_gaps_link(struct hj_gaps *g, uint32_t uplink, enum hj_gap_cause cause, int64_t begin_ms, int64_t end_ms);

/* ---- then each day ---- */
int hj_gaps_day(struct hj_gaps *g, int64_t begin_ms); /* Beijing midnight; later than the one before */
/* A record of the day, minute, hour or day, any order. -ENOMEM. */
int hj_gaps_record(struct hj_gaps *g, const struct hj_head *head, const struct hj_stat *stats, size_t count);
int hj_gaps_day_end(struct hj_gaps *g);

/* One meter's hour of the day that ended last. */
struct hj_gaps_hour {
	double expected, read; /* readings; read: of those that were expected, value by value and window by window */
	double due, stored;    /* values */
	struct {
		/* Stored values that it sends. sent: acknowledged, or delivered where nobody is asked to: of a try
		 * that was in vain nothing is kept. */
		uint32_t due, sent, acked;
	} uplinks[HJ_GAPS_UPLINKS_MAX];
};
/* false: nothing of it in this hour. */
bool hj_gaps_hour(const struct hj_gaps *g, uint32_t meter, unsigned hour, struct hj_gaps_hour *ret);

/* ---- at the end ---- */
/* Sorted by begin, then what: gaps of meters with all points that miss the same are one. *ret lives with g. */
int hj_gaps_finish(struct hj_gaps *g, const struct hj_gap **ret, size_t *ret_count);
uint64_t hj_gaps_passed_over(const struct hj_gaps *g);                   /* gaps and causes beyond the bounds */
const char *hj_gaps_meter_name(const struct hj_gaps *g, uint32_t meter); /* NULL after the last */
uint32_t hj_gaps_meter_points(const struct hj_gaps *g, uint32_t meter);  /* how many it has */
const char *hj_gaps_point_name(const struct hj_gaps *g, uint32_t point);
const char *hj_gaps_uplink_name(const struct hj_gaps *g, uint32_t uplink);
