/* An instrument that writes what it likes where it likes, and reads it back: what is kept are its own registers,
 * what it reads is what it wrote last, and a value is whole only with its last register. Each OP bytes are one thing
 * it does: read or write, table, address, count, what. */
#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_image.h"
#include "fuzz.h"

#define OP     6
#define OPS    100
#define MOST   125 /* registers of one request */
#define CANARY 0xa5

static const struct hj_image_span values[] = {
	{ HJ_TABLE_HOLDING, 0, 2 },
	{ HJ_TABLE_HOLDING, 2, 1 },
	{ HJ_TABLE_HOLDING, 20, 4 },
	{ HJ_TABLE_HOLDING, 200, 2 },
	{ HJ_TABLE_HOLDING, 65534, 2 },
	{ HJ_TABLE_COIL, 0, 1 },
	{ HJ_TABLE_COIL, 9, 1 },
};

static size_t bytes_of(const struct hj_image_span *s)
{
	return hj_table_is_bits(s->table) ? (s->count + 7u) / 8 : 2u * s->count;
}

static void write_it(struct hj_image *image, const struct hj_image_span *at, uint8_t what, hj_usec now)
{
	uint8_t data[2 * MOST], to[2 * MOST];
	size_t kept;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(what + i);
	kept = hj_image_write(image, at, data, now);
	claim(kept <= at->count && (kept != 0) == hj_image_has(image, at));
	for (size_t i = 0; i < hj_array_size(values); i++)
		if (hj_image_whole(image, &values[i], at, now))
			claim(kept && at->table == values[i].table);
	if (kept == at->count && !hj_table_is_bits(at->table))
		claim(hj_image_read(image, at, to) == 0 && !memcmp(to, data, 2u * at->count));
}

static void read_it(const struct hj_image *image, const struct hj_image_span *at)
{
	uint8_t to[2 * MOST + 1];
	int r;

	memset(to, CANARY, sizeof(to));
	r = hj_image_read(image, at, to);
	claim(r == 0 || r == -ENXIO || r == -ENODATA);
	claim(to[bytes_of(at)] == CANARY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_image image;
	hj_usec now = HJ_USEC_PER_SEC;

	claim(hj_image_init(&image, values, hj_array_size(values)) == 0);
	size = hj_min(size, (size_t)OPS * OP);
	for (; size >= OP; data += OP, size -= OP) {
		struct hj_image_span at = { data[0] & 2 ? HJ_TABLE_COIL : HJ_TABLE_HOLDING,
			(uint16_t)(data[1] << 8 | data[2]), (uint16_t)(1 + data[3] % MOST) };

		now += data[5] * (HJ_IMAGE_APART / 16);
		if (at.address + at.count > 65536)
			continue;
		if (data[0] & 1)
			write_it(&image, &at, data[4], now);
		else
			read_it(&image, &at);
	}
	hj_image_done(&image);
	return 0;
}
