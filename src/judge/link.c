/* Which treatment must run while which production runs. Looked at whenever a state, a limit or maintenance changes;
 * what waits (a run-up, a run-down) has its time. Production and treatment are stopped one after the other, within
 * the minimum time of standing still: while production seems to have stopped nothing begins until that is known.
 * While nobody knows whether production runs, what has been concluded holds and nothing new begins: to silence
 * production's meter must neither end an alarm nor make one. */
#include "judge_private.h"

/* The link's sides, as they are. */
struct sides {
	enum hj_state production, treatment; /* running or stopped; unknown */
	int64_t production_ms, treatment_ms; /* since */
	bool silent, held;
	bool ending;         /* all of production that runs seems to have stopped just now */
	bool coming;         /* enough of treatment seems to run just now */
	int64_t released_ms; /* when maintenance of either ended last */
	uint16_t abnormal, bypassed;
};

static bool is_producing(const struct group *g, enum hj_state state)
{
	return state == HJ_STATE_RUNNING || (state == HJ_STATE_IDLE && g->plan->while_idle);
}

static void look_production(const struct hj_judge *j, const struct group *g, struct sides *s)
{
	bool unknown = false, goes_on = false;
	int64_t first = NEVER, last = BEFORE;
	enum hj_state seen;

	for (size_t i = 0; i < g->production_count; i++) {
		const struct equipment *e = &j->equipment[g->production[i]];
		bool runs = is_producing(g, e->state);

		unknown |= e->state == HJ_STATE_UNKNOWN;
		last = later(last, e->since_ms);
		if (!runs)
			continue;
		first = sooner(first, e->since_ms);
		seen = equipment_seen(j, g->production[i]);
		goes_on |= is_producing(g, seen) || seen == HJ_STATE_UNKNOWN;
		s->held |= e->maintained;
		s->released_ms = later(s->released_ms, e->released_ms);
	}
	s->production = first != NEVER ? HJ_STATE_RUNNING : unknown ? HJ_STATE_UNKNOWN : HJ_STATE_STOPPED;
	s->production_ms = first != NEVER ? first : last;
	s->ending = first != NEVER && !goes_on;
}

static void look_treatment(const struct hj_judge *j, const struct group *g, struct sides *s)
{
	size_t runs = 0, unknown = 0, seen = 0;

	for (size_t i = 0; i < g->treatment_count; i++) {
		const struct equipment *e = &j->equipment[g->treatment[i]];

		runs += e->state == HJ_STATE_RUNNING;
		seen += e->raw == HJ_STATE_RUNNING;
		unknown += e->state == HJ_STATE_UNKNOWN;
		s->silent |= e->state == HJ_STATE_UNKNOWN && (e->silent || e->number);
		s->held |= e->maintained;
		s->released_ms = later(s->released_ms, e->released_ms);
		s->treatment_ms = later(s->treatment_ms, e->since_ms);
		if (e->state != HJ_STATE_STOPPED)
			s->bypassed = (uint16_t)(s->bypassed + e->bypassed);
		if (e->state == HJ_STATE_RUNNING)
			s->abnormal = (uint16_t)(s->abnormal + e->abnormal);
	}
	s->coming = seen >= g->enough;
	s->treatment = runs >= g->enough             ? HJ_STATE_RUNNING
	               : runs + unknown >= g->enough ? HJ_STATE_UNKNOWN
	                                             : HJ_STATE_STOPPED;
}

/* The limit of its treatment that says so and is broken since the longest. */
static size_t broken_limit(const struct hj_judge *j, const struct group *g, enum hj_limit_says says)
{
	size_t found = HJ_JUDGE_NONE;

	for (size_t i = 0; i < j->plan->limit_count; i++) {
		const struct limit *l = &j->limits[i];
		bool ours = false;

		for (size_t k = 0; k < g->treatment_count; k++)
			ours |= l->plan->equipment == g->treatment[k];
		if (ours && l->alarm.on && l->plan->says == says &&
		        (found == HJ_JUDGE_NONE || l->alarm.begin_ms < j->limits[found].alarm.begin_ms))
			found = i;
	}
	return found;
}

/* That it has stopped early may be concluded only after the run-down is over. */
static int64_t run_down_end(const struct hj_judge *j, const struct group *g)
{
	int64_t hold = 0;

	if (g->run_down_ms == BEFORE)
		return NEVER;
	for (size_t i = 0; i < g->treatment_count; i++)
		hold = later(hold, j->equipment[g->treatment[i]].plan->hold_ms[HJ_STATE_STOPPED]);
	return g->run_down_ms + hold;
}

static void follow_production(const struct hj_judge *j, struct group *g, const struct sides *s)
{
	bool producing = s->production == HJ_STATE_RUNNING;

	if (producing == g->producing)
		return;
	g->producing = producing;
	g->producing_ms = s->production_ms;
	g->run_down_ms = BEFORE;
	if (producing) {
		g->ran = false;
		g->behind = g->plan->ahead_ms && (s->treatment != HJ_STATE_RUNNING ||
		                                         s->treatment_ms > g->producing_ms - g->plan->ahead_ms);
	} else if (g->plan->run_down_ms && g->ran) {
		g->run_down_ms = g->producing_ms + g->plan->run_down_ms;
	}
}

/* What was done in maintenance was announced: what is wrong still begins when that is over. What ends, ends by a
 * change of one side's state; else by what was just seen. */
static void want(
        struct hj_judge *j, struct group *g, enum link_alarm which, bool wrong, int64_t begin_ms, int64_t due_ms)
{
	int64_t change = later(g->producing_ms, g->treated_ms);
	bool unsure = g->ending ||
	              (g->coming && (which == LINK_OFF || which == LINK_LATE) && g->treated != HJ_STATE_RUNNING);

	if (wrong && unsure && !g->alarms[which].on)
		alarm_well(j, &g->alarms[which], j->now_ms, NEVER);
	else if (wrong)
		alarm_wrong(j, &g->alarms[which], later(begin_ms, g->released_ms), due_ms);
	else if (change > g->alarms[which].begin_ms)
		alarm_well(j, &g->alarms[which], change, j->now_ms);
	else
		alarm_well(j, &g->alarms[which], j->now_ms, j->now_ms);
}

/* One that begins just in time is read as running only then, or after: the end of the run-up is told by the reading
 * that follows it. */
static int64_t until_seen(const struct hj_judge *j, const struct group *g)
{
	int64_t interval_ms = 0;

	for (size_t i = 0; i < g->treatment_count; i++) {
		const struct hj_judge_equipment *e = j->equipment[g->treatment[i]].plan;

		for (size_t k = 0; k < e->sign_count; k++)
			interval_ms = later(interval_ms, j->points[e->signs[k].point].plan->interval_ms);
	}
	return interval_ms;
}

/* Not there at all: late while it may still come, off from then on. One that ran and does not any more is off. One
 * that had to run ahead and did not is late until it has run for so long, even where it runs already. */
static void want_run(struct hj_judge *j, struct group *g, const struct sides *s)
{
	bool stopped = g->producing && g->treated == HJ_STATE_STOPPED;
	int64_t up = g->producing_ms + g->plan->run_up_ms, off = up + g->plan->late_ms;
	bool behind = g->producing && g->behind && g->treated != HJ_STATE_UNKNOWN;
	int64_t made_up = g->treated == HJ_STATE_RUNNING ? g->treated_ms + g->plan->ahead_ms : NEVER;
	int64_t wait = until_seen(j, g);

	if (g->ran)
		off = up = later(g->producing_ms, g->treated_ms);
	want(j, g, LINK_OFF, stopped, up, g->ran || off > up ? off : off + wait);
	if (g->alarms[LINK_OFF].on)
		want(j, g, LINK_LATE, false, 0, 0);
	else if (behind && (made_up <= g->released_ms || (g->alarms[LINK_LATE].on && made_up != NEVER)))
		alarm_well(j, &g->alarms[LINK_LATE], made_up, made_up);
	else if (behind)
		want(j, g, LINK_LATE, true, g->producing_ms, g->producing_ms);
	else
		want(j, g, LINK_LATE, stopped && !g->ran && off > up, up, up + wait);
}

static void want_early(struct hj_judge *j, struct group *g)
{
	bool early = !g->producing && g->run_down_ms != BEFORE && g->treated == HJ_STATE_STOPPED &&
	             g->treated_ms < g->run_down_ms;
	int64_t since = later(g->producing_ms, g->treated_ms);

	if (early || g->producing || g->treated == HJ_STATE_RUNNING)
		want(j, g, LINK_EARLY, early, since, since);
}

/* A limit that was broken before production ran counts from then on. */
static void want_limit(
        struct hj_judge *j, struct group *g, enum link_alarm which, bool wrong, enum hj_limit_says says)
{
	size_t limit = wrong ? broken_limit(j, g, says) : HJ_JUDGE_NONE;

	want(j, g, which, limit != HJ_JUDGE_NONE,
	        limit == HJ_JUDGE_NONE ? 0 : later(j->limits[limit].alarm.begin_ms, g->producing_ms), j->now_ms);
}

static void want_low(struct hj_judge *j, struct group *g)
{
	bool low = g->producing && g->treated == HJ_STATE_RUNNING && g->load_low;
	int64_t ran_up = later(g->producing_ms, g->treated_ms) + g->plan->run_up_ms;
	int64_t since = later(later(g->load_ms, ran_up), g->released_ms);

	want(j, g, LINK_LOW, low, since, since + g->plan->load_for_ms);
}

/* What has not begun does not; what has holds. */
static void want_nothing(struct hj_judge *j, struct group *g)
{
	for (size_t i = 0; i < LINK_ALARMS; i++)
		if (!g->alarms[i].on)
			alarm_well(j, &g->alarms[i], j->now_ms, NEVER);
}

static void look(struct hj_judge *j, struct group *g)
{
	struct sides s = { .treatment_ms = BEFORE, .released_ms = BEFORE };
	int64_t since;

	look_production(j, g, &s);
	look_treatment(j, g, &s);
	if (s.treatment != g->treated) {
		g->treated = s.treatment;
		g->treated_ms = sooner(s.treatment_ms, j->now_ms);
	}
	g->released_ms = s.released_ms;
	g->ending = s.ending;
	g->coming = s.coming;
	g->blind = s.production == HJ_STATE_UNKNOWN;
	if (g->blind) {
		want_nothing(j, g);
		return;
	}
	follow_production(j, g, &s);
	judge_due(j, run_down_end(j, g));
	if (g->producing && g->treated == HJ_STATE_RUNNING)
		g->ran = true;
	if (s.held) {
		want_nothing(j, g);
		return;
	}
	since = later(g->producing_ms, g->treated_ms);
	want_run(j, g, &s);
	want(j, g, LINK_UNPROVEN, g->producing && g->treated == HJ_STATE_UNKNOWN && s.silent, since, since);
	want_limit(j, g, LINK_ABNORMAL, g->producing && s.abnormal, HJ_SAYS_ABNORMAL);
	want_limit(j, g, LINK_BYPASSED, g->producing && s.bypassed, HJ_SAYS_BYPASSED);
	want_low(j, g);
	want_early(j, g);
}

void link_look(struct hj_judge *j)
{
	for (size_t i = 0; i < j->group_count; i++)
		look(j, &j->groups[i]);
}

void link_load(struct hj_judge *j, size_t i, int64_t ms)
{
	struct group *g = &j->groups[i];
	const struct point *p = &j->points[g->plan->load_production], *t = &j->points[g->plan->load_treatment];
	bool low = !p->lost && !t->lost && t->value < g->plan->load_least * p->value;

	if (low == g->load_low)
		return;
	g->load_low = low;
	g->load_ms = ms;
	j->dirty = true;
}

int64_t link_due(const struct hj_judge *j, size_t i)
{
	const struct group *g = &j->groups[i];
	int64_t due = run_down_end(j, g);

	for (size_t k = 0; k < LINK_ALARMS; k++)
		due = sooner(due, g->alarms[k].due_ms);
	return due;
}

void link_conclusion(const struct hj_judge *j, size_t i, enum link_alarm alarm, struct hj_conclusion *ret)
{
	const struct group *g = &j->groups[i];
	size_t treatment = g->treatment[0], production = g->production[0];

	conclusion_init(j, g->alarms[alarm].code, ret);
	alarm_fill(&g->alarms[alarm], ret);
	for (size_t k = 0; k < g->treatment_count; k++)
		if (j->equipment[g->treatment[k]].state != HJ_STATE_RUNNING) {
			treatment = g->treatment[k];
			break;
		}
	for (size_t k = 0; k < g->production_count; k++)
		if (j->equipment[g->production[k]].state == HJ_STATE_RUNNING) {
			production = g->production[k];
			break;
		}
	ret->equipment = treatment;
	ret->production = production;
	ret->link = g->link;
	ret->maintained = j->equipment[treatment].maintained || j->equipment[production].maintained;
	if (alarm == LINK_ABNORMAL || alarm == LINK_BYPASSED) {
		ret->limit = broken_limit(j, g, alarm == LINK_ABNORMAL ? HJ_SAYS_ABNORMAL : HJ_SAYS_BYPASSED);
		if (ret->limit != HJ_JUDGE_NONE) {
			const struct limit *l = &j->limits[ret->limit];

			ret->point = l->plan->points[0];
			conclusion_window(ret, &l->window);
			conclusion_prove(j, ret, ret->point, l->plan->bound);
		}
	}
	if (!ret->samples)
		conclusion_window(ret, &j->equipment[treatment].signs[0].window);
	conclusion_prove_state(j, ret, treatment);
	conclusion_prove_state(j, ret, production);
}

void link_turn(struct hj_judge *j, size_t i)
{
	struct group *g = &j->groups[i];
	struct hj_conclusion c;

	for (enum link_alarm k = 0; k < LINK_ALARMS; k++) {
		if (!alarm_turn(j, &g->alarms[k]))
			continue;
		link_conclusion(j, i, k, &c);
		j->tell(j->data, &c);
		if (k == LINK_LATE && !g->alarms[k].on)
			g->behind = false;
		j->dirty = true;
	}
	/* After what has stopped early is told: standing still may be known later than that. */
	if (run_down_end(j, g) <= j->now_ms) {
		want(j, g, LINK_EARLY, false, 0, 0);
		g->alarms[LINK_EARLY].well_ms = g->run_down_ms;
		g->run_down_ms = BEFORE;
	}
}

void link_shift(struct hj_judge *j, size_t i, int64_t by)
{
	struct group *g = &j->groups[i];

	shift(&g->producing_ms, by);
	shift(&g->treated_ms, by);
	shift(&g->run_down_ms, by);
	shift(&g->load_ms, by);
	for (size_t k = 0; k < LINK_ALARMS; k++)
		alarm_shift(&g->alarms[k], by);
}
