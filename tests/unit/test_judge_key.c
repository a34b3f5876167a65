/* What a conclusion is called: the same by who judges now and by who judges the past again, since begin and end of an
 * event find one another by it. */
#include "judge_world.h"

#include "hjgate/judge_key.h"

static struct hj_conclusion about(size_t equipment)
{
	return (struct hj_conclusion){ .equipment = equipment,
		.production = HJ_JUDGE_NONE,
		.link = HJ_JUDGE_NONE,
		.limit = HJ_JUDGE_NONE,
		.point = HJ_JUDGE_NONE };
}

static void assert_called(const struct world *w, const struct hj_conclusion *c, const char *name, size_t point)
{
	char key[HJ_CONCLUSION_KEY_MAX + 1];

	hj_conclusion_key(&w->plan, c, key);
	assert_string_equal(key, name);
	assert_int_equal(hj_conclusion_point(&w->plan, c), point);
}

static void each_has_its_name(void **state)
{
	static struct world w;
	struct hj_conclusion c;

	world_init(&w);
	world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 10.5);
	c = about(FAN);
	assert_called(&w, &c, "equipment fan", HJ_JUDGE_NONE);
	c.proof_count = 1;
	c.proofs[0].point = FAN_SWITCH;
	assert_called(&w, &c, "equipment fan", FAN_SWITCH);
	c.production = PRESS;
	assert_called(&w, &c, "equipment fan for press", FAN_SWITCH);
	/* A limit's bound is in it: one point may have two. It is the limit that is told, whoever runs meanwhile. */
	c = about(HJ_JUDGE_NONE);
	c.limit = 0;
	c.production = PRESS;
	assert_called(&w, &c, "point fan.current 10.5", FAN_A);
	w.limits[0].bound = 1e300; /* of which there is no text */
	assert_called(&w, &c, "point fan.current", FAN_A);
	c = about(FAN);
	c.point = FAN_KPA;
	assert_called(&w, &c, "point fan.pressure", FAN_KPA);
	c = about(HJ_JUDGE_NONE);
	assert_called(&w, &c, "equipment -", HJ_JUDGE_NONE);
}

/* The number stays where a name is cut. */
static void the_second_has_a_number(void **state)
{
	char key[HJ_CONCLUSION_KEY_MAX + 1] = "equipment fan for press";

	hj_conclusion_key_nth(key, 2);
	assert_string_equal(key, "equipment fan for press (2)");
	memset(key, 'x', HJ_CONCLUSION_KEY_MAX);
	key[HJ_CONCLUSION_KEY_MAX] = '\0';
	hj_conclusion_key_nth(key, 12);
	assert_int_equal(strlen(key), HJ_CONCLUSION_KEY_MAX);
	assert_string_equal(key + HJ_CONCLUSION_KEY_MAX - 6, "x (12)");
}

/* What judge itself concludes is called as it was when it began. */
static void the_same_at_both_ends(void **state)
{
	static struct world w;
	char begun[HJ_CONCLUSION_KEY_MAX + 1], ended[HJ_CONCLUSION_KEY_MAX + 1];

	world_init(&w);
	world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 10)->for_ms = 0;
	world_begin(&w);
	go_on(&w, 10 * MINUTE, 6, 3);
	go_on(&w, 10 * MINUTE, 6, 11);
	go_on(&w, 10 * MINUTE, 6, 0);
	go_on(&w, 10 * MINUTE, NAN, 3);
	go_on(&w, 10 * MINUTE, 6, 3);
	for (enum hj_conclusion_code code = HJ_CONCLUDES_OFF; code < HJ_CONCLUDES_RUNTIME; code++) {
		const struct hj_conclusion *from = concluded(&w, code, false, 0), *to = concluded(&w, code, true, 0);

		if (code == HJ_CONCLUDES_OFF || code == HJ_CONCLUDES_MISSING || code == HJ_CONCLUDES_UPPER)
			assert_true(from && to);
		if (!from || !to)
			continue;
		hj_conclusion_key(&w.plan, from, begun);
		hj_conclusion_key(&w.plan, to, ended);
		assert_string_equal(begun, ended);
	}
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_name),
		cmocka_unit_test(the_second_has_a_number),
		cmocka_unit_test(the_same_at_both_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
