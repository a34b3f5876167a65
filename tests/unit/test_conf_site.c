/* equipment.conf: what one threshold is enough for, what is said is kept, what is refused, and where. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/sys/conf_equipment.h"

#define SITE                                                                                                         \
	"format = 1;\n"                                                                                              \
	"equipment = ( { name = \"oven\"; role = \"production\"; point = \"oven.current\"; running = 5.0; },\n"      \
	"  { name = \"fan\"; role = \"treatment\"; process = \"fan\"; point = \"fan.on\"; } );\n"

static void read_text(struct hj_conf_site *ret, struct hj_conf_errors *errors, const char *whole)
{
	struct conf_file f = { .path = "equipment.conf" };

	*ret = (struct hj_conf_site){ .file = "" };
	assert_int_equal(conf_file_parse(&f, whole, strlen(whole), errors), 0);
	assert_int_equal(conf_site_read(&f, ret), 0);
	conf_file_done(&f);
	if (!errors->count)
		conf_site_settle(ret, false, errors);
}

static void one_threshold_is_enough(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_site s;

	read_text(&s, &errors, SITE "linkages = ( { production = [ \"oven\" ]; treatment = [ \"fan\" ]; } );\n");
	assert_int_equal(errors.count, 0);
	assert_int_equal(s.plan.equipment_count, 2);
	assert_string_equal(s.plan.equipment[0].name, "oven");
	assert_string_equal(s.equipment[0].code, "SB1");
	assert_string_equal(s.equipment[0].title, "oven");
	assert_true(s.plan.equipment[0].any && !s.plan.equipment[1].any);
	assert_true(s.plan.equipment[0].signs[0].running == 5 && s.plan.equipment[0].signs[0].hysteresis == 0.5);
	assert_true(s.plan.equipment[0].hold_ms[HJ_STATE_RUNNING] > 0);
	assert_int_equal(s.plan.equipment[1].signs[0].meaning, HJ_MEANS_SWITCH);
	assert_int_equal(s.plan.link_count, 1);
	assert_true(s.plan.links[0].run_up_ms > 0 && s.plan.links[0].late_ms > 0);
	hj_conf_site_done(&s);
}

static void all_that_can_be_said(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_site s;

	read_text(&s, &errors,
	        "format = 1;\n"
	        "equipment = ( { name = \"a\"; code = \"SB2\"; title = \"A\"; role = \"production\";\n"
	        "  points = ( { point = \"m.i\"; running = 9.0; idle = 2.0; hysteresis = 0.5; },\n"
	        "    { point = \"m.p\"; running = -150.0; falling = true; } );\n"
	        "  together = \"all\"; running_after = 0; idle_after = 1; stopped_after = 2; silent_after = 7;\n"
	        "  energy = \"m.e\"; },\n"
	        "  { name = \"b\"; role = \"treatment\"; point = \"m.s\"; } );\n"
	        "limits = ( { equipment = \"b\"; point = \"m.p\"; upper = 5.0; lower = 1.0; lasting = 3; says = "
	        "\"bypassed\"; },\n"
	        "  { phases = [ \"m.x\", \"m.y\", \"m.z\" ]; loss = 30.0; } );\n"
	        "linkages = ( { production = [ \"a\" ]; treatment = [ \"b\" ]; run_up = 40; late = 0; run_down = 5; } "
	        ");\n");
	assert_int_equal(errors.count, 0);
	assert_string_equal(s.equipment[0].code, "SB2");
	assert_string_not_equal(s.equipment[1].code, "SB2"); /* its place, past what is taken */
	assert_int_equal(s.plan.equipment[0].hold_ms[HJ_STATE_STOPPED], 2000);
	assert_false(s.plan.equipment[0].any);
	assert_true(s.plan.equipment[0].signs[1].falling);
	assert_int_equal(s.plan.points[s.plan.equipment[0].signs[0].point].silent_ms, 7000);
	assert_int_equal(s.plan.limit_count, 3);
	assert_int_equal(s.plan.limits[0].kind, HJ_LIMIT_UPPER);
	assert_int_equal(s.plan.limits[1].says, HJ_SAYS_BYPASSED);
	assert_true(s.plan.limits[1].running && !s.plan.limits[2].running);
	assert_int_equal(s.plan.links[0].run_down_ms, 5000);
	hj_conf_site_done(&s);
}

static void sites_that_are_refused(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *says;
	} wrong[] = {
		{ "linkages = ( { production = [ \"oven\" ]; treatment = [ \"fun\" ]; } );", 4, "did you mean fan" },
		{ "linkages = ( { production = [ \"oven\" ]; treatment = [ \"oven\" ]; } );", 4, "" },
		{ "limits = ( { equipment = \"ovn\"; point = \"m.i\"; upper = 1.0; } );", 4, "did you mean oven" },
		{ "limits = ( { point = \"m.i\"; } );", 4, "upper" },
		{ "limits = ( { point = \"m.i\"; loss = 20.0; } );", 4, "remove it" },
		{ "limits = ( { upper = 1.0; } );", 4, "METER.POINT" },
		{ "limits = ( { phases = [ \"m.i\" ]; loss = 20.0; } );", 4, "3" },
	};

	for (size_t i = 0; i < hj_array_size(wrong); i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_site s;
		char whole[1024];

		snprintf(whole, sizeof(whole), "%s%s\n", SITE, wrong[i].text);
		read_text(&s, &errors, whole);
		assert_true(errors.count >= 1);
		assert_int_equal(errors.list[0].line, wrong[i].line);
		assert_non_null(strstr(errors.list[0].remedy, wrong[i].says));
		hj_conf_site_done(&s);
		hj_conf_errors_done(&errors);
	}
}

static void upside_down_and_in_a_circle(void **state)
{
	static const char *const wrong[] = {
		"format = 1;\nequipment = ( { name = \"a\"; role = \"production\"; point = \"m.i\"; running = 5.0; "
		"idle = 6.0; } );\n",
		"format = 1;\nequipment = ( { name = \"a\"; role = \"production\"; point = \"m.i\"; running = 5.0; "
		"hysteresis = 7.0; "
		"} );\n",
		"format = 1;\nequipment = ( { name = \"a\"; role = \"treatment\"; point = \"m.i\"; },\n"
		"{ name = \"b\"; role = \"treatment\"; point = \"m.j\"; } );\n"
		"linkages = ( { production = [ \"a\" ]; treatment = [ \"b\" ]; }, { production = [ \"b\" ]; "
		"treatment = [ \"a\" ]; } );\n",
		"format = 1;\nequipment = ( { name = \"a\"; role = \"production\"; point = \"m.i\"; },\n"
		"{ name = \"a\"; role = \"treatment\"; point = \"m.j\"; } );\n",
		"format = 1;\nequipment = ( { name = \"a\"; code = \"SB1\"; role = \"production\"; point = \"m.i\"; "
		"},\n"
		"{ name = \"b\"; code = \"SB1\"; role = \"treatment\"; point = \"m.j\"; } );\n",
		"format = 1;\nequipment = ( { name = \"a\"; role = \"production\"; process = \"magic\"; point = "
		"\"m.i\"; } );\n",
		"format = 1;\nequipment = ( { name = \"a\"; role = \"production\"; } );\n",
	};

	for (size_t i = 0; i < hj_array_size(wrong); i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_site s;

		read_text(&s, &errors, wrong[i]);
		assert_true(errors.count >= 1);
		assert_true(errors.list[0].line >= 2);
		assert_true(errors.list[0].remedy[0]);
		hj_conf_site_done(&s);
		hj_conf_errors_done(&errors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_threshold_is_enough),
		cmocka_unit_test(all_that_can_be_said),
		cmocka_unit_test(sites_that_are_refused),
		cmocka_unit_test(upside_down_and_in_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
