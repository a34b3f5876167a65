/* The newest frames of both directions and what became of each, for whoever looks. Bounded by its bytes and by its
 * number, whichever comes first; the oldest give way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/hj212_session.h"

#define FRAMES_BYTES (32u << 10) /* of frames, as they went */
#define FRAMES_MOST  128

/* One frame; `bytes` points into the ring, until the next frames_put(). Copies of an upload, byte for byte the same,
 * are one frame that went `resent` + 1 times. */
struct frames_one {
	uint64_t number;  /* 1.. since the start */
	uint64_t version; /* grows with each frame and each change of one */
	hj_usec mono;     /* of its first copy */
	int64_t time_ms, resent_ms;
	enum hj212_fate fate;
	int code;
	int64_t after_ms; /* the fate came so long after its first copy; -1 = it has none yet */
	unsigned resent;
	bool out;
	char qn[HJ_TIME17_LEN + 1]; /* "" = none */
	uint32_t at, n;
};

struct frames {
	struct frames_one *ring; /* FRAMES_MOST of them, and FRAMES_BYTES behind: made with the first frame */
	char *bytes;
	unsigned first, count;
	size_t used_to; /* where the next bytes go */
	uint64_t number, version;
	uint64_t last_in; /* number of the newest that came in */
};

/* Keeps a copy; an upload that went before, and waits, is counted there. Without memory, or where it is longer than
 * the whole ring, it is not kept. */
void frames_put(struct frames *f, bool out, const char *frame, size_t n, struct hj_now now);
/* qn NULL: of the newest that came in; else of the newest upload with this QN whose fate is open. */
void frames_fate(struct frames *f, enum hj212_fate fate, const char *qn, int code, struct hj_now now);
const struct frames_one *frames_at(const struct frames *f, unsigned i); /* 0 = the oldest; NULL after the newest */
const char *frames_bytes(const struct frames *f, const struct frames_one *one);
void frames_done(struct frames *f);

/* As UTF-8 text of its own, which JSON takes: what is none is shown as '?', and CR LF at the end is left away.
 * *ret_exact: nothing but the CR LF of its end was lost. NULL without memory. */
char *frames_text(const char *frame, size_t n, bool *ret_exact);
/* "acknowledged", "bad-crc" ...; "" for HJ212_FATE_NONE. */
const char *frames_fate_name(enum hj212_fate fate);
