/* Samples that wait for the time: packed and back, and nothing else is taken for them. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/record_json.h"
#include "hjgate/pending.h"

#define BEGIN 100000

static struct hj_pending batch(void)
{
	struct hj_pending p = { .bus = "north",
		.boot = { 1, 2 },
		.first = 17,
		.ahead_ms = -3,
		.begin_ms = BEGIN,
		.upto_ms = BEGIN + 5000 };
	struct hj_sample samples[] = { { 1, BEGIN, 1.5, HJ_FLAG_NORMAL }, { 70000, BEGIN - 20, NAN, HJ_FLAG_LINK },
		{ 2, BEGIN + 4999, -0.0, HJ_FLAG_FAULT } };

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(hj_pending_add(&p, &samples[i]), 0);
	return p;
}

static void comes_back(void **state)
{
	struct hj_pending p = batch(), back;
	struct hj_buf b = { 0 };
	struct hj_sample s;
	json_t *j;
	size_t at = 0;

	assert_int_equal(hj_pending_encode(&p, &b), 0);
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), 0);
	assert_string_equal(back.bus, "north");
	assert_memory_equal(back.boot, p.boot, HJ_ID_BYTES);
	assert_true(back.first == 17 && back.count == 3 && back.ahead_ms == -3 && back.upto_ms == BEGIN + 5000);
	hj_pending_next(&back, &at, &s);
	assert_true(s.point == 1 && s.time_ms == BEGIN && s.value == 1.5 && s.flag == HJ_FLAG_NORMAL);
	hj_pending_next(&back, &at, &s);
	assert_true(s.point == 70000 && s.time_ms == BEGIN - 20 && isnan(s.value) && s.flag == HJ_FLAG_LINK);
	hj_pending_next(&back, &at, &s);
	assert_true(s.point == 2 && s.time_ms == BEGIN + 4999 && s.value == 0 && s.flag == HJ_FLAG_FAULT);
	assert_int_equal(hj_pending_body_to_json(b.data, b.len, &j), 0);
	assert_int_equal(json_array_size(json_object_get(j, "samples")), 3);
	assert_int_equal(
	        json_integer_value(json_array_get(json_array_get(json_object_get(j, "samples"), 0), 1)), BEGIN - 3);
	json_decref(j);
	hj_pending_done(&back);
	hj_pending_done(&p);
	hj_buf_done(&b);
}

static void refuses_what_is_none(void **state)
{
	struct hj_pending p = batch(), back;
	struct hj_buf b = { 0 };

	assert_int_equal(hj_pending_encode(&p, &b), 0);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(hj_pending_decode(b.data, n, &back), -EBADMSG);
	assert_int_equal(hj_buf_put(&b, "x", 1), 0);
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), -EBADMSG);
	b.len--;
	b.data[0] = 2; /* a version to come */
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), -EBADMSG);
	b.data[0] = 1;
	b.data[2] = ' '; /* of the name */
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), -EBADMSG);
	hj_pending_done(&p);
	hj_buf_done(&b);
}

static void a_sample_too_far_away_begins_another(void **state)
{
	struct hj_sample s = { 1, BEGIN + (1LL << 31), 1, HJ_FLAG_NORMAL };
	struct hj_pending p = batch();

	assert_int_equal(hj_pending_add(&p, &s), -ERANGE);
	s.time_ms--;
	assert_int_equal(hj_pending_add(&p, &s), 0);
	assert_int_equal(p.count, 4);
	hj_pending_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(a_sample_too_far_away_begins_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
