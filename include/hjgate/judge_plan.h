/* The plan of a site, by which judge works: what equipment there is, what tells that it runs, what must not happen to
 * it, and which must run while which runs. The configuration fills it; what it leaves unsaid gets sensible values by
 * hj_judge_plan_fill(); hj_judge_plan_check() says what cannot be meant. Texts are borrowed by everybody. */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HJ_JUDGE_POINTS_MAX    512
#define HJ_JUDGE_EQUIPMENT_MAX 64
#define HJ_JUDGE_LIMITS_MAX    256
#define HJ_JUDGE_LINKS_MAX     64
#define HJ_JUDGE_SIGNS_MAX     8  /* of one equipment */
#define HJ_JUDGE_MEMBERS_MAX   16 /* equipment on one side of a link */
#define HJ_JUDGE_PHASES        3
#define HJ_JUDGE_HOLD_MAX_MS   86400000LL /* no minimum time, run-up or silence is longer */

#define HJ_JUDGE_NONE  SIZE_MAX /* no such point, equipment, limit, link */
#define HJ_JUDGE_UNSET (-1)     /* a time that is not said; a number that is not is NAN */

enum hj_role { HJ_ROLE_PRODUCTION, HJ_ROLE_TREATMENT };
enum hj_state { HJ_STATE_UNKNOWN, HJ_STATE_STOPPED, HJ_STATE_IDLE, HJ_STATE_RUNNING };
#define HJ_STATES 4
enum hj_meaning {
	HJ_MEANS_OTHER,
	HJ_MEANS_SWITCH, /* 0 and 1 */
	HJ_MEANS_CURRENT,
	HJ_MEANS_POWER,
	HJ_MEANS_TEMPERATURE,
	HJ_MEANS_PH,
	HJ_MEANS_PRESSURE,
	HJ_MEANS_FLOW,
};
#define HJ_MEANINGS 8
const char *hj_role_name(enum hj_role role);    /* "production" */
const char *hj_state_name(enum hj_state state); /* "running" */
const char *hj_meaning_name(enum hj_meaning m); /* "current" */

struct hj_judge_point {
	const char *name;    /* METER.POINT */
	int64_t interval_ms; /* expected between two samples; 0 = not known, then as of five minutes */
	int64_t silent_ms;   /* without a usable value for so long nothing is known; unset: four intervals, 1..15
	                        minutes */
};

/* One value that tells what equipment does. */
struct hj_judge_sign {
	size_t point;
	enum hj_meaning meaning;
	double running;    /* from here on it runs; of a switch 0.5 where not said */
	double idle;       /* from here on it idles; NAN: it runs or is stopped, nothing between */
	double hysteresis; /* so far below a threshold its state ends; NAN: a tenth of the threshold, of a switch none
	                    */
	bool falling;      /* it runs at or below the threshold: a contact that opens, a fan's negative pressure */
};

struct hj_judge_equipment {
	const char *name;
	enum hj_role role;
	const char *process; /* "rto" (hj_judge_process()); NULL or "": none, by role */
	struct hj_judge_sign signs[HJ_JUDGE_SIGNS_MAX];
	size_t sign_count;
	bool any; /* one sign is enough to run; else all must say so */
	/* Minimum times: so long (and for more than one reading of what is no switch) a state must be seen before it
	 * is concluded, with the begin it had. 0: by the first reading. [HJ_STATE_UNKNOWN] is not used. */
	int64_t hold_ms[HJ_STATES];
	size_t energy; /* point of a total, kWh, or HJ_JUDGE_NONE */
	size_t power;  /* point in kW, where there is no energy: it is integrated; or HJ_JUDGE_NONE */
};

enum hj_limit_kind {
	HJ_LIMIT_UPPER,      /* above `bound` */
	HJ_LIMIT_LOWER,      /* below it */
	HJ_LIMIT_RATE,       /* changes faster than `bound` a minute, over a minute at least */
	HJ_LIMIT_STUCK,      /* moves by no more than `bound` (0: not at all) for `for_ms` */
	HJ_LIMIT_RANGE,      /* flag T or D: the instrument is beyond what it can measure, or broken */
	HJ_LIMIT_PHASE_LOSS, /* the least of three phases is below `bound` % of the largest */
	HJ_LIMIT_UNBALANCE,  /* one of three is more than `bound` % off their mean */
};
#define HJ_LIMIT_KINDS 7
/* What a limit that is broken says of its equipment, when production is linked to it. */
enum hj_limit_says { HJ_SAYS_UNSET, HJ_SAYS_NOTHING, HJ_SAYS_ABNORMAL, HJ_SAYS_BYPASSED };
const char *hj_limit_kind_name(enum hj_limit_kind kind);            /* "phase-loss" */
int hj_limit_kind_parse(const char *name, enum hj_limit_kind *ret); /* -EINVAL */

struct hj_judge_limit {
	size_t equipment;
	enum hj_limit_kind kind;
	size_t points[HJ_JUDGE_PHASES]; /* one; of phase loss and unbalance three */
	enum hj_meaning meaning;
	double bound;            /* NAN: phase loss 20, unbalance 15, stuck 0; the others must say it */
	double hysteresis;       /* NAN: of upper and lower 2 % of the bound */
	double least;            /* of three phases: below this largest one nothing is judged; NAN: 1 */
	int64_t for_ms;          /* minimum time; unset: a minute, rate 0, stuck an hour */
	int64_t clear_ms;        /* so long it must be well again; unset: as for_ms, of stuck 0 */
	bool running;            /* judged only while the equipment runs ... */
	int64_t after_ms;        /* ... for so long already; unset: as the process needs to get there */
	enum hj_limit_says says; /* unset: of a treatment judged while it runs abnormal, else nothing */
};

/* While any of `production` runs, each of `treatment` must run. What drives may be a treatment too: a burner its fan.
 */
struct hj_judge_link {
	const char *const *production, *const *treatment; /* names of equipment */
	size_t production_count, treatment_count;
	size_t enough;       /* so many of the treatments are enough (beds that take turns); 0 = all */
	bool while_idle;     /* production that idles needs treatment too */
	int64_t run_up_ms;   /* the treatment may begin so much later; unset: of the process */
	int64_t late_ms;     /* so much later still it is late, then off; unset: 5 minutes */
	int64_t run_down_ms; /* it must go on so long after production has stopped; unset: 0 */
	int64_t ahead_ms;    /* it must have run so long before production begins; unset or 0: it need not */
	size_t load_production, load_treatment; /* points, or HJ_JUDGE_NONE */
	double load_least;                      /* the treatment's load is at least so many times the production's */
	int64_t load_for_ms;                    /* minimum time of that; unset: 5 minutes */
};

struct hj_judge_plan {
	struct hj_judge_point *points;
	struct hj_judge_equipment *equipment;
	struct hj_judge_limit *limits;
	struct hj_judge_link *links;
	size_t point_count, equipment_count, limit_count, link_count;
	int64_t day_ms; /* 0 = a day; tests have shorter ones */
};

/* Everything unset; counts, names and points are the caller's. */
void hj_judge_point_init(struct hj_judge_point *p);
void hj_judge_sign_init(struct hj_judge_sign *s);
void hj_judge_equipment_init(struct hj_judge_equipment *e);
void hj_judge_limit_init(struct hj_judge_limit *l);
void hj_judge_link_init(struct hj_judge_link *l);

/* What is known of a process: the times that its equipment takes. */
struct hj_judge_process {
	const char *name; /* "rto" */
	const char *text; /* N_("regenerative thermal oxidizer") */
	enum hj_role role;
	int32_t running_s, idle_s, stopped_s; /* minimum times */
	int32_t run_up_s;                     /* of a treatment; of production 0 */
	int32_t after_s;                      /* until what is limited while it runs has got there */
};
const struct hj_judge_process *hj_judge_process(const char *name);                      /* NULL */
const struct hj_judge_process *hj_judge_process_of(const struct hj_judge_equipment *e); /* its own, or its role's */

size_t hj_judge_equipment_find(const struct hj_judge_plan *p, const char *name); /* HJ_JUDGE_NONE */

/* Fills what is unset. */
void hj_judge_plan_fill(struct hj_judge_plan *p);

/* What cannot be meant: which row of which table, the key that is to blame, and why. */
enum hj_judge_table { HJ_TABLE_POINT, HJ_TABLE_EQUIPMENT, HJ_TABLE_LIMIT, HJ_TABLE_LINK };
struct hj_judge_fault {
	enum hj_judge_table table;
	size_t index;       /* in that table */
	size_t sign;        /* of an equipment, or HJ_JUDGE_NONE */
	const char *key;    /* member of the struct: "running", "hysteresis", "production" ... */
	const char *what;   /* N_(): what is wrong; "%s" in it is `name`, where that is not NULL */
	const char *remedy; /* N_() */
	const char *name;   /* of the equipment, process or point it is about; NULL: none */
};
/* A plan that is filled. 0, or -EINVAL with the first fault. */
int hj_judge_plan_check(const struct hj_judge_plan *p, struct hj_judge_fault *ret);
