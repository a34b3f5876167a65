/* What is counted of each meter, and the file that keeps its hours and days over a restart. */
#pragma once

#include <stdint.h>

#include "bus.h"

#include "hjgate/meter_figures.h"

struct meterd;
struct meter;

/* Exchanges, each try by itself. */
struct exchanges {
	uint64_t asked, answered; /* answered: with values or with an exception */
	uint64_t timeouts, broken, exceptions, late;
};

/* Which meter a question goes to; NULL: one that is not configured. */
struct meter *figures_meter(struct meterd *m, const struct hj_question *q);
/* One exchange is over. `r` is what ask() gave. */
void figures_exchange(struct meterd *m, const struct hj_question *q, const struct bus_answer *a, int r, hj_usec took);
/* The same of a tool's: only what came late to the question before is the meter's. */
void figures_lent(struct meterd *m, const struct bus_answer *a);
/* A collection of this meter is over: a request with all its tries, or one that its rest passed over. */
void figures_collection(struct meterd *m, size_t meter, int64_t now_ms, bool got);

/* Reads what an earlier process kept, where there is any. */
void figures_load(struct meterd *m, const char *root);
/* Keeps it, where an hour has passed since the last time; `now` at once. A disk that takes nothing costs the figures
 * only, and is said once. */
void figures_keep(struct meterd *m, int64_t now_ms, bool now);
