/* The object. It is made whole before the store or the platform has been heard of, and begins to work when the store
 * has told the settings: without them it would not know which password, interval or QN to use. Everything that
 * happens ends in uplinkd_pump(). */
#include "uplinkd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

#define RTD_DEFAULT_S 30 /* where the files say 0 and a platform starts real-time data */
#define MS_PER_MINUTE 60000
#define BYTES_PER_MB  1000000
#define ACCURACY_USEC 1000
#define PUMP_TURNS    1000 /* more work than that in one go gives the loop a turn first */

/* ---- from the configuration ---- */

static struct hj212_own own_of(const struct hj_conf_own *c, bool wanted)
{
	struct hj212_own own = {
		.cn = wanted ? atoi(c->cn) : 0, .answered = c->answered, .interval_s = (unsigned)c->interval
	};

	hj_text_copy(own.cp, sizeof(own.cp), c->cp);
	return own;
}

/* Who we are there, and the password, are move.c's. */
static void fill_identity(struct uplinkd *u)
{
	const struct hj_conf_uplink *c = &u->conf;
	const struct hj_conf_session *s = &c->session;
	bool test_windows = u->minute_ms % MS_PER_MINUTE;

	u->identity = (struct hj212_identity){ .crc = (enum hj212_crc)c->crc,
		.base_minutes = test_windows ? 0 : (unsigned)(u->minute_ms / MS_PER_MINUTE),
		.window = (unsigned)s->window,
		.gap_ms = (unsigned)c->gap,
		.lenient_crc = s->any_crc,
		.crc_lower = s->crc_lower,
		.ack = (enum hj212_ack)s->ack,
		.login = own_of(&s->login, s->login.cn[0]),
		.heartbeat = own_of(&s->heartbeat, s->heartbeat.interval) };
}

static void fill_limits(struct uplinkd *u)
{
	const struct hj_conf_backlog *c = &u->conf.backlog;

	u->limits = (struct limits){ .rate = (unsigned)c->rate, .budget = (uint64_t)c->budget * BYTES_PER_MB };
	hj_conf_hours_parse(c->hours, &u->limits.from_min, &u->limits.to_min); /* the file's check has read it */
}

static void fill_settings(struct uplinkd *u)
{
	const struct hj_conf_uplink *c = &u->conf;

	u->configured = (struct hj212_settings){ .over_time = (unsigned)c->over_time,
		.re_count = (unsigned)c->re_count,
		.rtd_interval = c->rtd_interval ? (unsigned)c->rtd_interval : RTD_DEFAULT_S,
		.min_interval = c->min_interval ? (unsigned)c->min_interval : u->identity.base_minutes,
		.rtd_on = c->rtd_interval > 0,
		.rs_on = true };
}

_Static_assert((int)HJ_CRC_MODBUS == (int)HJ212_CRC_MODBUS && (int)HJ_CRC_NONE == (int)HJ212_CRC_NONE,
        "one numbering of dialects");
_Static_assert(HJ212_OTHER_STS == HJ_WANTED_STS_MAX - 1, "as many as the configuration takes");
_Static_assert((int)HJ_ACK_ORDER == (int)HJ212_ACK_ORDER && (int)HJ_ACK_NONE == (int)HJ212_ACK_NONE,
        "one numbering of policies");

/* ---- the turn ---- */

bool uplinkd_is_up(const struct uplinkd *u)
{
	return u->session && u->link && link_state(u->link) == LINK_UP;
}

bool uplinkd_wants_realtime(const struct uplinkd *u)
{
	return u->session && !u->adhoc && hj212_session_settings(u->session)->rtd_on;
}

void uplinkd_watch(struct uplinkd *u)
{
	feed_watch(u->feed, u->preview || u->test || uplinkd_wants_realtime(u));
}

static void flush(struct uplinkd *u, struct hj_now now)
{
	for (;;) {
		struct hj212_slice out = hj212_session_output(u->session);
		size_t n = out.n ? link_write(u->link, out.p, out.n) : 0;

		hj212_session_written(u->session, n, now);
		limits_bytes(&u->limits, n, now);
		if (!n || n < out.n)
			return;
	}
}

static void set_timer(struct uplinkd *u)
{
	hj_usec next = hj_min(hj212_session_deadline(u->session), sending_deadline(u));

	if (u->pump_again)
		next = 0;
	if (u->timer_at <= next) /* most deadlines are put off before they come: a turn too many costs less */
		return;
	u->timer_at = next;
	sd_event_source_set_time(u->timer, next);
	sd_event_source_set_enabled(u->timer, SD_EVENT_ONESHOT);
}

static void turn(struct uplinkd *u)
{
	struct hj_now now = hj_now();

	move_turn(u, now);
	if (hj212_session_asks_delivery(u->session))
		hj212_session_delivered(u->session, link_undelivered(u->link), now);
	if (hj212_session_asks_qn(u->session, now))
		feed_qn(u->feed);
	hj212_session_tick(u->session, now);
	platform_outcomes(u, now);
	flush(u, now); /* answers take the room of uploads, and nobody would wake us once they are written */
	u->pump_again |= sending_turn(u, now);
	flush(u, now);
	sending_look(u, now);
	event_unfit(u, now.mono);
}

void uplinkd_pump(struct uplinkd *u)
{
	unsigned turns = 0;

	if (!u->session)
		return;
	u->pump_again = true;
	if (u->pumping)
		return;
	u->pumping = true;
	while (u->pump_again && turns++ < PUMP_TURNS) {
		u->pump_again = false;
		turn(u);
	}
	u->pumping = false;
	set_timer(u);
	hj_ipc_pulls_turn(&u->frame_pulls);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct uplinkd *u = userdata;

	u->timer_at = HJ_USEC_NEVER;
	uplinkd_pump(u);
	return 0;
}

/* ---- beginning ---- */

static void on_frame(bool out, const char *frame, size_t n, void *userdata)
{
	struct uplinkd *u = userdata;

	frames_put(&u->frames, out, frame, n, hj_now());
	trial_frame(u, out, frame, n);
}

static void on_fate(enum hj212_fate fate, const char *qn, int code, void *userdata)
{
	struct uplinkd *u = userdata;

	frames_fate(&u->frames, fate, qn, code, hj_now());
	trial_fate(u, fate, qn, code);
}

static int begin_session(struct uplinkd *u, const struct hj212_settings *settings, const struct hj212_qn *qn)
{
	int r = flights_new(&u->flights, u->identity.window);

	r = r < 0 ? r : hj212_session_new(&u->identity, settings, &u->session);
	if (r < 0)
		return hj_log_error(r, "uplink %s: cannot begin", u->name);
	*hj212_session_qn(u->session) = *qn;
	hj212_session_trace(u->session, on_frame, u);
	hj212_session_fates(u->session, on_fate, u);
	u->error[0] = '\0';
	return 0;
}

int uplinkd_settings_known(struct uplinkd *u, const struct hj212_settings *settings, const struct hj212_qn *qn)
{
	int r = begin_session(u, settings, qn);

	if (r < 0)
		return r;
	feed_qn(u->feed);
	uplinkd_watch(u);
	if (!u->paused)
		link_start(u->link);
	feed_ask_kept(u->feed, "edition");
	return 0;
}

void uplinkd_unlink(struct uplinkd *u)
{
	link_stop(u->link);
	hj212_session_left(u->session);
	devices_stop(u);
	resumes_remember(&u->resumes, &u->flights, u->identity.mn);
	feed_link_down(u->feed);
	flights_clear(&u->flights);
	lanes_done(&u->lanes);
}

void uplinkd_pause(struct uplinkd *u, bool pause)
{
	if (pause == u->paused)
		return;
	u->paused = pause;
	u->since_ms = hj_now().wall_ms;
	if (!u->session)
		return;
	if (!pause) {
		link_start(u->link);
		return;
	}
	uplinkd_unlink(u);
	uplinkd_pump(u);
}

/* Numbers go on where texts cannot be said: those are few. */
static int make_words(struct uplinkd *u, const struct hj_conf *all)
{
	int r = hj_charset_new(u->conf.dialect.wording.encoding, &u->charset);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0)
		hj_error("uplink %s: this system cannot write GBK: other characters than ASCII are sent as ?",
		        u->name);
	u->map.encoder = r < 0 ? hj_charset_ascii : hj_charset_encoder(u->charset);
	u->map.wording = u->conf.dialect.wording;
	u->map.all = u->conf.all_points;
	u->map.normal_part = u->normal_part;
	u->map.unfit = &u->unfit;
	r = hj_conf_uplink_points(all, &u->conf, hj212_phrase_map_add, &u->map);
	for (unsigned i = 0; i < u->map.extra_parts; i++)
		hj_text_copy(u->identity.other_st[i], sizeof(u->identity.other_st[0]), u->map.st[i + 1]);
	return r;
}

static int make_parts(struct uplinkd *u, const struct hj_conf *all)
{
	int r = make_words(u, all);

	if (r >= 0)
		r = event_new(u);
	if (r >= 0)
		r = sd_event_add_time(u->event, &u->timer, CLOCK_BOOTTIME, 0, ACCURACY_USEC, on_timer, u);
	if (r >= 0)
		r = sd_event_source_set_enabled(u->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = link_new(u->event, &u->conf, u->root, &platform_link_events, u, &u->link);
	if (r >= 0)
		r = feed_new(u, &u->feed);
	if (r >= 0)
		r = devices_new(u, all);
	return r;
}

int uplinkd_new(sd_event *event, const char *root, struct hj_conf_uplink *conf, const struct hj_conf *all, bool adhoc,
        struct uplinkd **ret)
{
	struct uplinkd *u = calloc(1, sizeof(*u));
	int r;

	if (!u) {
		hj_conf_uplink_done(conf);
		return -ENOMEM;
	}
	u->event = event;
	u->adhoc = u->paused = adhoc;
	u->timer_at = HJ_USEC_NEVER;
	u->conf = *conf;
	*conf = (struct hj_conf_uplink){ 0 };
	hj_text_copy(u->root, sizeof(u->root), root);
	hj_text_copy(u->name, sizeof(u->name), u->conf.name);
	u->minute_ms = hj_conf_minute_ms(&all->main);
	u->hour_ms = hj_conf_hour_ms(&all->main);
	u->day_ms = hj_conf_day_ms(&all->main);
	u->normal_part = (unsigned)all->main.normal_part;
	u->retention_ms = all->main.retention_days * HJ_MS_PER_DAY;
	u->since_ms = hj_now().wall_ms;
	hj_text_copy(u->error, sizeof(u->error), "stored has not been heard of yet");
	fill_identity(u);
	fill_settings(u);
	fill_limits(u);
	r = move_new(u);
	r = r < 0 ? r : make_parts(u, all);
	if (r >= 0)
		r = adhoc ? begin_session(u, &u->configured, &(struct hj212_qn){ 0 })
		          : clock_new(u, all->main.clock_uplink);
	if (r < 0) {
		uplinkd_free(u);
		return r;
	}
	*ret = u;
	return 0;
}

void uplinkd_free(struct uplinkd *u)
{
	if (!u)
		return;
	flights_done(&u->flights);
	clock_free(u);
	hj_ipc_call_unref(u->resetting);
	devices_free(u);
	preview_free(u);
	trial_free(u);
	feed_free(u->feed);
	link_free(u->link);
	hj212_session_free(u->session);
	event_free(u);
	hj_ipc_pulls_done(&u->frame_pulls);
	lanes_done(&u->lanes);
	frames_done(&u->frames);
	hj212_phrase_map_done(&u->map);
	hj_charset_free(u->charset);
	hj_conf_uplink_done(&u->conf);
	move_free(u);
	sd_event_source_disable_unref(u->timer);
	free(u);
}
