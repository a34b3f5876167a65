/* Requests of the platform: answered, refused, repeated, handed to the owner; in both editions. */
/* long because: every rule of the exchange has its case, and they share one platform */
#include "hj212_talk.h"

/* ---- requests ---- */

static void the_time_is_told(void **state)
{
	struct talk *t = *state;

	ask(t, 1011, "");
	expect_taken(t, QN1);
	expect_data(t, "QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=" MN ";Flag=4;CP=&&SystemTime=20160801085857&&");
	expect_result(t, QN1, 1);
	ask_flag(t, "20160801085857224", 1011, 5, "PolId=w01018"); /* an instrument's clock: there is none */
	expect_taken_and_result(t, "20160801085857224", 3);
	expect_nothing(t);
}

static void intervals_are_told(void **state)
{
	struct talk *t = *state;

	ask(t, 1061, "");
	expect_taken(t, QN1);
	expect_data(t, "QN=" QN1 ";ST=32;CN=1061;PW=123456;MN=" MN ";Flag=4;CP=&&RtdInterval=30&&");
	expect_result(t, QN1, 1);
	ask(t, 1063, "");
	expect_taken(t, QN1);
	expect_data(t, "QN=" QN1 ";ST=32;CN=1063;PW=123456;MN=" MN ";Flag=4;CP=&&MinInterval=5&&");
	expect_result(t, QN1, 1);
}

static void a_setting_is_answered_when_the_owner_has_it(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 1000, "OverTime=5;ReCount=2");
	expect_taken(t, QN1);
	expect_silence(t); /* not before it is on the disk */
	o = expect_outcome(t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 1000);
	assert_int_equal(o.request.settings.over_time, 5);
	assert_int_equal(o.request.settings.re_count, 2);
	assert_int_equal(hj212_session_settings(t->s)->over_time, 10);
	assert_int_equal(hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now), 0);
	expect_result(t, QN1, 1);
	assert_int_equal(hj212_session_settings(t->s)->over_time, 5);
	assert_int_equal(hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now), -ENOENT);
}

static void a_setting_that_cannot_be_kept_is_not_taken(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 1062, "RtdInterval=60");
	o = expect_outcome(t, HJ212_REQUEST);
	assert_int_equal(hj212_session_answer(t->s, o.request.id, HJ212_EXE_SYSTEM, t->now), 0);
	expect_taken_and_result(t, QN1, 6);
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 30);
}

static void settings_follow_one_another(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask_flag(t, "20160801085857001", 1062, 5, "RtdInterval=60");
	ask_flag(t, "20160801085857002", 1064, 5, "MinInterval=10");
	o = expect_outcome(t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 1062);
	expect_nothing(t);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	o = expect_outcome(t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 1064);
	assert_int_equal(o.request.settings.rtd_interval, 60);
	assert_int_equal(o.request.settings.min_interval, 10);
}

struct judged {
	int cn;
	const char *cp;
	int exe_rtn; /* 0 = it reaches the owner */
};
static const struct judged judged_values[] = {
	{ 1000, "OverTime=1;ReCount=1", 0 },
	{ 1000, "OverTime=99;ReCount=99", 0 },
	{ 1000, "Overtime=5;ReCount=3", 0 },
	{ 1000, "OverTime=0;ReCount=3", 3 },
	{ 1000, "OverTime=100;ReCount=3", 3 },
	{ 1000, "OverTime=5;ReCount=0", 3 },
	{ 1000, "", 3 },
	{ 1000, "OverTime=-1;ReCount=3", 3 },
	{ 1062, "RtdInterval=30", 0 },
	{ 1062, "RtdInterval=3600", 0 },
	{ 1062, "RtdInterval=29", 3 },
	{ 1062, "RtdInterval=3601", 3 },
	{ 1062, "RtdInterval=x", 3 },
	{ 1062, "", 3 },
	{ 1064, "MinInterval=5", 0 },
	{ 1064, "MinInterval=10", 0 },
	{ 1064, "MinInterval=30", 0 },
	{ 1064, "MinInterval=1", 3 },
	{ 1064, "MinInterval=12", 3 },
	{ 1064, "MinInterval=25", 3 },
	{ 1064, "MinInterval=60", 3 },
	{ 1072, "NewPW=654321", 0 },
	{ 1072, "NewPW=aB3", 0 },
	{ 1072, "PW=654321", 0 },
	{ 1072, "NewPW=", 3 },
	{ 1072, "NewPW=12-456", 3 },
	{ 1072, "NewPW=1234567890123456789012345", 3 },
	{ 2011, "", 0 },
	{ 2051, "BeginTime=20160801084000;EndTime=20160801084000", 0 },
	{ 2051, "BeginTime=20160801084000,EndTime=20160801084000", 0 },
	{ 2061, "BeginTime=20160801080000;EndTime=20160801070000", 3 },
	{ 2031, "BeginTime=20160801000000", 3 },
	{ 2031, "BeginTime=20160230000000;EndTime=20160801000000", 3 },
	{ 2051, "", 3 },
	{ 1012, "SystemTime=20160801085857", 0 }, /* the owner says whether it may */
	{ 1012, "PolId=w01018;SystemTime=20160801085857", 3 },
	{ 1012, "SystemTime=20160832085857", 3 },
	{ 1012, "", 3 },
	{ 2021, "", 0 },
	{ 3012, "", 0 },
	{ 3012, "PolId=w01018", 0 },
	{ 3012, "PolId=w0/018", 3 },
	{ 3012, "PolId=w0101800000000000", 3 }, /* 17 characters */
	{ 3019, "", 0 },
	{ 3019, "PolId=w01018", 0 },
	{ 3020, "InfoId=i22001", 0 },
	{ 3020, "PolId=w01018;InfoId=i12001", 0 },
	{ 3020, "", 3 },
	{ 3020, "InfoId=w01018", 3 },
	{ 3020, "InfoId=i4200", 3 },
	{ 3020, "InfoId=i21001", 3 }, /* of when? */
	{ 3020, "InfoId=i21001;BeginTime=20160801010522,EndTime=20160801085857", 0 },
	{ 3020, "InfoId=i21001;BeginTime=20160801085857;EndTime=20160801010522", 3 },
	{ 3020, "PolId=w01018;InfoId=i11001;BeginTime=20160801010522;EndTime=20160801085857", 100 },
	{ 3021, "InfoId=i13003;i13003-Info=10", 0 },
	{ 3021, "InfoId=i13003;i13003-Info=12", 3 }, /* no multiple of 5 */
	{ 3021, "InfoId=i13003", 3 },
	{ 3021, "PolId=w01018;InfoId=i13003;i13003-Info=10", 3 },
	{ 3021, "PolId=w01018;InfoId=i13004;i13004-Info=168.0", 3 },
	{ 3021, "", 3 },
};

static void values_are_judged(void **state)
{
	for (size_t i = 0; i < sizeof(judged_values) / sizeof(judged_values[0]); i++) {
		struct hj212_outcome o = { 0 };
		struct talk t;

		start(&t);
		ask(&t, judged_values[i].cn, judged_values[i].cp);
		expect_taken(&t, QN1);
		if (judged_values[i].exe_rtn) {
			expect_result(&t, QN1, judged_values[i].exe_rtn);
			expect_nothing(&t);
		} else {
			if (hj212_session_next(t.s, &o) != 1)
				print_error("%d %s\n", judged_values[i].cn, judged_values[i].cp);
			assert_int_equal(o.type, HJ212_REQUEST);
		}
		expect_silence(&t);
		done(&t);
	}
}

struct refused {
	const char *data;
	int qn_rtn; /* 0 = silence */
	const char *answer;
};
static void refusals_are_honest_and_in_order(void **state)
{
	static const struct refused list[] = {
		{ "QN=" QN1 ";ST=32;CN=1011;PW=000000;MN=" MN ";Flag=5;CP=&&&&", 3, "PW=000000;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=1011;MN=" MN ";Flag=5;CP=&&&&", 3, "MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=1011;PW=000000;MN=1234567;Flag=5;CP=&&&&", 3, "PW=000000;MN=1234567" },
		{ "QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=1234567;Flag=5;CP=&&&&", 4, "PW=123456;MN=1234567" },
		{ "QN=" QN1 ";ST=31;CN=1011;PW=123456;MN=" MN ";Flag=9;CP=&&&&", 5, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=" MN ";Flag=9;CP=&&&&", 6, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=" MN ";Flag=7;CP=&&&&", 6, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=1999;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 8, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=2081;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 8, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=9021;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 8, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=3011;PW=123456;MN=" MN ";Flag=5;CP=&&PolId=w01018&&", 2,
		        "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=1013;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 8, "PW=123456;MN=" MN }, /* is ours */
		{ "QN=" QN1 ";ST=32;CN=3015;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 2, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=1999;PW=123456;MN=" MN ";Flag=4;CP=&&&&", 0, NULL }, /* no answer is wanted */
		{ "QN=" QN1 ";ST=91;CN=9012;PW=123456;MN=" MN ";Flag=5;CP=&&ExeRtn=1&&", 0, NULL },
		{ "QN=" QN1 ";ST=91;CN=9013;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 0, NULL },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct hj212_outcome o;
		char data[256];
		struct talk t;

		start(&t);
		feed(&t, list[i].data);
		snprintf(data, sizeof(data), "QN=" QN1 ";ST=91;CN=9011;%s;Flag=4;CP=&&QnRtn=%d&&",
		        list[i].answer ? list[i].answer : "", list[i].qn_rtn);
		if (list[i].qn_rtn)
			expect_data(&t, data);
		expect_silence(&t);
		while (hj212_session_next(t.s, &o))
			assert_int_equal(o.type, HJ212_NOTE);
		done(&t);
	}
}

static void a_qn_that_is_none_is_refused(void **state)
{
	struct talk *t = *state;

	feed(t, "QN=2016080108585722;ST=32;CN=1011;PW=123456;MN=" MN ";Flag=5;CP=&&&&");
	expect_data(t, "QN=2016080108585722;ST=91;CN=9011;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=7&&");
	feed(t, "ST=32;CN=1011;PW=123456;MN=" MN ";Flag=5;CP=&&&&");
	expect_data(t, "ST=91;CN=9011;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=7&&");
}

static void a_wrong_crc_is_answered_only_where_it_is_for_us(void **state)
{
	static const char ours[] = "##0087QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=" MN ";Flag=5;CP=&&&&FFFF\r\n";
	static const char other[] =
	        "##0087QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC1;Flag=5;CP=&&&&FFFF\r\n";
	struct talk *t = *state;

	hj212_session_input(t->s, other, sizeof(other) - 1, t->now);
	expect_silence(t);
	hj212_session_input(t->s, ours, sizeof(ours) - 1, t->now);
	expect_answer(t, QN1, 9011, "QnRtn=9");
	expect_silence(t);
}

static void a_notice_gets_9013(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 2012, "");
	expect_silence(t);
	o = expect_outcome(t, HJ212_REQUEST);
	assert_false(o.request.settings.rtd_on);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	expect_answer(t, QN1, 9013, "");
	assert_false(hj212_session_settings(t->s)->rtd_on);
}

static void without_the_answer_bit_it_is_done_in_silence(void **state)
{
	struct talk *t = *state;

	ask_flag(t, QN1, 1062, 4, "RtdInterval=60");
	expect_request_and_do(t);
	expect_silence(t);
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 60);
	ask_flag(t, "20160801085857224", 1061, 4, "");
	expect_data(t, "QN=20160801085857224;ST=32;CN=1061;PW=123456;MN=" MN ";Flag=4;CP=&&RtdInterval=60&&");
	expect_silence(t);
}

static void a_repeated_request_is_not_done_twice(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 1062, "RtdInterval=60");
	o = expect_outcome(t, HJ212_REQUEST);
	ask(t, 1062, "RtdInterval=60"); /* before the owner is done */
	expect_nothing(t);
	expect_taken(t, QN1);
	expect_taken(t, QN1);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	expect_result(t, QN1, 1);
	ask(t, 1062, "RtdInterval=60"); /* after */
	expect_taken_and_result(t, QN1, 1);
	expect_nothing(t);
	reconnect(t);
	ask(t, 1062, "RtdInterval=60"); /* on another connection */
	expect_taken_and_result(t, QN1, 1);
	expect_nothing(t);
}

/* An inspector's frames have the same QN for ever. */
static void what_is_asked_again_much_later_is_done_again(void **state)
{
	static const char span[] = "BeginTime=20160801084000;EndTime=20160801085000";
	struct talk *t = *state;

	ask(t, 2051, span);
	expect_request_and_do(t);
	wait_s(t, 95); /* OverTime * (ReCount + 1), and nearly a minute */
	ask(t, 2051, span);
	expect_nothing(t);
	wait_s(t, 10);
	ask(t, 2051, span);
	expect_request_and_do(t);
	skip_output(t);
	ask_flag(t, "20160801085857224", 1062, 5, "RtdInterval=60");
	expect_request_and_do(t);
	ask_flag(t, "20160801085857225", 1062, 5, "RtdInterval=90");
	expect_request_and_do(t);
	wait_s(t, 105);
	ask_flag(t, "20160801085857224", 1062, 5, "RtdInterval=60");
	expect_request_and_do(t);
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 60);
}

/* Some platforms have one QN for everything: what asks for something else is no repeat. */
static void another_request_with_the_same_qn_is_done(void **state)
{
	static const struct {
		int cn;
		const char *cp;
	} asked[] = { { 1062, "RtdInterval=60" }, { 1062, "RtdInterval=90" }, { 1062, "RtdInterval=60" },
		{ 2011, "" }, { 2012, "" }, { 2011, "" } };
	struct talk *t = *state;

	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		ask(t, asked[i].cn, asked[i].cp);
		expect_request_and_do(t);
		ask(t, asked[i].cn, asked[i].cp); /* this is one */
		expect_nothing(t);
	}
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 60);
	assert_true(hj212_session_settings(t->s)->rtd_on);
}

static void the_cache_of_repeats_is_bounded(void **state)
{
	struct talk *t = *state;
	char qn[40];

	for (int i = 0; i < 40; i++) {
		snprintf(qn, sizeof(qn), "201608010858570%02d", i);
		ask_flag(t, qn, 1062, 5, "RtdInterval=60");
		t->sent_count = 0;
		take_output(t);
		expect_request_and_do(t);
		t->sent_count = 0;
		take_output(t);
	}
	for (int i = 0; i < 8; i++) { /* nobody answers these: the ninth is told that we are busy */
		snprintf(qn, sizeof(qn), "201608010858580%02d", i);
		ask_flag(t, qn, 1062, 4, "RtdInterval=60");
	}
	t->sent_count = t->looked = 0;
	ask_flag(t, QN1, 1062, 5, "RtdInterval=60");
	expect_taken_and_result(t, QN1, 5);
}

static void history_is_the_owners(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 2051, "BeginTime=20160801084000,EndTime=20160801085000");
	expect_taken(t, QN1);
	o = expect_outcome(t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 2051);
	assert_true(o.request.begin_ms == 1470012000000LL && o.request.end_ms == 1470012600000LL);
	ask_flag(t, "20160801085857224", 2061, 5,
	        "BeginTime=20160801080000;EndTime=20160801080000"); /* one at a time */
	expect_taken_and_result(t, "20160801085857224", 5);
	upload(t, 1, "DataTime=20160801084000");
	t->looked++;
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_NO_DATA, t->now);
	expect_result(t, QN1, 100);
}

static void data_never_has_the_qn_of_a_request(void **state)
{
	struct talk *t = *state;

	ask(t, 2051, "BeginTime=20160801084000;EndTime=20160801085000"); /* at this very millisecond */
	expect_taken(t, QN1);
	expect_outcome(t, HJ212_REQUEST);
	assert_int_equal(offer(t, 1, "x=1"), 0);
	expect_data(t, "QN=20160801085857224;ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&x=1&&");
}

static void a_history_cut_by_a_disconnect_begins_anew(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 2051, "BeginTime=20160801084000;EndTime=20160801085000");
	o = expect_outcome(t, HJ212_REQUEST);
	skip_output(t);
	hj212_session_disconnected(t->s);
	assert_int_equal(hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now), -ENOENT);
	hj212_session_connected(t->s, t->now);
	ask(t, 2051, "BeginTime=20160801084000;EndTime=20160801085000");
	expect_outcome(t, HJ212_REQUEST);
}

static void a_setting_committed_while_the_link_is_down_is_taken(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 1062, "RtdInterval=60");
	o = expect_outcome(t, HJ212_REQUEST);
	skip_output(t);
	hj212_session_disconnected(t->s);
	assert_int_equal(hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now), 0);
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 60);
	hj212_session_connected(t->s, t->now);
	expect_silence(t);
	ask(t, 1062, "RtdInterval=60");
	expect_taken_and_result(t, QN1, 1);
}

static void a_flood_of_requests_is_bounded(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;
	bool noted = false;
	size_t most = 0;

	for (int i = 0; i < 1000; i++) { /* and nothing is read */
		ask(t, 1011, "");
		most = most > hj212_session_output(t->s).n ? most : hj212_session_output(t->s).n;
	}
	assert_true(most <= 9 * HJ212_FRAME_MAX);
	assert_int_equal(hj212_session_room(t->s), 0);
	while (hj212_session_next(t->s, &o))
		noted |= o.type == HJ212_NOTE;
	assert_true(noted);
}

static void junk_costs_a_note(void **state)
{
	struct hj212_counts counts;
	struct talk *t = *state;

	hj212_session_input(t->s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, t->now);
	ask(t, 1061, "");
	expect_taken(t, QN1);
	hj212_session_counts(t->s, &counts);
	assert_int_equal(counts.junk, 21); /* line ends are none */
	expect_outcome(t, HJ212_NOTE);
}

/* ---- edition 2005 ---- */

static void edition_2005(void **state)
{
	struct talk t;

	start_as(&t, HJ212_2005, 1);
	assert_int_equal(offer(&t, 1, "DataTime=20160801084000;011-Avg=1"), 0);
	expect_data(&t, "QN=" QN1
	                ";ST=32;CN=2051;PW=123456;MN=88888880000001;Flag=1;CP=&&DataTime=20160801084000;011-Avg=1&&");
	feed(&t, "ST=91;CN=9014;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=" QN1 ";CN=2051&&");
	expect_outcome(&t, HJ212_ACKED);
	feed(&t, "QN=20160801085857300;ST=32;CN=1062;PW=123456;MN=88888880000001;Flag=1;CP=&&RtdInterval=60&&");
	expect_data(&t, "ST=91;CN=9011;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20160801085857300;QnRtn=1&&");
	expect_request_and_do(&t);
	expect_data(&t, "ST=91;CN=9012;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20160801085857300;ExeRtn=1&&");
	feed(&t, "ST=32;CN=2012;PW=123456;MN=88888880000001;Flag=1;CP=&&QN=20160801085857301&&"); /* QN inside CP */
	expect_request_and_do(&t);
	expect_data(&t, "ST=91;CN=9013;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20160801085857301&&");
	feed(&t, "ST=32;CN=1061;PW=123456;MN=88888880000001;CP=&&&&"); /* neither QN nor Flag */
	expect_data(&t, "ST=91;CN=9011;PW=123456;MN=88888880000001;Flag=0;CP=&&QnRtn=1&&");
	expect_data(&t, "ST=32;CN=1061;PW=123456;MN=88888880000001;Flag=0;CP=&&RtdInterval=60&&");
	expect_data(&t, "ST=91;CN=9012;PW=123456;MN=88888880000001;Flag=0;CP=&&ExeRtn=1&&");
	done(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(the_time_is_told),
		T(intervals_are_told),
		T(a_setting_is_answered_when_the_owner_has_it),
		T(a_setting_that_cannot_be_kept_is_not_taken),
		T(settings_follow_one_another),
		cmocka_unit_test(values_are_judged),
		cmocka_unit_test(refusals_are_honest_and_in_order),
		T(a_qn_that_is_none_is_refused),
		T(a_wrong_crc_is_answered_only_where_it_is_for_us),
		T(a_notice_gets_9013),
		T(without_the_answer_bit_it_is_done_in_silence),
		T(a_repeated_request_is_not_done_twice),
		T(what_is_asked_again_much_later_is_done_again),
		T(another_request_with_the_same_qn_is_done),
		T(the_cache_of_repeats_is_bounded),
		T(history_is_the_owners),
		T(data_never_has_the_qn_of_a_request),
		T(a_history_cut_by_a_disconnect_begins_anew),
		T(a_setting_committed_while_the_link_is_down_is_taken),
		T(a_flood_of_requests_is_bounded),
		T(junk_costs_a_note),
		cmocka_unit_test(edition_2005),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
