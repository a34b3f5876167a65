/* The bus lent to somebody who asks for one transaction by a local socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"

#include "hjgate/ipc_server.h"

struct meterd;
struct loan;

/* What came: r as of bus_ops.ask(). True: it is to be asked again, the question is another now. */
typedef bool (*loan_fn)(struct meterd *m, struct loan *l, int r, const struct bus_answer *a, hj_usec took);

/* May be the head of a longer struct that malloc() gave. */
struct loan {
	struct loan *next;
	struct hj_ipc_call *call; /* referenced */
	struct hj_question question;
	hj_usec timeout; /* 0: the bus's own */
	loan_fn came;
	bool must_end; /* goes on although its client has left */
};

void loan_add(struct meterd *m, struct loan *l, struct hj_ipc_call *call); /* takes *l over */
void loan_done(struct meterd *m);                                          /* all of them */

/* One turn: a loan's transaction, or the bus's own. When the next one is wanted. */
hj_usec loan_turn(struct meterd *m);
