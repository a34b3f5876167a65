/* What is concluded depends on the samples alone: the same random history gives the same conclusions however it is
 * cut into calls, however often the time is told, and with restarts at any moment. */
#include "judge_world.h"

#include <stdlib.h>

#define HISTORIES 1000
#define SAMPLES   300
#define SEED      20261126

static void make(struct world *w)
{
	struct hj_judge_limit *l;

	world_init(w);
	w->equipment[PRESS].signs[0].idle = 1;
	world_sign(&w->equipment[FAN], FAN_SWITCH, HJ_MEANS_SWITCH, NAN);
	w->equipment[PRESS].energy = ENERGY;
	w->links[0].run_down_ms = 2 * MINUTE;
	l = world_limit(w, HJ_LIMIT_LOWER, FAN, FAN_KPA, 0.5);
	l->running = true;
	l->after_ms = MINUTE;
	world_limit(w, HJ_LIMIT_RATE, HJ_JUDGE_NONE, FAN_KPA, 3);
	world_limit(w, HJ_LIMIT_RANGE, FAN, FAN_A, 0);
	world_limit(w, HJ_LIMIT_STUCK, PRESS, PRESS_A, 0)->for_ms = 3 * MINUTE;
	world_begin(w);
}

/* Values that stay for a while, silence, all flags; late, repeated and old samples too. */
static void invent(struct hj_sample *to)
{
	static const char flags[] = "NNNNNNNNNNNNNNNNNNNNBMDTCFS";
	double level[WORLD_POINTS] = { 0 };
	int64_t ms = NOON;

	for (size_t i = 0; i < SAMPLES; i++) {
		size_t point = (size_t)random() % (ENERGY + 1);
		bool is_switch = point == FAN_SWITCH;

		if (random() % 8 == 0)
			level[point] = is_switch ? (double)(random() % 2) : (double)(random() % 90) / 10;
		if (point == ENERGY)
			level[point] = (double)i;
		ms += random() % 40 ? random() % (12 * SECOND) : random() % (20 * MINUTE);
		to[i] = (struct hj_sample){ .point = (uint32_t)point,
			.time_ms = ms - (random() % 10 ? 0 : random() % (5 * SECOND)),
			.value = level[point] + (is_switch ? 0 : (double)(random() % 3) / 100),
			.flag = (enum hj_flag)flags[(size_t)random() % (sizeof(flags) - 1)] };
		if (to[i].flag == HJ_FLAG_LINK)
			to[i].value = NAN;
		if (i && random() % 20 == 0)
			to[i] = to[i - 1];
	}
}

static void restart(struct world *w)
{
	struct hj_buf buf = { 0 };

	assert_int_equal(hj_judge_encode(w->j, &buf), 0);
	hj_judge_free(w->j);
	assert_int_equal(hj_judge_new(&w->plan, NOON, world_tell, w, &w->j), 0);
	assert_int_equal(hj_judge_decode(w->j, buf.data, buf.len), 0);
	hj_buf_done(&buf);
}

/* No time is told that a sample still to come lies before. */
static void live(struct world *w, const struct hj_sample *s, bool cut, bool restarts)
{
	for (size_t i = 0; i < SAMPLES;) {
		size_t n = cut ? 1 + (size_t)random() % 5 : SAMPLES;
		int64_t now = hj_judge_time(w->j), left;

		n = n < SAMPLES - i ? n : SAMPLES - i;
		left = s[i].time_ms - now;
		for (int k = 0; cut && left > 0 && k < 3; k++)
			hj_judge_pass(w->j, now + random() % (left + 1));
		if (restarts && random() % 20 == 0)
			restart(w);
		hj_judge_add(w->j, &s[i], n);
		i += n;
	}
	hj_judge_pass(w->j, s[SAMPLES - 1].time_ms + HOUR);
}

static void assert_same(const struct world *a, const struct world *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct hj_conclusion *x = &a->list[i], *y = &b->list[i];

		assert_int_equal(x->code, y->code);
		assert_int_equal(x->ended, y->ended);
		assert_int_equal(x->number, y->number);
		assert_int_equal(x->at_ms, y->at_ms);
		assert_int_equal(x->begin_ms, y->begin_ms);
		assert_int_equal(x->end_ms, y->end_ms);
		assert_int_equal(x->samples, y->samples);
		assert_int_equal(x->proof_count, y->proof_count);
		assert_true(x->hours == y->hours);
	}
}

/* Each conclusion that ends has begun, once; nothing begins twice. */
static void assert_paired(const struct world *w)
{
	for (size_t i = 0; i < w->count; i++) {
		size_t begun = 0;

		for (size_t k = 0; k < i; k++)
			begun += w->list[k].number == w->list[i].number && !w->list[k].ended;
		if (w->list[i].code != HJ_CONCLUDES_RUNTIME)
			assert_int_equal(begun, w->list[i].ended ? 1 : 0);
	}
}

static void any_cutting_concludes_the_same(void **state)
{
	static struct world whole, cut, restarted;
	static struct hj_sample s[SAMPLES];
	size_t seen[HJ_CONCLUSIONS] = { 0 };

	srandom(SEED);
	for (int i = 0; i < HISTORIES; i++) {
		invent(s);
		make(&whole);
		live(&whole, s, false, false);
		make(&cut);
		live(&cut, s, true, false);
		assert_same(&whole, &cut);
		make(&restarted);
		live(&restarted, s, true, true);
		assert_same(&whole, &restarted);
		assert_paired(&whole);
		for (size_t k = 0; k < whole.count; k++)
			seen[whole.list[k].code]++;
		world_end(&whole);
		world_end(&cut);
		world_end(&restarted);
	}
	/* The histories are worth it: nearly everything was concluded in them. */
	for (size_t k = 0; k < HJ_CONCLUDES_STUCK; k++)
		if (k != HJ_CONCLUDES_BYPASSED && k != HJ_CONCLUDES_LOW && k != HJ_CONCLUDES_UPPER)
			assert_true(seen[k] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_cutting_concludes_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
