/* Requests about devices, from their begin to their answer. Each has connections of its own to whom it asks, made for
 * it and gone with it: they come seldom, and a meterd that hangs costs nobody else anything. */
#include "peer_device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/now.h"

#define ACCURACY_USEC  10000
#define PATIENCE(span) ((span)*9 / 10) /* of OverTime: the answer is there when the platform still waits */
#define LEARN_PART     4               /* of that, until points are asked for that may not be known */

/* ---- where meters hang ---- */

static size_t meters_of(const struct hj_conf *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->bus_count; i++)
		n += all->buses[i].meter_count;
	return n;
}

int devices_new(struct uplinkd *u, const struct hj_conf *all)
{
	struct devices *d = &u->devices;

	d->places = calloc(meters_of(all) + 1, sizeof(*d->places));
	d->buses = calloc(all->bus_count + 1, sizeof(*d->buses));
	if (!d->places || !d->buses)
		return -ENOMEM;
	for (size_t i = 0; i < all->bus_count; i++) {
		const struct hj_conf_bus *b = &all->buses[i];

		hj_text_copy(d->buses[i], sizeof(d->buses[i]), b->name);
		for (size_t k = 0; k < b->meter_count; k++) {
			struct device_place *p = &d->places[d->place_count++];

			hj_text_copy(p->meter, sizeof(p->meter), b->meters[k].name);
			p->bus = (uint8_t)i;
		}
	}
	d->bus_count = all->bus_count;
	hj_box_serial(all->main.serial, d->serial);
	return 0;
}

int device_bus_of(const struct devices *all, const char *point)
{
	size_t n = strcspn(point, ".");

	for (size_t i = 0; i < all->place_count; i++)
		if (!strncmp(all->places[i].meter, point, n) && !all->places[i].meter[n])
			return all->places[i].bus;
	return -1;
}

/* ---- one request ---- */

static void device_free(struct device *d)
{
	for (unsigned i = 0; i < d->call_count; i++) {
		hj_ipc_client_free(d->calls[i].client);
		json_decref(d->calls[i].parameters);
	}
	sd_event_source_disable_unref(d->timer);
	json_decref(d->works);
	free(d->newest);
	free(d);
}

void devices_stop(struct uplinkd *u)
{
	while (u->devices.asked) {
		struct device *d = u->devices.asked;

		u->devices.asked = d->next;
		device_free(d);
	}
}

void devices_free(struct uplinkd *u)
{
	devices_stop(u);
	free(u->devices.places);
	free(u->devices.buses);
}

void device_answer(const struct device *d, int exe_rtn)
{
	hj212_session_answer(d->u->session, d->q.id, exe_rtn, hj_now());
}

void device_respond(const struct device *d, const char *cp, int n)
{
	if (n >= 0)
		hj212_session_respond(d->u->session, d->q.id, (struct hj212_slice){ cp, (size_t)n }, hj_now());
	device_answer(d, n >= 0 ? HJ212_EXE_DONE : HJ212_EXE_FAILED);
}

/* Out of the list first: what its end does may end the link, and all that is in it. */
static void finish(struct device *d)
{
	struct device **at = &d->u->devices.asked;
	struct uplinkd *u = d->u;

	while (*at && *at != d)
		at = &(*at)->next;
	if (*at)
		*at = d->next;
	d->end(d);
	device_free(d);
	uplinkd_pump(u);
}

static int on_late(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct device *d = userdata;

	d->away = true;
	finish(d);
	return 0;
}

/* ---- asking ---- */

static void on_reply(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct device_call *c = userdata;
	struct device *d = c->d;

	if (error && !strcmp(error, HJ_IPC_ERROR_BUSY))
		d->busy = true;
	else if (error)
		d->away = true;
	else if (d->take)
		d->take(d, reply);
	if (continues)
		return;
	if (!--d->open)
		finish(d);
}

static void on_up(void *userdata)
{
	struct device_call *c = userdata;

	if (!c->parameters)
		return;
	if (hj_ipc_client_call(c->client, c->method, hj_steal(c->parameters), 0, on_reply, c) < 0)
		on_reply("hjgate.Failed", NULL, false, c);
}

int device_call(struct device *d, const char *socket, const char *method, json_t *parameters)
{
	static const struct hj_ipc_client_events events = { .up = on_up };
	struct device_call *c = &d->calls[d->call_count];
	char path[HJ_PATH_MAX];
	int r = parameters ? hj_path(d->u->root, HJ_DIR_RUN, socket, path) : -ENOMEM;

	*c = (struct device_call){ .d = d, .method = method, .parameters = parameters };
	if (r >= 0)
		r = hj_ipc_client_new(d->u->event, path, &events, c, &c->client);
	if (r < 0) {
		json_decref(hj_steal(c->parameters));
		return r;
	}
	d->call_count++;
	d->open++;
	return 0;
}

static hj_usec patience(const struct uplinkd *u)
{
	return PATIENCE(hj212_session_settings(u->session)->over_time * HJ_USEC_PER_SEC);
}

hj_usec device_left(const struct device *d)
{
	hj_usec now = hj_now().mono;

	return d->until > now ? d->until - now : 0;
}

/* ---- what is wanted ---- */

static int say_interval(const struct device *d)
{
	const struct hj212_settings *s = hj212_session_settings(d->u->session);
	unsigned minutes = s->min_interval ? s->min_interval : d->u->identity.base_minutes;
	char cp[HJ212_CP_MAX], text[16];

	snprintf(text, sizeof(text), "%u", minutes);
	if (d->q.pol_id[0] || !minutes)
		device_answer(d, HJ212_EXE_NO_DATA);
	else
		device_respond(d, cp, hj212_info_cp(hj_now().wall_ms, "", d->q.info_id, text, cp, sizeof(cp)));
	return 0;
}

/* Whoever asks that over this link has it. */
static int say_platform(const struct device *d)
{
	char cp[HJ212_CP_MAX];

	device_respond(d, cp, hj212_info_cp(hj_now().wall_ms, "", d->q.info_id, "0", cp, sizeof(cp)));
	return 0;
}

static int say_own_serial(const struct device *d)
{
	char cp[HJ212_CP_MAX], sn[HJ212_SN_MAX + 1];

	hj212_sn_format(d->u->devices.serial, sn);
	if (sn[0])
		device_respond(d, cp, hj212_sn_cp("", sn, cp, sizeof(cp)));
	else
		device_answer(d, HJ212_EXE_NO_DATA);
	return 0;
}

static int begin_info(struct device *d)
{
	d->info = hj212_info_find(d->q.info_id);
	switch (d->info) {
	case HJ212_INFO_MIN_INTERVAL:
		return say_interval(d);
	case HJ212_INFO_PLATFORM:
		return say_platform(d);
	case HJ212_INFO_WORK:
	case HJ212_INFO_USER:
		d->end = device_events_end;
		return device_ask_events(d);
	case HJ212_INFO_METER:
	case HJ212_INFO_CHANNEL:
		d->end = device_meters_end;
		return device_ask_meters(d, d->q.pol_id);
	case HJ212_INFO_UNKNOWN:
		break;
	}
	d->end = device_value_end;
	return device_ask_values(d, d->q.info_id);
}

/* How many were asked; 0: it is answered already. */
static int begin(struct device *d)
{
	switch (d->q.cn) {
	case 3012:
		d->end = device_values_end;
		return device_ask_values(d, d->q.pol_id);
	case 3019:
		d->end = device_serial_end;
		return d->q.pol_id[0] ? device_ask_meters(d, d->q.pol_id) : say_own_serial(d);
	default:
		return begin_info(d);
	}
}

/* until: when the platform has its answer in any case; late: when this step is given up. */
static int request(struct uplinkd *u, const struct hj212_request *q, int (*begins)(struct device *d), hj_usec until,
        hj_usec late)
{
	struct device *d = calloc(1, sizeof(*d));
	bool asks;
	int r;

	if (!d)
		return -ENOMEM;
	*d = (struct device){ .u = u, .q = *q, .until = until };
	r = begins(d);
	asks = r > 0;
	if (asks)
		r = sd_event_add_time(u->event, &d->timer, CLOCK_BOOTTIME, late, ACCURACY_USEC, on_late, d);
	if (r < 0 || !asks) {
		device_free(d);
		return r;
	}
	d->next = u->devices.asked;
	u->devices.asked = d;
	return 0;
}

/* ---- points that stored has not told of yet ---- */

/* They are told with the first record, and of an uplink of all points nothing is known before. */
static bool is_known(const struct hj212_phrase_map *m, const char *factor)
{
	const struct hj212_phrase_factor *f = factor[0] ? hj212_phrase_map_find_factor(m, factor) : NULL;
	size_t unknown = 0;

	if (factor[0])
		return f ? f->number : !m->all;
	for (size_t i = 0; i < m->count; i++)
		unknown += !m->list[i].number;
	return m->count && !unknown;
}

static void take_points(struct device *d, json_t *reply)
{
	feed_learn(d->u->feed, reply);
}

static void points_end(struct device *d)
{
	int r = request(d->u, &d->q, begin, d->until, d->until);

	if (r < 0)
		device_answer(d, HJ212_EXE_SYSTEM);
}

static int ask_points(struct device *d)
{
	int r = device_call(d, "stored.peer", "hjgate.Store.Watch", json_object());

	d->take = take_points;
	d->end = points_end;
	return r < 0 ? r : (int)d->open;
}

int device_request(struct uplinkd *u, const struct hj212_request *q)
{
	bool is_state = q->cn == 3020 && hj212_info_find(q->info_id) != HJ212_INFO_UNKNOWN;
	const char *factor = q->cn == 3020 && !is_state ? q->info_id : q->pol_id;
	bool of_points = q->cn == 3012 || factor[0];
	hj_usec now = hj_now().mono;

	if (of_points && !is_known(&u->map, factor))
		return request(u, q, ask_points, now + patience(u), now + patience(u) / LEARN_PART);
	return request(u, q, begin, now + patience(u), now + patience(u));
}
