/* What a meterd is made of, and its two timers: the next turn of the bus, and the end of the base window, when stored is told that
 * nothing older will come. Everything outside (port, stored, eventd) may be away: the loop goes on and tries again. */
#include "meterd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "hjgate/log.h"
#include "hjgate/meter_codec.h"
#include "hjgate/now.h"

#define TURN_ACCURACY   (1 * HJ_USEC_PER_MS)
#define PRIORITY_WINDOW (SD_EVENT_PRIORITY_NORMAL - 10)
#define PRIORITY_TURN   (SD_EVENT_PRIORITY_NORMAL + 10) /* clients are served before the bus blocks again */

static int collect_points(struct meterd *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->conf.meter_count; i++)
		m->point_count += m->conf.meters[i].point_count;
	m->points = calloc(m->point_count + 1, sizeof(*m->points));
	m->meters = calloc(m->conf.meter_count + 1, sizeof(*m->meters));
	if (!m->points || !m->meters)
		return -ENOMEM;
	for (size_t i = 0; i < m->conf.meter_count; i++) {
		m->meters[i] = (struct meter){ .conf = &m->conf.meters[i], .answer_ms = -1 };
		for (size_t p = 0; p < m->conf.meters[i].point_count; p++)
			m->points[n++] = &m->conf.meters[i].points[p];
	}
	return 0;
}

static int make_plan(struct meterd *m)
{
	_cleanup_free_ struct hj_want *wants = calloc(m->point_count + 1, sizeof(*wants));
	size_t n = 0;

	if (!wants)
		return -ENOMEM;
	for (size_t i = 0; i < m->conf.meter_count; i++)
		for (size_t p = 0; p < m->conf.meters[i].point_count; p++) {
			const struct hj_conf_point *c = &m->conf.meters[i].points[p];

			wants[n++] = (struct hj_want){
				.unit_id = (uint8_t)m->conf.meters[i].unit_id,
				.table = c->table,
				.address = c->address,
				.words = (uint16_t)hj_codec_words(c->type),
				.interval_ms = c->point.interval_ms,
			};
		}
	return hj_plan_make(wants, n, &m->plan);
}

static size_t meter_of(const struct meterd *m, uint8_t unit_id)
{
	size_t i = 0;

	while (i + 1 < m->conf.meter_count && m->conf.meters[i].unit_id != unit_id)
		i++;
	return i;
}

static int make_schedule(struct meterd *m)
{
	_cleanup_free_ uint32_t *intervals = calloc(m->plan.count + 1, sizeof(*intervals));

	m->request_meter = calloc(m->plan.count + 1, sizeof(*m->request_meter));
	m->request_took = calloc(m->plan.count + 1, sizeof(*m->request_took));
	if (!intervals || !m->request_meter || !m->request_took)
		return -ENOMEM;
	for (size_t i = 0; i < m->plan.count; i++) {
		intervals[i] = m->plan.requests[i].interval_ms;
		m->request_meter[i] = meter_of(m, m->plan.requests[i].unit_id);
	}
	m->retry = m->plan.count;
	return hj_schedule_init(
	        &m->schedule, m->request_meter, intervals, m->plan.count, m->conf.meter_count, hj_now().mono);
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct meterd *m = userdata;
	hj_usec next = poll_turn(m);

	(void)usec;
	peer_kick(m->peer);
	health_outbox(m);
	if (next == HJ_USEC_NEVER)
		return 0;
	sd_event_source_set_time(source, next);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static uint64_t window_end_us(const struct meterd *m)
{
	return (uint64_t)(hj_window_start(hj_now().wall_ms, m->window_ms) + m->window_ms) * HJ_USEC_PER_MS;
}

static int on_window(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct meterd *m = userdata;

	(void)usec;
	peer_window(m->peer);
	sd_event_source_set_time(source, window_end_us(m));
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int add_timers(struct meterd *m)
{
	int r = sd_event_add_time(m->event, &m->turn_timer, CLOCK_BOOTTIME, 0, TURN_ACCURACY, on_turn, m);

	if (r < 0)
		return r;
	sd_event_source_set_priority(m->turn_timer, PRIORITY_TURN);
	r = sd_event_add_time(
	        m->event, &m->window_timer, CLOCK_REALTIME, window_end_us(m), TURN_ACCURACY, on_window, m);
	if (r < 0)
		return r;
	return sd_event_source_set_priority(m->window_timer, PRIORITY_WINDOW);
}

static int build(struct meterd *m, const char *root)
{
	char source[HJ_NAME_MAX + sizeof("meterd@")];
	int r = collect_points(m);

	if (r < 0)
		return r;
	r = make_plan(m);
	if (r < 0)
		return r;
	r = make_schedule(m);
	if (r < 0)
		return r;
	r = bus_rtu_new(&m->conf, &m->bus);
	if (r < 0)
		return r;
	snprintf(source, sizeof(source), "meterd@%s", m->conf.name);
	r = hj_report_new(m->event, root, source, &m->report);
	if (r < 0)
		return r;
	r = peer_new(m->event, root, m->conf.name, m->points, m->point_count, &m->outbox, &m->peer);
	return r < 0 ? r : add_timers(m);
}

int meterd_new(sd_event *event, const char *root, struct hj_conf_bus *conf, int64_t window_ms, struct meterd **ret)
{
	_cleanup_(meterd_freep) struct meterd *m = calloc(1, sizeof(*m));
	int r;

	if (!m) {
		hj_conf_bus_done(conf);
		return -ENOMEM;
	}
	m->conf = *conf;
	*conf = (struct hj_conf_bus){ 0 };
	m->event = sd_event_ref(event);
	m->window_ms = window_ms;
	outbox_init(&m->outbox);
	r = build(m, root);
	if (r < 0)
		return r;
	hj_info("bus %s: %zu points of %zu meters in %zu requests", m->conf.name, m->point_count, m->conf.meter_count,
	        m->plan.count);
	health_program(m, "program-start");
	m->started = true;
	*ret = hj_steal(m);
	return 0;
}

void meterd_free(struct meterd *m)
{
	if (!m)
		return;
	sd_event_source_disable_unref(m->turn_timer);
	sd_event_source_disable_unref(m->window_timer);
	peer_free(m->peer);
	if (m->started)
		health_program(m, "program-stop");
	hj_report_free(m->report);
	bus_free(m->bus);
	hj_schedule_done(&m->schedule);
	hj_plan_done(&m->plan);
	outbox_done(&m->outbox);
	frames_done(&m->frames);
	free(m->request_meter);
	free(m->request_took);
	free(m->points);
	free(m->meters);
	hj_conf_bus_done(&m->conf);
	sd_event_unref(m->event);
	free(m);
}
