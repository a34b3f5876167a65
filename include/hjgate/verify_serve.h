/* Answering Verify: what stored and eventd have in common. The file is held against its seals, its chains and heads
 * from outside, in slices of a few milliseconds that delay no commit. One at a time; who asked may leave. */
#pragma once

#include "hjgate/ipc_server.h"
#include "hjgate/ledger_verify.h"

struct hj_verifying;

struct hj_verify_of {
	sd_event *event;
	const char *interface;      /* "hjgate.Store", whose errors DiskTrouble and VerifyRunning are used */
	struct hj_verifying **slot; /* NULL while there is none; set and cleared by this module */
};

/* Takes the call's parameters: begin, end, heads. For the method's table. l NULL: it cannot be read now. */
int hj_verifying_begin(
        const struct hj_verify_of *of, struct hj_ledger *l, struct hj_ipc_call *call, json_t *parameters);
void hj_verifying_free(struct hj_verifying *v); /* before the ledger is closed; the client is told. May be NULL */
