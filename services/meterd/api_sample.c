/* hjgate.Meter.Sample: the requests that hold these points are due now. What comes are samples like all others, and
 * whoever asked is told them. Several who ask at the same time are served in rounds: all that wait begin together,
 * and after a round there is a pause of nine times what it took, so that asking without end costs the bus a tenth of
 * its time at most. Nobody waits longer than he said: what has not come by then did not answer. */
#include "api_sample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/now.h"
#include "meterd.h"

#define CALLS_MAX    8     /* callers at a time */
#define WAIT_LEAST   100   /* ms */
#define WAIT_MOST    99000 /* ms: the longest OverTime of CN 1000 */
#define WAIT_DEFAULT 10000 /* ms */
#define PAUSE_LEAST  HJ_USEC_PER_SEC
#define PAUSE_MOST   (60 * HJ_USEC_PER_SEC)
#define PAUSE_PARTS  9 /* times what it took */
#define ACCURACY     (10 * HJ_USEC_PER_MS)

static void call_free(struct sampling_call *c)
{
	if (!c)
		return;
	hj_ipc_call_unref(c->call);
	json_decref(c->names);
	json_decref(c->readings);
	free(c->wanted);
	free(c);
}

/* ---- what comes ---- */

static void tell(const struct meterd *m, struct sampling_call *c, size_t point, int64_t time_ms, enum hj_flag flag,
        double value)
{
	char name[] = { (char)flag, '\0' };

	json_array_append_new(c->readings,
	        json_pack("{s:s, s:I, s:o, s:s}", "point", m->points[point]->point.name, "time", (json_int_t)time_ms,
	                "value", isnan(value) ? json_null() : json_real(value), "flag", name));
}

void sampling_came(struct meterd *m, size_t point, int64_t time_ms, enum hj_flag flag, double value)
{
	for (struct sampling_call *c = m->sampling.calls; c; c = c->next) {
		if (!c->wanted || !c->wanted[point])
			continue;
		c->wanted[point] = 0;
		c->left--;
		tell(m, c, point, time_ms, flag, value);
	}
}

/* Nobody will answer for it: a meter at rest is not asked, a port that is lost carries nothing. One that is closed
 * without having been missed is opened for the next question. */
static bool is_silent(const struct meterd *m, size_t point)
{
	return (!m->bus->is_open && m->port_error[0]) || hj_quarantine_has(&m->quarantine, m->wants[point].meter);
}

static void give_up(struct meterd *m, struct sampling_call *c, bool all)
{
	int64_t now_ms = hj_now().wall_ms;

	for (size_t i = 0; i < m->point_count && c->left; i++) {
		if (!c->wanted[i] || !(all || is_silent(m, i)))
			continue;
		c->wanted[i] = 0;
		c->left--;
		tell(m, c, i, now_ms, HJ_FLAG_LINK, NAN);
	}
}

/* ---- rounds ---- */

/* A point that is asked at all: texts are no values, and what instruments report by themselves nobody asks for. */
static bool can_ask(const struct meterd *m, size_t point)
{
	return m->bus && m->bus->ops->ask && !texts_has(m, point);
}

static int want(struct meterd *m, struct sampling_call *c)
{
	c->wanted = calloc(m->point_count + 1, 1);
	if (!c->wanted)
		return -ENOMEM;
	for (size_t i = 0; i < m->point_count; i++)
		if (can_ask(m, i) && json_object_get(c->names, m->points[i]->point.name)) {
			c->wanted[i] = 1;
			c->left++;
		}
	json_decref(hj_steal(c->names));
	give_up(m, c, false);
	return 0;
}

static bool is_wanted(const struct meterd *m, const struct hj_request *q)
{
	for (const struct sampling_call *c = m->sampling.calls; c; c = c->next)
		for (size_t i = 0; c->wanted && i < q->wants; i++)
			if (c->wanted[m->plan.order[q->first + i]])
				return true;
	return false;
}

static void ask_soon(struct meterd *m, hj_usec now)
{
	for (size_t q = 0; q < m->plan.count; q++)
		if (is_wanted(m, &m->plan.requests[q]))
			hj_schedule_soon(&m->schedule, q, now);
	m->poll_at = 0;
	if (!m->turn_timer)
		return;
	sd_event_source_set_time(m->turn_timer, 0);
	sd_event_source_set_enabled(m->turn_timer, SD_EVENT_ONESHOT);
}

static void begin_round(struct meterd *m, hj_usec now)
{
	struct sampling *s = &m->sampling;

	s->at_work = true;
	s->began = now;
	for (struct sampling_call *c = s->calls; c; c = c->next)
		if (want(m, c) < 0)
			c->deadline = 0; /* it is answered as busy */
	ask_soon(m, now);
}

static void answer(struct meterd *m, struct sampling_call *c)
{
	if (c->wanted) {
		give_up(m, c, true);
		hj_ipc_reply(c->call, json_pack("{s:o}", "readings", hj_steal(c->readings)));
	} else {
		hj_ipc_fail(c->call, HJ_IPC_ERROR_BUSY, NULL);
	}
	call_free(c);
}

/* Whoever has all, has waited long enough, or would wait in vain. */
static bool is_over(const struct sampling *s, const struct sampling_call *c, hj_usec now)
{
	if (c->wanted && !c->left)
		return true;
	return c->deadline <= now || (!c->wanted && c->deadline <= s->free_at) || hj_ipc_call_gone(c->call);
}

/* Answers those; whether any of the round is left. */
static bool answer_some(struct meterd *m, hj_usec now)
{
	struct sampling_call **at = &m->sampling.calls, *c;
	bool any = false;

	while ((c = *at)) {
		if (is_over(&m->sampling, c, now)) {
			*at = c->next;
			answer(m, c);
			continue;
		}
		any |= c->wanted != NULL;
		at = &c->next;
	}
	return any;
}

static bool look(struct meterd *m);

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	look(userdata);
	return 0;
}

static void set_timer(struct meterd *m)
{
	struct sampling *s = &m->sampling;
	hj_usec next = s->at_work || !s->calls ? HJ_USEC_NEVER : s->free_at;

	for (const struct sampling_call *c = s->calls; c; c = c->next)
		next = hj_min(next, c->deadline);
	s->timer = sd_event_source_disable_unref(s->timer);
	if (next != HJ_USEC_NEVER)
		sd_event_add_time(m->event, &s->timer, CLOCK_BOOTTIME, next, ACCURACY, on_time, m);
}

/* Whether a round has begun. */
static bool look(struct meterd *m)
{
	struct sampling *s = &m->sampling;
	hj_usec now = hj_now().mono;
	bool began = false;

	for (struct sampling_call *c = s->calls; c; c = c->next)
		if (c->wanted)
			give_up(m, c, false);
	if (!answer_some(m, now) && s->at_work) {
		hj_usec pause = hj_max((now - s->began) * PAUSE_PARTS, (hj_usec)PAUSE_LEAST);

		s->at_work = false;
		s->free_at = now + hj_min(pause, (hj_usec)PAUSE_MOST);
		answer_some(m, now);
	}
	if (s->calls && !s->at_work && now >= s->free_at) {
		begin_round(m, now);
		began = answer_some(m, now);
		s->at_work = began; /* else nothing had to be asked: it cost nothing */
	}
	set_timer(m);
	return began;
}

bool sampling_turn(struct meterd *m)
{
	return m->sampling.calls && look(m);
}

/* ---- the method ---- */

static unsigned count(const struct sampling *s)
{
	unsigned n = 0;

	for (const struct sampling_call *c = s->calls; c; c = c->next)
		n++;
	return n;
}

/* As the keys of an object, to be found at once: a bus may have thousands of points. */
static json_t *set_of(const json_t *names)
{
	json_t *set = json_object();
	const json_t *one;
	size_t i;

	json_array_foreach(names, i, one) if (json_is_string(one))
	        json_object_set_new(set, json_string_value(one), json_true());
	return set;
}

static int add(struct meterd *m, struct hj_ipc_call *call, const json_t *names, int64_t timeout)
{
	struct sampling_call *c = calloc(1, sizeof(*c)), **last = &m->sampling.calls;

	if (!c)
		return -ENOMEM;
	*c = (struct sampling_call){ .call = hj_ipc_call_ref(call),
		.names = set_of(names),
		.readings = json_array(),
		.deadline = hj_now().mono + (hj_usec)timeout * HJ_USEC_PER_MS };
	if (!c->names || !c->readings) {
		call_free(c);
		return -ENOMEM;
	}
	while (*last)
		last = &(*last)->next;
	*last = c;
	look(m);
	return 0;
}

int api_sample(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct meterd *m = userdata;
	int64_t timeout = WAIT_DEFAULT;
	json_t *names = NULL;
	const struct hj_param table[] = {
		{ "points", HJ_PARAM_ARRAY, true, &names },
		{ "timeout", HJ_PARAM_INT, false, &timeout },
	};
	const char *bad = NULL;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (timeout < WAIT_LEAST || timeout > WAIT_MOST)
		return hj_ipc_fail_parameter(call, "timeout");
	if (count(&m->sampling) == CALLS_MAX)
		return hj_ipc_fail(call, HJ_IPC_ERROR_BUSY, NULL);
	return add(m, call, names, timeout);
}

void sampling_done(struct meterd *m)
{
	struct sampling *s = &m->sampling;

	s->timer = sd_event_source_disable_unref(s->timer);
	while (s->calls) {
		struct sampling_call *c = s->calls;

		s->calls = c->next;
		call_free(c);
	}
}
