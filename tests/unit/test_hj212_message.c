/* Messages: the standard's examples there and back, and the oddities of its print and of peers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hj212_frames.h"
#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"

#define MN "MN=010000A8900016F000169DC0"

static struct examples examples;

#define assert_slice(slice, text)                                                                                    \
	do {                                                                                                         \
		assert_int_equal((slice).n, strlen(text));                                                           \
		assert_memory_equal((slice).p, text, (slice).n);                                                     \
	} while (0)

static void decode(const char *data, struct hj212_message *ret)
{
	assert_int_equal(hj212_message_decode(data, strlen(data), ret), 0);
}

static void assert_odd(const char *data, unsigned odd)
{
	struct hj212_message m;

	decode(data, &m);
	assert_int_equal(m.odd, odd);
}

/* ---- by the book ---- */

static void examples_there_and_back(void **state)
{
	for (size_t i = 0; i < examples.count; i++) {
		char data[HJ212_DATA_MAX], frame[HJ212_FRAME_MAX];
		struct hj212_frame f;
		struct hj212_message m;
		int n;

		assert_true(hj212_frame_decode(examples.frame[i], examples.n[i], &f) > 0);
		assert_int_equal(hj212_message_decode(f.data, f.n, &m), 0);
		assert_int_equal(m.odd, 0);
		n = hj212_message_encode(&m, data, sizeof(data));
		assert_int_equal(n, f.n);
		n = hj212_frame_encode(HJ212_CRC_ANNEXA, data, (size_t)n, frame, sizeof(frame));
		assert_int_equal(n, examples.n[i]);
		assert_memory_equal(frame, examples.frame[i], examples.n[i]);
		memset(frame, 0, sizeof(frame));
		n = hj212_message_frame(&m, HJ212_CRC_ANNEXA, frame, sizeof(frame));
		assert_int_equal(n, examples.n[i]);
		assert_memory_equal(frame, examples.frame[i], examples.n[i]);
	}
}

static void every_part(void **state)
{
	struct hj212_message m;

	decode("QN=20160801085857534;ST=32;CN=2061;PW=123456;" MN
	       ";Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20160801080000&&",
	        &m);
	assert_slice(m.qn, "20160801085857534");
	assert_slice(m.st, "32");
	assert_int_equal(m.cn, 2061);
	assert_slice(m.pw, "123456");
	assert_slice(m.mn, "010000A8900016F000169DC0");
	assert_int_equal(m.flag, HJ212_FLAG_V2017 | HJ212_FLAG_SPLIT | HJ212_FLAG_ACK);
	assert_int_equal(m.pnum, 2);
	assert_int_equal(m.pno, 1);
	assert_slice(m.cp, "DataTime=20160801080000");
	assert_int_equal(m.odd, 0);
	assert_slice(hj212_message_get(&m, "DataTime", false), "20160801080000");
	assert_int_equal(hj212_message_get(&m, "datatime", false).n, 0);
	assert_slice(hj212_message_get(&m, "datatime", true), "20160801080000");
	assert_int_equal(hj212_message_get(&m, "DataTim", true).n, 0);
}

static void what_is_absent_is_left_out(void **state)
{
	struct hj212_message m = { .flag = -1, .cn = 9014 };
	char text[64];

	assert_int_equal(hj212_message_encode(&m, text, sizeof(text)), 15);
	assert_memory_equal(text, "CN=9014;CP=&&&&", 15);
	assert_int_equal(hj212_message_encode(&m, text, 15), 15);
	assert_int_equal(hj212_message_encode(&m, text, 14), -EMSGSIZE);
	m = (struct hj212_message){ .flag = 0, .cn = 12, .cp = HJ212_SLICE("a=1") };
	assert_int_equal(hj212_message_encode(&m, text, sizeof(text)), strlen("CN=0012;Flag=0;CP=&&a=1&&"));
	assert_memory_equal(text, "CN=0012;Flag=0;CP=&&a=1&&", strlen("CN=0012;Flag=0;CP=&&a=1&&"));
}

static void the_greatest_frame(void **state)
{
	static char cp[2048], frame[HJ212_FRAME_MAX];
	struct hj212_message m = { .qn = HJ212_SLICE("20160801085857534"),
		.st = HJ212_SLICE("32"),
		.cn = 2061,
		.flag = 255,
		.pw = HJ212_SLICE("123456789012345678901234"),
		.mn = HJ212_SLICE("010000A8900016F000169DC0"),
		.pnum = 9999,
		.pno = 9999 };

	memset(cp, 'x', sizeof(cp));
	m.cp = (struct hj212_slice){ cp, HJ212_CP_FITS };
	assert_int_equal(hj212_message_frame(&m, HJ212_CRC_ANNEXA, frame, sizeof(frame)), HJ212_FRAME_MAX);
	m.cp.n++;
	assert_int_equal(hj212_message_frame(&m, HJ212_CRC_ANNEXA, frame, sizeof(frame)), -EMSGSIZE);
	m.cp.n = HJ212_FRAME_MAX;
	assert_int_equal(hj212_message_frame(&m, HJ212_CRC_ANNEXA, frame, sizeof(frame)), -EMSGSIZE);
	assert_int_equal(hj212_message_frame(&m, HJ212_CRC_ANNEXA, frame, 3), -EMSGSIZE);
}

/* ---- as printed, as sent ---- */

static void the_print(void **state)
{
	struct hj212_message m;

	decode("QN=20160802000000001;ST=32;CN=2041;PW=123456;" MN ";Flag=5CP=&&SB1-RT=1.1&&", &m);
	assert_int_equal(m.flag, 5);
	assert_slice(m.cp, "SB1-RT=1.1");
	assert_int_equal(m.odd, HJ212_ODD_SEPARATOR);
	decode("QN=20160801085857534,ST=32;CN=2061;PW=123456;" MN ";Flag=5;CP=&&&&", &m);
	assert_slice(m.qn, "20160801085857534");
	assert_slice(m.st, "32");
	assert_int_equal(m.odd, HJ212_ODD_SEPARATOR);
	decode("QN=20160801085857534; ST=32;CN=1011;PW=123456;" MN ";Flag=5 ;CP= && PolId=w01018&&", &m);
	assert_slice(hj212_message_get(&m, "PolId", false), "w01018");
	assert_slice(m.st, "32");
	assert_int_equal(m.flag, 5);
	assert_int_equal(m.odd, HJ212_ODD_SEPARATOR);
	decode("QN=20160801085857534;ST=32;CN=1011;PW=123456;" MN ";Flag=5;CP=&& &&", &m);
	assert_slice(m.cp, " ");
	assert_int_equal(m.odd, 0);
	decode("QN=20160801085857534;ST=32;CN=1000;PW=123456;" MN ";Flag=5;CP=&&Overtime=5;ReCount=3;&&", &m);
	assert_slice(hj212_message_get(&m, "OverTime", true), "5");
	assert_slice(hj212_message_get(&m, "ReCount", true), "3");
	assert_int_equal(m.odd, 0);
}

static void peers(void **state)
{
	struct hj212_message m;

	/* PNum for PNUM; PNO before it. */
	decode("QN=20160801085857534;ST=32;CN=2061;PW=123456;" MN ";Flag=7;PNum=3;PNO=2;CP=&&&&", &m);
	assert_int_equal(m.pnum, 3);
	assert_int_equal(m.odd, HJ212_ODD_FIELD);
	decode("QN=20160801085857534;ST=32;CN=2061;PW=123456;" MN ";Flag=7;PNO=2;PNUM=3;CP=&&&&", &m);
	assert_int_equal(m.pnum, 3);
	assert_int_equal(m.pno, 2);
	assert_int_equal(m.odd, HJ212_ODD_ORDER);
	/* Without QN; without Flag; ST of three characters, of none. */
	assert_odd("ST=32;CN=2011;PW=123456;" MN ";Flag=5;CP=&&&&", HJ212_ODD_NO_QN);
	assert_odd("QN=20160801085857534;ST=32;CN=2011;PW=123456;" MN ";CP=&&&&", HJ212_ODD_NO_FLAG);
	assert_odd("QN=20160801085857534;ST=101;CN=2011;PW=123456;" MN ";Flag=5;CP=&&&&", HJ212_ODD_ST);
	assert_odd("QN=20160801085857534;ST=32;CN=2011;PW=;" MN ";Flag=5;CP=&&&&", 0);
	/* Flag=5 copied into the answer, and an answer's code in the wrong place, are no oddities of form. */
	assert_odd("QN=20160801085857534;ST=22;CN=9014;PW=123456;" MN ";Flag=5;CP=&&QnRtn=1;ExeRtn=1&&", 0);
	/* MN of 24, 20 and 14 characters, and any other. */
	assert_odd("QN=20160801085857534;ST=32;CN=2011;PW=123456;MN=66330302010200001001;Flag=5;CP=&&&&", 0);
	assert_odd("QN=20160801085857534;ST=32;CN=2011;PW=123456;MN=88888880000001;Flag=5;CP=&&&&", 0);
	assert_odd("QN=20160801085857534;ST=32;CN=2011;PW=123456;MN=A330302_0001;Flag=9;CP=&&&&", HJ212_ODD_MN);
	/* A field of nobody's. */
	decode("QN=20240601085857223;ST=32;CN=2051;PW=123456;" MN ";Flag=9;XY=1;CP=&&DataTime=20240601085857001&&",
	        &m);
	assert_int_equal(m.odd, HJ212_ODD_FIELD);
	assert_slice(hj212_message_get(&m, "DataTime", false), "20240601085857001");
	/* QN that is no time; numbers that are none; the first of two counts. */
	assert_odd("QN=20161301085857534;ST=32;CN=2011;PW=1;" MN ";Flag=5;CP=&&&&", HJ212_ODD_QN);
	assert_odd("QN=2016080108585;ST=32;CN=2011;PW=1;" MN ";Flag=5;CP=&&&&", HJ212_ODD_QN);
	assert_odd(
	        "QN=20160801085857534;ST=32;CN=2011;PW=1;" MN ";Flag=x;CP=&&&&", HJ212_ODD_FIELD | HJ212_ODD_NO_FLAG);
	assert_odd("QN=20160801085857534;ST=32;CN=2011;PW=1;" MN ";Flag=256;CP=&&&&",
	        HJ212_ODD_FIELD | HJ212_ODD_NO_FLAG);
	decode("QN=20160801085857534;ST=32;CN=2011;CN=2012;PW=1;" MN ";Flag=5;CP=&&&&", &m);
	assert_int_equal(m.cn, 2011);
	assert_int_equal(m.odd, HJ212_ODD_ORDER);
	/* A CP that is not closed, or followed by more, or not there. */
	decode("CN=9014;Flag=4;CP=&&QnRtn=1", &m);
	assert_slice(m.cp, "QnRtn=1");
	assert_int_equal(m.odd, HJ212_ODD_NO_QN | HJ212_ODD_SEPARATOR);
	decode("CN=9014;Flag=4;CP=&&QnRtn=1&&;x=1", &m);
	assert_slice(m.cp, "QnRtn=1");
	assert_int_equal(m.odd, HJ212_ODD_NO_QN | HJ212_ODD_SEPARATOR);
	assert_odd("QN=20160801085857534;ST=91;CN=9014;Flag=4;", HJ212_ODD_NO_CP);
	assert_odd("QN=20160801085857534;ST=91;CN=9014;Flag=4", HJ212_ODD_NO_CP | HJ212_ODD_SEPARATOR);
}

/* HJ/T 212-2005: QN stands inside CP, and Flag may be missing. */
static void the_edition_of_2005(void **state)
{
	struct hj212_message m;

	decode("ST=91;CN=9011;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20040516010101001;QnRtn=1&&", &m);
	assert_slice(m.qn, "20040516010101001");
	assert_slice(hj212_message_get(&m, "QnRtn", false), "1");
	assert_int_equal(m.flag, 0);
	assert_int_equal(m.odd, HJ212_ODD_QN_IN_CP);
	decode("ST=91;CN=9014;CP=&&QN=20040516010101001;CN=2051&&", &m);
	assert_int_equal(m.cn, 9014);
	assert_slice(m.qn, "20040516010101001");
	assert_int_equal(m.odd, HJ212_ODD_QN_IN_CP | HJ212_ODD_NO_FLAG);
}

static void sent_again_in_2025(void **state)
{
	static const char data[] = "QN=20260601085857534;ST=44;CN=2051;PW=123456;" MN
	                           ";Flag=11;PNUM=2;PNO=1;RF=1;CP=&&DataTime=20260601080000&&";
	struct hj212_message m;
	char text[sizeof(data)];

	decode(data, &m);
	assert_true(m.again);
	assert_int_equal(m.flag, hj212_edition_flag(HJ212_2025) | HJ212_FLAG_SPLIT | HJ212_FLAG_ACK);
	assert_int_equal(m.odd, 0);
	assert_int_equal(hj212_message_encode(&m, text, sizeof(text)), strlen(data));
	assert_memory_equal(text, data, strlen(data));
	decode("QN=20260601085857534;ST=44;CN=2051;PW=123456;" MN ";Flag=9;RF=0;CP=&&&&", &m);
	assert_false(m.again);
	assert_int_equal(m.odd, 0);
	assert_odd("QN=20260601085857534;ST=44;CN=2051;PW=123456;" MN ";Flag=9;RF=7;CP=&&&&", HJ212_ODD_FIELD);
}

static void what_is_no_message(void **state)
{
	static const char *const bad[] = { "", ";", "=", "hello", "ST=32;PW=123456;Flag=5", "CN=x;ST=32",
		"CN=20111;ST=32", "&&", "CP", "QN=&&" };
	struct hj212_message m;

	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(hj212_message_decode(bad[i], strlen(bad[i]), &m), -EBADMSG);
}

/* Every cut of every example, in a block of its size: the sanitizers see a read beyond. */
static void no_cut_reads_beyond(void **state)
{
	for (size_t i = 0; i < examples.count; i++)
		for (size_t n = 0; n < examples.n[i]; n++) {
			_cleanup_free_ char *exact = malloc(n ? n : 1);
			struct hj212_message m;

			assert_non_null(exact);
			memcpy(exact, examples.frame[i], n);
			if (!hj212_message_decode(exact, n, &m) && m.cp.n)
				assert_true(m.cp.p >= exact && m.cp.p + m.cp.n <= exact + n);
		}
}

static void oddities_have_names(void **state)
{
	for (unsigned bit = 0; 1u << bit <= HJ212_ODD_SEPARATOR; bit++)
		assert_non_null(hj212_odd_name(bit));
	assert_string_equal(hj212_odd_name(9), "separator");
	assert_null(hj212_odd_name(10));
	for (unsigned bit = 0; 1u << bit <= HJ212_QUIRK_CRC_SHORT; bit++)
		assert_non_null(hj212_quirk_name(bit));
	assert_string_equal(hj212_quirk_name(4), "crc-short");
	assert_null(hj212_quirk_name(5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_there_and_back),
		cmocka_unit_test(every_part),
		cmocka_unit_test(what_is_absent_is_left_out),
		cmocka_unit_test(the_greatest_frame),
		cmocka_unit_test(the_print),
		cmocka_unit_test(peers),
		cmocka_unit_test(the_edition_of_2005),
		cmocka_unit_test(sent_again_in_2025),
		cmocka_unit_test(what_is_no_message),
		cmocka_unit_test(no_cut_reads_beyond),
		cmocka_unit_test(oddities_have_names),
	};

	examples_load(&examples);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
