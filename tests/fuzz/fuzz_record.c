/* Everything that is decoded from the store's file: head, statistics, owed set, checkpoint. The first byte chooses.
 * What a decoder accepts must encode to something that decodes to the same. */
#include <assert.h>
#include <string.h>

#include "hjgate/record.h"
#include "hjgate/rollup.h"
#include "hjgate/seqset.h"
#include "fuzz.h"

/* There and back: `again` holds what came out of the first decoding. */
static void check_same(const uint8_t *data, size_t n, struct hj_buf *again)
{
	assert(again->len == n && !memcmp(again->data, data, n));
	hj_buf_done(again);
}

static void try_head(const uint8_t *data, size_t n)
{
	struct hj_buf again = { 0 };
	struct hj_head head;

	/* What is written is of the newest format only. */
	if (hj_head_decode(data, n, &head) >= 0 && head.format == HJ_RECORD_FORMAT &&
	        hj_head_encode(&head, &again) >= 0)
		check_same(data, n, &again);
}

static void try_stats(const uint8_t *data, size_t n)
{
	struct hj_buf again = { 0 }, third = { 0 };
	struct hj_stats stats;

	if (hj_stats_decode(data, n, &stats) < 0)
		return;
	assert(hj_stats_encode(stats.stats, stats.count, &again) >= 0);
	hj_stats_done(&stats);
	/* A steady value may have been written at length: from the second coding on it is stable. */
	assert(hj_stats_decode(again.data, again.len, &stats) >= 0);
	assert(hj_stats_encode(stats.stats, stats.count, &third) >= 0);
	hj_stats_done(&stats);
	check_same((const uint8_t *)again.data, again.len, &third);
	hj_buf_done(&again);
}

static void try_seqset(const uint8_t *data, size_t n)
{
	struct hj_buf again = { 0 };
	struct hj_seqset set;

	if (hj_seqset_decode(data, n, &set) >= 0 && hj_seqset_encode(&set, &again) >= 0)
		check_same(data, n, &again);
}

static void try_checkpoint(const uint8_t *data, size_t n)
{
	const struct hj_now now = { .wall_ms = 1795017600000, .mono = 1000000000 };
	struct hj_dictionary points = { 0 };
	struct hj_rollup *r;
	struct hj_closed closed;

	if (hj_rollup_new(60000, &points, &r) < 0)
		return;
	if (hj_rollup_decode(r, data, n, &now) >= 0) {
		const struct hj_now later = { .wall_ms = INT64_MAX / 2, .mono = now.mono * 2 };

		for (int i = 0;
		        i < HJ_ROLLUP_BUSES_MAX * HJ_ROLLUP_WINDOWS_MAX && hj_rollup_take(r, &later, &closed) > 0;
		        i++)
			hj_stats_done(&closed.stats);
	}
	hj_rollup_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const tries[])(const uint8_t *, size_t) = { try_head, try_stats, try_seqset, try_checkpoint };

	if (n)
		tries[data[0] % hj_array_size(tries)](data + 1, n - 1);
	return 0;
}
