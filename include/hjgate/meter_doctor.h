/* What is wrong with a line, judged from many questions to its meters: counts in, findings out. Pure. A finding is a
 * suspicion with a reason, not a proof; what to do about each is the command's to say. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"

#define HJ_DOCTOR_UNITS 256
#define HJ_DOCTOR_TRIPS 100 /* kept of a unit; more rounds change nothing */
#define HJ_DOCTOR_BINS  8

extern const uint16_t hj_doctor_bins_ms[HJ_DOCTOR_BINS]; /* upper ends; the last is 0: all above */

enum hj_try { HJ_TRY_ANSWERED, HJ_TRY_EXCEPTION, HJ_TRY_SILENT, HJ_TRY_BROKEN };

/* One question and what came of it. */
struct hj_doctor_try {
	enum hj_try outcome;
	hj_usec took;
	bool by_other_master; /* broken, because somebody else asked meanwhile */
	size_t junk;          /* bytes that nobody had asked for, before it: after the question before */
	bool junk_is_late;    /* that question had no good answer, so they may be it */
	const uint8_t *received;
	size_t received_length;
};

struct hj_doctor_unit {
	uint32_t asked, answered, exceptions, silent, broken;
	uint32_t late, trailing;                     /* bytes came after its time-out; after its good answer */
	uint16_t trips[HJ_DOCTOR_TRIPS], trip_count; /* in tenths of a ms */
};

struct hj_doctor {
	struct hj_doctor_unit units[HJ_DOCTOR_UNITS];
	size_t count, before; /* before: the unit that was asked last; `count` for none */
	bool has_echo;
	uint32_t histogram[HJ_DOCTOR_BINS];
	uint32_t others;              /* questions that another master broke */
	uint64_t received, edge_like; /* bytes of what was no answer; of these such as inverted or broken bits give */
};

/* -EINVAL: too many units. */
int hj_doctor_init(struct hj_doctor *d, size_t units);
void hj_doctor_take(struct hj_doctor *d, size_t unit, const struct hj_doctor_try *t);
double hj_doctor_trip_ms(const struct hj_doctor_unit *u, double quantile); /* 0 to 1; NaN without any */

enum hj_finding_kind {
	HJ_FINDING_FINE,
	HJ_FINDING_NOTHING, /* not a byte came */
	HJ_FINDING_SWAPPED, /* bytes came as of a line whose wires are swapped */
	HJ_FINDING_GARBAGE, /* bytes came, but no frame: another format */
	HJ_FINDING_OTHERS,  /* another master; value: questions that it broke */
	HJ_FINDING_NOISE,   /* value: percent of all questions */
	HJ_FINDING_DOUBLE,  /* two units may have this address; value: percent of its questions */
	HJ_FINDING_ABSENT,  /* this unit never answered */
	HJ_FINDING_LOSES,   /* value: percent of its questions */
	HJ_FINDING_SLOW,    /* value: ms of the slowest */
	HJ_FINDING_LATE,    /* value: answers that came after the time-out */
	HJ_FINDING_BABBLE,  /* value: percent of all questions with bytes before them */
	HJ_FINDING_ECHO,
	HJ_FINDING_KINDS,
};

struct hj_finding {
	enum hj_finding_kind kind;
	size_t unit; /* index; `count` of the doctor: the line */
	double value;
};

/* The worst first, never none. */
#define HJ_FINDINGS_MAX (3 * HJ_DOCTOR_UNITS + HJ_FINDING_KINDS)
size_t hj_doctor_judge(const struct hj_doctor *d, struct hj_finding ret[HJ_FINDINGS_MAX]);
