/* The parts of hjgate.Meter that stand in a file of their own. */
#pragma once

#include "meterd.h"

/* NULL, or the parameter that is wrong. `station` may be NULL. */
const char *api_question(const struct meterd *m, int64_t unit_id, const char *table, int64_t address, int64_t count,
        const char *station, struct hj_question *ret);
uint16_t api_value_at(const struct hj_question *q, const uint8_t *data, size_t i);

/* api_frames.c */
int api_frames(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_saved(struct hj_ipc_call *call, json_t *parameters, void *userdata);
/* api_meters.c */
int api_meters(struct hj_ipc_call *call, json_t *parameters, void *userdata);
/* api_tools.c */
int api_probe(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_ask(struct hj_ipc_call *call, json_t *parameters, void *userdata);
json_t *api_answer(int r, const struct bus_answer *a, hj_usec took);
/* api_write.c */
int api_write(struct hj_ipc_call *call, json_t *parameters, void *userdata);
/* api_adhoc.c */
int api_reopen(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_sniff(struct hj_ipc_call *call, json_t *parameters, void *userdata);
