/* The way back when the KEK is lost with the box that had it: a passphrase's key wraps the KEK. The passphrase never
 * comes here, only the key that scrypt makes of it; that key is kept too, wrapped by the KEK, so that the next KEK
 * can be wrapped for the same passphrase without asking for it again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ledger_impl.h"

#define RECOVERY_VERSION 1
#define RECOVERY_AAD     "hjgate recovery"

enum { PASSPHRASE_WRAPS, KEK_WRAPS };

struct recovery {
	struct hj_ledger_recovery how;
	uint8_t wrapped[2][HJ_WRAPPED_BYTES]; /* the KEK; the passphrase's key */
};

struct listing {
	const struct hj_ledger *l;
	size_t at; /* which one is wanted; counted down */
	struct recovery *ret;
};

static int name_of(const uint8_t fingerprint[HJ_FINGERPRINT_BYTES], char ret[HJ_LEDGER_KEY_MAX])
{
	uint64_t name = 0;

	for (int i = 0; i < HJ_FINGERPRINT_BYTES; i++)
		name = name << 8 | fingerprint[i];
	return snprintf(ret, HJ_LEDGER_KEY_MAX, KEY_RECOVERY "%016llx", (unsigned long long)name);
}

int ledger_recovery_decode(const void *data, size_t n, struct hj_ledger_recovery *ret, const uint8_t *ret_wrapped[2])
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	unsigned version = (unsigned)hj_get_be(&in, 1);
	const void *fingerprint = hj_get_bytes(&in, HJ_FINGERPRINT_BYTES), *salt = hj_get_bytes(&in, HJ_SALT_BYTES);

	ret->n = (uint32_t)hj_get_be(&in, 4);
	ret->r = (uint32_t)hj_get_be(&in, 4);
	ret->p = (uint32_t)hj_get_be(&in, 4);
	ret_wrapped[PASSPHRASE_WRAPS] = hj_get_bytes(&in, HJ_WRAPPED_BYTES);
	ret_wrapped[KEK_WRAPS] = hj_get_bytes(&in, HJ_WRAPPED_BYTES);
	if (in.failed || in.p != in.end || version != RECOVERY_VERSION)
		return -EBADMSG;
	memcpy(ret->fingerprint, fingerprint, HJ_FINGERPRINT_BYTES);
	memcpy(ret->salt, salt, HJ_SALT_BYTES);
	return 0;
}

static int list_one(const char *key, const void *value, size_t n, void *userdata)
{
	struct listing *l = userdata;
	struct recovery one = { 0 };
	const uint8_t *wrapped[2];

	if (ledger_recovery_decode(value, n, &one.how, wrapped) < 0 || l->at--)
		return 0;
	one.how.known = hj_keyring_find(l->l->keyring, one.how.fingerprint);
	for (int i = 0; i < 2; i++)
		memcpy(one.wrapped[i], wrapped[i], HJ_WRAPPED_BYTES);
	*l->ret = one;
	return 1;
}

static int find(struct hj_ledger *l, size_t i, struct recovery *ret)
{
	struct listing listing = { .l = l, .at = i, .ret = ret };

	return ledger_each_raw(l, KEY_RECOVERY, list_one, &listing);
}

bool hj_ledger_recovery_at(struct hj_ledger *l, size_t i, struct hj_ledger_recovery *ret)
{
	struct recovery one;

	if (find(l, i, &one) <= 0)
		return false;
	*ret = one.how;
	return true;
}

/* ---- wrapping ---- */

static int wrap(const uint8_t by[HJ_KEY_BYTES], const uint8_t key[HJ_KEY_BYTES], uint8_t ret[HJ_WRAPPED_BYTES])
{
	_cleanup_(hj_cipher_freep) struct hj_cipher *c = NULL;
	int r = hj_cipher_new(by, &c);

	return r < 0 ? r : hj_seal(c, RECOVERY_AAD, sizeof(RECOVERY_AAD), key, HJ_KEY_BYTES, ret);
}

static int unwrap(const uint8_t by[HJ_KEY_BYTES], const uint8_t wrapped[HJ_WRAPPED_BYTES], uint8_t ret[HJ_KEY_BYTES])
{
	_cleanup_(hj_cipher_freep) struct hj_cipher *c = NULL;
	int r = hj_cipher_new(by, &c);

	return r < 0 ? r : hj_unseal(c, RECOVERY_AAD, sizeof(RECOVERY_AAD), wrapped, HJ_WRAPPED_BYTES, ret);
}

/* The KEK `i` of the ring, for the passphrase whose key this is. */
static int put_one(
        struct hj_ledger *l, size_t i, const struct hj_ledger_recovery *how, const uint8_t key[HJ_KEY_BYTES])
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	uint8_t wrapped[2][HJ_WRAPPED_BYTES];
	const uint8_t *fingerprint, *kek = hj_keyring_at(l->keyring, i, &fingerprint);
	char name[HJ_LEDGER_KEY_MAX];
	int r = wrap(key, kek, wrapped[PASSPHRASE_WRAPS]);

	r = r < 0 ? r : wrap(kek, key, wrapped[KEK_WRAPS]);
	r = r < 0 ? r : hj_buf_put_be(&b, RECOVERY_VERSION, 1);
	r = r < 0 ? r : hj_buf_put(&b, fingerprint, HJ_FINGERPRINT_BYTES);
	r = r < 0 ? r : hj_buf_put(&b, how->salt, HJ_SALT_BYTES);
	r = r < 0 ? r : hj_buf_put_be(&b, how->n, 4);
	r = r < 0 ? r : hj_buf_put_be(&b, how->r, 4);
	r = r < 0 ? r : hj_buf_put_be(&b, how->p, 4);
	r = r < 0 ? r : hj_buf_put(&b, wrapped, sizeof(wrapped));
	name_of(fingerprint, name);
	return r < 0 ? r : ledger_put_raw(l, name, b.data, b.len);
}

static int end(struct hj_ledger *l, int r)
{
	r = r < 0 ? r : hj_ledger_commit(l);
	if (r < 0)
		hj_ledger_rollback(l);
	return r;
}

int hj_ledger_recovery_set(struct hj_ledger *l, const struct hj_ledger_recovery *how, const uint8_t key[HJ_KEY_BYTES])
{
	const uint8_t *fingerprint;
	int r = l->begun ? -EBUSY : ledger_begin(l);

	if (r < 0)
		return r;
	for (size_t i = 0; hj_keyring_at(l->keyring, i, &fingerprint) && r >= 0; i++)
		r = put_one(l, i, how, key);
	return end(l, r);
}

/* The KEK in use is wrapped for the passphrase that an older one is wrapped for, where that older one is here. */
int ledger_recovery_follow(struct hj_ledger *l)
{
	const uint8_t *used = hj_keyring_fingerprint(l->keyring), *fingerprint;
	struct recovery one;
	uint8_t key[HJ_KEY_BYTES];
	int r = 0;

	if (!used || find(l, 0, &one) <= 0)
		return 0;
	for (size_t i = 0; find(l, i, &one) > 0; i++)
		if (!memcmp(one.how.fingerprint, used, HJ_FINGERPRINT_BYTES))
			return 0;
	for (size_t i = 0; r <= 0 && find(l, i, &one) > 0; i++)
		for (size_t k = 0; hj_keyring_at(l->keyring, k, &fingerprint) && r <= 0; k++)
			if (!memcmp(one.how.fingerprint, fingerprint, HJ_FINGERPRINT_BYTES))
				r = unwrap(hj_keyring_at(l->keyring, k, &fingerprint), one.wrapped[KEK_WRAPS], key) >=
				    0;
	if (r <= 0)
		return 0;
	r = -ENOKEY;
	for (size_t k = 0; hj_keyring_at(l->keyring, k, &fingerprint); k++)
		if (!memcmp(fingerprint, used, HJ_FINGERPRINT_BYTES))
			r = put_one(l, k, &one.how, key);
	hj_wipe(key, sizeof(key));
	return r;
}

int hj_ledger_recover(struct hj_ledger *l, const uint8_t key[HJ_KEY_BYTES])
{
	struct recovery one;
	uint8_t kek[HJ_KEY_BYTES];
	bool fits = false;

	if (l->begun)
		return -EBUSY;
	for (size_t i = 0; find(l, i, &one) > 0; i++) {
		int r = unwrap(key, one.wrapped[PASSPHRASE_WRAPS], kek);

		if (r >= 0) {
			fits = true;
			r = hj_keyring_add(l->keyring, kek);
			hj_wipe(kek, sizeof(kek));
		}
		if (r == -ENOMEM)
			return r; /* which is no wrong passphrase */
	}
	return fits ? hj_ledger_unlock(l) : -EKEYREJECTED;
}
