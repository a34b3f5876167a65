/* See shift.h. */
#include "shift.h"
#include "hjgate/clock.h"

#include <string.h>

void shifts_add(struct shifts *s, const struct row *row)
{
	if (s->count == SHIFTS_MAX)
		memmove(&s->list[0], &s->list[1], --s->count * sizeof(s->list[0]));
	s->list[s->count++] = (struct shift){ row->of, row->upto, row->by_ms, row->trust };
	s->upto = hj_max(s->upto, row->upto);
}

void shifts_apply(const struct shifts *s, uint64_t seq, struct row *r)
{
	for (size_t i = 0; r->trust == HJ_TRUST_NONE && i < s->count; i++)
		if (seq >= s->list[i].from && seq <= s->list[i].upto) {
			r->time_ms = hj_time_moved(r->time_ms, s->list[i].by_ms);
			r->trust = s->list[i].trust;
		}
}

bool shift_gather(struct shift *ret, int64_t *ahead_ms, uint64_t seq, const struct row *row)
{
	int64_t apart;

	if (!ret->from) {
		*ahead_ms = row->ahead_ms;
		ret->from = seq;
	} else if (__builtin_sub_overflow(row->ahead_ms, *ahead_ms, &apart) || apart >= SHIFT_SAME_MS ||
	           apart <= -SHIFT_SAME_MS) {
		return false;
	}
	ret->upto = seq;
	return true;
}
