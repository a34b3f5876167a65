/* Learned time-outs: see meter_timeout.h. Twice the slowest of the newest answers, which needs no assumption about
 * how answers are spread; a peak is forgotten after two runs. What is configured is only gone beyond on evidence: an
 * answer that was heard after the time-out. Pure. */
#include "hjgate/meter_timeout.h"

#include "hjgate/cleanup.h"

void hj_timeout_init(struct hj_timeout *t, hj_usec configured)
{
	*t = (struct hj_timeout){ .whole = configured };
}

void hj_timeout_answered(struct hj_timeout *t, hj_usec turnaround)
{
	if (t->answers == HJ_TIMEOUT_RUN) {
		t->slowest_before = t->slowest;
		t->slowest = 0;
		t->answers = 0;
		if (t->late && HJ_TIMEOUT_TIMES * t->slowest_before < t->whole)
			t->late = 0;
	}
	t->slowest = hj_max(t->slowest, turnaround);
	t->answers++;
	t->learned |= t->answers >= HJ_TIMEOUT_LEARNED;
}

void hj_timeout_late(struct hj_timeout *t)
{
	t->late = hj_min(2 * hj_timeout_get(t), (hj_usec)HJ_TIMEOUT_CAP);
}

hj_usec hj_timeout_slowest(const struct hj_timeout *t)
{
	return hj_max(t->slowest, t->slowest_before);
}

hj_usec hj_timeout_get(const struct hj_timeout *t)
{
	hj_usec floor = hj_min(t->whole, (hj_usec)HJ_TIMEOUT_FLOOR), most = hj_max(t->whole, t->late),
	        seen = HJ_TIMEOUT_TIMES * hj_timeout_slowest(t);

	if (!t->learned)
		return most;
	seen = hj_max(seen, floor);
	seen = hj_min(seen, most);
	return hj_max(seen, t->late);
}
