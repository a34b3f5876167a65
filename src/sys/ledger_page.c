/* See ledger_page.h. The forms are those of "Database File Format" of SQLite, which promises to keep them. */
#include "hjgate/ledger_page.h"

#include <errno.h>
#include <string.h>

#define FILE_HEADER 100 /* bytes, at the begin of page 1 */
#define MAGIC       "SQLite format 3"
#define WAL_MAGIC   0x377f0682u /* the lowest bit: sums of big-endian words */

enum { INDEX_INNER = 0x02, INDEX_LEAF = 0x0a, TABLE_LEAF = 0x0d };

static uint32_t be(const uint8_t *p, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

static bool is_page_size(uint32_t size)
{
	return size >= HJ_PAGE_LEAST && size <= HJ_PAGE_MOST && !(size & (size - 1));
}

int hj_page_size(const uint8_t *header, size_t n, uint32_t *ret_size)
{
	uint32_t size;

	if (n < FILE_HEADER || memcmp(header, MAGIC, sizeof(MAGIC)))
		return -EBADMSG;
	size = be(header + 16, 2);
	size = size == 1 ? HJ_PAGE_MOST : size;
	if (!is_page_size(size) || header[20])
		return -EBADMSG; /* bytes kept free in each page: never in a file of ours */
	*ret_size = size;
	return 0;
}

/* At most 9 bytes, 7 bits each but for the last. How many there were; 0: they do not end. */
static size_t varint(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 9 && p + i < end; i++) {
		if (i == 8) {
			*ret = value << 8 | p[i];
			return 9;
		}
		value = value << 7 | (p[i] & 0x7f);
		if (p[i] < 0x80) {
			*ret = value;
			return i + 1;
		}
	}
	return 0;
}

enum hj_page_tree hj_page_tree(const uint8_t *page, uint32_t size, bool first, uint32_t *ret_cells)
{
	const uint8_t *head = page + (first ? FILE_HEADER : 0);
	uint32_t cells = be(head + 3, 2), begin = head[0] == INDEX_INNER ? 12 : 8;

	*ret_cells = 0;
	if (head[0] != TABLE_LEAF && head[0] != INDEX_LEAF && head[0] != INDEX_INNER)
		return HJ_PAGE_OTHER;
	/* A count that is damaged costs time only: each cell is looked at for itself. */
	*ret_cells = (uint32_t)((page + size - head - begin) / 2);
	if (cells < *ret_cells)
		*ret_cells = cells;
	return head[0] == TABLE_LEAF ? HJ_PAGE_TABLE : HJ_PAGE_INDEX;
}

/* How much of a row of n bytes lies in its page. */
static uint32_t local_bytes(uint32_t size, bool table, uint64_t n)
{
	uint32_t most = table ? size - 35 : (size - 12) * 64 / 255 - 23;
	uint32_t least = (size - 12) * 32 / 255 - 23, some;

	if (n <= most)
		return (uint32_t)n;
	some = least + (uint32_t)((n - least) % (size - 4));
	return some <= most ? some : least;
}

bool hj_page_cell(const uint8_t *page, uint32_t size, bool first, uint32_t i, struct hj_cell *ret)
{
	const uint8_t *head = page + (first ? FILE_HEADER : 0), *end = page + size, *p;
	bool table = head[0] == TABLE_LEAF, inner = head[0] == INDEX_INNER;
	uint32_t at = be(head + (inner ? 12 : 8) + 2 * i, 2), local;
	uint64_t n, rowid = 0;
	size_t used;

	if (at < (uint32_t)(head - page) + 8 || at + (inner ? 4 : 0) >= size)
		return false;
	p = page + at + (inner ? 4 : 0);
	used = varint(p, end, &n);
	p += used;
	if (!used || n < 2 || n > UINT32_MAX)
		return false;
	if (table) {
		used = varint(p, end, &rowid);
		p += used;
		if (!used)
			return false;
	}
	local = local_bytes(size, table, n);
	if ((size_t)(end - p) < local + (local < n ? 4 : 0))
		return false;
	*ret = (struct hj_cell){ .rowid = rowid, .local = p, .local_n = local, .n = (uint32_t)n };
	if (local < n)
		ret->overflow = be(p + local, 4);
	return local == n || ret->overflow;
}

/* ---- rows ---- */

static bool column(uint64_t type, const uint8_t *p, size_t left, struct hj_column *ret)
{
	static const uint8_t bytes_of[] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0 };
	uint64_t n = type < 10 ? bytes_of[type] : type >= 12 ? (type - 12) / 2 : 0;

	if (type == 10 || type == 11 || n > left)
		return false;
	*ret = (struct hj_column){ .bytes = p, .n = (size_t)n };
	if (type >= 12) {
		ret->type = type & 1 ? HJ_COLUMN_TEXT : HJ_COLUMN_BYTES;
	} else if (type == 7) {
		ret->type = HJ_COLUMN_OTHER;
	} else if (type) {
		uint64_t value = n && p[0] & 0x80 ? UINT64_MAX : 0;

		for (size_t i = 0; i < n; i++)
			value = value << 8 | p[i];
		ret->type = HJ_COLUMN_INT;
		ret->number = n ? (int64_t)value : (int64_t)type - 8;
	}
	return true;
}

int hj_row_columns(const uint8_t *row, size_t n, struct hj_column columns[HJ_PAGE_COLUMNS])
{
	const uint8_t *end = row + n, *types, *body;
	uint64_t header, type;
	size_t used = varint(row, end, &header);
	int count = 0;

	if (!used || header < used || header > n)
		return -EBADMSG;
	types = row + used;
	body = row + header;
	for (; types < row + header && count < HJ_PAGE_COLUMNS; count++) {
		used = varint(types, row + header, &type);
		if (!used || !column(type, body, (size_t)(end - body), &columns[count]))
			return -EBADMSG;
		types += used;
		body += columns[count].n;
	}
	return count;
}

/* ---- the log ---- */

static void add_up(const struct hj_wal *w, const uint8_t *p, size_t n, uint32_t sum[2])
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint32_t a = be(p + i, 4), b = be(p + i + 4, 4);

		sum[0] += (w->big_endian ? a : __builtin_bswap32(a)) + sum[1];
		sum[1] += (w->big_endian ? b : __builtin_bswap32(b)) + sum[0];
	}
}

int hj_wal_header(const uint8_t *header, size_t n, struct hj_wal *ret)
{
	struct hj_wal w = { 0 };
	uint32_t magic, sum[2] = { 0, 0 };

	if (n < HJ_WAL_HEADER)
		return -EBADMSG;
	magic = be(header, 4);
	w.big_endian = magic & 1;
	w.page_size = be(header + 8, 4);
	memcpy(w.salt, header + 16, sizeof(w.salt));
	add_up(&w, header, HJ_WAL_HEADER - 8, sum);
	if ((magic & ~1u) != WAL_MAGIC || !is_page_size(w.page_size) || sum[0] != be(header + 24, 4) ||
	        sum[1] != be(header + 28, 4))
		return -EBADMSG;
	memcpy(w.sum, sum, sizeof(sum));
	*ret = w;
	return 0;
}

void hj_wal_frame(const struct hj_wal *w, const uint8_t *frame, struct hj_wal_frame *ret)
{
	*ret = (struct hj_wal_frame){ .page = be(frame, 4),
		.pages = be(frame + 4, 4),
		.same_salt = !memcmp(frame + 8, w->salt, sizeof(w->salt)),
		.sum = { be(frame + 16, 4), be(frame + 20, 4) } };
}

bool hj_wal_proves(const struct hj_wal *w, const uint32_t before[2], const uint8_t *frame_and_page)
{
	uint32_t sum[2] = { before[0], before[1] };

	add_up(w, frame_and_page, 8, sum);
	add_up(w, frame_and_page + HJ_WAL_FRAME, w->page_size, sum);
	return sum[0] == be(frame_and_page + 16, 4) && sum[1] == be(frame_and_page + 20, 4);
}
