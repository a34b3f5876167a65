/* Virtual time: no drift, no due time without its turn, a fast lane that a scan does not hold up, and dead meters
 * that cost the others no more than 2 %. */
/* long because: the grid, the lanes and dead meters, all on one virtual bus */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "virtual_bus.h"

#define MS      HJ_USEC_PER_MS
#define SEC     HJ_USEC_PER_SEC
#define HOUR    (3600 * SEC)
#define T0      (1000 * SEC)
#define TIMEOUT (500 * MS)

static void add(struct virtual_bus *b, size_t meter, uint32_t interval_ms, uint32_t fast_ms, hj_usec takes)
{
	const struct hj_timing timing = { .meter = meter, .interval_ms = interval_ms, .fast_ms = fast_ms };

	b->requests[b->count++] = (struct virtual_request){ .timing = timing, .takes = takes };
}

static struct virtual_bus *bus_new(void)
{
	struct virtual_bus *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->now = T0;
	b->cost = hj_bus_cost_of(HJ_BUS_rtu, 9600, 10);
	for (size_t i = 0; i < VIRTUAL_METERS_MAX; i++)
		b->turnaround[i] = 15 * MS;
	return b;
}

static void start(struct virtual_bus *b, size_t meters)
{
	assert_int_equal(virtual_bus_init(b, meters, TIMEOUT, 1, 0), 0);
}

static void go_on(struct virtual_bus *b, hj_usec until)
{
	while (b->now < until)
		virtual_bus_turn(b, until);
}

static void bus_free(struct virtual_bus *b)
{
	virtual_bus_done(b);
	free(b);
}

/* ---- the grid ---- */

static void does_not_drift(void **state)
{
	struct virtual_bus *b = bus_new();

	(void)state;
	add(b, 0, 1000, 0, 37 * MS);
	add(b, 1, 2000, 0, 38 * MS);
	add(b, 1, 300000, 0, 80 * MS);
	start(b, 2);
	go_on(b, T0 + 3600 * SEC);
	assert_int_equal(b->requests[0].answered, 3600 + 1); /* once at once */
	assert_int_equal(b->requests[1].answered, 1800 + 1);
	assert_int_equal(b->requests[2].answered, 12 + 1);
	for (size_t i = 0; i < b->count; i++)
		assert_false(b->requests[i].drifted);
	assert_int_equal(b->schedule.overruns, 0);
	bus_free(b);
}

/* However a process starts in a window, from the next on each has one reading of what is read once a window: its
 * place is well within. */
static void a_window_has_its_sample(void **state)
{
	(void)state;
	for (hj_usec begin = T0; begin < T0 + 300 * SEC; begin += 7 * SEC + 1) {
		struct virtual_bus *b = bus_new();

		b->now = begin;
		for (size_t i = 0; i < 20; i++)
			add(b, i, 300000, 0, 100 * MS);
		start(b, 20);
		for (size_t i = 0; i < b->count; i++)
			assert_in_range(b->schedule.slots[i].due % (300 * SEC), HJ_SCHEDULE_MARGIN, 10 * SEC);
		go_on(b, begin + 5 * SEC);
		for (size_t i = 0; i < b->count; i++)
			assert_in_range(b->requests[i].answered, 1, 2);
		bus_free(b);
	}
}

/* What a total shows then is what it grew to in the window; on a bus without time for it, it is where all else is. */
static void a_total_is_read_towards_the_end(void **state)
{
	(void)state;
	for (hj_usec takes = 100 * MS; takes <= 1000 * MS; takes += 900 * MS) {
		hj_usec least = takes < 1000 * MS ? 300 * SEC - HJ_SCHEDULE_LEAD : HJ_SCHEDULE_MARGIN;
		struct virtual_bus *b = bus_new();

		for (size_t i = 0; i < 20; i++) {
			add(b, i, 300000, 0, takes);
			b->requests[i].timing.total = true;
			b->requests[i].timing.takes = takes;
		}
		add(b, 20, 60000, 0, 100 * MS);
		start(b, 21);
		for (size_t i = 0; i < 20; i++)
			assert_in_range(b->schedule.slots[i].due % (300 * SEC), least, least + 6 * SEC);
		assert_in_range(b->schedule.slots[20].due % (60 * SEC), HJ_SCHEDULE_MARGIN, 6 * SEC);
		go_on(b, T0 + 3600 * SEC);
		for (size_t i = 0; i < 20; i++)
			assert_int_equal(b->requests[i].answered, 12 + 1);
		bus_free(b);
	}
}

/* Meters that take far longer than the price list says: after the first window none is without its reading, however
 * the answers vary. Where they are quick again, the end is their place again. */
static void slow_answers_leave_no_window_without(void **state)
{
	static const struct {
		size_t meters;
		hj_usec takes;
	} slow[] = { { 30, 1000 * MS }, { 16, 2100 * MS }, { 40, 800 * MS } };
	const hj_usec window = 300 * SEC, windows = 30;

	(void)state;
	srandom(7);
	for (size_t k = 0; k < hj_array_size(slow); k++) {
		struct hj_timing timings[40] = { 0 };
		unsigned got[40][31] = { 0 };
		hj_usec now = T0, next = (T0 / window + 1) * window, took;
		struct hj_quarantine q;
		struct hj_schedule s;
		struct hj_due due;

		for (size_t i = 0; i < slow[k].meters; i++)
			timings[i] = (struct hj_timing){
				.meter = i, .interval_ms = 300000, .total = true, .takes = 50 * MS
			};
		assert_int_equal(hj_quarantine_init(&q, slow[k].meters, 0, TIMEOUT, 1, now), 0);
		assert_int_equal(hj_schedule_init(&s, timings, slow[k].meters, 0, now), 0);
		assert_true(s.slots[0].at_end);
		while (now < T0 + windows * window) {
			if (now >= next) {
				hj_schedule_place(&s, now);
				next += window;
			}
			if (hj_schedule_next(&s, &q, now, &due) == HJ_TURN_NONE) {
				hj_usec then = hj_schedule_due(&s, &q);

				now = hj_min(then, next);
				continue;
			}
			took = now < T0 + windows / 2 * window ? slow[k].takes : 50 * MS;
			took = took * 3 / 4 + (hj_usec)random() % (took / 2);
			now += took;
			hj_schedule_took(&s, due.slot, took);
			got[due.slot][(now - T0 / window * window) / window]++;
		}
		for (size_t i = 0; i < slow[k].meters; i++)
			for (size_t w = 1; w < windows; w++)
				assert_in_range(got[i][w], 1, 2);
		assert_true(s.slots[0].at_end);
		hj_schedule_done(&s);
		hj_quarantine_done(&q);
	}
}

/* A minute's is read a quarter of it before its end, a second's too. */
static void a_short_interval_has_a_short_lead(void **state)
{
	static const uint32_t intervals[] = { 1000, 60000, 119000 };

	(void)state;
	for (size_t i = 0; i < hj_array_size(intervals); i++) {
		const struct hj_timing timing = { .interval_ms = intervals[i], .total = true };
		struct hj_schedule s;

		assert_int_equal(hj_schedule_init(&s, &timing, 1, 0, T0), 0);
		assert_int_equal(s.slots[0].phase, intervals[i] * MS / 4 * 3);
		hj_schedule_done(&s);
	}
}

static void the_grid_follows_the_wall_clock(void **state)
{
	const struct hj_now before = { .wall_ms = 1790000000000, .mono = T0 },
	                    slewed = { .wall_ms = 1790000600030, .mono = T0 + 600 * SEC },
	                    more = { .wall_ms = 1790001200080, .mono = T0 + 1200 * SEC },
	                    stepped = { .wall_ms = 1790001380080 - 3600000, .mono = T0 + 1380 * SEC };
	const struct hj_timing timing = { .interval_ms = 300000 };
	int64_t origin = hj_schedule_origin(&before);
	struct hj_quarantine q;
	struct hj_schedule s;
	struct hj_due due;

	(void)state;
	assert_int_equal(hj_quarantine_init(&q, 1, 0, TIMEOUT, 1, T0), 0);
	assert_int_equal(hj_schedule_init(&s, &timing, 1, origin, T0), 0);
	assert_int_equal(hj_schedule_next(&s, &q, T0, &due), HJ_TURN_ASK);
	assert_false(due.on_grid);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hj_schedule_next(&s, &q, s.slots[0].due, &due), HJ_TURN_ASK);
		assert_true(due.on_grid);
	}
	/* 30 ms are let be, 80 in all are not, and no sample is lost or doubled by them. */
	hj_schedule_align(&s, hj_schedule_origin(&slewed), slewed.mono);
	assert_true(s.origin == origin);
	assert_int_equal(hj_schedule_next(&s, &q, s.slots[0].due, &due), HJ_TURN_ASK);
	assert_int_equal(hj_schedule_next(&s, &q, s.slots[0].due, &due), HJ_TURN_ASK);
	due.due = s.slots[0].due;
	hj_schedule_align(&s, hj_schedule_origin(&more), more.mono);
	assert_int_equal(due.due - s.slots[0].due, 80 * MS);
	assert_true(s.slots[0].soon == HJ_USEC_NEVER);
	while (hj_schedule_next(&s, &q, stepped.mono, &due) != HJ_TURN_NONE)
		;
	/* An hour back is a whole number of intervals: nothing moves. Two minutes more do. */
	hj_schedule_align(&s, hj_schedule_origin(&stepped), stepped.mono);
	assert_true(s.slots[0].soon == HJ_USEC_NEVER);
	hj_schedule_align(&s, hj_schedule_origin(&stepped) + (int64_t)(120 * SEC), stepped.mono);
	assert_true(s.slots[0].soon == stepped.mono);
	assert_in_range(s.slots[0].due, stepped.mono + 1, stepped.mono + 300 * SEC);
	hj_schedule_done(&s);
	hj_quarantine_done(&q);
}

/* A machine without a battery for its clock is given the time within the first interval after its start: a request
 * whose turn is still to come has no place before that on the new grid. */
static void a_clock_set_right_after_the_start_loses_no_turn(void **state)
{
	const struct hj_now begin = { .wall_ms = 946684800000, .mono = 2 * SEC };
	const struct hj_timing timing = { .interval_ms = 300000 };

	(void)state;
	for (unsigned s_after = 10; s_after < 600; s_after += 7) {
		struct hj_now set = { .wall_ms = 1790000000000 + 1000 * s_after, .mono = begin.mono + s_after * SEC };
		struct hj_schedule s;

		assert_int_equal(hj_schedule_init(&s, &timing, 1, hj_schedule_origin(&begin), begin.mono), 0);
		s.slots[0].soon = HJ_USEC_NEVER;
		s.slots[0].due = set.mono - 5 * SEC;
		hj_schedule_align(&s, hj_schedule_origin(&set), set.mono);
		assert_true(hj_min(s.slots[0].due, s.slots[0].soon) <= set.mono);
		assert_true(s.slots[0].due <= set.mono + 300 * SEC);
		hj_schedule_done(&s);
	}
}

/* ---- lanes ---- */

/* Eight slow meters of three blocks, due in a burst, and two switches looked at every 200 ms. */
static void a_scan_holds_up_no_switch(void **state)
{
	struct virtual_bus *b = bus_new();
	const hj_usec longest = 260 * MS, look = 25 * MS;

	(void)state;
	for (size_t i = 0; i < 24; i++)
		add(b, i / 3, 10000, 0, i % 3 ? 60 * MS : longest);
	add(b, 8, 10000, 200, look);
	add(b, 9, 10000, 200, look);
	start(b, 10);
	go_on(b, T0 + 600 * SEC);
	for (size_t i = 24; i < 26; i++) {
		/* its own lane has two in it */
		assert_in_range(b->requests[i].latest, 0, longest + look);
		assert_in_range(b->requests[i].answered, 60, 62);
		assert_in_range(b->requests[i].looked + b->requests[i].answered, 2700, 3001);
	}
	for (size_t i = 0; i < 24; i++) {
		assert_in_range(b->requests[i].answered, 60, 62);
		assert_false(b->requests[i].drifted);
	}
	assert_int_equal(b->schedule.overruns, 0);
	bus_free(b);
}

/* 200 requests of five minutes, 25 s of work in a burst, and one of every second beside them. */
static void a_short_interval_does_not_wait_for_a_long_scan(void **state)
{
	struct virtual_bus *b = bus_new();

	(void)state;
	for (size_t i = 0; i < 200; i++)
		add(b, i / 8, 300000, 0, 125 * MS);
	add(b, 25, 1000, 0, 40 * MS);
	start(b, 26);
	go_on(b, T0 + 1800 * SEC);
	assert_in_range(b->requests[200].answered, 1800, 1802);
	assert_in_range(b->requests[200].latest, 0, 125 * MS);
	assert_int_equal(b->schedule.overruns, 0);
	bus_free(b);
}

/* A fast lane that would take all of the bus leaves half of it to the scan. */
static void a_fast_lane_starves_nobody(void **state)
{
	struct virtual_bus *b = bus_new();

	(void)state;
	add(b, 0, 10000, 50, 60 * MS);
	add(b, 1, 10000, 50, 60 * MS);
	for (size_t i = 0; i < 10; i++)
		add(b, 2, 10000, 0, 60 * MS);
	start(b, 3);
	go_on(b, T0 + 600 * SEC);
	for (size_t i = 0; i < b->count; i++)
		assert_in_range(b->requests[i].answered, 59, 62);
	assert_int_equal(b->schedule.overruns, 0);
	bus_free(b);
}

/* A bus that is too slow asks each in turn; what it has no time for is counted. */
static void overload_is_fair_and_counted(void **state)
{
	struct virtual_bus *b = bus_new();

	(void)state;
	for (size_t i = 0; i < 3; i++)
		add(b, i, 1000, 0, 500 * MS);
	start(b, 3);
	go_on(b, T0 + 300 * SEC);
	for (size_t i = 0; i < 3; i++) {
		assert_in_range(b->requests[i].answered, 190, 210);
		assert_false(b->requests[i].drifted);
	}
	assert_in_range(b->schedule.overruns, 280, 310);
	bus_free(b);
}

/* ---- dead meters ---- */

#define METERS 8
#define BLOCKS 3

/* 8 meters of three blocks that are asked as fast as the wire can: what is due is always overdue. */
static struct virtual_bus *busy_new(void)
{
	struct virtual_bus *b = bus_new();

	for (size_t i = 0; i < METERS * BLOCKS; i++)
		add(b, i / BLOCKS, 1000, 0, 70 * MS);
	start(b, METERS);
	return b;
}

struct tally {
	uint64_t healthy, others;
	hj_usec at;
};

static struct tally tally(const struct virtual_bus *b, size_t healthy)
{
	struct tally t = { .at = b->now };

	for (size_t i = 0; i < b->count; i++)
		*(b->requests[i].timing.meter < healthy ? &t.healthy : &t.others) += b->requests[i].answered;
	return t;
}

/* How much longer the healthy wait between two readings than the answers alone make them wait. */
static double stretch(const struct tally *from, const struct tally *to)
{
	uint64_t answers = to->healthy - from->healthy + to->others - from->others;

	return (double)(to->at - from->at) / (double)(answers * 70 * MS);
}

/* The first time after `since` at which all blocks of the meter have been read; 0. */
static hj_usec whole_again(const struct virtual_bus *b, size_t meter, hj_usec since)
{
	hj_usec at = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct virtual_request *q = &b->requests[i];

		if (q->timing.meter != meter)
			continue;
		if (q->last < since)
			return 0;
		at = hj_max(at, q->last);
	}
	return at;
}

/* Two of eight never answered: 1.02 at most, and back within 30 s. */
static void two_dead_meters_cost_two_percent(void **state)
{
	struct virtual_bus *b = busy_new();
	struct tally from, to;
	hj_usec revived, at;

	(void)state;
	b->dead[6] = b->dead[7] = true;
	go_on(b, T0 + 60 * SEC);
	from = tally(b, 6);
	go_on(b, T0 + 1 * HOUR);
	to = tally(b, 6);
	assert_int_equal(to.others, 0);
	assert_true(stretch(&from, &to) <= 1.02);
	assert_true(stretch(&from, &to) > 1.005); /* they are tried */
	for (int i = 0; i < 200; i++) {
		hj_usec before = b->now + (hj_usec)i * 331 * MS;

		go_on(b, before);
		revived = b->now;
		b->dead[6 + i % 2] = false;
		while (!(at = whole_again(b, 6 + (size_t)i % 2, revived)) && b->now < revived + 60 * SEC)
			virtual_bus_turn(b, revived + 60 * SEC);
		assert_true(at);
		assert_in_range(at - revived, 0, 30 * SEC);
		b->dead[6 + i % 2] = true;
	}
	bus_free(b);
}

/* Two stations at 2400 baud that take their time to answer: a try is not cut below what they have needed. */
static void slow_lines_get_their_units_back(void **state)
{
	struct virtual_bus *b = bus_new();
	hj_usec back, at = 0;

	(void)state;
	b->cost = hj_bus_cost_of(HJ_BUS_dlt645, 2400, 11);
	for (size_t i = 0; i < 8; i++) {
		add(b, i, 60000, 0, 500 * MS);
		b->turnaround[i] = 140 * MS;
	}
	assert_int_equal(virtual_bus_init(b, 8, 800 * MS, 1, 0), 0);
	go_on(b, T0 + 1800 * SEC);
	b->dead[2] = b->dead[3] = true;
	go_on(b, T0 + 3600 * SEC);
	assert_int_equal(b->quarantine.resting, 2);
	b->busy = 0;
	go_on(b, T0 + 5400 * SEC);
	assert_in_range(b->busy - 30 * 6 * 500 * MS, 0, 1800 * SEC / 50);
	back = b->now;
	while (!at && b->now < back + 300 * SEC) {
		hj_usec cut = b->quarantine.units[2].least;

		assert_true(cut > hj_bus_cost_silent(&b->cost, b->turnaround[2]));
		b->dead[2] = false;
		virtual_bus_turn(b, back + 300 * SEC);
		at = whole_again(b, 2, back);
	}
	assert_in_range(at - back, 1, 40 * SEC);
	bus_free(b);
}

/* Two of eight that come and go, from seconds to many minutes. */
static void flapping_meters_cost_two_percent(void **state)
{
	static const hj_usec spells[] = { 500 * MS, 3 * SEC, 11 * SEC, 47 * SEC, 200 * SEC, 1500 * SEC };

	(void)state;
	srandom(7);
	for (size_t k = 0; k < hj_array_size(spells); k++) {
		struct virtual_bus *b = busy_new();
		hj_usec next[2] = { 0 };
		struct tally from = { 0 }, to;

		while (b->now < T0 + 20 * HOUR) {
			for (size_t i = 0; i < 2; i++)
				if (b->now >= next[i]) {
					b->dead[6 + i] = !b->dead[6 + i];
					next[i] = b->now + spells[k] / 2 + (hj_usec)random() % spells[k];
				}
			virtual_bus_turn(b, T0 + 20 * HOUR);
			if (!from.at && b->now > T0 + 2 * HOUR)
				from = tally(b, 6);
		}
		to = tally(b, 6);
		if (stretch(&from, &to) > 1.02)
			fail_msg("spells of %llu us: %g", (unsigned long long)spells[k], stretch(&from, &to));
		assert_true(to.others > from.others);
		bus_free(b);
	}
}

/* The cable is cut for ten minutes and put back: all eight are read again within 15 s. */
static void a_cut_cable_is_not_eight_dead_meters(void **state)
{
	struct virtual_bus *b = busy_new();
	hj_usec back;

	(void)state;
	go_on(b, T0 + 60 * SEC);
	for (size_t i = 0; i < METERS; i++)
		b->dead[i] = true;
	go_on(b, T0 + 660 * SEC);
	assert_int_equal(b->quarantine.resting, METERS);
	for (size_t i = 0; i < METERS; i++)
		b->dead[i] = false;
	back = b->now;
	go_on(b, back + 15 * SEC);
	for (size_t i = 0; i < METERS; i++)
		assert_in_range(whole_again(b, i, back), back + 1, back + 16 * SEC);
	bus_free(b);
}

/* Each due time of a dead meter is told, on a bus that has time. */
static void what_a_dead_meter_owes_is_told(void **state)
{
	struct virtual_bus *b = bus_new();

	(void)state;
	for (size_t i = 0; i < 7; i++)
		add(b, i, 1000, i == 6 ? 250 : 0, 45 * MS);
	start(b, 7);
	b->dead[3] = b->dead[6] = true;
	go_on(b, T0 + 600 * SEC);
	for (size_t i = 0; i < 7; i++) {
		const struct virtual_request *q = &b->requests[i];

		assert_in_range(q->answered + q->missed + q->failed, 595, 603);
		assert_true(b->dead[i] ? q->answered == 0 : q->answered >= 595);
	}
	bus_free(b);
}

/* One at rest whose requests are not all known to it is tried with another one each time. */
static void tries_go_round_the_requests(void **state)
{
	struct virtual_bus *b = bus_new();
	bool tried[3] = { false };
	struct hj_due due;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		add(b, 0, 300000, 0, 45 * MS);
	start(b, 1);
	b->dead[0] = true;
	while (!hj_quarantine_has(&b->quarantine, 0))
		virtual_bus_turn(b, T0 + 60 * SEC);
	for (int i = 0; i < 3; i++) {
		b->now = hj_quarantine_due(&b->quarantine);
		assert_int_equal(hj_schedule_next(&b->schedule, &b->quarantine, b->now, &due), HJ_TURN_TRY);
		assert_false(tried[due.slot]);
		tried[due.slot] = true;
		hj_quarantine_failed(&b->quarantine, 0, true, b->now);
	}
	bus_free(b);
}

static void nothing_to_ask(void **state)
{
	const struct hj_timing zero = { .interval_ms = 0 };
	struct hj_quarantine q;
	struct hj_schedule s;
	struct hj_due due;

	(void)state;
	assert_int_equal(hj_quarantine_init(&q, 0, 0, TIMEOUT, 1, T0), 0);
	assert_int_equal(hj_schedule_init(&s, NULL, 0, 0, T0), 0);
	assert_int_equal(hj_schedule_next(&s, &q, T0, &due), HJ_TURN_NONE);
	assert_true(hj_schedule_due(&s, &q) == HJ_USEC_NEVER);
	hj_schedule_done(&s);
	hj_quarantine_done(&q);
	assert_int_equal(hj_schedule_init(&s, &zero, 1, 0, T0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_not_drift),
		cmocka_unit_test(a_window_has_its_sample),
		cmocka_unit_test(a_total_is_read_towards_the_end),
		cmocka_unit_test(slow_answers_leave_no_window_without),
		cmocka_unit_test(a_short_interval_has_a_short_lead),
		cmocka_unit_test(the_grid_follows_the_wall_clock),
		cmocka_unit_test(a_clock_set_right_after_the_start_loses_no_turn),
		cmocka_unit_test(a_scan_holds_up_no_switch),
		cmocka_unit_test(a_short_interval_does_not_wait_for_a_long_scan),
		cmocka_unit_test(a_fast_lane_starves_nobody),
		cmocka_unit_test(overload_is_fair_and_counted),
		cmocka_unit_test(two_dead_meters_cost_two_percent),
		cmocka_unit_test(slow_lines_get_their_units_back),
		cmocka_unit_test(flapping_meters_cost_two_percent),
		cmocka_unit_test(a_cut_cable_is_not_eight_dead_meters),
		cmocka_unit_test(what_a_dead_meter_owes_is_told),
		cmocka_unit_test(tries_go_round_the_requests),
		cmocka_unit_test(nothing_to_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
