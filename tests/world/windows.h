/* What the meters said, by their own log, window by window, and what excuses that something of it is missing. */
#pragma once

#include "world.h"

#define EDGE_MS 200  /* a reading so near a window's end may be counted in either */
#define LATE_MS 3200 /* a late answer may be one to the same question, asked again (line.c) */

#define M(kind) (1u << FAULT_##kind)
#define LOSSY   (M(POWER) | M(KILL) | M(CLOCK) | M(NO_RTC))       /* what was read may be lost */
#define SILENT  (LOSSY | M(METER) | M(PORT) | M(NOISE) | M(CONF)) /* nothing may be read */

struct window {                       /* of a meter */
	uint32_t mask;                /* kinds that excuse it */
	unsigned served, got, values; /* readings by its log, by its record; values: points with one */
	unsigned read;                /* by its records, of those that were expected, of both points */
	unsigned acked[PLATFORMS_MOST]; /* points, at each platform */
	double expected;              /* by its record, of a point */
	double least, most;           /* of the record's current */
	unsigned parts;               /* points that were asked for alone */
	bool edge, late, recorded, listed;
	bool apart;  /* its points were asked for apart */
	bool unsure; /* without a record, and a clock was wrong in it or beside it */
};

extern struct window *windows[BUSES_MOST][METERS_MOST];
extern size_t window_count;
extern int64_t first_ms, settled_ms;
/* What is older was cut: by a full disk, which takes what all have acknowledged. */
extern int64_t floor_ms;

void windows_lay_out(void); /* the world has come to its end */
unsigned windows_poll_s(unsigned bus, size_t window); /* the interval in its first moment */
size_t window_of(int64_t ms);
/* All that was read in it must be in its record, and nothing else. */
bool window_is_whole(const struct window *win);
/* Nothing excuses that a reading of this meter would be missing, or counted in another window. */
bool windows_sure(unsigned bus, unsigned meter, int64_t from_ms, int64_t to_ms);
