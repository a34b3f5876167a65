/* A year of twenty equipments judged: a production and its treatment ten times, each with a current every minute, two
 * shifts a day with noise and lunch breaks. Prints how long it takes and what was concluded of it that is not so. */
#include <stdio.h>
#include <time.h>

#include "hjgate/judge.h"

#define PAIRS       10
#define MINUTES     (365L * 24 * 60)
#define BEGIN_MS    1767196800000LL /* 2026-01-01 00:00 Beijing */
#define MINUTE_MS   60000LL
#define YEAR_GOAL_S 2.0

static struct {
	struct hj_judge_point points[2 * PAIRS];
	struct hj_judge_equipment equipment[2 * PAIRS];
	struct hj_judge_link links[PAIRS];
	char names[2 * PAIRS][16];
	const char *refs[2 * PAIRS];
} site;
static size_t false_ones, states;

static void tell(void *data, const struct hj_conclusion *c)
{
	if (c->code <= HJ_CONCLUDES_STOPPED)
		states++;
	else if (c->code != HJ_CONCLUDES_RUNTIME)
		false_ones++;
}

static void describe(struct hj_judge_plan *p)
{
	for (size_t i = 0; i < 2 * PAIRS; i++) {
		struct hj_judge_equipment *e = &site.equipment[i];

		snprintf(site.names[i], sizeof(site.names[i]), "%s-%zu", i % 2 ? "fan" : "press", i / 2);
		site.refs[i] = site.names[i];
		hj_judge_point_init(&site.points[i]);
		site.points[i].name = site.names[i];
		site.points[i].interval_ms = MINUTE_MS;
		hj_judge_equipment_init(e);
		e->name = site.names[i];
		e->role = i % 2 ? HJ_ROLE_TREATMENT : HJ_ROLE_PRODUCTION;
		e->sign_count = 1;
		e->signs[0].point = i;
		e->signs[0].meaning = HJ_MEANS_CURRENT;
		e->signs[0].running = 5;
	}
	for (size_t i = 0; i < PAIRS; i++) {
		hj_judge_link_init(&site.links[i]);
		site.links[i].production = &site.refs[2 * i];
		site.links[i].treatment = &site.refs[2 * i + 1];
		site.links[i].production_count = site.links[i].treatment_count = 1;
	}
	*p = (struct hj_judge_plan){ .points = site.points,
		.equipment = site.equipment,
		.links = site.links,
		.point_count = 2 * PAIRS,
		.equipment_count = 2 * PAIRS,
		.link_count = PAIRS };
	hj_judge_plan_fill(p);
}

/* From 6 to 22 but for an hour at noon; the fan from two minutes before to five minutes after. */
static bool works(long minute, int before, int after)
{
	long m = minute % 1440;

	return (m >= 360 - before && m < 720 + after) || (m >= 780 - before && m < 1320 + after);
}

static void live(struct hj_judge *j)
{
	unsigned noise = 1;

	for (long m = 0; m < MINUTES; m++)
		for (size_t i = 0; i < 2 * PAIRS; i++) {
			bool on = i % 2 ? works(m, 2, 5) : works(m, 0, 0);
			struct hj_sample s = { .point = (uint32_t)i,
				.time_ms = BEGIN_MS + m * MINUTE_MS + (int64_t)i * 50,
				.flag = HJ_FLAG_NORMAL };

			noise = noise * 1664525U + 1013904223U;
			s.value = (on ? 12.0 : 0.3) + (double)(noise >> 24) / 256;
			hj_judge_add(j, &s, 1);
		}
}

int main(void)
{
	struct hj_judge_plan plan;
	struct hj_judge *j;
	struct timespec a, b;
	double s;

	describe(&plan);
	if (hj_judge_new(&plan, BEGIN_MS, tell, NULL, &j) < 0)
		return 1;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	live(j);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	hj_judge_free(j);
	s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("figure judge.year_s %.2f s %g %s\n", s, YEAR_GOAL_S, s <= YEAR_GOAL_S ? "ok" : "short");
	printf("figure judge.year_false %zu conclusions 0 %s\n", false_ones, false_ones || !states ? "short" : "ok");
	return s > YEAR_GOAL_S || false_ones || !states;
}
