/* Uploads: what is sent when, what counts as an acknowledgement, QNs, and the password in doubt. */
/* long because: every rule of the exchange has its case, and they share one platform */
#include "hj212_talk.h"

/* ---- uploads ---- */

static void upload_is_acknowledged(void **state)
{
	struct talk *t = *state;

	assert_int_equal(hj212_session_room(t->s), 1);
	assert_int_equal(offer(t, 77, "DataTime=20160801084000;a-Avg=1"), 0);
	assert_int_equal(hj212_session_room(t->s), 0);
	assert_int_equal(offer(t, 78, "DataTime=20160801084000;a-Avg=1"), -EBUSY);
	expect_data(t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&DataTime=20160801084000;a-Avg=1&&");
	expect_nothing(t);
	t->now.mono += 40 * HJ_USEC_PER_MS;
	ack(t, QN1);
	expect_acked(t, 77);
	expect_nothing(t);
	ack(t, QN1); /* a late repeat is nobody's */
	expect_nothing(t);
	expect_silence(t);
}

/* What is sent afterwards says so in edition 2025 alone. */
static void sent_again_is_said_in_2025(void **state)
{
	const struct hj212_offer o = {
		.token = 1, .cn = 2051, .cp = HJ212_SLICE("a-Avg=1"), .ack = true, .again = true
	};
	struct talk t;

	start_as(&t, HJ212_2025, 1);
	assert_int_equal(hj212_session_offer(t.s, &o, t.now), 0);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=9;RF=1;CP=&&a-Avg=1&&");
	reconnect(&t);
	assert_int_equal(offer(&t, 2, "a-Avg=1"), 0);
	expect_data(&t, "QN=20160801085857224;ST=32;CN=2051;PW=123456;MN=" MN ";Flag=9;CP=&&a-Avg=1&&");
	done(&t);
	start(&t);
	assert_int_equal(hj212_session_offer(t.s, &o, t.now), 0);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&a-Avg=1&&");
	done(&t);
}

static void resends_identical_bytes_then_dead(void **state)
{
	struct talk *t = *state;

	upload(t, 5, "DataTime=20160801084000");
	assert_true(hj212_session_deadline(t->s) == t->now.mono + 10 * SEC);
	wait_s(t, 9);
	assert_int_equal(t->sent_count, 1);
	for (unsigned i = 2; i <= 4; i++) {
		wait_s(t, i == 2 ? 1 : 10);
		assert_int_equal(t->sent_count, i);
		assert_string_equal(t->sent[i - 1], t->sent[0]);
		expect_nothing(t);
	}
	wait_s(t, 10);
	assert_int_equal(t->sent_count, 4);
	assert_int_equal(expect_outcome(t, HJ212_DEAD).token, 5);
	expect_nothing(t);
	assert_int_equal(hj212_session_room(t->s), 0);
	assert_true(hj212_session_deadline(t->s) == HJ_USEC_NEVER);
	reconnect(t);
	assert_int_equal(offer(t, 5, "DataTime=20160801084000"), 0);
}

static void a_peer_that_reads_nothing_is_dead_too(void **state)
{
	struct talk *t = *state;

	assert_int_equal(offer(t, 9, "DataTime=20160801084000"), 0);
	for (int i = 0; i < 4; i++) {
		t->now.mono += 10 * SEC;
		hj212_session_tick(t->s, t->now);
	}
	assert_int_equal(expect_outcome(t, HJ212_DEAD).token, 9);
}

/* On a connection of its own: as long as its answer is outstanding, copies at 10, 20 and 30 s. */
static void alone_for(struct talk *t, uint64_t token, unsigned seconds, char *ret_qn, unsigned copies)
{
	reconnect(t);
	t->sent_count = 0;
	upload(t, token, "DataTime=20160801084000");
	snprintf(ret_qn, 18, "%.17s", strstr(t->sent[0], "QN=") + 3);
	while (seconds--)
		wait_s(t, 1);
	expect_nothing(t);
	assert_int_equal(t->sent_count, copies);
}

static void silent_for(struct talk *t, uint64_t token, unsigned seconds)
{
	char qn[18];

	alone_for(t, token, seconds - 1, qn, 4);
	wait_s(t, 1);
	assert_int_equal(expect_outcome(t, HJ212_DEAD).token, token);
	assert_int_equal(t->sent_count, 4);
}

/* The copies go at the same times; what is late is waited for, and no longer than it takes. */
static void a_link_slower_than_all_copies_is_waited_for(void **state)
{
	struct talk *t = *state;
	char qn[18];

	for (unsigned i = 0; i < 5; i++)
		silent_for(t, 5 + i, 40 + (i > 1 ? 15U << (i - 2) : 0));
	silent_for(t, 10, 40 + 60);
	alone_for(t, 11, 99, qn, 4);
	ack(t, qn);
	expect_acked(t, 11);
	upload(t, 12, "DataTime=20160801084500"); /* that it is silent afterwards is not the link's delay */
	for (unsigned i = 0; i < 100; i++)
		wait_s(t, 1);
	assert_int_equal(expect_outcome(t, HJ212_DEAD).token, 12);
	silent_for(t, 13, 40 + 60);
	alone_for(t, 14, 39, qn, 4);
	ack(t, qn);
	expect_acked(t, 14);
	silent_for(t, 15, 40);
	silent_for(t, 16, 40);
	silent_for(t, 17, 40 + 15);
}

/* A refusal is no acknowledgement, but it shows that the link is not slow. */
static void what_is_refused_is_not_waited_for_longer(void **state)
{
	struct talk *t = *state;
	char data[256], qn[18];

	for (unsigned i = 0; i < 3; i++) {
		alone_for(t, 5, 1, qn, 1);
		snprintf(data, sizeof(data), "QN=%s;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=2&&", qn);
		feed(t, data);
		expect_outcome(t, HJ212_NOTE);
		for (unsigned k = 0; k < 38; k++)
			wait_s(t, 1);
		expect_nothing(t);
		wait_s(t, 1);
		assert_int_equal(expect_outcome(t, HJ212_DEAD).token, 5);
	}
}

static void acknowledged_after_a_resend(void **state)
{
	struct talk *t = *state;

	upload(t, 5, "DataTime=20160801084000");
	wait_s(t, 10);
	ack(t, QN1);
	expect_outcome(t, HJ212_ACKED);
	wait_s(t, 60);
	assert_int_equal(t->sent_count, 2);
	expect_nothing(t);
}

static void a_window_of_four_is_acknowledged_in_any_order(void **state)
{
	static const char *const qn[] = { "20160801085857223", "20160801085857224", "20160801085857225",
		"20160801085857226" };
	struct talk t;

	start_as(&t, HJ212_2017, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(offer(&t, i, "DataTime=20160801084000"), 0);
	assert_int_equal(offer(&t, 9, "DataTime=20160801084000"), -EBUSY);
	take_output(&t);
	assert_int_equal(t.sent_count, 4);
	for (unsigned i = 4; i--;) {
		ack(&t, qn[i]);
		expect_acked(&t, i);
	}
	done(&t);
}

static void the_gap_between_frames_is_kept(void **state)
{
	struct talk *t = *state;

	t->id.gap_ms = 600;
	start_anew(t);
	ask(t, 1011, "");
	take_output(t);
	assert_int_equal(t->sent_count, 1); /* 9011; the answer and 9012 wait */
	assert_true(hj212_session_deadline(t->s) == t->now.mono + 600 * HJ_USEC_PER_MS);
	wait_ms(t, 599);
	assert_int_equal(t->sent_count, 1);
	wait_ms(t, 1);
	assert_int_equal(t->sent_count, 2);
	wait_ms(t, 1000);
	assert_int_equal(t->sent_count, 3);
	assert_true(hj212_session_deadline(t->s) == HJ_USEC_NEVER);
}

static void written_byte_by_byte(void **state)
{
	struct talk *t = *state;
	size_t total = 0;

	assert_int_equal(offer(t, 5, "DataTime=20160801084000"), 0);
	while (hj212_session_output(t->s).n) {
		hj212_session_written(t->s, 1, t->now);
		t->now.mono++;
		total++;
	}
	assert_int_equal(total,
	        strlen("QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&DataTime=20160801084000&&") + 12);
	/* OverTime runs from the last byte */
	assert_true(hj212_session_deadline(t->s) == t->now.mono - 1 + 10 * SEC);
}

static void split_packets_carry_their_numbers(void **state)
{
	struct talk *t = *state;
	struct hj212_offer o = {
		.token = 1, .cn = 2061, .cp = HJ212_SLICE("DataTime=20160801080000"), .pnum = 2, .pno = 1, .ack = true
	};

	assert_int_equal(hj212_session_offer(t->s, &o, t->now), 0);
	expect_data(
	        t, "QN=" QN1 ";ST=32;CN=2061;PW=123456;MN=" MN ";Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20160801080000&&");
}

static void the_largest_cp_fits(void **state)
{
	struct talk *t = *state;
	char cp[HJ212_CP_MAX + 2];
	size_t most;
	struct hj212_offer o = { .token = 1, .cn = 2061, .pnum = 99, .pno = 98, .ack = true };

	most = hj212_session_cp_max(t->s);
	assert_true(most <= HJ212_CP_MAX && most > 900);
	memset(cp, 'x', sizeof(cp));
	o.cp = (struct hj212_slice){ cp, most };
	assert_int_equal(hj212_session_offer(t->s, &o, t->now), 0);
	hj212_session_connected(t->s, t->now);
	o.cp.n = HJ212_CP_MAX + 1;
	assert_int_equal(hj212_session_offer(t->s, &o, t->now), -EMSGSIZE);
}

static void without_the_answer_bit_it_is_done_when_written(void **state)
{
	struct talk *t = *state;
	struct hj212_offer o = { .token = 3, .cn = 2011, .cp = HJ212_SLICE("DataTime=20160801085857") };

	assert_int_equal(hj212_session_offer(t->s, &o, t->now), 0);
	expect_nothing(t);
	expect_data(t, "QN=" QN1 ";ST=32;CN=2011;PW=123456;MN=" MN ";Flag=4;CP=&&DataTime=20160801085857&&");
	expect_acked(t, 3);
}

static void what_is_forgotten_makes_room(void **state)
{
	struct talk *t = *state;

	upload(t, 1, "DataTime=20160801084000");
	assert_int_equal(hj212_session_forget(t->s, 1, t->now), 0);
	assert_int_equal(hj212_session_forget(t->s, 1, t->now), -ENOENT);
	assert_int_equal(offer(t, 2, "DataTime=20160801084000"), 0);
	ack(t, QN1); /* of the forgotten one */
	expect_nothing(t);
	ack(t, "20160801085857224");
	expect_acked(t, 2);
	for (unsigned i = 0; i < 4; i++) { /* ReCount 3: the fourth without any answer */
		expect_nothing(t);
		upload(t, 10 + i, "DataTime=20160801084000");
		assert_int_equal(hj212_session_forget(t->s, 10 + i, t->now), 0);
	}
	expect_outcome(t, HJ212_DEAD);
}

/* Of several packets it is one silence, not as many. */
static void packets_forgotten_together_count_once(void **state)
{
	struct talk t;

	start_as(&t, HJ212_2017, 8);
	for (unsigned i = 0; i < 4; i++) {
		expect_nothing(&t);
		for (unsigned k = 0; k < 5; k++)
			assert_int_equal(offer(&t, k, "DataTime=20160801084000"), 0);
		take_output(&t);
		wait_s(&t, 9);
		t.sent_count = 0;
		for (unsigned k = 0; k < 5; k++)
			assert_int_equal(hj212_session_forget(t.s, k, t.now), 0);
	}
	expect_outcome(&t, HJ212_DEAD);
	done(&t);
}

/* Real-time data comes and goes beside it without an answer: whether the link is dead says what is waited for. */
static void comes_and_goes(struct talk *t, unsigned seconds)
{
	for (unsigned i = 1; i <= seconds; i++) {
		expect_nothing(t);
		if (i % 10 == 9) {
			assert_int_equal(hj212_session_forget(t->s, 100, t->now), 0);
			upload(t, 100, "DataTime=20160801084000");
		}
		t->sent_count = 0;
		wait_s(t, 1);
	}
}

static void what_is_forgotten_cuts_no_wait_short(void **state)
{
	struct talk t;

	start_as(&t, HJ212_2017, 2);
	for (unsigned i = 0; i < 3; i++) {
		reconnect(&t);
		upload(&t, 100, "DataTime=20160801084000");
		upload(&t, 1, "DataTime=20160801084000");
		comes_and_goes(&t, i > 1 ? 50 : 40);
		if (i < 2)
			assert_int_equal(expect_outcome(&t, HJ212_DEAD).token, 1);
	}
	expect_nothing(&t);
	ack(&t, "20160801090017224"); /* after 50 s: longer than all copies */
	expect_acked(&t, 1);
	done(&t);
}

/* ---- QN ---- */

/* By less than a day; and else they go where it is: test_hj212_qn.c. */
static void qns_grow_while_the_clock_goes_back(void **state)
{
	struct talk t;

	start_as(&t, HJ212_2017, 8);
	hj212_session_qn(t.s)->now = (struct hj212_qn_span){ WALL, WALL + 5000 };
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	assert_int_equal(offer(&t, 2, "x=1"), 0);
	t.now.wall_ms -= 3600000; /* the clock goes back an hour */
	assert_int_equal(offer(&t, 3, "x=1"), 0);
	t.now.wall_ms += 7200000;
	assert_int_equal(offer(&t, 4, "x=1"), 0);
	assert_true(hj212_qn_used(hj212_session_qn(t.s)) == t.now.wall_ms);
	take_output(&t);
	assert_memory_equal(t.sent[0] + 9, "20160801085902224", 17);
	for (unsigned i = 1; i < 4; i++)
		assert_true(memcmp(t.sent[i - 1] + 9, t.sent[i] + 9, 17) < 0);
	done(&t);
}

static void no_qn_that_is_not_kept(void **state)
{
	struct talk t;

	start_as(&t, HJ212_2017, 8);
	hj212_session_qn_kept(t.s, (struct hj212_qn_span){ WALL, WALL + 1 });
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	assert_int_equal(offer(&t, 2, "x=1"), 0);
	assert_int_equal(offer(&t, 3, "x=1"), -EAGAIN);
	hj212_session_qn_kept(t.s, (struct hj212_qn_span){ WALL, WALL + 60000 });
	assert_int_equal(offer(&t, 3, "x=1"), 0);
	done(&t);
}

/* ---- acknowledgements as they come in the field ---- */

struct odd_ack {
	const char *data;
	bool taken;
};
static void odd_acknowledgements(void **state)
{
	static const struct odd_ack list[] = {
		{ "ST=91;CN=9014;PW=123456;MN=" MN ";Flag=0;CP=&&QN=" QN1 ";CN=2051&&", true }, /* 2005 */
		{ "QN=" QN1 ";ST=91;CN=9014;PW=123456;MN=" MN ";Flag=5;CP=&&&&",
		        true }, /* asks for an answer to an answer */
		{ "QN=" QN1 ";ST=32;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=1&&", true },
		{ "QN=" QN1 ";ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=1;ExeRtn=1&&", true },
		{ "QN=" QN1 ";ST=91;CN=9014;CP=&&&&", true },
		{ "ST=22;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&", true }, /* no QN: the only one outstanding */
		{ "QN=20160801085857222;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&", false },
		{ "QN=" QN1 ";ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC1;Flag=4;CP=&&&&", false },
		{ "QN=" QN1 ";ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=2&&", false },
		{ "QN=" QN1 ";ST=91;CN=9013;PW=123456;MN=" MN ";Flag=4;CP=&&&&", false },
		{ "QN=" QN1 ";ST=91;CN=9011;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=1&&", false },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct hj212_outcome o = { 0 };
		struct talk t;
		bool acked = false;

		start(&t);
		upload(&t, 7, "DataTime=20160801084000");
		feed(&t, list[i].data);
		while (hj212_session_next(t.s, &o))
			acked |= o.type == HJ212_ACKED && o.token == 7;
		if (acked != list[i].taken)
			print_error("acknowledgement %zu\n", i);
		assert_int_equal(acked, list[i].taken);
		take_output(&t);
		assert_int_equal(t.sent_count, 1); /* an answer is never answered */
		done(&t);
	}
}

static void nameless_answers_to_copies_count_for_nothing(void **state)
{
	static const char nameless[] = "ST=22;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&";
	struct talk *t = *state;

	upload(t, 1, "x=1");
	wait_s(t, 10); /* the second copy is out */
	feed(t, nameless);
	expect_acked(t, 1);
	upload(t, 2, "x=2");
	feed(t, nameless); /* for the second copy of 1 */
	expect_nothing(t);
	feed(t, nameless);
	expect_acked(t, 2);
}

static void nameless_answers_to_what_is_forgotten_count_for_nothing(void **state)
{
	static const char nameless[] = "ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&";
	struct talk *t = *state;

	upload(t, 1, "x=1");
	wait_s(t, 10); /* two copies are out */
	assert_int_equal(hj212_session_forget(t->s, 1, t->now), 0);
	upload(t, 2, "x=2");
	feed(t, nameless);
	feed(t, nameless);
	expect_nothing(t);
	feed(t, nameless);
	expect_acked(t, 2);
	upload(t, 3, "x=3");
	assert_int_equal(hj212_session_forget(t->s, 3, t->now), 0);
	upload(t, 4, "x=4");
	for (unsigned i = 0; i < 3; i++)
		wait_s(t, 10);
	wait_s(t, 1); /* no answer to 3 comes any more */
	feed(t, nameless);
	expect_acked(t, 4);
}

static void a_wrong_crc_acknowledges_nothing_unless_lenient(void **state)
{
	static const char frame[] = "##0087QN=" QN1 ";ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&3241\r\n";
	struct hj212_counts counts;

	for (int lenient = 0; lenient < 2; lenient++) {
		struct talk t;

		start(&t);
		t.id.lenient_crc = lenient;
		start_anew(&t);
		upload(&t, 7, "x=1");
		hj212_session_input(t.s, frame, sizeof(frame) - 1, t.now);
		expect_outcome(&t, lenient ? HJ212_ACKED : HJ212_NOTE);
		hj212_session_counts(t.s, &counts);
		assert_int_equal(counts.bad, !lenient);
		take_output(&t);
		assert_int_equal(t.sent_count, 1);
		done(&t);
	}
}

/* ---- passwords ---- */

#define QN0 "20160801085857000"
static void change_password(struct talk *t)
{
	struct hj212_outcome o;

	ask_flag(t, QN0, 1072, 5, "NewPW=654321");
	o = expect_outcome(t, HJ212_REQUEST);
	assert_string_equal(o.request.settings.pw, "654321");
	assert_string_equal(o.request.settings.old_pw, "123456");
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	expect_taken_and_result(t, QN0, 1); /* still with the old one */
}

static void the_new_password_is_used_at_once(void **state)
{
	struct talk *t = *state;

	change_password(t);
	assert_int_equal(offer(t, 1, "x=1"), 0);
	expect_data(t, "QN=" QN1 ";ST=32;CN=2051;PW=654321;MN=" MN ";Flag=5;CP=&&x=1&&");
	ask_flag(t, QN0, 1072, 5, "NewPW=654321"); /* a repeat, with the password of its time */
	expect_taken_and_result(t, QN0, 1);
	feed(t, "QN=" QN1 ";ST=32;CN=1061;PW=654321;MN=" MN ";Flag=5;CP=&&&&");
	expect_data(t, "QN=" QN1 ";ST=91;CN=9011;PW=654321;MN=" MN ";Flag=4;CP=&&QnRtn=1&&");
	expect_outcome(
	        t, HJ212_PW_SETTLED); /* the platform itself uses the new one: the old one is good for nothing */
	assert_string_equal(hj212_session_settings(t->s)->old_pw, "");
	skip_output(t);
	ask_flag(t, "20160801085857225", 1061, 5, "");
	expect_answer(t, "20160801085857225", 9011, "QnRtn=3");
}

static void a_request_with_the_old_password_is_taken_once(void **state)
{
	struct talk *t = *state;

	change_password(t);
	ask_flag(t, "20160801085857225", 1061, 5, "");
	expect_taken(t, "20160801085857225");
	expect_outcome(t, HJ212_PW_TRIED);
	skip_output(t);
	ask_flag(t, "20160801085857226", 1061, 5, "");
	expect_answer(t, "20160801085857226", 9011, "QnRtn=3");
}

static void refused_upload_tries_the_old_password_once(void **state)
{
	struct talk *t = *state;

	change_password(t);
	assert_int_equal(offer(t, 1, "x=1"), 0);
	expect_data(t, "QN=" QN1 ";ST=32;CN=2051;PW=654321;MN=" MN ";Flag=5;CP=&&x=1&&");
	feed(t, "QN=" QN1 ";ST=91;CN=9014;PW=654321;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_data(t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&x=1&&");
	expect_outcome(t, HJ212_PW_TRIED);
	expect_outcome(t, HJ212_NOTE);
	ack(t, QN1);
	expect_acked(t, 1);
	expect_outcome(t, HJ212_PW_SETTLED);
	assert_string_equal(hj212_session_settings(t->s)->pw, "123456");
	assert_int_equal(offer(t, 2, "x=1"), 0);
	expect_data(t, "QN=20160801085857224;ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&x=1&&");
}

static void both_refused_goes_back_to_the_new_one_and_stays(void **state)
{
	struct talk *t = *state;

	change_password(t);
	assert_int_equal(offer(t, 1, "x=1"), 0);
	expect_data(t, "QN=" QN1 ";ST=32;CN=2051;PW=654321;MN=" MN ";Flag=5;CP=&&x=1&&");
	feed(t, "QN=" QN1 ";ST=91;CN=9011;PW=654321;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_data(t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&x=1&&");
	feed(t, "QN=" QN1 ";ST=91;CN=9011;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_data(t, "QN=" QN1 ";ST=32;CN=2051;PW=654321;MN=" MN ";Flag=5;CP=&&x=1&&");
	feed(t, "QN=" QN1 ";ST=91;CN=9011;PW=654321;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_silence(t); /* only OverTime and ReCount from here on */
}

static void silence_since_the_change_tries_the_old_one(void **state)
{
	struct talk *t = *state;

	change_password(t);
	upload(t, 1, "x=1");
	for (int i = 0; i < 4; i++)
		wait_s(t, 10);
	expect_outcome(t, HJ212_PW_TRIED);
	expect_outcome(t, HJ212_DEAD);
	reconnect(t);
	t->sent_count = t->looked = 0;
	upload(t, 1, "x=1");
	assert_non_null(strstr(t->sent[0], "PW=123456;"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(upload_is_acknowledged),
		cmocka_unit_test(sent_again_is_said_in_2025),
		T(resends_identical_bytes_then_dead),
		T(a_peer_that_reads_nothing_is_dead_too),
		T(a_link_slower_than_all_copies_is_waited_for),
		T(what_is_refused_is_not_waited_for_longer),
		T(acknowledged_after_a_resend),
		cmocka_unit_test(a_window_of_four_is_acknowledged_in_any_order),
		T(the_gap_between_frames_is_kept),
		T(written_byte_by_byte),
		T(split_packets_carry_their_numbers),
		T(the_largest_cp_fits),
		T(without_the_answer_bit_it_is_done_when_written),
		T(what_is_forgotten_makes_room),
		cmocka_unit_test(packets_forgotten_together_count_once),
		cmocka_unit_test(what_is_forgotten_cuts_no_wait_short),
		cmocka_unit_test(qns_grow_while_the_clock_goes_back),
		cmocka_unit_test(no_qn_that_is_not_kept),
		cmocka_unit_test(odd_acknowledgements),
		T(nameless_answers_to_copies_count_for_nothing),
		T(nameless_answers_to_what_is_forgotten_count_for_nothing),
		cmocka_unit_test(a_wrong_crc_acknowledges_nothing_unless_lenient),
		T(the_new_password_is_used_at_once),
		T(a_request_with_the_old_password_is_taken_once),
		T(refused_upload_tries_the_old_password_once),
		T(both_refused_goes_back_to_the_new_one_and_stays),
		T(silence_since_the_change_tries_the_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
