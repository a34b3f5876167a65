/* Salvage: the slices, their position, and the rows. See ledger_salvage.h; what concerns `state` is in
 * ledger_salvage_state.c.
 *
 * The rows are found by ledger_scan.c, which needs no tree; whether one is true its seal says, by the keys that the
 * damaged file had (ledger_salvage_state.c brings them over first, or a copy of them that lies beside the file). Each
 * slice is one transaction: rows, their days, and the position. */
#include "ledger_salvage.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT_ROWS  2000 /* counted between two looks at the clock */
#define UNREAD_MOST 200  /* pictures of a slice, so that one that finds nothing ends, too */

hj_usec salvage_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (hj_usec)t.tv_sec * HJ_USEC_PER_SEC + (hj_usec)t.tv_nsec / 1000;
}

/* ---- rows ---- */

static struct salvage_day *day_of(struct hj_salvage *s, int64_t label_ms)
{
	int64_t day = hj_window_start(label_ms, HJ_MS_PER_DAY);
	size_t i;

	for (i = 0; i < s->day_count; i++)
		if (s->days[i].day == day)
			return &s->days[i];
	if (s->day_count == SALVAGE_DAYS)
		return NULL;
	s->days[s->day_count++] = (struct salvage_day){ .day = day, .lo = UINT64_MAX };
	return &s->days[i];
}

static int write_row(struct hj_salvage *s, const struct hj_ledger_row *row)
{
	sqlite3_stmt *sql = s->put_row;
	int r = ledger_begin(s->l);

	if (r < 0)
		return r;
	sqlite3_bind_int64(sql, 1, (int64_t)row->seq);
	sqlite3_bind_int64(sql, 2, row->kind);
	sqlite3_bind_int64(sql, 3, row->label);
	sqlite3_bind_blob(sql, 4, row->head, (int)row->head_n, SQLITE_STATIC);
	sqlite3_bind_blob(sql, 5, row->body, (int)row->body_n, SQLITE_STATIC);
	if (row->mac)
		sqlite3_bind_blob(sql, 6, row->mac, HJ_MAC_BYTES, SQLITE_STATIC);
	r = ledger_errno(s->l->db, sqlite3_step(sql));
	sqlite3_reset(sql);
	sqlite3_clear_bindings(sql);
	return r < 0 ? ledger_spoiled(s->l, r) : sqlite3_changes(s->l->db);
}

static int put_back(struct hj_salvage *s, const struct hj_ledger_row *row, const struct hj_head *head)
{
	struct salvage_day *day = day_of(s, row->label);
	int r = day ? write_row(s, row) : -ENOBUFS; /* the slice ends, and this picture is looked at again */

	s->look.last = hj_max(s->look.last, row->seq);
	if (r <= 0)
		return r;
	day->lo = hj_min(day->lo, row->seq);
	day->hi = hj_max(day->hi, row->seq);
	s->l->ends.rows++;
	s->look.rows++;
	if (!s->look.sure && s->rules.owed_kinds >> head->kind & 1 && row->label >= s->rules.owed_since_ms)
		hj_seqset_add(&s->look.owed, row->seq, row->seq);
	return 1;
}

bool salvage_row_of(uint64_t rowid, const struct hj_column *c, int count, struct hj_ledger_row *ret)
{
	if (count < 5 || c[0].type != HJ_COLUMN_NULL || c[1].type != HJ_COLUMN_INT || c[2].type != HJ_COLUMN_INT ||
	        c[3].type != HJ_COLUMN_BYTES || c[4].type != HJ_COLUMN_BYTES)
		return false;
	*ret = (struct hj_ledger_row){ .seq = rowid,
		.kind = c[1].number,
		.label = c[2].number,
		.head = c[3].bytes,
		.head_n = c[3].n,
		.body = c[4].bytes,
		.body_n = c[4].n };
	if (count > 5 && c[5].type == HJ_COLUMN_BYTES && c[5].n == HJ_MAC_BYTES)
		ret->mac = c[5].bytes;
	return true;
}

/* A row under a key that the file had, but that does not open here, may be a true one: it comes back as it is, and
 * shows what it is worth when the key comes. */
static int prove(struct hj_ledger *l, const struct hj_ledger_row *row, struct hj_head *head)
{
	const struct hj_ledger_segment *segment = ledger_segment_of(l, row->seq);
	int r = segment ? hj_ledger_row_open(l, row, head, NULL) : -EBADMSG;

	if (r == -ENOKEY && ledger_find_slot(l, segment->generation, head->key_id))
		return 0;
	return r;
}

static int take_row(
        enum hj_page_tree tree, uint64_t rowid, const struct hj_column *columns, int count, void *userdata)
{
	struct hj_salvage *s = userdata;
	struct hj_ledger_row row;
	struct hj_head head;
	int r;

	if (tree != HJ_PAGE_TABLE || !salvage_row_of(rowid, columns, count, &row) || row.seq >= s->before)
		return 0;
	r = prove(s->l, &row, &head);
	if (r < 0 && r != -ENOMEM) {
		s->look.strange++;
		return 0;
	}
	if (r >= 0 && row.seq <= s->l->ends.cut[head.kind].seq)
		return 1; /* it was cut, and only an old picture still has it */
	r = r < 0 ? r : put_back(s, &row, &head);
	return r < 0 ? r : 1;
}

static int put_days(struct hj_salvage *s)
{
	int r = 0;

	for (size_t i = 0; i < s->day_count && r >= 0; i++) {
		const struct salvage_day *day = &s->days[i];
		sqlite3_stmt *const both[] = { s->widen_span, s->put_span };

		for (size_t j = 0; j < 2 && day->hi && r >= 0; j++) {
			sqlite3_bind_int64(both[j], 1, day->day);
			sqlite3_bind_int64(both[j], 2, (int64_t)day->lo);
			sqlite3_bind_int64(both[j], 3, (int64_t)day->hi);
			if (!j)
				sqlite3_bind_int64(both[j], 4, (int64_t)s->before);
			r = ledger_errno(s->l->db, sqlite3_step(both[j]));
			sqlite3_reset(both[j]);
			if (sqlite3_changes(s->l->db))
				break;
		}
	}
	return r;
}

/* ---- slices ---- */

static int slice_of(struct hj_salvage *s, hj_usec until, ledger_scan_fn fn)
{
	int r = 0;

	for (unsigned i = 0; i < UNREAD_MOST && s->look.done < s->look.of; i++) {
		if (i && salvage_clock() >= until)
			break;
		r = ledger_scan_picture(s->scan, s->look.done, fn, s);
		if (r < 0)
			break;
		s->look.done++;
	}
	return r == -ENOBUFS ? 0 : r;
}

static int slice_keys(struct hj_salvage *s, hj_usec until)
{
	int r = slice_of(s, until, salvage_take_key);

	if (r < 0 || s->look.done < s->look.of)
		return r;
	s->look.phase = HJ_SALVAGE_STATE;
	s->look.done = 0;
	return salvage_use_keys(s->l);
}

static int slice_state(struct hj_salvage *s, hj_usec until)
{
	int r = slice_of(s, until, salvage_take_entry);

	if (r < 0 || s->look.done < s->look.of)
		return r;
	s->look.phase = HJ_SALVAGE_ROWS;
	s->look.done = 0;
	return 0;
}

/* Below it rows were cut, of one kind or of all: what is not there need not be lost. */
static uint64_t newest_cut(const struct hj_ledger *l)
{
	uint64_t seq = 0;

	for (int k = 1; k <= HJ_KIND_MOST; k++)
		seq = hj_max(seq, l->ends.cut[k].seq);
	return seq;
}

static int slice_rows(struct hj_salvage *s, hj_usec until)
{
	int r;

	s->day_count = 0;
	r = slice_of(s, until, take_row);
	if (r >= 0 && s->l->begun) {
		r = put_days(s);
		r = r < 0 ? ledger_spoiled(s->l, r) : r;
	}
	if (r < 0 || s->look.done < s->look.of)
		return r;
	s->look.phase = HJ_SALVAGE_COUNT;
	s->look.done = newest_cut(s->l);
	s->look.of = s->look.last;
	s->label_ms = INT64_MIN;
	return 0;
}

/* The rows of one generation follow each other without a hole, whatever key sealed them, but for what was cut. */
static void count_hole(struct hj_salvage *s, uint64_t seq, int64_t label_ms)
{
	uint64_t from = s->look.done, next = ledger_seq_after(from, seq);

	if (from && seq > next) {
		s->look.lost += seq - next;
		if (s->look.lost_begin_ms == INT64_MIN)
			s->look.lost_begin_ms = s->label_ms == INT64_MIN ? label_ms : s->label_ms;
		s->look.lost_end_ms = label_ms == INT64_MIN ? s->label_ms : label_ms;
	}
	s->look.done = seq;
	s->label_ms = label_ms;
}

/* *ret_rows: how many there were. */
static int count_some(struct hj_salvage *s, unsigned *ret_rows)
{
	sqlite3_stmt *sql = s->count_rows;
	int r;

	*ret_rows = 0;
	sqlite3_bind_int64(sql, 1, (int64_t)s->look.done);
	sqlite3_bind_int64(sql, 2, (int64_t)s->before);
	sqlite3_bind_int64(sql, 3, COUNT_ROWS);
	while ((r = sqlite3_step(sql)) == SQLITE_ROW) {
		count_hole(s, (uint64_t)sqlite3_column_int64(sql, 0), sqlite3_column_int64(sql, 1));
		++*ret_rows;
	}
	r = ledger_errno(s->l->db, r);
	sqlite3_reset(sql);
	return r;
}

static int slice_count(struct hj_salvage *s, hj_usec until)
{
	unsigned rows;
	int r;

	do {
		r = count_some(s, &rows);
		if (r < 0)
			return r;
	} while (rows == COUNT_ROWS && salvage_clock() < until);
	if (rows == COUNT_ROWS)
		return 0;
	if (s->look.done < s->look.last)
		count_hole(s, s->look.last + 1, INT64_MIN);
	s->look.phase = HJ_SALVAGE_OVER;
	s->look.end_ms = time(NULL) * HJ_MS_PER_SEC;
	return 0;
}

int hj_salvage_step(struct hj_salvage *s, hj_usec within)
{
	static int (*const slices[])(struct hj_salvage *, hj_usec) = {
		[HJ_SALVAGE_KEYS] = slice_keys,
		[HJ_SALVAGE_STATE] = slice_state,
		[HJ_SALVAGE_ROWS] = slice_rows,
		[HJ_SALVAGE_COUNT] = slice_count,
	};
	struct hj_salvage_look before = s->look;
	int64_t label_ms = s->label_ms;
	int r;

	if (s->look.phase >= HJ_SALVAGE_OVER)
		return 0;
	r = slices[s->look.phase](s, salvage_clock() + within);
	r = r < 0 ? r : salvage_put_position(s);
	if (r < 0)
		hj_ledger_rollback(s->l);
	else
		r = hj_ledger_commit(s->l);
	if (r < 0) {
		s->look = before;
		s->label_ms = label_ms;
		return r;
	}
	return s->look.phase < HJ_SALVAGE_OVER;
}

const struct hj_salvage_look *hj_salvage_look(const struct hj_salvage *s)
{
	return &s->look;
}
