/* Energy of a day: what a total grew by, or what power comes to, while the equipment ran. */
#include "judge_world.h"

static void energy_counts_while_it_runs(void **state)
{
	static struct world w;
	const struct hj_conclusion *c;
	double total = 1000;

	world_init(&w);
	w.equipment[PRESS].energy = ENERGY;
	world_begin(&w);
	go_on_counting(&w, 2 * HOUR, 6, &total);
	go_on_counting(&w, HOUR, 0, &total);
	go_on_counting(&w, 10 * SECOND, 6, &total); /* a mistake */
	go_on_counting(&w, HOUR, 0, &total);
	go_on_counting(&w, HOUR, 6, &total);
	go_on_counting(&w, 30 * SECOND, 0, &total); /* a short gap: stopped for too short a time */
	go_on_counting(&w, HOUR, 6, &total);
	go_on_counting(&w, 7 * HOUR, 0, &total);
	c = day_of(&w, PRESS);
	assert_non_null(c);
	assert_int_equal(c->begin_ms, NOON - 12 * HOUR);
	assert_int_equal(c->end_ms, NOON + 12 * HOUR);
	assert_float_equal(c->hours, 4 + 30.0 / 3600, 1e-9);
	assert_float_equal(c->energy, (4 * 360 + 3) * READING, 1e-9);
	assert_float_equal(day_of(&w, FAN)->hours, 12 - 10.0 / 3600, 1e-9);
	assert_true(isnan(day_of(&w, FAN)->energy));
	world_end(&w);
}

/* What it used while it ran, whichever register is read first. */
static void the_last_interval_of_a_run_counts(void **state)
{
	static struct world w;

	for (int energy_first = 0; energy_first < 2; energy_first++) {
		double total = 1000;

		world_init(&w);
		w.equipment[PRESS].energy = ENERGY;
		world_begin(&w);
		for (int i = 0; i < 2 * 360; i++) {
			double press = i < 360 ? 6 : 0;

			w.now += 10 * SECOND;
			if (!energy_first)
				give(&w, PRESS_A, press);
			give(&w, ENERGY, total += READING);
			if (energy_first)
				give(&w, PRESS_A, press);
			hj_judge_pass(w.j, w.now);
		}
		go_on_counting(&w, 11 * HOUR, 0, &total);
		assert_float_equal(day_of(&w, PRESS)->hours, 1, 1e-9);
		assert_float_equal(day_of(&w, PRESS)->energy, 360 * READING, 1e-9);
		world_end(&w);
	}
}

static double energy_of(const struct world *w)
{
	struct hj_judge_look look;

	hj_judge_look(w->j, PRESS, &look);
	return look.energy;
}

static void show(struct world *w, double total)
{
	w->now += 10 * SECOND;
	give(w, PRESS_A, 6);
	give(w, ENERGY, total);
}

/* A meter that says 0 while it starts and a last digit that trembles count nothing; one that was set back counts on
 * from where it begins. */
static void a_total_that_falls_counts_once(void **state)
{
	static struct world w;

	world_init(&w);
	w.equipment[PRESS].energy = ENERGY;
	world_begin(&w);
	for (int i = 0; i < 10; i++)
		show(&w, 50000);
	show(&w, 0);
	show(&w, 0);
	show(&w, 50000.5);
	assert_float_equal(energy_of(&w), 0.5, 1e-9);
	for (int i = 0; i < 100; i++)
		show(&w, i & 1 ? 50000.5 : 50000.25);
	assert_float_equal(energy_of(&w), 0.5, 1e-9);
	show(&w, 0.25);
	show(&w, 0.5);
	show(&w, 1);
	assert_float_equal(energy_of(&w), 1.25, 1e-9);
	/* It counts from 0 for a while, before it remembers what it had. */
	show(&w, 0);
	show(&w, 0.25);
	show(&w, 0.5);
	show(&w, 1.5);
	assert_float_equal(energy_of(&w), 1.75, 1e-9);
	/* Nobody looked meanwhile. */
	hj_judge_skip(w.j, w.now += HOUR);
	show(&w, 0);
	show(&w, 21);
	show(&w, 22);
	assert_float_equal(energy_of(&w), 2.75, 1e-9);
	world_end(&w);
}

/* Whether it shows more than the one before it or less, what they differ by was used by nobody; and each is begun
 * once. */
static void another_meter_counts_on(void **state)
{
	static const double shown[] = { 49700, 3 };

	for (size_t i = 0; i < 2; i++) {
		static struct world w;

		world_init(&w);
		w.equipment[PRESS].energy = ENERGY;
		world_begin(&w);
		show(&w, 300);
		show(&w, 301);
		hj_judge_swapped(w.j, ENERGY, w.now + 15 * SECOND); /* told with what was read before it */
		show(&w, 302);
		show(&w, shown[i]);
		show(&w, shown[i] + 1);
		assert_float_equal(energy_of(&w), 3, 1e-9);
		hj_judge_swapped(w.j, ENERGY, w.now - 10 * SECOND); /* told again */
		hj_judge_swapped(w.j, PRESS_A, w.now);
		show(&w, shown[i] + 2);
		assert_float_equal(energy_of(&w), 4, 1e-9);
		/* A total that was misread is not looked for in the new one. */
		show(&w, 0);
		hj_judge_swapped(w.j, ENERGY, w.now + 10 * SECOND);
		show(&w, 70000);
		show(&w, 70001);
		assert_float_equal(energy_of(&w), 5, 1e-9);
		world_end(&w);
	}
}

/* The meter was away. What it counted meanwhile is this day's where it was away on this day alone. */
static void what_a_night_of_silence_counted_is_no_days(void **state)
{
	static struct world w;

	world_init(&w);
	w.equipment[PRESS].energy = ENERGY;
	world_begin(&w);
	show(&w, 100);
	go_on(&w, 3 * HOUR, 6, 3);
	show(&w, 140);
	assert_float_equal(energy_of(&w), 40, 1e-9);
	go_on(&w, DAY, 6, 3);
	show(&w, 500);
	show(&w, 501);
	assert_float_equal(energy_of(&w), 1, 1e-9);
	assert_float_equal(day_of(&w, PRESS)->energy, 40, 1e-9);
	world_end(&w);
}

/* 12 kW for an hour; of a gap that is too long for its silence nothing. */
static void power_becomes_energy(void **state)
{
	static struct world w;
	struct hj_judge_look look;

	world_init(&w);
	w.equipment[PRESS].power = ENERGY;
	world_begin(&w);
	for (int i = 0; i <= 360; i++) {
		w.now += 10 * SECOND;
		give(&w, PRESS_A, 6);
		give(&w, ENERGY, 12);
	}
	hj_judge_look(w.j, PRESS, &look);
	assert_float_equal(look.energy, 12, 1e-9);
	assert_float_equal(look.hours, 1, 1e-9);
	for (int i = 0; i < 60; i++) {
		w.now += 10 * SECOND;
		give(&w, PRESS_A, 6);
	}
	give(&w, ENERGY, 12);
	hj_judge_look(w.j, PRESS, &look);
	assert_float_equal(look.energy, 12, 1e-9);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(energy_counts_while_it_runs),
		cmocka_unit_test(the_last_interval_of_a_run_counts),
		cmocka_unit_test(a_total_that_falls_counts_once),
		cmocka_unit_test(another_meter_counts_on),
		cmocka_unit_test(what_a_night_of_silence_counted_is_no_days),
		cmocka_unit_test(power_becomes_energy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
