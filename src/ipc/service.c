/* hjgate.Service: what every program answers about itself, beside what the protocol itself wants (call.c). */
#include <inttypes.h>
#include <stdio.h>

#include "hjgate/conf_seen.h"
#include "hjgate/idl.h"
#include "server_private.h"

static json_t *digest_json(uint64_t digest)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, digest);
	return digest ? json_string(text) : json_null();
}

static int on_configuration(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	json_t *files = json_array();
	const char *bad = NULL, *file;
	uint64_t digest = 0;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0) {
		json_decref(files);
		return hj_ipc_fail_parameter(call, bad);
	}
	for (size_t i = 0; (file = hj_conf_seen(i, &digest)); i++)
		json_array_append_new(files, json_pack("{s:s, s:o}", "file", file, "digest", digest_json(digest)));
	return hj_ipc_reply(call, json_pack("{s:o}", "files", files));
}

static const struct hj_ipc_method methods[] = {
	{ "Configuration", HJ_ANY_RIGHT, on_configuration },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface hj_ipc_service = {
	.name = "hjgate.Service",
	.description = hj_idl_hjgate_Service,
	.methods = methods,
};
