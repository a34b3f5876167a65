/* Pages of a database as they lie on the disk, read without the database: what can still be had when its tree is
 * broken. Pure: bytes in, cells and columns out. Whatever the bytes are, nothing outside of them is read; whether a
 * row is a true one, its seal has to say. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HJ_PAGE_LEAST   512
#define HJ_PAGE_MOST    65536
#define HJ_PAGE_COLUMNS 12 /* of one row; further ones are passed over */

#define HJ_WAL_HEADER 32 /* bytes before the first frame */
#define HJ_WAL_FRAME  24 /* bytes before each frame's page */

/* What the first 100 bytes of the file say. -EBADMSG: they are no such header. */
int hj_page_size(const uint8_t *header, size_t n, uint32_t *ret_size);

enum hj_page_tree {
	HJ_PAGE_OTHER, /* inner pages, free pages, the middle of a long row: no rows */
	HJ_PAGE_TABLE, /* a leaf with rows by number */
	HJ_PAGE_INDEX, /* a leaf or an inner page of a table without row numbers */
};

struct hj_cell {
	uint64_t rowid;       /* of HJ_PAGE_TABLE */
	const uint8_t *local; /* the row's bytes, as far as they lie in the page */
	uint32_t local_n;
	uint32_t n;        /* of the whole row */
	uint32_t overflow; /* the page where the rest begins; 0 = there is none */
};

enum hj_page_tree hj_page_tree(const uint8_t *page, uint32_t size, bool first, uint32_t *ret_cells);
/* false: this cell is none. `first`: it is page 1, which begins with the file's header. */
bool hj_page_cell(const uint8_t *page, uint32_t size, bool first, uint32_t i, struct hj_cell *ret);

struct hj_column {
	enum { HJ_COLUMN_NULL, HJ_COLUMN_INT, HJ_COLUMN_BYTES, HJ_COLUMN_TEXT, HJ_COLUMN_OTHER } type;
	int64_t number;
	const uint8_t *bytes;
	size_t n;
};

/* How many columns the row has (at most HJ_PAGE_COLUMNS); -EBADMSG. */
int hj_row_columns(const uint8_t *row, size_t n, struct hj_column columns[HJ_PAGE_COLUMNS]);

/* The log beside the file. A frame is proved by a sum that goes on from the one before it. */
struct hj_wal {
	bool big_endian; /* of the sums */
	uint32_t page_size;
	uint8_t salt[8];
	uint32_t sum[2]; /* of the header: where the first frame's goes on from */
};
int hj_wal_header(const uint8_t *header, size_t n, struct hj_wal *ret); /* -EBADMSG */

struct hj_wal_frame {
	uint32_t page;
	uint32_t pages; /* of the whole file, where the frame ends a transaction; else 0 */
	bool same_salt; /* of this turn of the log, not of an older one */
	uint32_t sum[2];
};
/* `frame` has HJ_WAL_FRAME bytes. */
void hj_wal_frame(const struct hj_wal *w, const uint8_t *frame, struct hj_wal_frame *ret);
/* Does the frame go on from `before`? The page follows its HJ_WAL_FRAME bytes. */
bool hj_wal_proves(const struct hj_wal *w, const uint32_t before[2], const uint8_t *frame_and_page);
