/* Requests that a meter does not answer although it lives: it is silent where others refuse by exception 2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"

struct meterd;
struct asking;
struct hj_question;

/* Of one request. */
struct mute {
	bool known;       /* it was answered, or refused by an exception: that it is silent has another reason */
	bool asks_one;    /* the next question is for one of its points alone, to see whether the meter lives */
	uint8_t silences; /* on end, each with a sign of life of its meter */
	unsigned which;   /* of its points is asked for alone */
	uint64_t answers; /* of its meter, at its newest silence */
	hj_usec cost;     /* of its silences, until it is known whose fault they are */
};

/* Is this turn a question for one point alone? Then *q, which is the whole, is made that. */
bool mute_narrow(const struct meterd *m, const struct asking *a, struct hj_question *q);
/* That was answered: the meter lives, and its request is asked again, or asked apart from now on. */
void mute_lives(struct meterd *m, const struct asking *a);
/* A question was not answered, and it may be asked again. */
void mute_cost(struct meterd *m, const struct asking *a, hj_usec cost);
/* It was not, with all its tries. True: one of its points is asked for first, before anything is
 * said of it. `narrow`: it was for one alone. */
bool mute_looks(struct meterd *m, const struct asking *a, bool narrow);
/* Else: is the meter to be excused, since this is a point that it does not have? */
bool mute_is_excused(struct meterd *m, const struct asking *a);
void mute_answered(struct meterd *m, size_t request);
/* Too late: it wants more time, and lacks nothing. */
void mute_answered_late(struct meterd *m, size_t meter, const struct hj_question *late);
/* One point that alone is not answered: its silence is not tried again, ... */
bool mute_is_alone(const struct meterd *m, size_t request);
/* ... and waited for only where the bus has the time. */
bool mute_is_dear(struct meterd *m, const struct asking *a);
