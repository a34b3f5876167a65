/* A clockd whose clock is the test's own: it may be wrong, is slewed at the kernel's half a millisecond a second, and
 * is kept by a time daemon where the test says so. The platform says whole seconds; what clockd answers it, and what
 * it tells others, is kept here. Its files are real, in a folder of the test's own. */
#pragma once

#include <errno.h>
#include <sys/timex.h>
#include <unistd.h>

#include "../../services/clockd/clockd.h"
#include "../../services/clockd/set.h"
#include "hjgate/ipc_client.h"
#include "hjgate/now.h"
#include "state_root.h"

#define NOVEMBER 1795017600000LL /* 2026-11-19 */
#define MINUTE   60000LL
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)

/* ---- the clocks, in us ---- */

static int64_t true_us, wall_us, mono_us;
static int64_t slew_us; /* not done yet; a slew moves both clocks */
static bool synchronised;
static int denied; /* errno of who sets the clock; 0 = he may */
static unsigned steps, slews;

static int64_t rtc_ms;
static int rtc_result = -ENOENT; /* of writing it; -ENOENT: there is none */
static unsigned rtc_asked;

struct hj_now hj_now(void)
{
	return (struct hj_now){ .wall_ms = wall_us / 1000, .mono = (hj_usec)mono_us };
}

int adjtimex(struct timex *t)
{
	t->status = synchronised ? 0 : STA_UNSYNC;
	return synchronised ? TIME_OK : TIME_ERROR;
}

int set_step(int64_t wall_ms)
{
	if (denied)
		return -denied;
	wall_us = wall_ms * 1000;
	slew_us = 0;
	steps++;
	return 0;
}

int set_slew(int64_t offset_ms)
{
	if (denied)
		return -denied;
	slew_us = offset_ms * 1000;
	slews++;
	return 0;
}

int64_t set_slew_left(void)
{
	return slew_us / 1000;
}

int set_rtc(const char *path, int64_t wall_ms)
{
	if (!path)
		return -ENOENT;
	rtc_asked++;
	if (rtc_result >= 0)
		rtc_ms = wall_ms;
	return rtc_result;
}

const char *set_rtc_path(void)
{
	return rtc_result == -ENOENT ? NULL : "/dev/rtc";
}

static void pass(int64_t ms)
{
	int64_t most = ms / 2, slewed = slew_us > most ? most : slew_us < -most ? -most : slew_us;

	true_us += ms * 1000;
	wall_us += ms * 1000 + slewed;
	mono_us += ms * 1000 + slewed;
	slew_us -= slewed;
}

static int64_t error_ms(void)
{
	return (wall_us - true_us) / 1000;
}

static unsigned syncs; /* of files */

int fdatasync(int fd)
{
	syncs++;
	return 0;
}

/* ---- whom clockd speaks with ---- */

struct hj_ipc_call {
	char error[64]; /* "" = none */
	char how[16];
};

int hj_ipc_reply(struct hj_ipc_call *call, json_t *parameters)
{
	snprintf(call->how, sizeof(call->how), "%s", json_string_value(json_object_get(parameters, "how")));
	json_decref(parameters);
	return 0;
}

int hj_ipc_fail(struct hj_ipc_call *call, const char *error, json_t *parameters)
{
	snprintf(call->error, sizeof(call->error), "%s", strrchr(error, '.') + 1);
	json_decref(parameters);
	return 0;
}

int hj_ipc_fail_parameter(struct hj_ipc_call *call, const char *name)
{
	return hj_ipc_fail(call, ".parameter", NULL);
}

static unsigned events;

int hj_report_new(sd_event *event, const char *of, const char *source, struct hj_report **ret)
{
	*ret = NULL;
	return 0;
}

void hj_report(struct hj_report *r, const char *code, enum hj_phase phase, const char *key, json_t *values)
{
	events++;
	json_decref(values);
}

void hj_report_free(struct hj_report *r)
{
}

static unsigned vouched;

int hj_ipc_client_new(sd_event *event, const char *path, const struct hj_ipc_client_events *do_what, void *userdata,
        struct hj_ipc_client **ret)
{
	vouched++;
	*ret = NULL;
	return 0;
}

void hj_ipc_client_free(struct hj_ipc_client *c)
{
}

bool hj_ipc_client_is_up(const struct hj_ipc_client *c)
{
	return true;
}

int hj_ipc_client_call(struct hj_ipc_client *c, const char *method, json_t *parameters, int flags, hj_ipc_reply_fn fn,
        void *userdata)
{
	json_decref(parameters);
	return 0;
}

/* ---- the daemon ---- */

static struct clockd *clockd;
static sd_event *loop;

static void begin(void)
{
	struct hj_service service = { .root = root, .event = loop };

	assert_int_equal(clockd_new(&service, &clockd), 0);
	hj_text_copy(clockd->conf.clock_uplink, sizeof(clockd->conf.clock_uplink), "county");
}

static void begin_again(void)
{
	clockd_free(clockd);
	begin();
}

/* What becomes of this time: "right" and so on, or the error. */
static const char *say_time(int64_t ms)
{
	static struct hj_ipc_call call;
	json_t *parameters =
	        json_pack("{s:s, s:I, s:I}", "uplink", "county", "time", (json_int_t)ms, "mono", (json_int_t)mono_us);

	call = (struct hj_ipc_call){ 0 };
	assert_int_equal(clockd_interface.methods[0].fn(&call, parameters, clockd), 0);
	json_decref(parameters);
	return call.error[0] ? call.error : call.how;
}

/* The platform's clock is ahead of the true time by so much. */
static const char *say(int64_t ahead_ms)
{
	return say_time((true_us / 1000 + ahead_ms) / 1000 * 1000);
}

static int setup(void **state)
{
	true_us = wall_us = (NOVEMBER + 500) * 1000; /* what a whole second is taken for */
	mono_us = HOUR * 1000;
	slew_us = rtc_ms = 0;
	synchronised = false;
	denied = 0;
	rtc_result = -ENOENT;
	steps = slews = rtc_asked = events = vouched = syncs = 0;
	if (make_root("clockd") < 0 || sd_event_new(&loop) < 0)
		return -1;
	begin();
	return 0;
}

static int teardown(void **state)
{
	clockd_free(clockd);
	sd_event_unref(loop);
	return remove_root();
}
