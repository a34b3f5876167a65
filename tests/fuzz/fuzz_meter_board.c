/* Any values in any registers, and any look at them: an answer is as long as it was asked for, shows a value whole or
 * its code, and a double comes back as it was. Each slot is SLOT bytes: type and order, how far from the one before,
 * and its value; after a slot of type 15 each look is LOOK bytes: table, address, count. */
#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_board.h"
#include "hjgate/meter_codec.h"
#include "fuzz.h"

#define SLOT   10
#define SLOTS  16
#define LOOK   4
#define NOW    ((hj_usec)1000)
#define CANARY 0xa5

static const enum hj_type types[] = { HJ_TYPE_BIT, HJ_TYPE_INT16, HJ_TYPE_UINT16, HJ_TYPE_INT32, HJ_TYPE_UINT32,
	HJ_TYPE_FLOAT32, HJ_TYPE_INT64, HJ_TYPE_UINT64, HJ_TYPE_FLOAT64 };

/* Bytes taken. */
static size_t place(const uint8_t *data, size_t size, struct hj_board_slot *slots, size_t *ret_count)
{
	uint32_t next = 0;
	size_t at = 0, n = 0;

	for (; at + SLOT <= size && n < SLOTS && (data[at] & 15) < hj_array_size(types); at += SLOT, n++) {
		struct hj_board_slot *s = &slots[n];
		uint32_t address = next + data[at + 1] * 3u;

		*s = (struct hj_board_slot){ .codec = { .type = types[data[at] & 15], .scale = 1 } };
		s->codec.order = (enum hj_order)(data[at] >> 4 & 3);
		s->address = (uint16_t)address;
		next = address + 4;
		if (next > 65536)
			break;
		memcpy(&s->value, data + at + 2, sizeof(s->value));
	}
	*ret_count = n;
	return at + (at < size);
}

static void look(const struct hj_board *b, const uint8_t *p)
{
	struct hj_image_span at = { (enum hj_table)(HJ_TABLE_COIL + (p[0] & 3)), (uint16_t)(p[1] << 8 | p[2]), p[3] };
	bool bits = hj_table_is_bits(at.table);
	size_t bytes = bits ? (at.count + 7u) / 8 : 2u * at.count;
	uint8_t to[512];
	int r;

	if (!at.count || at.address + at.count > 65536)
		return;
	memset(to, CANARY, sizeof(to));
	r = hj_board_read(b, &at, NOW, to);
	claim(r == 0 || r == -ENXIO || r == -ENODATA);
	claim(to[bytes] == CANARY && to[sizeof(to) - 1] == CANARY);
}

/* Looked at by itself, a value is there, or it is refused. */
static void alone(const struct hj_board *b, const struct hj_board_slot *s)
{
	bool bit = s->codec.type == HJ_TYPE_BIT;
	struct hj_image_span at = { bit ? HJ_TABLE_COIL : HJ_TABLE_INPUT, s->address,
		(uint16_t)(bit ? 1 : hj_codec_bytes(&s->codec) / 2) };
	uint8_t to[HJ_CODEC_BYTES_MAX];
	double value;
	int r = hj_board_read(b, &at, NOW, to);

	claim(r == 0 || r == -ENODATA);
	if (r == 0 && s->codec.type == HJ_TYPE_FLOAT64)
		claim(hj_codec_decode(&s->codec, to, &value) == 0 && value == s->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_board_slot slots[SLOTS] = { 0 };
	struct hj_board board;
	size_t n, at = place(data, size, slots, &n);

	claim(hj_board_init(&board, slots, n) == 0);
	for (size_t i = 0; i < n; i++)
		hj_board_set(&board, i, slots[i].value, NOW + 1);
	claim(hj_board_valid(&board, NOW) <= n && !hj_board_valid(&board, NOW + 1));
	for (size_t i = 0; i < n; i++)
		alone(&board, &slots[i]);
	for (; at + LOOK <= size; at += LOOK)
		look(&board, data + at);
	hj_board_done(&board);
	return 0;
}
