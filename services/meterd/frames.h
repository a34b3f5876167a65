/* The newest transactions of the bus, as bytes: a ring that is always kept, for whoever looks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bus.h"

/* What the ring takes, heads included: some 2,500 short questions with their answers, or 440 of the longest. */
#define FRAMES_BYTES (128u << 10)

/* One transaction. sent and received point into the ring, until the next frames_add(). */
struct frame {
	uint64_t number;   /* 1.. since the start */
	int64_t time_us;   /* UTC: when it was over */
	const char *error; /* NULL: a good answer */
	const uint8_t *sent, *received;
	uint32_t took_us;
	uint32_t address;
	uint16_t count, sent_length, received_length;
	uint16_t exception; /* of CJ/T 188: the two bytes of the meter's state */
	uint8_t unit_id, table;
};

struct frames {
	uint8_t *ring;
	size_t head, tail; /* where the next goes; where the oldest lies */
	uint64_t next;     /* number of the next; 0 and 1: none yet */
	uint64_t count;    /* kept */
};

/* Without memory for the ring nothing is kept. */
void frames_add(struct frames *f, int64_t time_us, uint32_t took_us, const struct hj_question *q,
        const struct bus_answer *a, bool good);

/* A place in the ring that goes on with the newest. */
struct frames_cursor {
	uint64_t number; /* the next frame wanted: the first, where this is older than what is kept */
	size_t at;
	uint64_t at_number; /* of the frame at `at`; 0: not known */
};
/* The next frame; false where there is none yet. */
bool frames_next(const struct frames *f, struct frames_cursor *c, struct frame *ret);
/* Begin with the newest `n`. */
struct frames_cursor frames_newest(const struct frames *f, uint64_t n);
void frames_done(struct frames *f);
