/* Every row that still lies in a ledger's file and its log, page by page, whatever became of the tree above them. The
 * newest comes first: the log from its end, then the file from its end. Nothing is written. */
#pragma once

#include "hjgate/ledger_page.h"

struct ledger_scan;

#define LEDGER_SCAN_ROW_MOST (160u << 10) /* bytes; a longer row is none of ours */

int ledger_scan_open(const char *path, struct ledger_scan **ret);
void ledger_scan_close(struct ledger_scan *s);

/* How many pictures of pages there are: of the log's frames and of the file's pages. */
uint64_t ledger_scan_pictures(const struct ledger_scan *s);
/* Has the log promised frames that SQLite does not see, because of a damaged one before them? Where the file has them
 * all the same (they were copied into it before), no. */
bool ledger_scan_is_behind(struct ledger_scan *s);

/* > 0: the row is taken. 0: it is not a true one; it is offered again where its longer part may lie elsewhere.
 * < 0 stops. */
typedef int (*ledger_scan_fn)(
        enum hj_page_tree tree, uint64_t rowid, const struct hj_column *columns, int count, void *userdata);
int ledger_scan_picture(struct ledger_scan *s, uint64_t i, ledger_scan_fn fn, void *userdata);
