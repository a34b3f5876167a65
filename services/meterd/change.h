/* Which of the points that somebody watches changed: those with `event` or `fast`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANGES_TOLD_MOST 30 /* events of one point in a base window; what is more is told together at its end */

struct meterd;

struct change {
	double last; /* NAN: not seen yet */
	uint16_t point;
	uint16_t told; /* events in this window */
	/* What was not told by itself. */
	uint32_t held;
	double held_from;
	int64_t held_ms; /* the newest of them */
};

struct changes {
	struct change *list; /* sorted by point; only of watched points */
	size_t count;
};

int change_new(struct meterd *m); /* after requests_new() */
void change_free(struct meterd *m);

/* A value of this point has come, asked for or pushed: is it another than the one before? Tells the change where the
 * point has `event`. False for the first value, for NAN, and for a point that nobody watches. */
bool change_seen(struct meterd *m, size_t point, double value, int64_t time_ms);

/* Is this another value than the newest one? False where either is not known, and for a point that nobody watches. */
bool change_differs(const struct meterd *m, size_t point, double value);

/* The base window ends: tells together what was held back. */
void change_window(struct meterd *m);
