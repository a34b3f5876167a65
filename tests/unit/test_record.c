/* Heads and statistics: exact there and back, strict on the way in. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/record.h"
#include "hjgate/record_json.h"

static const struct hj_head sample_head = {
	.format = HJ_RECORD_FORMAT,
	.kind = HJ_KIND_MINUTE,
	.trust = HJ_TRUST_NTP,
	.key_id = 0x0102,
	.length_ms = 300000,
	.label_ms = 1795000000000,
	.boottime_ms = 123456789,
	.boot_id = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
};

static const struct hj_stat sample_stats[] = {
	{ 1, HJ_FLAG_NORMAL, 300, 299, NAN, 1.5, 2.25, 1e17 / 3, NAN },
	{ 2, HJ_FLAG_LINK, 300, 0, NAN, NAN, NAN, NAN, NAN },
	{ 200, HJ_FLAG_FAULT, 70000, 1, 12.345, 7, 7, 7, 7 },
	{ 4000000000, HJ_FLAG_NORMAL, 1, 1, 0, -0.0, 0.0, 0.0, -1.5 },
};

static bool same(double a, double b)
{
	return (isnan(a) && isnan(b)) || !memcmp(&a, &b, sizeof(a));
}

static void check_stats(const struct hj_stats *got)
{
	assert_int_equal(got->count, hj_array_size(sample_stats));
	for (size_t i = 0; i < got->count; i++) {
		const struct hj_stat *a = &got->stats[i], *b = &sample_stats[i];

		assert_int_equal(a->point, b->point);
		assert_int_equal(a->flag, b->flag);
		assert_int_equal(a->expected, b->expected);
		assert_int_equal(a->got, b->got);
		assert_true(same(a->cou, b->cou) && same(a->last, b->last));
		assert_true(same(a->min, b->min) && same(a->avg, b->avg) && same(a->max, b->max));
	}
}

static void test_head(void **state)
{
	struct hj_buf b = { 0 };
	struct hj_head back;

	assert_int_equal(hj_head_encode(&sample_head, &b), 0);
	assert_int_equal(b.len, HJ_HEAD_BYTES);
	assert_int_equal(hj_head_decode(b.data, b.len, &back), 0);
	assert_memory_equal(&back, &sample_head, sizeof(back));
	assert_int_equal(hj_head_decode(b.data, b.len - 1, &back), -EBADMSG);
	b.data[0] = 99; /* a format of the future */
	assert_int_equal(hj_head_decode(b.data, b.len, &back), -EBADMSG);
	b.data[0] = HJ_RECORD_FORMAT;
	b.data[2] = HJ_KIND_MOST + 1;
	assert_int_equal(hj_head_decode(b.data, b.len, &back), -EBADMSG);
	hj_buf_done(&b);
}

static void test_stats(void **state)
{
	struct hj_buf b = { 0 };
	struct hj_stats back;

	assert_int_equal(hj_stats_encode(sample_stats, hj_array_size(sample_stats), &b), 0);
	assert_int_equal(hj_stats_decode(b.data, b.len, &back), 0);
	check_stats(&back);
	hj_stats_done(&back);
	for (size_t n = 2; n < b.len; n++)
		assert_int_equal(hj_stats_decode(b.data, n, &back), -EBADMSG);
	hj_buf_put(&b, "x", 1);
	assert_int_equal(hj_stats_decode(b.data, b.len, &back), -EBADMSG);
	hj_buf_done(&b);
}

static void test_stats_refuse(void **state)
{
	const struct hj_stat twice[] = { sample_stats[0], sample_stats[0] };
	struct hj_buf b = { 0 };
	struct hj_stats back;

	assert_int_equal(hj_stats_encode(twice, 2, &b), -EINVAL);
	assert_int_equal(b.len, 0);
	assert_int_equal(
	        hj_stats_decode("\xff\xff\xff\xff\x0f", 5, &back), -EBADMSG); /* four thousand million of them */
	assert_int_equal(hj_stats_decode("\x80\x00", 2, &back), -EBADMSG);    /* zero, said at length */
	assert_int_equal(hj_stats_decode("\x01\x01Z\x00\x00\x00", 6, &back), -EBADMSG); /* no such flag */
	assert_int_equal(hj_stats_decode("\x01\x01N\x00\x00\x00", 6, &back), 0);
	hj_stats_done(&back);
	hj_buf_done(&b);
}

static void test_json_there_and_back(void **state)
{
	struct hj_buf b = { 0 };
	struct hj_record record;
	struct hj_head head = sample_head;
	json_t *j;

	head.seq = 77;
	head.key_id = 0; /* does not cross the socket */
	hj_stats_encode(sample_stats, hj_array_size(sample_stats), &b);
	assert_int_equal(hj_record_to_json(&head, b.data, b.len, &j), 0);
	assert_non_null(j);
	assert_int_equal(hj_record_from_json(j, &record), 0);
	assert_memory_equal(&record.head, &head, sizeof(head));
	check_stats(&record.stats);
	hj_record_done(&record);
	json_object_del(j, "label");
	assert_int_equal(hj_record_from_json(j, &record), -EBADMSG);
	json_decref(j);
	hj_buf_done(&b);
}

static void test_json_body(void **state)
{
	struct hj_head head = sample_head;
	struct hj_record record;
	json_t *j;

	head.kind = HJ_KIND_POWERON;
	assert_int_equal(hj_record_to_json(&head, "{\"begin\":1,\"end\":2}", 19, &j), 0);
	assert_non_null(j);
	assert_int_equal(hj_record_from_json(j, &record), 0);
	assert_int_equal(json_integer_value(json_object_get(record.body, "end")), 2);
	hj_record_done(&record);
	json_decref(j);
	j = NULL;
	assert_int_equal(hj_record_to_json(&head, "{\"begin\":", 9, &j), -EBADMSG);
	assert_null(j);
}

static void check_equipment(enum hj_kind kind, const char *text, size_t want)
{
	json_t *body = json_loads(text, 0, NULL);
	struct hj_equipment *list = NULL;
	size_t count = 0;

	assert_int_equal(hj_equipment_from_json(kind, body, &list, &count), want ? 0 : -EBADMSG);
	assert_int_equal(count, want);
	free(list);
	json_decref(body);
}

static void test_equipment(void **state)
{
	check_equipment(HJ_KIND_STATUS, "{\"states\": {\"SB1\": 1, \"SB2\": 0}}", 2);
	check_equipment(HJ_KIND_RUNTIME, "{\"hours\": {\"SB1\": 23.5}}", 1);
	check_equipment(HJ_KIND_RUNTIME, "{\"states\": {\"SB1\": 1}}", 0);
	check_equipment(HJ_KIND_STATUS, "{\"states\": {\"SB1\": 6}}", 0);
	check_equipment(HJ_KIND_STATUS, "{\"states\": {\"SB1\": \"1\"}}", 0);
	check_equipment(HJ_KIND_STATUS, "{\"states\": {\"SB;1\": 1}}", 0);
	check_equipment(HJ_KIND_STATUS, "{\"states\": {\"\": 1}}", 0);
	check_equipment(HJ_KIND_STATUS, "{\"states\": {\"SB1234567\": 1}}", 0);
	check_equipment(HJ_KIND_RUNTIME, "{\"hours\": {\"SB1\": 24.5}}", 0);
	check_equipment(HJ_KIND_LOG, "{\"states\": {\"SB1\": 1}}", 0);
}

static uint64_t dice(void)
{
	static uint64_t seed = 0x9E3779B97F4A7C15ULL;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double any_value(void)
{
	uint64_t bits = dice();
	double value;

	if (dice() % 4 == 0)
		return NAN;
	if (dice() % 2)
		return (double)(int64_t)(bits >> 40) / 100;
	memcpy(&value, &bits, sizeof(value));
	return isfinite(value) ? value : -0.0;
}

static struct hj_stat any_stat(uint32_t point)
{
	struct hj_stat s = { point, HJ_FLAG_NORMAL, (uint32_t)dice(), (uint32_t)(dice() >> 40), any_value(),
		any_value(), any_value(), any_value(), any_value() };

	if (isnan(s.min) || isnan(s.avg) || isnan(s.max))
		s.min = s.avg = s.max = NAN; /* a range is whole, or none */
	return s;
}

/* The text and the tree say the same, to the last bit of every number. */
static void check_writers(const struct hj_head *head, const struct hj_buf *body)
{
	struct hj_buf text = { 0 };
	json_t *tree = NULL, *read;
	char *shown;

	assert_int_equal(hj_record_to_json(head, body->data, body->len, &tree), 0);
	assert_int_equal(hj_record_write_json(head, body->data, body->len, NULL, NULL, &text), 1);
	read = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(read);
	assert_true(json_equal(read, tree));
	shown = json_dumps(read, JSON_COMPACT | JSON_REAL_PRECISION(17));
	json_decref(read);
	read = json_loads(shown, 0, NULL);
	assert_true(json_equal(read, tree));
	free(shown);
	json_decref(read);
	json_decref(tree);
	hj_buf_done(&text);
}

static void test_both_writers_say_the_same(void **state)
{
	struct hj_head head = sample_head;
	struct hj_buf body = { 0 };

	for (int round = 0; round < 2000; round++) {
		struct hj_stat stats[24];
		size_t count = dice() % hj_array_size(stats);

		for (size_t i = 0; i < count; i++)
			stats[i] = any_stat((uint32_t)(i + 1) * (1 + (uint32_t)round % 3));
		head.seq = dice() >> 1;
		head.kind = (uint8_t)(HJ_KIND_MINUTE + round % 3);
		head.boottime_ms = (int64_t)(dice() >> 20);
		body.len = 0;
		assert_int_equal(hj_stats_encode(stats, count, &body), 0);
		check_writers(&head, &body);
	}
	head.kind = HJ_KIND_LOG;
	body.len = 0;
	hj_buf_printf(&body, "{\"text\":\"\xe5\x90\xaf\xe5\x8a\xa8 \\\"x\\\"\",\"n\":[1,2.5,null]}");
	check_writers(&head, &body);
	hj_buf_done(&body);
}

static int wants_even(uint32_t point, void *userdata)
{
	++*(int *)userdata;
	return point > 200 ? -1 : point % 2 == 0;
}

static void test_only_what_is_wanted(void **state)
{
	struct hj_buf body = { 0 }, text = { 0 };
	int asked = 0;
	json_t *j;

	hj_stats_encode(sample_stats, hj_array_size(sample_stats), &body);
	assert_int_equal(hj_record_write_json(&sample_head, body.data, body.len, wants_even, &asked, &text), 1);
	assert_int_equal(asked, 4);
	j = json_loadb(text.data, text.len, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(j, "stats")), 2);
	json_decref(j);
	text.len = body.len = 0;
	hj_stats_encode(sample_stats, 1, &body);
	assert_int_equal(hj_record_write_json(&sample_head, body.data, body.len, wants_even, &asked, &text), 0);
	assert_int_equal(text.len, 0);
	assert_int_equal(hj_record_write_json(&sample_head, body.data, body.len - 1, NULL, NULL, &text), -EBADMSG);
	assert_int_equal(text.len, 0);
	hj_buf_done(&body);
	hj_buf_done(&text);
}

static int allocations_left;

static void *scarce(size_t n)
{
	return allocations_left-- > 0 ? malloc(n) : NULL;
}

/* Whichever allocation fails, good statistics are not taken for bad ones: they would be owed no longer. */
static void test_out_of_memory_is_not_unreadable(void **state)
{
	struct hj_buf b = { 0 };
	struct hj_head head = sample_head;
	json_t *j = NULL;
	int r = -ENOMEM, many;

	hj_stats_encode(sample_stats, hj_array_size(sample_stats), &b);
	json_set_alloc_funcs(scarce, free);
	for (many = 0; r == -ENOMEM && many < 1000; many++) {
		allocations_left = many;
		r = hj_record_to_json(&head, b.data, b.len, &j);
	}
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(r, 0);
	assert_true(many > 20);
	json_decref(j);
	hj_buf_done(&b);
}

static void test_json_point(void **state)
{
	struct hj_point p = { .number = 5,
		.name = "oven.power",
		.factor = "e30101",
		.unit = "kWh",
		.total = true,
		.interval_ms = 1000 },
	                back;
	json_t *j = hj_point_to_json(&p, true);

	assert_int_equal(hj_point_from_json(j, &back), 0);
	assert_true(hj_point_same(&p, &back));
	assert_int_equal(back.number, 5);
	json_object_set_new(j, "wrap", json_real(1000000));
	assert_int_equal(hj_point_from_json(j, &back), 0);
	assert_true(back.wrap == 1000000 && !hj_point_same(&p, &back) && hj_point_means_same(&p, &back));
	json_object_set_new(j, "wrap", json_integer(0));
	assert_int_equal(hj_point_from_json(j, &back), -EBADMSG);
	json_object_del(j, "wrap");
	json_object_set_new(j, "name", json_string("no-dot"));
	assert_int_equal(hj_point_from_json(j, &back), -EBADMSG);
	json_object_set_new(j, "name", json_string("oven.power"));
	json_object_set_new(j, "factor", json_string("../etc"));
	assert_int_equal(hj_point_from_json(j, &back), -EBADMSG);
	json_decref(j);
}

static void refuse_sample(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);
	struct hj_sample s;

	assert_non_null(j);
	assert_int_equal(hj_sample_from_json(j, &s), -EBADMSG);
	json_decref(j);
}

static void test_json_sample(void **state)
{
	struct hj_sample s = { 3, 1795000000001, 0.1, HJ_FLAG_NORMAL }, back;
	json_t *j = hj_sample_to_json(&s);

	assert_int_equal(hj_sample_from_json(j, &back), 0);
	assert_true(same(back.value, 0.1) && back.point == 3 && back.time_ms == s.time_ms && back.flag == s.flag);
	json_decref(j);
	s.value = NAN;
	j = hj_sample_to_json(&s);
	assert_int_equal(hj_sample_from_json(j, &back), 0);
	assert_false(hj_sample_has_value(&back));
	json_decref(j);
	refuse_sample("[0, 1, 2]");
	refuse_sample("[0, 1, 2, \"NN\"]");
	refuse_sample("[0, 1, 2, \"x\"]");
	refuse_sample("[0, 1, \"2\", \"N\"]");
	refuse_sample("[-1, 1, 2, \"N\"]");
	refuse_sample("[0, -1, 2, \"N\"]");
	refuse_sample("[0, 1.5, 2, \"N\"]");
	refuse_sample("{}");
}

static void test_dictionary(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_point p = { .name = "oven.power", .interval_ms = 1000 };

	for (uint32_t n = HJ_POINTS_MAX; n > 0; n--) {
		p.number = 3 * n;
		assert_int_equal(hj_dictionary_put(&d, &p), 0);
	}
	p.number = 1;
	assert_int_equal(hj_dictionary_put(&d, &p), -ENOSPC);
	assert_int_equal(hj_dictionary_find(&d, 300)->number, 300);
	assert_null(hj_dictionary_find(&d, 301));
	assert_int_equal(hj_dictionary_find_name(&d, "oven.power")->number, 3 * HJ_POINTS_MAX);
	assert_null(hj_dictionary_find_name(&d, "oven.current"));
	hj_dictionary_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_stats_refuse),
		cmocka_unit_test(test_json_there_and_back),
		cmocka_unit_test(test_json_body),
		cmocka_unit_test(test_equipment),
		cmocka_unit_test(test_both_writers_say_the_same),
		cmocka_unit_test(test_only_what_is_wanted),
		cmocka_unit_test(test_out_of_memory_is_not_unreadable),
		cmocka_unit_test(test_json_point),
		cmocka_unit_test(test_json_sample),
		cmocka_unit_test(test_dictionary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
