/* A conclusion that begins when something has been wrong for long enough, and ends when it has been well for long
 * enough. Whoever owns it says what is seen and when that counts. */
#include "judge_private.h"

void alarm_wrong(struct hj_judge *j, struct alarm *a, int64_t begin_ms, int64_t due_ms)
{
	if (a->on) {
		a->due_ms = NEVER;
	} else {
		if (!a->wrong)
			a->begin_ms = begin_ms;
		a->due_ms = due_ms;
		judge_due(j, due_ms);
	}
	a->wrong = true;
}

void alarm_well(struct hj_judge *j, struct alarm *a, int64_t well_ms, int64_t due_ms)
{
	if (a->on) {
		if (a->wrong)
			a->well_ms = well_ms;
		a->due_ms = due_ms;
		judge_due(j, due_ms);
	} else {
		a->due_ms = NEVER;
	}
	a->wrong = false;
}

bool alarm_turn(struct hj_judge *j, struct alarm *a)
{
	if (a->due_ms > j->now_ms)
		return false;
	a->due_ms = NEVER;
	if (a->on == a->wrong)
		return false;
	a->on = a->wrong;
	if (a->on)
		a->number = ++j->number;
	return true;
}

void alarm_fill(const struct alarm *a, struct hj_conclusion *c)
{
	c->code = a->code;
	c->number = a->number;
	c->begin_ms = a->begin_ms;
	c->ended = !a->on;
	if (c->ended)
		c->end_ms = later(a->well_ms, a->begin_ms);
}

/* What has been told stays as it was told. */
void alarm_shift(struct alarm *a, int64_t by)
{
	if (!a->on)
		shift(&a->begin_ms, by);
	shift(&a->well_ms, by);
	shift(&a->due_ms, by);
}
