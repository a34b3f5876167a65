/* Keys on their way through the sockets: see ipc_key.h. A passphrase's key crosses a socket that only the box's own
 * maintainers may open; no other key ever does. */
#include "hjgate/ipc_key.h"

#include <errno.h>
#include <string.h>

#include "hjgate/ipc.h"

void hj_key_hex(const uint8_t *bytes, size_t n, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * n] = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hj_key_from_hex(const char *text, uint8_t *ret, size_t n)
{
	if (strlen(text) != 2 * n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static json_t *slot_json(const struct hj_ledger_slot *s)
{
	char kek[2 * HJ_FINGERPRINT_BYTES + 1];

	hj_key_hex(s->fingerprint, HJ_FINGERPRINT_BYTES, kek);
	return json_pack("{s:i, s:i, s:s, s:I, s:b, s:b, s:s}", "generation", (int)s->generation, "id", s->id, "use",
	        s->use == HJ_KEY_DATA ? "data" : "chain", "begin", (json_int_t)s->begin_ms, "open", s->open, "used",
	        s->used, "kek", kek);
}

static json_t *recovery_json(const struct hj_ledger_recovery *r)
{
	char kek[2 * HJ_FINGERPRINT_BYTES + 1], salt[2 * HJ_SALT_BYTES + 1];

	hj_key_hex(r->fingerprint, HJ_FINGERPRINT_BYTES, kek);
	hj_key_hex(r->salt, HJ_SALT_BYTES, salt);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b}", "kek", kek, "salt", salt, "n", (json_int_t)r->n, "r",
	        (json_int_t)r->r, "p", (json_int_t)r->p, "known", r->known);
}

json_t *hj_key_state(struct hj_ledger *l, struct hj_keyring *k)
{
	const uint8_t *fingerprint = hj_keyring_fingerprint(k);
	const char *refused = hj_keyring_refused(k);
	json_t *slots = json_array(), *recovery = json_array();
	char kek[2 * HJ_FINGERPRINT_BYTES + 1] = "";
	struct hj_ledger_recovery way;
	struct hj_ledger_slot slot;

	if (fingerprint)
		hj_key_hex(fingerprint, HJ_FINGERPRINT_BYTES, kek);
	for (size_t i = 0; hj_ledger_slot_at(l, i, &slot); i++)
		json_array_append_new(slots, slot_json(&slot));
	for (size_t i = 0; hj_ledger_recovery_at(l, i, &way); i++)
		json_array_append_new(recovery, recovery_json(&way));
	return json_pack("{s:s, s:o, s:o, s:I, s:o, s:o}", "source", hj_keyring_source(k), "kek",
	        fingerprint ? json_string(kek) : json_null(), "refused",
	        *refused ? json_string(refused) : json_null(), "locked", (json_int_t)hj_ledger_locked_slots(l),
	        "slots", slots, "recovery", recovery);
}

int hj_key_read_key(json_t *parameters, uint8_t ret_key[HJ_KEY_BYTES], const char **ret_bad)
{
	const char *key;
	const struct hj_param table[] = { { "key", HJ_PARAM_STRING, true, &key } };

	if (hj_params_read(parameters, table, hj_array_size(table), ret_bad) < 0)
		return -EINVAL;
	*ret_bad = "key";
	return hj_key_from_hex(key, ret_key, HJ_KEY_BYTES);
}

int hj_key_read_set(
        json_t *parameters, struct hj_ledger_recovery *ret, uint8_t ret_key[HJ_KEY_BYTES], const char **ret_bad)
{
	struct hj_ledger_recovery way = { 0 };
	const char *key, *salt;
	int64_t n, r, p;
	const struct hj_param table[] = {
		{ "key", HJ_PARAM_STRING, true, &key },
		{ "salt", HJ_PARAM_STRING, true, &salt },
		{ "n", HJ_PARAM_INT, true, &n },
		{ "r", HJ_PARAM_INT, true, &r },
		{ "p", HJ_PARAM_INT, true, &p },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), ret_bad) < 0)
		return -EINVAL;
	*ret_bad = "key";
	if (hj_key_from_hex(key, ret_key, HJ_KEY_BYTES) < 0)
		return -EINVAL;
	*ret_bad = "salt";
	if (hj_key_from_hex(salt, way.salt, HJ_SALT_BYTES) < 0)
		return -EINVAL;
	*ret_bad = "n";
	if (n != HJ_SCRYPT_N || r != HJ_SCRYPT_R || p != HJ_SCRYPT_P)
		return -EINVAL; /* weaker ones would be of no use, stronger ones of none on the next box */
	way.n = (uint32_t)n;
	way.r = (uint32_t)r;
	way.p = (uint32_t)p;
	*ret = way;
	return 0;
}
