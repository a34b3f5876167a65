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
		assert_int_equal(hj_pending_add(&p, &samples[i], i == 1 ? 60000 : 5000), 0);
	return p;
}

static void comes_back(void **state)
{
	struct hj_pending p = batch(), back;
	struct hj_buf b = { 0 };
	struct hj_sample s;
	uint32_t interval;
	json_t *j;
	size_t at = 0;

	assert_int_equal(hj_pending_encode(&p, &b), 0);
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), 0);
	assert_string_equal(back.bus, "north");
	assert_memory_equal(back.boot, p.boot, HJ_ID_BYTES);
	assert_true(back.first == 17 && back.count == 3 && back.ahead_ms == -3 && back.upto_ms == BEGIN + 5000);
	hj_pending_next(&back, &at, &s, &interval);
	assert_true(s.point == 1 && s.time_ms == BEGIN && s.value == 1.5 && s.flag == HJ_FLAG_NORMAL);
	assert_int_equal(interval, 5000);
	hj_pending_next(&back, &at, &s, &interval);
	assert_true(s.point == 70000 && s.time_ms == BEGIN - 20 && isnan(s.value) && s.flag == HJ_FLAG_LINK);
	assert_int_equal(interval, 60000);
	hj_pending_next(&back, &at, &s, &interval);
	assert_true(s.point == 2 && s.time_ms == BEGIN + 4999 && s.value == 0 && s.flag == HJ_FLAG_FAULT);
	assert_int_equal(interval, 5000);
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
	b.data[0] = 3; /* a version to come */
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), -EBADMSG);
	b.data[0] = 1; /* the one before had no intervals */
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), -EBADMSG);
	b.data[0] = 2;
	b.data[2] = ' '; /* of the name */
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), -EBADMSG);
	hj_pending_done(&p);
	hj_buf_done(&b);
}

static void a_sample_too_far_away_begins_another(void **state)
{
	struct hj_sample s = { 1, BEGIN + (1LL << 31), 1, HJ_FLAG_NORMAL };
	struct hj_pending p = batch();

	assert_int_equal(hj_pending_add(&p, &s, 5000), -ERANGE);
	s.time_ms--;
	assert_int_equal(hj_pending_add(&p, &s, 5000), 0);
	assert_int_equal(p.count, 4);
	hj_pending_done(&p);
}

static void one_interval_too_many_begins_another(void **state)
{
	struct hj_sample s = { 1, BEGIN, 1, HJ_FLAG_NORMAL };
	struct hj_pending p = { .bus = "north", .first = 1, .begin_ms = BEGIN }, back;
	struct hj_buf b = { 0 };

	for (uint32_t i = 0; i < HJ_PENDING_INTERVALS; i++)
		assert_int_equal(hj_pending_add(&p, &s, 1000 + i), 0);
	assert_int_equal(hj_pending_add(&p, &s, 999), -ERANGE);
	assert_int_equal(hj_pending_add(&p, &s, 1000), 0);
	p.intervals[1] = 1000;
	assert_int_equal(hj_pending_encode(&p, &b), 0);
	assert_int_equal(hj_pending_decode(b.data, b.len, &back), -EBADMSG); /* it is there twice */
	hj_pending_done(&p);
	hj_buf_done(&b);
}

/* As they lie in the file of a box that was updated while it waited for the time. */
static void one_of_version_1_has_no_intervals(void **state)
{
	static const uint8_t body[] = { 1, 1, 'n', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, /* boot */
		0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0,    /* first, ahead */
		0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 200, /* begin, upto */
		0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 50, 'B' };
	struct hj_pending p;
	struct hj_buf b = { 0 };
	struct hj_sample s;
	uint32_t interval;
	size_t at = 0;

	assert_int_equal(hj_pending_decode(body, sizeof(body), &p), 0);
	hj_pending_next(&p, &at, &s, &interval);
	assert_true(s.point == 7 && s.time_ms == 150 && s.flag == HJ_FLAG_LINK);
	assert_int_equal(interval, 0);
	assert_int_equal(hj_pending_encode(&p, &b), 0);
	assert_int_equal(b.len, sizeof(body));
	assert_memory_equal(b.data, body, sizeof(body));
	hj_pending_done(&p);
	hj_buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(a_sample_too_far_away_begins_another),
		cmocka_unit_test(one_interval_too_many_begins_another),
		cmocka_unit_test(one_of_version_1_has_no_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
