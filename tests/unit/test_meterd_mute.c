/* A meter that is silent where others refuse: what it does not have is found and asked around, and it is not called
 * dead; one that is dead, or on a bad line, is asked as before. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/meterd/meterd.h"
#include "hjgate/now.h"

#define POINTS_MOST 8
#define HOUR        (3600 * HJ_USEC_PER_SEC)

static struct {
	bool dead;
	unsigned noise;         /* of a hundred questions so many are lost */
	uint32_t absent, until; /* registers of the holding table: nothing is said of a request with one of them */
	unsigned asked;
	bool slow; /* answers of more than one register come after they were given up */
	struct hj_question before;
} port;

static int fake_open(struct bus *b)
{
	b->is_open = true;
	return 0;
}

static void fake_close(struct bus *b)
{
	b->is_open = false;
}

static int fake_ask(struct bus *b, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	(void)b;
	(void)timeout;
	memset(ret, 0, sizeof(*ret));
	port.asked++;
	ret->is.why = "no answer";
	ret->late_whole = port.slow && port.before.count > 1;
	ret->late = port.before;
	port.before = *q;
	if (port.slow && q->count > 1)
		return -ETIMEDOUT;
	if (port.dead || (unsigned)(random() % 100) < port.noise)
		return -ETIMEDOUT;
	if (q->table == HJ_TABLE_HOLDING && q->address < port.until && port.absent < q->address + q->count)
		return -ETIMEDOUT;
	ret->is.length = (size_t)q->count * 2;
	return 0;
}

static void fake_free(struct bus *b)
{
	(void)b;
}

struct world {
	struct bus bus;
	struct hj_conf_meter meter;
	struct hj_conf_point points[POINTS_MOST];
	struct meterd m;
};

static void set_up(struct world *w, const uint32_t *holding, size_t n, bool input)
{
	static const struct bus_ops ops = {
		.open = fake_open, .close = fake_close, .ask = fake_ask, .free = fake_free
	};

	memset(&port, 0, sizeof(port));
	memset(w, 0, sizeof(*w));
	w->bus.ops = &ops;
	for (size_t i = 0; i < n + input; i++)
		w->points[i] = (struct hj_conf_point){ .table = i < n ? HJ_TABLE_HOLDING : HJ_TABLE_INPUT,
			.address = i < n ? holding[i] : 0,
			.codec = { .type = HJ_TYPE_UINT16, .scale = 1 },
			.point = { .interval_ms = 86400000 } };
	w->meter = (struct hj_conf_meter){ .unit_id = 1, .points = w->points, .point_count = n + input };
	w->m.conf.kind = HJ_BUS_tcp;
	w->m.conf.meters = &w->meter;
	w->m.conf.meter_count = 1;
	w->m.conf.retries = 1;
	w->m.conf.response_timeout = 500;
	w->m.bus = &w->bus;
	outbox_init(&w->m.outbox);
	assert_int_equal(requests_new(&w->m), 0);
	assert_int_equal(samples_new(&w->m), 0);
}

static void tear_down(struct world *w)
{
	samples_free(&w->m);
	requests_free(&w->m);
	outbox_done(&w->m.outbox);
	frames_done(&w->m.frames);
}

/* A due time of all of it, and what comes of that at once. A rest is over by then. */
static void round_of(struct world *w)
{
	hj_usec now = hj_now().mono;

	for (size_t i = 0; i < w->m.schedule.count; i++)
		w->m.schedule.slots[i].due = now + HOUR;
	w->m.quarantine.units[0].tried = w->m.quarantine.units[0].rest = 0;
	hj_schedule_all_soon(&w->m.schedule, now);
	for (int turns = 0; turns < 100 && poll_turn(&w->m) <= hj_now().mono; turns++)
		;
}

/* Of each point, the flag of its newest sample. */
static void newest(const struct world *w, char flags[POINTS_MOST + 1])
{
	struct hj_sample s;

	memset(flags, 0, POINTS_MOST + 1);
	for (uint64_t n = 1; n < outbox_next(&w->m.outbox); n++) {
		assert_true(outbox_get(&w->m.outbox, n, &s));
		flags[s.point] = (char)s.flag;
	}
}

static void a_silent_hole_is_asked_around(void **state)
{
	static const uint32_t at[] = { 0, 1, 100, 101 };
	char flags[POINTS_MOST + 1];
	struct world w;

	(void)state;
	/* With another request that is answered, and without any. */
	for (int input = 0; input < 2; input++) {
		set_up(&w, at, hj_array_size(at), input);
		assert_int_equal(w.m.plan.count, 1 + input);
		port.absent = 2;
		port.until = 100;
		round_of(&w);
		assert_int_equal(w.m.splits.count, 1);
		assert_int_equal(w.m.splits.list[0].cut, 100);
		assert_string_equal(
		        w.m.meters[0].last_error, "no answer at holding 0, count 102, but to others: see barriers");
		newest(&w, flags);
		assert_string_equal(flags, input ? "NNNNN" : "NNNN"); /* in the window in which it was found */
		assert_int_equal(w.m.meters[0].state, METER_OK);
		assert_false(hj_quarantine_has(&w.m.quarantine, 0));
		assert_true(
		        w.m.quarantine.units[0].credit == w.m.quarantine.credit_most); /* it is trusted as before */
		port.asked = 0;
		round_of(&w);
		assert_int_equal(port.asked, 2 + input);
		tear_down(&w);
	}
}

static void a_dead_meter_is_not_cut_up(void **state)
{
	static const uint32_t at[] = { 0, 1, 100, 101 };
	char flags[POINTS_MOST + 1];
	struct world w;

	(void)state;
	set_up(&w, at, hj_array_size(at), true);
	port.dead = true;
	for (int i = 0; i < 20; i++)
		round_of(&w);
	assert_true(hj_quarantine_has(&w.m.quarantine, 0));
	assert_int_equal(w.m.meters[0].state, METER_LOST);
	newest(&w, flags);
	assert_string_equal(flags, "BBBBB");
	port.dead = false;
	round_of(&w);
	newest(&w, flags);
	assert_string_equal(flags, "NNNNN");
	/* One that was read before, and comes and goes. */
	for (int i = 0; i < 50; i++) {
		port.dead = i % 3;
		round_of(&w);
	}
	assert_int_equal(w.m.splits.count, 0);
	assert_int_equal(w.m.plan.count, 2);
	tear_down(&w);
}

static void a_noisy_line_cuts_nothing_up(void **state)
{
	static const uint32_t at[] = { 0, 1, 100, 101 };
	struct world w;

	(void)state;
	srandom(7);
	set_up(&w, at, hj_array_size(at), true);
	round_of(&w);
	port.noise = 30;
	for (int i = 0; i < 2000; i++)
		round_of(&w);
	assert_int_equal(w.m.splits.count, 0);
	tear_down(&w);
}

static void a_slow_meter_is_not_cut_up(void **state)
{
	static const uint32_t at[] = { 0, 1, 100, 101 };
	struct world w;

	(void)state;
	set_up(&w, at, hj_array_size(at), true);
	port.slow = true;
	for (int i = 0; i < 20; i++)
		round_of(&w);
	assert_int_equal(w.m.splits.count, 0);
	tear_down(&w);
}

/* It costs itself, and not the meter that answers all others. */
static void a_point_that_is_absent_stands_alone(void **state)
{
	static const uint32_t at[] = { 0, 1, 2, 3, 4 };
	char flags[POINTS_MOST + 1];
	struct world w;

	(void)state;
	for (uint32_t absent = 0; absent < hj_array_size(at); absent++) {
		set_up(&w, at, hj_array_size(at), true);
		port.absent = absent;
		port.until = absent + 1;
		for (int i = 0; i < 12; i++)
			round_of(&w);
		newest(&w, flags);
		for (size_t i = 0; i < hj_array_size(at); i++)
			assert_int_equal(flags[i], i == absent ? 'B' : 'N');
		assert_int_equal(w.m.meters[0].state, METER_OK);
		assert_int_equal(w.m.splits.count, 1);
		assert_int_equal(w.m.splits.list[0].cut, 0);
		assert_int_equal(w.m.splits.list[0].from, absent);
		assert_false(hj_quarantine_has(&w.m.quarantine, 0));
		/* It is asked once a round, not twice, and not at all where the bus has no time for its silence. */
		port.asked = 0;
		round_of(&w);
		assert_int_equal(port.asked, w.m.plan.count);
		w.m.quarantine.purse = 0;
		w.m.cost.turnaround_us = 0;
		port.asked = 0;
		round_of(&w);
		assert_int_equal(port.asked, w.m.plan.count - 1);
		newest(&w, flags);
		assert_int_equal(flags[absent], 'B');
		tear_down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_hole_is_asked_around),
		cmocka_unit_test(a_dead_meter_is_not_cut_up),
		cmocka_unit_test(a_noisy_line_cuts_nothing_up),
		cmocka_unit_test(a_slow_meter_is_not_cut_up),
		cmocka_unit_test(a_point_that_is_absent_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
