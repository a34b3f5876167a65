/* The methods of hjgate.Event for the keys of events.db. */
#pragma once

#include "eventd.h"
#include "hjgate/ipc.h"
#include "hjgate/ipc_server.h"

int api_key(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_key_rotate(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_key_recovery_set(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_key_recover(struct hj_ipc_call *call, json_t *parameters, void *userdata);
