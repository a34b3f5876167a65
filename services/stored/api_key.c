/* hjgate.Store, the keys: Key (which looks for those that have come), KeyRotate, KeyRecoverySet, KeyRecover. Each of
 * the last three is an event that says who. */
#include "api.h"

#include <errno.h>

#include "hjgate/ipc_key.h"
#include "hjgate/log.h"

#define BY_MAX 64

static int fail(struct hj_ipc_call *call, int r)
{
	return r == -ENOMEM ? r : api_fail(call, r, "keys", 0);
}

/* While the disk is in trouble the file's keys are as they are. */
static int refuse(struct hj_ipc_call *call, const struct stored *s)
{
	return fail(call, s->error ? s->error : -EIO);
}

int api_key(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	const char *bad;
	int r;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!s->ledger)
		return refuse(call, s);
	r = key_look(s);
	if (r < 0)
		return fail(call, r);
	return hj_ipc_reply(call, hj_key_state(s->ledger, s->keyring));
}

int api_key_rotate(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	char by[BY_MAX];
	const char *bad;
	int r;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!key_ready(s))
		return refuse(call, s);
	r = hj_ledger_rotate(s->ledger);
	if (r < 0)
		return fail(call, r);
	hj_ipc_call_name(call, by, sizeof(by));
	hj_notice("%s began a new data key", by);
	tell_key(s, "key-rotated", by, -1);
	key_keep_copy(s);
	return hj_ipc_reply(call, NULL);
}

int api_key_recovery_set(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	struct hj_ledger_recovery way;
	uint8_t key[HJ_KEY_BYTES];
	char by[BY_MAX];
	const char *bad;
	int r;

	if (hj_key_read_set(parameters, &way, key, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	r = key_ready(s) ? hj_ledger_recovery_set(s->ledger, &way, key) : -EIO;
	hj_wipe(key, sizeof(key));
	if (r < 0)
		return key_ready(s) ? fail(call, r) : refuse(call, s);
	hj_ipc_call_name(call, by, sizeof(by));
	hj_notice("%s set the recovery passphrase", by);
	tell_key(s, "key-recovery", by, -1);
	key_keep_copy(s);
	return hj_ipc_reply(call, NULL);
}

int api_key_recover(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	uint8_t key[HJ_KEY_BYTES];
	char by[BY_MAX];
	const char *bad;
	int opened;

	if (hj_key_read_key(parameters, key, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	opened = key_ready(s) ? hj_ledger_recover(s->ledger, key) : -EIO;
	hj_wipe(key, sizeof(key));
	hj_ipc_call_name(call, by, sizeof(by));
	if (opened == -EKEYREJECTED) {
		hj_warn("%s tried a wrong recovery passphrase", by);
		tell_key(s, "key-tried", by, -1);
		return hj_ipc_fail(call, "hjgate.Store.WrongKey", NULL);
	}
	if (opened < 0)
		return key_ready(s) ? fail(call, opened) : refuse(call, s);
	hj_notice("%s used the recovery passphrase: %d keys are open again", by, opened);
	tell_key(s, "key-used", by, opened);
	key_opened(s, opened);
	return hj_ipc_reply(call, json_pack("{s:i}", "opened", opened));
}
