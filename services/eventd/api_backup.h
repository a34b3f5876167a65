/* hjgate.Event.Backup. */
#pragma once

#include "hjgate/ipc_server.h"

int api_backup(struct hj_ipc_call *call, json_t *parameters, void *userdata);
