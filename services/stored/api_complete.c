/* Completeness: how many of a span's records went to each uplink's platform, for who looks often; `hjgate gaps` knows
 * more and takes longer. Heads and receipts are read, no record is opened; the span is bounded, since nothing else is
 * served meanwhile. */
#include <errno.h>
#include <string.h>

#include "api.h"

#define SPAN_MOST_MS (2 * HJ_MS_PER_DAY)
#define SEQS_MOST    (1u << 20) /* from the first record of the span to the last; only the newest count beyond */

/* A bit for each seq from `lo` on. */
struct marks {
	uint64_t lo, count;
	uint8_t *records, *acked, *passed;
	const struct uplink *uplink;
	uint64_t first; /* that this uplink was told of */
};

static void mark(uint8_t *bits, const struct marks *m, uint64_t from, uint64_t to)
{
	if (to < m->lo || !m->count)
		return;
	from = hj_max(from, m->lo) - m->lo;
	to = hj_min(to - m->lo, m->count - 1);
	for (uint64_t i = from; i <= to && from < m->count; i++)
		bits[i / 8] |= (uint8_t)(1u << i % 8);
}

static bool is_marked(const uint8_t *bits, uint64_t i)
{
	return bits[i / 8] >> i % 8 & 1;
}

struct bounds {
	uint64_t first, last;
};

static int note_bounds(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct bounds *b = userdata;

	(void)body;
	(void)n;
	b->first = b->first ? b->first : head->seq;
	b->last = head->seq;
	return 0;
}

static int mark_record(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct marks *m = userdata;

	(void)body;
	(void)n;
	mark(m->records, m, head->seq, head->seq);
	return 0;
}

static int mark_receipt(const struct hj_receipt *one, void *userdata)
{
	struct marks *m = userdata;

	mark(one->packets ? m->acked : m->passed, m, one->from, one->to);
	m->first = hj_min(m->first, one->from);
	return 0;
}

static int mark_receipts(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct marks *m = userdata;
	char uplink[HJ_NAME_MAX + 1];
	const void *packed;
	size_t length;

	(void)head;
	if (hj_receipt_body_decode(body, n, uplink, &packed, &length) >= 0 && !strcmp(uplink, m->uplink->name))
		hj_receipts_each(packed, length, mark_receipt, m);
	return 0;
}

static int mark_uplink(struct stored *s, struct marks *m, const struct uplink *u, int64_t begin_ms)
{
	uint64_t owed;

	memset(m->acked, 0, m->count / 8 + 1);
	memset(m->passed, 0, m->count / 8 + 1);
	m->uplink = u;
	m->first = hj_seqset_next(&u->owed, 0, &owed) ? owed : UINT64_MAX;
	for (const struct item *item = s->queue; item; item = item->next)
		if (item->head.kind == HJ_KIND_RECEIPT)
			mark_receipts(&item->head, item->body, item->n, m);
	hj_receipts_each(u->receipts.packed.data, u->receipts.packed.len, mark_receipt, m);
	return hj_ledger_read_labels(s->ledger, 0, begin_ms, HJ_TIME_MAX_MS, 1u << HJ_KIND_RECEIPT, mark_receipts, m);
}

static json_t *count_uplink(const struct marks *m)
{
	json_int_t due = 0, acked = 0, waiting = 0;

	for (uint64_t i = 0; i < m->count; i++) {
		if (!is_marked(m->records, i) || m->lo + i < m->first)
			continue;
		if (is_marked(m->acked, i)) {
			due++;
			acked++;
		} else if (hj_seqset_has(&m->uplink->owed, m->lo + i)) {
			due++;
			waiting++;
		} else {
			due += !is_marked(m->passed, i);
		}
	}
	return json_pack("{s:s, s:I, s:I, s:I}", "name", m->uplink->name, "due", due, "acknowledged", acked,
	        "waiting", waiting);
}

static int count_all(struct stored *s, const int64_t span[2], struct marks *m, json_t *uplinks)
{
	int r = hj_ledger_read_labels(
	        s->ledger, m->lo, span[0], span[1], STORED_STATISTICS | HJ_LEDGER_HEADS, mark_record, m);

	for (size_t i = 0; i < s->uplink_count && r >= 0; i++) {
		r = mark_uplink(s, m, &s->uplinks[i], span[0]);
		if (r >= 0)
			json_array_append_new(uplinks, count_uplink(m));
	}
	return r;
}

int api_completeness(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	_cleanup_json_ json_t *uplinks = json_array();
	_cleanup_free_ uint8_t *records = NULL, *acked = NULL, *passed = NULL;
	struct bounds b = { 0 };
	struct marks m = { 0 };
	int64_t span[2];
	const char *bad;
	const struct hj_param table[] = {
		{ "begin", HJ_PARAM_INT, true, &span[0] },
		{ "end", HJ_PARAM_INT, true, &span[1] },
	};
	int r;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (span[0] < 0 || span[1] > HJ_TIME_MAX_MS || span[1] - span[0] > SPAN_MOST_MS)
		return hj_ipc_fail_parameter(call, span[0] < 0 ? "begin" : "end");
	r = disk_trouble(s);
	if (r < 0)
		return api_fail(call, r, "records", 0);
	r = hj_ledger_read_labels(
	        s->ledger, 0, span[0], span[1], STORED_STATISTICS | HJ_LEDGER_HEADS, note_bounds, &b);
	if (b.last) {
		m.lo = b.last - b.first < SEQS_MOST ? b.first : b.last - SEQS_MOST + 1;
		m.count = b.last - m.lo + 1;
	}
	m.records = records = calloc(m.count / 8 + 1, 1);
	m.acked = acked = calloc(m.count / 8 + 1, 1);
	m.passed = passed = calloc(m.count / 8 + 1, 1);
	if (!records || !acked || !passed || !uplinks)
		return -ENOMEM;
	r = r < 0 ? r : count_all(s, span, &m, uplinks);
	if (r < 0)
		return r == -ENOMEM ? r : api_fail(call, r, "records", 0);
	return hj_ipc_reply(call, json_pack("{s:O}", "uplinks", uplinks));
}
