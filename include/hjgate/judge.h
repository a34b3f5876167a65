/* The judge of a site: samples and time in, conclusions out. It reads no clock, keeps no history and has no bound but
 * its plan's. What it concludes depends on the samples in their order and on their own times, not on how many come in
 * one call or how often it is told the time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/judge_plan.h"
#include "hjgate/sample.h"

enum hj_conclusion_code {
	/* States of equipment: one of them lasts until the next begins. */
	HJ_CONCLUDES_RUNNING,
	HJ_CONCLUDES_IDLE,
	HJ_CONCLUDES_STOPPED,
	HJ_CONCLUDES_UNKNOWN, /* not before something was known */
	/* While production runs: */
	HJ_CONCLUDES_OFF,      /* its treatment is stopped or idles */
	HJ_CONCLUDES_LATE,     /* its treatment has not begun in time, or not run ahead of it */
	HJ_CONCLUDES_ABNORMAL, /* runs, but a limit that says so is broken */
	HJ_CONCLUDES_BYPASSED,
	HJ_CONCLUDES_UNPROVEN, /* what would show its treatment is silent */
	HJ_CONCLUDES_LOW,      /* treatment's load too low for production's */
	HJ_CONCLUDES_EARLY,    /* treatment stopped before its run-down was over */
	/* Of one point: */
	HJ_CONCLUDES_MISSING, /* no usable value for its time of silence */
	/* Limits, in the order of enum hj_limit_kind: */
	HJ_CONCLUDES_UPPER,
	HJ_CONCLUDES_LOWER,
	HJ_CONCLUDES_RATE,
	HJ_CONCLUDES_STUCK,
	HJ_CONCLUDES_RANGE,
	HJ_CONCLUDES_PHASE_LOSS,
	HJ_CONCLUDES_UNBALANCE,
	/* A day of equipment is over: */
	HJ_CONCLUDES_RUNTIME,
};
#define HJ_CONCLUSIONS 20
/* The code of its event (hjgate/event.h), "treatment-off"; NULL for HJ_CONCLUDES_RUNTIME, which is a record. */
const char *hj_conclusion_event(enum hj_conclusion_code code);

/* One value that proves. */
struct hj_proof {
	size_t point; /* in the plan */
	int64_t time_ms;
	double value; /* NAN: there was none */
	enum hj_flag flag;
	double bound; /* the threshold or limit that it was held against; NAN: none */
};
#define HJ_PROOFS_MAX 6

struct hj_conclusion {
	enum hj_conclusion_code code;
	bool ended;       /* it ends now; else it begins now. HJ_CONCLUDES_RUNTIME has ended at once */
	uint64_t number;  /* the same at its begin and its end; never again */
	int64_t at_ms;    /* when it was concluded */
	int64_t begin_ms; /* since when it has been so: not after at_ms, but where the clock was set back since */
	int64_t end_ms;   /* where it has ended */
	size_t equipment; /* what it is about: the treatment, where it is about one; HJ_JUDGE_NONE: a point of none */
	size_t production;         /* that runs meanwhile; HJ_JUDGE_NONE */
	size_t link, limit, point; /* HJ_JUDGE_NONE */
	bool maintained;           /* while flag M was on what it is about */
	/* The window that proves it: every reading of proofs[0].point from from_ms to to_ms, `samples` of them, lay
	 * between least and most. */
	int64_t from_ms, to_ms;
	unsigned samples;
	double least, most; /* NAN: none */
	struct hj_proof proofs[HJ_PROOFS_MAX];
	size_t proof_count;
	/* HJ_CONCLUDES_RUNTIME: the day that begins at begin_ms (Beijing midnight). */
	double hours;
	double energy; /* kWh while it ran; NAN: no point for it */
};

struct hj_judge;
typedef void hj_judge_tell(void *data, const struct hj_conclusion *c); /* in the order of concluding */

/* Begins at now_ms with nothing known. The plan is filled, checked and borrowed. -ENOMEM. */
int hj_judge_new(
        const struct hj_judge_plan *plan, int64_t now_ms, hj_judge_tell *tell, void *data, struct hj_judge **ret);
void hj_judge_free(struct hj_judge *j);
HJ_DEFINE_CLEANUP(struct hj_judge *, hj_judge_free)

/* Samples in the order they came; `point` is its number in the plan. Each moves the time on to its own; one that is
 * older than what has passed counts as of now. Ignored and counted: a repetition, one that is not newer than its
 * point's newest, one of a point that is not in the plan. Who feeds it refuses times of the future. */
void hj_judge_add(struct hj_judge *j, const struct hj_sample *samples, size_t n);
/* This total shows another meter from first_ms on: what it differs by then from what it showed before is no growth.
 * Told before the samples of that time are added. */
void hj_judge_swapped(struct hj_judge *j, size_t point, int64_t first_ms);
/* Every sample from before this time has been added (a second or two behind the clock, for what is still on its
 * way). A time that has passed already: nothing. */
void hj_judge_pass(struct hj_judge *j, int64_t ms);
/* When the time must pass next if no sample comes; INT64_MAX: never. */
int64_t hj_judge_deadline(const struct hj_judge *j);
/* The time is to_ms now, without as much having passed: the clock was set (either way), or nobody looked until now.
 * What is waited for is waited for as long as before, running hours count nothing of it, what has been concluded
 * holds. */
void hj_judge_skip(struct hj_judge *j, int64_t to_ms);
int64_t hj_judge_time(const struct hj_judge *j); /* what has passed */

struct hj_judge_ignored {
	uint64_t repeated, older, stranger;
};
void hj_judge_ignored(const struct hj_judge *j, struct hj_judge_ignored *ret);

/* What it thinks of equipment. */
struct hj_judge_look {
	enum hj_state state;
	int64_t since_ms;
	bool maintained;
	bool alarmed;         /* a conclusion about it lasts that is neither a state nor data missing */
	int64_t day_ms;       /* today's begin, and of it: */
	double hours, energy; /* NAN: no point for it */
};
void hj_judge_look(const struct hj_judge *j, size_t equipment, struct hj_judge_look *ret);
/* Conclusions that last, states too: 1, or 0 after the last. */
int hj_judge_lasting(const struct hj_judge *j, size_t i, struct hj_conclusion *ret);

/* What is seen since seen_ms and not concluded yet: that it begins or, of one that lasts, that it ends. */
struct hj_judge_wait {
	struct hj_conclusion what;
	bool ends;
	int64_t seen_ms;
	int64_t due_ms; /* concluded then, if it stays so; 0: another reading has to agree first */
};
/* 1, or 0 after the last. */
int hj_judge_waiting(const struct hj_judge *j, size_t i, struct hj_judge_wait *ret);

/* All of it, by the names of the plan. Decoding goes into a judge just made, for the same plan or another one: what
 * is not in it any more ends where it is decoded (tell). The time is then that of encoding: pass, or skip to now.
 * -EBADMSG: it is as just made; -ENOMEM. */
int hj_judge_encode(const struct hj_judge *j, struct hj_buf *to);
int hj_judge_decode(struct hj_judge *j, const void *data, size_t n);
