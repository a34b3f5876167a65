/* What the gateway says of itself, beside uploads and answers: an answer to a login or a heartbeat is none to an
 * upload, and nothing keeps a login back for ever. */
#include "hj212_talk.h"

#define NAMELESS "ST=91;CN=9014;MN=" MN ";CP=&&&&"
#define THEIRS   "QN=20000101000000000;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&" /* a QN of its own */

static void begin(struct talk *t, enum hj212_ack ack)
{
	done(t);
	start_as(t, HJ212_2017, 1);
	t->id.ack = ack;
	t->id.heartbeat = (struct hj212_own){ .cn = 9015, .answered = true, .interval_s = 60 };
	start_anew(t);
}

static void begin_login(struct talk *t, enum hj212_ack ack)
{
	begin(t, ack);
	t->id.login = (struct hj212_own){ .cn = 9021, .answered = true };
	start_anew(t);
}

/* A slow link: the login goes twice, and each copy is answered. */
static void of_each_copy_of_a_login(struct talk *t, enum hj212_ack ack, const char *answer)
{
	begin_login(t, ack);
	take_output(t);
	wait_s(t, 10);
	assert_int_equal(t->sent_count, 2);
	feed(t, answer);
	expect_outcome(t, HJ212_ALIVE);
	upload(t, 1, "a-Avg=1");
	feed(t, answer);
	expect_nothing(t);
	feed(t, answer);
	expect_acked(t, 1);
}

static void the_answer_to_a_copy_of_the_login_is_no_uploads(void **state)
{
	of_each_copy_of_a_login(*state, HJ212_ACK_QN, NAMELESS);
	of_each_copy_of_a_login(*state, HJ212_ACK_ORDER, NAMELESS);
	of_each_copy_of_a_login(*state, HJ212_ACK_ORDER, THEIRS);
}

/* Data does not wait for a heartbeat's answer, which comes first. */
static void beside_a_heartbeat(struct talk *t, enum hj212_ack ack, const char *answer)
{
	begin(t, ack);
	wait_s(t, 60);
	assert_int_equal(t->sent_count, 1);
	upload(t, 1, "a-Avg=1");
	assert_int_equal(t->sent_count, 2);
	feed(t, answer);
	expect_outcome(t, HJ212_ALIVE);
	expect_nothing(t);
	feed(t, answer);
	expect_acked(t, 1);
}

static void the_answer_to_a_heartbeat_is_no_uploads(void **state)
{
	beside_a_heartbeat(*state, HJ212_ACK_QN, NAMELESS);
	beside_a_heartbeat(*state, HJ212_ACK_ORDER, NAMELESS);
	beside_a_heartbeat(*state, HJ212_ACK_ORDER, THEIRS);
}

/* A link whose answers take 25 s: those to copies come as far apart as the copies went. */
static void late_answers_to_copies_are_no_answers_to_the_next(void **state)
{
	struct talk *t = *state;

	begin(t, HJ212_ACK_ORDER);
	upload(t, 1, "a-Avg=1");
	wait_s(t, 10);
	wait_s(t, 10);
	wait_s(t, 5);
	assert_int_equal(t->sent_count, 3);
	feed(t, THEIRS);
	expect_acked(t, 1);
	upload(t, 2, "a-Avg=2");
	wait_s(t, 9);
	wait_ms(t, 1200);
	feed(t, THEIRS);
	wait_ms(t, 9900);
	feed(t, THEIRS);
	expect_nothing(t);
	wait_s(t, 4);
	feed(t, THEIRS);
	expect_acked(t, 2);
}

/* Each copy is answered at once, and the third is taken: nothing more is to come. */
static void a_refused_copy_has_been_answered(void **state)
{
	struct talk *t = *state;

	begin(t, HJ212_ACK_ORDER);
	upload(t, 1, "a-Avg=1");
	for (int i = 0; i < 2; i++) {
		feed(t, "QN=20000101000000000;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=2&&");
		expect_outcome(t, HJ212_NOTE);
		expect_nothing(t);
		wait_s(t, 10);
	}
	feed(t, THEIRS);
	expect_acked(t, 1);
	upload(t, 2, "a-Avg=2");
	feed(t, THEIRS);
	expect_acked(t, 2);
}

/* Nor is what is left over of one heartbeat the answer to the next. */
static void a_late_answer_to_a_heartbeat_is_not_the_next_ones(void **state)
{
	struct talk *t = *state;

	begin(t, HJ212_ACK_QN);
	t->id.heartbeat.interval_s = 11;
	start_anew(t);
	wait_s(t, 11);
	wait_s(t, 10);
	feed(t, NAMELESS);
	expect_outcome(t, HJ212_ALIVE);
	wait_s(t, 11);
	assert_int_equal(t->sent_count, 3);
	feed(t, NAMELESS); /* to the copy */
	expect_nothing(t);
	upload(t, 1, "a-Avg=1");
	wait_ms(t, 9800);
	feed(t, NAMELESS);
	expect_outcome(t, HJ212_ALIVE);
	expect_nothing(t);
	feed(t, NAMELESS);
	expect_acked(t, 1);
}

/* By order it is not its turn again until it has gone again, which is behind the other. */
static void by_order_a_refused_one_is_passed_over(void **state)
{
	struct talk *t = *state;

	begin(t, HJ212_ACK_ORDER);
	t->id.window = 2;
	start_anew(t);
	upload(t, 1, "a-Avg=1");
	feed(t, "QN=20000101000000000;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=2&&");
	expect_outcome(t, HJ212_NOTE);
	wait_s(t, 9);
	upload(t, 2, "a-Avg=2");
	wait_s(t, 1);
	assert_int_equal(t->sent_count, 3);
	feed(t, THEIRS);
	expect_acked(t, 2);
	feed(t, THEIRS);
	expect_acked(t, 1);
}

/* The store is away, so there is no QN yet, and the platform asks and asks. */
static void a_login_finds_room_behind_any_number_of_questions(void **state)
{
	struct talk *t = *state;
	struct hj212_outcome o;

	t->id.login = (struct hj212_own){ .cn = 9021, .answered = true };
	start_anew(t);
	hj212_session_disconnected(t->s);
	hj212_session_qn_kept(t->s, HJ212_QN_NONE);
	hj212_session_connected(t->s, t->now);
	for (int i = 0; i < 200; i++) {
		ask(t, 1061, "");
		while (hj212_session_next(t->s, &o))
			;
	}
	assert_int_equal(hj212_session_output(t->s).n, 0);
	hj212_session_qn_kept(t->s, (struct hj212_qn_span){ 0 });
	hj212_session_tick(t->s, t->now);
	assert_true(hj212_session_output(t->s).n > 0);
	assert_memory_equal(hj212_session_output(t->s).p + 6, "QN=20160801085857224;ST=32;CN=9021;", 35);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(the_answer_to_a_copy_of_the_login_is_no_uploads),
		T(the_answer_to_a_heartbeat_is_no_uploads),
		T(late_answers_to_copies_are_no_answers_to_the_next),
		T(a_refused_copy_has_been_answered),
		T(a_late_answer_to_a_heartbeat_is_not_the_next_ones),
		T(by_order_a_refused_one_is_passed_over),
		T(a_login_finds_room_behind_any_number_of_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
