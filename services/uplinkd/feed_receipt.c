/* Receipts on their way to stored: they go with the confirmation of what they are for. Bounded; one that has no room
 * is lost, and the confirmation is not. */
#include "feed_private.h"

#include <string.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

/* Of a stretch that nothing is sent of one receipt is enough. */
static bool lengthen(struct feed *f, uint64_t from, uint64_t to, int64_t now_ms)
{
	struct hj_receipt *last = f->receipt_count > f->telling ? &f->receipts[f->receipt_count - 1] : NULL;

	if (!last || last->packets || last->to + 1 != from)
		return false;
	last->to = to;
	last->acked_ms = now_ms;
	return true;
}

void feed_receipt_add(struct feed *f, uint64_t from, uint64_t to, const struct hj_receipt *how)
{
	int64_t now_ms = hj_now().wall_ms;
	struct hj_receipt *r = &f->receipts[f->receipt_count];

	if (!how && lengthen(f, from, to, now_ms))
		return;
	if (f->receipt_count == FEED_RECEIPTS) {
		hj_warn("uplink %s: %u receipts wait for stored: that of records %llu to %llu is lost", f->u->name,
		        f->receipt_count, (unsigned long long)from, (unsigned long long)to);
		return;
	}
	*r = how ? *how : (struct hj_receipt){ .acked_ms = now_ms };
	r->from = from;
	r->to = to;
	f->receipt_count++;
}

json_t *feed_receipt_list(struct feed *f)
{
	json_t *list = json_array();

	/* Without memory for one of them it and those after it wait for the next time. */
	for (f->telling = 0; f->telling < f->receipt_count; f->telling++) {
		const struct hj_receipt *r = &f->receipts[f->telling];

		if (hj_receipt_check(r) >= 0 && json_array_append_new(list, hj_receipt_to_json(r)) < 0)
			break;
	}
	return list;
}

void feed_receipt_told(struct feed *f, bool taken)
{
	if (taken) {
		f->receipt_count -= f->telling;
		memmove(f->receipts, f->receipts + f->telling, f->receipt_count * sizeof(f->receipts[0]));
	}
	f->telling = 0;
}
