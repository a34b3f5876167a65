/* The groups `session` and `next` of an uplink: what is there without them, what they say, what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf_uplink_text.h"

static void session_of_an_uplink(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_uplink u;
	struct hj_conf_form form;

	text(&u, &errors, UPLINK);
	assert_int_equal(errors.count, 0);
	assert_int_equal(u.session.ack, HJ_ACK_QN);
	assert_int_equal(u.session.window, 1);
	assert_false(u.session.any_crc || u.session.crc_lower);
	assert_string_equal(u.session.login.cn, "");
	assert_int_equal(u.session.heartbeat.interval, 0);
	hj_conf_uplink_form(&u, INT64_MAX, &form);
	assert_int_equal(form.edition, 2017);
	hj_conf_uplink_done(&u);
	text(&u, &errors,
	        UPLINK "session = { ack = \"none\"; window = 32; any_crc = true; crc_lower = true;\n"
	               "  login = { cn = \"9021\"; cp = \"User=1\"; answered = false; };\n"
	               "  heartbeat = { interval = 60; }; };\n"
	               "next = { edition = 2025; from = \"2027-01-01\"; st = \"44\"; };\n");
	assert_int_equal(errors.count, 0);
	assert_int_equal(u.session.ack, HJ_ACK_NONE);
	assert_int_equal(u.session.window, 32);
	assert_true(u.session.any_crc && u.session.crc_lower);
	assert_string_equal(u.session.login.cn, "9021");
	assert_string_equal(u.session.login.cp, "User=1");
	assert_false(u.session.login.answered);
	assert_string_equal(u.session.heartbeat.cn, "9015");
	assert_true(u.session.heartbeat.answered);
	assert_int_equal(u.session.heartbeat.interval, 60);
	assert_int_equal(u.next.from_ms, 1798732800000); /* midnight in Beijing */
	hj_conf_uplink_form(&u, u.next.from_ms - 1, &form);
	assert_int_equal(form.edition, 2017);
	assert_string_not_equal(form.st, "44");
	hj_conf_uplink_form(&u, u.next.from_ms, &form);
	assert_int_equal(form.edition, 2025);
	assert_string_equal(form.st, "44");
	assert_string_equal(form.mn, u.mn);
	assert_string_equal(form.pw, u.pw);
	hj_conf_uplink_done(&u);
}

static void sessions_that_are_refused(void **state)
{
	static const char *const wrong[] = {
		"session = { ack = \"never\"; };",
		"session = { window = 33; };",
		"session = { login = { cn = \"921\"; }; };",
		"session = { heartbeat = { interval = 4000; }; };",
		"session = { heartbeat = { interval = 60; cp = \"a&&b\"; }; };",
		"next = { edition = 2025; };",
		"next = { edition = 2024; from = \"2027-01-01\"; };",
		"next = { edition = 2025; from = \"2027-02-30\"; };",
		"next = { edition = 2025; from = \"2027-01-01 8:00\"; };",
		"next = { edition = 2005; from = \"2027-01-01\"; };", /* its MN is none of 14 digits */
		"next = { edition = 2025; from = \"2027-01-01\"; mn = \"88888880000001\"; };",
	};

	for (size_t i = 0; i < hj_array_size(wrong); i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_uplink u;
		char whole[1024];

		snprintf(whole, sizeof(whole), "%s%s\n", UPLINK, wrong[i]);
		text(&u, &errors, whole);
		hj_conf_uplink_done(&u);
		assert_int_equal(errors.count, 1);
		hj_conf_errors_done(&errors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_of_an_uplink),
		cmocka_unit_test(sessions_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
