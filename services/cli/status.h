/* What `hjgate status` found out, before it is shown. */
#pragma once

#include <jansson.h>

#include "hjgate/conf.h"
#include "memory.h"
#include "writer.h"

#define STATUS_PROGRAMS_MAX 160
#define STATUS_TROUBLES_MAX 64
#define STATUS_EVENTS_MAX   20   /* open events shown */
#define STATUS_PATIENCE_MS  4000 /* for all silent programs together */
#define STATUS_ANSWER_MS    1500 /* for one of them */
#define STATUS_LEAST_MS     100

enum status_kind { STATUS_STORE, STATUS_EVENT, STATUS_BUS, STATUS_UPLINK, STATUS_JUDGE, STATUS_RUN };

struct status_program {
	enum status_kind kind;
	char name[HJ_NAME_MAX + 16]; /* "uplinkd@county" */
	int error;                   /* 0, or why there is no answer: -errno */
	int pid;                     /* 0 = not known */
	bool other_text;             /* it runs another than is written, and nobody applied it */
	json_t *answer;              /* of its Status; NULL = none */
	struct cli_memory memory;
};

struct status {
	const char *root;
	int64_t now_ms;
	int patience_ms;        /* left */
	bool meters, forbidden; /* forbidden: the configuration may not be read */
	struct status_program programs[STATUS_PROGRAMS_MAX];
	size_t program_count, running;
	size_t bus_count, uplink_count; /* configured or running */
	size_t config_errors;
	json_t *events;   /* open ones, an array */
	json_t *clock;    /* of clockd; NULL: not known */
	json_t *day;      /* of the last 24 hours: what each uplink was due and has; NULL: not known */
	int64_t pss_kb;   /* of the whole suite; -1 = not known */
	json_t *troubles; /* sentences */
};

void status_collect(struct status *s);
void status_judge(struct status *s); /* fills `troubles` */
void status_show(const struct status *s, struct writer *w);
void status_done(struct status *s);

/* "running", "not running" ...: words of the local interfaces */
const char *status_state(const struct status_program *p);
bool status_is_busy(const struct status_program *p); /* it has no place for one client more */
