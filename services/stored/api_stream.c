/* Durable and Watch: what goes on for as long as the client listens. A slow listener costs nothing: of Durable only
 * the newest number counts, and a watcher that is behind gets the newest sample of each point when it has read what
 * it was sent. The
 * first picture of all of them is no different: to begin with, every point is unsent. */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "hjgate/record_json.h"

#define WATCH_POINTS 256 /* of one message of a picture */
#define WATCH_BEHIND 4   /* replies unread: from here on only the newest of each point */

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

bool told_has(const struct told *t, size_t index)
{
	return index < HJ_POINTS_MAX && t->bits[index / 8] & 1u << index % 8;
}

void told_drop(struct told *t, size_t index)
{
	for (size_t i = index; i < HJ_POINTS_MAX; i++) {
		uint8_t bit = (uint8_t)(1u << i % 8);

		t->bits[i / 8] = (uint8_t)(told_has(t, i + 1) ? t->bits[i / 8] | bit : t->bits[i / 8] & ~bit);
	}
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
	/* Nobody could offer again what this bus has handed over: it is put on the disk at once. */
	if (!stream_hears(s, bus))
		commit_urgent(s);
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

/* What one answer tells. */
struct news {
	json_t *points, *samples, *swaps; /* swaps NULL: none */
};

static struct news no_news(void)
{
	return (struct news){ json_array(), json_array(), NULL };
}

static void tell_swap_of(struct news *n, const struct stored_point *p)
{
	if (!n->swaps)
		n->swaps = json_array();
	json_array_append_new(n->swaps, json_pack("[I, I]", (json_int_t)p->newest.point, (json_int_t)p->swapped_ms));
}

static int watch_reply(struct hj_ipc_call *call, struct news n, size_t rest)
{
	json_t *reply = json_pack("{s:o, s:o, s:o*, s:I}", "points", n.points, "samples", n.samples, "swaps", n.swaps,
	        "rest", (json_int_t)rest);

	return hj_ipc_call_more(call) ? hj_ipc_reply_more(call, reply) : hj_ipc_reply(call, reply);
}

/* Points of `unsent`, told where they were not yet, each with its newest sample: as many as one message is to hold.
 * How many are left. */
static size_t fill_picture(const struct stored *s, struct told *told, struct told *unsent, struct news *n)
{
	size_t sent = 0, rest = 0;

	for (size_t i = 0; i < s->points.count; i++) {
		uint8_t bit = (uint8_t)(1u << i % 8);

		if (!(unsent->bits[i / 8] & bit))
			continue;
		if (sent++ >= WATCH_POINTS) {
			rest++;
			continue;
		}
		unsent->bits[i / 8] &= (uint8_t)~bit;
		told_point(told, s, s->points.points[i].number, n->points);
		if (!s->by_point[i].newest.point)
			continue;
		json_array_append_new(n->samples, hj_sample_to_json(&s->by_point[i].newest));
		if (s->by_point[i].swapped_ms)
			tell_swap_of(n, &s->by_point[i]);
	}
	return rest;
}

static size_t send_picture(struct hj_ipc_call *call, const struct stored *s, struct told *told, struct told *unsent)
{
	struct news n = no_news();
	size_t rest = fill_picture(s, told, unsent, &n);

	watch_reply(call, n, rest);
	return rest;
}

static void watcher_drained(struct hj_ipc_call *call, void *userdata)
{
	struct watcher *w = userdata;

	w->behind = send_picture(call, w->s, &w->told, &w->unsent) > 0;
	if (w->behind)
		hj_ipc_call_on_drain(call, watcher_drained, w);
}

static void watch_samples(struct watcher *w, const struct hj_sample *samples, size_t count)
{
	struct news n;

	if (!w->behind && hj_ipc_call_queued(w->call) >= WATCH_BEHIND) {
		w->behind = true;
		hj_ipc_call_on_drain(w->call, watcher_drained, w);
	}
	if (w->behind) {
		for (size_t i = 0; i < count; i++)
			if (samples[i].point != STORED_POINT_NONE)
				told_mark(&w->unsent, dictionary_index(w->s, samples[i].point));
		return;
	}
	n = no_news();
	for (size_t i = 0; i < count; i++) {
		size_t at = dictionary_index(w->s, samples[i].point);

		if (at == w->s->points.count)
			continue;
		told_point(&w->told, w->s, samples[i].point, n.points);
		json_array_append_new(n.samples, hj_sample_to_json(&samples[i]));
		if (w->s->by_point[at].swapped_ms == samples[i].time_ms)
			tell_swap_of(&n, &w->s->by_point[at]);
	}
	watch_reply(w->call, n, 0);
}

void stream_samples(struct stored *s, const struct hj_sample *samples, size_t count)
{
	for (struct watcher *w = s->watchers; w && count; w = w->next)
		watch_samples(w, samples, count);
}

/* Every point is told again, and to who is behind its newest sample, too. */
void stream_points_moved(struct stored *s)
{
	for (struct watcher *w = s->watchers; w; w = w->next) {
		memset(&w->told, 0, sizeof(w->told));
		memset(&w->unsent, w->behind ? 0xff : 0, sizeof(w->unsent));
	}
}

void stream_point_gone(struct stored *s, size_t index)
{
	for (struct watcher *w = s->watchers; w; w = w->next) {
		told_drop(&w->told, index);
		told_drop(&w->unsent, index);
	}
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
	struct told told = { 0 }, unsent;
	struct watcher *w;
	const char *bad;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	memset(&unsent, 0xff, sizeof(unsent));
	if (!hj_ipc_call_more(call)) {
		send_picture(call, s, &told, &unsent);
		return 0;
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct watcher){ .next = s->watchers, .s = s, .call = hj_ipc_call_ref(call), .unsent = unsent };
	s->watchers = w;
	hj_ipc_call_on_left(call, watcher_left, w);
	watcher_drained(call, w);
	return 0;
}

void stream_hang_up(struct stored *s)
{
	for (struct listener *l = s->listeners; l; l = l->next)
		hj_ipc_call_hang_up(l->call);
	for (struct watcher *w = s->watchers; w; w = w->next)
		hj_ipc_call_hang_up(w->call);
	stream_free(s);
}

void stream_free(struct stored *s)
{
	while (s->listeners)
		listener_free(s->listeners);
	while (s->watchers)
		watcher_free(s->watchers);
}
