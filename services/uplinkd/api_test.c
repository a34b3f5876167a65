/* hjgate.Uplink's Test: one upload of real-time data, told step by step, with what became of it. Real-time data is no
 * record of the store: nothing that is owed is touched, and nothing comes twice. It takes its turn like any other, by
 * the link that is there; an --adhoc uplinkd connects for it. A made-up value goes out only where the caller asks for
 * it, with Flag S, "set by hand".
 *
 * Where nothing acknowledges it the verdict is what came instead, if anything did: that says most of what to do. */
#include "uplinkd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_test_came.h"
#include "hjgate/hj212_mask.h"
#include "hjgate/now.h"

#define TICK_USEC     (100 * HJ_USEC_PER_MS)
#define ACCURACY_USEC (10 * HJ_USEC_PER_MS)
#define VALUES_USEC   HJ_USEC_PER_SEC         /* so long values are waited for */
#define STORE_USEC    (5 * HJ_USEC_PER_SEC)   /* so long the settings are: they come a moment after a start */
#define WHOLE_USEC    (600 * HJ_USEC_PER_SEC) /* more than over_time and re_count need in practice */
#define STEPS_MOST    200                     /* of one answer: a platform that floods us is cut short */

struct test {
	struct uplinkd *u;
	struct hj_ipc_call *call;
	bool made_up, wanted, went, left;
	bool up, spoke;  /* there was a connection; a frame of ours was for it */
	hj_usec entered; /* mono: the settings were known; 0 = not yet */
	uint32_t flight;
	char first_qn[HJ_TIME17_LEN + 1], last_qn[HJ_TIME17_LEN + 1]; /* of its packets */
	hj_usec began;
	bool shown; /* the newest frame is of this test */
	struct came came;
	uint64_t junk;               /* bytes that were no frame, before the begin */
	const struct came_one *what; /* the verdict is about this one; NULL: nothing that came */
	json_t *steps;
	const char *verdict; /* NULL: not yet */
	int code;
	sd_event_source *timer;
};

static void step(struct test *t, const char *what, const char *text, const char *frame)
{
	json_t *shown = frame ? json_string(frame) : json_null();

	if (json_array_size(t->steps) >= STEPS_MOST) {
		json_decref(shown);
		return;
	}
	json_array_append_new(
	        t->steps, json_pack("{s:s, s:I, s:o?, s:o}", "step", what, "after",
	                          (json_int_t)((hj_now().mono - t->began) / HJ_USEC_PER_MS), "text",
	                          text ? json_string(text) : NULL, "frame", shown ? shown : json_null()));
}

static void note(struct test *t, const char *text)
{
	if (text)
		step(t, "note", text, NULL);
}

static void end(struct test *t, const char *verdict, int code)
{
	if (t->verdict)
		return;
	t->verdict = verdict;
	t->code = code;
}

/* Bytes that were no frame, until now. */
static uint64_t junk_of(const struct uplinkd *u)
{
	struct hj212_counts counts = { 0 };

	if (u->session)
		hj212_session_counts(u->session, &counts);
	return counts.junk;
}

/* It was not acknowledged: what came instead says more than that nothing did. Of a page of the web the session gets
 * nothing, so that a portal stays one. */
static void end_unanswered(struct test *t, const char *verdict)
{
	if (t->verdict)
		return;
	if (!t->came.odd && junk_of(t->u) > t->junk)
		t->came.odd = CAME_BYTES;
	t->what = &t->came.odd_one;
	end(t, came_verdict(&t->came) ?: verdict, 0);
}

/* ---- what it is told ---- */

void trial_up(struct uplinkd *u)
{
	struct tls_facts facts;

	if (!u->test)
		return;
	u->test->up = true;
	step(u->test, "connected", link_address(u->link), NULL);
	if (link_facts(u->link, &facts))
		step(u->test, "tls", facts.version, NULL);
}

void trial_down(struct uplinkd *u, const char *why)
{
	if (!u->test || !why)
		return;
	step(u->test, "down", why, NULL);
	if (!strcmp(why, strerror(ECONNREFUSED)))
		end(u->test, "refused", 0);
	else
		end_unanswered(u->test, u->test->spoke ? "closed" : u->test->up ? "hung-up" : "unreachable");
}

void trial_verdict(struct uplinkd *u, const char *verdict, const char *text)
{
	if (!u->test)
		return;
	note(u->test, text);
	if (verdict)
		end_unanswered(u->test, verdict);
}

/* Is it one of ours? Then its QN is remembered. Where the clock goes far back meanwhile the first is not the least.
 */
static bool take_qn(struct test *t, const char *text)
{
	const char *qn = strstr(text, "QN=");
	char one[sizeof(t->last_qn)];

	if (!t->went || !strstr(text, "CN=2011;") || !qn || strnlen(qn + 3, HJ_TIME17_LEN) < HJ_TIME17_LEN)
		return false;
	snprintf(one, sizeof(one), "%.*s", HJ_TIME17_LEN, qn + 3);
	if (!t->first_qn[0] || strcmp(one, t->first_qn) < 0)
		hj_text_copy(t->first_qn, sizeof(t->first_qn), one);
	if (strcmp(one, t->last_qn) > 0)
		hj_text_copy(t->last_qn, sizeof(t->last_qn), one);
	return true;
}

void trial_frame(struct uplinkd *u, bool out, const char *frame, size_t n)
{
	_cleanup_free_ char *text = NULL;
	struct test *t = u->test;
	bool exact, ours;

	if (!t)
		return;
	t->spoke |= out;
	text = frames_text(frame, n, &exact);
	ours = text && (out ? take_qn(t, text) : t->went);
	t->shown = ours || (text && u->adhoc);
	if (!t->shown)
		return;
	hj212_mask(text, strlen(text)); /* what comes of a test is shown around */
	step(t, out ? "sent" : "received", NULL, text);
	if (!out)
		note(t, came_frame(&t->came, u->identity.crc, frame, n));
}

void trial_fate(struct uplinkd *u, enum hj212_fate fate, const char *qn, int code)
{
	struct test *t = u->test;

	if (!t)
		return;
	if (fate == HJ212_FATE_DENIED && qn && t->first_qn[0] && strcmp(qn, t->first_qn) >= 0 &&
	        strcmp(qn, t->last_qn) <= 0)
		end(t, "denied", code);
	else if (!qn && t->shown)
		note(t, came_fate(&t->came, fate, &u->frames));
}

/* ---- its turn ---- */

bool trial_wants(const struct uplinkd *u, struct hj_now now)
{
	const struct test *t = u->test;

	return t && t->wanted && t->entered && (feed_values_known(u->feed) || now.mono >= t->entered + VALUES_USEC);
}

int trial_take(struct uplinkd *u, uint32_t flight, struct hj_now now, struct hj_buf *to)
{
	struct test *t = u->test;
	const struct hj212_phrase_newest *newest;
	size_t count;
	int r;

	t->wanted = false;
	newest = feed_newest(u->feed, &count);
	if (t->made_up)
		r = hj212_phrase_made_up_realtime(&u->map, HJ_FLAG_MANUAL, now.wall_ms, to);
	else if (hj212_phrase_map_is_known(&u->map))
		r = hj212_phrase_realtime(&u->map, newest, count, now.wall_ms, to);
	else /* nobody has read anything yet: as where no meter answers */
		r = hj212_phrase_made_up_realtime(&u->map, HJ_FLAG_LINK, now.wall_ms, to);
	t->flight = flight;
	t->went = r >= 0 && to->len;
	if (!t->went)
		end(t, "nothing", 0);
	return r;
}

void trial_acked(struct uplinkd *u, uint32_t flight, bool unanswered)
{
	struct test *t = u->test;

	if (!t || !t->went || t->flight != flight || t->verdict)
		return;
	t->what = unanswered ? NULL : &t->came.taking;
	end(t, unanswered ? "delivered" : t->came.taking.other_crc ? "other-crc" : "acknowledged", 0);
}

/* ---- the call ---- */

void trial_free(struct uplinkd *u)
{
	struct test *t = hj_steal(u->test);

	if (!t)
		return;
	sd_event_source_disable_unref(t->timer);
	json_decref(t->steps);
	hj_ipc_call_unref(t->call);
	free(t);
}

static void finish(struct test *t)
{
	struct uplinkd *u = t->u;

	end_unanswered(t, t->went ? "silent" : "timeout");
	if (!t->left)
		hj_ipc_reply(t->call, json_pack("{s:O, s:s, s:i, s:o, s:b}", "steps", t->steps, "verdict", t->verdict,
		                              "code", t->code, "came", came_json(t->what), "adhoc", u->adhoc));
	trial_free(u);
	uplinkd_watch(u);
	if (u->adhoc)
		uplinkd_pause(u, true);
}

/* When the store has told the settings: before that nothing can begin, and nothing of it is wrong yet. */
static void enter(struct test *t)
{
	struct uplinkd *u = t->u;
	hj_usec now = hj_now().mono;

	if (t->entered || t->verdict)
		return;
	if (!u->session) {
		if (now >= t->began + STORE_USEC)
			end(t, "no-store", 0);
		return;
	}
	t->entered = now;
	if (u->paused && !u->adhoc)
		end(t, "paused", 0);
	else if (u->adhoc)
		uplinkd_pause(u, false);
	else if (uplinkd_is_up(u) && !t->up)
		trial_up(u);
	else if (link_state(u->link) == LINK_WAITING) {
		link_stop(u->link);
		link_start(u->link);
	}
}

/* Not from within the session or the link: what ends it there is seen here. */
static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct test *t = userdata;

	enter(t);
	if (t->verdict || t->left || hj_now().mono - t->began >= WHOLE_USEC) {
		finish(t);
		return 0;
	}
	if (json_array_size(t->steps)) {
		hj_ipc_reply_more(t->call, json_pack("{s:o}", "steps", t->steps));
		t->steps = json_array();
	}
	sd_event_source_set_time_relative(source, TICK_USEC);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	uplinkd_pump(t->u);
	return 0;
}

static void left(struct hj_ipc_call *call, void *userdata)
{
	struct uplinkd *u = userdata;

	if (u->test)
		u->test->left = true;
}

static void begin(struct test *t)
{
	t->junk = junk_of(t->u);
	uplinkd_watch(t->u);
	step(t, "begin", t->u->conf.host, NULL);
	enter(t);
}

int api_test(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct uplinkd *u = userdata;
	bool made_up = false;
	const struct hj_param table[] = { { "made_up", HJ_PARAM_BOOL, false, &made_up } };
	const char *bad = NULL;
	struct test *t;
	int r;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!hj_ipc_call_more(call))
		return hj_ipc_fail_parameter(call, "more");
	if (u->test)
		return hj_ipc_fail(call, HJ_IPC_ERROR_BUSY, NULL);
	u->test = t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	*t = (struct test){ .u = u,
		.call = hj_ipc_call_ref(call),
		.made_up = made_up,
		.wanted = true,
		.began = hj_now().mono,
		.steps = json_array() };
	hj_ipc_call_on_left(call, left, u);
	begin(t);
	r = sd_event_add_time_relative(u->event, &t->timer, CLOCK_BOOTTIME, TICK_USEC, ACCURACY_USEC, on_tick, t);
	if (r < 0)
		trial_free(u);
	return r < 0 ? r : 0;
}
