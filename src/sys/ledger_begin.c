/* The beginning: what a new file, or one of version 1, gets in the transaction that makes it one of this version;
 * what is read into memory at each opening; and how it goes on where no key opens what is there. */
#include <errno.h>
#include <string.h>

#include "hjgate/now.h"
#include "ledger_impl.h"

/* A chain key, a data key and the segment that goes with them; then they are in use. */
static int begin_segment(struct hj_ledger *l, struct hj_ledger_segment *s)
{
	size_t chain, data;
	int r = ledger_new_slot(l, s->generation, HJ_KEY_CHAIN, &chain);

	if (r < 0)
		return r;
	s->chain_key = l->slots[chain].s.id;
	s->begin_ms = hj_now().wall_ms;
	r = ledger_new_slot(l, s->generation, HJ_KEY_DATA, &data);
	r = r < 0 ? r : ledger_new_segment(l, s);
	return r < 0 ? r : ledger_use_newest(l);
}

static int read_store_id(struct hj_ledger *l, uint8_t ret[HJ_ID_BYTES])
{
	_cleanup_(hj_buf_done) struct hj_buf id = { 0 };
	int r = ledger_get_raw(l, KEY_STORE, &id);

	if (r < 0 || id.len != HJ_ID_BYTES)
		return r == -ENOENT || r >= 0 ? -EUCLEAN : r;
	memcpy(ret, id.data, HJ_ID_BYTES);
	return 0;
}

int ledger_make(struct hj_ledger *l, uint32_t generation, bool from_old)
{
	struct hj_ledger_segment s = { .lo = generation * HJ_LEDGER_GENERATION + 1, .generation = generation };
	int r;

	l->begun = true; /* whoever migrates has begun, and commits */
	r = read_store_id(l, s.store_id);
	r = r < 0 ? r : ledger_load_range(l);
	r = r < 0 ? r : ledger_load_cuts(l);
	l->next = hj_max(l->last + 1, s.lo);
	r = r < 0 ? r : begin_segment(l, &s);
	r = r < 0 ? r : ledger_put_plain(l);
	r = r < 0 ? r : ledger_reseal_state(l, from_old);
	r = r < 0 ? r : ledger_set_hash(l, &l->chain, l->ends.set);
	r = r < 0 ? r : ledger_put_seal(l);
	return r;
}

int ledger_load(struct hj_ledger *l)
{
	int r;

	memset(&l->ends, 0, sizeof(l->ends));
	l->begun = l->keys_changed = false;
	r = ledger_load_range(l);
	r = r < 0 ? r : ledger_load_cuts(l);
	r = r < 0 ? r : ledger_load_plain(l);
	r = r < 0 ? r : ledger_load_slots(l);
	r = r < 0 ? r : ledger_load_segments(l);
	r = r < 0 ? r : ledger_open_slots(l);
	r = r < 0 ? r : ledger_use_newest(l);
	if (r < 0 && r != -ENOKEY)
		return r;
	l->last = hj_max(l->last, l->segments[l->segment_count - 1].lo - 1);
	r = ledger_find_seal(l);
	r = r < 0 ? r : ledger_day_load(l);
	l->next = l->last + 1;
	ledger_remember(l);
	return r;
}

/* A segment of the same file and generation; its chains are tied to the last rows, whoever sealed them. What is in
 * clear is taken over as it is: nobody can tell any more whether it was changed. A box whose KEK is brought after
 * each start does so at each of them; the file that has no room for more waits for its key, and is not damaged. */
static int go_on_fresh(struct hj_ledger *l)
{
	struct hj_ledger_segment s = l->segments[l->segment_count - 1];
	bool room = l->segment_count < LEDGER_SEGMENTS_MAX && l->slot_count + 2 <= LEDGER_SLOTS_MAX;
	int r = room ? ledger_begin(l) : -ENOKEY;

	s.lo = l->next;
	s.linked = true;
	r = r < 0 ? r : begin_segment(l, &s);
	r = r < 0 ? r : ledger_reseal_state(l, false);
	return r < 0 ? r : ledger_set_hash(l, &l->chain, l->ends.set);
}

static int note_found(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_buf_put_be(&b, l->ends.commits, 8);

	r = r < 0 ? r : hj_buf_put_be(&b, l->found.state, 1);
	return r < 0 ? r : ledger_put_raw(l, KEY_NOTED, b.data, b.len);
}

int ledger_go_on(struct hj_ledger *l)
{
	bool bad = l->found.state == HJ_SEAL_CHANGED || l->found.state == HJ_SEAL_MISSING;
	int r = l->writing ? 0 : go_on_fresh(l);

	r = r < 0 ? r : ledger_wrap_stale(l);
	r = r < 0 ? r : ledger_recovery_follow(l);
	r = r < 0 || !bad ? r : note_found(l);
	r = r < 0 ? r : hj_ledger_commit(l);
	if (r < 0)
		hj_ledger_rollback(l);
	return r;
}

int hj_ledger_begin_generation(struct hj_ledger *l, uint32_t generation)
{
	struct hj_ledger_segment s = {
		.lo = generation * HJ_LEDGER_GENERATION + 1, .generation = generation, .linked = true
	};
	int r;

	if (l->begun)
		return -EBUSY;
	if (generation > UINT16_MAX || generation <= hj_ledger_generation(l) || s.lo <= l->last)
		return -EINVAL;
	r = ledger_begin(l);
	r = r < 0 ? r : hj_random(s.store_id, HJ_ID_BYTES);
	l->next = s.lo;
	r = r < 0 ? r : begin_segment(l, &s);
	r = r < 0 ? r : ledger_reseal_state(l, false);
	r = r < 0 ? r : ledger_set_hash(l, &l->chain, l->ends.set);
	r = r < 0 ? r : hj_ledger_commit(l);
	if (r < 0)
		hj_ledger_rollback(l);
	return r;
}
