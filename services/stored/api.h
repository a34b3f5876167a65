/* What the files of the API share. */
#pragma once

#include "hjgate/ipc.h"
#include "hjgate/ipc_server.h"
#include "stored.h"

/* TooMany or DiskTrouble, by what r is. */
int api_fail(struct hj_ipc_call *call, int r, const char *what, int64_t most);

/* To whoever waited for the disk: r of the commit. Takes the answer, and the reference that waited. */
void api_done(struct hj_ipc_call *call, int r, const char *what, json_t *answer);

int api_durable(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_watch(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_read(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_query(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_status(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_confirm(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_resend(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_seal(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_completeness(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_receipts(struct hj_ipc_call *call, json_t *parameters, void *userdata);
/* Whether the list holds receipts, at most `most` of them; fn is called for each. */
int api_each_receipt(
        json_t *list, size_t most, void (*fn)(const struct hj_receipt *one, void *userdata), void *userdata);
int api_verify(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_backup(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_exported(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_key(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_key_rotate(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_key_recovery_set(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_key_recover(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_clock(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_clock_set(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_clock_accept(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_maintain(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_maintain_end(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_maintained(struct hj_ipc_call *call, json_t *parameters, void *userdata);
int api_swap(struct hj_ipc_call *call, json_t *parameters, void *userdata);

/* Which points a stream has told, by position in the dictionary. */
struct told {
	uint8_t bits[(HJ_POINTS_MAX + 7) / 8];
};
bool told_mark(struct told *t, size_t index); /* true when it was not yet */
bool told_has(const struct told *t, size_t index);
void told_drop(struct told *t, size_t index); /* the point there is gone, those behind it move down */
/* Adds the point to the array where it has not been told; true when it did. */
bool told_point(struct told *t, const struct stored *s, uint32_t number, json_t *points);
