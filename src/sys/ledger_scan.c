/* See ledger_scan.h. Frames of the log count as far as SQLite would have counted them had nothing been damaged: a
 * transaction counts when all its frames are proved, or when a later one was begun, since that is begun only when the
 * disk has the one before. So what was never promised does not come back, and what was promised is not lost behind
 * a frame that is damaged. */
#include "ledger_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hjgate/buf.h"
#include "hjgate/record.h"

#define TRIED_BYTES (1u << 20) /* looked at with each possible size of a page, where the header is gone */
#define FRAMES_MOST (1u << 22)
#define READ_TRIES  3

struct ledger_scan {
	int file, log;
	uint32_t size;  /* of a page */
	uint32_t pages; /* of the file */
	struct hj_wal wal;
	bool has_header;      /* of the log */
	uint32_t *frame_page; /* by frame; 0: it does not count */
	uint32_t frames;
	uint32_t plain;       /* of these, as many as SQLite sees */
	uint8_t *page, *more; /* a picture, and a page that a long row goes on in */
	struct hj_buf row;
};

void ledger_scan_close(struct ledger_scan *s)
{
	if (!s)
		return;
	if (s->file >= 0)
		close(s->file);
	if (s->log >= 0)
		close(s->log);
	hj_buf_done(&s->row);
	free(s->frame_page);
	free(s->page);
	free(s->more);
	free(s);
}
HJ_DEFINE_CLEANUP(struct ledger_scan *, ledger_scan_close)

/* What a salvage takes for lost is lost for good, and what a card could not read it may read the next time. */
static bool read_at(int fd, void *to, size_t n, uint64_t offset)
{
	ssize_t r = -1;

	for (unsigned i = 0; fd >= 0 && r < 0 && i < READ_TRIES; i++)
		r = pread(fd, to, n, (off_t)offset);
	return r == (ssize_t)n;
}

static uint64_t frame_at(const struct ledger_scan *s, uint32_t frame)
{
	return HJ_WAL_HEADER + (uint64_t)frame * (HJ_WAL_FRAME + s->size);
}

/* ---- the size of a page ---- */

/* How many cells look like rows of a ledger when pages have this size: with one that is too large, most are missed.
 */
static unsigned rows_at(const struct ledger_scan *s, uint32_t size, uint8_t *page)
{
	struct hj_column columns[HJ_PAGE_COLUMNS];
	struct hj_cell cell;
	unsigned rows = 0;
	uint32_t cells;

	for (uint32_t i = 1; i < TRIED_BYTES / size && read_at(s->file, page, size, (uint64_t)i * size); i++) {
		if (hj_page_tree(page, size, false, &cells) != HJ_PAGE_TABLE)
			continue;
		for (uint32_t c = 0; c < cells; c++)
			rows += hj_page_cell(page, size, false, c, &cell) && !cell.overflow &&
			        hj_row_columns(cell.local, cell.local_n, columns) >= 5 &&
			        columns[0].type == HJ_COLUMN_NULL && columns[1].type == HJ_COLUMN_INT;
	}
	return rows;
}

static int guess_size(struct ledger_scan *s)
{
	_cleanup_free_ uint8_t *page = malloc(HJ_PAGE_MOST);
	unsigned best = 0;

	if (!page)
		return -ENOMEM;
	for (uint32_t size = HJ_PAGE_LEAST; size <= HJ_PAGE_MOST; size *= 2) {
		unsigned rows = rows_at(s, size, page);

		if (rows > best) {
			best = rows;
			s->size = size;
		}
	}
	return best ? 0 : -EBADMSG;
}

static int find_size(struct ledger_scan *s)
{
	uint8_t header[128];

	if (read_at(s->file, header, sizeof(header), 0) && hj_page_size(header, sizeof(header), &s->size) >= 0)
		return 0;
	if (read_at(s->log, header, HJ_WAL_HEADER, 0) && hj_wal_header(header, HJ_WAL_HEADER, &s->wal) >= 0) {
		s->size = s->wal.page_size;
		return 0;
	}
	return guess_size(s);
}

/* ---- the log ---- */

/* What is known of each frame while it is decided which count. */
struct frame_mark {
	bool proved, ends;
};

/* Without the log's header, what the first frame says is taken for it. */
static bool read_wal_header(struct ledger_scan *s)
{
	uint8_t header[HJ_WAL_HEADER], frame[HJ_WAL_FRAME];

	s->has_header =
	        read_at(s->log, header, sizeof(header), 0) && hj_wal_header(header, sizeof(header), &s->wal) >= 0;
	if (s->has_header)
		return s->wal.page_size == s->size;
	if (!read_at(s->log, frame, sizeof(frame), frame_at(s, 1)))
		return false;
	s->wal = (struct hj_wal){ .page_size = s->size, .big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };
	memcpy(s->wal.salt, frame + 8, sizeof(s->wal.salt));
	return true;
}

/* Behind a damaged frame there is nothing to prove the next one by: it gets the benefit of the doubt. */
static void mark_frames(struct ledger_scan *s, uint8_t *frame, struct frame_mark *marks)
{
	struct hj_wal_frame f;
	uint32_t before[2] = { s->wal.sum[0], s->wal.sum[1] };

	for (uint32_t i = 0; i < s->frames; i++) {
		if (!read_at(s->log, frame, HJ_WAL_FRAME + s->size, frame_at(s, i)))
			continue;
		hj_wal_frame(&s->wal, frame, &f);
		marks[i].proved =
		        f.same_salt && (hj_wal_proves(&s->wal, before, frame) || (i && !marks[i - 1].proved));
		marks[i].ends = marks[i].proved && f.pages;
		s->frame_page[i] = f.same_salt ? f.page : 0;
		memcpy(before, f.sum, sizeof(before));
	}
}

/* How many frames, from the first on, belong to transactions that were promised. */
static uint32_t promised(const struct frame_mark *marks, uint32_t n)
{
	bool whole = true;
	uint32_t last;

	while (n && !marks[n - 1].ends)
		n--;
	if (!n)
		return 0;
	for (last = n - 1; last && !marks[last - 1].ends; last--)
		whole = whole && marks[last - 1].proved;
	return whole ? n : last;
}

static int read_log(struct ledger_scan *s)
{
	_cleanup_free_ struct frame_mark *marks = NULL;
	_cleanup_free_ uint8_t *frame = NULL;
	struct stat st;
	uint64_t frames;

	if (s->log < 0 || fstat(s->log, &st) < 0 || st.st_size <= HJ_WAL_HEADER)
		return 0;
	frames = ((uint64_t)st.st_size - HJ_WAL_HEADER) / (HJ_WAL_FRAME + s->size);
	s->frames = (uint32_t)hj_min(frames, (uint64_t)FRAMES_MOST);
	if (!s->frames || !read_wal_header(s)) {
		s->frames = 0;
		return 0;
	}
	marks = calloc(s->frames, sizeof(*marks));
	frame = malloc(HJ_WAL_FRAME + s->size);
	s->frame_page = calloc(s->frames, sizeof(*s->frame_page));
	if (!marks || !frame || !s->frame_page)
		return -ENOMEM;
	mark_frames(s, frame, marks);
	for (uint32_t i = 0; s->has_header && i < s->frames && marks[i].proved; i++)
		if (marks[i].ends)
			s->plain = i + 1;
	s->frames = promised(marks, s->frames);
	return 0;
}

int ledger_scan_open(const char *path, struct ledger_scan **ret)
{
	_cleanup_(ledger_scan_closep) struct ledger_scan *s = calloc(1, sizeof(*s));
	char log[PATH_MAX];
	struct stat st;
	int r;

	if (!s)
		return -ENOMEM;
	s->file = s->log = -1;
	if (snprintf(log, sizeof(log), "%s-wal", path) >= (int)sizeof(log))
		return -ENAMETOOLONG;
	s->file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (s->file < 0 || fstat(s->file, &st) < 0)
		return -errno;
	s->log = open(log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	r = find_size(s);
	if (r < 0)
		return r;
	s->pages = (uint32_t)hj_min((uint64_t)st.st_size / s->size, (uint64_t)UINT32_MAX);
	s->page = malloc(s->size);
	s->more = malloc(s->size);
	if (!s->page || !s->more)
		return -ENOMEM;
	r = read_log(s);
	if (r < 0)
		return r;
	*ret = hj_steal(s);
	return 0;
}

uint64_t ledger_scan_pictures(const struct ledger_scan *s)
{
	return (uint64_t)s->frames + s->pages;
}

/* Is the frame the newest of its page? */
static bool is_newest(const struct ledger_scan *s, uint32_t frame)
{
	for (uint32_t i = frame + 1; i < s->frames; i++)
		if (s->frame_page[i] == s->frame_page[frame])
			return false;
	return true;
}

bool ledger_scan_is_behind(struct ledger_scan *s)
{
	for (uint32_t i = s->plain; i < s->frames; i++) {
		uint32_t page = s->frame_page[i];

		if (!page || !is_newest(s, i) || !read_at(s->log, s->page, s->size, frame_at(s, i) + HJ_WAL_FRAME))
			continue;
		if (page > s->pages || !read_at(s->file, s->more, s->size, (uint64_t)(page - 1) * s->size) ||
		        memcmp(s->page, s->more, s->size))
			return true;
	}
	return false;
}

/* ---- pictures ---- */

/* A page as the log has it, where `logged`, or else as the file has it. */
static bool read_page(struct ledger_scan *s, uint32_t page, bool logged, uint8_t *to)
{
	for (uint32_t i = s->frames; logged && i-- > 0;)
		if (s->frame_page[i] == page)
			return read_at(s->log, to, s->size, frame_at(s, i) + HJ_WAL_FRAME);
	return page && page <= s->pages && read_at(s->file, to, s->size, (uint64_t)(page - 1) * s->size);
}

/* The whole of a row into s->row, whose longer part lies in other pages. */
static int gather(struct ledger_scan *s, const struct hj_cell *cell, bool logged)
{
	uint32_t next = cell->overflow, left = cell->n - cell->local_n;
	int r;

	s->row.len = 0;
	r = hj_buf_put(&s->row, cell->local, cell->local_n);
	while (r >= 0 && left) {
		uint32_t some = hj_min(left, s->size - 4);

		if (!read_page(s, next, logged, s->more))
			return -EBADMSG;
		next = (uint32_t)s->more[0] << 24 | (uint32_t)s->more[1] << 16 | (uint32_t)s->more[2] << 8 |
		       s->more[3];
		r = hj_buf_put(&s->row, s->more + 4, some);
		left -= some;
	}
	return r;
}

static int offer(
        struct ledger_scan *s, enum hj_page_tree tree, const struct hj_cell *cell, ledger_scan_fn fn, void *userdata)
{
	struct hj_column columns[HJ_PAGE_COLUMNS];
	int count, r = 0;

	if (!cell->overflow) {
		count = hj_row_columns(cell->local, cell->local_n, columns);
		return count < 0 ? 0 : fn(tree, cell->rowid, columns, count, userdata);
	}
	for (int logged = s->frames > 0; logged >= 0 && !r; logged--) {
		r = gather(s, cell, logged);
		if (r == -ENOMEM)
			return r;
		count = r < 0 ? r : hj_row_columns((const uint8_t *)s->row.data, s->row.len, columns);
		r = count < 0 ? 0 : fn(tree, cell->rowid, columns, count, userdata);
	}
	return r;
}

int ledger_scan_picture(struct ledger_scan *s, uint64_t i, ledger_scan_fn fn, void *userdata)
{
	uint32_t frame = i < s->frames ? s->frames - 1 - (uint32_t)i : 0, cells;
	uint32_t page = i < s->frames ? s->frame_page[frame] : s->pages - (uint32_t)(i - s->frames);
	bool ok = i < s->frames ? read_at(s->log, s->page, s->size, frame_at(s, frame) + HJ_WAL_FRAME)
	                        : read_at(s->file, s->page, s->size, (uint64_t)(page - 1) * s->size);
	enum hj_page_tree tree;
	struct hj_cell cell;
	int r;

	if (!ok || !page)
		return 0;
	tree = hj_page_tree(s->page, s->size, page == 1, &cells);
	for (uint32_t c = 0; c < cells; c++) {
		if (!hj_page_cell(s->page, s->size, page == 1, c, &cell) || cell.n > LEDGER_SCAN_ROW_MOST)
			continue;
		r = offer(s, tree, &cell, fn, userdata);
		if (r < 0)
			return r;
	}
	return 0;
}
