/* The table of commands against one that is written from the standard: for each CN there is, in each edition, what
 * the first answer is; and what the new flows do: asked of a device, sampled at once, states on and off, taken back.
 */
#include "hj212_talk.h"

#define UNKNOWN 8 /* QnRtn of a CN that the edition has not */

/* HJ 212-2017 table 9, HJ/T 212-2005, and what is said of HJ 212-2025: the QnRtn of the 9011 by edition, 0: 9013. */
static const struct {
	int cn, in_2005, in_2017, in_2025;
	const char *cp;
} expected[] = {
	{ 1000, 1, 1, 1, "OverTime=5;ReCount=3" },
	{ 1002, 8, 8, 2, "" },
	{ 1011, 1, 1, 1, "" },
	{ 1012, 1, 1, 1, "SystemTime=20160801085857" },
	{ 1014, 8, 8, 2, "" },
	{ 1021, 2, 8, 8, "" },
	{ 1022, 2, 8, 8, "" },
	{ 1031, 2, 8, 8, "" },
	{ 1032, 2, 8, 8, "" },
	{ 1041, 2, 8, 8, "" },
	{ 1042, 2, 8, 8, "" },
	{ 1061, 1, 1, 1, "" },
	{ 1062, 1, 1, 1, "RtdInterval=30" },
	{ 1063, 8, 1, 1, "" },
	{ 1064, 8, 1, 1, "MinInterval=10" },
	{ 1072, 1, 1, 1, "NewPW=654321" },
	{ 2011, 1, 1, 1, "" },
	{ 2012, 0, 0, 0, "" },
	{ 2021, 1, 1, 1, "" },
	{ 2022, 0, 0, 0, "" },
	{ 2031, 1, 1, 1, "BeginTime=20160801000000;EndTime=20160801000000" },
	{ 2041, 1, 1, 1, "BeginTime=20160801000000;EndTime=20160801000000" },
	{ 2051, 1, 1, 1, "BeginTime=20160801000000;EndTime=20160801000000" },
	{ 2061, 1, 1, 1, "BeginTime=20160801000000;EndTime=20160801000000" },
	{ 2071, 2, 8, 8, "" },
	{ 3011, 2, 2, 2, "PolId=w01018" },
	{ 3012, 1, 1, 1, "PolId=w01018" },
	{ 3013, 2, 2, 2, "PolId=w01018" },
	{ 3014, 2, 2, 2, "PolId=w01018" },
	{ 3015, 8, 2, 2, "" },
	{ 3016, 8, 2, 2, "PolId=w01018;CstartTime=000000;CTime=2" },
	{ 3017, 8, 2, 2, "PolId=w01018" },
	{ 3018, 8, 2, 2, "PolId=w01018" },
	{ 3019, 8, 1, 1, "PolId=w01018" },
	{ 3020, 8, 1, 1, "PolId=w01018;InfoId=i12001" },
	{ 3021, 8, 1, 1, "InfoId=i13003;i13003-Info=10" },
	{ 3022, 8, 8, 2, "" },
	{ 3024, 8, 8, 2, "" },
};

static size_t row_of(int cn)
{
	size_t i = 0;

	while (i < sizeof(expected) / sizeof(*expected) && expected[i].cn != cn)
		i++;
	return i;
}

static int qn_rtn_of(int cn, enum hj212_edition edition)
{
	size_t i = row_of(cn);

	if (i == sizeof(expected) / sizeof(*expected))
		return UNKNOWN;
	return edition == HJ212_2005   ? expected[i].in_2005
	       : edition == HJ212_2017 ? expected[i].in_2017
	                               : expected[i].in_2025;
}

static void ask_cn(struct talk *t, int cn)
{
	size_t i = row_of(cn);
	char data[256];

	snprintf(data, sizeof(data), "QN=" QN1 ";ST=32;CN=%d;PW=123456;MN=%s;Flag=%d;CP=&&%s&&", cn, t->id.mn,
	        hj212_edition_flag(t->id.edition) | HJ212_FLAG_ACK,
	        i < sizeof(expected) / sizeof(*expected) ? expected[i].cp : "");
	feed(t, data);
}

/* The number behind "QnRtn=" of the first answer; 0 where nothing has been said yet. */
static int first_qn_rtn(struct talk *t)
{
	const char *at;

	take_output(t);
	if (!t->sent_count)
		return 0;
	at = strstr(t->sent[0], "QnRtn=");
	assert_non_null(at);
	assert_non_null(strstr(t->sent[0], "CN=9011"));
	return atoi(at + 6);
}

/* Every CN of four digits, those of answers (9011 and on) aside. */
static void each_cn_of_each_edition(void **state)
{
	static const enum hj212_edition editions[] = { HJ212_2005, HJ212_2017, HJ212_2025 };

	for (size_t e = 0; e < sizeof(editions) / sizeof(*editions); e++)
		for (int cn = 1; cn < 9000; cn++) {
			struct talk t;

			if (cn % 1000 > 100 && cn >= 4000) /* thousands that are alike are worth a hundred each */
				continue;
			start_as(&t, editions[e], 1);
			ask_cn(&t, cn);
			if (first_qn_rtn(&t) != qn_rtn_of(cn, editions[e]))
				fail_msg("CN %d of %d: QnRtn %d", cn, editions[e], first_qn_rtn(&t));
			done(&t);
		}
}

/* CN 1000 sets either of the two or both, and what it does not name stays. */
static void one_of_two_timeouts_may_be_set(void **state)
{
	struct hj212_settings before;
	struct talk *t = *state;

	before = *hj212_session_settings(t->s);
	ask(t, 1000, "OverTime=7");
	expect_request_and_do(t);
	assert_int_equal(hj212_session_settings(t->s)->over_time, 7);
	assert_int_equal(hj212_session_settings(t->s)->re_count, before.re_count);
	ask_flag(t, "20160801085857224", 1000, 5, "ReCount=9");
	expect_request_and_do(t);
	assert_int_equal(hj212_session_settings(t->s)->over_time, 7);
	assert_int_equal(hj212_session_settings(t->s)->re_count, 9);
}

/* ---- asked of the owner ---- */

static void a_device_is_asked(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 3019, "PolId=w01018");
	expect_taken(t, QN1);
	o = expect_outcome(t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 3019);
	assert_string_equal(o.request.pol_id, "w01018");
	assert_true(!o.request.begin_ms && !o.request.end_ms);
	assert_int_equal(hj212_session_respond(t->s, o.request.id,
	                         HJ212_SLICE("PolId=w01018;w01018-SN=010000A8900016F000169DC1"), t->now),
	        0);
	expect_data(t, "QN=" QN1 ";ST=32;CN=3019;PW=123456;MN=" MN
	               ";Flag=4;CP=&&PolId=w01018;w01018-SN=010000A8900016F000169DC1&&");
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	expect_result(t, QN1, 1);
	assert_int_equal(hj212_session_respond(t->s, o.request.id, HJ212_SLICE("x=1"), t->now), -ENOENT);
	ask(t, 3019, "PolId=w01018"); /* a repeat is no answer of before: it is asked once more */
	expect_taken(t, QN1);
	o = expect_outcome(t, HJ212_REQUEST);
	ask(t, 3019, "PolId=w01018"); /* but not while it is being asked */
	expect_taken(t, QN1);
	expect_nothing(t);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_NO_DATA, t->now);
	expect_result(t, QN1, 100);
}

static void a_long_answer_fits_and_a_longer_one_does_not(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;
	char cp[HJ212_CP_MAX + 1];

	memset(cp, 'x', sizeof(cp));
	memcpy(cp, "a=", 2);
	ask(t, 3020, "InfoId=i22001");
	o = expect_outcome(t, HJ212_REQUEST);
	assert_string_equal(o.request.info_id, "i22001");
	assert_int_equal(
	        hj212_session_respond(t->s, o.request.id, (struct hj212_slice){ cp, sizeof(cp) }, t->now), -EMSGSIZE);
	assert_int_equal(hj212_session_respond(t->s, o.request.id, (struct hj212_slice){ cp, 900 }, t->now), 0);
	expect_taken(t, QN1);
	take_output(t);
	assert_memory_equal(strstr(t->sent[1], "CP=&&") + 5, cp, 900);
}

static void nothing_is_said_on_another_connection(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 3019, "");
	o = expect_outcome(t, HJ212_REQUEST);
	skip_output(t);
	reconnect(t);
	assert_int_equal(hj212_session_respond(t->s, o.request.id, HJ212_SLICE("SN=1"), t->now), -ENOENT);
	assert_int_equal(hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now), -ENOENT);
	expect_silence(t);
}

static void a_log_is_a_history(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 3020, "InfoId=i21001;BeginTime=20160801084000,EndTime=20160801085000");
	expect_taken(t, QN1);
	o = expect_outcome(t, HJ212_REQUEST);
	assert_true(o.request.begin_ms == 1470012000000LL && o.request.end_ms == 1470012600000LL);
	ask_flag(t, "20160801085857224", 2051, 5, "BeginTime=20160801084000;EndTime=20160801085000");
	expect_taken_and_result(t, "20160801085857224", 5); /* one at a time */
	ask_flag(t, "20160801085857225", 3012, 5, "");      /* a sample too is sent */
	expect_taken_and_result(t, "20160801085857225", 5);
	ask_flag(t, "20160801085857226", 3020, 5, "InfoId=i22001"); /* a state is not */
	expect_taken(t, "20160801085857226");
	expect_outcome(t, HJ212_REQUEST);
}

/* Of one factor's instrument there is none; a code of one letter is a code too. */
static void a_log_of_one_instrument_is_not_there(void **state)
{
	struct talk *t = *state;

	ask(t, 3020, "PolId=w;InfoId=i21001;BeginTime=20160801084000,EndTime=20160801085000");
	expect_taken_and_result(t, QN1, 100);
}

/* ---- states ---- */

static void states_are_started_and_stopped(void **state)
{
	struct hj212_outcome o;
	struct talk *t = *state;

	assert_false(hj212_session_settings(t->s)->rs_on);
	ask(t, 2021, "");
	expect_taken(t, QN1);
	o = expect_outcome(t, HJ212_REQUEST);
	assert_true(o.request.cn == 2021 && o.request.settings.rs_on);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_NO_DATA, t->now);
	expect_result(t, QN1, 100); /* there is nothing to send yet; what will be is wanted */
	assert_true(hj212_session_settings(t->s)->rs_on);
	ask(t, 2022, "");
	expect_silence(t);
	expect_request_and_do(t);
	expect_answer(t, QN1, 9013, "");
	assert_false(hj212_session_settings(t->s)->rs_on);
}

/* ---- taken back ---- */

static void what_a_person_sets_holds_over_what_is_being_done(void **state)
{
	struct hj212_settings ours;
	struct hj212_outcome o;
	struct talk *t = *state;

	ask(t, 1062, "RtdInterval=60");
	expect_taken(t, QN1);
	o = expect_outcome(t, HJ212_REQUEST);
	ours = *hj212_session_settings(t->s);
	ours.over_time = 33;
	hj212_session_set(t->s, &ours);
	assert_int_equal(hj212_session_settings(t->s)->over_time, 33);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	assert_int_equal(hj212_session_settings(t->s)->over_time, 33);
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 60);
}

static void a_password_taken_back_is_used_at_once(void **state)
{
	struct hj212_settings ours;
	struct talk *t = *state;

	ours = *hj212_session_settings(t->s);
	ask(t, 1072, "NewPW=654321");
	expect_request_and_do(t);
	skip_output(t);
	hj212_session_set(t->s, &ours);
	ask(t, 1061, "");
	expect_taken(t, QN1);
	skip_output(t);
	assert_int_equal(offer(t, 1, "DataTime=20160801084000"), 0);
	take_output(t);
	assert_non_null(strstr(t->sent[t->sent_count - 1], "PW=123456;"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cn_of_each_edition),
		T(one_of_two_timeouts_may_be_set),
		T(a_device_is_asked),
		T(a_long_answer_fits_and_a_longer_one_does_not),
		T(nothing_is_said_on_another_connection),
		T(a_log_is_a_history),
		T(a_log_of_one_instrument_is_not_there),
		T(states_are_started_and_stopped),
		T(what_a_person_sets_holds_over_what_is_being_done),
		T(a_password_taken_back_is_used_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
