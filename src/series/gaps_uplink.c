/* What of the records went to each uplink's platform. A record is acknowledged, delivered to a platform that is not
 * asked to acknowledge, or passed over (there is a receipt), owed, or, where the uplink was known already, none of
 * these: then nobody sends it unless somebody asks. */
#include "gaps_impl.h"

#include <errno.h>
#include <string.h>

int hj_gaps_uplink(struct hj_gaps *g, const char *name, uint32_t *ret)
{
	struct gaps_uplink *list;

	if (g->uplink_count == HJ_GAPS_UPLINKS_MAX)
		return -ENOSPC;
	list = realloc(g->uplinks, (g->uplink_count + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	g->uplinks = list;
	list += g->uplink_count;
	*list = (struct gaps_uplink){ .first = UINT64_MAX };
	hj_text_copy(list->name, sizeof(list->name), name);
	*ret = (uint32_t)g->uplink_count++;
	return 0;
}

static int note_seqs(struct gaps_uplink *u, struct spans *s, uint64_t from, uint64_t to)
{
	if (!from || to < from || to >= INT64_MAX)
		return 0;
	u->first = hj_min(u->first, from);
	return spans_add(s, (int64_t)from, (int64_t)to + 1);
}

int hj_gaps_owed(struct hj_gaps *g, uint32_t uplink, uint64_t from, uint64_t to)
{
	return note_seqs(&g->uplinks[uplink], &g->uplinks[uplink].owed, from, to);
}

int hj_gaps_receipt(struct hj_gaps *g, uint32_t uplink, const struct hj_receipt *r)
{
	struct gaps_uplink *u = &g->uplinks[uplink];

	return note_seqs(u, !r->packets ? &u->passed : r->unanswered ? &u->delivered : &u->acked, r->from, r->to);
}

/* What is owed though it was acknowledged before is to be sent again, because somebody asked: it is no gap. */
enum state { STATE_ACKED, STATE_DELIVERED, STATE_PASSED, STATE_OWED, STATE_NEITHER, STATE_BEFORE };

static enum state state_of(const struct gaps_uplink *u, uint64_t seq)
{
	if (spans_hold(&u->acked, (int64_t)seq))
		return STATE_ACKED;
	if (spans_hold(&u->delivered, (int64_t)seq))
		return STATE_DELIVERED;
	if (spans_hold(&u->owed, (int64_t)seq))
		return STATE_OWED;
	if (spans_hold(&u->passed, (int64_t)seq))
		return STATE_PASSED;
	return seq < u->first ? STATE_BEFORE : STATE_NEITHER;
}

/* What kept the record: the link was gone when it would have been sent, or is still. */
static enum hj_gap_cause cause_of(
        const struct hj_gaps *g, const struct gaps_uplink *u, uint32_t index, int64_t end_ms)
{
	const struct gaps_cause *c = gaps_causes_find(&u->causes, index, end_ms - GAPS_SLACK * g->world.length_ms,
	        end_ms + GAPS_SLACK * g->world.length_ms);

	c = c ? c : gaps_causes_find(&u->causes, index, g->world.end_ms, INT64_MAX);
	return c ? (enum hj_gap_cause)c->cause : HJ_GAP_UNKNOWN;
}

static int add_missing(struct hj_gaps *g, uint32_t index, const struct hj_head *head, enum hj_gap_fill fill)
{
	struct gaps_uplink *u = &g->uplinks[index];
	struct open_gap *open = &u->open[head->kind - HJ_KIND_MINUTE];
	int64_t end_ms = head->label_ms + head->length_ms;
	enum hj_gap_cause cause = cause_of(g, u, index, end_ms);
	struct hj_gap *o = &open->gap;
	int r = 0;

	if (o->count && o->cause == cause && o->fill == fill && head->label_ms >= o->begin_ms &&
	        head->label_ms <= o->end_ms) {
		o->end_ms = hj_max(o->end_ms, end_ms);
		o->to = hj_max(o->to, head->seq);
		o->count++;
		return 0;
	}
	r = gaps_emit(g, open);
	*o = (struct hj_gap){ .begin_ms = head->label_ms,
		.end_ms = end_ms,
		.what = index,
		.count = 1,
		.from = head->seq,
		.to = head->seq,
		.of_uplink = 1,
		.kind = head->kind,
		.cause = (uint8_t)cause,
		.fill = (uint8_t)fill };
	return r;
}

/* Each value of the record that this uplink sends, into its meter's hour. */
static void count_values(struct hj_gaps *g, uint32_t index, const struct hj_head *head, const struct hj_stat *stats,
        size_t count, enum state state)
{
	for (size_t i = 0; i < count; i++) {
		const struct gaps_point *p = gaps_find(g, stats[i].point);
		double *cell = p && p->uplinks >> index & 1 ? gaps_cell(g, p->meter, head->label_ms) : NULL;

		if (!cell)
			continue;
		cell += CELL_UPLINKS + index * CELL_UP;
		cell[CELL_UP_DUE]++;
		cell[CELL_UP_SENT] += state == STATE_ACKED || state == STATE_DELIVERED;
		cell[CELL_UP_ACKED] += state == STATE_ACKED;
	}
}

static bool sends_any(const struct hj_gaps *g, uint32_t index, const struct hj_stat *stats, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct gaps_point *p = gaps_find(g, stats[i].point);

		if (p && p->uplinks >> index & 1)
			return true;
	}
	return false;
}

int gaps_uplink_record(struct hj_gaps *g, const struct hj_head *head, const struct hj_stat *stats, size_t count)
{
	int r = 0;

	for (uint32_t i = 0; i < g->uplink_count && r >= 0; i++) {
		enum state state = state_of(&g->uplinks[i], head->seq);

		if (state == STATE_PASSED || state == STATE_BEFORE || !sends_any(g, i, stats, count))
			continue;
		if (head->kind == HJ_KIND_MINUTE)
			count_values(g, i, head, stats, count, state);
		if (state != STATE_ACKED && state != STATE_DELIVERED &&
		        head->label_ms + head->length_ms <= g->world.settled_ms)
			r = add_missing(g, i, head, state == STATE_OWED ? HJ_GAP_OWED : HJ_GAP_RESEND);
	}
	return r;
}
