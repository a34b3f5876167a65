/* What proves the records, held against the truth: the seal over the whole, each row's place in the chain of its
 * kind, and a receipt for each acknowledgement that came with one. And a store of version 1, read before it becomes
 * one of this version. */
#include <stdio.h>
#include <string.h>

#include "../../src/sys/ledger_impl.h"
#include "truth.h"

#define OLD_TRAILER 16 /* bytes behind the set of what an uplink owed in version 1 */

/* ---- chains ---- */

struct chains {
	struct truth *t;
	struct hj_ledger *l;
	struct hj_ledger_tail tail[HJ_KIND_MOST + 1];
};

static int follow_chain(const struct hj_ledger_row *row, void *userdata)
{
	struct chains *c = userdata;
	struct hj_ledger_tail *tail = &c->tail[row->kind <= HJ_KIND_MOST ? row->kind : 0];
	struct hj_head head;
	uint8_t mac[HJ_MAC_BYTES];

	if (hj_ledger_row_open(c->l, row, &head, NULL) < 0)
		truth_fault(
		        c->t, TRUTH_WRONG, "the seal of record %llu does not verify", (unsigned long long)row->seq);
	if (hj_ledger_row_mac(c->l, row, tail->mac, mac) < 0 || (row->mac && memcmp(row->mac, mac, sizeof(mac))))
		truth_fault(c->t, TRUTH_WRONG, "record %llu is not in its chain", (unsigned long long)row->seq);
	tail->seq = row->seq;
	memcpy(tail->mac, mac, sizeof(mac));
	return 0;
}

static void check_chains(struct truth *t, struct hj_ledger *l)
{
	const struct hj_ledger_seal *seal = hj_ledger_seal_found(l);
	struct chains c = { .t = t, .l = l };

	if (seal->state != HJ_SEAL_GOOD && seal->state != HJ_SEAL_NEW)
		truth_fault(t, TRUTH_WRONG, "the seal of the whole is found as %d", (int)seal->state);
	for (int kind = 1; kind <= HJ_KIND_MOST; kind++)
		hj_ledger_cut_at(l, (enum hj_kind)kind, &c.tail[kind]);
	if (hj_ledger_each_row(l, 1, UINT64_MAX, follow_chain, &c) < 0)
		truth_fault(t, TRUTH_WRONG, "the chains do not read");
}

/* ---- receipts ---- */

struct counting {
	struct truth *t;
	size_t uplink;
};

static int count_receipt(const struct hj_receipt *one, void *userdata)
{
	const struct counting *c = userdata;

	for (uint64_t seq = one->from; seq <= one->to; seq++) {
		struct truth_row *row = truth_find_row(c->t, seq);

		if (row)
			row->receipts[c->uplink]++;
	}
	return 0;
}

static int count_record(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct counting c = { .t = userdata };
	char name[HJ_NAME_MAX + 1];
	const void *packed;
	size_t packed_n;

	if (hj_receipt_body_decode(body, n, name, &packed, &packed_n) < 0) {
		truth_fault(c.t, TRUTH_LOST, "receipts %llu do not decode", (unsigned long long)head->seq);
		return 0;
	}
	for (c.uplink = 0; c.uplink < TRUTH_UPLINKS; c.uplink++)
		if (!strcmp(name, c.t->uplinks[c.uplink].name))
			hj_receipts_each(packed, packed_n, count_receipt, &c);
	return 0;
}

static void check_receipts(struct truth *t, struct stored *s)
{
	int64_t kept = hj_now().wall_ms - TRUTH_KEPT_MS;

	for (size_t i = 0; i < t->row_count; i++)
		memset(t->rows[i].receipts, 0, sizeof(t->rows[i].receipts));
	hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_RECEIPT, count_record, t);
	for (size_t i = 0; i < TRUTH_UPLINKS; i++) {
		const struct uplink *u = owed_find(s, t->uplinks[i].name);
		struct counting c = { t, i };

		if (u)
			hj_receipts_each(u->receipts.packed.data, u->receipts.packed.len, count_receipt, &c);
	}
	for (size_t i = 0; i < t->row_count; i++)
		for (size_t u = 0; u < TRUTH_UPLINKS; u++) {
			const struct truth_row *row = &t->rows[i];
			unsigned want = row->acked[u] == ACK_YES && row->receipt[u];

			if (row->cut || row->label_ms < kept || row->acked[u] == ACK_ASKED ||
			        row->receipts[u] == want)
				continue;
			truth_fault(t, row->receipts[u] < want ? TRUTH_LOST : TRUTH_DOUBLED,
			        "%s has %u receipts of record %llu", t->uplinks[u].name, row->receipts[u],
			        (unsigned long long)row->seq);
		}
}

void truth_check_proof(struct truth *t, struct stored *s)
{
	check_chains(t, s->ledger);
	check_receipts(t, s);
}

/* ---- version 1 ---- */

static void adopt_rows(struct truth *t, sqlite3 *db)
{
	sqlite3_stmt *sql = NULL;

	sqlite3_prepare_v2(db, "SELECT seq, head, body FROM row ORDER BY seq", -1, &sql, NULL);
	while (sqlite3_step(sql) == SQLITE_ROW) {
		struct hj_head head;

		if (hj_head_decode(sqlite3_column_blob(sql, 1), (size_t)sqlite3_column_bytes(sql, 1), &head) < 0)
			continue;
		head.seq = (uint64_t)sqlite3_column_int64(sql, 0);
		truth_row(t, &head, sqlite3_column_blob(sql, 2), (size_t)sqlite3_column_bytes(sql, 2));
		t->foreign_upto = head.seq;
	}
	sqlite3_finalize(sql);
}

static void adopt_owed(struct truth *t, sqlite3 *db, size_t uplink)
{
	struct hj_seqset owed;
	sqlite3_stmt *sql = NULL;
	char key[32];

	snprintf(key, sizeof(key), "owed.%s", t->uplinks[uplink].name);
	sqlite3_prepare_v2(db, "SELECT value FROM state WHERE key = ?1", -1, &sql, NULL);
	sqlite3_bind_text(sql, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(sql) == SQLITE_ROW &&
	        hj_seqset_decode(sqlite3_column_blob(sql, 0), (size_t)sqlite3_column_bytes(sql, 0) - OLD_TRAILER,
	                &owed) >= 0) {
		t->uplinks[uplink].known = true;
		for (size_t i = 0; i < t->row_count; i++)
			t->rows[i].acked[uplink] = hj_seqset_has(&owed, t->rows[i].seq) ? ACK_NO : ACK_YES;
	}
	sqlite3_finalize(sql);
}

void truth_adopt(struct truth *t, const char *path)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
		adopt_rows(t, db);
		for (size_t i = 0; i < TRUTH_UPLINKS; i++)
			adopt_owed(t, db, i);
	}
	sqlite3_close(db);
}
