/* Running hours and energy of a day. Time counts only between readings, by what the earlier one said, and what a
 * meter grew by between two of its own is shared out by that time. What is seen but not concluded yet waits: it is
 * counted, or dropped, when it is. At midnight it counts as it is seen. */
#include "judge_private.h"

#include <math.h>
#include <string.h>

#include "hjgate/clock.h"

#define HOUR_MS       3600000.0
#define HOURS_PER_DAY 24
#define RETURN_MS     600000 /* so long a total that fell and counts on may still go back to where it was */

static int64_t day_length(const struct hj_judge *j)
{
	return j->plan->day_ms ? j->plan->day_ms : HJ_MS_PER_DAY;
}

static void forget_falls(struct equipment *e)
{
	e->fell_to = NAN;
	e->fall.from = NAN;
}

void day_begin(struct hj_judge *j, struct equipment *e)
{
	e->day_ms = hj_window_start(j->now_ms, day_length(j));
	e->counted_ms = BEFORE;
	e->meter_ms = e->swapped_ms = BEFORE;
	forget_falls(e);
	e->told.day_ms = e->left.day_ms = BEFORE;
}

static void wait_no_more(struct equipment *e)
{
	e->waiting_ms = e->waiting_run_ms = e->waiting_energy = e->waiting_run_energy = 0;
	e->since.waiting_ms = e->since.waiting_run_ms = 0;
}

/* The state is concluded, or what was seen besides was nothing. */
void day_settle(struct equipment *e, enum hj_state state)
{
	bool same = state == e->state;

	if (state == HJ_STATE_RUNNING) {
		e->hours_ms += same ? e->waiting_ms : e->waiting_run_ms;
		e->since.run_ms += same ? e->since.waiting_ms : e->since.waiting_run_ms;
		e->energy += same ? e->waiting_energy : e->waiting_run_energy;
	}
	wait_no_more(e);
}

static void count(struct equipment *e, int64_t to_ms)
{
	double ms = (double)(to_ms - e->counted_ms);

	e->counted_ms = to_ms;
	if (e->raw == HJ_STATE_UNKNOWN)
		return;
	e->day_known = true;
	e->since.known_ms += ms;
	if (e->raw != e->state) {
		double run_ms = e->raw == HJ_STATE_RUNNING ? ms : 0;

		e->waiting_ms += ms;
		e->waiting_run_ms += run_ms;
		e->since.waiting_ms += ms;
		e->since.waiting_run_ms += run_ms;
	} else if (e->raw == HJ_STATE_RUNNING) {
		e->hours_ms += ms;
		e->since.run_ms += ms;
	}
}

static bool has_energy(const struct equipment *e)
{
	return e->plan->energy != HJ_JUDGE_NONE || e->plan->power != HJ_JUDGE_NONE;
}

static struct other_day today(const struct equipment *e)
{
	return (struct other_day){ e->day_ms, e->hours_ms, e->energy };
}

static void tell_day(struct hj_judge *j, size_t i, const struct other_day *day)
{
	struct equipment *e = &j->equipment[i];
	struct hj_conclusion c;

	conclusion_init(j, HJ_CONCLUDES_RUNTIME, &c);
	c.ended = true;
	c.number = ++j->number;
	c.equipment = i;
	c.begin_ms = c.from_ms = day->day_ms;
	c.end_ms = c.to_ms = day->day_ms + day_length(j);
	c.maintained = e->maintained;
	c.hours = day->hours_ms / HOUR_MS;
	if (has_energy(e))
		c.energy = day->energy;
	e->told = *day;
	j->tell(j->data, &c);
}

/* At its end what is waited for counts as it is seen. */
static void add_waiting(struct equipment *e)
{
	e->hours_ms += e->waiting_run_ms;
	e->energy += e->waiting_run_energy;
	e->since.run_ms += e->since.waiting_run_ms;
	wait_no_more(e);
}

/* Of a day that nothing is known of nothing is said, nor of one that is not over. By the clock of one that is, the
 * day that it left was none. What the meter grows by until it is read next is the next one's. */
static void close_day(struct hj_judge *j, size_t i, int64_t next_ms, bool over)
{
	struct equipment *e = &j->equipment[i];
	struct other_day day;

	add_waiting(e);
	day = today(e);
	if (over)
		e->left.day_ms = BEFORE;
	if (over && e->day_known)
		tell_day(j, i, &day);
	e->hours_ms = e->energy = 0;
	e->day_known = e->doubted = false;
	e->day_ms = next_ms;
}

/* It ends by itself. A clock that was set back is believed when a whole day has passed by it; and where it comes to
 * the day that it left, that one was none. */
static void end_day(struct hj_judge *j, size_t i, int64_t next_ms)
{
	struct equipment *e = &j->equipment[i];

	close_day(j, i, next_ms, !e->doubted);
	if (e->left.day_ms <= next_ms)
		e->left.day_ms = BEFORE;
}

void day_count(struct hj_judge *j, size_t i, int64_t ms)
{
	struct equipment *e = &j->equipment[i];
	int64_t length = day_length(j);

	if (e->counted_ms == BEFORE)
		e->counted_ms = later(ms, e->day_ms);
	while (ms >= e->day_ms + length) {
		if (e->counted_ms < e->day_ms + length)
			count(e, e->day_ms + length);
		end_day(j, i, e->day_ms + length);
	}
	if (ms > e->counted_ms)
		count(e, ms);
}

/* It counted on after a fall, and is at one stride, wider than all that, where it was before: what it said meanwhile
 * was nothing. */
static bool came_back(const struct equipment *e, int64_t ms, double value)
{
	return value >= e->fall.from && ms - e->fall.ms <= RETURN_MS &&
	       value - e->meter > e->meter - e->fall.to;
}

/* A total grows. One that falls has begun anew where it goes on from there; where it is at once as high as it was, it
 * was misread: a meter that says 0 while it starts, a last digit that trembles. Until then nothing is counted. */
static double total_stride(struct equipment *e, int64_t ms, double value)
{
	bool fell = value < e->meter;
	double grown = value - (fell ? e->fell_to : e->meter);

	if (fell && !(grown > 0)) {
		e->fell_to = value;
		return 0;
	}
	if (fell) {
		e->fall.from = e->meter;
		e->fall.to = e->fell_to;
		e->fall.ms = ms;
	} else if (came_back(e, ms, value)) {
		grown -= e->fall.from - e->fall.to;
		e->fall.from = NAN;
	}
	e->fell_to = NAN;
	e->meter = value;
	return grown;
}

/* Is this the first reading of another meter? Up to its last one the one before it is counted. */
static bool is_swapped(struct equipment *e, int64_t ms, double value)
{
	if (e->swapped_ms <= e->meter_ms || ms < e->swapped_ms)
		return false;
	forget_falls(e);
	e->meter = value;
	e->meter_ms = ms;
	return true;
}

/* What it grew by in a silence that began on another day is no day's: nobody knows how much of it is this one's. */
static double total_grown(const struct hj_judge *j, struct equipment *e, int64_t ms, double value)
{
	int64_t silent_ms = j->points[e->plan->energy].plan->silent_ms;
	bool known = e->meter_ms != BEFORE;
	bool silent = known && e->meter_ms < e->day_ms && ms - e->meter_ms > silent_ms;
	double grown;

	if (is_swapped(e, ms, value))
		return 0;
	grown = total_stride(e, ms, value);
	if (isnan(e->fell_to))
		e->meter_ms = ms;
	return known && !silent ? fmax(grown, 0) : 0;
}

/* Power is what it was until it is read again. */
static double power_grown(const struct hj_judge *j, struct equipment *e, int64_t ms, double value)
{
	bool known = e->meter_ms != BEFORE && ms - e->meter_ms <= j->points[e->plan->power].plan->silent_ms;
	double grown = known ? e->meter * (double)(ms - e->meter_ms) / HOUR_MS : 0;

	e->meter = value;
	e->meter_ms = ms;
	return grown;
}

/* Where nothing is known of the time since, by what is seen now. */
static void share_out(struct equipment *e, double grown)
{
	double known_ms = e->since.known_ms;

	if (!(grown > 0) || (known_ms <= 0 && e->raw == HJ_STATE_UNKNOWN))
		return;
	if (known_ms > 0) {
		e->energy += grown * (e->since.run_ms / known_ms);
		e->waiting_energy += grown * (e->since.waiting_ms / known_ms);
		e->waiting_run_energy += grown * (e->since.waiting_run_ms / known_ms);
	} else if (e->raw != e->state) {
		e->waiting_energy += grown;
		e->waiting_run_energy += e->raw == HJ_STATE_RUNNING ? grown : 0;
	} else if (e->raw == HJ_STATE_RUNNING) {
		e->energy += grown;
	}
}

void day_energy(struct hj_judge *j, size_t i, int64_t ms, double value, bool total)
{
	struct equipment *e = &j->equipment[i];
	double grown;

	day_count(j, i, ms);
	grown = total ? total_grown(j, e, ms, value) : power_grown(j, e, ms, value);
	if (e->meter_ms != ms) /* a total that fell: it waits to be seen again */
		return;
	share_out(e, grown);
	memset(&e->since, 0, sizeof(e->since));
}

/* The first reading after midnight ends the day; without one, silence does. */
int64_t day_due(const struct hj_judge *j, size_t i)
{
	const struct equipment *e = &j->equipment[i];
	int64_t silent = 0;

	for (size_t k = 0; k < e->plan->sign_count; k++)
		silent = later(silent, j->points[e->plan->signs[k].point].plan->silent_ms);
	return e->day_ms + day_length(j) + silent;
}

void day_close(struct hj_judge *j, size_t i)
{
	int64_t next = hj_window_start(j->now_ms, day_length(j));

	if (day_due(j, i) > j->now_ms)
		return;
	end_day(j, i, next);
	j->equipment[i].counted_ms = BEFORE;
}

/* The clock was set back a little over midnight: the day before it has been told, and this one begins again soon. */
static bool begins_soon(const struct hj_judge *j, const struct equipment *e)
{
	return e->day_ms > j->now_ms && e->day_ms - j->now_ms <= day_length(j) / HOURS_PER_DAY;
}

/* It is told when it is over, whole; where it was told already, when a clock left it, that was a part. It has no more
 * hours than have passed of it. */
static void go_on_with(const struct hj_judge *j, struct equipment *e, const struct other_day *day)
{
	e->day_known = true;
	e->hours_ms = fmin(day->hours_ms, (double)(j->now_ms - day->day_ms));
	e->energy = day->energy;
}

/* The day that was left is come to, or is over. */
static void return_to(struct hj_judge *j, size_t i, struct other_day left)
{
	struct equipment *e = &j->equipment[i];

	e->left.day_ms = BEFORE;
	if (left.day_ms == e->day_ms)
		go_on_with(j, e, &left);
	else
		tell_day(j, i, &left);
}

/* A day that the clock has left is over, but where the clock goes back: it may be behind from then on, and is until
 * it is set to the day that it left, or beyond. */
static void set_day(struct hj_judge *j, size_t i, int64_t day_ms)
{
	struct equipment *e = &j->equipment[i];
	bool back = day_ms < e->day_ms;
	bool behind = e->left.day_ms > e->day_ms;
	bool returns = behind && day_ms >= e->left.day_ms;

	add_waiting(e);
	if (back && !behind && e->day_known)
		e->left = today(e);
	close_day(j, i, day_ms, !back && !returns && !e->doubted);
	if (e->told.day_ms == day_ms)
		go_on_with(j, e, &e->told);
	else if (returns)
		return_to(j, i, e->left);
	else
		e->doubted = later(e->told.day_ms, e->left.day_ms) > day_ms;
}

/* What lies between is not counted. */
void day_skip(struct hj_judge *j, size_t i)
{
	struct equipment *e = &j->equipment[i];
	int64_t day = hj_window_start(j->now_ms, day_length(j));

	if (day != e->day_ms && !begins_soon(j, e))
		set_day(j, i, day);
	e->counted_ms = e->meter_ms = BEFORE;
	memset(&e->since, 0, sizeof(e->since));
	forget_falls(e);
}
