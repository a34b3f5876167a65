/* An alert that comes and goes is not told each time. Told are the first begin and its end; what comes of the same
 * (code, key) within `quiet` after that is only counted, and what is then true is told when the time is over. One
 * that is still there is told again every `repeat`. Pure: events and the time in, what is to be told out. */
#pragma once

#include "alert.h"
#include "hjgate/clock.h"

#define QUIET_TRACKS_MAX 512 /* (code, key) known at a time; the one that was longest without news gives way */

struct track {
	struct alert *last; /* the newest event of it */
	bool open;          /* it has begun and not ended */
	bool told_open;     /* that is what people know */
	bool doubtful;      /* whether it is open still is being asked, and nothing came of it since */
	int64_t told_ms;    /* when they were last told of a begin or a moment */
	unsigned hushed;    /* not told since */
};
struct quiet {
	int64_t quiet_ms, repeat_ms; /* 0 = each is told; never again */
	struct track *tracks;
	size_t count;
};

void quiet_done(struct quiet *q);
/* True: it is to be told, with *ret_more others that were not. *ret_track: what changed, NULL where nothing did. */
bool quiet_event(
        struct quiet *q, const struct alert *a, int64_t now_ms, unsigned *ret_more, struct track **ret_track);
/* The next that is to be told because its time is over: a copy, which is the caller's; NULL: none now. */
struct alert *quiet_due(struct quiet *q, int64_t now_ms, struct track **ret_track);
int64_t quiet_next(const struct quiet *q); /* when quiet_due() has something; INT64_MAX: never */
/* Whether what is open here is open at all: all of it is in doubt (false: none is open), what eventd has as open is
 * so, and in the end each of the others is closed, until there is none (NULL). Such a one is not told again, its end
 * is. */
bool quiet_doubt(struct quiet *q);
void quiet_is_open(struct quiet *q, const char *code, const char *key);
struct track *quiet_close_doubtful(struct quiet *q);
/* Takes a track over that was on the disk (last is then the quiet's), in place of one that is there. -ENOMEM. */
int quiet_put(struct quiet *q, struct track *t);
