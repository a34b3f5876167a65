/* A session fed anything, cut anywhere, while it uploads and the clock runs: it must stay within its bounds, answer
 * nothing to answers, and give every outcome to its owner. The first bytes choose edition, window, gap, lenience,
 * what counts as an acknowledgement, login and heartbeat. */

#include "hjgate/hj212_session.h"
#include "fuzz.h"

#include <string.h>

#define WALL 1470013137223LL

static void serve(struct hj212_session *s, struct hj_now now)
{
	struct hj212_outcome o;

	for (int i = 0; i < 100 && hj212_session_next(s, &o); i++)
		if (o.type == HJ212_REQUEST) {
			hj212_session_respond(s, o.request.id,
			        (struct hj212_slice){ o.request.pol_id, strlen(o.request.pol_id) }, now);
			hj212_session_answer(s, o.request.id, HJ212_EXE_DONE, now);
		}
	if (hj212_session_next(s, &o))
		abort(); /* outcomes without end */
}

static void step(struct hj212_session *s, const uint8_t *data, size_t n, struct hj_now *now)
{
	struct hj212_offer offer = {
		.token = 1, .cn = 2051, .cp = HJ212_SLICE("DataTime=20160801084000;a-Avg=1"), .ack = true
	};

	hj212_session_offer(s, &offer, *now);
	hj212_session_input(s, data, n, *now);
	serve(s, *now);
	now->mono += (n & 15) * HJ_USEC_PER_SEC;
	hj212_session_tick(s, *now);
	hj212_session_written(s, n * 7, *now);
	if (hj212_session_asks_delivery(s))
		hj212_session_delivered(s, n & 3, *now);
	if (hj212_session_output(s).n > (HJ212_WINDOW_MAX + 8) * (size_t)HJ212_FRAME_MAX)
		abort();
	serve(s, *now);
}

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	return mend_hj212(data, n, most, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hj212_settings settings = {
		.over_time = 5, .re_count = 2, .rtd_interval = 30, .pw = "123456", .old_pw = "654321"
	};
	struct hj212_identity id = { .mn = "010000A8900016F000169DC0", .st = "32" };
	struct hj_now now = { .wall_ms = WALL, .mono = HJ_USEC_PER_SEC };
	struct hj212_session *s;
	size_t cut;

	if (n < 3)
		return 0;
	id.edition = data[0] & 1 ? HJ212_2005 : data[0] & 16 ? HJ212_2025 : HJ212_2017;
	id.lenient_crc = data[0] & 2;
	id.window = data[0] & 4 ? HJ212_WINDOW_MAX : 1;
	id.gap_ms = data[0] & 8 ? 600 : 0;
	id.crc_lower = data[0] & 32;
	cut = 1 + data[1];
	id.ack = (enum hj212_ack)(data[2] % 3);
	id.login = (struct hj212_own){ .cn = data[2] & 4 ? 9021 : 0, .answered = data[2] & 8 };
	id.heartbeat = (struct hj212_own){ .cn = data[2] & 16 ? 9015 : 0, .answered = data[2] & 32, .interval_s = 1 };
	if (hj212_session_new(&id, &settings, &s) < 0)
		return 0;
	hj212_session_connected(s, now);
	for (size_t at = 3; at < n; at += cut)
		step(s, data + at, n - at < cut ? n - at : cut, &now);
	hj212_session_disconnected(s);
	serve(s, now);
	hj212_session_free(s);
	return 0;
}
