/* The registers of an instrument as it has written them: see meter_image.h. Which cells there are is settled at the
 * start, by its points and the small holes between them: what an instrument writes elsewhere takes no memory. */
#include "hjgate/meter_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

struct hj_image_cell {
	hj_usec at; /* newest write */
	uint16_t address, value;
	uint8_t table;
	bool written;
};

static int by_place(const void *a, const void *b)
{
	const struct hj_image_span *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* The cells of spans that are sorted; with `to` NULL they are only counted. */
static size_t lay_out(const struct hj_image_span *spans, size_t n, struct hj_image_cell *to)
{
	uint32_t end = 0; /* behind the last cell of this table */
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		bool first = !i || spans[i].table != spans[i - 1].table;
		uint32_t from = spans[i].address;

		if (!first && from <= end + HJ_IMAGE_HOLE)
			from = end;
		for (; from < (uint32_t)spans[i].address + spans[i].count; from++, count++)
			if (to)
				to[count] = (struct hj_image_cell){ .table = (uint8_t)spans[i].table,
					.address = (uint16_t)from };
		end = first ? from : hj_max(end, from);
	}
	return count;
}

int hj_image_init(struct hj_image *image, const struct hj_image_span *spans, size_t n)
{
	_cleanup_free_ struct hj_image_span *sorted = calloc(n + 1, sizeof(*sorted));
	struct hj_image_cell *cells;
	size_t count;

	if (!sorted)
		return -ENOMEM;
	if (n)
		memcpy(sorted, spans, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_place);
	count = lay_out(sorted, n, NULL);
	cells = calloc(count + 1, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	lay_out(sorted, n, cells);
	*image = (struct hj_image){ cells, count };
	return 0;
}

void hj_image_done(struct hj_image *image)
{
	free(image->cells);
	*image = (struct hj_image){ NULL, 0 };
}

static struct hj_image_cell *find(const struct hj_image *image, enum hj_table table, uint32_t address)
{
	size_t low = 0, high = image->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct hj_image_cell *c = &image->cells[middle];

		if (c->table == table && c->address == address)
			return c;
		if (c->table < table || (c->table == table && c->address < address))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

size_t hj_image_write(struct hj_image *image, const struct hj_image_span *at, const uint8_t *data, hj_usec now)
{
	bool bits = hj_table_is_bits(at->table);
	size_t kept = 0;

	for (uint32_t i = 0; i < at->count; i++) {
		struct hj_image_cell *c = find(image, at->table, at->address + i);

		if (!c)
			continue;
		c->value = bits ? data[i / 8] >> i % 8 & 1 : (uint16_t)(data[2 * i] << 8 | data[2 * i + 1]);
		c->written = true;
		c->at = now;
		kept++;
	}
	return kept;
}

bool hj_image_has(const struct hj_image *image, const struct hj_image_span *at)
{
	for (uint32_t i = 0; i < at->count; i++)
		if (find(image, at->table, at->address + i))
			return true;
	return false;
}

int hj_image_read(const struct hj_image *image, const struct hj_image_span *at, uint8_t *to)
{
	bool bits = hj_table_is_bits(at->table);
	int r = 0;

	memset(to, 0, bits ? (at->count + 7u) / 8 : 2u * at->count);
	for (uint32_t i = 0; i < at->count; i++) {
		const struct hj_image_cell *c = find(image, at->table, at->address + i);

		if (!c)
			return -ENXIO;
		if (!c->written)
			r = -ENODATA;
		if (bits) {
			to[i / 8] |= (uint8_t)(c->value << i % 8);
			continue;
		}
		to[2 * i] = (uint8_t)(c->value >> 8);
		to[2 * i + 1] = (uint8_t)c->value;
	}
	return r;
}

bool hj_image_whole(const struct hj_image *image, const struct hj_image_span *value,
        const struct hj_image_span *written, hj_usec now)
{
	uint32_t last = value->address + value->count - 1u, from = written->address, to = from + written->count;

	if (value->table != written->table || last < from || last >= to)
		return false;
	for (uint32_t address = value->address; address < from && address <= last; address++) {
		const struct hj_image_cell *c = find(image, value->table, address);

		if (!c || !c->written || now - c->at > HJ_IMAGE_APART)
			return false;
	}
	return true;
}
