/* The words of CN 3019 and 3020: as the standard prints them, and what no frame can say left out. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/hj212_device.h"

static void serial_numbers_are_what_a_field_can_say(void **state)
{
	static const struct {
		const char *serial, *sn;
	} cases[] = {
		{ "", "" },
		{ "181226034194", "181226034194" },
		{ "010000A8900016F000169DC1", "010000A8900016F000169DC1" },
		{ "X010000A8900016F000169DC1", "010000A8900016F000169DC1" },
		{ "SN 12;34,5=6&&7##8\r\n//9", "SN123456789" },
		{ "\xe8\xa1\xa8 7-A.b_c", "7-A.b_c" },
		{ " ;&&", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char sn[HJ212_SN_MAX + 1];

		hj212_sn_format(cases[i].serial, sn);
		assert_string_equal(sn, cases[i].sn);
	}
}

/* C.39 and C.42 of the standard. */
static void answers_are_the_standards(void **state)
{
	char cp[128];
	int n = hj212_sn_cp("w01018", "010000A8900016F000169DC1", cp, sizeof(cp));

	assert_string_equal(cp, "PolId=w01018;w01018-SN=010000A8900016F000169DC1");
	assert_int_equal(n, (int)strlen(cp));
	hj212_sn_cp("", "GW-1", cp, sizeof(cp));
	assert_string_equal(cp, "i20000-SN=GW-1");
	n = hj212_info_cp(1470013137000, "w01018", "i12001", "1", cp, sizeof(cp));
	assert_string_equal(cp, "DataTime=20160801085857;PolId=w01018;i12001-Info=1");
	assert_int_equal(n, (int)strlen(cp));
	hj212_info_cp(1470013137000, "", "i22003", "0", cp, sizeof(cp));
	assert_string_equal(cp, "DataTime=20160801085857;i22003-Info=0");
	assert_int_equal(hj212_sn_cp("w01018", "1", cp, 20), -EMSGSIZE);
	assert_int_equal(hj212_info_cp(0, "w01018", "i12001", "1", cp, 20), -EMSGSIZE);
}

static void states_are_told_from_values(void **state)
{
	assert_int_equal(hj212_info_find("i22001"), HJ212_INFO_WORK);
	assert_int_equal(hj212_info_find("i22101"), HJ212_INFO_CHANNEL);
	assert_int_equal(hj212_info_find("i33200"), HJ212_INFO_UNKNOWN);
	assert_int_equal(hj212_info_find(""), HJ212_INFO_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serial_numbers_are_what_a_field_can_say),
		cmocka_unit_test(answers_are_the_standards),
		cmocka_unit_test(states_are_told_from_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
