/* What the parts of judge share. One judge holds an array for each table of its plan; whatever waits says when it is
 * due, and judge.c lets time pass from one due time to the next. */
#pragma once

#include "hjgate/cleanup.h"
#include "hjgate/judge.h"
#include "hjgate/judge_plan.h"

#define NEVER  INT64_MAX
#define BEFORE INT64_MIN /* no time yet */

/* Readings between two bounds. */
struct window {
	int64_t from_ms, to_ms;
	unsigned samples;
	double least, most;
};

/* A conclusion that may be told: wrong is what is seen, on what has been concluded. */
struct alarm {
	enum hj_conclusion_code code;
	bool wrong, on;
	int64_t begin_ms; /* since when it is wrong; once on: as it was told */
	int64_t well_ms;  /* since when it is not, where it is on still */
	int64_t due_ms;   /* when what is seen is concluded: begin while it is not on, end while it is; NEVER */
	uint64_t number;  /* while it is on */
};

struct point {
	const struct hj_judge_point *plan;
	int64_t newest_ms, heard_ms; /* its newest sample; its newest usable one, or since when one is awaited */
	double value;                /* of heard_ms; NAN: none yet */
	enum hj_flag flag;           /* of newest_ms */
	bool lost, held;             /* silent too long; flag M */
	size_t equipment;            /* that names it first, or HJ_JUDGE_NONE */
	struct alarm missing;
	uint16_t use_from, use_count; /* in judge.uses */
};

struct sign {
	enum hj_state level;
	struct window window; /* of this level */
};

/* Since when a value has been on this side of a level, and whose reading brought it there. */
struct edge {
	int64_t since_ms; /* NEVER: it is not */
	uint8_t sign;
};

/* A day that a clock may come back to. */
struct other_day {
	int64_t day_ms; /* BEFORE: there is none */
	double hours_ms, energy;
};

struct equipment {
	const struct hj_judge_equipment *plan;
	struct sign signs[HJ_JUDGE_SIGNS_MAX];
	enum hj_state raw, state;
	struct edge up[HJ_STATES], down[HJ_STATES]; /* raw is at least, at most so */
	int64_t since_ms;                           /* of the state, for what is counted from it */
	int64_t lost_ms, released_ms;               /* since when it is silent; when maintenance ended last */
	bool silent, maintained;                    /* not known, since a sign is lost */
	uint64_t number;                            /* of the state's conclusion; 0: none lasts */
	int64_t begin_ms;                           /* of it, as told */
	uint16_t abnormal, bypassed;                /* limits that say so and are broken */
	/* The day: what is counted, and what will be when the state that raw says is concluded, or is not. */
	int64_t day_ms, counted_ms;
	double hours_ms, waiting_ms, waiting_run_ms;
	double energy, waiting_energy, waiting_run_energy, meter;
	int64_t meter_ms,
	        swapped_ms; /* read last; when another one was read first, as told: not kept, it is told again */
	struct {
		double known_ms, run_ms, waiting_ms, waiting_run_ms;
	} since; /* the meter was read: how long it was seen in which state, by which its growth is shared out */
	double fell_to; /* what a total that fell showed last; NAN: it did not. Not kept: it is seen again */
	struct {
		double from, to; /* where it counts on from `to`: it may still go back. NAN: it does not. Not kept */
		int64_t ms;
	} fall;
	bool day_known;
	bool doubted; /* the clock came here from a later day, and may be behind: what ends here is not told */
	struct other_day told, left; /* told last; left by a clock that went back, and not told */
};

struct limit {
	const struct hj_judge_limit *plan;
	struct alarm alarm;
	struct window window;   /* since it is seen as it is */
	double value;           /* held against the bound last */
	int64_t old_ms, mid_ms; /* of rate: two readings back */
	double old, mid;
};

enum link_alarm {
	LINK_OFF,
	LINK_LATE,
	LINK_ABNORMAL,
	LINK_BYPASSED,
	LINK_UNPROVEN,
	LINK_LOW,
	LINK_EARLY,
	LINK_ALARMS
};

/* Production on one side, on the other one treatment that must run, or several of which enough must. */
struct group {
	const struct hj_judge_link *plan;
	size_t link;
	uint8_t production[HJ_JUDGE_MEMBERS_MAX], treatment[HJ_JUDGE_MEMBERS_MAX];
	uint8_t production_count, treatment_count, enough;
	bool producing, blind; /* production's state is not known: what has been concluded holds */
	bool ran;              /* treatment has run since production began */
	bool behind;           /* it had not run ahead of production, where it must */
	enum hj_state treated;
	int64_t producing_ms, treated_ms, run_down_ms; /* since; since; until */
	bool load_low;
	int64_t load_ms;
	int64_t released_ms; /* when maintenance of what is in it ended last. These are looked at, not kept */
	bool ending, coming; /* production seems to have stopped, treatment to run, just now */
	struct alarm alarms[LINK_ALARMS];
};

enum use_kind { USE_SIGN, USE_LIMIT, USE_ENERGY, USE_POWER, USE_LOAD };
struct use {
	uint8_t kind, sign;
	uint16_t index; /* of equipment, limit, group */
};

struct hj_judge {
	const struct hj_judge_plan *plan;
	hj_judge_tell *tell;
	void *data;
	int64_t now_ms, next_ms; /* nothing is due before next_ms */
	uint64_t number;         /* given last */
	struct hj_judge_ignored ignored;
	struct point *points;
	struct equipment *equipment;
	struct limit *limits;
	struct group *groups;
	struct use *uses;
	size_t group_count, use_count;
	bool dirty; /* links have to be looked at */
};

static inline int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline void judge_due(struct hj_judge *j, int64_t ms)
{
	if (ms < j->next_ms)
		j->next_ms = ms;
}

/* By this much another time, after 1970: NEVER, BEFORE and what never was (0) stay. */
static inline void shift(int64_t *ms, int64_t by)
{
	if (*ms && *ms != NEVER && *ms != BEFORE)
		*ms = later(*ms + by, 1);
}

/* ---- index.c ---- */
int judge_index(struct hj_judge *j);

/* ---- tell.c ---- */
enum hj_conclusion_code code_of_state(enum hj_state state);
enum hj_conclusion_code code_of_link(enum link_alarm alarm);
/* An empty conclusion of this code at this time. */
void conclusion_init(const struct hj_judge *j, enum hj_conclusion_code code, struct hj_conclusion *ret);
void conclusion_prove(const struct hj_judge *j, struct hj_conclusion *c, size_t point, double bound);
void conclusion_prove_state(const struct hj_judge *j, struct hj_conclusion *c, size_t equipment);
void conclusion_window(struct hj_conclusion *c, const struct window *w);
void window_begin(struct window *w, int64_t ms, double value);
void window_add(struct window *w, int64_t ms, double value);

/* ---- alarm.c ---- */
/* What is seen now: wrong since begin_ms, to be concluded at due_ms; or well, to be concluded at due_ms. What is seen
 * already stays as it was. */
void alarm_wrong(struct hj_judge *j, struct alarm *a, int64_t begin_ms, int64_t due_ms);
void alarm_well(struct hj_judge *j, struct alarm *a, int64_t well_ms, int64_t due_ms);
/* Is it due? Then it begins, with a number, or ends. */
bool alarm_turn(struct hj_judge *j, struct alarm *a);
void alarm_shift(struct alarm *a, int64_t by);
void alarm_fill(const struct alarm *a, struct hj_conclusion *c); /* number, begin, end */

/* ---- point.c, equipment.c, day.c, watch.c, link.c: what a sample changes; when due; what is done then ---- */
void point_take(struct hj_judge *j, size_t i, const struct hj_sample *s);
int64_t point_due(const struct hj_judge *j, size_t i);
void point_turn(struct hj_judge *j, size_t i);
void point_shift(struct hj_judge *j, size_t i, int64_t by);
void point_conclusion(const struct hj_judge *j, size_t i, struct hj_conclusion *ret);

void equipment_begin(struct hj_judge *j, size_t i);
void equipment_sign(struct hj_judge *j, size_t i, unsigned sign, int64_t ms, double value);
void equipment_lost(struct hj_judge *j, size_t i, unsigned sign, int64_t ms);
void equipment_maintained(struct hj_judge *j, size_t i);
int64_t equipment_due(const struct hj_judge *j, size_t i);
/* The state that is concluded next and since when, and the time it is; NEVER: none is, and nothing is written. */
int64_t equipment_next(const struct hj_judge *j, size_t i, enum hj_state *ret, int64_t *ret_since);
void equipment_turn(struct hj_judge *j, size_t i);
void equipment_shift(struct hj_judge *j, size_t i, int64_t by);
void equipment_conclusion(const struct hj_judge *j, size_t i, struct hj_conclusion *ret);
enum hj_state equipment_seen(const struct hj_judge *j, size_t i);
double sign_bound(const struct hj_judge_sign *s, enum hj_state level);

void day_begin(struct hj_judge *j, struct equipment *e);
void day_count(struct hj_judge *j, size_t i, int64_t ms);
void day_settle(struct equipment *e, enum hj_state state);
void day_energy(struct hj_judge *j, size_t i, int64_t ms, double value, bool total);
int64_t day_due(const struct hj_judge *j, size_t i);
void day_close(struct hj_judge *j, size_t i);
void day_skip(struct hj_judge *j, size_t i); /* the time is another one */

void limit_begin(struct hj_judge *j, size_t i);
void limit_sample(struct hj_judge *j, size_t i, size_t point, const struct hj_sample *s, bool usable);
void limit_state(struct hj_judge *j, size_t i);                   /* its equipment is another one now */
bool limit_held(const struct hj_judge *j, const struct limit *l); /* one of its points is maintained */
void limit_lost(struct hj_judge *j, size_t i);
void limit_shift(struct hj_judge *j, size_t i, int64_t by);
void limit_turn(struct hj_judge *j, size_t i);
void limit_conclusion(const struct hj_judge *j, size_t i, struct hj_conclusion *ret);

void link_look(struct hj_judge *j);
void link_load(struct hj_judge *j, size_t i, int64_t ms);
int64_t link_due(const struct hj_judge *j, size_t i);
void link_shift(struct hj_judge *j, size_t i, int64_t by);
void link_turn(struct hj_judge *j, size_t i);
void link_conclusion(const struct hj_judge *j, size_t i, enum link_alarm alarm, struct hj_conclusion *ret);
