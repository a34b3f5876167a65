/* The platform says what time it is (CN 1012): clockd is asked to set the clock, where hjgate.conf names this uplink
 * for it. Whether it may, is clockd's to say; the platform gets its word as ExeRtn. And the platform is asked (CN
 * 1013) to say it: when a connection is made, once a day, when the QN of what it asks is far from our time, when
 * somebody else has stepped the clock, since stored trusts it no longer then, and when its word set the clock back a
 * little: the link may have held it up; but not while a time daemon keeps the clock. A link that is lost meanwhile
 * takes nothing back: clockd sets the clock or does not, within ANSWER_WAIT, what was said is as true as before, and
 * the session drops the answer. */
#include "uplinkd.h"

#include <errno.h>
#include <string.h>

#include "hjgate/clock_watch.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define ANSWER_WAIT (8 * HJ_USEC_PER_SEC) /* for clockd; a platform waits 10 s */
#define ASK_EVERY   (24 * 3600 * HJ_USEC_PER_SEC)
#define ASK_PAUSE   (3600 * HJ_USEC_PER_SEC) /* at least, between two 1013 upon suspicion, or upon steps */
#define STEP_WAIT   (5 * HJ_USEC_PER_SEC)    /* who steps the clock may not be done with it */
#define SUSPECT_MS  30000                    /* a logger is to be within 30 s of Beijing time */
#define LATE_MS     2000                     /* a word that sets the clock back by so much, */
#define LATE_MOST   120000                   /* and no more, may have been on its way for so long */
#define ACCURACY    (1 * HJ_USEC_PER_SEC)

/* Table 6 for each word of clockd. */
static const struct {
	const char *error;
	int exe_rtn;
} refusals[] = {
	{ "hjgate.Clock.NotYours", HJ212_EXE_FAILED },
	{ "hjgate.Clock.KeptByDaemon", HJ212_EXE_FAILED },
	{ "hjgate.Clock.NotPermitted", HJ212_EXE_FAILED },
	{ "hjgate.Clock.NoSuchTime", HJ212_EXE_CONDITION },
};

static int exe_of(const char *error)
{
	for (size_t i = 0; i < hj_array_size(refusals); i++)
		if (!strcmp(refusals[i].error, error))
			return refusals[i].exe_rtn;
	return HJ212_EXE_SYSTEM;
}

/* ---- setting ---- */

static void arm(struct uplinkd *u, hj_usec wait)
{
	sd_event_source_set_time(u->clock.timer, hj_now().mono + wait);
	sd_event_source_set_enabled(u->clock.timer, SD_EVENT_ONESHOT);
}

/* Until the platform is to be asked again. */
static void arm_next(struct uplinkd *u)
{
	hj_usec now = hj_now().mono;

	arm(u, !u->clock.set_at && u->clock.step_at > now ? u->clock.step_at - now : ASK_EVERY);
}

/* The platform's word holds no longer. Two who step the clock against each other, or a link that holds up each word,
 * must not make us ask all the time. */
static void ask_soon(struct uplinkd *u)
{
	hj_usec now = hj_now().mono, at = now + STEP_WAIT, before = u->clock.step_at;

	if (before)
		at = hj_max(at, before > now ? before : before + ASK_PAUSE);
	u->clock.set_at = 0;
	u->clock.step_at = at;
	arm_next(u);
}

static void heed_step(struct uplinkd *u, bool by_platform)
{
	struct hj_now now = hj_now();

	if (hj_clock_step(&u->clock.ahead_ms, &now) && !by_platform)
		ask_soon(u);
}

/* While clockd is asked, its answer tells whose step it is. */
static void on_clock_set(void *userdata)
{
	struct uplinkd *u = userdata;

	if (!u->clock.client)
		heed_step(u, false);
}

static void finish(struct uplinkd *u, int exe_rtn)
{
	hj_ipc_client_free(hj_steal(u->clock.client));
	if (exe_rtn == HJ212_EXE_DONE)
		u->clock.set_at = hj_now().mono;
	hj212_session_answer(u->session, u->clock.request.id, exe_rtn, hj_now());
	u->clock.request.id = 0;
	arm_next(u);
	heed_step(u, exe_rtn == HJ212_EXE_DONE);
	uplinkd_pump(u);
}

static void on_set(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct uplinkd *u = userdata;
	int64_t behind_ms = error ? 0 : json_integer_value(json_object_get(reply, "offset"));

	if (error && !strcmp(error, "hjgate.Disconnected"))
		return; /* is_up() asks again, as long as there is time */
	if (error)
		hj_notice("uplink %s: the clock is not set as the platform says (%s)", u->name, error);
	finish(u, error ? exe_of(error) : HJ212_EXE_DONE);
	if (behind_ms <= -LATE_MS && behind_ms >= -LATE_MOST)
		ask_soon(u);
}

static void is_up(void *userdata)
{
	struct uplinkd *u = userdata;

	hj_ipc_client_call(u->clock.client, "hjgate.Clock.Set",
	        json_pack("{s:s, s:I, s:I}", "uplink", u->name, "time", (json_int_t)u->clock.request.time_ms, "mono",
	                (json_int_t)u->clock.said_at),
	        0, on_set, u);
}

int clock_set(struct uplinkd *u, const struct hj212_request *q)
{
	static const struct hj_ipc_client_events events = { .up = is_up };
	char path[HJ_PATH_MAX];
	int r;

	if (!u->clock.ours)
		return hj212_session_answer(u->session, q->id, HJ212_EXE_FAILED, hj_now());
	if (u->clock.client)
		return -EBUSY;
	r = hj_path(u->root, HJ_DIR_RUN, "clockd.peer", path);
	r = r < 0 ? r : hj_ipc_client_new(u->event, path, &events, u, &u->clock.client);
	if (r < 0)
		return r;
	u->clock.request = *q;
	u->clock.said_at = hj_now().mono;
	arm(u, ANSWER_WAIT);
	return 0;
}

/* ---- asking for it ---- */

static void ask(struct uplinkd *u)
{
	int r;

	if (!u->clock.ours || !uplinkd_is_up(u) || hj_clock_synchronised())
		return;
	r = hj212_session_ask_clock(u->session);
	if (r == -EOPNOTSUPP && !u->clock.mute_told) {
		hj_notice("uplink %s: HJ/T 212-2005 cannot ask what time it is: the clock is not set until the platform "
		          "says it of its own accord (CN 1012)",
		        u->name);
		u->clock.mute_told = true;
	}
	if (r < 0)
		return;
	u->clock.asked_at = hj_now().mono;
	hj_info("uplink %s: the platform is asked what time it is", u->name);
	uplinkd_pump(u);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct uplinkd *u = userdata;

	if (u->clock.client) {
		hj_warn("uplink %s: clockd does not answer: the platform is told so (ExeRtn=6)", u->name);
		finish(u, HJ212_EXE_SYSTEM);
		return 0;
	}
	ask(u);
	arm_next(u);
	return 0;
}

void clock_up(struct uplinkd *u)
{
	hj_usec now = hj_now().mono;

	/* In doubt it is asked when that is due, and not with each link. */
	if (u->clock.set_at ? now - u->clock.set_at >= ASK_EVERY : u->clock.step_at <= now)
		ask(u);
}

void clock_heard(struct uplinkd *u, const struct hj212_request *q)
{
	struct hj_now now = hj_now();
	int64_t ahead_ms = q->qn_ms - now.wall_ms;

	if (!u->clock.ours || !q->qn_ms || q->time_ms || (ahead_ms < SUSPECT_MS && ahead_ms > -SUSPECT_MS))
		return;
	if (!u->clock.asked_at || now.mono - u->clock.asked_at >= ASK_PAUSE)
		ask(u);
}

/* ---- for the owner ---- */

int clock_new(struct uplinkd *u, const char *clock_uplink)
{
	struct hj_now now = hj_now();
	int r;

	u->clock.ours = !strcmp(clock_uplink, u->name);
	if (!u->clock.ours)
		return 0;
	r = sd_event_add_time(u->event, &u->clock.timer, CLOCK_BOOTTIME, 0, ACCURACY, on_timer, u);
	if (r < 0)
		return r;
	arm(u, ASK_EVERY);
	u->clock.ahead_ms = hj_clock_ahead(&now);
	r = hj_clock_watch(u->event, on_clock_set, u, &u->clock.watch);
	if (r < 0)
		hj_log_error(r, "uplink %s: cannot watch the clock: the platform is asked once a day", u->name);
	return 0;
}

void clock_free(struct uplinkd *u)
{
	hj_ipc_client_free(hj_steal(u->clock.client));
	u->clock.watch = sd_event_source_disable_unref(u->clock.watch);
	u->clock.timer = sd_event_source_disable_unref(u->clock.timer);
}
