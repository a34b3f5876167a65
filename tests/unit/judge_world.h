/* A small site for the tests of judge: a press (production, current from 5 A on) and its exhaust fan (treatment, from
 * 2 A on), a meter each; what is concluded is written down as lines. */
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/buf.h"
#include "hjgate/judge.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOON   1774929600000LL /* 2026-03-31 12:00:00 Beijing */

enum { PRESS_A, FAN_A, FAN_SWITCH, FAN_KPA, ENERGY, PHASE_1, PHASE_2, PHASE_3, WORLD_POINTS };
enum { PRESS, FAN, WORLD_EQUIPMENT };

struct world {
	struct hj_judge_point points[WORLD_POINTS];
	struct hj_judge_equipment equipment[WORLD_EQUIPMENT];
	struct hj_judge_limit limits[8];
	struct hj_judge_link links[2];
	struct hj_judge_plan plan;
	struct hj_judge *j;
	struct hj_conclusion list[512];
	size_t count;
	int64_t now;
	bool set_back; /* the clock: what was told before may lie ahead */
};

static const char *const world_press[] = { "press" }, *const world_fan[] = { "fan" };

static inline void world_tell(void *data, const struct hj_conclusion *c)
{
	struct world *w = data;

	assert_true(w->set_back || c->begin_ms <= c->at_ms || c->code == HJ_CONCLUDES_RUNTIME);
	assert_true(!c->ended || c->end_ms >= c->begin_ms);
	assert_true(w->count < sizeof(w->list) / sizeof(w->list[0]));
	w->list[w->count++] = *c;
}

static inline void world_sign(struct hj_judge_equipment *e, size_t point, enum hj_meaning meaning, double running)
{
	struct hj_judge_sign *s = &e->signs[e->sign_count++];

	s->point = point;
	s->meaning = meaning;
	s->running = running;
}

/* Everything of it may be changed before world_begin(). */
static inline void world_init(struct world *w)
{
	static const char *const names[WORLD_POINTS] = { "press.current", "fan.current", "fan.switch", "fan.pressure",
		"press.energy", "press.ia", "press.ib", "press.ic" };

	*w = (struct world){ .now = NOON };
	w->plan = (struct hj_judge_plan){ .points = w->points,
		.equipment = w->equipment,
		.limits = w->limits,
		.links = w->links,
		.point_count = WORLD_POINTS,
		.equipment_count = WORLD_EQUIPMENT,
		.link_count = 1 };
	for (size_t i = 0; i < WORLD_POINTS; i++) {
		hj_judge_point_init(&w->points[i]);
		w->points[i].name = names[i];
		w->points[i].interval_ms = 10 * SECOND;
	}
	for (size_t i = 0; i < WORLD_EQUIPMENT; i++)
		hj_judge_equipment_init(&w->equipment[i]);
	w->equipment[PRESS].name = "press";
	world_sign(&w->equipment[PRESS], PRESS_A, HJ_MEANS_CURRENT, 5);
	w->equipment[FAN].name = "fan";
	w->equipment[FAN].role = HJ_ROLE_TREATMENT;
	world_sign(&w->equipment[FAN], FAN_A, HJ_MEANS_CURRENT, 2);
	hj_judge_link_init(&w->links[0]);
	w->links[0].production = world_press;
	w->links[0].treatment = world_fan;
	w->links[0].production_count = w->links[0].treatment_count = 1;
}

static inline struct hj_judge_limit *world_limit(
        struct world *w, enum hj_limit_kind kind, size_t equipment, size_t point, double bound)
{
	struct hj_judge_limit *l = &w->limits[w->plan.limit_count++];

	hj_judge_limit_init(l);
	l->kind = kind;
	l->equipment = equipment;
	l->points[0] = point;
	l->bound = bound;
	return l;
}

static inline void world_begin(struct world *w)
{
	struct hj_judge_fault fault;

	hj_judge_plan_fill(&w->plan);
	assert_int_equal(hj_judge_plan_check(&w->plan, &fault), 0);
	assert_int_equal(hj_judge_new(&w->plan, w->now, world_tell, w, &w->j), 0);
}

static inline void world_end(struct world *w)
{
	hj_judge_free(w->j);
	w->j = NULL;
}

/* A judge made anew from what the old one wrote, a little later. */
static inline void world_restart(struct world *w)
{
	struct hj_buf buf = { 0 };

	assert_int_equal(hj_judge_encode(w->j, &buf), 0);
	hj_judge_free(w->j);
	assert_int_equal(hj_judge_new(&w->plan, w->now + 3 * SECOND, world_tell, w, &w->j), 0);
	assert_int_equal(hj_judge_decode(w->j, buf.data, buf.len), 0);
	assert_int_equal(hj_judge_time(w->j), w->now);
	hj_buf_done(&buf);
}

static inline void give_flag(struct world *w, size_t point, double value, enum hj_flag flag)
{
	const struct hj_sample s = { .point = (uint32_t)point, .time_ms = w->now, .value = value, .flag = flag };

	hj_judge_add(w->j, &s, 1);
}

static inline void give(struct world *w, size_t point, double value)
{
	give_flag(w, point, value, HJ_FLAG_NORMAL);
}

/* Both currents every ten seconds for so long; NAN: silent. */
static inline void go_on(struct world *w, int64_t ms, double press, double fan)
{
	for (int64_t end = w->now + ms; w->now < end;) {
		w->now += 10 * SECOND;
		if (!isnan(press))
			give(w, PRESS_A, press);
		if (!isnan(fan))
			give(w, FAN_A, fan);
		hj_judge_pass(w->j, w->now);
	}
}

/* The n-th conclusion (from 0) of this code that begins, or ends; NULL. */
static inline const struct hj_conclusion *concluded(
        const struct world *w, enum hj_conclusion_code code, bool ended, size_t n)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->list[i].code == code && w->list[i].ended == ended && n-- == 0)
			return &w->list[i];
	return NULL;
}

static inline size_t count_of(const struct world *w, enum hj_conclusion_code code, bool ended)
{
	size_t n = 0;

	while (concluded(w, code, ended, n))
		n++;
	return n;
}

/* The n-th that begins is of this time, and was told then; likewise one that ends, of the same number. */
static inline void assert_begun(
        const struct world *w, enum hj_conclusion_code code, size_t n, int64_t begin_ms, int64_t at_ms)
{
	const struct hj_conclusion *c = concluded(w, code, false, n);

	assert_non_null(c);
	assert_int_equal(c->begin_ms, begin_ms);
	assert_int_equal(c->at_ms, at_ms);
}

static inline void assert_over(
        const struct world *w, enum hj_conclusion_code code, size_t n, int64_t end_ms, int64_t at_ms)
{
	const struct hj_conclusion *c = concluded(w, code, true, n);

	assert_non_null(c);
	assert_int_equal(c->end_ms, end_ms);
	assert_int_equal(c->at_ms, at_ms);
	assert_int_equal(c->number, concluded(w, code, false, n)->number);
}

/* The day of a piece of equipment, as told; NULL. */
static inline const struct hj_conclusion *day_of(const struct world *w, size_t equipment)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->list[i].code == HJ_CONCLUDES_RUNTIME && w->list[i].equipment == equipment)
			return &w->list[i];
	return NULL;
}

#define READING 0.25 /* kWh between two readings of the total */

/* The press with its meter's total, which grows whatever it does. */
static inline void go_on_counting(struct world *w, int64_t ms, double press, double *total)
{
	for (int64_t end = w->now + ms; w->now < end;) {
		w->now += 10 * SECOND;
		give(w, PRESS_A, press);
		give(w, ENERGY, *total += READING);
		give(w, FAN_A, 3);
		hj_judge_pass(w->j, w->now);
	}
}
