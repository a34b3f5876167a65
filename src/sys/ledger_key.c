/* The file's own keys, each wrapped by a KEK in a slot of `state`. A slot that no KEK opens stays; what is sealed by
 * it is locked until its KEK comes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/now.h"
#include "hjgate/text.h"
#include "ledger_impl.h"

#define SLOT_VERSION 1
#define EPOCH_MS     (HJ_LEDGER_EPOCH_DAYS * HJ_MS_PER_DAY)

/* ---- slots ---- */

static size_t slot_aad(const struct hj_ledger_slot *s, uint8_t ret[16])
{
	ret[0] = SLOT_VERSION;
	ret[1] = s->use;
	for (int i = 0; i < 4; i++)
		ret[2 + i] = (uint8_t)(s->generation >> (8 * i));
	for (int i = 0; i < 2; i++)
		ret[6 + i] = (uint8_t)(s->id >> (8 * i));
	for (int i = 0; i < 8; i++)
		ret[8 + i] = (uint8_t)((uint64_t)s->begin_ms >> (8 * i));
	return 16;
}

int ledger_slot_decode(const void *data, size_t n, struct hj_ledger_slot *ret, const uint8_t **ret_wrapped)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	const void *fingerprint, *wrapped;
	unsigned version = (unsigned)hj_get_be(&in, 1);

	ret->use = (uint8_t)hj_get_be(&in, 1);
	ret->begin_ms = (int64_t)hj_get_be(&in, 8);
	fingerprint = hj_get_bytes(&in, HJ_FINGERPRINT_BYTES);
	wrapped = hj_get_bytes(&in, HJ_WRAPPED_BYTES);
	if (in.failed || in.p != in.end || version != SLOT_VERSION ||
	        (ret->use != HJ_KEY_DATA && ret->use != HJ_KEY_CHAIN))
		return -EBADMSG;
	memcpy(ret->fingerprint, fingerprint, HJ_FINGERPRINT_BYTES);
	*ret_wrapped = wrapped;
	return 0;
}

static int put_slot(struct hj_ledger *l, struct ledger_slot *slot)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	const uint8_t *fingerprint = hj_keyring_fingerprint(l->keyring);
	uint8_t aad[16], wrapped[HJ_WRAPPED_BYTES];
	char key[HJ_LEDGER_KEY_MAX];
	int r = hj_keyring_wrap(l->keyring, aad, slot_aad(&slot->s, aad), slot->key, wrapped);

	if (r < 0)
		return r;
	memcpy(slot->s.fingerprint, fingerprint, HJ_FINGERPRINT_BYTES);
	r = hj_buf_put_be(&b, SLOT_VERSION, 1);
	r = r < 0 ? r : hj_buf_put_be(&b, slot->s.use, 1);
	r = r < 0 ? r : hj_buf_put_be(&b, (uint64_t)slot->s.begin_ms, 8);
	r = r < 0 ? r : hj_buf_put(&b, slot->s.fingerprint, HJ_FINGERPRINT_BYTES);
	r = r < 0 ? r : hj_buf_put(&b, wrapped, sizeof(wrapped));
	snprintf(key, sizeof(key), KEY_SLOT "%u.%u", slot->s.generation, slot->s.id);
	r = r < 0 ? r : ledger_put_raw(l, key, b.data, b.len);
	if (r >= 0)
		slot->stale = false;
	return r;
}

static int add_slot(struct hj_ledger *l, const struct ledger_slot *slot)
{
	struct ledger_slot *slots;

	if (l->slot_count == LEDGER_SLOTS_MAX)
		return -EUCLEAN;
	slots = calloc(l->slot_count + 1, sizeof(*slots)); /* no realloc: it leaves keys behind */
	if (!slots)
		return -ENOMEM;
	if (l->slot_count)
		memcpy(slots, l->slots, l->slot_count * sizeof(*slots));
	slots[l->slot_count] = *slot;
	hj_wipe(l->slots, l->slot_count * sizeof(*slots));
	free(l->slots);
	l->slots = slots;
	l->slot_count++;
	return 0;
}

/* "GENERATION.ID" */
static int parse_slot_name(const char *name, struct hj_ledger_slot *ret)
{
	const char *dot = strchr(name, '.');
	uint64_t generation, id;

	if (!dot || hj_uint_parse(name, (size_t)(dot - name), UINT16_MAX, &generation) < 0 ||
	        hj_uint_parse(dot + 1, strlen(dot + 1), UINT16_MAX, &id) < 0 || !id)
		return -EBADMSG;
	ret->generation = (uint32_t)generation;
	ret->id = (uint16_t)id;
	return 0;
}

static int load_slot(const char *key, const void *value, size_t n, void *userdata)
{
	struct hj_ledger *l = userdata;
	struct ledger_slot slot = { 0 };
	const uint8_t *wrapped;

	if (parse_slot_name(key + strlen(KEY_SLOT), &slot.s) < 0)
		return 0;
	/* One that does not decode is one that is lost: its rows are locked, its id is not given again. */
	if (ledger_slot_decode(value, n, &slot.s, &wrapped) < 0)
		slot.s.use = 0;
	return add_slot(l, &slot);
}

static void forget_slots(struct hj_ledger *l)
{
	hj_wipe(l->slots, l->slot_count * sizeof(*l->slots));
	free(l->slots);
	l->slots = NULL;
	l->slot_count = 0;
}

int ledger_load_slots(struct hj_ledger *l)
{
	forget_slots(l);
	return ledger_each_raw(l, KEY_SLOT, load_slot, l);
}

static int open_slot(struct hj_ledger *l, struct ledger_slot *slot)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	const uint8_t *wrapped, *fingerprint = hj_keyring_fingerprint(l->keyring);
	struct hj_ledger_slot again = slot->s;
	char key[HJ_LEDGER_KEY_MAX];
	uint8_t aad[16];
	int r;

	snprintf(key, sizeof(key), KEY_SLOT "%u.%u", slot->s.generation, slot->s.id);
	r = ledger_get_raw(l, key, &b);
	r = r < 0 ? r : ledger_slot_decode(b.data, b.len, &again, &wrapped);
	r = r < 0 ? r
	          : hj_keyring_unwrap(
	                    l->keyring, slot->s.fingerprint, aad, slot_aad(&slot->s, aad), wrapped, slot->key);
	if (r < 0)
		return r == -ENOKEY || r == -EBADMSG ? 0 : r;
	slot->s.open = true;
	slot->stale = fingerprint && memcmp(fingerprint, slot->s.fingerprint, HJ_FINGERPRINT_BYTES);
	return 1;
}

int ledger_open_slots(struct hj_ledger *l)
{
	int opened = 0;

	for (size_t i = 0; i < l->slot_count; i++) {
		int r = l->slots[i].s.open ? 0 : open_slot(l, &l->slots[i]);

		if (r < 0)
			return r;
		opened += r;
	}
	return opened;
}

int ledger_slot_check(struct hj_ledger *l, const char *key)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_ledger_slot slot = { 0 };
	uint8_t aad[16], opened[HJ_KEY_BYTES];
	const uint8_t *wrapped;
	int r = ledger_get_raw(l, key, &b);

	r = r < 0 ? r : parse_slot_name(key + strlen(KEY_SLOT), &slot);
	r = r < 0 ? r : ledger_slot_decode(b.data, b.len, &slot, &wrapped);
	r = r < 0 ? r : hj_keyring_unwrap(l->keyring, slot.fingerprint, aad, slot_aad(&slot, aad), wrapped, opened);
	hj_wipe(opened, sizeof(opened));
	return r;
}

int ledger_wrap_stale(struct hj_ledger *l)
{
	int r = 0;

	for (size_t i = 0; i < l->slot_count && r >= 0; i++)
		if (l->slots[i].s.open && l->slots[i].stale)
			r = put_slot(l, &l->slots[i]);
	return r;
}

struct ledger_slot *ledger_find_slot(const struct hj_ledger *l, uint32_t generation, uint16_t id)
{
	for (size_t i = l->slot_count; i-- > 0;)
		if (l->slots[i].s.generation == generation && l->slots[i].s.id == id)
			return &l->slots[i];
	return NULL;
}

int ledger_new_slot(struct hj_ledger *l, uint32_t generation, enum hj_key_use use, size_t *ret)
{
	struct ledger_slot slot = { .s = { .generation = generation, .use = (uint8_t)use, .open = true } };
	uint16_t id = 0;
	int r;

	for (size_t i = 0; i < l->slot_count; i++)
		if (l->slots[i].s.generation == generation)
			id = hj_max(id, l->slots[i].s.id);
	if (id == UINT16_MAX)
		return -ENOSPC;
	slot.s.id = (uint16_t)(id + 1);
	slot.s.begin_ms = hj_now().wall_ms;
	r = hj_random(slot.key, HJ_KEY_BYTES);
	r = r < 0 ? r : put_slot(l, &slot);
	r = r < 0 ? r : add_slot(l, &slot);
	hj_wipe(&slot, sizeof(slot));
	l->keys_changed = true;
	*ret = l->slot_count - 1;
	return r;
}

/* ---- which key ---- */

int ledger_cipher_of(struct hj_ledger *l, uint32_t generation, uint16_t id, struct hj_cipher **ret)
{
	struct ledger_slot *slot = ledger_find_slot(l, generation, id);
	int r;

	if (!slot || !slot->s.open || slot->s.use != HJ_KEY_DATA)
		return -ENOKEY;
	if (l->writing && slot == &l->slots[l->data_slot]) {
		*ret = l->writing;
		return 0;
	}
	if (!l->other || slot != &l->slots[l->other_slot]) {
		hj_cipher_freep(&l->other);
		r = hj_cipher_new(slot->key, &l->other);
		if (r < 0)
			return r;
		l->other_slot = (size_t)(slot - l->slots);
	}
	*ret = l->other;
	return 0;
}

/* The data key with the greatest id of the newest generation, where it is open, and that segment's chain key. */
int ledger_use_newest(struct hj_ledger *l)
{
	const struct hj_ledger_segment *s = &l->segments[l->segment_count - 1];
	struct ledger_slot *chain = ledger_find_slot(l, s->generation, s->chain_key), *data = NULL;
	int r;

	hj_cipher_freep(&l->writing);
	hj_cipher_freep(&l->other);
	ledger_chain_done(&l->chain);
	ledger_chain_done(&l->other_chain);
	memcpy(l->store_id, s->store_id, HJ_ID_BYTES);
	if (chain && chain->s.open && chain->s.use == HJ_KEY_CHAIN) {
		r = ledger_make_chain(chain, &l->chain);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < l->slot_count; i++)
		if (l->slots[i].s.generation == s->generation && l->slots[i].s.use == HJ_KEY_DATA &&
		        (!data || l->slots[i].s.id > data->s.id))
			data = &l->slots[i];
	if (!l->chain.id || !data || !data->s.open)
		return -ENOKEY;
	l->data_slot = (size_t)(data - l->slots);
	return hj_cipher_new(data->key, &l->writing);
}

static int new_data_key(struct hj_ledger *l)
{
	size_t at;
	int r = ledger_new_slot(l, hj_ledger_generation(l), HJ_KEY_DATA, &at);

	r = r < 0 ? r : ledger_use_newest(l);
	return r < 0 ? r : ledger_reseal_state(l, false);
}

/* A clock that was wrong by years makes a key more, not one that lasts for ever. */
int ledger_epoch(struct hj_ledger *l)
{
	int64_t age = hj_now().wall_ms - l->slots[l->data_slot].s.begin_ms;
	int r;

	if (age < EPOCH_MS && age > -EPOCH_MS)
		return 0;
	if (l->slot_count + LEDGER_SLOTS_SPARE >= LEDGER_SLOTS_MAX)
		return 0;
	r = new_data_key(l);
	return r < 0 ? ledger_spoiled(l, r) : 0;
}

void ledger_keys_done(struct hj_ledger *l)
{
	forget_slots(l);
	free(l->segments);
	hj_cipher_free(l->writing);
	hj_cipher_free(l->other);
	ledger_chain_done(&l->chain);
	ledger_chain_done(&l->other_chain);
}

/* After a rollback of a transaction that made keys. */
int ledger_reload_keys(struct hj_ledger *l)
{
	int r = ledger_load_slots(l);

	r = r < 0 ? r : ledger_load_segments(l);
	r = r < 0 ? r : ledger_open_slots(l);
	return r < 0 ? r : ledger_use_newest(l);
}

int ledger_keys_here(struct hj_ledger *l)
{
	int r = l->keys_lost ? ledger_reload_keys(l) : 0;

	l->keys_lost = r < 0;
	return hj_min(r, 0);
}

/* ---- for those who look, and those who change ---- */

bool hj_ledger_slot_at(const struct hj_ledger *l, size_t i, struct hj_ledger_slot *ret)
{
	if (i >= l->slot_count)
		return false;
	*ret = l->slots[i].s;
	ret->used = (i == l->data_slot && l->writing) ||
	            (l->chain.id && ret->id == l->chain.id && ret->generation == l->chain.generation);
	return true;
}

size_t hj_ledger_locked_slots(const struct hj_ledger *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->slot_count; i++)
		n += !l->slots[i].s.open;
	return n;
}

int hj_ledger_unlock(struct hj_ledger *l)
{
	const uint8_t *fingerprint;
	int r, opened;

	if (l->begun)
		return -EBUSY;
	r = ledger_keys_here(l);
	if (r < 0)
		return r;
	r = hj_keyring_look(l->keyring);
	if (r < 0 && r != -ENOKEY)
		return r;
	opened = ledger_open_slots(l);
	fingerprint = hj_keyring_fingerprint(l->keyring);
	for (size_t i = 0; i < l->slot_count; i++)
		l->slots[i].stale = l->slots[i].s.open && fingerprint &&
		                    memcmp(fingerprint, l->slots[i].s.fingerprint, HJ_FINGERPRINT_BYTES);
	if (opened > 0 && l->readonly)
		ledger_use_newest(l);
	if (opened < 0 || l->readonly)
		return opened;
	r = ledger_wrap_stale(l);
	r = r < 0 ? r : ledger_recovery_follow(l);
	r = r < 0 ? r : hj_ledger_commit(l);
	if (r < 0)
		hj_ledger_rollback(l);
	return r < 0 ? r : opened;
}

int hj_ledger_rotate(struct hj_ledger *l)
{
	int r = l->begun                                                 ? -EBUSY
	        : l->slot_count + LEDGER_SLOTS_SPARE >= LEDGER_SLOTS_MAX ? -ENOSPC
	                                                                 : ledger_begin(l);

	if (r < 0)
		return r;
	r = new_data_key(l);
	r = r < 0 ? r : hj_ledger_commit(l);
	if (r < 0)
		hj_ledger_rollback(l);
	return r;
}
