/* What judged keeps while the disk takes nothing: it lies in /run, a restart goes on from there, and it is gone when
 * the disk takes what is kept again. The disk refuses by a folder that has the name of what would be written. */
#include "../../services/judged/judged.h"
#include "../../services/judged/peer_outbox.h"
#include "hjgate/judge.h"
#include "hjgate/log.h"
#include "state_root.h"

#include <unistd.h>

#define FIRST_MS 1774929600000
#define REFUSES  ".part"

static struct judged d;
static struct hj_judge_point point;
static struct hj_judge_equipment equipment;
static struct hj_conf_equipment named = { .code = "SB1", .title = "oven" };

static void start(void)
{
	d = (struct judged){ .root = root, .site = { .equipment = &named } };
	d.site.plan = (struct hj_judge_plan){
		.points = &point, .equipment = &equipment, .point_count = 1, .equipment_count = 1
	};
	hj_judge_point_init(&point);
	hj_judge_equipment_init(&equipment);
	point.name = "oven.current";
	equipment.name = "oven";
	equipment.signs[0].point = 0;
	equipment.signs[0].running = 5;
	equipment.sign_count = 1;
	hj_judge_plan_fill(&d.site.plan);
	d.told[0] = JUDGED_TOLD_NO;
	path_of("var/lib/hjgate/judged/state", d.path);
	path_of("run/hjgate/judged/state", d.spare);
	assert_true(sd_event_new(&d.event) >= 0);
	assert_int_equal(hj_judge_new(&d.site.plan, FIRST_MS, judged_tell, &d, &d.judge), 0);
	assert_int_equal(outbox_new(&d, &d.outbox), 0);
}

static void stop(void)
{
	outbox_free(d.outbox);
	judged_keys_free(&d);
	hj_judge_free(d.judge);
	sd_event_unref(d.event);
}

/* What is told of the oven after a restart: what was kept last, wherever it lay. */
static int told_after_restart(void)
{
	stop();
	start();
	keep_load(&d);
	return d.told[0];
}

static void keep(int told)
{
	d.told[0] = (int8_t)told;
	keep_save(&d);
}

static void set_disk(bool refuses)
{
	char path[sizeof(d.path) + sizeof(REFUSES)];

	snprintf(path, sizeof(path), "%s" REFUSES, d.path);
	assert_int_equal(refuses ? mkdir(path, 0755) : rmdir(path), 0);
}

static bool is_spared(void)
{
	return access(d.spare, F_OK) == 0;
}

static int begin(void **state)
{
	char folder[256];

	hj_log_setup("judged", HJ_LOG_ERROR - 1);
	if (make_root("judged") < 0)
		return -1;
	path_of("var/lib/hjgate/judged", folder);
	if (mkdir(folder, 0700) < 0)
		return -1;
	start();
	return 0;
}

static int end(void **state)
{
	stop();
	return remove_root();
}

/* ---- tests ---- */

static void a_disk_that_takes_it_needs_no_spare(void **state)
{
	keep(JUDGED_RS_RUNS);
	assert_false(is_spared());
	assert_int_equal(told_after_restart(), JUDGED_RS_RUNS);
}

static void a_disk_that_takes_nothing_costs_a_restart_nothing(void **state)
{
	keep(JUDGED_RS_RUNS);
	set_disk(true);
	keep(JUDGED_RS_OFF);
	assert_true(is_spared());
	assert_int_equal(told_after_restart(), JUDGED_RS_OFF);
	keep(JUDGED_RS_ALARM);
	assert_int_equal(told_after_restart(), JUDGED_RS_ALARM);
}

static void the_spare_goes_when_the_disk_takes_it(void **state)
{
	set_disk(true);
	keep(JUDGED_RS_OFF);
	assert_int_equal(told_after_restart(), JUDGED_RS_OFF);
	set_disk(false);
	keep(JUDGED_RS_RUNS);
	assert_false(is_spared());
	assert_int_equal(told_after_restart(), JUDGED_RS_RUNS);
}

/* Killed between the two: the spare was left behind. */
static void the_newer_of_the_two_is_read(void **state)
{
	char aside[sizeof(d.spare) + 2];

	keep(JUDGED_RS_RUNS);
	set_disk(true);
	keep(JUDGED_RS_OFF);
	snprintf(aside, sizeof(aside), "%s2", d.spare);
	assert_int_equal(link(d.spare, aside), 0);
	set_disk(false);
	keep(JUDGED_RS_ALARM);
	assert_int_equal(rename(aside, d.spare), 0);
	assert_int_equal(told_after_restart(), JUDGED_RS_ALARM);
	keep(JUDGED_RS_OFF);
	assert_false(is_spared());
}

static void a_spare_that_is_no_such_thing_is_left_alone(void **state)
{
	keep(JUDGED_RS_RUNS);
	set_disk(true);
	keep(JUDGED_RS_OFF);
	write_file("run/hjgate/judged/state", "{");
	assert_int_equal(told_after_restart(), JUDGED_RS_RUNS);
	set_disk(false);
	keep(JUDGED_RS_OFF);
	assert_false(is_spared());
}

/* A disk whose file cannot be read when it begins, and can be again later. */
static void what_could_not_be_read_is_the_older_one(void **state)
{
	char aside[sizeof(d.path) + 2];

	keep(JUDGED_RS_RUNS);
	keep(JUDGED_RS_RUNS);
	snprintf(aside, sizeof(aside), "%s2", d.path);
	assert_int_equal(rename(d.path, aside), 0);
	write_file("var/lib/hjgate/judged/state", "{");
	assert_int_equal(told_after_restart(), JUDGED_TOLD_NO);
	set_disk(true);
	keep(JUDGED_RS_OFF);
	assert_int_equal(rename(aside, d.path), 0);
	assert_int_equal(told_after_restart(), JUDGED_RS_OFF);
}

static void tell(uint64_t number, enum hj_conclusion_code code, bool ended)
{
	const struct hj_conclusion c = { .code = code,
		.number = number,
		.ended = ended,
		.production = HJ_JUDGE_NONE,
		.link = HJ_JUDGE_NONE,
		.limit = HJ_JUDGE_NONE,
		.point = HJ_JUDGE_NONE };

	judged_tell(&d, &c);
}

static json_t *said_last(void)
{
	_cleanup_json_ json_t *outbox = outbox_save(d.outbox);
	json_t *entries = json_object_get(outbox, "entries");

	return json_incref(json_array_get(json_array_get(entries, json_array_size(entries) - 1), 1));
}

/* Under this key it begins, or ends; and what proves the begin is not what stands at the end. */
static void assert_said(const char *phase, const char *key)
{
	_cleanup_json_ json_t *said = said_last();

	assert_string_equal(json_string_value(json_object_get(said, "phase")), phase);
	assert_string_equal(json_string_value(json_object_get(said, "key")), key);
	assert_int_equal(json_object_get(said, "values") != NULL, !strcmp(phase, "begin"));
}

/* Numbers begin anew where what judge thought cannot be read: those of before mean something else. */
static void what_could_not_be_read_names_nothing(void **state)
{
	write_file("var/lib/hjgate/judged/state",
	        "{\"version\":1,\"judge\":\"AAAA\",\"keys\":[[1,\"equipment dryer\"]]}");
	told_after_restart();
	tell(1, HJ_CONCLUDES_RUNNING, false);
	keep(JUDGED_RS_RUNS);
	told_after_restart();
	tell(1, HJ_CONCLUDES_RUNNING, true);
	assert_said("end", "equipment oven");
}

/* Two links in which the same treatment is missing for the same production: the end of one leaves the other open. */
static void what_lasts_at_once_has_keys_of_its_own(void **state)
{
	tell(1, HJ_CONCLUDES_OFF, false);
	assert_said("begin", "equipment oven");
	tell(2, HJ_CONCLUDES_LOW, false);
	assert_said("begin", "equipment oven");
	keep(JUDGED_RS_RUNS);
	told_after_restart();
	tell(3, HJ_CONCLUDES_OFF, false);
	assert_said("begin", "equipment oven (2)");
	keep(JUDGED_RS_RUNS);
	told_after_restart();
	tell(1, HJ_CONCLUDES_OFF, true);
	assert_said("end", "equipment oven");
	tell(4, HJ_CONCLUDES_OFF, false);
	assert_said("begin", "equipment oven");
	tell(3, HJ_CONCLUDES_OFF, true);
	assert_said("end", "equipment oven (2)");
}

/* After a boot whose clock is behind, a plan that changed ends what was kept at judge's time. */
static void what_is_ahead_of_the_clock_is_sure(void **state)
{
	static const int64_t ahead[] = { 0, 3600000 };

	for (size_t i = 0; i < 2; i++) {
		int64_t at_ms = hj_now().wall_ms + ahead[i];
		const struct hj_conclusion c = { .code = HJ_CONCLUDES_STOPPED,
			.ended = true,
			.number = 1,
			.at_ms = at_ms,
			.end_ms = at_ms,
			.equipment = HJ_JUDGE_NONE,
			.production = HJ_JUDGE_NONE,
			.link = HJ_JUDGE_NONE,
			.limit = HJ_JUDGE_NONE,
			.point = HJ_JUDGE_NONE };
		json_t *said;

		judged_tell(&d, &c);
		said = said_last();
		assert_int_equal(json_is_true(json_object_get(said, "sure")), i);
		json_decref(said);
	}
}

static void without_either_it_goes_on_from_before(void **state)
{
	keep(JUDGED_RS_RUNS);
	set_disk(true);
	write_file("run/hjgate/judged", "no folder");
	keep(JUDGED_RS_OFF);
	assert_int_equal(told_after_restart(), JUDGED_RS_RUNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_disk_that_takes_it_needs_no_spare, begin, end),
		cmocka_unit_test_setup_teardown(a_disk_that_takes_nothing_costs_a_restart_nothing, begin, end),
		cmocka_unit_test_setup_teardown(the_spare_goes_when_the_disk_takes_it, begin, end),
		cmocka_unit_test_setup_teardown(the_newer_of_the_two_is_read, begin, end),
		cmocka_unit_test_setup_teardown(a_spare_that_is_no_such_thing_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(what_could_not_be_read_is_the_older_one, begin, end),
		cmocka_unit_test_setup_teardown(what_could_not_be_read_names_nothing, begin, end),
		cmocka_unit_test_setup_teardown(what_lasts_at_once_has_keys_of_its_own, begin, end),
		cmocka_unit_test_setup_teardown(what_is_ahead_of_the_clock_is_sure, begin, end),
		cmocka_unit_test_setup_teardown(without_either_it_goes_on_from_before, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
