/* The registers in which others look up the newest values of points: see board.c. Pure: `now` is CLOCK_BOOTTIME,
 * handed down. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/meter_image.h"
#include "hjgate/register.h"

/* One value and where it is read. A bit is read as a coil and as a discrete input, any other type in holding and in
 * input registers alike: panels differ in what they ask for. */
struct hj_board_slot {
	struct hj_codec codec;
	uint16_t address;
	double value;
	hj_usec until; /* from then on the value is too old to be one; 0: there is none */
};

struct hj_board {
	struct hj_board_slot *slots; /* in the order of the caller */
	uint16_t *order;             /* of them, by kind (bits first) and address */
	size_t count;
};

/* The slots are copied, and have no value yet. They do not overlap, and have types that hj_codec_encode() knows; at
 * most 65536. -ENOMEM. */
int hj_board_init(struct hj_board *b, const struct hj_board_slot *slots, size_t n);
void hj_board_done(struct hj_board *b);

/* What a slot shows until then; NaN: there is no value. */
void hj_board_set(struct hj_board *b, size_t slot, double value, hj_usec until);

/* How many of them have a value now. */
size_t hj_board_valid(const struct hj_board *b, hj_usec now);

/* The bytes of an answer. 0; -ENXIO: none of what is asked for is on the board; -ENODATA: none of it has a value, or
 * one is a bit that has none, for which there is no code. Registers between two values read as 0. */
int hj_board_read(const struct hj_board *b, const struct hj_image_span *at, hj_usec now, uint8_t *to);
