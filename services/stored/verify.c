/* hjgate.Store.Verify. */
#include "api.h"
#include "hjgate/verify_serve.h"

void verify_stop(struct stored *s)
{
	hj_verifying_free(s->verifying);
}

int api_verify(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	const struct hj_verify_of of = { .event = s->event, .interface = "hjgate.Store", .slot = &s->verifying };

	return hj_verifying_begin(&of, s->ledger, call, parameters);
}
