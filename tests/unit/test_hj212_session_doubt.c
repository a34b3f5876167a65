/* What is in doubt while something else is under way: passwords beside a setting that is being kept, or taken back by
 * a person; notices that could not be kept; answers that name another QN than ours, or none, before the one that
 * counts. */
#include "hj212_talk.h"

#define QN0 "20160801085857000"
#define QN2 "20160801085857224"
#define QN3 "20160801085857225"
/* 40 s later */
#define QN4 "20160801085937223"
#define QN5 "20160801085937224"

static void set_password(struct talk *t, const char *qn, const char *pw, const char *new_pw)
{
	char data[256];

	snprintf(data, sizeof(data), "QN=%s;ST=32;CN=1072;PW=%s;MN=" MN ";Flag=5;CP=&&NewPW=%s&&", qn, pw, new_pw);
	feed(t, data);
	if (strcmp(pw, "123456") != 0) /* the platform itself uses the new one */
		expect_outcome(t, HJ212_PW_SETTLED);
	expect_request_and_do(t);
	skip_output(t);
}

/* The new password is refused, so the one before is tried. */
static void try_the_old_one(struct talk *t)
{
	upload(t, 1, "x=1");
	feed(t, "QN=" QN1 ";ST=91;CN=9014;PW=1;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_outcome(t, HJ212_PW_TRIED);
	expect_outcome(t, HJ212_NOTE);
	skip_output(t);
}

/* So the one before is tried on the next connection. */
static void change_and_hear_nothing(struct talk *t)
{
	set_password(t, QN0, "123456", "654321");
	upload(t, 1, "x=1");
	for (int i = 0; i < 4; i++)
		wait_s(t, 10);
	expect_outcome(t, HJ212_PW_TRIED);
	expect_outcome(t, HJ212_DEAD);
	reconnect(t);
}

static void expect_upload_with(struct talk *t, const char *qn, const char *pw)
{
	char data[256];

	snprintf(data, sizeof(data), "QN=%s;ST=32;CN=2051;PW=%s;MN=" MN ";Flag=5;CP=&&x=1&&", qn, pw);
	expect_data(t, data);
}

/* The platform has set the file's password again, and that is refused when a person takes all of it back: the one
 * before is gone then, and a frame with it would have none. */
static void a_reset_ends_the_trial_of_the_old_password(void **state)
{
	struct talk *t = *state;
	struct hj212_settings file = *hj212_session_settings(t->s);

	set_password(t, QN0, "123456", "654321");
	set_password(t, QN3, "654321", "123456");
	try_the_old_one(t);
	hj212_session_set(t->s, &file);
	wait_s(t, 10);
	expect_upload_with(t, QN1, "123456");
}

/* What is being kept was built upon the passwords of before. */
static void a_password_that_proves_right_stays_beside_a_setting(void **state)
{
	struct talk *t = *state;
	struct hj212_outcome o;

	set_password(t, QN0, "123456", "654321");
	try_the_old_one(t);
	ask_flag(t, QN3, 1062, 5, "RtdInterval=60");
	o = expect_outcome(t, HJ212_REQUEST);
	skip_output(t);
	ack(t, QN1);
	expect_acked(t, 1);
	expect_outcome(t, HJ212_PW_SETTLED);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 60);
	assert_string_equal(hj212_session_settings(t->s)->pw, "123456");
	skip_output(t);
	assert_int_equal(offer(t, 2, "x=1"), 0);
	expect_upload_with(t, QN2, "123456");
}

static void an_old_password_does_not_come_back_with_a_setting(void **state)
{
	struct talk *t = *state;
	struct hj212_outcome o;

	set_password(t, QN0, "123456", "654321");
	ask_flag(t, QN3, 1062, 5, "RtdInterval=60");
	expect_outcome(t, HJ212_PW_TRIED);
	o = expect_outcome(t, HJ212_REQUEST);
	feed(t, "QN=" QN2 ";ST=32;CN=1061;PW=654321;MN=" MN ";Flag=5;CP=&&&&");
	expect_outcome(t, HJ212_PW_SETTLED);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 60);
	assert_string_equal(hj212_session_settings(t->s)->old_pw, "");
}

/* Some platforms say by it alone that they do not take a password. Who pauses an uplink says nothing. */
static void only_the_platform_hangs_up_on_a_password(void **state)
{
	struct talk *t = *state;

	set_password(t, QN0, "123456", "654321");
	for (int i = 0; i < 4; i++) {
		expect_nothing(t);
		upload(t, 1, "x=1");
		if (i < 2)
			hj212_session_left(t->s);
		else
			hj212_session_disconnected(t->s);
		hj212_session_connected(t->s, t->now);
	}
	expect_outcome(t, HJ212_PW_TRIED);
	expect_nothing(t);
}

/* The link was silent once, and the platform checks no password in uploads: it must not be locked out of its own. */
static void silence_takes_no_password_from_the_platform(void **state)
{
	struct talk *t = *state;

	change_and_hear_nothing(t);
	skip_output(t);
	assert_int_equal(offer(t, 2, "x=1"), 0);
	expect_upload_with(t, QN4, "123456");
	ack(t, QN4);
	expect_acked(t, 2);
	expect_nothing(t);
	feed(t, "QN=" QN3 ";ST=32;CN=1061;PW=654321;MN=" MN ";Flag=5;CP=&&&&");
	expect_outcome(t, HJ212_PW_SETTLED);
	assert_string_equal(hj212_session_settings(t->s)->pw, "654321");
	assert_string_equal(hj212_session_settings(t->s)->old_pw, "");
	skip_output(t);
	assert_int_equal(offer(t, 3, "x=1"), 0);
	expect_upload_with(t, QN5, "654321");
}

/* It took the old one while it said nothing of the new; now it says that the old one is wrong. */
static void an_old_password_that_is_denied_later_is_left(void **state)
{
	struct talk *t = *state;

	change_and_hear_nothing(t);
	upload(t, 2, "x=1");
	ack(t, QN4);
	expect_acked(t, 2);
	skip_output(t);
	assert_int_equal(offer(t, 3, "x=1"), 0);
	expect_upload_with(t, QN5, "123456");
	feed(t, "QN=" QN5 ";ST=91;CN=9014;PW=1;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_upload_with(t, QN5, "654321");
}

/* A request that is refused for something else has not used it. */
static void a_refused_request_does_not_use_up_the_old_password(void **state)
{
	struct talk *t = *state;

	set_password(t, QN0, "123456", "654321");
	ask_flag(t, QN3, 9, 5, "");
	expect_answer(t, QN3, 9011, "QnRtn=8");
	expect_nothing(t);
	ask_flag(t, QN2, 1061, 5, "");
	expect_taken(t, QN2);
	expect_outcome(t, HJ212_PW_TRIED);
	skip_output(t);
}

/* CN 9013 would say that it is done. It is asked again and then done. */
static void a_notice_that_is_not_kept_is_not_acknowledged(void **state)
{
	struct talk *t = *state;
	struct hj212_outcome o;

	ask(t, 2012, "");
	o = expect_outcome(t, HJ212_REQUEST);
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_SYSTEM, t->now);
	expect_answer(t, QN1, 9011, "QnRtn=2");
	assert_true(hj212_session_settings(t->s)->rtd_on);
	ask(t, 2012, "");
	expect_request_and_do(t);
	expect_answer(t, QN1, 9013, "");
	assert_false(hj212_session_settings(t->s)->rtd_on);
}

/* ---- answers ---- */

/* Both copies are answered by CN 9011 and then 9014, and none names the QN. */
static void a_nameless_9011_is_no_answer_yet(void **state)
{
	struct talk *t = *state;

	upload(t, 1, "x=1");
	wait_s(t, 10);
	assert_int_equal(t->sent_count, 2);
	feed(t, "ST=91;CN=9011;MN=" MN ";CP=&&QnRtn=1&&");
	expect_nothing(t);
	feed(t, "ST=91;CN=9014;MN=" MN ";CP=&&&&");
	expect_acked(t, 1);
	upload(t, 2, "x=1");
	feed(t, "ST=91;CN=9011;MN=" MN ";CP=&&QnRtn=1&&");
	feed(t, "ST=91;CN=9014;MN=" MN ";CP=&&&&"); /* the copy's */
	expect_nothing(t);
	feed(t, "ST=91;CN=9014;MN=" MN ";CP=&&&&");
	expect_acked(t, 2);
}

/* A platform that counts in QNs of its own and names ours where HJ/T 212-2005 has it. */
static void an_answer_may_name_the_qn_in_its_cp(void **state)
{
	struct talk *t = *state;

	upload(t, 1, "x=1");
	feed(t, "QN=20000101000000000;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&QN=" QN2 ";CN=2051&&");
	expect_nothing(t);
	feed(t, "QN=20000101000000000;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&QN=" QN1 ";CN=2051&&");
	expect_acked(t, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(a_reset_ends_the_trial_of_the_old_password),
		T(a_password_that_proves_right_stays_beside_a_setting),
		T(an_old_password_does_not_come_back_with_a_setting),
		T(only_the_platform_hangs_up_on_a_password),
		T(silence_takes_no_password_from_the_platform),
		T(an_old_password_that_is_denied_later_is_left),
		T(a_refused_request_does_not_use_up_the_old_password),
		T(a_notice_that_is_not_kept_is_not_acknowledged),
		T(a_nameless_9011_is_no_answer_yet),
		T(an_answer_may_name_the_qn_in_its_cp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
