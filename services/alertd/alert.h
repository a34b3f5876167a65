/* One event at one of its phases, as people are told of it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/conf_alerts.h"

#define ALERT_CODE_MAX   31   /* bytes */
#define ALERT_KEY_MAX    95   /* bytes */
#define ALERT_VALUES_MAX 2048 /* bytes of JSON: what eventd keeps, and the end's beside */
#define ALERT_NO_END     INT64_MIN

enum alert_phase { ALERT_MOMENT, ALERT_BEGIN, ALERT_END };

struct alert {
	int64_t id;
	enum alert_phase phase;
	enum hj_event_class class;
	int64_t begin_ms, end_ms; /* end: ALERT_NO_END while it is open */
	int64_t count;            /* that eventd has folded into it */
	char code[ALERT_CODE_MAX + 1], key[ALERT_KEY_MAX + 1];
	char *values; /* JSON object as text; NULL = none */
	/* Said with it: */
	unsigned more; /* so many others of it were not told */
	bool again;    /* it was told already and is still there */
	/* On its way: */
	uint64_t number;          /* of the outbox; 0 = it is not there */
	hj_usec taken_mono;       /* when it came here; 0 = it was read from the disk: */
	int64_t taken_ms;         /* when it came, by the wall clock of then */
	unsigned left, under_way; /* channels, one bit each */
	bool kept;                /* it is on the disk */
};

struct alert *alert_new(void); /* NULL: out of memory */
struct alert *alert_copy(const struct alert *a);
void alert_free(struct alert *a);
const char *alert_phase_name(enum alert_phase phase);
int alert_phase_find(const char *name); /* -EINVAL */

/* As an object; NULL: out of memory. Reading refuses what is none: -EINVAL, and *ret_why says why. */
json_t *alert_to_json(const struct alert *a);
int alert_from_json(json_t *j, struct alert **ret, const char **ret_why);

/* choose.c: does this channel want it? */
bool alert_wanted(const struct hj_conf_channel *c, const struct alert *a);
