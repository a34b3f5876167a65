/* One turn of the bus: what is most overdue is asked, and every point of it becomes a sample: a value, or flag D (the
 * meter answered something that is no value), or flag B (no answer). At most one transaction a turn, since it blocks
 * and the local sockets are served between turns; a repetition is a turn of its own. */
#include "meterd.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/now.h"

#define PLACE_TEXT        40
#define EXCEPTION_ADDRESS 2 /* some register of the request does not exist, perhaps one that nobody wants */
#define EXCEPTION_VALUE   3 /* or they are too many */

static void lose_port(struct meterd *m, int error, hj_usec now)
{
	m->bus->ops->close(m->bus);
	health_port(m, error);
	m->reopen_at = now + m->reopen_pause;
	m->retry = m->plan.count;
}

static void open_port(struct meterd *m, hj_usec now)
{
	int r = m->bus->ops->open(m->bus);

	m->port_proven = false;
	if (r < 0)
		lose_port(m, r, now);
}

static bool is_port_error(int r)
{
	return r < 0 && r != -ETIMEDOUT && r != -EBADMSG && r != -EREMOTEIO && r != -EAGAIN;
}

int poll_ask(struct meterd *m, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
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
	r = m->bus->ops->ask(m->bus, q, timeout, ret);
	now = hj_now();
	if (r == -EAGAIN)
		return r;
	m->requests++;
	m->errors += r < 0;
	frames_add(&m->frames, now.wall_ms * (int64_t)HJ_USEC_PER_MS, (uint32_t)(now.mono - begin), q, ret, r == 0);
	figures_exchange(m, q, ret, r, now.mono - begin);
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

/* A due time that passed without a question. It cannot be stamped before what stored was told to be complete. */
static void miss(struct meterd *m, size_t request, hj_usec due, const struct hj_now *now)
{
	int64_t time_ms = now->wall_ms - (int64_t)((now->mono - due) / HJ_USEC_PER_MS);

	time_ms = hj_max(time_ms, peer_upto(m->peer));
	time_ms = hj_min(time_ms, now->wall_ms);
	samples_none(m, &m->plan.requests[request], time_ms, HJ_FLAG_LINK);
	figures_collection(m, m->request_meter[request], now->wall_ms, false);
}

/* Where it was asked: "holding 100, count 4", or "data 0x02010100". */
static const char *place_of(const struct hj_request *q, char to[PLACE_TEXT])
{
	if (q->table == HJ_TABLE_DATA)
		snprintf(to, PLACE_TEXT, "data 0x%08X", q->address);
	else
		snprintf(to, PLACE_TEXT, "%s %u, count %u", hj_table_name(q->table), q->address, q->count);
	return to;
}

static void answered_exception(struct meter *meter, const struct hj_request *q, const struct hj_answer *a)
{
	char place[PLACE_TEXT];

	snprintf(meter->last_error, sizeof(meter->last_error), "exception %d (%s) at %s", a->exception, a->why,
	        place_of(q, place));
}

static void failed(struct meterd *m, size_t request, const char *why, const struct hj_now *now)
{
	const struct hj_request *q = &m->plan.requests[request];
	struct meter *meter = &m->meters[m->request_meter[request]];
	char text[sizeof(meter->last_error)], place[PLACE_TEXT];

	snprintf(text, sizeof(text), "%s at %s", why, place_of(q, place));
	samples_none(m, q, now->wall_ms, HJ_FLAG_LINK);
	if (!m->bus->is_open)
		return; /* that was the port: the meter need not rest for it */
	hj_schedule_result(&m->schedule, request, false, now->mono);
	figures_collection(m, m->request_meter[request], now->wall_ms, false);
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

static hj_usec response_timeout(const struct meterd *m)
{
	return (hj_usec)m->conf.response_timeout * HJ_USEC_PER_MS;
}

static void run(struct meterd *m, size_t request)
{
	const struct hj_request *q = &m->plan.requests[request];
	struct hj_question question = question_of(m, q);
	struct meter *meter = &m->meters[m->request_meter[request]];
	hj_usec begin = hj_now().mono;
	struct bus_answer a;
	struct hj_now now;
	int64_t took_ms;
	int r;

	r = poll_ask(m, &question, response_timeout(m), &a);
	now = hj_now();
	took_ms = (int64_t)((now.mono - begin) / HJ_USEC_PER_MS);
	if (r == -EAGAIN)
		return samples_none(m, q, now.wall_ms, HJ_FLAG_LINK);
	m->tries++;
	m->request_took[request] = (uint32_t)took_ms;
	if (r == 0 || r == -EREMOTEIO) {
		health_answered(m, meter, &now, took_ms);
		hj_schedule_result(&m->schedule, request, true, now.mono);
		figures_collection(m, m->request_meter[request], now.wall_ms, r == 0);
		if (r == 0) {
			samples_add(m, q, &a.is, now.wall_ms);
			requests_answered(m, request);
			return;
		}
		answered_exception(meter, q, &a.is);
		samples_none(m, q, now.wall_ms, HJ_FLAG_FAULT);
		if (a.is.exception == EXCEPTION_ADDRESS || a.is.exception == EXCEPTION_VALUE)
			requests_refused(m, request);
		return;
	}
	if (!is_port_error(r) && m->tries <= m->conf.retries && !hj_schedule_resting(&m->schedule, request))
		m->retry = request;
	else
		failed(m, request, a.is.why, &now);
}

/* ---- turns ---- */

static hj_usec turn_closed(struct meterd *m, const struct hj_now *now)
{
	hj_usec due;
	size_t request;

	while (hj_schedule_next(&m->schedule, now->mono, &request, &due) != HJ_TURN_NONE)
		miss(m, request, due, now);
	due = hj_schedule_due(&m->schedule);
	return hj_min(due, m->reopen_at);
}

/* The request of this turn; plan.count where none is due. */
static size_t choose(struct meterd *m, const struct hj_now *now)
{
	size_t request = m->retry;
	enum hj_turn turn;
	hj_usec due;

	m->retry = m->plan.count;
	if (request < m->plan.count)
		return request;
	m->tries = 0;
	while ((turn = hj_schedule_next(&m->schedule, now->mono, &request, &due)) == HJ_TURN_MISS)
		miss(m, request, due, now);
	return turn == HJ_TURN_ASK ? request : m->plan.count;
}

hj_usec poll_turn(struct meterd *m)
{
	struct hj_now now = hj_now();
	hj_usec due;
	size_t request;

	if (!m->bus->ops->ask)
		return pushed_turn(m, &now);
	if (!m->bus->is_open && now.mono >= m->reopen_at)
		open_port(m, now.mono);
	if (!m->bus->is_open)
		return turn_closed(m, &now);
	if (now.mono < m->bus->free_at)
		return m->bus->free_at;
	request = choose(m, &now);
	if (request < m->plan.count)
		run(m, request);
	if (!m->bus->is_open)
		return hj_min(hj_schedule_due(&m->schedule), m->reopen_at);
	due = m->retry < m->plan.count ? 0 : hj_schedule_due(&m->schedule);
	return hj_max(due, m->bus->free_at);
}
