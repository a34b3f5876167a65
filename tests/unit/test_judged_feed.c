/* What judged reads of what was recorded while it was away, from a stored of the test's own. */
#include "../../services/judged/judged.h"
#include "../../services/judged/feed.h"
#include "../../services/judged/peer_outbox.h"
#include "hjgate/judge.h"
#include "hjgate/log.h"
#include "hjgate/record_json.h"
#include "ipc_world.h"
#include "state_root.h"

#define MINUTE_MS 60000LL
#define YEAR_MS   (365 * HJ_MS_PER_DAY)
#define POINT     1000001 /* their numbers at stored, after a salvage */
#define ENERGY    1000002

struct town {
	struct world w;
	struct judged d;
	json_t *records;
	json_t *live; /* answers of Watch; NULL: of nothing */
	bool watched;
	int64_t now_ms;
};
static struct town t;
static struct hj_judge_point point[2];
static struct hj_judge_equipment equipment;
static struct hj_conf_equipment named = { .code = "SB1", .title = "oven" };

/* ---- stored ---- */

static void record(int64_t label_ms, double value)
{
	struct hj_stat stat = { .point = POINT,
		.flag = HJ_FLAG_NORMAL,
		.expected = 6,
		.got = 6,
		.cou = NAN,
		.min = value,
		.avg = value,
		.max = value,
		.last = NAN };
	struct hj_head head = { .kind = HJ_KIND_MINUTE,
		.seq = json_array_size(t.records) + 1,
		.trust = HJ_TRUST_RTC,
		.label_ms = label_ms,
		.length_ms = MINUTE_MS };
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	json_t *j;

	assert_int_equal(hj_stats_encode(&stat, 1, &body), 0);
	assert_int_equal(hj_record_to_json(&head, body.data, body.len, &j), 0);
	json_array_append_new(t.records, j);
}

static int64_t number_of(json_t *j, const char *name)
{
	return json_integer_value(json_object_get(j, name));
}

static json_t *points_json(void)
{
	const struct hj_point p = { .number = POINT, .name = "oven.current", .interval_ms = 10000 },
	                      e = { .number = ENERGY, .name = "oven.energy", .total = true, .interval_ms = 10000 };

	return json_pack("[o, o]", hj_point_to_json(&p, true), hj_point_to_json(&e, true));
}

static int on_query(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	json_t *list = json_array(), *r;
	size_t i;

	json_array_foreach(t.records, i, r)
	{
		int64_t label_ms = number_of(r, "label");

		if (label_ms >= number_of(parameters, "begin") && label_ms < number_of(parameters, "end") &&
		        number_of(r, "seq") > number_of(parameters, "after"))
			json_array_append(list, r);
	}
	return hj_ipc_reply(call, json_pack("{s:o, s:o}", "points", points_json(), "records", list));
}

static int on_watch(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	json_t *answer;
	size_t i;

	t.watched = true;
	json_array_foreach(t.live, i, answer)
	{
		hj_ipc_reply_more(call, json_incref(answer));
	}
	return t.live ? 0 : hj_ipc_reply(call, json_pack("{s:[], s:[]}", "points", "samples"));
}

static const struct hj_ipc_interface store_interface = {
	.name = "hjgate.Store",
	.description = "interface hjgate.Store\n",
	.methods =
	        (const struct hj_ipc_method[]){
	                { "Query", HJ_ANY_RIGHT, on_query },
	                { "Watch", HJ_ANY_RIGHT, on_watch },
	                { NULL, 0, NULL },
	        },
};

/* ---- judged ---- */

/* The oven runs from 5 A on. */
static void make_plan(void)
{
	t.d.site.equipment = &named;
	t.d.site.plan = (struct hj_judge_plan){
		.points = point, .equipment = &equipment, .point_count = 2, .equipment_count = 1
	};
	for (size_t i = 0; i < 2; i++) {
		hj_judge_point_init(&point[i]);
		point[i].name = i ? "oven.energy" : "oven.current";
		point[i].interval_ms = 10000;
	}
	hj_judge_equipment_init(&equipment);
	equipment.name = "oven";
	equipment.signs[0].point = 0;
	equipment.signs[0].running = 5;
	equipment.signs[0].meaning = HJ_MEANS_CURRENT;
	equipment.sign_count = 1;
	equipment.energy = 1;
	hj_judge_plan_fill(&t.d.site.plan);
	t.d.map.plan = &t.d.site.plan;
	t.d.told[0] = JUDGED_TOLD_NO;
}

/* Judged was away for ten minutes. */
static int begin(void **state)
{
	static const struct hj_ipc_interface *const all[] = { &store_interface, NULL };
	char path[104];

	hj_log_setup("judged", HJ_LOG_ERROR - 1);
	t = (struct town){ .records = json_array(), .now_ms = hj_now().wall_ms };
	assert_int_equal(make_root("judged"), 0);
	assert_true(sd_event_new(&t.w.event) >= 0);
	t.d.event = t.w.event;
	t.d.root = root;
	path_of("var/lib/hjgate/state", t.d.path);
	path_of("run/hjgate/state", t.d.spare);
	make_plan();
	assert_int_equal(hj_judge_new(&t.d.site.plan, t.now_ms - 10 * MINUTE_MS, judged_tell, &t.d, &t.d.judge), 0);
	assert_int_equal(outbox_new(&t.d, &t.d.outbox), 0);
	assert_int_equal(hj_ipc_server_new(t.w.event, all, &t, &t.w.server), 0);
	snprintf(path, sizeof(path), "%s/run/hjgate/stored.peer", root);
	assert_int_equal(hj_ipc_server_add(t.w.server, listen_at(path), HJ_PEER), 0);
	return 0;
}

static int end(void **state)
{
	feed_free(t.d.feed);
	outbox_free(t.d.outbox);
	judged_keys_free(&t.d);
	hj_judge_map_done(&t.d.map);
	hj_judge_free(t.d.judge);
	hj_ipc_server_free(t.w.server);
	sd_event_unref(t.w.event);
	json_decref(t.records);
	json_decref(t.live);
	return remove_root();
}

static struct hj_judge_look read_all(void)
{
	struct hj_judge_look look;

	assert_int_equal(feed_new(&t.d, &t.d.feed), 0);
	turn_until(&t.w, t.watched);
	hj_judge_look(t.d.judge, 0, &look);
	return look;
}

/* ---- tests ---- */

static void what_was_recorded_meanwhile_is_judged(void **state)
{
	for (int i = 10; i > 0; i--)
		record(t.now_ms - i * MINUTE_MS, 6);
	assert_int_equal(read_all().state, HJ_STATE_RUNNING);
}

/* A boot whose clock is behind: what was recorded before it lies ahead. */
static void what_lies_ahead_by_hours_is_judged(void **state)
{
	for (int i = 0; i < 10; i++)
		record(t.now_ms + 5 * 60 * MINUTE_MS + i * MINUTE_MS, 6);
	assert_int_equal(read_all().state, HJ_STATE_RUNNING);
}

/* They stay in the store for years, and each start would judge them again. */
static void what_a_clock_years_ahead_left_is_not_judged(void **state)
{
	struct hj_judge_look look;

	for (int i = 0; i < 10; i++)
		record(t.now_ms + 10 * YEAR_MS + i * MINUTE_MS, 0);
	for (int i = 10; i > 0; i--)
		record(t.now_ms - i * MINUTE_MS, 6);
	look = read_all();
	assert_int_equal(look.state, HJ_STATE_RUNNING);
	assert_in_range(hj_judge_time(t.d.judge), t.now_ms - 2 * MINUTE_MS, t.now_ms);
	assert_in_range(look.since_ms, t.now_ms - 10 * MINUTE_MS, t.now_ms);
}

static void answer(int64_t back_ms, double total, int64_t swapped_ms)
{
	int64_t ms = t.now_ms - back_ms;
	json_t *a = json_pack("{s:o, s:[[i, I, f, s], [i, I, f, s]]}", "points", points_json(), "samples", POINT,
	        (json_int_t)ms, 6.0, "N", ENERGY, (json_int_t)ms, total, "N");

	if (swapped_ms)
		json_object_set_new(a, "swaps", json_pack("[[i, I]]", ENERGY, (json_int_t)swapped_ms));
	json_array_append_new(t.live, a);
}

/* What it showed before and shows now tells nobody what was used. */
static void another_meter_is_begun(void **state)
{
	struct hj_judge_look look;

	for (int i = 10; i > 1; i--)
		record(t.now_ms - i * MINUTE_MS, 6);
	t.live = json_array();
	answer(30000, 300, 0);
	answer(20000, 301, 0);
	answer(10000, 50000, t.now_ms - 10000);
	answer(5000, 50001, t.now_ms - 10000);
	answer(1000, 50002, 0);
	read_all();
	t.watched = false;
	for (int64_t i = 0; i < 100; i++) {
		hj_judge_look(t.d.judge, 0, &look);
		if (look.energy > 0)
			break;
		sd_event_run(t.w.event, 100000);
	}
	assert_float_equal(look.energy, 3, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_recorded_meanwhile_is_judged, begin, end),
		cmocka_unit_test_setup_teardown(what_lies_ahead_by_hours_is_judged, begin, end),
		cmocka_unit_test_setup_teardown(another_meter_is_begun, begin, end),
		cmocka_unit_test_setup_teardown(what_a_clock_years_ahead_left_is_not_judged, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
