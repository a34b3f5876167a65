/* Maintenance: a meter, a point or an equipment is being worked on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "hjgate/clock.h"
#include "hjgate/point.h"
#include "hjgate/sample.h"

#define MAINTAIN_MOST      32 /* at a time */
#define MAINTAIN_PARTS     16 /* meters and points of one equipment */
#define MAINTAIN_WHY_MAX   200
#define MAINTAIN_BY_MAX    63
#define MAINTAIN_FOR_LEAST (1 * HJ_USEC_PER_SEC)
#define MAINTAIN_FOR_MOST  (7 * 24 * 3600 * HJ_USEC_PER_SEC)

struct stored;

struct maintained {
	char what[HJ_POINT_NAME_MAX + 1]; /* as it was named */
	char kind[16];                    /* "meter", "point", "equipment" */
	char by[MAINTAIN_BY_MAX + 1], why[MAINTAIN_WHY_MAX + 1];
	char parts[MAINTAIN_PARTS][HJ_POINT_NAME_MAX + 1]; /* METER or METER.POINT, whose samples are marked */
	size_t part_count;
	int64_t begin_ms, until_ms; /* by the wall clock as it was when it was told */
	hj_usec until;              /* CLOCK_BOOTTIME of this boot */
	bool carried;               /* from another boot of the machine: the time in between is not yet taken off */
};

struct maintenance {
	struct maintained *list[MAINTAIN_MOST];
	size_t count;
	sd_event_source *timer;
	bool changed; /* differs from what is on the disk */
};

int maintain_start(struct stored *s);
void maintain_stop(struct stored *s);
int maintain_load(struct stored *s); /* from the ledger */
int maintain_put(struct stored *s);  /* into the transaction */
void maintain_committed(struct stored *s);
void maintain_trusted(struct stored *s); /* the time is known: what is over by it ends */
/* Begins it, or says something new of what is begun already. -ENOSPC: too many; -ENOENT: none of its parts is a point
 * that was ever read. */
int maintain_begin(struct stored *s, const struct maintained *m);
int maintain_end(struct stored *s, const char *what);                             /* -ENOENT */
const struct maintained *maintain_find(const struct stored *s, const char *what); /* NULL: it is not */
size_t maintain_points(const struct stored *s, const struct maintained *m);       /* how many it covers */
/* Flag M for those that are normal or missing: a fault that the meter tells by itself stays what it is. */
void maintain_mark(struct stored *s, struct hj_sample *samples, size_t count);
