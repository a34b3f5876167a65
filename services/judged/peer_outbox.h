/* What was concluded and is still to be taken: events by eventd, records by stored. Each lane keeps its order, has
 * one entry under way and says it again until it is answered. Nothing is said before it has been kept: else a kill
 * would conclude it again, a little otherwise, and nobody could tell that from another one. What may have been taken
 * already (its answer never came, or it was kept before a restart) is asked for, entry by entry, before it is said
 * again. What is refused for good, and what gives way where too much waits, is counted and told (reports-lost). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define OUTBOX_MAX 512 /* entries that wait, of both lanes */

struct judged;
struct outbox;
enum lane { LANE_EVENT, LANE_RECORD };
#define LANES 2

int outbox_new(struct judged *d, struct outbox **ret);
void outbox_free(struct outbox *o);

/* The parameters of Event.Log or of Store.Put; stolen. begin_ms: where it lies then, an event's begin or a record's
 * label. */
void outbox_put(struct outbox *o, enum lane lane, json_t *parameters, int64_t begin_ms);
void outbox_pump(struct outbox *o);
/* The clock was set: the times of events that wait go along, but for those that are sure and for those that may have
 * been taken already. Whether there was any. */
bool outbox_step(struct outbox *o, int64_t step_ms);

json_t *outbox_save(const struct outbox *o);
void outbox_kept(struct outbox *o); /* what was saved is on the disk, or cannot be put there */
void outbox_load(struct outbox *o, const json_t *kept);

struct outbox_state {
	unsigned long long waiting, taken, lost, refused; /* refused: of those that are lost */
};
void outbox_state(const struct outbox *o, struct outbox_state *ret);
