/* Durable and Watch: what goes on for as long as the client listens. A slow listener costs nothing: of Durable only
 * the newest number counts, and a watcher that is behind gets the newest sample of each point when it has read what
 * it was sent. */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "hjgate/record_json.h"

#define WATCH_BEHIND 4 /* replies unread: from here on only the newest of each point */

struct listener {
	struct listener *next;
	struct stored *s;
	struct hj_ipc_call *call;
	char bus[HJ_NAME_MAX + 1];
	uint8_t boot[HJ_ID_BYTES];
	uint64_t told;
};

struct watcher {
	struct watcher *next;
	struct stored *s;
	struct hj_ipc_call *call;
	struct told told;
	struct told unsent; /* points whose newest sample is still to be sent */
	bool behind;
};

/* ---- which points have been told ---- */

bool told_mark(struct told *t, size_t index)
{
	uint8_t bit = (uint8_t)(1u << index % 8), *byte = &t->bits[index / 8];
	bool fresh = !(*byte & bit);

	*byte |= bit;
	return fresh;
}

bool told_point(struct told *t, const struct stored *s, uint32_t number, json_t *points)
{
	size_t i = dictionary_index(s, number);

	if (i == s->points.count || !told_mark(t, i))
		return false;
	json_array_append_new(points, hj_point_to_json(&s->points.points[i], true));
	return true;
}

/* ---- Durable ---- */

static const struct durable *find_durable(const struct stored *s, const char *bus, const uint8_t boot[HJ_ID_BYTES])
{
	for (size_t i = 0; i < s->durable_count; i++)
		if (!strcmp(s->durable[i].bus, bus) && !memcmp(s->durable[i].boot, boot, HJ_ID_BYTES))
			return &s->durable[i];
	return NULL;
}

static json_t *number_reply(uint64_t number)
{
	return json_pack("{s:I}", "number", (json_int_t)number);
}

static void tell_number(struct listener *l);

static void listener_drained(struct hj_ipc_call *call, void *userdata)
{
	tell_number(userdata);
}

static void tell_number(struct listener *l)
{
	const struct durable *d = find_durable(l->s, l->bus, l->boot);

	if (!d || d->number == l->told)
		return;
	if (hj_ipc_call_queued(l->call)) {
		hj_ipc_call_on_drain(l->call, listener_drained, l);
		return;
	}
	l->told = d->number;
	hj_ipc_reply_more(l->call, number_reply(d->number));
}

bool stream_hears(const struct stored *s, const char *bus)
{
	for (const struct listener *l = s->listeners; l; l = l->next)
		if (!strcmp(l->bus, bus))
			return true;
	return false;
}

static void set_connected(struct stored *s, const char *bus)
{
	struct hj_rollup_bus *b = hj_rollup_find(s->rollup, bus);
	struct hj_now now = hj_now();

	if (!b)
		return;
	hj_rollup_connect(b, stream_hears(s, bus), &now);
	window_process(s);
}

static void listener_free(struct listener *l)
{
	struct listener **at = &l->s->listeners;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	hj_ipc_call_unref(l->call);
	free(l);
}

static void listener_left(struct hj_ipc_call *call, void *userdata)
{
	struct listener *l = userdata;
	struct stored *s = l->s;
	char bus[HJ_NAME_MAX + 1];

	hj_text_copy(bus, sizeof(bus), l->bus);
	listener_free(l);
	set_connected(s, bus);
}

static int listen_to(struct stored *s, struct hj_ipc_call *call, const char *bus, const uint8_t boot[HJ_ID_BYTES])
{
	const struct durable *d = find_durable(s, bus, boot);
	struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	*l = (struct listener){
		.next = s->listeners, .s = s, .call = hj_ipc_call_ref(call), .told = d ? d->number : 0
	};
	hj_text_copy(l->bus, sizeof(l->bus), bus);
	memcpy(l->boot, boot, HJ_ID_BYTES);
	s->listeners = l;
	hj_ipc_call_on_left(call, listener_left, l);
	hj_ipc_reply_more(call, number_reply(l->told));
	set_connected(s, l->bus);
	return 0;
}

int api_durable(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const char *bus, *boot_text, *bad;
	uint8_t boot[HJ_ID_BYTES];
	const struct durable *d;
	const struct hj_param table[] = {
		{ "bus", HJ_PARAM_STRING, true, &bus },
		{ "boot", HJ_PARAM_STRING, true, &boot_text },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!hj_name_valid(bus))
		return hj_ipc_fail_parameter(call, "bus");
	if (hj_id_parse(boot_text, boot) < 0)
		return hj_ipc_fail_parameter(call, "boot");
	if (hj_ipc_call_more(call))
		return listen_to(userdata, call, bus, boot);
	d = find_durable(userdata, bus, boot);
	return hj_ipc_reply(call, number_reply(d ? d->number : 0));
}

void stream_durable(struct stored *s)
{
	for (struct listener *l = s->listeners; l; l = l->next)
		tell_number(l);
}

/* ---- Watch ---- */

static json_t *watch_reply(json_t *points, json_t *samples)
{
	return json_pack("{s:o, s:o}", "points", points, "samples", samples);
}

/* Points told for the first time, and the newest sample of those that `which` names (NULL: every one that has
 * any). */
static json_t *newest_reply(struct stored *s, struct told *told, const struct told *which)
{
	json_t *points = json_array(), *samples = json_array();

	for (size_t i = 0; i < s->points.count; i++) {
		if (which && !(which->bits[i / 8] >> i % 8 & 1))
			continue;
		told_point(told, s, s->points.points[i].number, points);
		if (s->newest[i].point)
			json_array_append_new(samples, hj_sample_to_json(&s->newest[i]));
	}
	return watch_reply(points, samples);
}

static void watcher_drained(struct hj_ipc_call *call, void *userdata)
{
	struct watcher *w = userdata;
	struct told unsent = w->unsent;

	w->behind = false;
	memset(&w->unsent, 0, sizeof(w->unsent));
	hj_ipc_reply_more(call, newest_reply(w->s, &w->told, &unsent));
}

static void watch_samples(struct watcher *w, const struct hj_sample *samples, size_t count)
{
	json_t *points, *list;

	if (!w->behind && hj_ipc_call_queued(w->call) >= WATCH_BEHIND) {
		w->behind = true;
		hj_ipc_call_on_drain(w->call, watcher_drained, w);
	}
	if (w->behind) {
		for (size_t i = 0; i < count; i++)
			told_mark(&w->unsent, dictionary_index(w->s, samples[i].point));
		return;
	}
	points = json_array();
	list = json_array();
	for (size_t i = 0; i < count; i++) {
		told_point(&w->told, w->s, samples[i].point, points);
		json_array_append_new(list, hj_sample_to_json(&samples[i]));
	}
	hj_ipc_reply_more(w->call, watch_reply(points, list));
}

void stream_samples(struct stored *s, const struct hj_sample *samples, size_t count)
{
	for (struct watcher *w = s->watchers; w && count; w = w->next)
		watch_samples(w, samples, count);
}

static void watcher_free(struct watcher *w)
{
	struct watcher **at = &w->s->watchers;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	hj_ipc_call_unref(w->call);
	free(w);
}

static void watcher_left(struct hj_ipc_call *call, void *userdata)
{
	watcher_free(userdata);
}

int api_watch(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	struct told told = { 0 };
	struct watcher *w;
	const char *bad;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!hj_ipc_call_more(call))
		return hj_ipc_reply(call, newest_reply(s, &told, NULL));
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct watcher){ .next = s->watchers, .s = s, .call = hj_ipc_call_ref(call) };
	s->watchers = w;
	hj_ipc_call_on_left(call, watcher_left, w);
	hj_ipc_reply_more(call, newest_reply(s, &w->told, NULL));
	return 0;
}

void stream_free(struct stored *s)
{
	while (s->listeners)
		listener_free(s->listeners);
	while (s->watchers)
		watcher_free(s->watchers);
}
