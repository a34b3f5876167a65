/* What the files of the rollup share. */
#pragma once

#include "hjgate/rollup.h"
#include "hjgate/total.h"
#include "accum.h"

struct window {
	int64_t label_ms, length_ms;
	/* The label, or later by what the window could not hold: before the bus's first sample after a start or a
	 * step of the clock, after a step, between the two times of one that stayed in it. */
	int64_t from_ms;
	hj_usec ready_at; /* when it became complete; HJ_USEC_NEVER before */
	struct accums accums;
};

struct labels {
	int64_t from_ms, end_ms; /* labels from <= label < end are closed */
};

struct hj_rollup_bus {
	char name[HJ_NAME_MAX + 1];
	uint8_t boot[HJ_ID_BYTES];
	uint64_t counted, late;
	int64_t upto_ms;
	int64_t since_ms; /* time of the boot's first sample, or of a step after it; INT64_MIN before it */
	bool connected, held;
	hj_usec lost_at;        /* while not connected */
	struct window *windows; /* sorted by label */
	size_t count, size;
	struct labels closed[HJ_ROLLUP_CLOSED_MAX + 1]; /* sorted; the last is spare, while two are being joined */
	size_t closed_count;
};

/* What outlives a window, by point: how a total stands, which bus has the point. */
struct point_state {
	uint32_t point;
	struct hj_total *total; /* NULL: not a total */
	int64_t label_ms;       /* the newest label closed with this point; INT64_MIN before */
	const struct hj_rollup_bus *bus;
};

struct hj_rollup {
	int64_t length_ms;
	int64_t old_length_ms, switch_ms; /* before switch_ms the windows are of the old length */
	unsigned normal_part;             /* % */
	const struct hj_dictionary *dictionary;
	struct hj_rollup_bus *buses[HJ_ROLLUP_BUSES_MAX];
	size_t count;
	bool held;
	struct point_state *states; /* sorted by point */
	size_t state_count, state_size;
	struct hj_fallen fallen[HJ_ROLLUP_FALLEN_MAX]; /* not yet told */
	size_t fallen_count;
};

int rollup_new_bus(struct hj_rollup *r, const char *name, const struct hj_now *now, struct hj_rollup_bus **ret);
int64_t rollup_length(const struct hj_rollup *r, int64_t ms); /* of the window that holds this time */
int rollup_open_window(struct hj_rollup_bus *b, int64_t label_ms, int64_t length_ms, struct window **ret);
void rollup_note_closed(struct hj_rollup_bus *b, int64_t from_ms, int64_t end_ms);
void rollup_drop_window(struct hj_rollup_bus *b, size_t i);
void rollup_drop_bus(struct hj_rollup *r, size_t i);
/* Made where absent; NULL when there are too many, or memory is short. It stays until the next one is made. */
struct point_state *rollup_state(struct hj_rollup *r, uint32_t point);
int rollup_stateless(const struct hj_rollup *r); /* why there was none: -ENOMEM; -EINVAL above HJ_POINTS_MAX */
struct hj_total *rollup_total(struct point_state *state); /* made where absent; NULL when out of memory */
void rollup_drop_states(struct hj_rollup *r);
