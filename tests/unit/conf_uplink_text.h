/* An uplink's file as a text in memory, for the tests of its groups. */
#pragma once

#include <string.h>

#include "../../src/sys/conf_table.h"

#define UPLINK                                                                                                       \
	"format = 1;\n"                                                                                              \
	"host = \"platform.example\"; port = 9000;\n"                                                                \
	"mn = \"66330302010200001001\"; pw = \"123456\"; st = \"31\";\n"

static void text(struct hj_conf_uplink *ret, struct hj_conf_errors *errors, const char *whole)
{
	struct conf_file f = { 0 };

	*ret = (struct hj_conf_uplink){ 0 };
	assert_int_equal(conf_file_parse(&f, whole, strlen(whole), errors), 0);
	assert_int_equal(conf_uplink_read(&f, ret), 0);
	conf_file_done(&f);
}
