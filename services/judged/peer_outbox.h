/* What was concluded and is still to be taken: events by eventd, records by stored. Each lane keeps its order, has
 * one entry under way and says it again until it is answered. What is refused for good, and what gives way where too
 * much waits, is counted. */
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

/* The parameters of Event.Log or of Store.Put; stolen. */
void outbox_put(struct outbox *o, enum lane lane, json_t *parameters);
void outbox_pump(struct outbox *o);

/* Entries as they wait: [lane, parameters]. What is loaded has perhaps been taken already, just before a kill: it is
 * compared with the newest events before it is said again. */
json_t *outbox_save(const struct outbox *o);
void outbox_load(struct outbox *o, const json_t *list);

struct outbox_state {
	unsigned long long waiting, taken, lost;
};
void outbox_state(const struct outbox *o, struct outbox_state *ret);
