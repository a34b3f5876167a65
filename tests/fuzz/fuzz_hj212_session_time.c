/* A session whose input is what happens to it, time among it: three bytes say what and how much. The clock waits from
 * a millisecond to hours, and what the wall says may jump back; right answers to what was sent come, late, twice or
 * for something else. QNs only grow, outcomes end, what waits to be written stays within its bounds. */
#include "hjgate/cleanup.h"
#include "hjgate/hj212_session.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#define WALL        1470013137223LL
#define MN          "010000A8900016F000169DC0"
#define NEXT_MN     "A8900016F0001600000001AB" /* after a move */
#define OUTCOMES    200                        /* of one step: notes, acknowledgements and requests, each bounded */
#define WAIT_UNIT_S 4                          /* of a long wait: up to 73 hours */
#define ANSWER_MAX  256

struct life {
	struct hj212_session *s;
	struct hj212_identity id;
	struct hj_now now;
	char qn[HJ_TIME17_LEN + 1]; /* of the newest frame that was written */
	int64_t used;
	uint64_t tokens;
};

static void say(struct life *l, const char *data, size_t n)
{
	char frame[HJ212_FRAME_MAX];
	int length = hj212_frame_encode(HJ212_CRC_ANNEXA, data, n, frame, sizeof(frame));

	if (length > 0)
		hj212_session_input(l->s, frame, (size_t)length, l->now);
}

static void answer(struct life *l, unsigned how)
{
	static const int cn[] = { 9014, 9014, 9014, 9011, 9013, 9012, 9014, 9014 };
	static const char *const cp[] = { "", "", "QnRtn=1", "QnRtn=3", "", "ExeRtn=1", "QnRtn=3",
		"QnRtn=1;ExeRtn=2" };
	char data[ANSWER_MAX];
	int n = snprintf(data, sizeof(data), "%s%s%sST=91;CN=%d;PW=123456;MN=%s;Flag=%u;CP=&&%s&&",
	        how & 8 ? "" : "QN=", how & 8 ? "" : l->qn, how & 8 ? "" : ";", cn[how & 7], l->id.mn,
	        how & 16 ? 5u : 4u, cp[how & 7]);

	say(l, data, (size_t)n);
}

static void ask(struct life *l, unsigned which)
{
	static const char *const rows[] = { "1000;OverTime=1;ReCount=1", "1011;", "1062;RtdInterval=30",
		"1064;MinInterval=10", "1072;NewPW=654321", "2011;", "2012;",
		"2051;BeginTime=20160801084000;EndTime=20160801090000", "3012;PolId=w01018", "3019;PolId=w01018",
		"3020;InfoId=i22001", "1999;" };
	const char *row = rows[which % hj_array_size(rows)];
	char data[ANSWER_MAX], qn[HJ_TIME17_LEN + 1];
	int n;

	hj_time17_format(WALL + which, qn);
	n = snprintf(data, sizeof(data), "QN=%s;ST=%s;CN=%.4s;PW=%s;MN=%s;Flag=5;CP=&&%s&&", qn,
	        which & 128   ? l->id.other_st[0]
	        : which & 256 ? "21"
	                      : l->id.st,
	        row, which & 64 ? "654321" : "123456", l->id.mn, row + 5);
	say(l, data, (size_t)n);
}

/* On a day the platform is of another edition, and we have another name there. */
static void move(struct life *l)
{
	l->id.edition = l->id.edition == HJ212_2005   ? HJ212_2017
	                : l->id.edition == HJ212_2017 ? HJ212_2025
	                                              : HJ212_2005;
	snprintf(l->id.mn, sizeof(l->id.mn), "%s", strcmp(l->id.mn, MN) != 0 ? MN : NEXT_MN);
	claim(hj212_session_become(l->s, &l->id) == 0);
}

static void offer(struct life *l, unsigned how)
{
	struct hj212_offer o = { .token = ++l->tokens,
		.cn = how & 1 ? 2011 : 2051,
		.cp = HJ212_SLICE("DataTime=20160801084000;a-Avg=1"),
		.pnum = how & 2 ? 2 : 0,
		.pno = how & 2 ? 1 : 0,
		.st = how & 8 ? l->id.other_st[0] : NULL,
		.again = how & 16,
		.ack = !(how & 4) };

	hj212_session_offer(l->s, &o, l->now);
}

static void write_out(struct life *l, size_t n)
{
	struct hj212_slice out = hj212_session_output(l->s);

	claim(out.n <= (HJ212_WINDOW_MAX + 8) * (size_t)HJ212_FRAME_MAX);
	if (out.n > 9 + HJ_TIME17_LEN && !memcmp(out.p, "##", 2) && !memcmp(out.p + 6, "QN=", 3))
		memcpy(l->qn, out.p + 9, HJ_TIME17_LEN);
	hj212_session_written(l->s, hj_min(n, out.n), l->now);
	if (hj212_session_asks_delivery(l->s))
		hj212_session_delivered(l->s, n & 3, l->now);
}

static void wait(struct life *l, unsigned what, unsigned much)
{
	int64_t ms = what & 8 ? (int64_t)much * WAIT_UNIT_S * 1000 : much;

	l->now.mono += (hj_usec)ms * HJ_USEC_PER_MS;
	l->now.wall_ms += what & 16 ? -ms : ms;
	hj212_session_tick(l->s, l->now);
	(void)hj212_session_deadline(l->s);
}

static void serve(struct life *l)
{
	struct hj212_outcome o;
	int left = OUTCOMES;
	int64_t used;

	while (hj212_session_next(l->s, &o)) {
		claim(left-- > 0);
		if (o.type == HJ212_REQUEST && o.request.cn >= 3000)
			hj212_session_respond(l->s, o.request.id, HJ212_SLICE("a-SN=1"), l->now);
		if (o.type == HJ212_REQUEST)
			hj212_session_answer(l->s, o.request.id, HJ212_EXE_DONE, l->now);
	}
	used = hj212_qn_used(hj212_session_qn(l->s));
	/* Back only with a clock that is far back. */
	claim(used >= l->used || l->now.wall_ms < l->used - HJ212_QN_APART);
	l->used = used;
}

static void happen(struct life *l, unsigned what, unsigned much)
{
	switch (what & 7) {
	case 0:
	case 1:
		wait(l, what, much);
		break;
	case 2:
		offer(l, much);
		break;
	case 3:
		write_out(l, much & 1 ? much : SIZE_MAX);
		break;
	case 4:
		answer(l, much);
		break;
	case 5:
		ask(l, much);
		break;
	case 6:
		hj212_session_forget(l->s, l->tokens - (much & 3), l->now);
		break;
	default:
		claim(hj212_session_become(l->s, &l->id) == -EBUSY);
		hj212_session_disconnected(l->s);
		serve(l);
		if (much & 1)
			move(l);
		hj212_session_connected(l->s, l->now);
	}
	serve(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hj212_settings settings = {
		.over_time = 5, .re_count = 2, .rtd_interval = 30, .pw = "123456", .old_pw = "654321"
	};
	struct hj212_identity id = { .mn = MN, .st = "32", .other_st = { "52", "45" } };
	struct life l = { .now = { .wall_ms = WALL, .mono = HJ_USEC_PER_SEC } };

	if (n < 2)
		return 0;
	id.edition = data[0] & 1 ? HJ212_2005 : data[0] & 16 ? HJ212_2025 : HJ212_2017;
	id.window = data[0] & 4 ? HJ212_WINDOW_MAX : data[0] & 32 ? 5 : 1;
	id.gap_ms = data[0] & 8 ? 600 : 0;
	id.ack = (enum hj212_ack)(data[1] % 3);
	id.login = (struct hj212_own){ .cn = data[1] & 4 ? 9021 : 0, .answered = data[1] & 8 };
	id.heartbeat = (struct hj212_own){ .cn = data[1] & 16 ? 9015 : 0, .answered = data[1] & 32, .interval_s = 1 };
	if (hj212_session_new(&id, &settings, &l.s) < 0)
		return 0;
	l.id = id;
	hj212_session_connected(l.s, l.now);
	for (size_t at = 2; at + 3 <= n; at += 3)
		happen(&l, data[at], data[at + 1] | (unsigned)data[at + 2] << 8);
	hj212_session_free(l.s);
	return 0;
}
