/* Pages of a database that may be damaged in any way, and the log beside it: the first byte says what the rest is.
 * What a cell or a column names must lie in the bytes that were given. */
#include "fuzz.h"
#include "hjgate/ledger_page.h"

static void check_columns(const uint8_t *row, size_t n)
{
	struct hj_column columns[HJ_PAGE_COLUMNS];
	int count = hj_row_columns(row, n, columns);

	claim(count <= HJ_PAGE_COLUMNS);
	for (int i = 0; i < count; i++)
		claim(columns[i].bytes >= row && columns[i].bytes + columns[i].n <= row + n);
}

static void try_page(const uint8_t *page, size_t n, bool first)
{
	uint32_t size = HJ_PAGE_LEAST, cells;

	while (size * 2 <= n && size < HJ_PAGE_MOST)
		size *= 2;
	if (n < size || hj_page_tree(page, size, first, &cells) == HJ_PAGE_OTHER)
		return;
	claim(cells <= size);
	for (uint32_t i = 0; i < cells; i++) {
		struct hj_cell cell;

		if (!hj_page_cell(page, size, first, i, &cell))
			continue;
		claim(cell.local >= page && cell.local + cell.local_n <= page + size);
		claim(cell.overflow ? cell.local_n < cell.n : cell.local_n == cell.n);
		check_columns(cell.local, cell.local_n);
	}
}

static void try_log(const uint8_t *data, size_t n)
{
	struct hj_wal_frame frame;
	struct hj_wal wal;

	if (hj_wal_header(data, n, &wal) < 0 || n < HJ_WAL_HEADER + HJ_WAL_FRAME + wal.page_size)
		return;
	hj_wal_frame(&wal, data + HJ_WAL_HEADER, &frame);
	hj_wal_proves(&wal, wal.sum, data + HJ_WAL_HEADER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint32_t size;

	if (!n)
		return 0;
	switch (data[0] % 4) {
	case 0:
		try_page(data + 1, n - 1, false);
		break;
	case 1:
		try_page(data + 1, n - 1, true);
		break;
	case 2:
		try_log(data + 1, n - 1);
		break;
	case 3:
		check_columns(data + 1, n - 1);
		claim(hj_page_size(data + 1, n - 1, &size) < 0 || (size >= HJ_PAGE_LEAST && size <= HJ_PAGE_MOST));
	}
	return 0;
}
