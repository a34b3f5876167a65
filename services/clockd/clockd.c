/* Making and freeing; stored is told who vouches for the clock; and the end, when there is nothing to do.
 *
 * The platform is not asked for another day, so stored is told until it takes it: it may be reading its files, or the
 * disk may be in trouble. Only a clock that somebody else has stepped meanwhile is nobody's word: uplinkd asks for a
 * new one then. */
#include "clockd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define VOUCH_WAIT  (3600 * HJ_USEC_PER_SEC) /* for a stored that is away, or does not take it */
#define VOUCH_PAUSE (10 * HJ_USEC_PER_SEC)   /* between two tries */

/* ---- the end ---- */

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct clockd *c = userdata;

	if (c->stored)
		hj_warn("stored could not be told within an hour that the platform says what time it is");
	return sd_event_exit(c->event, HJ_EXIT_OK);
}

void clockd_busy(struct clockd *c)
{
	hj_usec idle = hj_now().mono + CLOCK_IDLE;

	sd_event_source_set_time(c->idle, c->stored ? hj_max(idle, c->vouch_until) : idle);
	sd_event_source_set_enabled(c->idle, SD_EVENT_ONESHOT);
}

/* ---- stored ---- */

static void told(struct clockd *c)
{
	hj_ipc_client_free(hj_steal(c->stored));
	sd_event_source_set_enabled(c->again, SD_EVENT_OFF);
	clockd_busy(c);
}

static void try_again(struct clockd *c)
{
	sd_event_source_set_time(c->again, hj_now().mono + VOUCH_PAUSE);
	sd_event_source_set_enabled(c->again, SD_EVENT_ONESHOT);
}

static void on_told(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct clockd *c = userdata;

	if (error && !hj_ipc_client_is_up(c->stored))
		return; /* is_up() says it again */
	if (!error || !strcmp(error, HJ_IPC_ERROR_PARAMETER)) {
		if (error)
			hj_warn("stored does not know that a platform may set the clock: it is not trusted");
		told(c);
		return;
	}
	if (!c->vouch_failed)
		hj_warn("stored does not take it yet that the platform has set the clock (%s): trying again", error);
	c->vouch_failed = true;
	try_again(c);
}

static void tell(struct clockd *c)
{
	struct hj_now now = hj_now();

	if (hj_clock_step(&c->vouch_ahead_ms, &now)) {
		hj_warn("the clock was stepped before stored was told of the platform's time: that holds no longer");
		told(c);
		return;
	}
	if (hj_ipc_client_call(c->stored, "hjgate.Store.ClockSet", json_pack("{s:s}", "source", "platform"), 0,
	            on_told, c) < 0)
		try_again(c);
}

static void is_up(void *userdata)
{
	struct clockd *c = userdata;

	sd_event_source_set_enabled(c->again, SD_EVENT_OFF);
	tell(c);
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct clockd *c = userdata;

	if (hj_ipc_client_is_up(c->stored))
		tell(c);
	return 0;
}

void clockd_vouch(struct clockd *c)
{
	static const struct hj_ipc_client_events events = { .up = is_up };
	struct hj_now now = hj_now();
	char path[HJ_PATH_MAX];
	int r = hj_path(c->root, HJ_DIR_RUN, "stored.peer", path);

	hj_ipc_client_free(hj_steal(c->stored));
	sd_event_source_set_enabled(c->again, SD_EVENT_OFF);
	c->vouch_until = now.mono + VOUCH_WAIT;
	c->vouch_ahead_ms = hj_clock_ahead(&now);
	c->vouch_failed = false;
	r = r < 0 ? r : hj_ipc_client_new(c->event, path, &events, c, &c->stored);
	if (r < 0)
		hj_log_error(r, "cannot tell stored that the platform says what time it is");
}

/* ---- making and freeing ---- */

/* What is wrong in it, stored says: here the clock is nobody's to set until it is right. */
static void load(struct clockd *c)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };

	if (hj_conf_load_main(c->root, &c->conf, &errors) < 0) {
		c->conf = (struct hj_conf_main)HJ_CONF_MAIN_DEFAULT;
		hj_warn("hjgate.conf is not right: no platform may set the clock");
	}
}

int clockd_new(struct hj_service *s, struct clockd **ret)
{
	_cleanup_(clockd_freep) struct clockd *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->event = sd_event_ref(s->event);
	c->root = s->root;
	load(c);
	if (hj_boot_id(s->root, c->boot_id) < 0)
		hj_warn("cannot read the boot id: how the clock goes is measured anew");
	keep_load(c);
	r = hj_report_new(c->event, s->root, "clockd", &c->report);
	if (r >= 0)
		r = sd_event_add_time(c->event, &c->idle, CLOCK_BOOTTIME, 0, HJ_USEC_PER_SEC, on_idle, c);
	if (r >= 0)
		r = sd_event_add_time(c->event, &c->again, CLOCK_BOOTTIME, 0, HJ_USEC_PER_SEC, on_again, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->again, SD_EVENT_OFF);
	if (r < 0)
		return hj_log_error(r, "cannot start");
	clockd_busy(c);
	*ret = hj_steal(c);
	return 0;
}

void clockd_free(struct clockd *c)
{
	if (!c)
		return;
	hj_ipc_client_free(c->stored);
	hj_report_free(c->report);
	sd_event_source_disable_unref(c->again);
	sd_event_source_disable_unref(c->idle);
	sd_event_unref(c->event);
	free(c);
}
