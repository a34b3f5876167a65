/* What the files of the salvage share. */
#pragma once

#include <limits.h>

#include "hjgate/ledger_salvage.h"
#include "ledger_impl.h"
#include "ledger_scan.h"

#define SALVAGE_DAYS 16 /* days that the rows of one slice may be of */

struct salvage_day {
	int64_t day;
	uint64_t lo, hi; /* hi 0: nothing yet */
};

struct hj_salvage {
	struct hj_ledger *l;
	struct ledger_scan *scan; /* NULL: nothing in the file looks like a page */
	char path[PATH_MAX];
	struct hj_salvage_rules rules;
	struct hj_salvage_look look;
	uint64_t before; /* seqs below may be of the damaged file */
	int64_t label_ms;
	struct salvage_day days[SALVAGE_DAYS];
	size_t day_count;
	sqlite3_stmt *put_row, *widen_span, *put_span, *count_rows;
};

hj_usec salvage_clock(void);
int salvage_new(struct hj_ledger *l, const char *file, const struct hj_salvage_rules *rules, struct hj_salvage **ret);
int salvage_put_position(struct hj_salvage *s);
bool salvage_row_of(uint64_t rowid, const struct hj_column *columns, int count, struct hj_ledger_row *ret);

/* ledger_salvage_state.c */
/* What the state of the file says, by way of the database, and by the copy of the keys. */
int salvage_read_state(struct hj_salvage *s);
int salvage_take_key(
        enum hj_page_tree tree, uint64_t rowid, const struct hj_column *columns, int count, void *userdata);
int salvage_take_entry(
        enum hj_page_tree tree, uint64_t rowid, const struct hj_column *columns, int count, void *userdata);
int salvage_use_keys(struct hj_ledger *l); /* those that were put into state */
