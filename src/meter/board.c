/* The registers in which a SCADA or a panel looks up the newest values of points. A value that has grown too old, or
 * whose meter does not answer, is never shown as if it were one: its registers hold the code of no value
 * (hj_codec_encode()), so that in a block of many the others can still be read. */
#include "hjgate/meter_board.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/meter_codec.h"
#include "hjgate/meter_encode.h"

static bool is_bit(const struct hj_board_slot *s)
{
	return s->codec.type == HJ_TYPE_BIT;
}

static uint32_t width(const struct hj_board_slot *s)
{
	return is_bit(s) ? 1 : hj_codec_bytes(&s->codec) / 2;
}

static int by_place(const void *a, const void *b, void *slots)
{
	const struct hj_board_slot *x = (struct hj_board_slot *)slots + *(const uint16_t *)a,
	                           *y = (struct hj_board_slot *)slots + *(const uint16_t *)b;

	if (is_bit(x) != is_bit(y))
		return is_bit(x) ? -1 : 1;
	return (x->address > y->address) - (x->address < y->address);
}

int hj_board_init(struct hj_board *b, const struct hj_board_slot *slots, size_t n)
{
	*b = (struct hj_board){ calloc(n + 1, sizeof(*b->slots)), calloc(n + 1, sizeof(*b->order)), n };
	if (!b->slots || !b->order) {
		hj_board_done(b);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		b->slots[i] = slots[i];
		b->slots[i].until = 0;
		b->order[i] = (uint16_t)i;
	}
	qsort_r(b->order, n, sizeof(*b->order), by_place, b->slots);
	return 0;
}

void hj_board_done(struct hj_board *b)
{
	free(b->slots);
	free(b->order);
	*b = (struct hj_board){ 0 };
}

void hj_board_set(struct hj_board *b, size_t slot, double value, hj_usec until)
{
	b->slots[slot].value = value;
	b->slots[slot].until = isnan(value) ? 0 : until;
}

size_t hj_board_valid(const struct hj_board *b, hj_usec now)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		n += now < b->slots[i].until;
	return n;
}

/* The first, in the order, of its kind that ends behind `address`. */
static size_t seek(const struct hj_board *b, bool bits, uint32_t address)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct hj_board_slot *s = &b->slots[b->order[middle]];

		if (is_bit(s) == bits ? s->address + width(s) <= address : is_bit(s))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Those of the slot's registers that were asked for: a request may end within a value. */
static int show(const struct hj_board_slot *s, const struct hj_image_span *at, bool fresh, uint8_t *to)
{
	uint8_t bytes[HJ_CODEC_BYTES_MAX] = { 0 };
	int r = hj_codec_encode(&s->codec, fresh ? s->value : (double)NAN, bytes);
	uint32_t from = at->address, end = from + at->count;

	if (is_bit(s)) {
		to[(s->address - from) / 8] |= (uint8_t)(bytes[0] << (s->address - from) % 8);
		return r;
	}
	for (uint32_t i = 0; i < width(s); i++)
		if (s->address + i >= from && s->address + i < end)
			memcpy(to + 2 * (s->address + i - from), bytes + 2 * i, 2);
	return r;
}

int hj_board_read(const struct hj_board *b, const struct hj_image_span *at, hj_usec now, uint8_t *to)
{
	bool bits = hj_table_is_bits(at->table), missing = false;
	uint32_t end = (uint32_t)at->address + at->count;
	size_t touched = 0, shown = 0;

	memset(to, 0, bits ? (at->count + 7u) / 8 : 2u * at->count);
	for (size_t i = seek(b, bits, at->address); i < b->count; i++) {
		const struct hj_board_slot *s = &b->slots[b->order[i]];
		bool ok;

		if (is_bit(s) != bits || s->address >= end)
			break;
		ok = show(s, at, now < s->until, to) == 0;
		missing = missing || !ok;
		shown += ok;
		touched++;
	}
	if (!touched)
		return -ENXIO;
	return !shown || (bits && missing) ? -ENODATA : 0;
}
