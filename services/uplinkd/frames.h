/* The newest frames of both directions, for a person to look at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES_MOST 64

struct frames {
	struct frames_one {
		int64_t time_ms;
		bool out;
		char *text;
	} ring[FRAMES_MOST];
	unsigned first, count;
};

/* Keeps a copy as UTF-8 text: what is none is shown as '?', and CR LF at the end is left away. Without memory it is
 * not kept. */
void frames_put(struct frames *f, bool out, const char *frame, size_t n, int64_t now_ms);
const struct frames_one *frames_at(const struct frames *f, unsigned i); /* 0 = the oldest; NULL after the newest */
void frames_done(struct frames *f);

/* Overwrites the values of PW and NewPW with stars, as many as there were characters. */
void frames_mask(char *text);
