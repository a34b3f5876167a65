/* What comes in as JSON is an outsider's. Each row spoils one member of something that is well: it is refused as a
 * whole, and nothing is written. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/record_json.h"

/* In place of the member `name`, or of the one at `place`; NULL: it is taken away. */
struct spoiled {
	const char *name;
	size_t place;
	const char *value;
};

static json_t *spoil(const char *good, const struct spoiled *s)
{
	json_t *j = json_loads(good, JSON_DECODE_ANY, NULL), *value = NULL;

	assert_non_null(j);
	if (s->value) {
		value = json_loads(s->value, JSON_DECODE_ANY, NULL);
		assert_non_null(value);
	}
	if (!s->name)
		assert_int_equal(value ? json_array_set_new(j, s->place, value) : json_array_remove(j, s->place), 0);
	else
		assert_int_equal(value ? json_object_set_new(j, s->name, value) : json_object_del(j, s->name), 0);
	return j;
}

/* ---- receipts ---- */

static const char good_receipt[] = "[5, 6, 1000, 1001, 1100, 2, 1000]";

static int receipt_of(const char *text, struct hj_receipt *ret)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);
	int r;

	assert_non_null(j);
	r = hj_receipt_from_json(j, ret);
	json_decref(j);
	return r;
}

static void receipts_there_and_back(void **state)
{
	static const struct hj_receipt all[] = {
		{ 5, 6, 2, 1000, 1000, 1001, 1100, false }, { 5, 6, 2, 1000, 1007, 1001, 1100, true },
		{ 7, 7, 0, 0, 0, 0, 1200, false }, /* passed over */
	};
	struct hj_receipt back;

	(void)state;
	for (size_t i = 0; i < hj_array_size(all); i++) {
		json_t *j = hj_receipt_to_json(&all[i]);

		assert_non_null(j);
		assert_int_equal(json_array_size(j), all[i].unanswered ? 8 : 7);
		assert_int_equal(json_is_null(json_array_get(j, 2)), !all[i].packets);
		assert_int_equal(hj_receipt_from_json(j, &back), 0);
		assert_true(back.from == all[i].from && back.to == all[i].to && back.packets == all[i].packets);
		assert_true(back.qn_ms == all[i].qn_ms && back.qn_last_ms == all[i].qn_last_ms);
		assert_true(back.sent_ms == all[i].sent_ms && back.acked_ms == all[i].acked_ms);
		assert_int_equal(back.unanswered, all[i].unanswered);
		json_decref(j);
	}
}

static void receipts_that_are_none(void **state)
{
	static const struct spoiled rows[] = {
		{ NULL, 0, NULL },                                          /* too few */
		{ NULL, 0, "null" },                                        /* the records are not absent */
		{ NULL, 1, "null" }, { NULL, 4, "null" },                   /* nor is when it came */
		{ NULL, 5, "null" },                                        /* nor the packets */
		{ NULL, 2, "null" },                                        /* sent, and no QN */
		{ NULL, 3, "null" }, { NULL, 6, "null" }, { NULL, 0, "0" }, /* no such record */
		{ NULL, 1, "4" },                                           /* from after to */
		{ NULL, 2, "-1" }, { NULL, 2, "\"1000\"" }, { NULL, 3, "1001.5" },
		{ NULL, 5, "1025" },                           /* more packets than there are */
		{ NULL, 5, "0" },                              /* none, and a QN all the same */
		{ NULL, 5, "4294967298" }, { NULL, 6, "999" }, /* the last QN before the first */
	};
	struct hj_receipt r;

	(void)state;
	assert_int_equal(receipt_of(good_receipt, &r), 0);
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		json_t *j = spoil(good_receipt, &rows[i]);

		if (hj_receipt_from_json(j, &r) != -EBADMSG)
			fail_msg("row %zu is taken for a receipt", i);
		json_decref(j);
	}
	assert_int_equal(receipt_of("[5, 6, 1000, 1001, 1100, 2, 1000, true]", &r), 0);
	assert_true(r.unanswered);
	assert_int_equal(receipt_of("[5, 6, 1000, 1001, 1100, 2, 1000, false]", &r), -EBADMSG);
	assert_int_equal(receipt_of("[5, 6, 1000, 1001, 1100, 2, 1000, true, true]", &r), -EBADMSG);
	assert_int_equal(receipt_of("{}", &r), -EBADMSG);
	assert_int_equal(receipt_of("7", &r), -EBADMSG);
}

static void lists_of_receipts(void **state)
{
	static const struct hj_receipt one = { 5, 6, 1, 1000, 1000, 1001, 1100, false };
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	struct hj_receipts list = { 0 };
	json_t *j = NULL;

	(void)state;
	assert_int_equal(hj_receipts_add(&list, &one), 0);
	assert_int_equal(hj_receipt_body_encode("county", &list, &body), 0);
	assert_int_equal(hj_receipt_body_to_json(body.data, body.len, &j), 0);
	assert_string_equal(json_string_value(json_object_get(j, "uplink")), "county");
	assert_int_equal(json_array_size(json_object_get(j, "receipts")), 1);
	json_decref(j);
	j = NULL;
	for (size_t n = 0; n < body.len; n++) {
		int r = hj_receipt_body_to_json(body.data, n, &j);

		if (r < 0)
			assert_null(j);
		else
			assert_int_equal(
			        json_array_size(json_object_get(j, "receipts")), 0); /* the list ends there */
		json_decref(j);
		j = NULL;
	}
	hj_receipts_done(&list);
}

/* ---- records ---- */

static const char good_head[] = "{\"seq\": 5, \"kind\": \"minute\", \"label\": 1795017600000, \"length\": 60000, "
                                "\"boot\": \"000102030405060708090a0b0c0d0eff\", \"boottime\": 7, "
                                "\"trust\": \"ntp\", \"stats\": [[1, \"N\", 60, 59, 2.5, 1, 2, 3, null]]}";

static void records_that_are_none(void **state)
{
	static const struct spoiled rows[] = {
		{ "seq", 0, NULL },
		{ "seq", 0, "-1" },
		{ "seq", 0, "5.0" },
		{ "kind", 0, NULL },
		{ "kind", 0, "\"week\"" },
		{ "kind", 0, "1" },
		{ "kind", 0, "\"log\"" }, /* such a one has a body */
		{ "label", 0, "-1" },
		{ "label", 0, "99999999999999999" },
		{ "length", 0, "4294967296" },
		{ "boottime", 0, "null" },
		{ "boot", 0, NULL },
		{ "boot", 0, "\"0001\"" },
		{ "boot", 0, "\"000102030405060708090A0b0c0d0eff\"" },
		{ "boot", 0, "\"000102030405060708090a0b0c0d0ef/\"" },
		{ "boot", 0, "\"000102030405060708090a0b0c0d0egf\"" },
		{ "trust", 0, NULL },
		{ "trust", 0, "\"blind\"" },
		{ "stats", 0, NULL },
		{ "stats", 0, "{}" },
		{ "stats", 0, "[7]" },
		{ "stats", 0, "[[1, \"N\", 60, 59, 2.5, 1, 2, 3]]" },
		{ "stats", 0, "[[0, \"N\", 60, 59, 2.5, 1, 2, 3, null]]" },
		{ "stats", 0, "[[1, \"NN\", 60, 59, 2.5, 1, 2, 3, null]]" },
		{ "stats", 0, "[[1, \"\", 60, 59, 2.5, 1, 2, 3, null]]" },
		{ "stats", 0, "[[1, \"x\", 60, 59, 2.5, 1, 2, 3, null]]" },
		{ "stats", 0, "[[1, 78, 60, 59, 2.5, 1, 2, 3, null]]" },
		{ "stats", 0, "[[1, \"N\", -1, 59, 2.5, 1, 2, 3, null]]" },
		{ "stats", 0, "[[1, \"N\", 60, 4294967296, 2.5, 1, 2, 3, null]]" },
		{ "stats", 0, "[[1, \"N\", 60, 59, \"2.5\", 1, 2, 3, null]]" },
		{ "stats", 0, "[[1, \"N\", 60, 59, 2.5, 1, 2, 3, true]]" },
		{ "stats", 0, "[[1, \"N\", 1, 1, 1, 1, 1, 1, 1], [1, \"N\", 1, 1, 1, 1, 1, 1, 1]]" }, /* twice */
		{ "stats", 0, "[[2, \"N\", 1, 1, 1, 1, 1, 1, 1], [1, \"N\", 1, 1, 1, 1, 1, 1, 1]]" },
	};
	const struct spoiled nothing = { "unknown", 0, "1" };
	json_t *j = spoil(good_head, &nothing);
	struct hj_record record;

	(void)state;
	assert_int_equal(hj_record_from_json(j, &record), 0);
	assert_int_equal(record.stats.count, 1);
	assert_int_equal(record.head.boot_id[15], 0xff);
	assert_true(record.stats.stats[0].cou == 2.5 && isnan(record.stats.stats[0].last));
	hj_record_done(&record);
	json_decref(j);
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		j = spoil(good_head, &rows[i]);
		if (hj_record_from_json(j, &record) != -EBADMSG)
			fail_msg("row %zu is taken for a record", i);
		json_decref(j);
	}
}

/* A record of no statistics has an object; what of it means nothing to us is there all the same. */
static void bodies(void **state)
{
	static const struct {
		const char *kind, *body;
		int r;
		size_t equipment;
	} rows[] = {
		{ "\"status\"", "{\"states\": {\"SB1\": 1}}", 0, 1 },
		{ "\"status\"", "{\"states\": {\"SB1\": true}}", 0, 0 },
		{ "\"status\"", "{\"states\": {}}", 0, 0 },
		{ "\"status\"", "{}", 0, 0 },
		{ "\"log\"", "{\"text\": \"x\"}", 0, 0 },
		{ "\"log\"", "[]", -EBADMSG, 0 },
		{ "\"log\"", "null", -EBADMSG, 0 },
	};
	struct hj_record record;

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		json_t *j = spoil(good_head, &(struct spoiled){ "kind", 0, rows[i].kind });

		json_object_set_new(j, "body", json_loads(rows[i].body, JSON_DECODE_ANY, NULL));
		assert_int_equal(hj_record_from_json(j, &record), rows[i].r);
		if (!rows[i].r) {
			assert_int_equal(record.equipment_count, rows[i].equipment);
			hj_record_done(&record);
		}
		json_decref(j);
	}
}

/* ---- points, samples ---- */

static void points_that_are_none(void **state)
{
	static const char good[] = "{\"name\": \"oven.power\", \"factor\": \"\", \"unit\": \"kW\", \"total\": false, "
	                           "\"interval\": 1000}";
	static const struct spoiled rows[] = {
		{ "total", 0, NULL },
		{ "total", 0, "1" },
		{ "number", 0, "0" },
		{ "number", 0, "4294967296" },
		{ "name", 0, NULL },
		{ "name", 0, "\"\"" },
		{ "name", 0, "\".power\"" },
		{ "name", 0, "\"oven.\"" },
		{ "name", 0, "\"oven.po.wer\"" },
		{ "name", 0, "\"an-oven-of-a-name-longer-than-any-is.power\"" },
		{ "name", 0, "\"an-oven-of-a-name-longer-than-any-is.and-a-power-with-another-such-name\"" },
		{ "factor", 0, "\"a name that is far too long for a factor\"" },
		{ "factor", 0, "7" },
		{ "factor", 0, "\"a b\"" },
		{ "unit", 0, NULL },
		{ "interval", 0, "0" },
		{ "interval", 0, "300001" },
		{ "wrap", 0, "\"1000\"" },
		{ "wrap", 0, "null" },
		{ "wrap", 0, "-1" },
	};
	json_t *j = json_loads(good, 0, NULL);
	struct hj_point p;

	(void)state;
	assert_int_equal(hj_point_from_json(j, &p), 0);
	assert_int_equal(p.number, 0);
	json_decref(j);
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		j = spoil(good, &rows[i]);
		if (hj_point_from_json(j, &p) != -EBADMSG)
			fail_msg("row %zu is taken for a point", i);
		json_decref(j);
	}
}

static void samples_that_are_none(void **state)
{
	static const char good[] = "[1, 1795017600000, 2.5, \"N\"]";
	static const struct spoiled rows[] = {
		{ NULL, 0, "4294967296" },
		{ NULL, 0, "null" },
		{ NULL, 1, "99999999999999999" },
		{ NULL, 1, "null" },
		{ NULL, 2, "{}" },
		{ NULL, 2, "false" },
		{ NULL, 3, "\"\"" },
		{ NULL, 3, "null" },
		{ NULL, 3, NULL },
	};
	struct hj_sample s;

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		json_t *j = spoil(good, &rows[i]);

		if (hj_sample_from_json(j, &s) != -EBADMSG)
			fail_msg("row %zu is taken for a sample", i);
		json_decref(j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receipts_there_and_back),
		cmocka_unit_test(receipts_that_are_none),
		cmocka_unit_test(lists_of_receipts),
		cmocka_unit_test(records_that_are_none),
		cmocka_unit_test(bodies),
		cmocka_unit_test(points_that_are_none),
		cmocka_unit_test(samples_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
