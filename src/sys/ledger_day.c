/* The day index: which stretches of seqs hold rows of a Beijing day. A stretch is written when a day opens and once
 * more when it closes, not with each row, so it costs no page a commit. While it is open it reaches to the newest
 * row; readers filter by label anyway, so a stretch that is too long costs time only. */
#include <errno.h>
#include <string.h>

#include "ledger_impl.h"

#define SPANS_AT_ONCE 32 /* stretches that are looked for together */

static int64_t day_of(int64_t label_ms)
{
	return hj_window_start(label_ms, HJ_MS_PER_DAY);
}

/* Of labels from begin to before end; where that is nothing no day is read. */
static int64_t last_day(int64_t begin_ms, int64_t end_ms)
{
	return day_of(end_ms > begin_ms ? end_ms - 1 : begin_ms);
}

static int close_span(struct hj_ledger *l, struct ledger_span *span)
{
	sqlite3_stmt *sql = l->sql[SQL_SPAN_CLOSE];
	int r;

	sqlite3_bind_int64(sql, 1, (int64_t)span->last);
	sqlite3_bind_int64(sql, 2, span->id);
	r = ledger_step(l, SQL_SPAN_CLOSE);
	if (r >= 0)
		*span = (struct ledger_span){ 0 };
	return r;
}

static int open_span(struct hj_ledger *l, struct ledger_span *span, int64_t day, uint64_t seq)
{
	sqlite3_stmt *sql = l->sql[SQL_SPAN_OPEN];
	int r;

	sqlite3_bind_int64(sql, 1, day);
	sqlite3_bind_int64(sql, 2, (int64_t)seq);
	r = ledger_step(l, SQL_SPAN_OPEN);
	if (r >= 0)
		*span = (struct ledger_span){ .id = sqlite3_last_insert_rowid(l->db), .day = day, .last = seq };
	return r;
}

int ledger_day_note(struct hj_ledger *l, uint64_t seq, int64_t label_ms)
{
	int64_t day = day_of(label_ms);
	struct ledger_span *oldest = &l->open[0];
	int r;

	for (size_t i = 0; i < HJ_LEDGER_OPEN_DAYS; i++) {
		struct ledger_span *span = &l->open[i];

		if (span->id && span->day == day) {
			span->last = seq;
			return 0;
		}
		if (oldest->id && (!span->id || span->last < oldest->last))
			oldest = span;
	}
	if (oldest->id) {
		r = close_span(l, oldest);
		if (r < 0)
			return r;
	}
	return open_span(l, oldest, day, seq);
}

/* How far an open stretch really reaches is not known after a start: to the newest row, to be safe. */
int ledger_day_load(struct hj_ledger *l)
{
	sqlite3_stmt *sql = l->sql[SQL_SPANS_OPEN];
	size_t n = 0;
	int r;

	while ((r = sqlite3_step(sql)) == SQLITE_ROW && n < HJ_LEDGER_OPEN_DAYS) {
		struct ledger_span *span = &l->open[n++];

		span->id = sqlite3_column_int64(sql, 0);
		span->day = sqlite3_column_int64(sql, 1);
		span->last = l->last;
	}
	r = r == SQLITE_ROW || r == SQLITE_DONE ? 0 : ledger_errno(l->db, r);
	sqlite3_reset(sql);
	memcpy(l->open_committed, l->open, sizeof(l->open));
	return r;
}

/* Runs SQL_SPANS or SQL_SPANS_BACK: the next stretches of these days beyond `done`. How many: as many as there is
 * room for, so that a year is not looked for day by day. */
static int next_spans(struct hj_ledger *l, enum ledger_sql which, const int64_t day[2], uint64_t done,
        struct hj_range ret[SPANS_AT_ONCE])
{
	sqlite3_stmt *sql = l->sql[which];
	int r = SQLITE_DONE, n = 0;

	sqlite3_bind_int64(sql, 1, day[0]);
	sqlite3_bind_int64(sql, 2, day[1]);
	sqlite3_bind_int64(sql, 3, (int64_t)done);
	sqlite3_bind_int64(sql, 4, (int64_t)l->last);
	while (n < SPANS_AT_ONCE && (r = sqlite3_step(sql)) == SQLITE_ROW) {
		ret[n].from = (uint64_t)sqlite3_column_int64(sql, 0);
		ret[n++].to = (uint64_t)sqlite3_column_int64(sql, 1);
	}
	r = r == SQLITE_ROW ? 0 : ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return r < 0 ? r : n;
}

/* Each seq is met once although stretches overlap: one that lies within those before it is passed over. */
int hj_ledger_read_labels(struct hj_ledger *l, uint64_t from, int64_t begin_ms, int64_t end_ms, unsigned kinds,
        hj_ledger_fn fn, void *userdata)
{
	const int64_t day[2] = { day_of(begin_ms), last_day(begin_ms, end_ms) };
	struct ledger_filter filter = { .begin_ms = begin_ms, .end_ms = end_ms, .kinds = kinds };
	uint64_t done = from ? from - 1 : 0;
	struct hj_range spans[SPANS_AT_ONCE];
	int n = begin_ms < end_ms ? SPANS_AT_ONCE : 0, r;

	while (n == SPANS_AT_ONCE) {
		n = next_spans(l, SQL_SPANS, day, done, spans);
		for (int i = 0; i < n; i++) {
			if (spans[i].to <= done)
				continue;
			r = ledger_read(l, hj_max(spans[i].from, done + 1), spans[i].to, &filter, fn, userdata);
			if (r)
				return r < 0 ? r : 0;
			done = spans[i].to;
		}
	}
	return n < 0 ? n : 0;
}

int hj_ledger_find_newest(
        struct hj_ledger *l, int64_t begin_ms, int64_t end_ms, unsigned kinds, uint64_t limit, uint64_t *ret_from)
{
	const int64_t day[2] = { day_of(begin_ms), last_day(begin_ms, end_ms) };
	struct ledger_filter filter = { .begin_ms = begin_ms, .end_ms = end_ms, .kinds = kinds };
	uint64_t done = l->last + 1, from = l->last + 1;
	struct hj_range spans[SPANS_AT_ONCE];
	int n = begin_ms < end_ms ? SPANS_AT_ONCE : 0, r;

	while (n == SPANS_AT_ONCE && limit) {
		n = next_spans(l, SQL_SPANS_BACK, day, done, spans);
		for (int i = 0; i < n && limit; i++) {
			if (spans[i].from >= done)
				continue;
			r = ledger_seek_back(l, spans[i].from, hj_min(spans[i].to, done - 1), &filter, &limit, &from);
			if (r < 0)
				return r;
			done = spans[i].from;
		}
	}
	if (n < 0)
		return n;
	*ret_from = from;
	return 0;
}
