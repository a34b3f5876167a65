/* Completeness, as it is asked for: see hjgate/gaps.h. The records come from stored day by day, the causes from
 * eventd, what is expected from the configuration. */
#pragma once

#include "ask.h"
#include "hjgate/conf.h"
#include "hjgate/gaps.h"
#include "hjgate/record_json.h"

struct gaps_ask {
	const struct cli *cli;
	const char *uplink; /* NULL: all */
	int64_t from, to;   /* 0: not named */
	bool hours;

	struct hj_gaps_world world;
	int64_t asked_ms; /* begin of the span; the world's is not before the oldest record that can be read */
	struct hj_conf conf;
	bool conf_known; /* it may not be readable */
	struct hj_gaps *gaps;
	/* of the uplinks in `gaps`, by index */
	const struct hj_conf_uplink *uplinks[HJ_GAPS_UPLINKS_MAX];
	uint32_t uplink_count;
	char boot[2 * HJ_ID_BYTES + 1]; /* of the newest record */
	bool events_known;
	/* Called at each day's end, when `hours`. */
	void (*day_fn)(struct gaps_ask *a, int64_t day_ms);
	void *userdata;

	bool before;       /* of what comes only what is configured is of interest, and under which numbers */
	int64_t newest_ms; /* the newest label of a minute before the span */
	int64_t oldest_ms; /* the label of the oldest minute that is kept */

	/* a stream of records */
	uint64_t after, unreadable; /* how many of gaps_records() the store could not read, from asked_ms on */
	size_t page, records;
	int error; /* -ENOMEM */
};

/* All that is known before the records: 0, or the exit status, said already. */
int gaps_prepare(struct gaps_ask *a);
int gaps_records(struct gaps_ask *a); /* then these */
void gaps_done(struct gaps_ask *a);

/* ---- gaps_cause.c ---- */
int gaps_ask_causes(struct gaps_ask *a);
/* ---- gaps_record.c ---- */
/* Every record of a kind with its label in this span, page by page, or the newest of them only (0: all); fn returns <
 * 0 to fail. */
typedef int (*gaps_record_fn)(struct gaps_ask *a, struct hj_record *r);
int gaps_each(
        struct gaps_ask *a, enum hj_kind kind, int64_t begin_ms, int64_t end_ms, int64_t newest, gaps_record_fn fn);
int gaps_oldest(struct gaps_ask *a, enum hj_kind kind, gaps_record_fn fn); /* that is kept; likewise */
int gaps_learn(struct gaps_ask *a, const struct hj_point *p, bool configured, int64_t since_ms);
