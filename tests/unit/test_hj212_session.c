/* The session against a scripted platform: bytes in, bytes out, a clock that the test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/hj212_session.h"

#define MN   "010000A8900016F000169DC0"
#define WALL 1470013137223LL /* 2016-08-01 08:58:57.223 in Beijing */
#define SEC  HJ_USEC_PER_SEC

struct talk {
	struct hj212_session *s;
	struct hj_now now;
	struct hj212_identity id;
	char sent[16][HJ212_FRAME_MAX + 1]; /* frames the gateway wrote, without CR LF */
	unsigned sent_count;
};

static void take_output(struct talk *t)
{
	for (;;) {
		struct hj212_slice out = hj212_session_output(t->s);
		const char *p = out.p, *end = out.p + out.n;

		if (!out.n)
			return;
		while (p < end) {
			size_t n = 12 + (size_t)((p[2] - '0') * 1000 + (p[3] - '0') * 100 + (p[4] - '0') * 10 + p[5] -
			                         '0');

			assert_true(t->sent_count < 16 && n <= (size_t)(end - p));
			memcpy(t->sent[t->sent_count], p, n - 2);
			t->sent[t->sent_count++][n - 2] = '\0';
			p += n;
		}
		hj212_session_written(t->s, out.n, t->now);
	}
}

static void start_as(struct talk *t, enum hj212_edition edition, unsigned window)
{
	struct hj212_settings settings = {
		.over_time = 10, .re_count = 3, .rtd_interval = 30, .min_interval = 5, .rtd_on = true, .pw = "123456"
	};

	memset(t, 0, sizeof(*t));
	t->id = (struct hj212_identity){
		.edition = edition, .crc = HJ212_CRC_ANNEXA, .mn = MN, .st = "32", .base_minutes = 5, .window = window
	};
	if (edition == HJ212_2005)
		strcpy(t->id.mn, "88888880000001");
	t->now = (struct hj_now){ .wall_ms = WALL, .mono = 1000 * SEC };
	assert_int_equal(hj212_session_new(&t->id, &settings, &t->s), 0);
	hj212_session_connected(t->s, t->now);
}

static void start(struct talk *t)
{
	start_as(t, HJ212_2017, 1);
}

static void feed(struct talk *t, const char *data)
{
	char frame[HJ212_FRAME_MAX];
	int n = hj212_frame_encode(HJ212_CRC_ANNEXA, data, strlen(data), frame, sizeof(frame));

	assert_true(n > 0);
	hj212_session_input(t->s, frame, (size_t)n, t->now);
}

/* A request as the standard writes it, with this CN, Flag and CP. */
static void ask_flag(struct talk *t, const char *qn, int cn, int flag, const char *cp)
{
	char data[1024];

	snprintf(data, sizeof(data), "QN=%s;ST=32;CN=%d;PW=123456;MN=" MN ";Flag=%d;CP=&&%s&&", qn, cn, flag, cp);
	feed(t, data);
}

#define QN1 "20160801085857223"
static void ask(struct talk *t, int cn, const char *cp)
{
	ask_flag(t, QN1, cn, 5, cp);
}

/* The next frame the gateway wrote has this data segment. */
static unsigned looked;
static void expect_data(struct talk *t, const char *data)
{
	take_output(t);
	assert_true(looked < t->sent_count);
	assert_int_equal(strlen(t->sent[looked]), strlen(data) + 10);
	assert_memory_equal(t->sent[looked] + 6, data, strlen(data));
	looked++;
}

static void expect_answer(struct talk *t, const char *qn, int cn, const char *cp)
{
	char data[256];

	snprintf(data, sizeof(data), "QN=%s;ST=91;CN=%d;PW=123456;MN=" MN ";Flag=4;CP=&&%s&&", qn, cn, cp);
	expect_data(t, data);
}

static void expect_silence(struct talk *t)
{
	take_output(t);
	assert_int_equal(looked, t->sent_count);
}

static struct hj212_outcome expect_outcome(struct talk *t, enum hj212_outcome_type type)
{
	struct hj212_outcome o;

	assert_int_equal(hj212_session_next(t->s, &o), 1);
	assert_int_equal(o.type, type);
	return o;
}

static void expect_nothing(struct talk *t)
{
	struct hj212_outcome o;

	assert_int_equal(hj212_session_next(t->s, &o), 0);
}

static void done(struct talk *t)
{
	hj212_session_free(t->s);
}

static int offer(struct talk *t, uint64_t token, const char *cp)
{
	struct hj212_offer o = { .token = token, .cn = 2051, .cp = { cp, strlen(cp) }, .ack = true };

	return hj212_session_offer(t->s, &o, t->now);
}

static void wait_s(struct talk *t, unsigned seconds)
{
	t->now.mono += seconds * SEC;
	t->now.wall_ms += seconds * 1000LL;
	hj212_session_tick(t->s, t->now);
	take_output(t);
}

static void ack(struct talk *t, const char *qn)
{
	char data[256];

	snprintf(data, sizeof(data), "QN=%s;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&", qn);
	feed(t, data);
}

/* ---- uploads ---- */

static void upload_is_acknowledged(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	assert_int_equal(hj212_session_room(t.s), 1);
	assert_int_equal(offer(&t, 77, "DataTime=20160801084000;a-Avg=1"), 0);
	assert_int_equal(hj212_session_room(t.s), 0);
	assert_int_equal(offer(&t, 78, "DataTime=20160801084000;a-Avg=1"), -EBUSY);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&DataTime=20160801084000;a-Avg=1&&");
	expect_nothing(&t);
	t.now.mono += 40 * HJ_USEC_PER_MS;
	ack(&t, QN1);
	assert_int_equal(expect_outcome(&t, HJ212_ACKED).token, 77);
	expect_nothing(&t);
	ack(&t, QN1); /* a late repeat is nobody's */
	expect_nothing(&t);
	expect_silence(&t);
	done(&t);
}

static void resends_identical_bytes_then_dead(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	assert_int_equal(offer(&t, 5, "DataTime=20160801084000"), 0);
	take_output(&t);
	assert_true(hj212_session_deadline(t.s) == t.now.mono + 10 * SEC);
	wait_s(&t, 9);
	assert_int_equal(t.sent_count, 1);
	for (unsigned i = 2; i <= 4; i++) {
		wait_s(&t, i == 2 ? 1 : 10);
		assert_int_equal(t.sent_count, i);
		assert_string_equal(t.sent[i - 1], t.sent[0]);
		expect_nothing(&t);
	}
	wait_s(&t, 10);
	assert_int_equal(t.sent_count, 4);
	assert_int_equal(expect_outcome(&t, HJ212_DEAD).token, 5);
	expect_nothing(&t);
	assert_int_equal(hj212_session_room(t.s), 0);
	assert_true(hj212_session_deadline(t.s) == HJ_USEC_NEVER);
	hj212_session_disconnected(t.s);
	hj212_session_connected(t.s, t.now);
	assert_int_equal(offer(&t, 5, "DataTime=20160801084000"), 0);
	done(&t);
}

static void a_peer_that_reads_nothing_is_dead_too(void **state)
{
	struct talk t;

	start(&t);
	assert_int_equal(offer(&t, 9, "DataTime=20160801084000"), 0);
	for (int i = 0; i < 4; i++) {
		t.now.mono += 10 * SEC;
		hj212_session_tick(t.s, t.now);
	}
	assert_int_equal(expect_outcome(&t, HJ212_DEAD).token, 9);
	done(&t);
}

static void acknowledged_after_a_resend(void **state)
{
	struct talk t;

	start(&t);
	assert_int_equal(offer(&t, 5, "DataTime=20160801084000"), 0);
	take_output(&t);
	wait_s(&t, 10);
	ack(&t, QN1);
	expect_outcome(&t, HJ212_ACKED);
	wait_s(&t, 60);
	assert_int_equal(t.sent_count, 2);
	expect_nothing(&t);
	done(&t);
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
		assert_int_equal(expect_outcome(&t, HJ212_ACKED).token, i);
	}
	done(&t);
}

static void the_gap_between_frames_is_kept(void **state)
{
	struct hj212_settings settings = { .over_time = 10, .re_count = 3, .pw = "123456" };
	struct talk t;

	looked = 0;
	start(&t);
	done(&t);
	t.id.gap_ms = 600;
	assert_int_equal(hj212_session_new(&t.id, &settings, &t.s), 0);
	hj212_session_connected(t.s, t.now);
	ask(&t, 1011, "");
	take_output(&t);
	assert_int_equal(t.sent_count, 1); /* 9011; the answer and 9012 wait */
	assert_true(hj212_session_deadline(t.s) == t.now.mono + 600 * HJ_USEC_PER_MS);
	t.now.mono += 599 * HJ_USEC_PER_MS;
	hj212_session_tick(t.s, t.now);
	take_output(&t);
	assert_int_equal(t.sent_count, 1);
	t.now.mono += HJ_USEC_PER_MS;
	hj212_session_tick(t.s, t.now);
	take_output(&t);
	assert_int_equal(t.sent_count, 2);
	t.now.mono += SEC;
	hj212_session_tick(t.s, t.now);
	take_output(&t);
	assert_int_equal(t.sent_count, 3);
	assert_true(hj212_session_deadline(t.s) == HJ_USEC_NEVER);
	done(&t);
}

static void written_byte_by_byte(void **state)
{
	struct talk t;
	size_t total = 0;

	start(&t);
	assert_int_equal(offer(&t, 5, "DataTime=20160801084000"), 0);
	while (hj212_session_output(t.s).n) {
		hj212_session_written(t.s, 1, t.now);
		t.now.mono++;
		total++;
	}
	assert_int_equal(total,
	        strlen("QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&DataTime=20160801084000&&") + 12);
	/* OverTime runs from the last byte */
	assert_true(hj212_session_deadline(t.s) == t.now.mono - 1 + 10 * SEC);
	done(&t);
}

static void split_packets_carry_their_numbers(void **state)
{
	struct talk t;
	struct hj212_offer o = {
		.token = 1, .cn = 2061, .cp = HJ212_SLICE("DataTime=20160801080000"), .pnum = 2, .pno = 1, .ack = true
	};

	looked = 0;
	start(&t);
	assert_int_equal(hj212_session_offer(t.s, &o, t.now), 0);
	expect_data(&t,
	        "QN=" QN1 ";ST=32;CN=2061;PW=123456;MN=" MN ";Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20160801080000&&");
	done(&t);
}

static void the_largest_cp_fits(void **state)
{
	struct talk t;
	char cp[HJ212_CP_MAX + 2];
	size_t most;
	struct hj212_offer o = { .token = 1, .cn = 2061, .pnum = 99, .pno = 98, .ack = true };

	start(&t);
	most = hj212_session_cp_max(t.s);
	assert_true(most <= HJ212_CP_MAX && most > 900);
	memset(cp, 'x', sizeof(cp));
	o.cp = (struct hj212_slice){ cp, most };
	assert_int_equal(hj212_session_offer(t.s, &o, t.now), 0);
	hj212_session_connected(t.s, t.now);
	o.cp.n = HJ212_CP_MAX + 1;
	assert_int_equal(hj212_session_offer(t.s, &o, t.now), -EMSGSIZE);
	done(&t);
}

static void without_the_answer_bit_it_is_done_when_written(void **state)
{
	struct talk t;
	struct hj212_offer o = { .token = 3, .cn = 2011, .cp = HJ212_SLICE("DataTime=20160801085857") };

	looked = 0;
	start(&t);
	assert_int_equal(hj212_session_offer(t.s, &o, t.now), 0);
	expect_nothing(&t);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2011;PW=123456;MN=" MN ";Flag=4;CP=&&DataTime=20160801085857&&");
	assert_int_equal(expect_outcome(&t, HJ212_ACKED).token, 3);
	done(&t);
}

static void what_is_forgotten_makes_room(void **state)
{
	struct talk t;

	start(&t);
	assert_int_equal(offer(&t, 1, "DataTime=20160801084000"), 0);
	take_output(&t);
	assert_int_equal(hj212_session_forget(t.s, 1), 0);
	assert_int_equal(hj212_session_forget(t.s, 1), -ENOENT);
	assert_int_equal(offer(&t, 2, "DataTime=20160801084000"), 0);
	ack(&t, QN1); /* of the forgotten one */
	expect_nothing(&t);
	ack(&t, "20160801085857224");
	assert_int_equal(expect_outcome(&t, HJ212_ACKED).token, 2);
	for (unsigned i = 0; i < 4; i++) { /* ReCount 3: the fourth without any answer */
		expect_nothing(&t);
		assert_int_equal(offer(&t, 10 + i, "DataTime=20160801084000"), 0);
		take_output(&t);
		assert_int_equal(hj212_session_forget(t.s, 10 + i), 0);
	}
	expect_outcome(&t, HJ212_DEAD);
	done(&t);
}

/* ---- QN ---- */

static void qns_only_grow(void **state)
{
	struct talk t;

	looked = 0;
	start_as(&t, HJ212_2017, 8);
	hj212_session_qn_start(t.s, WALL + 5000);
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	assert_int_equal(offer(&t, 2, "x=1"), 0);
	t.now.wall_ms -= 3600000; /* the clock goes back an hour */
	assert_int_equal(offer(&t, 3, "x=1"), 0);
	t.now.wall_ms += 7200000;
	assert_int_equal(offer(&t, 4, "x=1"), 0);
	assert_true(hj212_session_qn_used(t.s) == t.now.wall_ms);
	take_output(&t);
	assert_memory_equal(t.sent[0] + 9, "20160801085902224", 17);
	for (unsigned i = 1; i < 4; i++)
		assert_true(memcmp(t.sent[i - 1] + 9, t.sent[i] + 9, 17) < 0);
	hj212_session_qn_start(t.s, 5); /* an older mark changes nothing */
	assert_true(hj212_session_qn_used(t.s) == t.now.wall_ms);
	done(&t);
}

static void no_qn_above_the_limit(void **state)
{
	struct talk t;

	start_as(&t, HJ212_2017, 8);
	hj212_session_qn_limit(t.s, WALL + 1);
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	assert_int_equal(offer(&t, 2, "x=1"), 0);
	assert_int_equal(offer(&t, 3, "x=1"), -EAGAIN);
	hj212_session_qn_limit(t.s, WALL + 60000);
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
		assert_int_equal(offer(&t, 7, "DataTime=20160801084000"), 0);
		take_output(&t);
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
	struct talk t;

	start(&t);
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	take_output(&t);
	wait_s(&t, 10); /* the second copy is out */
	feed(&t, nameless);
	assert_int_equal(expect_outcome(&t, HJ212_ACKED).token, 1);
	assert_int_equal(offer(&t, 2, "x=2"), 0);
	take_output(&t);
	feed(&t, nameless); /* for the second copy of 1 */
	expect_nothing(&t);
	feed(&t, nameless);
	assert_int_equal(expect_outcome(&t, HJ212_ACKED).token, 2);
	done(&t);
}

static void a_wrong_crc_acknowledges_nothing_unless_lenient(void **state)
{
	static const char frame[] = "##0087QN=" QN1 ";ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&3241\r\n";
	struct hj212_counts counts;

	for (int lenient = 0; lenient < 2; lenient++) {
		struct hj212_settings settings = { .over_time = 10, .re_count = 3, .pw = "123456" };
		struct talk t;

		start(&t);
		done(&t);
		t.id.lenient_crc = lenient;
		assert_int_equal(hj212_session_new(&t.id, &settings, &t.s), 0);
		hj212_session_connected(t.s, t.now);
		assert_int_equal(offer(&t, 7, "x=1"), 0);
		take_output(&t);
		hj212_session_input(t.s, frame, sizeof(frame) - 1, t.now);
		expect_outcome(&t, lenient ? HJ212_ACKED : HJ212_NOTE);
		hj212_session_counts(t.s, &counts);
		assert_int_equal(counts.bad, !lenient);
		take_output(&t);
		assert_int_equal(t.sent_count, 1);
		done(&t);
	}
}

/* ---- requests ---- */

static void the_time_is_told(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 1011, "");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_data(&t, "QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=" MN ";Flag=4;CP=&&SystemTime=20160801085857&&");
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	ask_flag(&t, "20160801085857224", 1011, 5, "PolId=w01018"); /* an instrument's clock: there is none */
	expect_answer(&t, "20160801085857224", 9011, "QnRtn=1");
	expect_answer(&t, "20160801085857224", 9012, "ExeRtn=3");
	expect_nothing(&t);
	done(&t);
}

static void intervals_are_told(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 1061, "");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_data(&t, "QN=" QN1 ";ST=32;CN=1061;PW=123456;MN=" MN ";Flag=4;CP=&&RtdInterval=30&&");
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	ask(&t, 1063, "");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_data(&t, "QN=" QN1 ";ST=32;CN=1063;PW=123456;MN=" MN ";Flag=4;CP=&&MinInterval=5&&");
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	done(&t);
}

static void a_setting_is_answered_when_the_owner_has_it(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 1000, "OverTime=5;ReCount=2");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_silence(&t); /* not before it is on the disk */
	o = expect_outcome(&t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 1000);
	assert_int_equal(o.request.settings.over_time, 5);
	assert_int_equal(o.request.settings.re_count, 2);
	assert_int_equal(hj212_session_settings(t.s)->over_time, 10);
	assert_int_equal(hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now), 0);
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	assert_int_equal(hj212_session_settings(t.s)->over_time, 5);
	assert_int_equal(hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now), -ENOENT);
	done(&t);
}

static void a_setting_that_cannot_be_kept_is_not_taken(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 1062, "RtdInterval=60");
	o = expect_outcome(&t, HJ212_REQUEST);
	assert_int_equal(hj212_session_answer(t.s, o.request.id, HJ212_EXE_SYSTEM, t.now), 0);
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_answer(&t, QN1, 9012, "ExeRtn=6");
	assert_int_equal(hj212_session_settings(t.s)->rtd_interval, 30);
	done(&t);
}

static void settings_follow_one_another(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	start(&t);
	ask_flag(&t, "20160801085857001", 1062, 5, "RtdInterval=60");
	ask_flag(&t, "20160801085857002", 1064, 5, "MinInterval=10");
	o = expect_outcome(&t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 1062);
	expect_nothing(&t);
	hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now);
	o = expect_outcome(&t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 1064);
	assert_int_equal(o.request.settings.rtd_interval, 60);
	assert_int_equal(o.request.settings.min_interval, 10);
	done(&t);
}

struct judged {
	int cn;
	const char *cp;
	int exe_rtn; /* 0 = it reaches the owner */
};
static void values_are_judged(void **state)
{
	static const struct judged list[] = {
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
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct hj212_outcome o = { 0 };
		char exe[32];
		struct talk t;

		looked = 0;
		start(&t);
		ask(&t, list[i].cn, list[i].cp);
		expect_answer(&t, QN1, 9011, "QnRtn=1");
		if (list[i].exe_rtn) {
			snprintf(exe, sizeof(exe), "ExeRtn=%d", list[i].exe_rtn);
			expect_answer(&t, QN1, 9012, exe);
			expect_nothing(&t);
		} else {
			if (hj212_session_next(t.s, &o) != 1)
				print_error("%d %s\n", list[i].cn, list[i].cp);
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
		{ "QN=" QN1 ";ST=32;CN=1012;PW=123456;MN=" MN ";Flag=5;CP=&&SystemTime=20160801085857&&", 2,
		        "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=2021;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 2, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=3015;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 2, "PW=123456;MN=" MN },
		{ "QN=" QN1 ";ST=32;CN=1999;PW=123456;MN=" MN ";Flag=4;CP=&&&&", 0, NULL }, /* no answer is wanted */
		{ "QN=" QN1 ";ST=91;CN=9012;PW=123456;MN=" MN ";Flag=5;CP=&&ExeRtn=1&&", 0, NULL },
		{ "QN=" QN1 ";ST=91;CN=9013;PW=123456;MN=" MN ";Flag=5;CP=&&&&", 0, NULL },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct hj212_outcome o;
		char data[256];
		struct talk t;

		looked = 0;
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
	struct talk t;

	looked = 0;
	start(&t);
	feed(&t, "QN=2016080108585722;ST=32;CN=1011;PW=123456;MN=" MN ";Flag=5;CP=&&&&");
	expect_data(&t, "QN=2016080108585722;ST=91;CN=9011;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=7&&");
	feed(&t, "ST=32;CN=1011;PW=123456;MN=" MN ";Flag=5;CP=&&&&");
	expect_data(&t, "ST=91;CN=9011;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=7&&");
	done(&t);
}

static void a_wrong_crc_is_answered_only_where_it_is_for_us(void **state)
{
	static const char ours[] = "##0087QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=" MN ";Flag=5;CP=&&&&FFFF\r\n";
	static const char other[] =
	        "##0087QN=" QN1 ";ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC1;Flag=5;CP=&&&&FFFF\r\n";
	struct talk t;

	looked = 0;
	start(&t);
	hj212_session_input(t.s, other, sizeof(other) - 1, t.now);
	expect_silence(&t);
	hj212_session_input(t.s, ours, sizeof(ours) - 1, t.now);
	expect_answer(&t, QN1, 9011, "QnRtn=9");
	expect_silence(&t);
	done(&t);
}

static void a_notice_gets_9013(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 2012, "");
	expect_silence(&t);
	o = expect_outcome(&t, HJ212_REQUEST);
	assert_false(o.request.settings.rtd_on);
	hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now);
	expect_answer(&t, QN1, 9013, "");
	assert_false(hj212_session_settings(t.s)->rtd_on);
	done(&t);
}

static void without_the_answer_bit_it_is_done_in_silence(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start(&t);
	ask_flag(&t, QN1, 1062, 4, "RtdInterval=60");
	o = expect_outcome(&t, HJ212_REQUEST);
	hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now);
	expect_silence(&t);
	assert_int_equal(hj212_session_settings(t.s)->rtd_interval, 60);
	ask_flag(&t, "20160801085857224", 1061, 4, "");
	expect_data(&t, "QN=20160801085857224;ST=32;CN=1061;PW=123456;MN=" MN ";Flag=4;CP=&&RtdInterval=60&&");
	expect_silence(&t);
	done(&t);
}

static void a_repeated_request_is_not_done_twice(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 1062, "RtdInterval=60");
	o = expect_outcome(&t, HJ212_REQUEST);
	ask(&t, 1062, "RtdInterval=60"); /* before the owner is done */
	expect_nothing(&t);
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now);
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	ask(&t, 1062, "RtdInterval=60"); /* after */
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	expect_nothing(&t);
	hj212_session_disconnected(t.s);
	hj212_session_connected(t.s, t.now);
	ask(&t, 1062, "RtdInterval=60"); /* on another connection */
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	expect_nothing(&t);
	done(&t);
}

static void the_cache_of_repeats_is_bounded(void **state)
{
	struct hj212_outcome o;
	struct talk t;
	char qn[18];

	start(&t);
	for (int i = 0; i < 40; i++) {
		snprintf(qn, sizeof(qn), "201608010858570%02d", i);
		ask_flag(&t, qn, 1062, 5, "RtdInterval=60");
		t.sent_count = 0;
		take_output(&t);
		o = expect_outcome(&t, HJ212_REQUEST);
		hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now);
		t.sent_count = 0;
		take_output(&t);
	}
	for (int i = 0; i < 8; i++) { /* nobody answers these: the ninth is told that we are busy */
		snprintf(qn, sizeof(qn), "201608010858580%02d", i);
		ask_flag(&t, qn, 1062, 4, "RtdInterval=60");
	}
	looked = t.sent_count = 0;
	ask_flag(&t, QN1, 1062, 5, "RtdInterval=60");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_answer(&t, QN1, 9012, "ExeRtn=5");
	done(&t);
}

static void history_is_the_owners(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 2051, "BeginTime=20160801084000,EndTime=20160801085000");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	o = expect_outcome(&t, HJ212_REQUEST);
	assert_int_equal(o.request.cn, 2051);
	assert_true(o.request.begin_ms == 1470012000000LL && o.request.end_ms == 1470012600000LL);
	ask_flag(&t, "20160801085857224", 2061, 5,
	        "BeginTime=20160801080000;EndTime=20160801080000"); /* one at a time */
	expect_answer(&t, "20160801085857224", 9011, "QnRtn=1");
	expect_answer(&t, "20160801085857224", 9012, "ExeRtn=5");
	assert_int_equal(offer(&t, 1, "DataTime=20160801084000"), 0);
	take_output(&t);
	looked++;
	hj212_session_answer(t.s, o.request.id, HJ212_EXE_NO_DATA, t.now);
	expect_answer(&t, QN1, 9012, "ExeRtn=100");
	done(&t);
}

static void a_history_cut_by_a_disconnect_begins_anew(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 2051, "BeginTime=20160801084000;EndTime=20160801085000");
	o = expect_outcome(&t, HJ212_REQUEST);
	take_output(&t);
	looked = t.sent_count;
	hj212_session_disconnected(t.s);
	assert_int_equal(hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now), -ENOENT);
	hj212_session_connected(t.s, t.now);
	ask(&t, 2051, "BeginTime=20160801084000;EndTime=20160801085000");
	expect_outcome(&t, HJ212_REQUEST);
	done(&t);
}

static void a_setting_committed_while_the_link_is_down_is_taken(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start(&t);
	ask(&t, 1062, "RtdInterval=60");
	o = expect_outcome(&t, HJ212_REQUEST);
	take_output(&t);
	looked = t.sent_count;
	hj212_session_disconnected(t.s);
	assert_int_equal(hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now), 0);
	assert_int_equal(hj212_session_settings(t.s)->rtd_interval, 60);
	hj212_session_connected(t.s, t.now);
	expect_silence(&t);
	ask(&t, 1062, "RtdInterval=60");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	done(&t);
}

static void a_flood_of_requests_is_bounded(void **state)
{
	struct hj212_outcome o;
	struct talk t;
	bool noted = false;
	size_t most = 0;

	start(&t);
	for (int i = 0; i < 1000; i++) { /* and nothing is read */
		ask(&t, 1011, "");
		most = most > hj212_session_output(t.s).n ? most : hj212_session_output(t.s).n;
	}
	assert_true(most <= 9 * HJ212_FRAME_MAX);
	assert_int_equal(hj212_session_room(t.s), 0);
	while (hj212_session_next(t.s, &o))
		noted |= o.type == HJ212_NOTE;
	assert_true(noted);
	done(&t);
}

static void junk_costs_a_note(void **state)
{
	struct hj212_counts counts;
	struct talk t;

	looked = 0;
	start(&t);
	hj212_session_input(t.s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, t.now);
	ask(&t, 1061, "");
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	hj212_session_counts(t.s, &counts);
	assert_int_equal(counts.junk, 27);
	expect_outcome(&t, HJ212_NOTE);
	done(&t);
}

/* ---- edition 2005 ---- */

static void edition_2005(void **state)
{
	struct hj212_outcome o;
	struct talk t;

	looked = 0;
	start_as(&t, HJ212_2005, 1);
	assert_int_equal(offer(&t, 1, "DataTime=20160801084000;011-Avg=1"), 0);
	expect_data(&t, "QN=" QN1
	                ";ST=32;CN=2051;PW=123456;MN=88888880000001;Flag=1;CP=&&DataTime=20160801084000;011-Avg=1&&");
	feed(&t, "ST=91;CN=9014;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=" QN1 ";CN=2051&&");
	expect_outcome(&t, HJ212_ACKED);
	feed(&t, "QN=20160801085857300;ST=32;CN=1062;PW=123456;MN=88888880000001;Flag=1;CP=&&RtdInterval=60&&");
	expect_data(&t, "ST=91;CN=9011;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20160801085857300;QnRtn=1&&");
	o = expect_outcome(&t, HJ212_REQUEST);
	hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now);
	expect_data(&t, "ST=91;CN=9012;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20160801085857300;ExeRtn=1&&");
	feed(&t, "ST=32;CN=2012;PW=123456;MN=88888880000001;Flag=1;CP=&&QN=20160801085857301&&"); /* QN inside CP */
	o = expect_outcome(&t, HJ212_REQUEST);
	hj212_session_answer(t.s, o.request.id, HJ212_EXE_DONE, t.now);
	expect_data(&t, "ST=91;CN=9013;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20160801085857301&&");
	feed(&t, "ST=32;CN=1061;PW=123456;MN=88888880000001;CP=&&&&"); /* neither QN nor Flag */
	expect_data(&t, "ST=91;CN=9011;PW=123456;MN=88888880000001;Flag=0;CP=&&QnRtn=1&&");
	expect_data(&t, "ST=32;CN=1061;PW=123456;MN=88888880000001;Flag=0;CP=&&RtdInterval=60&&");
	expect_data(&t, "ST=91;CN=9012;PW=123456;MN=88888880000001;Flag=0;CP=&&ExeRtn=1&&");
	done(&t);
}

/* ---- passwords ---- */

static void change_password(struct talk *t)
{
	struct hj212_outcome o;

	ask(t, 1072, "NewPW=654321");
	o = expect_outcome(t, HJ212_REQUEST);
	assert_string_equal(o.request.settings.pw, "654321");
	assert_string_equal(o.request.settings.old_pw, "123456");
	hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now);
	expect_answer(t, QN1, 9011, "QnRtn=1");
	expect_answer(t, QN1, 9012, "ExeRtn=1"); /* still with the old one */
}

static void the_new_password_is_used_at_once(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	change_password(&t);
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=654321;MN=" MN ";Flag=5;CP=&&x=1&&");
	ask(&t, 1072, "NewPW=654321"); /* a repeat, with the password of its time */
	expect_answer(&t, QN1, 9011, "QnRtn=1");
	expect_answer(&t, QN1, 9012, "ExeRtn=1");
	feed(&t, "QN=" QN1 ";ST=32;CN=1061;PW=654321;MN=" MN ";Flag=5;CP=&&&&");
	expect_data(&t, "QN=" QN1 ";ST=91;CN=9011;PW=654321;MN=" MN ";Flag=4;CP=&&QnRtn=1&&");
	expect_outcome(
	        &t, HJ212_PW_SETTLED); /* the platform itself uses the new one: the old one is good for nothing */
	assert_string_equal(hj212_session_settings(t.s)->old_pw, "");
	take_output(&t);
	looked = t.sent_count;
	ask_flag(&t, "20160801085857225", 1061, 5, "");
	expect_answer(&t, "20160801085857225", 9011, "QnRtn=3");
	done(&t);
}

static void a_request_with_the_old_password_is_taken_once(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	change_password(&t);
	ask_flag(&t, "20160801085857225", 1061, 5, "");
	expect_answer(&t, "20160801085857225", 9011, "QnRtn=1");
	expect_outcome(&t, HJ212_PW_TRIED);
	take_output(&t);
	looked = t.sent_count;
	ask_flag(&t, "20160801085857226", 1061, 5, "");
	expect_answer(&t, "20160801085857226", 9011, "QnRtn=3");
	done(&t);
}

static void refused_upload_tries_the_old_password_once(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	change_password(&t);
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=654321;MN=" MN ";Flag=5;CP=&&x=1&&");
	feed(&t, "QN=" QN1 ";ST=91;CN=9014;PW=654321;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&x=1&&");
	expect_outcome(&t, HJ212_PW_TRIED);
	expect_outcome(&t, HJ212_NOTE);
	ack(&t, QN1);
	assert_int_equal(expect_outcome(&t, HJ212_ACKED).token, 1);
	expect_outcome(&t, HJ212_PW_SETTLED);
	assert_string_equal(hj212_session_settings(t.s)->pw, "123456");
	assert_int_equal(offer(&t, 2, "x=1"), 0);
	expect_data(&t, "QN=20160801085857224;ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&x=1&&");
	done(&t);
}

static void both_refused_goes_back_to_the_new_one_and_stays(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	change_password(&t);
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=654321;MN=" MN ";Flag=5;CP=&&x=1&&");
	feed(&t, "QN=" QN1 ";ST=91;CN=9011;PW=654321;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=123456;MN=" MN ";Flag=5;CP=&&x=1&&");
	feed(&t, "QN=" QN1 ";ST=91;CN=9011;PW=123456;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_data(&t, "QN=" QN1 ";ST=32;CN=2051;PW=654321;MN=" MN ";Flag=5;CP=&&x=1&&");
	feed(&t, "QN=" QN1 ";ST=91;CN=9011;PW=654321;MN=" MN ";Flag=4;CP=&&QnRtn=3&&");
	expect_silence(&t); /* only OverTime and ReCount from here on */
	done(&t);
}

static void silence_since_the_change_tries_the_old_one(void **state)
{
	struct talk t;

	looked = 0;
	start(&t);
	change_password(&t);
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	take_output(&t);
	for (int i = 0; i < 4; i++)
		wait_s(&t, 10);
	expect_outcome(&t, HJ212_PW_TRIED);
	expect_outcome(&t, HJ212_DEAD);
	hj212_session_disconnected(t.s);
	hj212_session_connected(t.s, t.now);
	t.sent_count = looked = 0;
	assert_int_equal(offer(&t, 1, "x=1"), 0);
	take_output(&t);
	assert_non_null(strstr(t.sent[0], "PW=123456;"));
	done(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(upload_is_acknowledged),
		cmocka_unit_test(resends_identical_bytes_then_dead),
		cmocka_unit_test(a_peer_that_reads_nothing_is_dead_too),
		cmocka_unit_test(acknowledged_after_a_resend),
		cmocka_unit_test(a_window_of_four_is_acknowledged_in_any_order),
		cmocka_unit_test(the_gap_between_frames_is_kept),
		cmocka_unit_test(written_byte_by_byte),
		cmocka_unit_test(split_packets_carry_their_numbers),
		cmocka_unit_test(the_largest_cp_fits),
		cmocka_unit_test(without_the_answer_bit_it_is_done_when_written),
		cmocka_unit_test(what_is_forgotten_makes_room),
		cmocka_unit_test(qns_only_grow),
		cmocka_unit_test(no_qn_above_the_limit),
		cmocka_unit_test(odd_acknowledgements),
		cmocka_unit_test(nameless_answers_to_copies_count_for_nothing),
		cmocka_unit_test(a_wrong_crc_acknowledges_nothing_unless_lenient),
		cmocka_unit_test(the_time_is_told),
		cmocka_unit_test(intervals_are_told),
		cmocka_unit_test(a_setting_is_answered_when_the_owner_has_it),
		cmocka_unit_test(a_setting_that_cannot_be_kept_is_not_taken),
		cmocka_unit_test(settings_follow_one_another),
		cmocka_unit_test(values_are_judged),
		cmocka_unit_test(refusals_are_honest_and_in_order),
		cmocka_unit_test(a_qn_that_is_none_is_refused),
		cmocka_unit_test(a_wrong_crc_is_answered_only_where_it_is_for_us),
		cmocka_unit_test(a_notice_gets_9013),
		cmocka_unit_test(without_the_answer_bit_it_is_done_in_silence),
		cmocka_unit_test(a_repeated_request_is_not_done_twice),
		cmocka_unit_test(the_cache_of_repeats_is_bounded),
		cmocka_unit_test(history_is_the_owners),
		cmocka_unit_test(a_history_cut_by_a_disconnect_begins_anew),
		cmocka_unit_test(a_setting_committed_while_the_link_is_down_is_taken),
		cmocka_unit_test(a_flood_of_requests_is_bounded),
		cmocka_unit_test(junk_costs_a_note),
		cmocka_unit_test(edition_2005),
		cmocka_unit_test(the_new_password_is_used_at_once),
		cmocka_unit_test(a_request_with_the_old_password_is_taken_once),
		cmocka_unit_test(refused_upload_tries_the_old_password_once),
		cmocka_unit_test(both_refused_goes_back_to_the_new_one_and_stays),
		cmocka_unit_test(silence_since_the_change_tries_the_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
