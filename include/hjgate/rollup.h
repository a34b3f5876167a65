/* Samples of every bus to records of the base window. A state machine: samples, watermarks, comings and goings and
 * `now` in; closed records and the next deadline out. It reads no clock and forgets nothing: all that is not closed
 * is in its checkpoint.
 *
 * A window of a bus is complete when the bus has offered every sample before its end, or is gone. The complete
 * windows of one label become one record as soon as every bus that is not gone has passed the label's end, or the
 * grace after the first of them is over; a bus that comes later makes a supplement, a record of the same label with
 * its own points only. Two records never hold the same (label, point): a sample for what is closed is late, counted,
 * and in no record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/clock.h"
#include "hjgate/point.h"
#include "hjgate/record.h"
#include "hjgate/sample.h"

#define HJ_ROLLUP_GRACE_MS    2000  /* what a record waits for a bus that is behind the others */
#define HJ_ROLLUP_GONE_MS     10000 /* after this without a connection a bus is not expected any more */
#define HJ_ROLLUP_BUSES_MAX   32
#define HJ_ROLLUP_WINDOWS_MAX 64 /* open at a time, of one bus */
/* stretches of closed labels remembered for one bus: each clock step or pause makes one; then the nearest join */
#define HJ_ROLLUP_CLOSED_MAX 16
/* a window this far beyond what the bus says is a wrong clock's: closed as it is */
#define HJ_ROLLUP_AHEAD_MS HJ_MS_PER_DAY
#define HJ_NORMAL_PART     75U /* % of the expected samples must be normal for flag N, where nothing else is said */

struct hj_rollup;
struct hj_rollup_bus;

/* The dictionary is borrowed: it says each point's interval and whether it is a total. */
int hj_rollup_new(int64_t length_ms, const struct hj_dictionary *points, struct hj_rollup **ret);
void hj_rollup_free(struct hj_rollup *r);
HJ_DEFINE_CLEANUP(struct hj_rollup *, hj_rollup_free)
void hj_rollup_set_normal_part(struct hj_rollup *r, unsigned percent); /* for flag N; 1..100 */

/* A bus as it is shown; `name` tells it apart. */
struct hj_rollup_look {
	const char *name;
	const uint8_t *boot; /* HJ_ID_BYTES, of its meterd's start */
	uint64_t counted;    /* number of the last sample taken in, of this boot */
	uint64_t late;       /* samples that came after their window was closed, since this process began */
	int64_t upto;
	size_t windows; /* open */
	bool connected;
};
struct hj_rollup_bus *hj_rollup_find(const struct hj_rollup *r, const char *name); /* NULL */
/* Finds or makes. When there are too many, one that is gone and has nothing open makes room; otherwise -ENOSPC. */
int hj_rollup_get(struct hj_rollup *r, const char *name, const struct hj_now *now, struct hj_rollup_bus **ret);
struct hj_rollup_bus *hj_rollup_at(const struct hj_rollup *r, size_t i); /* NULL after the last */
void hj_rollup_look(const struct hj_rollup_bus *b, struct hj_rollup_look *ret);

/* Another start of the bus's meterd: its numbers begin anew, what is open stays open. The same boot again:
 * nothing. */
void hj_rollup_boot(struct hj_rollup_bus *b, const uint8_t boot[HJ_ID_BYTES]);
/* The next sample is number `first`: what came before is counted elsewhere, or lost. */
void hj_rollup_count_from(struct hj_rollup_bus *b, uint64_t first);
void hj_rollup_connect(struct hj_rollup_bus *b, bool connected, const struct hj_now *now);

/* A total was reset: this one reading was at most a tenth of the one before. */
#define HJ_ROLLUP_FALLEN_MAX 16 /* kept until they are asked for; more are not told */
struct hj_fallen {
	uint32_t point;
	int64_t time_ms;
	double from, to;
};
bool hj_rollup_fallen(struct hj_rollup *r, struct hj_fallen *ret); /* false: none left */

/* The meter of this total was or will be swapped: see hj_total_swap(); HJ_TOTAL_AWAITED too. -EINVAL: no total;
 * -ERANGE; -ENOMEM. */
int hj_rollup_swap(struct hj_rollup *r, uint32_t point, double old, double new, const struct hj_now *now,
        double *ret_old, double *ret_new);
/* Is this sample, which is still to be added, the first reading of a meter that was told? */
bool hj_rollup_is_new_meter(const struct hj_rollup *r, const struct hj_sample *s);

/* The clock was set from `from_ms` to `to_ms`. The windows that were open then are complete as far as they came, but
 * for one that the clock did not leave; what is expected of it, and of the first one of the new time, is what it
 * could hold. Samples, `upto` and `now` are by the new time from here on. */
void hj_rollup_step(struct hj_rollup *r, int64_t from_ms, int64_t to_ms, const struct hj_now *now);
/* These n samples of the bus are counted here and kept elsewhere; when they come with hj_rollup_put() they are not
 * counted again. */
void hj_rollup_count(struct hj_rollup_bus *b, uint64_t n);
/* As hj_rollup_add(), with the interval that the point had when it was read; 0: the dictionary's. */
int hj_rollup_put(struct hj_rollup *r, struct hj_rollup_bus *b, const struct hj_sample *s, uint32_t interval_ms);
/* While it is held no bus counts as gone, however long it is away: what it has read is still being put in. */
void hj_rollup_hold(struct hj_rollup *r, bool held);
/* Closed labels from here on are forgotten: what was kept of them is void. */
void hj_rollup_forget(struct hj_rollup *r, int64_t from_ms);

/* Takes the bus's next sample in (its `point` is the number). HJ_ROLLUP_LATE: counted as late. -ENOBUFS: too many
 * windows are open: take what is closed first. -EINVAL: no such point. -ENOMEM. On an error the sample has not been
 * counted. */
#define HJ_ROLLUP_LATE 1
int hj_rollup_add(struct hj_rollup *r, struct hj_rollup_bus *b, const struct hj_sample *s);
/* Every sample of the bus before this time has been added. It may go back: then the clock did. */
void hj_rollup_upto(struct hj_rollup *r, struct hj_rollup_bus *b, int64_t upto_ms, const struct hj_now *now);

/* The next record that is due, oldest label first: 1, or 0 where none is. The caller frees ret->stats. */
struct hj_closed {
	int64_t label_ms;
	uint32_t length_ms;
	struct hj_stats stats;
};
int hj_rollup_take(struct hj_rollup *r, const struct hj_now *now, struct hj_closed *ret);
/* When to ask again if nothing else happens: *ret_mono of CLOCK_BOOTTIME, *ret_wall_ms of the wall clock; NEVER and
 * INT64_MAX. */
void hj_rollup_deadline(const struct hj_rollup *r, const struct hj_now *now, hj_usec *ret_mono, int64_t *ret_wall_ms);
/* Could a record with a label before `end_ms` still come with this point? */
bool hj_rollup_pending(const struct hj_rollup *r, uint32_t point, int64_t end_ms, const struct hj_now *now);
/* The same of any bus that is not gone, whatever its points. */
bool hj_rollup_any_pending(const struct hj_rollup *r, int64_t end_ms, const struct hj_now *now);
/* Is it in a window that is open? Otherwise it may be forgotten: how its total stands is not known any more. */
bool hj_rollup_holds(const struct hj_rollup *r, uint32_t point);
void hj_rollup_forget_point(struct hj_rollup *r, uint32_t point);

/* All of it but the late counts. Decoding goes into a new rollup; the buses count as lost just now. When the
 * window's length has changed the old grid goes on until the new one's next boundary, so that no label comes
 * twice. -EBADMSG: nothing of it is used; -ENOMEM. */
int hj_rollup_encode(const struct hj_rollup *r, struct hj_buf *to);
int hj_rollup_decode(struct hj_rollup *r, const void *data, size_t n, const struct hj_now *now);
