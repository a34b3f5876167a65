/* Any text as what is kept of QNs: it is written as it was read, and the next QN is in no stretch that it counts as
 * used, whatever the clock says. The first 8 bytes are the clock. */
#include <string.h>

#include "../../services/uplinkd/feed.h"
#include "fuzz.h"

static bool is_in(struct hj212_qn_span s, int64_t ms)
{
	return s.from <= ms && ms <= s.to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hj_now now = { .mono = HJ_USEC_PER_SEC };
	char text[512] = "", mark[FEED_QN_TEXT];
	struct hj212_qn q, back;
	int64_t next;

	if (n < 8)
		return 0;
	memcpy(&now.wall_ms, data, 8);
	now.wall_ms = now.wall_ms < 0 || now.wall_ms > 2 * HJ_TIME_MAX_MS ? 0 : now.wall_ms;
	memcpy(text, data + 8, n - 8 < sizeof(text) ? n - 8 : sizeof(text) - 1);
	feed_qn_read(text, "aabb", now, &q);
	claim(hj212_qn_used(&q) >= 0 && hj212_qn_used(&q) <= HJ_TIME_MAX_MS && q.left_count <= HJ212_QN_LEFT);
	feed_qn_mark(&q, q.now.to, "ccdd", now, mark);
	feed_qn_read(mark, "aabb", now, &back);
	claim(q.now.to == 0 || (back.now.from == q.now.from && back.now.to == q.now.to));
	claim(back.left_count == q.left_count && !memcmp(back.left, q.left, q.left_count * sizeof(*q.left)));
	next = hj212_qn_look(&q, now);
	claim(!hj212_qn_is_kept(&q, next) && next > 0 && !is_in(back.now, next));
	for (unsigned i = 0; i < back.left_count; i++)
		claim(!is_in(back.left[i], next));
	return 0;
}
