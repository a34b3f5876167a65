/* A ring of transactions. Answers are kept in their own length; without memory for one, its bytes are left out. */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

void frames_add(struct frames *f, int64_t time_ms, const struct bus_answer *a, bool good)
{
	struct frame *to = &f->ring[(f->head + f->count) % FRAMES_KEPT];

	if (f->count == FRAMES_KEPT) {
		f->head = (f->head + 1) % FRAMES_KEPT;
		f->count--;
	}
	free(to->received);
	*to = (struct frame){
		.time_ms = time_ms, .error = good ? NULL : a->is.why, .sent_length = (uint16_t)a->sent_length
	};
	memcpy(to->sent, a->sent, a->sent_length);
	to->received = a->received_length ? malloc(a->received_length) : NULL;
	if (to->received) {
		memcpy(to->received, a->received, a->received_length);
		to->received_length = (uint16_t)a->received_length;
	}
	f->count++;
}

const struct frame *frames_at(const struct frames *f, size_t i)
{
	return i < f->count ? &f->ring[(f->head + i) % FRAMES_KEPT] : NULL;
}

void frames_done(struct frames *f)
{
	for (size_t i = 0; i < FRAMES_KEPT; i++)
		free(f->ring[i].received);
	memset(f, 0, sizeof(*f));
}
