/* Verifying: what is not a row. The ends of the chains, `state` entry by entry and as a whole, the indices, and heads
 * that somebody else has kept. */
#include "ledger_verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the day index ---- */

int verify_load_days(struct hj_verify *v)
{
	sqlite3_stmt *sql = NULL;
	size_t size = 0;
	int r = sqlite3_prepare_v2(v->l->db, "SELECT day, lo, hi FROM span ORDER BY day", -1, &sql, NULL);

	while (r == SQLITE_OK || r == SQLITE_ROW) {
		r = sqlite3_step(sql);
		if (r != SQLITE_ROW)
			break;
		if (v->day_count == size) {
			size = size ? 2 * size : 64;
			v->days = reallocarray(v->days, size, sizeof(*v->days));
			v->day = reallocarray(v->day, size, sizeof(*v->day));
			if (!v->days || !v->day) {
				sqlite3_finalize(sql);
				return -ENOMEM;
			}
		}
		v->day[v->day_count] = sqlite3_column_int64(sql, 0);
		v->days[v->day_count].from = (uint64_t)sqlite3_column_int64(sql, 1);
		v->days[v->day_count].to = (uint64_t)sqlite3_column_int64(sql, 2) ?: UINT64_MAX;
		v->day_count++;
	}
	r = ledger_errno(v->l->db, r);
	sqlite3_finalize(sql);
	return r;
}

bool verify_day_has(const struct hj_verify *v, int64_t label_ms, uint64_t seq)
{
	int64_t day = hj_window_start(label_ms, HJ_MS_PER_DAY);
	size_t low = 0, high = v->day_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (v->day[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < v->day_count && v->day[low] == day; low++)
		if (v->days[low].from <= seq && seq <= v->days[low].to)
			return true;
	return false;
}

static int count_rare(struct hj_verify *v, int64_t *ret)
{
	sqlite3_stmt *sql = NULL;
	int r = sqlite3_prepare_v2(
	        v->l->db, "SELECT count(*) FROM row INDEXED BY rare WHERE kind <> 1", -1, &sql, NULL);

	r = r == SQLITE_OK ? sqlite3_step(sql) : r;
	if (r == SQLITE_ROW)
		*ret = sqlite3_column_int64(sql, 0);
	r = ledger_errno(v->l->db, r);
	sqlite3_finalize(sql);
	return r;
}

/* SQLite's own check, of the whole tree: one that is bent may still give every row. */
static int check_tree(struct hj_verify *v)
{
	sqlite3_stmt *sql = NULL;
	int r = sqlite3_prepare_v2(v->l->db, "PRAGMA integrity_check(20)", -1, &sql, NULL);

	while ((r == SQLITE_OK || r == SQLITE_ROW) && (r = sqlite3_step(sql)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(sql, 0) ?: "";
		char key[HJ_LEDGER_KEY_MAX + 1];

		snprintf(key, sizeof(key), "%.*s", HJ_LEDGER_KEY_MAX, text);
		key[strcspn(key, "\n")] = '\0';
		if (strcmp(text, "ok"))
			verify_tell(v, HJ_FOUND_INDEX, 0, 0, INT64_MIN, 0, key);
	}
	r = ledger_errno(v->l->db, r);
	sqlite3_finalize(sql);
	return r;
}

/* Only where nobody writes beside it: then it is still. */
static int check_indices(struct hj_verify *v)
{
	int64_t rare = 0;
	int r = v->l->readonly ? count_rare(v, &rare) : 1;

	if (r)
		return r < 0 ? r : 0;
	if ((uint64_t)rare != v->rare && !v->look.salvaging)
		verify_tell(v, HJ_FOUND_INDEX, 0, 0, INT64_MIN, 0, "rare");
	return check_tree(v);
}

/* ---- the ends ---- */

static void check_ends(struct hj_verify *v)
{
	for (int kind = 1; kind <= HJ_KIND_MOST; kind++) {
		const struct hj_ledger_tail *tail = &v->tail[kind], *cut = &v->l->ends_committed.cut[kind];
		uint64_t newest = hj_max(v->chain[kind].seq, cut->seq);

		if (tail->seq > newest)
			verify_tell(v, HJ_FOUND_TRUNCATED, kind, newest, INT64_MIN, tail->seq, NULL);
		else if (tail->seq == v->chain[kind].seq && tail->seq &&
		         memcmp(tail->mac, v->chain[kind].before, HJ_MAC_BYTES))
			verify_tell(v, HJ_FOUND_CHANGED, kind, tail->seq, INT64_MIN, 0, NULL);
	}
}

/* ---- state ---- */

static int collect_key(const char *key, const void *value, size_t n, void *userdata)
{
	return hj_buf_put(userdata, key, strlen(key) + 1);
}

static int check_entry(struct hj_verify *v, const char *key)
{
	bool slot = !strncmp(key, KEY_SLOT, strlen(KEY_SLOT));
	int r = slot ? ledger_slot_check(v->l, key) : hj_ledger_state_check(v->l, key);

	if (r == -EBADMSG)
		verify_tell(v, slot ? HJ_FOUND_SLOT : HJ_FOUND_STATE, 0, 0, INT64_MIN, 0, key);
	return r == -ENOMEM ? r : 0;
}

static int check_state(struct hj_verify *v)
{
	_cleanup_(hj_buf_done) struct hj_buf keys = { 0 };
	uint64_t before = v->look.found;
	uint8_t set[HJ_MAC_BYTES];
	bool differs = v->l->found.state == HJ_SEAL_CHANGED && v->l->found.state_differs && v->l->readonly;
	int r = ledger_each_raw(v->l, "", collect_key, &keys);

	for (size_t at = 0; at < keys.len && r >= 0; at += strlen(keys.data + at) + 1)
		r = check_entry(v, keys.data + at);
	if (r >= 0 && v->l->chain.id && !v->l->readonly) {
		r = ledger_set_hash(v->l, &v->l->chain, set);
		differs = r >= 0 && memcmp(set, v->l->ends_committed.set, HJ_MAC_BYTES);
	}
	/* Each of them opens, but together they are not what was left: one is an older one, or is missing. */
	if (differs && v->look.found == before)
		verify_tell(v, HJ_FOUND_STATE, 0, 0, INT64_MIN, 0, NULL);
	return r < 0 ? r : 0;
}

static void check_seal(struct hj_verify *v)
{
	const struct hj_ledger_seal *f = &v->l->found;

	if (v->l->readonly && (f->state == HJ_SEAL_MISSING ||
	                              (f->state == HJ_SEAL_CHANGED && !f->state_differs && !f->rows_differ)))
		verify_tell(v, HJ_FOUND_SEAL, 0, 0, INT64_MIN, 0, NULL);
	if (f->noted != HJ_SEAL_GOOD || f->noted_commits)
		verify_tell(v, HJ_FOUND_NOTED, 0, f->noted_commits, INT64_MIN, 0, NULL);
}

int verify_whole(struct hj_verify *v)
{
	int r;

	check_ends(v);
	check_seal(v);
	r = check_state(v);
	return r < 0 ? r : check_indices(v);
}

/* ---- heads ---- */

void hj_verify_head(struct hj_verify *v, uint64_t seq, const char *digits)
{
	char mine[HJ_LEDGER_HEAD_DIGITS + 1];
	int r = hj_ledger_head(v->l, seq, mine);

	v->look.heads++;
	if (seq > hj_ledger_last(v->l)) {
		verify_tell(v, HJ_FOUND_ROLLED_BACK, 0, hj_ledger_last(v->l), INT64_MIN, seq, NULL);
		return;
	}
	if (r < 0 || (seq < v->begin && v->lost && strcmp(mine, digits))) {
		v->look.cut_heads++; /* what it stands on was cut, or lost with a damaged file */
		return;
	}
	if (strcmp(mine, digits)) {
		verify_tell(v, HJ_FOUND_REWRITTEN, 0, seq, INT64_MIN, 0, digits);
		return;
	}
	v->look.good++;
	v->look.newest_head = hj_max(v->look.newest_head, seq);
	if (!v->look.oldest_head || seq < v->look.oldest_head)
		v->look.oldest_head = seq;
}
