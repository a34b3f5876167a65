/* What a bus hands over by itself: an instrument that writes its registers, an input that switched. Each value is a
 * sample at once and is offered to stored at once. Of a bus that asks nobody (its table has no ask()) this is all
 * there is, so the silence has to be told as well: a point that was not reported for longer than its poll_interval
 * gives a sample with flag B, and one more after each further interval, so that what is expected and what is missing
 * are counted as they are of a point that is asked for. A last value is never repeated. */
#include "meterd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

#define TICK        (1 * HJ_USEC_PER_SEC) /* to see that the port has gone, and what came that is broken */
#define LIMITS_TOLD (60 * HJ_USEC_PER_SEC)
#define GRACE_PART  4                     /* of its interval; a report may come so much late, ... */
#define GRACE_MOST  (5 * HJ_USEC_PER_SEC) /* ... but not by more than this */

struct pushed {
	hj_usec *due;                    /* of each point: then it has been silent too long. NULL: the bus is asked */
	hj_usec *heard;                  /* of each meter: its newest report; 0: none */
	struct bus_traffic told, limits; /* as it was when it was told of */
	hj_usec limits_at;               /* earlier it is not told of again */
	bool was_open;                   /* the port, at the turn before */
};

static hj_usec interval(const struct meterd *m, size_t point)
{
	return (hj_usec)m->points[point]->point.interval_ms * HJ_USEC_PER_MS;
}

static hj_usec silent_at(const struct meterd *m, size_t point, hj_usec now)
{
	hj_usec span = interval(m, point);

	return now + span + hj_min(span / GRACE_PART, (hj_usec)GRACE_MOST);
}

/* ---- what came ---- */

static void take_value(struct meterd *m, size_t point, const uint8_t *data, const struct hj_now *now)
{
	const struct hj_conf_point *p = m->points[point];
	uint8_t bit = data[0] & 1;

	if (m->pushed->due)
		m->pushed->due[point] = silent_at(m, point, now->mono);
	samples_take(m, point, hj_table_is_bits(p->table) ? &bit : data, now->wall_ms);
}

static bool is_what(const struct hj_conf_point *p, const struct hj_question *what, size_t n)
{
	return p->table == what->table && p->address == what->address &&
	       hj_codec_count(&p->codec, p->table) == what->count && n > 0 && n >= hj_codec_bytes(&p->codec);
}

/* To open the port again, or to say that it is gone, before anything is due. */
static void turn_now(struct meterd *m)
{
	sd_event_source_set_time(m->turn_timer, 0);
	sd_event_source_set_enabled(m->turn_timer, SD_EVENT_ONESHOT);
}

static void on_pushed(const struct hj_question *what, const uint8_t *data, size_t n, void *userdata)
{
	struct meterd *m = userdata;
	struct hj_now now = hj_now();
	size_t point = 0;

	if (!what)
		return turn_now(m);
	for (size_t i = 0; i < m->conf.meter_count; i++) {
		bool its = m->conf.meters[i].unit_id == what->unit_id, found = false;

		for (size_t end = point + m->conf.meters[i].point_count; point < end; point++) {
			if (!its || !is_what(m->points[point], what, n))
				continue;
			take_value(m, point, data, &now);
			found = true;
		}
		if (!found || m->bus->ops->ask)
			continue;
		m->meters[i].exchanges.asked++;
		m->meters[i].exchanges.answered++;
		figures_collection(m, i, now.wall_ms, true);
		m->pushed->heard[i] = now.mono;
		health_answered(m, &m->meters[i], &now, -1);
	}
	peer_kick(m->peer);
	health_outbox(m);
}

/* ---- what others asked ---- */

static void on_served(const struct hj_question *q, const struct bus_answer *a, bool good, void *userdata)
{
	struct meterd *m = userdata;

	frames_add(&m->frames, hj_now().wall_ms * (int64_t)HJ_USEC_PER_MS, 0, q, a, good);
	hj_ipc_pulls_turn(&m->frame_pulls);
}

/* ---- what did not come ---- */

static void miss(struct meterd *m, size_t point, size_t meter, const struct hj_now *now)
{
	char why[64];

	samples_miss(m, point, now->wall_ms, HJ_FLAG_LINK);
	if (!m->bus->is_open || now->mono - m->pushed->heard[meter] < interval(m, point))
		return; /* it is the port, or the instrument reports other points */
	snprintf(why, sizeof(why), "has not reported for %llu s",
	        (unsigned long long)(interval(m, point) / HJ_USEC_PER_SEC));
	m->meters[meter].exchanges.asked++;
	figures_collection(m, meter, now->wall_ms, false);
	health_silent(m, &m->meters[meter], why);
}

/* When the next point may have been silent too long. */
static hj_usec hear_silence(struct meterd *m, const struct hj_now *now)
{
	hj_usec next = HJ_USEC_NEVER;
	size_t point = 0;

	for (size_t i = 0; i < m->conf.meter_count; i++)
		for (size_t end = point + m->conf.meters[i].point_count; point < end; point++) {
			hj_usec *due = &m->pushed->due[point];

			if (*due <= now->mono) {
				miss(m, point, i, now);
				*due = hj_max(*due + interval(m, point), now->mono + 1);
			}
			next = hj_min(next, *due);
		}
	return next;
}

/* ---- the port ---- */

static void lose(struct meterd *m, int error, hj_usec now)
{
	health_port(m, error);
	m->reopen_at = now + m->reopen_pause;
	m->port_proven = false;
}

static void tend_port(struct meterd *m, hj_usec now)
{
	bool was_open = m->pushed->was_open;
	int r;

	m->pushed->was_open = false;
	if (m->bus->is_open) {
		m->pushed->was_open = true;
		if (!m->port_proven)
			health_port(m, 0); /* not as soon as it opens: it may fail at once, again and again */
		m->port_proven = true;
		return;
	}
	if (was_open)
		return lose(m, m->bus->lost ? m->bus->lost : -EIO, now);
	if (now < m->reopen_at)
		return;
	r = m->bus->ops->open(m->bus);
	if (r < 0)
		return lose(m, r, now);
	m->pushed->was_open = true;
}

/* Who reaches a limit is told of, once in a while. */
static void hear_limits(struct meterd *m, const struct bus_traffic *traffic, hj_usec now)
{
	struct pushed *p = m->pushed;

	if (now < p->limits_at)
		return;
	if (traffic->busy != p->limits.busy || traffic->dropped != p->limits.dropped ||
	        traffic->unanswered != p->limits.unanswered)
		hj_warn("bus %s: %llu writes refused that were too many, %llu connections dropped, %llu answers that "
		        "nobody took: who does that is not waited for, the others are served",
		        m->conf.name, (unsigned long long)(traffic->busy - p->limits.busy),
		        (unsigned long long)(traffic->dropped - p->limits.dropped),
		        (unsigned long long)(traffic->unanswered - p->limits.unanswered));
	else
		return;
	p->limits = *traffic;
	p->limits_at = now + LIMITS_TOLD;
}

static void hear_traffic(struct meterd *m, hj_usec now)
{
	struct bus_traffic traffic = { 0 }, *told = &m->pushed->told;

	if (!m->bus->ops->traffic)
		return;
	m->bus->ops->traffic(m->bus, &traffic);
	if (traffic.broken != told->broken)
		health_broken(m, traffic.broken - told->broken, traffic.broken_bytes - told->broken_bytes);
	*told = traffic;
	hear_limits(m, &traffic, now);
}

hj_usec pushed_turn(struct meterd *m, const struct hj_now *now)
{
	hj_usec next;

	tend_port(m, now->mono);
	hear_traffic(m, now->mono);
	next = hear_silence(m, now);
	return hj_min(next, now->mono + TICK);
}

/* ---- a meterd's ---- */

static int expect_reports(struct meterd *m)
{
	hj_usec now = hj_now().mono;

	m->pushed->due = calloc(m->point_count + 1, sizeof(*m->pushed->due));
	m->pushed->heard = calloc(m->conf.meter_count + 1, sizeof(*m->pushed->heard));
	if (!m->pushed->due || !m->pushed->heard)
		return -ENOMEM;
	for (size_t i = 0; i < m->point_count; i++)
		m->pushed->due[i] = silent_at(m, i, now);
	return 0;
}

int pushed_new(struct meterd *m)
{
	int r = 0;

	if (!m->bus->ops->attach)
		return 0;
	m->pushed = calloc(1, sizeof(*m->pushed));
	if (!m->pushed)
		return -ENOMEM;
	m->bus->served = on_served;
	m->bus->served_to = m;
	if (!m->bus->ops->ask)
		r = expect_reports(m);
	return r < 0 ? r : m->bus->ops->attach(m->bus, m->event, on_pushed, m);
}

void pushed_free(struct meterd *m)
{
	if (!m->pushed)
		return;
	free(m->pushed->due);
	free(m->pushed->heard);
	free(m->pushed);
	m->pushed = NULL;
}
