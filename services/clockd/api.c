/* hjgate.Clock: Set, Status. Who may set the clock, and to what, is decided here; set.c does it. */
#include "clockd.h"

#include <errno.h>
#include <string.h>

#include "hjgate/clock_watch.h"
#include "hjgate/idl.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "set.h"

#define HALF_SECOND_MS 500    /* a whole second was said, and some part of it has passed */
#define SAID_AGO_MOST  600000 /* ms; an older word is none */
#define AHEAD_MOST_MS  (15 * 365 * HJ_MS_PER_DAY)
#define SHORT_END_MS   (2147483648LL * HJ_MS_PER_SEC) /* 2038-01-19, the end of a time_t of 4 bytes */

/* ---- Set ---- */

struct word {
	const char *uplink;
	int64_t time, mono;
	int64_t offset_ms;    /* by which we are behind */
	int64_t under_way_ms; /* of that, what an earlier slew is still putting right */
	int64_t corrected_ms; /* what is put right from this word on; at first what is under way */
	int64_t stepped_ms;   /* of that, what was done at once */
};

static int refuse(struct hj_ipc_call *call, const char *error, json_t *parameters)
{
	char full[64];

	snprintf(full, sizeof(full), "hjgate.Clock.%s", error);
	return hj_ipc_fail(call, full, parameters);
}

/* What the platform said, as the time of now. */
static int64_t now_by(const struct word *w, const struct hj_now *now)
{
	return w->time + HALF_SECOND_MS + ((int64_t)now->mono - w->mono) / (int64_t)HJ_USEC_PER_MS;
}

static void remember(struct clockd *c, const struct word *w, const struct hj_now *now, const char *how)
{
	drift_note(&c->drift, &(struct drift_word){ .mono_ms = (int64_t)(now->mono / HJ_USEC_PER_MS),
	                              .offset_ms = w->offset_ms,
	                              .under_way_ms = w->under_way_ms,
	                              .corrected_ms = w->corrected_ms,
	                              .ahead_ms = hj_clock_ahead(now),
	                              .stepped_ms = w->stepped_ms });
	c->heard_ms = hj_now().wall_ms;
	c->offset_ms = w->offset_ms;
	hj_text_copy(c->how, sizeof(c->how), how);
	keep_word(c);
}

static void tell_set(struct clockd *c, const struct word *w, int64_t before_ms, const char *how)
{
	char key[HJ_NAME_MAX + 16];

	snprintf(key, sizeof(key), "uplink %s", w->uplink);
	hj_notice("the platform of uplink %s set the clock by %lld ms: %s", w->uplink, (long long)w->offset_ms, how);
	hj_report(c->report, "clock-set", HJ_MOMENT, key,
	        json_pack("{s:s, s:I, s:I, s:s, s:I}", "uplink", w->uplink, "from", (json_int_t)before_ms, "to",
	                (json_int_t)(before_ms + w->offset_ms), "how", how, "offset", (json_int_t)w->offset_ms));
}

/* With each word, since it goes wrong by itself, and what could not be written is to be made good. */
static void write_rtc(struct clockd *c, int64_t wall_ms)
{
	int r = set_rtc(set_rtc_path(), wall_ms);

	if (r < 0 && r != -ENOENT && r != c->rtc_result)
		hj_log_error(r, "the box's own clock cannot be set: a power cut will bring the wrong time back");
	c->rtc_result = r;
}

static bool is_within(int64_t ms, int64_t most)
{
	return ms <= most && ms >= -most;
}

/* Does it; *ret_how says what. A clock that is right stays so only if what is under way leaves it right: after a word
 * that was late, a slew makes it wrong. */
static int put_right(struct clockd *c, struct word *w, const struct hj_now *now, const char **ret_how)
{
	int64_t then_ms = w->offset_ms - w->under_way_ms; /* when the slew has done all */
	bool close = is_within(w->offset_ms, CLOCK_RIGHT_MS) && is_within(then_ms, CLOCK_RIGHT_MS);
	bool small = is_within(w->offset_ms, CLOCK_SLEW_MS);
	int r = close ? 0 : small ? set_slew(w->offset_ms) : set_step(now->wall_ms + w->offset_ms);

	*ret_how = close ? "right" : small ? "slewed" : "stepped";
	if (r < 0)
		return r;
	write_rtc(c, close ? now->wall_ms : now->wall_ms + w->offset_ms);
	if (!close) {
		w->corrected_ms = w->offset_ms;
		w->stepped_ms = small ? 0 : w->offset_ms;
		c->slewing = small;
	}
	return r;
}

/* A time daemon has taken the clock over: what we began would work against it. */
static void leave_it(struct clockd *c, struct word *w)
{
	int r = c->slewing && w->under_way_ms ? set_slew(0) : 0;

	if (r < 0) {
		hj_log_error(r, "cannot end what was begun before a time daemon kept the clock");
		return;
	}
	if (c->slewing)
		w->corrected_ms = 0;
	c->slewing = false;
}

static int set(struct clockd *c, struct hj_ipc_call *call, struct word *w)
{
	struct hj_now now = hj_now();
	const char *how;
	struct hj_clock_kept ntp;
	int r;

	w->offset_ms = now_by(w, &now) - now.wall_ms;
	w->under_way_ms = w->corrected_ms = set_slew_left();
	hj_clock_kept(&ntp);
	if (ntp.synchronised)
		leave_it(c, w);
	if (ntp.synchronised && !is_within(w->offset_ms, CLOCK_SLEW_MS)) {
		remember(c, w, &now, "refused");
		return refuse(call, "KeptByDaemon", json_pack("{s:I}", "offset", (json_int_t)w->offset_ms));
	}
	r = ntp.synchronised ? 0 : put_right(c, w, &now, &how);
	if (ntp.synchronised)
		how = "right"; /* what is left is the platform's doubt, not the daemon's */
	if (r < 0) {
		hj_log_error(r, "the clock cannot be set");
		remember(c, w, &now, "refused");
		return refuse(call, "NotPermitted", json_pack("{s:s}", "text", strerror(-r)));
	}
	remember(c, w, &now, how);
	if (strcmp(how, "right") != 0)
		tell_set(c, w, now.wall_ms, how);
	clockd_vouch(c);
	clockd_busy(c);
	return hj_ipc_reply(call, json_pack("{s:s, s:I}", "how", how, "offset", (json_int_t)w->offset_ms));
}

/* A clock that is set decades ahead by a typing error is not easily put back: the box's own clock holds that date,
 * too, and where the system was built with short times, as Debian 12 on 32-bit ARM, it does not start any more. A
 * clock that says what none can says nothing of how far ahead is too far. */
bool clockd_is_date(int64_t wall_ms, int64_t word_ms, size_t long_bytes)
{
	if (!hj_clock_plausible(word_ms))
		return false;
	if (long_bytes < sizeof(int64_t) && wall_ms < SHORT_END_MS && word_ms >= SHORT_END_MS)
		return false;
	return !hj_clock_plausible(wall_ms) || word_ms - wall_ms <= AHEAD_MOST_MS;
}

static int on_set(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct clockd *c = userdata;
	struct word w = { 0 };
	const struct hj_param table[] = {
		{ "uplink", HJ_PARAM_STRING, true, &w.uplink },
		{ "time", HJ_PARAM_INT, true, &w.time },
		{ "mono", HJ_PARAM_INT, true, &w.mono },
	};
	struct hj_now now = hj_now();
	const char *bad;

	clockd_busy(c);
	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!c->conf.clock_uplink[0] || strcmp(c->conf.clock_uplink, w.uplink) != 0)
		return refuse(call, "NotYours", json_pack("{s:s}", "uplink", w.uplink));
	if (w.mono < 0 || (uint64_t)w.mono > now.mono || (int64_t)now.mono - w.mono > SAID_AGO_MOST * 1000LL)
		return hj_ipc_fail_parameter(call, "mono");
	if (!clockd_is_date(now.wall_ms, w.time, sizeof(long)))
		return refuse(call, "NoSuchTime", json_pack("{s:I}", "time", (json_int_t)w.time));
	return set(c, call, &w);
}

/* ---- Status ---- */

static void add_platform(const struct clockd *c, json_t *j)
{
	double ppm;

	if (c->conf.clock_uplink[0])
		json_object_set_new(j, "uplink", json_string(c->conf.clock_uplink));
	if (!c->heard_ms)
		return;
	json_object_set_new(j, "heard", json_integer((json_int_t)c->heard_ms));
	json_object_set_new(j, "offset", json_integer((json_int_t)c->offset_ms));
	json_object_set_new(j, "how", json_string(c->how));
	json_object_set_new(j, "measured", json_integer((json_int_t)drift_measured_ms(&c->drift)));
	if (drift_ppm(&c->drift, &ppm))
		json_object_set_new(j, "platform_ppm", json_real(ppm));
}

/* A time daemon's word is surer than seconds. */
static void add_error(const struct clockd *c, const struct hj_clock_kept *ntp, json_t *j)
{
	double ppm = ntp->ppm;

	if (ntp->synchronised || drift_ppm(&c->drift, &ppm))
		json_object_set_new(j, "error_48h", json_integer((json_int_t)hj_clock_48h_ms(ppm)));
}

static int on_status(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct clockd *c = userdata;
	const char *bad, *rtc = set_rtc_path();
	struct hj_clock_kept ntp;
	json_t *j;

	clockd_busy(c);
	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	hj_clock_kept(&ntp);
	j = json_pack("{s:I, s:b}", "now", (json_int_t)hj_now().wall_ms, "synchronised", ntp.synchronised);
	if (!j)
		return -ENOMEM;
	if (ntp.synchronised) {
		json_object_set_new(j, "ntp_error", json_integer((json_int_t)ntp.error_ms));
		json_object_set_new(j, "ntp_ppm", json_real(ntp.ppm));
	}
	add_platform(c, j);
	add_error(c, &ntp, j);
	if (rtc)
		json_object_set_new(j, "rtc", json_string(rtc));
	return hj_ipc_reply(call, j);
}

static const struct hj_ipc_method methods[] = {
	{ "Set", HJ_PEER, on_set },
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface clockd_interface = {
	.name = "hjgate.Clock",
	.description = hj_idl_hjgate_Clock,
	.methods = methods,
};
