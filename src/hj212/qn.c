/* QNs are times that must be unique and only grow, while the clock may stand still or go back: the next is the clock,
 * or one more than the last. A limit that the owner keeps on the disk bounds how far a restart has to jump; nothing
 * above it is given out. */
#include "session_private.h"

#include <errno.h>

int hj212_qn_next(struct hj212_qn *q, int64_t now_ms, int64_t *ret_ms)
{
	int64_t next = q->used + 1;

	if (now_ms > next && now_ms <= HJ_TIME_MAX_MS) /* beyond that 17 digits cannot say it */
		next = now_ms;
	if ((q->limit && next > q->limit) || next > HJ_TIME_MAX_MS)
		return -EAGAIN;
	q->used = next;
	*ret_ms = next;
	return 0;
}
