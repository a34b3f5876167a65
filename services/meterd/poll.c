/* One turn of the bus: what is most overdue is asked, and every point of it becomes a sample: a value, or flag D (the
 * meter answered something that is no value), or flag B (no answer). At most one transaction a turn, since it blocks
 * and the local sockets are served between turns; a repetition is a turn of its own. */
#include "meterd.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/now.h"

#define EXCEPTION_ADDRESS 2 /* some register of the request does not exist, perhaps one that nobody wants */
#define EXCEPTION_VALUE   3 /* or they are too many */
#define EXCEPTION_ACK     5 /* it is at work on it, or */
#define EXCEPTION_BUSY    6 /* on something else: it wants to be asked again */
#define BUSY_PAUSE        (200 * HJ_USEC_PER_MS) /* for others, until it is */
#define TRY_LEAST         (20 * HJ_USEC_PER_MS)  /* a try waits so long at least, whatever it may cost */
#define PUT_OFF           (500 * HJ_USEC_PER_MS) /* until it is seen whether a late answer may still come */
#define HELD_MOST         (500 * HJ_USEC_PER_MS) /* the line ought to be free, and others still speak */

hj_usec poll_waits_until(const struct meterd *m)
{
	if (!m->bus || !m->bus->is_open)
		return 0;
	return m->held_until ? hj_min(m->bus->free_at, m->held_until) : m->bus->free_at;
}

hj_usec poll_free_at(struct meterd *m, hj_usec now)
{
	if (!m->bus || !m->bus->is_open)
		return 0;
	if (now >= m->bus->free_at)
		m->held_until = 0;
	else if (!m->held_until)
		m->held_until = m->bus->free_at + HELD_MOST;
	return poll_waits_until(m);
}

static void lose_port(struct meterd *m, int error, hj_usec now)
{
	m->bus->ops->close(m->bus);
	health_port(m, error);
	m->reopen_at = now + m->reopen_pause;
}

/* A connection that a server has ended, as many do with each that is idle, was not lost: nobody is asked but who is
 * due, or each end of it would have all of them asked. */
static void open_port(struct meterd *m, hj_usec now)
{
	bool was_lost = !m->port_proven || m->port_error[0];
	int r = m->bus->ops->open(m->bus);

	if (r < 0)
		return lose_port(m, r, now);
	if (!was_lost)
		return;
	m->port_proven = false;
	hj_schedule_all_soon(&m->schedule, now);
}

void poll_open(struct meterd *m, hj_usec now)
{
	if (!m->bus->is_open && now >= m->reopen_at)
		open_port(m, now);
}

static bool is_port_error(int r)
{
	return r < 0 && r != -ETIMEDOUT && r != -EBADMSG && r != -EREMOTEIO && r != -EAGAIN;
}

/* An answer came after nobody waited for it: that meter lives, and wants more time, unless a tool gave it less. */
static void heard_late(struct meterd *m, const struct hj_question *late)
{
	struct meter *meter = figures_meter(m, late);

	if (!meter)
		return;
	mute_answered_late(m, (size_t)(meter - m->meters), late);
	if (!hj_question_same(late, &m->lent_asked))
		hj_timeout_late(&meter->timeout);
	hj_quarantine_heard(&m->quarantine, (size_t)(meter - m->meters),
	        hj_bus_cost_silent(&m->cost, hj_timeout_get(&meter->timeout)));
}

/* What a gateway says of a unit that it does not reach is a silence of that unit, told sooner and with its reason. */
static int ask(struct meterd *m, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	int r = m->bus->ops->ask(m->bus, q, timeout, ret);

	return r == -EREMOTEIO && hj_modbus_is_unreached(q, ret->is.exception) ? -ETIMEDOUT : r;
}

int poll_ask(struct meterd *m, const struct hj_question *q, hj_usec timeout, bool lent, struct bus_answer *ret)
{
	bool was_open = m->bus->is_open;
	hj_usec begin = hj_now().mono;
	struct hj_now now;
	int r;

	if (!m->bus->ops->ask) {
		memset(ret, 0, sizeof(*ret));
		ret->is.why = "a bus of this kind asks nobody";
		return -EAGAIN;
	}
	m->held_until = 0;
	r = ask(m, q, timeout, ret);
	now = hj_now();
	if (r == -EAGAIN)
		return r;
	m->requests += !lent;
	m->errors += !lent && r < 0;
	if (q->table != HJ_TABLE_LINE) /* no bytes cross a wire there */
		frames_add(&m->frames, now.wall_ms * (int64_t)HJ_USEC_PER_MS, (uint32_t)(now.mono - begin), q, ret,
		        r == 0);
	if (lent)
		figures_lent(m, ret);
	else
		figures_exchange(m, q, ret, r, now.mono - begin);
	if (r == -ETIMEDOUT)
		ret->received_length = 0; /* the frame is kept: nothing of it came from that unit */
	if (ret->late_whole)
		heard_late(m, &ret->late);
	if (lent)
		m->lent_asked = *q;
	health_junk(m, ret, r);
	if (!was_open)
		return r; /* it is known to be lost: who probes does not put off the next try */
	if (is_port_error(r)) {
		lose_port(m, r, now.mono);
	} else if (!m->port_proven) {
		/* Not as soon as it opens: one that opens and then fails would be told lost and found each second. */
		m->port_proven = true;
		health_port(m, 0);
	}
	return r;
}

/* ---- one request ---- */

static void leave_out(struct meterd *m, size_t request, int64_t time_ms, const struct hj_now *now)
{
	samples_none(m, &m->plan.requests[request], time_ms, HJ_FLAG_LINK);
	figures_collection(m, m->plan.requests[request].meter, now->wall_ms, false);
}

/* A due time that passed without a question. It cannot be stamped before what stored was told to be complete. */
static void miss(struct meterd *m, size_t request, hj_usec due, const struct hj_now *now)
{
	int64_t time_ms = now->wall_ms - (int64_t)((now->mono - due) / HJ_USEC_PER_MS);

	time_ms = hj_max(time_ms, peer_upto(m->peer));
	time_ms = hj_min(time_ms, now->wall_ms);
	leave_out(m, request, time_ms, now);
}

static void answered_exception(struct meter *meter, const struct hj_request *q, const struct hj_answer *a)
{
	char place[REQUESTS_PLACE_MAX];

	snprintf(meter->last_error, sizeof(meter->last_error), "exception %d (%s) at %s", a->exception, a->why,
	        requests_place(q, place));
}

static void failed(
        struct meterd *m, const struct asking *a, bool narrow, bool silent, const char *why, const struct hj_now *now)
{
	const struct hj_request *q = &m->plan.requests[a->request];
	struct meter *meter = &m->meters[q->meter];
	char text[sizeof(meter->last_error)], place[REQUESTS_PLACE_MAX];

	if (silent && mute_looks(m, a, narrow))
		return;
	snprintf(text, sizeof(text), "%s at %s", why, requests_place(q, place));
	/* Of a meter at rest each due time is told when it comes; nobody waits for the samples of a look. */
	if (a->turn == HJ_TURN_ASK)
		samples_none(m, q, now->wall_ms, HJ_FLAG_LINK);
	if (!m->bus->is_open)
		return; /* that was the port: the meter need not rest for it */
	if (a->turn == HJ_TURN_ASK)
		figures_collection(m, q->meter, now->wall_ms, false);
	if (silent && mute_is_excused(m, a))
		return;
	hj_quarantine_failed(&m->quarantine, (size_t)(meter - m->meters), silent, now->mono);
	health_failed(m, meter, now, text);
}

static struct hj_question question_of(const struct meterd *m, const struct hj_request *q)
{
	const struct hj_conf_meter *meter = &m->conf.meters[q->meter];
	struct hj_question question = {
		.unit_id = (uint8_t)meter->unit_id, .table = q->table, .address = q->address, .count = q->count
	};

	hj_station_parse(meter->station, question.station);
	return question;
}

/* ---- one question of our own ---- */

static hj_usec timeout_of(const struct meterd *m, const struct asking *a, const struct meter *meter)
{
	hj_usec learned = hj_timeout_get(&meter->timeout), whole = meter->timeout.whole,
	        besides = hj_bus_cost_silent(&m->cost, 0);

	if (a->turn == HJ_TURN_TRY)
		return hj_min(learned, a->cost > besides + TRY_LEAST ? a->cost - besides : TRY_LEAST);
	/* What was not answered in the learned time is given the whole. */
	return a->tries ? hj_max(learned, whole) : learned;
}

static void answered(
        struct meterd *m, const struct asking *a, struct meter *meter, const struct hj_now *now, hj_usec took)
{
	bool was_resting = hj_quarantine_has(&m->quarantine, m->plan.requests[a->request].meter);

	health_answered(m, meter, now, (int64_t)(took / HJ_USEC_PER_MS));
	hj_quarantine_answered(&m->quarantine, m->plan.requests[a->request].meter,
	        hj_bus_cost_silent(&m->cost, hj_timeout_slowest(&meter->timeout)));
	if (was_resting)
		hj_schedule_revived(&m->schedule, a->request, now->mono);
}

static void take_answer(
        struct meterd *m, const struct asking *a, int r, const struct bus_answer *is, const struct hj_now *now)
{
	const struct hj_request *q = &m->plan.requests[a->request];

	if (a->turn != HJ_TURN_LOOK)
		figures_collection(m, q->meter, now->wall_ms, r == 0);
	mute_answered(m, a->request);
	if (r == 0) {
		(a->turn == HJ_TURN_LOOK ? samples_look : samples_add)(m, q, &is->is, now->wall_ms);
		requests_answered(m, a->request);
		return;
	}
	answered_exception(&m->meters[q->meter], q, &is->is);
	if (a->turn != HJ_TURN_LOOK)
		samples_none(m, q, now->wall_ms, HJ_FLAG_FAULT);
	/* A station is asked for one identifier at a time: its points are refused, whatever the code. */
	if (q->table == HJ_TABLE_DATA || is->is.exception == EXCEPTION_ADDRESS || is->is.exception == EXCEPTION_VALUE)
		requests_refused(m, a->request, false);
}

/* The answer could not be told from a late one to another question. What is read seldom is asked when that can no
 * longer come. */
static void put_off(struct meterd *m, const struct asking *a, const struct hj_now *now)
{
	const struct hj_request *q = &m->plan.requests[a->request];

	if (a->turn == HJ_TURN_ASK && q->interval_ms * HJ_USEC_PER_MS > 2 * HJ_EXCHANGE_LATE_MOST)
		hj_schedule_soon(&m->schedule, a->request, now->mono + PUT_OFF);
	else if (a->turn == HJ_TURN_ASK)
		samples_none(m, q, now->wall_ms, HJ_FLAG_LINK);
}

static bool is_busy(const struct hj_request *q, int exception)
{
	return q->table >= HJ_TABLE_COIL && q->table <= HJ_TABLE_INPUT &&
	       (exception == EXCEPTION_ACK || exception == EXCEPTION_BUSY);
}

/* One more try, where somebody waits for the samples and the silence may cost that. It has its turn by the deadline
 * that it had: others whose time is shorter go in between. One that is busy is left alone for a while. */
static bool again(struct meterd *m, const struct asking *a, int r, hj_usec now)
{
	const struct hj_request *q = &m->plan.requests[a->request];

	if (is_port_error(r) || a->turn != HJ_TURN_ASK || a->tries > m->conf.retries || mute_is_alone(m, a->request))
		return false;
	if (r == -ETIMEDOUT &&
	        !hj_quarantine_may_repeat(&m->quarantine, q->meter, m->meters[q->meter].timeout.whole, now))
		return false;
	m->request_tries[a->request] = (uint8_t)a->tries;
	hj_schedule_soon(&m->schedule, a->request, r == -EREMOTEIO ? now + BUSY_PAUSE : a->due);
	return true;
}

static void run(struct meterd *m, struct asking *a)
{
	const struct hj_request *q = &m->plan.requests[a->request];
	struct hj_question question = question_of(m, q);
	struct meter *meter = &m->meters[q->meter];
	bool narrow = mute_narrow(m, a, &question);
	hj_usec begin = hj_now().mono, took;
	struct hj_now now = hj_now();
	struct bus_answer is;
	int r;

	if (mute_is_dear(m, a))
		return leave_out(m, a->request, now.wall_ms, &now);
	r = poll_ask(m, &question, timeout_of(m, a, meter), false, &is);
	now = hj_now();
	took = now.mono - begin;
	if (r == -EAGAIN)
		return put_off(m, a, &now);
	a->tries++;
	m->request_took[a->request] = (uint32_t)(took / HJ_USEC_PER_MS);
	if (r == 0 || r == -EREMOTEIO) {
		hj_timeout_answered(&meter->timeout, is.turnaround ? is.turnaround : took);
		answered(m, a, meter, &now, took);
		if (narrow)
			return mute_lives(m, a);
		hj_schedule_took(&m->schedule, a->request, took);
		if (r == -EREMOTEIO && is_busy(q, is.is.exception) && again(m, a, r, now.mono))
			return;
		return take_answer(m, a, r, &is, &now);
	}
	if (r == -ETIMEDOUT) {
		hj_quarantine_silent(&m->quarantine, q->meter, took, now.mono);
		mute_cost(m, a, took);
	}
	if (!again(m, a, r, now.mono))
		failed(m, a, narrow, r == -ETIMEDOUT, is.is.why, &now);
}

/* ---- turns ---- */

/* What comes first of all requests. One that is due once more before it was repeated is told as missed for the time
 * before. */
static struct asking next(struct meterd *m, const struct hj_now *now)
{
	struct hj_due due = { 0 };
	enum hj_turn turn = (m->bus->is_open ? hj_schedule_next(&m->schedule, &m->quarantine, now->mono, &due)
	                                     : hj_schedule_closed(&m->schedule, &m->quarantine, now->mono, &due));
	struct asking a = { .request = due.slot, .turn = turn, .due = due.due, .cost = due.cost };
	unsigned tries;

	if (turn == HJ_TURN_NONE || turn == HJ_TURN_TRY || turn == HJ_TURN_LOOK)
		return a; /* a repetition that is put off for longer than to the next look is still to come */
	tries = m->request_tries[a.request];
	m->request_tries[a.request] = 0;
	if (tries && due.on_grid)
		miss(m, a.request, due.due - m->schedule.slots[a.request].interval, now);
	else if (turn == HJ_TURN_ASK)
		a.tries = tries;
	a.on_grid = due.on_grid || a.tries;
	return a;
}

static hj_usec closed_until(const struct meterd *m)
{
	hj_usec due = hj_schedule_closed_due(&m->schedule, &m->quarantine);

	return hj_min(due, m->reopen_at);
}

static hj_usec turn_closed(struct meterd *m, const struct hj_now *now)
{
	struct asking a;

	while ((a = next(m, now)).turn != HJ_TURN_NONE)
		if (a.on_grid && (a.turn == HJ_TURN_ASK || a.turn == HJ_TURN_MISS))
			miss(m, a.request, a.due, now);
	return closed_until(m);
}

hj_usec poll_turn(struct meterd *m)
{
	struct hj_now now = hj_now();
	struct asking a;
	hj_usec due;

	if (!m->bus->ops->ask)
		return pushed_turn(m, &now);
	poll_open(m, now.mono);
	if (!m->bus->is_open)
		return turn_closed(m, &now);
	if (now.mono < poll_free_at(m, now.mono))
		return poll_waits_until(m);
	while ((a = next(m, &now)).turn == HJ_TURN_MISS)
		miss(m, a.request, a.due, &now);
	if (a.turn != HJ_TURN_NONE)
		run(m, &a);
	if (!m->bus->is_open)
		return closed_until(m);
	due = hj_schedule_due(&m->schedule, &m->quarantine);
	return hj_max(due, poll_waits_until(m));
}
