/* What a meterd is made of, and its two timers: the next turn of the bus, and the end of the base window, when stored
 * is told that nothing older will come. Everything outside (port, stored, eventd) may be away: the loop goes on and
 * tries again. */
#include "meterd.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/text.h"

/* us; 0 means 250 ms there. A turn that is late lengthens each silence of the bus. */
#define TURN_ACCURACY   1
#define WINDOW_ACCURACY HJ_USEC_PER_MS
#define PRIORITY_WINDOW (SD_EVENT_PRIORITY_NORMAL - 10)
#define PRIORITY_TURN   (SD_EVENT_PRIORITY_NORMAL + 10) /* clients are served before the bus blocks again */

static int64_t window_end_ms(const struct meterd *m)
{
	return hj_window_start(hj_now().wall_ms, m->window_ms) + m->window_ms;
}

/* When the clock is set back, the timer would wait for a time that is a step and a window away. */
static void heed_clock(struct meterd *m)
{
	int64_t end_ms = window_end_ms(m);

	if (m->window_timer.due_ms > end_ms)
		hj_wall_timer_set(&m->window_timer, end_ms);
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct meterd *m = userdata;
	hj_usec next = loan_turn(m);

	(void)usec;
	heed_clock(m);
	if (sampling_turn(m))
		next = 0;
	peer_kick(m->peer);
	health_outbox(m);
	snapshots_write(&m->snapshots, &m->frames, false);
	hj_ipc_pulls_turn(&m->frame_pulls);
	figures_keep(m, hj_now().wall_ms, false);
	if (next == HJ_USEC_NEVER)
		return 0;
	sd_event_source_set_time(source, next);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void on_window(void *userdata)
{
	struct meterd *m = userdata;

	peer_window(m->peer);
	change_window(m);
	requests_window(m);
	malloc_trim(0); /* what a window's messages took of the heap */
	hj_wall_timer_set(&m->window_timer, window_end_ms(m));
}

static int add_timers(struct meterd *m)
{
	int r = sd_event_add_time(m->event, &m->turn_timer, CLOCK_BOOTTIME, 0, TURN_ACCURACY, on_turn, m);

	if (r < 0)
		return r;
	sd_event_source_set_priority(m->turn_timer, PRIORITY_TURN);
	r = hj_wall_timer_init(&m->window_timer, m->event, WINDOW_ACCURACY, on_window, m);
	if (r < 0)
		return r;
	sd_event_source_set_priority(m->window_timer.timer, PRIORITY_WINDOW);
	return hj_wall_timer_set(&m->window_timer, window_end_ms(m));
}

static int build(struct meterd *m, const char *root)
{
	char source[HJ_NAME_MAX + sizeof("meterd@")];
	int r = requests_new(m);

	r = r < 0 ? r : samples_new(m);
	r = r < 0 ? r : texts_new(m, root);
	r = r < 0 ? r : change_new(m);
	if (r < 0)
		return r;
	r = bus_new(&m->conf, &m->bus);
	if (r < 0)
		return r;
	snapshots_init(&m->snapshots, root, m->conf.name);
	figures_load(m, root);
	snprintf(source, sizeof(source), "meterd@%s", m->conf.name);
	r = hj_report_new(m->event, root, source, &m->report);
	if (r < 0)
		return r;
	r = peer_new(m->event, root, m->conf.name, m->points, m->point_count, &m->outbox, &m->peer);
	if (r >= 0)
		r = pushed_new(m);
	if (r >= 0)
		r = publish_new(m, root);
	return r < 0 ? r : add_timers(m);
}

static void name_place(struct meterd *m)
{
	const char *host = hj_bus_type(m->conf.kind)->traits & HJ_BUS_SERVES ? m->conf.listen_on : m->conf.host;

	if (m->conf.port[0])
		hj_text_copy(m->place, sizeof(m->place), m->conf.port);
	else
		snprintf(m->place, sizeof(m->place), "%s port %lld", host, (long long)m->conf.tcp_port);
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
	name_place(m);
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
	hj_wall_timer_done(&m->window_timer);
	loan_done(m);
	sampling_done(m);
	sniff_close(m->sniff);
	hj_ipc_call_unref(m->sniffer);
	publish_free(m->publish);
	if (m->started)
		peer_hand_over(m->peer);
	peer_free(m->peer);
	change_window(m);
	if (m->started)
		health_program(m, "program-stop");
	hj_ipc_pulls_done(&m->frame_pulls);
	if (m->started) {
		snapshots_write(&m->snapshots, &m->frames, true);
		figures_keep(m, hj_now().wall_ms, true);
	}
	hj_report_free(m->report);
	bus_free(m->bus);
	pushed_free(m);
	change_free(m);
	samples_free(m);
	texts_free(m);
	requests_free(m);
	outbox_done(&m->outbox);
	frames_done(&m->frames);
	hj_conf_bus_done(&m->conf);
	sd_event_unref(m->event);
	free(m);
}
