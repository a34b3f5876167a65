/* `state`: values by key, each sealed with its key as aad, or (few) in clear with a mac. A hash over all of them, the
 * exclusive-or of one mac an entry, is moved on with each change and goes into `ledger.seal`: so an entry that was
 * put back to what it once was shows, too, although it opens. What is the ledger's own lies there as it is. */
#include <errno.h>
#include <string.h>

#include "ledger_impl.h"

enum { FORM_CLEAR = 0, FORM_SEALED = 1 };

#define NAME_BYTES  5 /* form, generation, id */
#define CLEAR_BYTES (1 + HJ_MAC_BYTES)

static bool is_own(const char *key)
{
	return !strncmp(key, KEY_OWN, strlen(KEY_OWN));
}

/* ---- raw ---- */

int ledger_get_raw(struct hj_ledger *l, const char *key, struct hj_buf *to)
{
	sqlite3_stmt *sql = l->sql[SQL_GET];
	int r;

	sqlite3_bind_text(sql, 1, key, -1, SQLITE_STATIC);
	r = sqlite3_step(sql);
	if (r == SQLITE_ROW)
		r = hj_buf_put(to, sqlite3_column_blob(sql, 0), (size_t)sqlite3_column_bytes(sql, 0));
	else
		r = r == SQLITE_DONE ? -ENOENT : ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return r;
}

int ledger_each_raw(struct hj_ledger *l, const char *prefix, ledger_raw_fn fn, void *userdata)
{
	sqlite3_stmt *sql = l->sql[SQL_EACH];
	size_t length = strlen(prefix);
	int r = SQLITE_DONE, stop = 0;

	sqlite3_bind_text(sql, 1, prefix, -1, SQLITE_STATIC);
	while (!stop && (r = sqlite3_step(sql)) == SQLITE_ROW) {
		const char *key = (const char *)sqlite3_column_text(sql, 0);

		if (!key || strncmp(key, prefix, length))
			break;
		stop = fn(key, sqlite3_column_blob(sql, 1) ?: "", (size_t)sqlite3_column_bytes(sql, 1), userdata);
	}
	if (!stop)
		stop = r == SQLITE_ROW ? 0 : ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return stop;
}

/* ---- the hash over all ---- */

static int entry_mac(
        struct ledger_chain *chain, const char *key, const void *value, size_t n, uint8_t ret[HJ_MAC_BYTES])
{
	uint8_t what[2] = { 's', (uint8_t)strlen(key) };
	const struct iovec parts[] = { { what, 2 }, { (void *)key, strlen(key) }, { (void *)value, n } };

	return hj_mac_cut(chain->state, parts, hj_array_size(parts), ret);
}

static void flip(uint8_t set[HJ_MAC_BYTES], const uint8_t mac[HJ_MAC_BYTES])
{
	for (size_t i = 0; i < HJ_MAC_BYTES; i++)
		set[i] ^= mac[i];
}

struct hashing {
	struct ledger_chain *chain;
	uint8_t set[HJ_MAC_BYTES];
};

static int hash_one(const char *key, const void *value, size_t n, void *userdata)
{
	struct hashing *h = userdata;
	uint8_t mac[HJ_MAC_BYTES];
	int r = strcmp(key, KEY_SEAL) ? entry_mac(h->chain, key, value, n, mac) : 1;

	if (r < 0)
		return r;
	if (!r)
		flip(h->set, mac);
	return 0;
}

int ledger_set_hash(struct hj_ledger *l, struct ledger_chain *chain, uint8_t ret[HJ_MAC_BYTES])
{
	struct hashing h = { .chain = chain };
	int r = ledger_each_raw(l, "", hash_one, &h);

	if (r >= 0)
		memcpy(ret, h.set, HJ_MAC_BYTES);
	return r;
}

/* Before the first chain key there is nothing to move on: the hash is made whole later. */
static int move_set(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	_cleanup_(hj_buf_done) struct hj_buf old = { 0 };
	uint8_t mac[HJ_MAC_BYTES];
	int r;

	if (!l->chain.id)
		return 0;
	r = ledger_get_raw(l, key, &old);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r >= 0) {
		r = entry_mac(&l->chain, key, old.data, old.len, mac);
		if (r < 0)
			return r;
		flip(l->ends.set, mac);
	}
	r = value ? entry_mac(&l->chain, key, value, n, mac) : 0;
	if (r >= 0 && value)
		flip(l->ends.set, mac);
	return r;
}

int ledger_put_raw(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	enum ledger_sql which = value ? SQL_PUT : SQL_DELETE;
	int r = ledger_begin(l);

	if (r < 0)
		return r;
	r = move_set(l, key, value, n);
	if (r < 0)
		return ledger_spoiled(l, r);
	sqlite3_bind_text(l->sql[which], 1, key, -1, SQLITE_STATIC);
	if (value)
		sqlite3_bind_blob(l->sql[which], 2, n ? value : "", (int)n, SQLITE_STATIC);
	return ledger_spoiled(l, ledger_step(l, which));
}

/* ---- sealed, and clear ---- */

static void put_name(uint8_t *to, const struct ledger_slot *slot)
{
	to[0] = FORM_SEALED;
	to[1] = (uint8_t)(slot->s.generation >> 8);
	to[2] = (uint8_t)slot->s.generation;
	to[3] = (uint8_t)(slot->s.id >> 8);
	to[4] = (uint8_t)slot->s.id;
}

int ledger_put_sealed(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	uint8_t *sealed = ledger_room(&l->sealing, NAME_BYTES + n + HJ_SEAL_BYTES);
	int r;

	if (!sealed)
		return -ENOMEM;
	put_name(sealed, &l->slots[l->data_slot]);
	r = hj_seal(l->writing, key, strlen(key), value, n, sealed + NAME_BYTES);
	return r < 0 ? r : ledger_put_raw(l, key, sealed, NAME_BYTES + n + HJ_SEAL_BYTES);
}

static int clear_mac(
        struct ledger_chain *chain, const char *key, const void *value, size_t n, uint8_t ret[HJ_MAC_BYTES])
{
	uint8_t what[2] = { 'c', (uint8_t)strlen(key) };
	const struct iovec parts[] = { { what, 2 }, { (void *)key, strlen(key) }, { (void *)value, n } };

	return hj_mac_cut(chain->state, parts, hj_array_size(parts), ret);
}

static int put_clear(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	uint8_t *room = ledger_room(&l->sealing, CLEAR_BYTES + n);
	int r;

	if (!room)
		return -ENOMEM;
	room[0] = FORM_CLEAR;
	if (n)
		memcpy(room + CLEAR_BYTES, value, n);
	r = clear_mac(&l->chain, key, value, n, room + 1);
	return r < 0 ? r : ledger_put_raw(l, key, room, CLEAR_BYTES + n);
}

/* *ret lies in `room` or in the value. */
static int open_value(struct hj_ledger *l, const char *key, const uint8_t *value, size_t n, struct ledger_room *room,
        const void **ret, size_t *ret_n)
{
	uint8_t mac[HJ_MAC_BYTES], *plain;
	struct hj_cipher *c;
	int r;

	if (l->keys_lost)
		return -EIO;
	if (n >= CLEAR_BYTES && value[0] == FORM_CLEAR) {
		*ret = value + CLEAR_BYTES;
		*ret_n = n - CLEAR_BYTES;
		if (!l->chain.id)
			return 0; /* only for tools that have no key: it cannot be told */
		r = clear_mac(&l->chain, key, *ret, *ret_n, mac);
		return r < 0 || hj_same_secret(mac, value + 1, HJ_MAC_BYTES) ? r : -EBADMSG;
	}
	if (n < NAME_BYTES + HJ_SEAL_BYTES || value[0] != FORM_SEALED)
		return -EBADMSG;
	r = ledger_cipher_of(l, (uint32_t)value[1] << 8 | value[2], (uint16_t)(value[3] << 8 | value[4]), &c);
	if (r < 0)
		return r;
	plain = ledger_room(room, n);
	r = plain ? hj_unseal(c, key, strlen(key), value + NAME_BYTES, n - NAME_BYTES, plain) : -ENOMEM;
	*ret = plain;
	*ret_n = n - NAME_BYTES - HJ_SEAL_BYTES;
	return r;
}

bool ledger_is_clear(const void *value, size_t n)
{
	return n >= CLEAR_BYTES && *(const uint8_t *)value == FORM_CLEAR;
}

/* Proved by any of the chains that the file ever had. */
static int open_clear(struct hj_ledger *l, const char *key, const uint8_t *value, size_t n, struct hj_buf *to)
{
	uint8_t mac[HJ_MAC_BYTES];
	int r = -EBADMSG;

	for (size_t i = l->segment_count; i-- > 0 && r == -EBADMSG;) {
		struct ledger_chain *chain;
		int k = ledger_chain_of(l, &l->segments[i], &chain);

		if (k == -ENOKEY)
			continue;
		r = k < 0 ? k : clear_mac(chain, key, value + CLEAR_BYTES, n - CLEAR_BYTES, mac);
		if (r >= 0 && !hj_same_secret(mac, value + 1, HJ_MAC_BYTES))
			r = -EBADMSG;
	}
	return r < 0 ? r : hj_buf_put(to, value + CLEAR_BYTES, n - CLEAR_BYTES);
}

int ledger_open_value(struct hj_ledger *l, const char *key, const void *value, size_t n, struct hj_buf *to)
{
	struct ledger_room room = { 0 };
	const void *plain;
	size_t plain_n;
	int r;

	if (ledger_is_clear(value, n))
		return open_clear(l, key, value, n, to);
	r = open_value(l, key, value, n, &room, &plain, &plain_n);
	r = r < 0 ? r : hj_buf_put(to, plain, plain_n);
	free(room.data);
	return r;
}

static bool key_is_bad(const char *key)
{
	return !*key || strlen(key) > HJ_LEDGER_KEY_MAX || is_own(key);
}

int hj_ledger_put(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	int r = key_is_bad(key) ? -EINVAL : n > HJ_LEDGER_STATE_MAX ? -EMSGSIZE : ledger_begin(l);

	if (r < 0)
		return r;
	return value ? ledger_put_sealed(l, key, value, n) : ledger_put_raw(l, key, NULL, 0);
}

int hj_ledger_put_clear(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	int r = key_is_bad(key) ? -EINVAL : n > HJ_LEDGER_STATE_MAX ? -EMSGSIZE : ledger_begin(l);

	if (r < 0)
		return r;
	return value ? put_clear(l, key, value, n) : ledger_put_raw(l, key, NULL, 0);
}

int hj_ledger_get(struct hj_ledger *l, const char *key, struct hj_buf *to)
{
	_cleanup_(hj_buf_done) struct hj_buf raw = { 0 };
	struct ledger_room room = { 0 };
	const void *value;
	size_t n;
	int r = ledger_get_raw(l, key, &raw);

	if (r < 0 || is_own(key))
		return r < 0 ? r : hj_buf_put(to, raw.data, raw.len);
	r = open_value(l, key, (uint8_t *)raw.data, raw.len, &room, &value, &n);
	r = r < 0 ? r : hj_buf_put(to, value, n);
	free(room.data);
	return r;
}

int hj_ledger_state_check(struct hj_ledger *l, const char *key)
{
	_cleanup_(hj_buf_done) struct hj_buf value = { 0 };

	return !l->chain.id ? -ENOKEY : hj_ledger_get(l, key, &value);
}

struct each {
	struct hj_ledger *l;
	int (*fn)(const char *key, const void *value, size_t n, void *userdata);
	void *userdata;
	struct ledger_room room;
};

static int give_one(const char *key, const void *value, size_t n, void *userdata)
{
	struct each *e = userdata;
	const void *plain = value;
	size_t plain_n = n;
	int r = is_own(key) ? 0 : open_value(e->l, key, value, n, &e->room, &plain, &plain_n);

	if (r < 0 && r != -ENOKEY && r != -EBADMSG)
		return r;
	r = e->fn(key, r < 0 ? NULL : plain, r < 0 ? 0 : plain_n, e->userdata);
	return r < 0 ? r : 0;
}

int hj_ledger_each(struct hj_ledger *l, const char *prefix,
        int (*fn)(const char *key, const void *value, size_t n, void *userdata), void *userdata)
{
	struct each e = { .l = l, .fn = fn, .userdata = userdata };
	int r = ledger_each_raw(l, prefix, give_one, &e);

	free(e.room.data);
	return r;
}

/* ---- all of it anew ---- */

static int collect_key(const char *key, const void *value, size_t n, void *userdata)
{
	return is_own(key) ? 0 : hj_buf_put(userdata, key, strlen(key) + 1);
}

static int reseal_one(struct hj_ledger *l, const char *key, bool from_old)
{
	_cleanup_(hj_buf_done) struct hj_buf raw = { 0 };
	struct ledger_room room = { 0 };
	const void *value;
	size_t n;
	int r = ledger_get_raw(l, key, &raw);

	if (r < 0)
		return r;
	if (from_old)
		return ledger_put_sealed(l, key, raw.data, raw.len);
	if (raw.len >= CLEAR_BYTES && raw.data[0] == FORM_CLEAR)
		return put_clear(l, key, raw.data + CLEAR_BYTES, raw.len - CLEAR_BYTES);
	r = open_value(l, key, (uint8_t *)raw.data, raw.len, &room, &value, &n);
	r = r < 0 ? 0 : ledger_put_sealed(l, key, value, n); /* what is locked stays as it is */
	free(room.data);
	return r;
}

int ledger_reseal_state(struct hj_ledger *l, bool from_old)
{
	_cleanup_(hj_buf_done) struct hj_buf keys = { 0 };
	int r = ledger_each_raw(l, "", collect_key, &keys);

	for (size_t at = 0; at < keys.len && r >= 0; at += strlen(keys.data + at) + 1)
		r = reseal_one(l, keys.data + at, from_old);
	return r < 0 ? r : 0;
}
