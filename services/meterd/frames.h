/* The newest transactions, as bytes, for whoever looks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bus.h"

#define FRAMES_KEPT 64

struct frame {
	int64_t time_ms;
	const char *error; /* NULL: a good answer */
	uint16_t sent_length;
	uint16_t received_length;
	uint8_t sent[BUS_FRAME_MAX];
	uint8_t *received;
};

struct frames {
	struct frame ring[FRAMES_KEPT];
	size_t head, count;
};

void frames_add(struct frames *f, int64_t time_ms, const struct bus_answer *a, bool good);
const struct frame *frames_at(const struct frames *f, size_t i); /* 0 = the oldest; NULL past the newest */
void frames_done(struct frames *f);
