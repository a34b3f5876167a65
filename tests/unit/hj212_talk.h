/* A scripted platform for the session: bytes in, bytes out, a clock that the test moves. */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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
	unsigned looked; /* how many of them the test has looked at */
};

static inline void take_output(struct talk *t)
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

static inline void start_as(struct talk *t, enum hj212_edition edition, unsigned window)
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

static inline void done(struct talk *t)
{
	hj212_session_free(t->s);
}

static inline void start(struct talk *t)
{
	start_as(t, HJ212_2017, 1);
}

static inline int set_up(void **state)
{
	struct talk *t = malloc(sizeof(*t));

	assert_non_null(t);
	start(t);
	*state = t;
	return 0;
}

static inline int tear_down(void **state)
{
	struct talk *t = *state;

	done(t);
	free(t);
	return 0;
}

/* A test that is given its talk, started. */
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* Another session, as the identity now says. */
static inline void start_anew(struct talk *t)
{
	struct hj212_settings settings = *hj212_session_settings(t->s);

	done(t);
	assert_int_equal(hj212_session_new(&t->id, &settings, &t->s), 0);
	hj212_session_connected(t->s, t->now);
}

static inline void reconnect(struct talk *t)
{
	hj212_session_disconnected(t->s);
	hj212_session_connected(t->s, t->now);
}

static inline void feed(struct talk *t, const char *data)
{
	char frame[HJ212_FRAME_MAX];
	int n = hj212_frame_encode(HJ212_CRC_ANNEXA, data, strlen(data), frame, sizeof(frame));

	assert_true(n > 0);
	hj212_session_input(t->s, frame, (size_t)n, t->now);
}

/* A request as the standard writes it, with this CN, Flag and CP. */
static inline void ask_flag(struct talk *t, const char *qn, int cn, int flag, const char *cp)
{
	char data[1024];

	snprintf(data, sizeof(data), "QN=%s;ST=32;CN=%d;PW=123456;MN=" MN ";Flag=%d;CP=&&%s&&", qn, cn, flag, cp);
	feed(t, data);
}

#define QN1 "20160801085857223"
static inline void ask(struct talk *t, int cn, const char *cp)
{
	ask_flag(t, QN1, cn, 5, cp);
}

/* The next frame the gateway wrote has this data segment. */
static inline void expect_data(struct talk *t, const char *data)
{
	take_output(t);
	assert_true(t->looked < t->sent_count);
	assert_int_equal(strlen(t->sent[t->looked]), strlen(data) + 10);
	assert_memory_equal(t->sent[t->looked] + 6, data, strlen(data));
	t->looked++;
}

static inline void expect_answer(struct talk *t, const char *qn, int cn, const char *cp)
{
	char data[256];

	snprintf(data, sizeof(data), "QN=%s;ST=91;CN=%d;PW=123456;MN=" MN ";Flag=4;CP=&&%s&&", qn, cn, cp);
	expect_data(t, data);
}

static inline void expect_silence(struct talk *t)
{
	take_output(t);
	assert_int_equal(t->looked, t->sent_count);
}

/* A request that is taken, and what came of it. */
static inline void expect_taken(struct talk *t, const char *qn)
{
	expect_answer(t, qn, 9011, "QnRtn=1");
}

static inline void expect_result(struct talk *t, const char *qn, int exe_rtn)
{
	char cp[32];

	snprintf(cp, sizeof(cp), "ExeRtn=%d", exe_rtn);
	expect_answer(t, qn, 9012, cp);
}

static inline void expect_taken_and_result(struct talk *t, const char *qn, int exe_rtn)
{
	expect_taken(t, qn);
	expect_result(t, qn, exe_rtn);
}

/* What has been written up to here is of no interest. */
static inline void skip_output(struct talk *t)
{
	take_output(t);
	t->looked = t->sent_count;
}

static inline struct hj212_outcome expect_outcome(struct talk *t, enum hj212_outcome_type type)
{
	struct hj212_outcome o;

	assert_int_equal(hj212_session_next(t->s, &o), 1);
	assert_int_equal(o.type, type);
	return o;
}

static inline void expect_nothing(struct talk *t)
{
	struct hj212_outcome o;

	assert_int_equal(hj212_session_next(t->s, &o), 0);
}

/* The owner gets a request and says at once that it is done. */
static inline void expect_request_and_do(struct talk *t)
{
	struct hj212_outcome o = expect_outcome(t, HJ212_REQUEST);

	assert_int_equal(hj212_session_answer(t->s, o.request.id, HJ212_EXE_DONE, t->now), 0);
}

static inline int offer(struct talk *t, uint64_t token, const char *cp)
{
	struct hj212_offer o = { .token = token, .cn = 2051, .cp = { cp, strlen(cp) }, .ack = true };

	return hj212_session_offer(t->s, &o, t->now);
}

static inline void upload(struct talk *t, uint64_t token, const char *cp)
{
	assert_int_equal(offer(t, token, cp), 0);
	take_output(t);
}

static inline void expect_acked(struct talk *t, uint64_t token)
{
	assert_int_equal(expect_outcome(t, HJ212_ACKED).token, token);
}

static inline void wait_ms(struct talk *t, unsigned ms)
{
	t->now.mono += ms * HJ_USEC_PER_MS;
	t->now.wall_ms += ms;
	hj212_session_tick(t->s, t->now);
	take_output(t);
}

static inline void wait_s(struct talk *t, unsigned seconds)
{
	wait_ms(t, seconds * 1000);
}

static inline void ack(struct talk *t, const char *qn)
{
	char data[256];

	snprintf(data, sizeof(data), "QN=%s;ST=91;CN=9014;PW=123456;MN=" MN ";Flag=4;CP=&&&&", qn);
	feed(t, data);
}
