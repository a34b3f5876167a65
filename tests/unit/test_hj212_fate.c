/* What became of each frame is told once it is known: by QN of an upload, of what came in right after it. */
#include "hj212_talk.h"

struct told {
	struct {
		enum hj212_fate fate;
		char qn[24]; /* "" = of what came in */
		int code;
	} list[32];
	unsigned count;
	char in[HJ212_DATA_ACCEPT + 16]; /* the newest frame that came, as it came */
	size_t in_n;
};

static struct told told;

static void on_fate(enum hj212_fate fate, const char *qn, int code, void *userdata)
{
	assert_true(told.count < 32);
	told.list[told.count].fate = fate;
	told.list[told.count].code = code;
	snprintf(told.list[told.count].qn, sizeof(told.list[0].qn), "%s", qn ? qn : "");
	told.count++;
}

static void on_frame(bool out, const char *frame, size_t n, void *userdata)
{
	if (out)
		return;
	memcpy(told.in, frame, n);
	told.in_n = n;
}

static void begin(struct talk *t)
{
	told.count = 0;
	hj212_session_fates(t->s, on_fate, NULL);
	hj212_session_trace(t->s, on_frame, NULL);
}

/* The newest that were told; then they are forgotten. */
static void expect_fate(unsigned i, enum hj212_fate fate, const char *qn, int code)
{
	assert_true(i < told.count);
	assert_int_equal(told.list[i].fate, fate);
	assert_string_equal(told.list[i].qn, qn);
	assert_int_equal(told.list[i].code, code);
}

static void expect_end(unsigned count)
{
	assert_int_equal(told.count, count);
	told.count = 0;
}

#define QN2 "20160801085857224"

static void uploads(void **state)
{
	struct talk *t = *state;

	begin(t);
	upload(t, 1, "DataTime=20160801084000");
	expect_fate(0, HJ212_FATE_WAITS, QN1, 0);
	expect_end(1);
	ack(t, QN2);
	expect_fate(0, HJ212_FATE_LATE, "", 1);
	expect_end(1);
	ack(t, QN1);
	expect_fate(0, HJ212_FATE_ACKNOWLEDGES, "", 1);
	expect_fate(1, HJ212_FATE_ACKNOWLEDGED, QN1, 1);
	expect_end(2);
	expect_acked(t, 1);
	upload(t, 2, "DataTime=20160801084100");
	feed(t, "QN=" QN2 ";ST=91;CN=9014;MN=" MN ";Flag=4;CP=&&QnRtn=9&&");
	expect_fate(1, HJ212_FATE_DENIES, "", 9);
	expect_fate(2, HJ212_FATE_DENIED, QN2, 9);
	expect_end(3);
	feed(t, "QN=" QN2 ";ST=91;CN=9014;MN=88888880000001;Flag=4;CP=&&&&");
	expect_fate(0, HJ212_FATE_OTHER_MN, "", 0);
	expect_end(1);
	hj212_session_disconnected(t->s);
	expect_fate(0, HJ212_FATE_CUT_OFF, QN2, 0);
	expect_end(1);
}

static void an_upload_that_nobody_answers(void **state)
{
	struct talk *t = *state;
	struct hj212_offer o = { .token = 2, .cn = 2051, .cp = { "DataTime=1", 10 } };

	begin(t);
	upload(t, 1, "DataTime=20160801084000");
	for (int i = 0; i < 4; i++)
		wait_s(t, 10);
	expect_fate(1, HJ212_FATE_GIVEN_UP, QN1, 0);
	expect_end(2);
	hj212_session_disconnected(t->s);
	expect_end(0);
	hj212_session_connected(t->s, t->now);
	assert_int_equal(hj212_session_offer(t->s, &o, t->now), 0);
	expect_end(0);
	take_output(t);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.list[0].fate, HJ212_FATE_WRITTEN);
}

static void requests(void **state)
{
	struct talk *t = *state;

	begin(t);
	ask(t, 1061, "");
	expect_fate(0, HJ212_FATE_TAKEN, "", 1);
	expect_end(1);
	ask(t, 1234, "");
	expect_fate(0, HJ212_FATE_REFUSED, "", 8);
	expect_end(1);
	feed(t, "QN=" QN1 ";ST=32;CN=1061;PW=000000;MN=" MN ";Flag=5;CP=&&&&");
	expect_fate(0, HJ212_FATE_REFUSED, "", 3);
	expect_end(1);
	ask(t, 1062, "RtdInterval=40");
	ask(t, 1062, "RtdInterval=40");
	expect_fate(0, HJ212_FATE_TAKEN, "", 1);
	expect_fate(1, HJ212_FATE_REPEATED, "", 0);
	expect_end(2);
	feed(t, "QN=" QN1 ";ST=91;CN=9013;MN=" MN ";Flag=4;CP=&&&&");
	expect_fate(0, HJ212_FATE_PASSED, "", 0);
	expect_end(1);
	feed(t, "nothing of ours");
	expect_fate(0, HJ212_FATE_UNREADABLE, "", 0);
	expect_end(1);
}

/* The trace shows the bytes that came, not what was understood of them. */
static void what_came_in_is_shown_as_it_came(void **state)
{
	static const char frame[] = "##0087QN=" QN1 ";ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&1111\r\n";
	struct talk *t = *state;

	begin(t);
	hj212_session_input(t->s, frame, sizeof(frame) - 1, t->now);
	assert_int_equal(told.in_n, sizeof(frame) - 1);
	assert_memory_equal(told.in, frame, sizeof(frame) - 1);
	expect_fate(0, HJ212_FATE_BAD_CRC, "", 0);
	expect_end(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(uploads),
		T(an_upload_that_nobody_answers),
		T(requests),
		T(what_came_in_is_shown_as_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
