/* What hjgate knows, without memory: each request of the heap refused once, in what judge, hj212, meter and model ask
 * it for. It is told, nothing is half appended, nothing stays behind. (Series: test_series_heap.c.) */
/* long because: one vocabulary of scenarios for four folders */
#include "judge_world.h"

#include "heap_faults.h"

#include "hjgate/buf.h"
#include "hjgate/dingtalk.h"
#include "hjgate/hj212_phrase.h"
#include "hjgate/hj212_session.h"
#include "hjgate/ipc.h"
#include "hjgate/judge_history.h"
#include "hjgate/meter_board.h"
#include "hjgate/meter_budget.h"
#include "hjgate/meter_figures.h"
#include "hjgate/meter_image.h"
#include "hjgate/meter_plan.h"
#include "hjgate/meter_quarantine.h"
#include "hjgate/meter_schedule.h"
#include "hjgate/meter_split.h"
#include "hjgate/pending.h"
#include "hjgate/record_json.h"
#include "hjgate/seqset.h"

/* ---- judge ---- */

static void hear_nothing(void *data, const struct hj_conclusion *c)
{
}

/* A site that runs for a while, is written down, and goes on in another judge. */
static int judge_and_keep(void *userdata)
{
	struct world *w = userdata;
	_cleanup_(hj_judge_freep) struct hj_judge *j = NULL, *next = NULL;
	_cleanup_(hj_buf_done) struct hj_buf kept = { 0 };
	int r = hj_judge_new(&w->plan, NOON, hear_nothing, NULL, &j);

	for (int64_t i = 0; i < 60 && r >= 0; i++) {
		const struct hj_sample s[] = {
			{ .point = PRESS_A, .time_ms = NOON + i * 10 * SECOND, .value = 6, .flag = HJ_FLAG_NORMAL },
			{ .point = FAN_A,
			        .time_ms = NOON + i * 10 * SECOND,
			        .value = i % 20,
			        .flag = HJ_FLAG_NORMAL },
		};

		hj_judge_add(j, s, 2);
		hj_judge_pass(j, s[0].time_ms);
	}
	r = r < 0 ? r : hj_judge_encode(j, &kept);
	r = r < 0 ? r : hj_judge_new(&w->plan, NOON, hear_nothing, NULL, &next);
	r = r < 0 ? r : hj_judge_decode(next, kept.data, kept.len);
	return r < 0 ? r : 0;
}

static int judge_records(void *userdata)
{
	struct world *w = userdata;
	struct hj_judge_map m = { .plan = &w->plan };
	struct hj_judge_batch b = { 0 };
	const struct hj_sample s = { .point = PRESS_A, .time_ms = NOON, .value = 6, .flag = HJ_FLAG_NORMAL };
	int r = hj_judge_map_learn(&m, 1, "press.current");

	r = r < 0 ? r : hj_judge_map_learn(&m, 700, "fan.current");
	for (int i = 0; i < 100; i++)
		hj_judge_batch_add(&b, &s);
	assert_int_equal(b.count + b.lost, 100); /* what there is no memory for is counted */
	hj_judge_batch_done(&b);
	hj_judge_map_done(&m);
	return r < 0 ? r : 0;
}

static void judging(void **state)
{
	static struct world w;

	world_init(&w);
	world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 10)->for_ms = 0;
	w.plan.equipment[PRESS].energy = ENERGY;
	world_begin(&w);
	world_end(&w);
	assert_int_equal(judge_and_keep(&w), 0);
	assert_true(heap_each(judge_and_keep, &w) > 8);
	assert_true(heap_each(judge_records, &w) > 2);
}

/* ---- hj212 ---- */

static int open_session(void *userdata)
{
	const struct hj212_settings settings = { .over_time = 10, .re_count = 3, .rtd_interval = 30, .pw = "123456" };
	const struct hj212_identity id = {
		.edition = HJ212_2017, .mn = "010000A8900016F000169DC0", .st = "32", .window = 4
	};
	struct hj212_session *s = NULL;
	int r = hj212_session_new(&id, &settings, &s);

	hj212_session_free(s);
	return r;
}

#define FACTORS 30

static int phrase_all(struct hj212_phrase_map *m, struct hj_buf *to)
{
	struct hj_stat stats[FACTORS];
	int r = 0;

	for (uint32_t i = 0; i < FACTORS && r >= 0; i++) {
		char name[32], code[16];
		struct hj_wanted w = {
			.point = name, .factor = "", .decimals = 2, .unit = "", .st = i % 3 ? "" : "31"
		};
		struct hj_point p = { .number = i + 1, .interval_ms = 60000, .total = i % 2 };

		snprintf(name, sizeof(name), "meter.p%u", i);
		snprintf(code, sizeof(code), "ga%04u", i);
		strcpy(p.name, name);
		strcpy(p.factor, code);
		r = hj212_phrase_map_add(m, &w);
		r = r < 0 ? r : hj212_phrase_map_learn(m, &p);
		stats[i] = (struct hj_stat){
			.point = i + 1, .flag = HJ_FLAG_NORMAL, .cou = 1, .min = 1, .avg = 2, .max = 3
		};
	}
	r = r < 0 ? r : hj212_phrase_statistics(m, stats, FACTORS, to);
	r = r < 0 ? r : hj212_phrase_made_up_statistics(m, to);
	r = r < 0 ? r : hj212_phrase_made_up_realtime(m, HJ_FLAG_NORMAL, NOON, to);
	r = r < 0 ? r : hj212_phrase_log(m, "a text", to);
	r = r < 0 ? r : hj212_phrase_poweron(NOON, to);
	return r;
}

static int phrase(void *userdata)
{
	static struct hj212_phrase_cut cut;
	_cleanup_(hj_buf_done) struct hj_buf items = { 0 };
	struct hj212_phrase_map m = { 0 };
	struct hj212_phrase_cut *kept = NULL;
	int r = phrase_all(&m, &items);

	hj212_phrase_map_done(&m);
	if (r >= 0)
		r = hj212_phrase_cut((struct hj212_slice){ items.data, items.len }, 900, &cut);
	if (r >= 0)
		kept = hj212_phrase_cut_keep(&cut);
	r = r < 0 ? r : kept ? 0 : -ENOMEM;
	free(kept);
	return r;
}

/* All points: what the store tells of makes room for itself. */
static int learn_all(void *userdata)
{
	struct hj212_phrase_map m = { .all = true };
	int r = 0;

	for (uint32_t i = FACTORS; i-- > 0 && r >= 0;) {
		struct hj_point p = { .number = i + 1, .interval_ms = 60000 };

		snprintf(p.name, sizeof(p.name), "meter.p%u", i);
		strcpy(p.factor, "ga0101");
		r = hj212_phrase_map_learn(&m, &p);
	}
	for (size_t i = 1; i < m.count; i++)
		assert_true(m.list[i - 1].number < m.list[i].number);
	hj212_phrase_map_done(&m);
	return r;
}

static void talking(void **state)
{
	assert_true(heap_each(open_session, NULL) >= 3);
	assert_int_equal(phrase(NULL), 0);
	assert_true(heap_each(phrase, NULL) > 5);
	assert_int_equal(learn_all(NULL), 0);
	assert_true(heap_each(learn_all, NULL) > 2);
}

/* ---- meter ---- */

static int plan_a_bus(void *userdata)
{
	struct hj_plan_rules rules = { .cost = hj_bus_cost_of(HJ_BUS_rtu, 9600, 10) };
	const struct hj_budget_rules of = { .cost = rules.cost, .timeout = 100000, .tries = 2 };
	struct hj_want wants[40];
	struct hj_splits splits = { 0 };
	struct hj_plan p = { 0 };
	struct hj_budget b;
	int r = hj_splits_init(&splits, 40);

	for (uint32_t i = 0; i < 40; i++)
		wants[i] = (struct hj_want){ (uint16_t)(i / 10), HJ_TABLE_HOLDING, i * 7, 2, 1000, 0 };
	rules.splits = &splits;
	r = r < 0 ? r : hj_plan_make(wants, 40, &rules, &p);
	if (r >= 0)
		(void)hj_splits_refused(&splits, &p.requests[0], wants, p.order, 1000000);
	r = r < 0 ? r : hj_budget_make(&p, &of, &b);
	hj_plan_done(&p);
	hj_splits_done(&splits);
	return r;
}

static int set_up_meters(void *userdata)
{
	const struct hj_board_slot slots[] = { { .codec = { .type = HJ_TYPE_UINT16 }, .address = 5 } };
	const struct hj_image_span spans[] = { { HJ_TABLE_HOLDING, 0, 4 }, { HJ_TABLE_COIL, 9, 1 } };
	const struct hj_timing timings[] = { { .interval_ms = 1000 }, { .meter = 1, .interval_ms = 2000 } };
	struct hj_quarantine q = { 0 };
	struct hj_schedule s = { 0 };
	struct hj_board board = { 0 };
	struct hj_image image = { 0 };
	int r = hj_board_init(&board, slots, 1);

	r = r < 0 ? r : hj_image_init(&image, spans, 2);
	r = r < 0 ? r : hj_schedule_init(&s, timings, 2, 0, 1000000);
	r = r < 0 ? r : hj_quarantine_init(&q, 2, 1000, 100000, 2, 1000000);
	hj_quarantine_done(&q);
	hj_schedule_done(&s);
	hj_image_done(&image);
	hj_board_done(&board);
	return r;
}

static int keep_figures(void *userdata)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_figures f;
	int r;

	hj_figures_init(&f, NOON);
	hj_figures_add(&f, NOON, true);
	r = hj_figures_encode(&f, &b);
	return r < 0 ? r : 0;
}

static void asking(void **state)
{
	assert_int_equal(plan_a_bus(NULL), 0);
	assert_true(heap_each(plan_a_bus, NULL) > 4);
	assert_int_equal(set_up_meters(NULL), 0);
	assert_true(heap_each(set_up_meters, NULL) >= 5);
	assert_true(heap_each(keep_figures, NULL) >= 1);
}

/* ---- model ---- */

/* An encoder, with as much room as the round allows before memory is asked for: it appends all or nothing. */
static int put_what(unsigned what, struct hj_buf *to)
{
	static const struct hj_receipt receipt = { 5, 9, 3, NOON, NOON + 5, NOON + 6, NOON + 90, false };
	static const struct hj_head head = { .seq = 5, .kind = HJ_KIND_MINUTE, .length_ms = 60000, .label_ms = NOON };
	static const uint8_t boot[HJ_ID_BYTES] = "boot";
	struct hj_stat stats[3];
	struct hj_receipts list = { 0 };
	struct hj_seqset set = { 0 };
	struct hj_pending pending = { .bus = "north", .first = 1, .begin_ms = 5000, .upto_ms = 6000 };
	const struct hj_sample sample = { .point = 3, .time_ms = 5500, .value = 1.25, .flag = HJ_FLAG_NORMAL };
	int r = 0;

	for (uint32_t i = 0; i < 3; i++)
		stats[i] = (struct hj_stat){ .point = i + 1,
			.flag = i ? HJ_FLAG_NORMAL : HJ_FLAG_FAULT,
			.expected = 60,
			.got = 59,
			.cou = i ? NAN : 1.0 / 3,
			.min = 0.1,
			.avg = 0.2 + i,
			.max = 7e22,
			.last = NAN };
	hj_seqset_add(&set, 1, 5);
	hj_seqset_add(&set, 9, 12);
	memcpy(pending.boot, boot, sizeof(boot));
	switch (what) {
	case 0:
		return hj_stats_encode(stats, 3, to);
	case 1:
		return hj_seqset_encode(&set, to);
	case 2:
		r = hj_receipts_add(&list, &receipt);
		r = r < 0 ? r : hj_receipt_body_encode("county", &list, to);
		hj_receipts_done(&list);
		return r;
	case 3:
		r = hj_pending_add(&pending, &sample, 5000);
		pending.count = r >= 0;
		r = r < 0 ? r : hj_pending_encode(&pending, to);
		hj_pending_done(&pending);
		return r;
	case 4:
		return hj_head_encode(&head, to);
	case 5:
		return hj_buf_printf(to, "%s %d", "a text of some length", 5);
	}
	return -ENOSYS;
}
#define ENCODERS 6

struct encoding {
	unsigned what;
	size_t room; /* bytes that are left before memory is asked for */
};

static int encode(void *userdata)
{
	const struct encoding *e = userdata;
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	char filling[300];
	size_t before;
	int r = 0;

	memset(filling, 'x', sizeof(filling));
	while (r >= 0 && b.size - b.len <= e->room) /* the next time it grows */
		r = hj_buf_put(&b, filling, 1);
	while (r >= 0 && b.size - b.len > e->room)
		r = hj_buf_put(&b, filling, 1);
	before = b.len;
	if (r < 0)
		return r;
	r = put_what(e->what, &b);
	if (r < 0 && e->what != 5)
		assert_int_equal(b.len, before);
	return r < 0 ? r : 0;
}

static void encoding_for_each_room(void **state)
{
	for (unsigned what = 0; what < ENCODERS; what++)
		for (size_t room = 0; room < 120; room += 3)
			heap_each(encode, &(struct encoding){ what, room });
}

static int through_json(void *userdata)
{
	struct hj_buf body = { 0 };
	struct hj_record record = { 0 };
	const struct encoding *e = userdata;
	static const uint8_t kinds[] = { HJ_KIND_MINUTE, 0, HJ_KIND_RECEIPT, HJ_KIND_PENDING };
	const struct hj_head head = { .seq = 5, .kind = kinds[e->what], .length_ms = 60000, .label_ms = NOON };
	_cleanup_(hj_buf_done) struct hj_buf text = { 0 };
	json_t *j = NULL;
	int r = put_what(e->what, &body);

	r = r < 0 ? r : hj_record_to_json(&head, body.data, body.len, &j);
	r = r < 0 ? r : hj_record_write_json(&head, body.data, body.len, NULL, NULL, &text);
	r = r < 0 || e->what ? r : hj_record_from_json(j, &record);
	hj_record_done(&record);
	json_decref(j);
	hj_buf_done(&body);
	return r < 0 ? r : 0;
}

static int decode(void *userdata)
{
	const struct encoding *e = userdata;
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	struct hj_pending pending = { 0 };
	struct hj_stats stats = { 0 };
	int r = put_what(e->what, &body);

	if (r >= 0 && e->what == 0)
		r = hj_stats_decode(body.data, body.len, &stats);
	if (r >= 0 && e->what == 3)
		r = hj_pending_decode(body.data, body.len, &pending);
	hj_stats_done(&stats);
	hj_pending_done(&pending);
	return r < 0 ? r : 0;
}

static int points_to_json(void *userdata)
{
	const struct hj_point p = { .number = 7,
		.name = "oven.energy",
		.factor = "ga0101",
		.unit = "kWh",
		.total = true,
		.interval_ms = 60000,
		.wrap = 1e6 };
	const struct hj_sample s = { .point = 3, .time_ms = 5500, .value = 1.25, .flag = HJ_FLAG_NORMAL };
	static const struct hj_receipt unanswered = { 5, 6, 1, 1000, 1000, 1001, 1100, true };
	_cleanup_json_ json_t *one = hj_point_to_json(&p, true), *other = hj_sample_to_json(&s),
	                      *third = hj_receipt_to_json(&unanswered);

	if (third) /* never one that says it was acknowledged */
		assert_true(json_is_true(json_array_get(third, json_array_size(third) - 1)));
	return one && other && third ? 0 : -ENOMEM;
}

static void json(void **state)
{
	static const unsigned what[] = { 0, 2, 3 };

	for (size_t i = 0; i < 3; i++) {
		struct encoding e = { what[i], 0 };

		assert_int_equal(through_json(&e), 0);
		assert_int_equal(decode(&e), 0);
		assert_true(heap_each(decode, &e) > 0);
		/* Where jansson does not tell that memory ran out, it counts as a body that does not decode. */
		assert_true(heap_each_place(through_json, &e, 0) > 10);
	}
	assert_true(heap_each(points_to_json, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judging),
		cmocka_unit_test(talking),
		cmocka_unit_test(asking),
		cmocka_unit_test(encoding_for_each_room),
		cmocka_unit_test(json),
	};

	json_set_alloc_funcs(heap_json_malloc, heap_json_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
