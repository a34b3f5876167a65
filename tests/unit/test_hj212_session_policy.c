/* What differs from platform to platform: what counts as an acknowledgement, login and heartbeat, the letters of the
 * CRC, and the editions of the standard. */
/* long because: every policy and edition has its case, and they share one platform */
#include "hj212_talk.h"

#define QN2 "20160801085857224"
#define QN3 "20160801085857225"
#define OLD "88888880000001"

static void start_policy(struct talk *t, enum hj212_ack ack, unsigned window)
{
	start_as(t, HJ212_2017, window);
	t->id.ack = ack;
	start_anew(t);
}

static void answer(struct talk *t, const char *qn, int cn, const char *cp)
{
	char data[256];

	snprintf(data, sizeof(data), "QN=%s;ST=91;CN=%d;PW=123456;MN=%s;Flag=4;CP=&&%s&&", qn, cn, t->id.mn, cp);
	feed(t, data);
}

/* ---- by order ---- */

static void any_answer_is_for_the_oldest(void **state)
{
	struct talk t;

	start_policy(&t, HJ212_ACK_ORDER, 3);
	for (unsigned i = 1; i <= 3; i++)
		upload(&t, i, "a-Avg=1");
	answer(&t, "20000101000000000", 9014, "");
	expect_acked(&t, 1);
	feed(&t, "ST=91;CN=9014;MN=" MN ";CP=&&&&");
	expect_acked(&t, 2);
	upload(&t, 4, "a-Avg=4");
	answer(&t, "20160801085857226", 9014, ""); /* the fourth's name: better than any order */
	expect_acked(&t, 4);
	answer(&t, "20000101000000000", 9014, "");
	expect_acked(&t, 3);
	answer(&t, "20000101000000000", 9014, "");
	expect_nothing(&t);
	done(&t);
}

/* Each copy may be answered, and the second answer is none for what was sent next. */
static void by_order_copies_are_counted(void **state)
{
	struct talk t;

	start_policy(&t, HJ212_ACK_ORDER, 1);
	upload(&t, 1, "a-Avg=1");
	wait_s(&t, 10);
	wait_s(&t, 10);
	assert_int_equal(t.sent_count, 3);
	answer(&t, "20000101000000000", 9014, "");
	expect_acked(&t, 1);
	upload(&t, 2, "a-Avg=2");
	for (int i = 0; i < 2; i++) {
		answer(&t, "20000101000000000", 9014, "");
		expect_nothing(&t);
	}
	answer(&t, "20000101000000000", 9014, "");
	expect_acked(&t, 2);
	done(&t);
}

static void by_order_nothing_is_taken_for_what_has_not_gone(void **state)
{
	struct talk t;

	start_policy(&t, HJ212_ACK_ORDER, 1);
	assert_int_equal(offer(&t, 1, "a-Avg=1"), 0);
	answer(&t, "20000101000000000", 9014, "");
	expect_nothing(&t);
	take_output(&t);
	answer(&t, "20000101000000000", 9014, "QnRtn=2"); /* refused is not taken */
	expect_outcome(&t, HJ212_NOTE);
	expect_nothing(&t);
	answer(&t, "20000101000000000", 9014, "QnRtn=1");
	expect_acked(&t, 1);
	done(&t);
}

/* Nor where names count: a second answer to what went before, while the gap after that is being kept. */
static void without_a_name_nothing_is_taken_for_what_has_not_gone(void **state)
{
	struct talk t;

	start(&t);
	t.id.gap_ms = 600;
	start_anew(&t);
	upload(&t, 1, "a-Avg=1");
	wait_ms(&t, 50);
	feed(&t, "ST=91;CN=9014;MN=" MN ";CP=&&&&");
	expect_acked(&t, 1);
	upload(&t, 2, "a-Avg=2");
	assert_int_equal(t.sent_count, 1);
	feed(&t, "ST=91;CN=9014;MN=" MN ";CP=&&&&");
	expect_nothing(&t);
	wait_ms(&t, 600);
	assert_int_equal(t.sent_count, 2);
	feed(&t, "ST=91;CN=9014;MN=" MN ";CP=&&&&");
	expect_acked(&t, 2);
	done(&t);
}

/* ---- by nobody ---- */

static void without_answers_tcp_counts(void **state)
{
	struct talk t;
	struct hj212_outcome o;

	start_policy(&t, HJ212_ACK_NONE, 2);
	assert_false(hj212_session_asks_delivery(t.s));
	assert_int_equal(offer(&t, 1, "a-Avg=1"), 0);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=4;CP=&&a-Avg=1&&");
	assert_true(hj212_session_asks_delivery(t.s));
	assert_int_equal(offer(&t, 2, "a-Avg=2"), 0);
	expect_data(&t, "QN=" QN2 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=4;CP=&&a-Avg=2&&");
	assert_true(hj212_session_asks_delivery(t.s));
	assert_true(hj212_session_deadline(t.s) <= t.now.mono);
	hj212_session_delivered(t.s, SIZE_MAX, t.now);
	assert_true(hj212_session_deadline(t.s) > t.now.mono);
	assert_true(hj212_session_deadline(t.s) < t.now.mono + SEC);
	expect_nothing(&t);
	hj212_session_delivered(t.s, strlen(t.sent[1]) + 2, t.now); /* all of the second is on its way */
	o = expect_outcome(&t, HJ212_ACKED);
	assert_int_equal(o.token, 1);
	assert_true(o.unanswered);
	hj212_session_delivered(t.s, 1, t.now);
	expect_nothing(&t);
	hj212_session_delivered(t.s, 0, t.now);
	expect_acked(&t, 2);
	assert_false(hj212_session_asks_delivery(t.s));
	expect_nothing(&t);
	done(&t);
}

/* TCP itself sends again; what it cannot deliver in the time of all resends ends the connection. */
static void what_tcp_cannot_deliver_is_dead(void **state)
{
	struct talk t;

	start_policy(&t, HJ212_ACK_NONE, 1);
	upload(&t, 1, "a-Avg=1");
	for (int i = 0; i < 39; i++) {
		wait_s(&t, 1);
		hj212_session_delivered(t.s, 100, t.now);
		expect_nothing(&t);
	}
	wait_s(&t, 1);
	assert_int_equal(expect_outcome(&t, HJ212_DEAD).token, 1);
	assert_int_equal(t.sent_count, 1);
	done(&t);
}

/* ---- login ---- */

static void start_login(struct talk *t, bool answered)
{
	start(t);
	t->id.login = (struct hj212_own){ .cn = 9021, .answered = answered, .cp = "User=box" };
	start_anew(t);
	hj212_session_disconnected(t->s);
	hj212_session_qn_kept(t->s, (struct hj212_qn_span){ 0 });
	hj212_session_connected(t->s, t->now);
}

#define LOGIN(qn, flag) "QN=" qn ";ST=32;CN=9021;PW=123456;MN=" MN ";Flag=" flag ";CP=&&User=box&&"

static void a_login_is_first_and_uploads_wait_for_it(void **state)
{
	struct talk t;

	start_login(&t, true);
	assert_int_equal(hj212_session_room(t.s), 0);
	assert_int_equal(offer(&t, 1, "a-Avg=1"), -EBUSY);
	expect_data(&t, LOGIN(QN2, "5"));
	assert_int_equal(offer(&t, 1, "a-Avg=1"), -EBUSY);
	answer(&t, QN1, 9014, ""); /* of the connection before: no name of ours */
	expect_nothing(&t);
	answer(&t, QN2, 9014, "");
	expect_outcome(&t, HJ212_ALIVE);
	expect_nothing(&t);
	assert_int_equal(hj212_session_room(t.s), 1);
	upload(&t, 1, "a-Avg=1");
	answer(&t, QN3, 9014, "");
	expect_acked(&t, 1);
	done(&t);
}

static void a_login_without_answer_only_goes_first(void **state)
{
	struct talk t;

	start_login(&t, false);
	assert_int_equal(offer(&t, 1, "a-Avg=1"), -EBUSY);
	expect_data(&t, LOGIN(QN2, "4"));
	upload(&t, 1, "a-Avg=1");
	assert_int_equal(t.sent_count, 2);
	expect_nothing(&t);
	done(&t);
}

/* Its QN comes late: what the platform asks meanwhile is answered behind it. */
static void nothing_goes_out_before_the_login(void **state)
{
	struct talk t;

	start_login(&t, true);
	hj212_session_disconnected(t.s);
	hj212_session_qn_kept(t.s, HJ212_QN_NONE);
	hj212_session_connected(t.s, t.now);
	ask(&t, 1061, "");
	expect_silence(&t);
	assert_true(hj212_session_asks_qn(t.s, (struct hj_now){ .mono = t.now.mono + SEC }));
	assert_true(hj212_session_deadline(t.s) > t.now.mono);
	hj212_session_qn_kept(t.s, (struct hj212_qn_span){ 0 });
	hj212_session_tick(t.s, t.now);
	expect_data(&t, LOGIN(QN3, "5"));
	expect_taken(&t, QN1);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=1061;PW=123456;MN=" MN ";Flag=4;CP=&&RtdInterval=30&&");
	expect_result(&t, QN1, 1);
	answer(&t, QN3, 9013, "");
	expect_outcome(&t, HJ212_ALIVE);
	done(&t);
}

static void a_login_that_nobody_answers_is_sent_again_and_dead(void **state)
{
	struct talk t;

	start_login(&t, true);
	take_output(&t);
	for (int i = 0; i < 3; i++) {
		wait_s(&t, 10);
		assert_string_equal(t.sent[t.sent_count - 1], t.sent[0]);
	}
	assert_int_equal(t.sent_count, 4);
	wait_s(&t, 10);
	expect_outcome(&t, HJ212_DEAD);
	expect_nothing(&t);
	skip_output(&t);
	reconnect(&t);
	expect_data(&t, LOGIN("20160801085937223", "5"));
	done(&t);
}

static void expect_login_refused(struct talk *t, int cn, const char *cp)
{
	answer(t, QN2, cn, cp);
	expect_outcome(t, HJ212_NOTE);
	expect_nothing(t);
	assert_int_equal(hj212_session_room(t->s), 0);
}

static void a_login_may_be_refused_and_echoed(void **state)
{
	struct talk t;

	start_login(&t, true);
	take_output(&t);
	expect_login_refused(&t, 9011, "QnRtn=2");
	expect_login_refused(&t, 9014, "QnRtn=3");
	answer(&t, QN2, 9021, ""); /* the platform sends it back */
	expect_outcome(&t, HJ212_ALIVE);
	assert_int_equal(hj212_session_room(t.s), 1);
	done(&t);
}

/* ---- heartbeat ---- */

static void start_heartbeat(struct talk *t, bool answered)
{
	start_as(t, HJ212_2025, 1);
	t->id.heartbeat = (struct hj212_own){ .cn = 9015, .answered = answered, .interval_s = 60 };
	start_anew(t);
}

#define BEAT(qn, flag) "QN=" qn ";ST=32;CN=9015;PW=123456;MN=" MN ";Flag=" flag ";CP=&&&&"

static void a_heartbeat_in_quiet_times(void **state)
{
	struct talk t;

	start_heartbeat(&t, true);
	assert_true(hj212_session_deadline(t.s) == t.now.mono + 60 * SEC);
	wait_s(&t, 59);
	expect_silence(&t);
	upload(&t, 1, "a-Avg=1");
	t.looked++;
	wait_s(&t, 5);
	ack(&t, "20160801085956223");
	expect_acked(&t, 1);
	wait_s(&t, 54);
	expect_silence(&t);
	wait_s(&t, 1);
	expect_data(&t, BEAT("20160801090056223", "9"));
	assert_int_equal(hj212_session_room(t.s), 1); /* data does not wait for it */
	answer(&t, "20160801090056223", 9013, "");
	expect_outcome(&t, HJ212_ALIVE);
	expect_nothing(&t);
	wait_s(&t, 60);
	expect_data(&t, BEAT("20160801090156223", "9"));
	done(&t);
}

static void a_heartbeat_is_not_sent_beside_an_upload(void **state)
{
	struct talk t;

	start_heartbeat(&t, false);
	t.id.heartbeat.interval_s = 5;
	start_anew(&t);
	upload(&t, 1, "a-Avg=1");
	t.looked++;
	wait_s(&t, 8);
	expect_silence(&t);
	assert_true(hj212_session_deadline(t.s) > t.now.mono);
	ack(&t, QN1);
	expect_acked(&t, 1);
	wait_s(&t, 0);
	expect_data(&t, BEAT("20160801085905223", "8"));
	expect_nothing(&t);
	wait_s(&t, 4);
	expect_silence(&t);
	wait_s(&t, 1);
	expect_data(&t, BEAT("20160801085910223", "8"));
	done(&t);
}

static void heartbeats_without_answer_show_a_dead_link(void **state)
{
	struct talk t;

	start_heartbeat(&t, true);
	wait_s(&t, 60);
	assert_int_equal(t.sent_count, 1);
	for (int i = 0; i < 4; i++) {
		expect_nothing(&t);
		wait_s(&t, 10);
	}
	assert_int_equal(t.sent_count, 4);
	expect_outcome(&t, HJ212_DEAD);
	done(&t);
}

static void beats_unanswered(struct talk *t, unsigned seconds)
{
	t->sent_count = t->looked = 0;
	wait_s(t, 60);
	while (seconds--) {
		expect_nothing(t);
		wait_s(t, 1);
	}
	assert_int_equal(t->sent_count, 4);
	assert_int_equal(expect_outcome(t, HJ212_DEAD).type, HJ212_DEAD);
}

/* Where uploads have no answers, that of a heartbeat shows how slow the link is. */
static void a_heartbeat_answered_in_time_ends_the_grace(void **state)
{
	struct talk t;

	start_heartbeat(&t, true);
	t.id.ack = HJ212_ACK_NONE;
	start_anew(&t);
	beats_unanswered(&t, 40);
	reconnect(&t);
	beats_unanswered(&t, 40);
	reconnect(&t);
	beats_unanswered(&t, 55);
	reconnect(&t);
	t.looked = t.sent_count;
	wait_s(&t, 60);
	expect_data(&t, BEAT("20160801090512223", "9"));
	answer(&t, "20160801090512223", 9013, "");
	expect_outcome(&t, HJ212_ALIVE);
	beats_unanswered(&t, 40);
	reconnect(&t);
	beats_unanswered(&t, 40);
	done(&t);
}

/* ---- CN 1013 ---- */

#define NOTICE(qn, flag) "QN=" qn ";ST=32;CN=1013;PW=123456;MN=" MN ";Flag=" flag ";CP=&&&&"

/* It waits for nothing but its turn, and nobody has to answer it. */
static void the_clock_wants_to_be_set(void **state)
{
	struct talk t;

	start(&t);
	assert_int_equal(hj212_session_ask_clock(t.s), 0);
	wait_s(&t, 0);
	expect_data(&t, NOTICE(QN1, "4"));
	wait_s(&t, 300);
	expect_silence(&t);
	expect_nothing(&t);
	hj212_session_disconnected(t.s);
	assert_int_equal(hj212_session_ask_clock(t.s), -ENOTCONN);
	done(&t);
	start_as(&t, HJ212_2005, 1);
	assert_int_equal(hj212_session_ask_clock(t.s), -EOPNOTSUPP);
	done(&t);
}

/* Whatever else keeps the connection busy. */
static void the_notice_is_no_heartbeat(void **state)
{
	struct talk t;

	start_heartbeat(&t, true);
	assert_int_equal(hj212_session_ask_clock(t.s), 0);
	upload(&t, 1, "a-Avg=1");
	t.looked++;
	wait_s(&t, 0);
	expect_data(&t, NOTICE(QN2, "8"));
	ack(&t, QN1);
	expect_acked(&t, 1);
	wait_s(&t, 59);
	expect_silence(&t);
	wait_s(&t, 1);
	expect_data(&t, BEAT("20160801085957223", "9")); /* so long after it */
	assert_int_equal(hj212_session_ask_clock(t.s), 0);
	upload(&t, 2, "a-Avg=2");
	t.looked++;
	wait_s(&t, 5);
	expect_silence(&t); /* the heartbeat has the place */
	answer(&t, "20160801085957223", 9013, "");
	wait_s(&t, 0);
	expect_data(&t, NOTICE("20160801090002223", "8"));
	done(&t);
}

static void the_notice_comes_after_the_login(void **state)
{
	struct talk t;

	start(&t);
	t.id.login = (struct hj212_own){ .cn = 9021, .answered = true, .cp = "User=box" };
	t.id.heartbeat = (struct hj212_own){ .cn = 9015, .answered = true, .interval_s = 60 };
	start_anew(&t);
	assert_int_equal(hj212_session_ask_clock(t.s), 0);
	wait_s(&t, 0);
	expect_data(&t, LOGIN(QN1, "5"));
	expect_silence(&t);
	answer(&t, QN1, 9014, "");
	expect_outcome(&t, HJ212_ALIVE);
	wait_s(&t, 0);
	expect_data(&t, NOTICE(QN2, "4"));
	done(&t);
}

/* Data and heartbeat wait at once, and the answers name nothing: 9014 is the data's, 9013 the heartbeat's. */
static void answers_without_names_are_told_apart(void **state)
{
	struct talk t;

	start_heartbeat(&t, true);
	wait_s(&t, 60);
	upload(&t, 1, "a-Avg=1");
	feed(&t, "ST=91;CN=9014;MN=" MN ";CP=&&&&");
	expect_acked(&t, 1);
	feed(&t, "ST=91;CN=9013;MN=" MN ";CP=&&&&");
	expect_outcome(&t, HJ212_ALIVE);
	expect_nothing(&t);
	done(&t);
}

/* ---- groups of factors under another ST ---- */

static void a_request_under_another_st(void **state)
{
	struct talk t;

	start_as(&t, HJ212_2017, 1);
	hj212_session_free(t.s);
	strcpy(t.id.other_st[0], "52");
	assert_int_equal(hj212_session_new(&t.id,
	                         &(struct hj212_settings){ .over_time = 10,
	                                 .re_count = 3,
	                                 .rtd_interval = 30,
	                                 .min_interval = 5,
	                                 .pw = "123456" },
	                         &t.s),
	        0);
	hj212_session_connected(t.s, t.now);
	feed(&t, "QN=" QN1 ";ST=52;CN=1061;PW=123456;MN=" MN ";Flag=5;CP=&&&&");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_data(&t, "QN=" QN1 ";ST=52;CN=1061;PW=123456;MN=" MN ";Flag=4;CP=&&RtdInterval=30&&");
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	feed(&t, "QN=" QN2 ";ST=21;CN=1061;PW=123456;MN=" MN ";Flag=5;CP=&&&&");
	expect_answer(&t, QN2, 9011, "QnRtn=5");
	done(&t);
}

/* ---- editions ---- */

static void the_platform_of_2025(void **state)
{
	struct talk t;

	start_as(&t, HJ212_2025, 1);
	feed(&t, "QN=" QN1 ";ST=91;CN=9015;PW=123456;MN=" MN ";Flag=9;CP=&&&&");
	expect_data(&t, "QN=" QN1 ";ST=91;CN=9013;PW=123456;MN=" MN ";Flag=8;CP=&&&&");
	ask_flag(&t, QN2, 1061, 9, "");
	expect_data(&t, "QN=" QN2 ";ST=91;CN=9011;PW=123456;MN=" MN ";Flag=8;CP=&&QnRtn=1&&");
	skip_output(&t);
	feed(&t, "QN=" QN3 ";ST=91;CN=9015;PW=000000;MN=" MN ";Flag=9;CP=&&&&"); /* a wrong password gets none */
	expect_data(&t, "QN=" QN3 ";ST=91;CN=9011;PW=000000;MN=" MN ";Flag=8;CP=&&QnRtn=3&&");
	done(&t);
	start(&t);
	ask_flag(&t, QN2, 1061, 9, ""); /* 2017 does not know its Flag */
	expect_answer(&t, QN2, 9011, "QnRtn=6");
	feed(&t, "QN=" QN3 ";ST=32;CN=1061;PW=123456;MN=" MN ";Flag=x;CP=&&&&"); /* and this is none */
	expect_answer(&t, QN3, 9011, "QnRtn=6");
	done(&t);
}

/* It prints Flag=3 in requests of one packet, and uploads without QN and Flag where no answer is wanted. */
static void the_platform_of_2005(void **state)
{
	struct talk t;
	struct hj212_offer split = {
		.token = 2, .cn = 2051, .cp = HJ212_SLICE("011-Avg=1"), .pnum = 2, .pno = 1, .ack = true
	};

	start_as(&t, HJ212_2005, 1);
	feed(&t, "QN=" QN3 ";ST=32;CN=1061;PW=123456;MN=" OLD ";Flag=3;CP=&&&&");
	expect_data(&t, "ST=91;CN=9011;PW=123456;MN=" OLD ";Flag=0;CP=&&QN=" QN3 ";QnRtn=1&&");
	skip_output(&t);
	upload(&t, 1, "011-Avg=1");
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" OLD ";Flag=1;CP=&&011-Avg=1&&");
	feed(&t, "ST=91;CN=9014;PW=123456;MN=" OLD ";Flag=0;CP=&&QN=" QN1 ";CN=2051&&");
	expect_acked(&t, 1);
	t.id.ack = HJ212_ACK_NONE;
	start_anew(&t);
	upload(&t, 1, "011-Avg=1");
	expect_data(&t, "ST=32;CN=2051;PW=123456;MN=" OLD ";CP=&&011-Avg=1&&");
	hj212_session_delivered(t.s, 0, t.now);
	expect_acked(&t, 1);
	assert_int_equal(hj212_session_offer(t.s, &split, t.now), 0);
	expect_data(&t, "ST=32;CN=2051;PW=123456;MN=" OLD ";Flag=2;PNUM=2;PNO=1;CP=&&011-Avg=1&&");
	done(&t);
}

/* The same session under another name: QNs go on, what was asked before is forgotten. */
/* The header of 2005 is so short that table 3's bound comes before that of the data segment. */
static void a_cp_of_2005_is_as_long_as_the_table_says(void **state)
{
	static const char cp[HJ212_CP_MAX + 1] = "";
	struct hj212_offer o = { .token = 1, .cn = 2051, .cp = { cp, HJ212_CP_MAX + 1 } };
	struct talk t;

	start_as(&t, HJ212_2005, 1);
	t.id.ack = HJ212_ACK_NONE;
	start_anew(&t);
	assert_int_equal(hj212_session_offer(t.s, &o, t.now), -EMSGSIZE);
	o.cp.n = HJ212_CP_MAX;
	assert_int_equal(hj212_session_offer(t.s, &o, t.now), 0);
	done(&t);
}

static void a_move_to_another_edition(void **state)
{
	struct talk t;

	start(&t);
	ask(&t, 1062, "RtdInterval=60");
	skip_output(&t);
	upload(&t, 1, "a-Avg=1");
	t.looked++;
	t.id.edition = HJ212_2025;
	strcpy(t.id.mn, "010000A8900016F000169DC1");
	strcpy(t.id.st, "44");
	assert_int_equal(hj212_session_become(t.s, &t.id), -EBUSY);
	hj212_session_disconnected(t.s);
	assert_int_equal(hj212_session_become(t.s, &t.id), 0);
	hj212_session_set_pw(t.s, "abcdef");
	hj212_session_connected(t.s, t.now);
	expect_nothing(&t);
	assert_int_equal(offer(&t, 1, "a-Avg=1"), 0);
	expect_data(&t, "QN=" QN3 ";ST=44;CN=2051;PW=abcdef;MN=010000A8900016F000169DC1;Flag=9;CP=&&a-Avg=1&&");
	answer(&t, QN3, 9014, "");
	expect_acked(&t, 1);
	assert_string_equal(hj212_session_settings(t.s)->old_pw, "");
	done(&t);
}

static void crc_letters_in_lower_case(void **state)
{
	struct talk t;
	struct hj212_frame f;

	start(&t);
	t.id.crc_lower = true;
	start_anew(&t);
	for (unsigned i = 0; i < 12; i++) { /* some of them have letters */
		char crc[8];

		upload(&t, i, "a-Avg=1");
		assert_true(hj212_frame_decode(t.sent[i], strlen(t.sent[i]), &f) > 0);
		assert_true(f.crc_ok);
		snprintf(crc, sizeof(crc), "%04x", (unsigned)f.crc);
		assert_string_equal(t.sent[i] + strlen(t.sent[i]) - 4, crc);
		reconnect(&t);
	}
	done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_answer_is_for_the_oldest),
		cmocka_unit_test(by_order_copies_are_counted),
		cmocka_unit_test(by_order_nothing_is_taken_for_what_has_not_gone),
		cmocka_unit_test(without_a_name_nothing_is_taken_for_what_has_not_gone),
		cmocka_unit_test(without_answers_tcp_counts),
		cmocka_unit_test(what_tcp_cannot_deliver_is_dead),
		cmocka_unit_test(a_login_is_first_and_uploads_wait_for_it),
		cmocka_unit_test(a_login_without_answer_only_goes_first),
		cmocka_unit_test(nothing_goes_out_before_the_login),
		cmocka_unit_test(a_login_that_nobody_answers_is_sent_again_and_dead),
		cmocka_unit_test(a_login_may_be_refused_and_echoed),
		cmocka_unit_test(a_heartbeat_in_quiet_times),
		cmocka_unit_test(a_heartbeat_is_not_sent_beside_an_upload),
		cmocka_unit_test(heartbeats_without_answer_show_a_dead_link),
		cmocka_unit_test(a_heartbeat_answered_in_time_ends_the_grace),
		cmocka_unit_test(the_clock_wants_to_be_set),
		cmocka_unit_test(the_notice_is_no_heartbeat),
		cmocka_unit_test(the_notice_comes_after_the_login),
		cmocka_unit_test(answers_without_names_are_told_apart),
		cmocka_unit_test(a_request_under_another_st),
		cmocka_unit_test(the_platform_of_2025),
		cmocka_unit_test(the_platform_of_2005),
		cmocka_unit_test(a_cp_of_2005_is_as_long_as_the_table_says),
		cmocka_unit_test(a_move_to_another_edition),
		cmocka_unit_test(crc_letters_in_lower_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
