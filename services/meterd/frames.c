/* A ring of bytes. Each transaction is a head and its bytes, all in one piece: what would not fit before the end of
 * the ring begins at its start, and a head of length 0 says so. The oldest give way.
 *
 * It is touched as a whole when it is made: a box that has the memory for it on the first day has it on every other,
 * and whoever watches a meterd's memory sees it stay. */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define UNUSED 0xA5 /* not 0: those the C library would take from the kernel without touching them */

/* Most transactions are 20 bytes long, so it is the heads that count: packed, and read by memcpy(). The number of a
 * frame is that of the oldest and the steps to it. */
struct head {
	int64_t time_us;
	const char *error;
	uint32_t took_us, address;
	uint16_t count;
	uint16_t length; /* of it all; 0: the rest of the ring is empty */
	uint16_t sent_length;
	uint16_t exception;
	uint8_t unit_id, table;
} __attribute__((packed));
_Static_assert(sizeof(struct head) + 2 * BUS_FRAME_MAX <= UINT16_MAX, "a length has 16 bits");

static void head_at(const struct frames *f, size_t at, struct head *ret)
{
	memcpy(ret, f->ring + at, sizeof(*ret));
}

/* Where the frame lies that was expected at `at`: there, or at the start of the ring. */
static size_t settle(const struct frames *f, size_t at)
{
	struct head h;

	if (at + sizeof(h) > FRAMES_BYTES)
		return 0;
	head_at(f, at, &h);
	return h.length ? at : 0;
}

static void forget_oldest(struct frames *f)
{
	struct head h;

	f->tail = settle(f, f->tail);
	head_at(f, f->tail, &h);
	f->tail += h.length;
	f->count--;
}

/* Bytes free in one piece at `head`. */
static size_t free_at_head(const struct frames *f)
{
	if (!f->count)
		return FRAMES_BYTES - f->head;
	return f->tail > f->head ? f->tail - f->head : f->tail == f->head ? 0 : FRAMES_BYTES - f->head;
}

static void wrap(struct frames *f)
{
	/* What lies from the tail to the end would be passed over. */
	while (f->count && settle(f, f->tail) >= f->head)
		forget_oldest(f);
	if (f->head + sizeof(struct head) <= FRAMES_BYTES)
		memset(f->ring + f->head, 0, sizeof(struct head));
	f->head = 0;
	if (f->count)
		f->tail = settle(f, f->tail);
}

static void make_room(struct frames *f, size_t n)
{
	if (!f->count)
		f->head = f->tail = 0;
	if (f->head + n > FRAMES_BYTES)
		wrap(f);
	while (f->count && free_at_head(f) < n)
		forget_oldest(f);
	if (!f->count)
		f->tail = f->head;
}

static bool has_ring(struct frames *f)
{
	if (f->ring)
		return true;
	f->ring = malloc(FRAMES_BYTES);
	if (f->ring)
		memset(f->ring, UNUSED, FRAMES_BYTES);
	return f->ring;
}

void frames_add(struct frames *f, int64_t time_us, uint32_t took_us, const struct hj_question *q,
        const struct bus_answer *a, bool good)
{
	struct head h = { .time_us = time_us,
		.error = good ? NULL : a->is.why,
		.took_us = took_us,
		.address = q->address,
		.count = q->count,
		.length = (uint16_t)(sizeof(h) + a->sent_length + a->received_length),
		.sent_length = (uint16_t)a->sent_length,
		.unit_id = q->unit_id,
		.table = (uint8_t)q->table,
		.exception = (uint16_t)a->is.exception };

	if (!has_ring(f))
		return;
	make_room(f, h.length);
	memcpy(f->ring + f->head, &h, sizeof(h));
	memcpy(f->ring + f->head + sizeof(h), a->sent, a->sent_length);
	memcpy(f->ring + f->head + sizeof(h) + a->sent_length, a->received, a->received_length);
	f->head += h.length;
	f->next = hj_max(f->next, (uint64_t)1) + 1;
	f->count++;
}

static void take(const struct frames *f, size_t at, uint64_t number, struct frame *ret, size_t *ret_length)
{
	struct head h;

	head_at(f, at, &h);
	*ret = (struct frame){ .number = number,
		.time_us = h.time_us,
		.error = h.error,
		.sent = f->ring + at + sizeof(h),
		.received = f->ring + at + sizeof(h) + h.sent_length,
		.took_us = h.took_us,
		.address = h.address,
		.count = h.count,
		.sent_length = h.sent_length,
		.received_length = (uint16_t)(h.length - sizeof(h) - h.sent_length),
		.unit_id = h.unit_id,
		.table = h.table,
		.exception = h.exception };
	*ret_length = h.length;
}

bool frames_next(const struct frames *f, struct frames_cursor *c, struct frame *ret)
{
	uint64_t oldest = f->next - f->count;
	size_t length;

	if (!f->count || c->number >= f->next)
		return false;
	if (c->number < oldest)
		c->number = oldest;
	if (c->at_number < oldest || c->at_number > c->number) {
		c->at = f->tail;
		c->at_number = oldest;
	}
	do {
		c->at = settle(f, c->at);
		take(f, c->at, c->at_number++, ret, &length);
		c->at += length;
	} while (ret->number < c->number);
	c->number++;
	return true;
}

struct frames_cursor frames_newest(const struct frames *f, uint64_t n)
{
	return (struct frames_cursor){ .number = n < f->count ? f->next - n : f->next - f->count };
}

void frames_done(struct frames *f)
{
	free(f->ring);
	memset(f, 0, sizeof(*f));
}
