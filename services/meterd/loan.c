/* Lending the bus. Whoever asks by a local socket waits for a turn, and between two lent turns the bus's own requests
 * have theirs if one is due: a tool that asks as fast as it can delays each by one transaction and no more. */
#include "loan.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/now.h"
#include "meterd.h"

void loan_add(struct meterd *m, struct loan *l, struct hj_ipc_call *call)
{
	struct loan **last = &m->loans;

	l->call = hj_ipc_call_ref(call);
	l->next = NULL;
	while (*last)
		last = &(*last)->next;
	*last = l;
	if (m->turn_timer) {
		sd_event_source_set_time(m->turn_timer, 0);
		sd_event_source_set_enabled(m->turn_timer, SD_EVENT_ONESHOT);
	}
}

static void loan_free(struct loan *l)
{
	hj_ipc_call_unref(l->call);
	free(l);
}

void loan_done(struct meterd *m)
{
	while (m->loans) {
		struct loan *l = m->loans;

		m->loans = l->next;
		loan_free(l);
	}
}

static int transact(struct meterd *m, const struct loan *l, struct bus_answer *ret)
{
	hj_usec timeout = l->timeout ? l->timeout : (hj_usec)m->conf.response_timeout * HJ_USEC_PER_MS;

	if (!m->bus || !m->bus->ops->ask) {
		ret->is.why = m->bus ? "nobody can be asked on this bus" : "no port yet";
		return -ENODEV;
	}
	return poll_ask(m, &l->question, timeout, true, ret);
}

static void lend(struct meterd *m)
{
	struct bus_answer a = { 0 };
	struct loan *l = m->loans;
	hj_usec begin = hj_now().mono;
	int r;

	m->loans = l->next;
	if (hj_ipc_call_gone(l->call) && !l->must_end)
		return loan_free(l);
	r = transact(m, l, &a);
	if (!l->came(m, l, r, &a, hj_now().mono - begin))
		return loan_free(l);
	l->next = m->loans;
	m->loans = l;
}

/* Between two turns of its own a server may have ended the connection, or an adapter was pulled and put back: nobody
 * has seen that it can be used. One that listens has closed the port for that. */
static void open_for_loan(struct meterd *m)
{
	if (m->loans && m->bus && m->bus->ops->ask && !m->sniffer)
		poll_open(m, hj_now().mono);
}

hj_usec loan_turn(struct meterd *m)
{
	hj_usec now, free_at;

	open_for_loan(m);
	now = hj_now().mono;
	free_at = poll_free_at(m, now);
	if (!m->loans || (m->lent && now >= m->poll_at && now >= free_at)) {
		m->lent = m->lent && now < free_at; /* the turn of its own has not been had yet */
		m->poll_at = m->adhoc ? HJ_USEC_NEVER : poll_turn(m);
	} else if (now >= free_at) {
		m->lent = true;
		lend(m);
	}
	return m->loans ? poll_waits_until(m) : m->poll_at;
}
