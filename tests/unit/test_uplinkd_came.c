/* What a test of an uplink makes of the frames that came: by which of them nothing is acknowledged, and what is odd
 * of one that acknowledges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/uplinkd/api_test_came.h"
#include "hjgate/cleanup.h"
#include "hjgate/ipc.h"

#define OUR_QN   "20270101080000000"
#define OTHER_QN "20200101000000000"
#define OUR_MN   "010000A8900016F000169DC0"

static struct frames sent;
static char frame[HJ212_FRAME_MAX];

static size_t make(enum hj212_crc crc, const char *data)
{
	int n = hj212_frame_encode(crc, data, strlen(data), frame, sizeof(frame));

	assert_true(n > 0);
	return (size_t)n;
}

/* Its note by itself, and by its fate. */
static const char *take(struct came *c, enum hj212_crc crc, const char *data, enum hj212_fate fate)
{
	size_t n = make(crc, data);

	assert_null(came_frame(c, HJ212_CRC_ANNEXA, frame, n));
	return came_fate(c, fate, &sent);
}

static void each_has_its_verdict(void **state)
{
	static const struct {
		enum hj212_fate fate;
		const char *data, *verdict, *note;
	} rows[] = {
		{ HJ212_FATE_LATE, "QN=" OTHER_QN ";CN=9014;MN=" OUR_MN ";CP=&&&&", "other-qn",
		        "it names no QN of ours" },
		{ HJ212_FATE_LATE, "CN=9014;MN=" OUR_MN ";CP=&&&&", "other-qn", "it names no QN of ours" },
		{ HJ212_FATE_OTHER_MN, "QN=" OUR_QN ";CN=9014;MN=1;CP=&&&&", "other-mn", "it names another MN" },
		{ HJ212_FATE_BAD_CRC, "QN=" OUR_QN ";CN=9014;MN=1;CP=&&&&", "bad-crc", "its CRC is wrong" },
		{ HJ212_FATE_PASSED, "QN=" OUR_QN ";CN=9012;MN=1;CP=&&ExeRtn=1&&", "other-cn", NULL },
		{ HJ212_FATE_UNREADABLE, "hello", "unreadable", NULL },
		{ HJ212_FATE_ACKNOWLEDGES, "QN=" OUR_QN ";CN=9014;CP=&&&&", NULL, NULL },
		{ HJ212_FATE_TAKEN, "QN=" OTHER_QN ";CN=1011;CP=&&&&", NULL, NULL },
	};

	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct came c = { .odd = CAME_NOTHING };
		const char *note = take(&c, HJ212_CRC_ANNEXA, rows[i].data, rows[i].fate);

		assert_string_equal(note ?: "", rows[i].note ?: "");
		assert_string_equal(came_verdict(&c) ?: "", rows[i].verdict ?: "");
	}
}

static void a_late_answer_is_no_odd_one(void **state)
{
	struct came c = { .odd = CAME_NOTHING };
	size_t n = make(HJ212_CRC_ANNEXA, "QN=" OUR_QN ";CN=2011;CP=&&&&");

	frames_put(&sent, true, frame, n, (struct hj_now){ .wall_ms = 1 });
	assert_null(take(&c, HJ212_CRC_ANNEXA, "QN=" OUR_QN ";CN=9014;CP=&&&&", HJ212_FATE_LATE));
	assert_null(came_verdict(&c));
	frames_done(&sent);
}

/* Of several the one that says most is the verdict, whenever it came, and that frame is named. */
static void the_one_that_says_most(void **state)
{
	struct came c = { .odd = CAME_NOTHING };
	_cleanup_json_ json_t *named = NULL;

	take(&c, HJ212_CRC_MODBUS, "QN=" OTHER_QN ";CN=9014;MN=" OUR_MN ";CP=&&&&", HJ212_FATE_LATE);
	take(&c, HJ212_CRC_ANNEXA, "QN=" OUR_QN ";CN=9012;CP=&&&&", HJ212_FATE_PASSED);
	assert_string_equal(came_verdict(&c), "other-qn");
	named = came_json(&c.odd_one);
	assert_int_equal(json_integer_value(json_object_get(named, "cn")), 9014);
	assert_string_equal(json_string_value(json_object_get(named, "qn")), OTHER_QN);
	assert_string_equal(json_string_value(json_object_get(named, "mn")), OUR_MN);
	assert_string_equal(json_string_value(json_object_get(named, "crc")), "modbus");
}

static void crc_and_length(void **state)
{
	struct came c = { .odd = CAME_NOTHING };
	size_t n;

	take(&c, HJ212_CRC_ANNEXA, "QN=" OUR_QN ";CN=9014;CP=&&&&", HJ212_FATE_ACKNOWLEDGES);
	assert_false(c.taking.other_crc);
	take(&c, HJ212_CRC_MODBUS, "QN=" OUR_QN ";CN=9014;CP=&&&&", HJ212_FATE_ACKNOWLEDGES);
	assert_true(c.taking.other_crc);
	n = make(HJ212_CRC_MODBUS, "QN=" OUR_QN ";CN=9014;CP=&&&&");
	memcpy(frame, "##9999", 6);
	assert_string_equal(came_frame(&c, HJ212_CRC_NONE, frame, n), "its length field is wrong");
	assert_false(c.newest.other_crc); /* ours has none: theirs may be any */
	n = make(HJ212_CRC_ANNEXA, "QN=" OUR_QN ";CN=9014;CP=&&&&");
	frame[n - 3] ^= 1;
	assert_null(came_frame(&c, HJ212_CRC_ANNEXA, frame, n));
	assert_null(c.newest.crc);
	assert_int_equal(c.newest.cn, 9014);
}

/* What cannot stand in JSON does not cost the answer. */
static void bytes_of_outside(void **state)
{
	struct came c = { .odd = CAME_NOTHING };
	_cleanup_json_ json_t *named = NULL, *none = came_json(&c.newest);

	assert_true(json_is_null(none));
	take(&c, HJ212_CRC_ANNEXA, "QN=" OUR_QN OUR_QN ";CN=9014;MN=\xE4\xB8 \x01;CP=&&&&", HJ212_FATE_OTHER_MN);
	named = came_json(&c.odd_one);
	assert_string_equal(json_string_value(json_object_get(named, "mn")), "????");
	assert_string_equal(json_string_value(json_object_get(named, "qn")), OUR_QN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_verdict),
		cmocka_unit_test(a_late_answer_is_no_odd_one),
		cmocka_unit_test(the_one_that_says_most),
		cmocka_unit_test(crc_and_length),
		cmocka_unit_test(bytes_of_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
