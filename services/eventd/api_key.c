/* hjgate.Event, the keys: Key (which looks for those that have come), KeyRotate, KeyRecoverySet, KeyRecover. Each of
 * the last three is an event that says who. */
#include "api_key.h"

#include <errno.h>
#include <string.h>

#include "hjgate/ipc_key.h"
#include "hjgate/log.h"

#define BY_MAX 64

static int fail(struct hj_ipc_call *call, int r)
{
	return hj_ipc_fail(call, "hjgate.Event.DiskTrouble", json_pack("{s:s}", "text", strerror(-r)));
}

/* While the disk is in trouble the file's keys are as they are. */
static int ready(const struct eventd *d)
{
	return d->ledger && !d->retry ? 0 : -EIO;
}

int api_key(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct eventd *d = userdata;
	const char *bad;
	int r = d->ledger ? eventd_look_for_keys(d) : -EIO;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	return r < 0 ? fail(call, r) : hj_ipc_reply(call, hj_key_state(d->ledger, d->keyring));
}

int api_key_rotate(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct eventd *d = userdata;
	char by[BY_MAX];
	const char *bad;
	int r = ready(d);

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	r = r < 0 ? r : hj_ledger_rotate(d->ledger);
	if (r < 0)
		return fail(call, r);
	hj_ipc_call_name(call, by, sizeof(by));
	eventd_say_key(d, "key-rotated", by, -1);
	return hj_ipc_reply(call, NULL);
}

int api_key_recovery_set(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct eventd *d = userdata;
	struct hj_ledger_recovery way;
	uint8_t key[HJ_KEY_BYTES];
	char by[BY_MAX];
	const char *bad;
	int r;

	if (hj_key_read_set(parameters, &way, key, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	r = ready(d);
	r = r < 0 ? r : hj_ledger_recovery_set(d->ledger, &way, key);
	hj_wipe(key, sizeof(key));
	if (r < 0)
		return fail(call, r);
	hj_ipc_call_name(call, by, sizeof(by));
	eventd_say_key(d, "key-recovery", by, -1);
	return hj_ipc_reply(call, NULL);
}

int api_key_recover(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct eventd *d = userdata;
	uint8_t key[HJ_KEY_BYTES];
	char by[BY_MAX];
	const char *bad;
	int opened;

	if (hj_key_read_key(parameters, key, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	opened = ready(d);
	opened = opened < 0 ? opened : hj_ledger_recover(d->ledger, key);
	hj_wipe(key, sizeof(key));
	hj_ipc_call_name(call, by, sizeof(by));
	if (opened == -EKEYREJECTED) {
		eventd_say_key(d, "key-tried", by, -1);
		return hj_ipc_fail(call, "hjgate.Event.WrongKey", NULL);
	}
	if (opened < 0)
		return fail(call, opened);
	eventd_say_key(d, "key-used", by, opened);
	eventd_keys_opened(d, opened);
	return hj_ipc_reply(call, json_pack("{s:i}", "opened", opened));
}
