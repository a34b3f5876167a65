/* Verifying: the chain of a kind. A row that does not follow from the one before it is in doubt until the next one
 * shows which of the two it goes on from: so a changed mac, a row that is missing and a row that was put in are told
 * apart. */
#include "ledger_verify.h"

#include <errno.h>
#include <string.h>

/* A row with a bad seal is told of for itself. */
void verify_tell_doubt(struct hj_verify *v, int kind, enum hj_finding_what what)
{
	struct verify_doubt *d = &v->chain[kind].doubt;

	if (d->is && (!d->bad || what == HJ_FOUND_INSERTED))
		verify_tell(v, what, kind, d->seq, d->label_ms, 0, NULL);
	d->is = false;
}

static bool follows(struct hj_verify *v, const struct hj_ledger_row *row, const uint8_t before[HJ_MAC_BYTES])
{
	uint8_t mac[HJ_MAC_BYTES];

	return row->mac && hj_ledger_row_mac(v->l, row, before, mac) >= 0 && !memcmp(mac, row->mac, HJ_MAC_BYTES);
}

/* What the row in doubt is, now that the next one is here. false: that does not follow from any of it. */
static bool resolve(struct hj_verify *v, int kind, const struct hj_ledger_row *row)
{
	struct verify_doubt *d = &v->chain[kind].doubt;
	const struct {
		const uint8_t *before;
		enum hj_finding_what what;
	} ways[] = { { d->mac, HJ_FOUND_REMOVED }, { d->right, HJ_FOUND_CHANGED }, { d->before, HJ_FOUND_INSERTED } };

	for (size_t i = 0; i < hj_array_size(ways); i++)
		if (follows(v, row, ways[i].before)) {
			verify_tell_doubt(v, kind, ways[i].what);
			return true;
		}
	verify_tell_doubt(v, kind, HJ_FOUND_REMOVED);
	return false;
}

static void doubt(
        struct verify_chain *c, const struct hj_ledger_row *row, const uint8_t right[HJ_MAC_BYTES], bool bad)
{
	c->doubt = (struct verify_doubt){ .is = true, .bad = bad, .seq = row->seq, .label_ms = row->label };
	memcpy(c->doubt.right, right, HJ_MAC_BYTES);
	memcpy(c->doubt.before, c->before, HJ_MAC_BYTES);
	if (row->mac)
		memcpy(c->doubt.mac, row->mac, HJ_MAC_BYTES);
}

/* Retention may have cut what was just looked at; and a segment that is not linked begins with zeros. */
void verify_chain_begin(struct hj_verify *v, int kind, uint64_t seq)
{
	struct verify_chain *c = &v->chain[kind];
	const struct hj_ledger_tail *cut = &v->l->ends_committed.cut[kind];
	uint64_t begin = ledger_chain_begin(v->l, seq);

	if (cut->seq > c->seq && cut->seq < seq && cut->seq >= begin) {
		memcpy(c->before, cut->mac, HJ_MAC_BYTES);
		c->doubt.is = c->unknown = false;
	}
	if (begin > hj_max(c->seq, cut->seq)) {
		verify_tell_doubt(v, kind, HJ_FOUND_REMOVED);
		memset(c->before, 0, HJ_MAC_BYTES);
		c->unknown = false;
	}
}

/* Rows of version 1 have no mac: theirs is worked out, and held against what the migration noted. */
int verify_follow_plain(struct hj_verify *v, int kind, const struct hj_ledger_row *row)
{
	struct verify_chain *c = &v->chain[kind];
	const struct hj_ledger_tail *noted = &v->l->plain[kind];
	int r = hj_ledger_row_mac(v->l, row, c->before, c->before);

	if (r == -ENOKEY)
		v->look.unchained++;
	else if (r < 0 || (row->seq == noted->seq && !c->unknown && memcmp(c->before, noted->mac, HJ_MAC_BYTES)))
		verify_tell(v, HJ_FOUND_CHANGED, kind, row->seq, row->label, 0, NULL);
	if (row->seq == noted->seq) {
		memcpy(c->before, noted->mac, HJ_MAC_BYTES);
		c->unknown = false;
	}
	c->seq = row->seq;
	return r == -ENOMEM ? r : 0;
}

int verify_follow(struct hj_verify *v, int kind, const struct hj_ledger_row *row, bool bad)
{
	struct verify_chain *c = &v->chain[kind];
	uint8_t right[HJ_MAC_BYTES] = { 0 };
	int r = hj_ledger_row_mac(v->l, row, c->before, right);

	if (r == -ENOMEM)
		return r;
	if (r == -ENOKEY)
		v->look.unchained++;
	if (r == -ENOKEY || (c->unknown && row->mac && !bad)) {
		c->unknown = false;
	} else if (c->doubt.is && resolve(v, kind, row)) {
	} else if (r < 0 || !row->mac || memcmp(right, row->mac, HJ_MAC_BYTES)) {
		doubt(c, row, right, bad);
	}
	c->seq = row->seq;
	if (row->mac)
		memcpy(c->before, row->mac, HJ_MAC_BYTES);
	return 0;
}

/* The newest row was of this kind: what the ledger holds for its end is the row after it. */
void verify_chain_end(struct hj_verify *v, int kind)
{
	struct verify_chain *c = &v->chain[kind];
	const struct hj_ledger_tail *tail = &v->tail[kind];
	const struct verify_doubt *d = &c->doubt;

	if (!d->is)
		return;
	if (tail->seq == d->seq && !memcmp(tail->mac, d->right, HJ_MAC_BYTES))
		verify_tell_doubt(v, kind, HJ_FOUND_CHANGED);
	else if (tail->seq < d->seq && !memcmp(tail->mac, d->before, HJ_MAC_BYTES))
		verify_tell_doubt(v, kind, HJ_FOUND_INSERTED);
	else
		verify_tell_doubt(v, kind, HJ_FOUND_REMOVED);
}
