/* Client of hjgate.Store: Append on one connection, one at a time, and the Durable stream on another, since replies
 * come in the order of the calls. Both connections come back by themselves; then everything kept is offered again
 * from the oldest, and stored ignores what it has counted. When stored asks for a number that has given way, or names
 * one that never was, the rest goes on under a new boot. Nothing here is fatal: what cannot be offered waits in the
 * outbox, and losses are counted there. */
#include "peer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/record_json.h"
#include "hjgate/service.h"

#define OFFER_MOST   32   /* samples of one Append: as JSON they take a multiple of what they take here */
#define HAND_OVER_MS 2000 /* at the end, until stored has taken the last of it */
#define RETRY_AFTER  (1 * HJ_USEC_PER_SEC) /* after an error reply */
#define DISCONNECTED "hjgate.Disconnected"
#define BAD_SAMPLE   "hjgate.Store.BadSample"
#define APPEND       "hjgate.Store.Append"

struct peer {
	const char *root, *bus;
	const struct hj_conf_point *const *points;
	struct outbox *outbox;
	struct hj_ipc_client *append, *durable;
	sd_event_source *retry; /* one shot, off most of the time */
	char boot[PEER_BOOT_TEXT];
	uint64_t offered,
	        /* numbers below `offered` are in stored's hands or on the way; first: of the offer under way */
	        first;
	int64_t upto;
	bool under_way, window_ended, refused, subscribed;
	bool told;  /* that it refuses: once, until it takes something */
	int *place; /* of each point in the message being made; -1: not in it */
};

static int new_boot(struct peer *p)
{
	uint8_t id[HJ_ID_BYTES];
	int r = hj_random(id, sizeof(id));

	if (r < 0)
		return r;
	hj_id_format(id, p->boot);
	return 0;
}

const char *peer_boot(const struct peer *p)
{
	return p->boot;
}

int64_t peer_upto(const struct peer *p)
{
	return p->upto;
}

static void retry_later(struct peer *p)
{
	sd_event_source_set_time_relative(p->retry, RETRY_AFTER);
	sd_event_source_set_enabled(p->retry, SD_EVENT_ONESHOT);
}

/* ---- Durable ---- */

static void on_durable(const char *error, json_t *parameters, bool continues, void *userdata)
{
	struct peer *p = userdata;

	p->subscribed = !error && continues;
	if (error) {
		if (strcmp(error, DISCONNECTED) != 0)
			retry_later(p);
		return;
	}
	outbox_durable(p->outbox, (uint64_t)json_integer_value(json_object_get(parameters, "number")));
	if (!continues)
		retry_later(p);
}

static void subscribe(struct peer *p)
{
	json_t *parameters;

	if (p->subscribed || !hj_ipc_client_is_up(p->durable))
		return;
	parameters = json_pack("{s:s, s:s}", "bus", p->bus, "boot", p->boot);
	if (hj_ipc_client_call(p->durable, "hjgate.Store.Durable", parameters, HJ_IPC_MORE, on_durable, p) < 0)
		retry_later(p);
	else
		p->subscribed = true;
}

static void on_durable_up(void *userdata)
{
	subscribe(userdata);
}

static void on_durable_down(void *userdata)
{
	struct peer *p = userdata;

	p->subscribed = false;
}

/* The rest of the outbox as the first samples of another start. */
static void begin_again(struct peer *p)
{
	if (new_boot(p) < 0)
		return retry_later(p);
	outbox_renumber(p->outbox);
	p->offered = 1;
	hj_warn("bus %s: the store asks for samples that are gone: going on as after a new start", p->bus);
	hj_ipc_client_drop(p->durable);
}

/* ---- Append ---- */

/* A sample that stored will never take would stop all that come after it. */
static void give_up_sample(struct peer *p, json_t *parameters)
{
	uint64_t number = p->first + (uint64_t)json_integer_value(json_object_get(parameters, "index"));
	struct hj_sample s;

	if (!outbox_get(p->outbox, number, &s))
		return;
	s.time_ms = hj_now().wall_ms;
	s.value = NAN;
	s.flag = HJ_FLAG_FAULT;
	outbox_set(p->outbox, number, &s);
	p->outbox->lost++;
}

static void on_refused(struct peer *p, const char *error, json_t *parameters)
{
	if (!strcmp(error, DISCONNECTED))
		return; /* `up` begins again */
	if (!strcmp(error, BAD_SAMPLE))
		give_up_sample(p, parameters);
	if (!p->told)
		hj_error("bus %s: the store refuses samples: %s: trying again each second", p->bus, error);
	p->refused = p->told = true;
	p->offered = p->outbox->first;
	retry_later(p);
}

static void on_append(const char *error, json_t *parameters, bool continues, void *userdata)
{
	struct peer *p = userdata;
	json_t *next = json_object_get(parameters, "next");
	bool stuck;

	(void)continues;
	p->under_way = false;
	if (error || !json_is_integer(next) || json_integer_value(next) < 1)
		return on_refused(p, error ? error : "an answer without a number", parameters);
	stuck = p->offered > p->first && (uint64_t)json_integer_value(next) == p->first;
	p->refused = p->told = false;
	if (!outbox_accept(p->outbox, (uint64_t)json_integer_value(next)))
		begin_again(p);
	else
		p->offered = (uint64_t)json_integer_value(next);
	if (stuck) /* it took none of them, and would not do so at once either */
		return retry_later(p);
	if (p->window_ended || p->offered < outbox_next(p->outbox))
		peer_kick(p);
}

static int add_point(struct peer *p, uint32_t point, json_t *points)
{
	struct hj_point told;

	if (p->place[point] >= 0)
		return 0;
	p->place[point] = (int)json_array_size(points);
	hj_conf_point_get(p->points[point], &told);
	return json_array_append_new(points, hj_point_to_json(&told, false)) < 0 ? -ENOMEM : 0;
}

/* Samples from `first` on into the two arrays; *ret_upto is lowered to the first that had no room. */
static int fill(struct peer *p, json_t *points, json_t *samples, int64_t *ret_upto)
{
	uint64_t number = p->first, end = outbox_next(p->outbox);
	struct hj_sample s;
	int r;

	for (; number < end && number - p->first < OFFER_MOST && outbox_get(p->outbox, number, &s); number++) {
		r = add_point(p, s.point, points);
		if (r < 0)
			return r;
		s.point = (uint32_t)p->place[s.point];
		if (json_array_append_new(samples, hj_sample_to_json(&s)) < 0)
			return -ENOMEM;
	}
	if (outbox_get(p->outbox, number, &s))
		*ret_upto = hj_min(*ret_upto, s.time_ms);
	return 0;
}

static void forget_places(struct peer *p)
{
	struct hj_sample s;

	for (uint64_t n = p->first; n < p->first + OFFER_MOST && outbox_get(p->outbox, n, &s); n++)
		p->place[s.point] = -1;
}

/* The parameters of an Append with what stored has not taken yet. */
static int make_offer(struct peer *p, json_t **ret)
{
	_cleanup_json_ json_t *points = json_array(), *samples = json_array();
	struct hj_now now = hj_now();
	int64_t upto = now.wall_ms;
	int r;

	outbox_heed_clock(p->outbox, &now);
	p->first = hj_max(p->offered, p->outbox->first);
	r = points && samples ? fill(p, points, samples, &upto) : -ENOMEM;
	forget_places(p);
	if (r < 0)
		return r;
	p->offered = p->first + json_array_size(samples);
	*ret = json_pack("{s:s, s:s, s:I, s:I, s:I, s:O, s:O}", "bus", p->bus, "boot", p->boot, "first",
	        (json_int_t)p->first, "upto", (json_int_t)upto, "ahead", (json_int_t)p->outbox->ahead_ms, "points",
	        points, "samples", samples);
	if (!*ret)
		return -ENOMEM;
	p->upto = upto;
	return 0;
}

static int offer(struct peer *p)
{
	json_t *parameters;
	int r = make_offer(p, &parameters);

	return r < 0 ? r : hj_ipc_client_call(p->append, APPEND, parameters, 0, on_append, p);
}

void peer_kick(struct peer *p)
{
	if (p->under_way || p->refused || !hj_ipc_client_is_up(p->append))
		return;
	if (!p->window_ended && p->offered >= outbox_next(p->outbox))
		return;
	p->under_way = true;
	p->window_ended = false;
	if (offer(p) < 0) {
		p->under_way = false;
		p->window_ended = true;
		p->offered = p->outbox->first;
		retry_later(p);
	}
}

void peer_window(struct peer *p)
{
	p->window_ended = true;
	peer_kick(p);
}

static void on_append_up(void *userdata)
{
	struct peer *p = userdata;

	p->under_way = p->refused = false;
	p->offered = p->outbox->first;
	peer_window(p);
}

static void on_append_down(void *userdata)
{
	struct peer *p = userdata;

	p->under_way = false;
	hj_notice(
	        "bus %s: the store is away: samples wait, %zu of at most %d", p->bus, p->outbox->count, OUTBOX_MOST);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct peer *p = userdata;

	(void)source;
	(void)usec;
	p->refused = false;
	subscribe(p);
	peer_window(p);
	return 0;
}

/* ---- the end ---- */

/* False: nothing more can be handed over. */
static bool hand_over_some(struct peer *p, struct hj_ipc_ask *ask, int timeout_ms)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *parameters;
	uint64_t next;

	if (make_offer(p, &parameters) < 0 || hj_ipc_ask(ask, APPEND, parameters, timeout_ms, &answer) < 0)
		return false;
	next = (uint64_t)json_integer_value(json_object_get(answer, "next"));
	if (!next || next == p->first || !outbox_accept(p->outbox, next))
		return false;
	p->offered = next;
	return true;
}

/* The loop is over: what stored has not taken is offered on a connection of its own. What is under way lies in the
 * socket already, and is passed over where it was counted. stored has it on the disk as soon as it sees us gone. */
void peer_hand_over(struct peer *p)
{
	hj_usec until = hj_now().mono + HAND_OVER_MS * HJ_USEC_PER_MS, now = hj_now().mono;
	struct hj_ipc_ask ask = { .fd = -1 };
	char path[HJ_PATH_MAX];

	/* A stored that is gone may have to be told again what it had not committed. */
	p->offered = hj_ipc_client_is_up(p->append) ? p->outbox->accepted : p->outbox->first;
	if (p->offered >= outbox_next(p->outbox) || hj_path(p->root, HJ_DIR_RUN, "stored.peer", path) < 0 ||
	        hj_ipc_ask_open(path, &ask) < 0)
		return;
	while (p->offered < outbox_next(p->outbox) && now < until &&
	        hand_over_some(p, &ask, (int)((until - now) / HJ_USEC_PER_MS)))
		now = hj_now().mono;
	hj_ipc_ask_close(&ask);
	if (p->outbox->accepted < outbox_next(p->outbox))
		hj_warn("bus %s: the store has not taken the last %llu samples: they are lost", p->bus,
		        (unsigned long long)(outbox_next(p->outbox) - p->outbox->accepted));
}

void peer_free(struct peer *p)
{
	if (!p)
		return;
	hj_ipc_client_free(p->append);
	hj_ipc_client_free(p->durable);
	sd_event_source_disable_unref(p->retry);
	free(p->place);
	free(p);
}

_Static_assert(OFFER_MOST <= HJ_SAMPLES_PER_APPEND, "more than an Append takes");

static int connect_both(sd_event *event, const char *root, struct peer *p)
{
	static const struct hj_ipc_client_events append = { on_append_up, on_append_down };
	static const struct hj_ipc_client_events durable = { on_durable_up, on_durable_down };
	char path[HJ_PATH_MAX];
	int r = hj_path(root, HJ_DIR_RUN, "stored.peer", path);

	if (r < 0)
		return r;
	r = hj_ipc_client_new(event, path, &durable, p, &p->durable);
	if (r < 0)
		return r;
	return hj_ipc_client_new(event, path, &append, p, &p->append);
}

int peer_new(sd_event *event, const char *root, const char *bus, const struct hj_conf_point *const *points,
        size_t point_count, struct outbox *outbox, struct peer **ret)
{
	_cleanup_(peer_freep) struct peer *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	*p = (struct peer){ .root = root, .bus = bus, .points = points, .outbox = outbox, .offered = 1 };
	p->place = malloc(sizeof(*p->place) * hj_max(point_count, (size_t)1));
	if (!p->place)
		return -ENOMEM;
	memset(p->place, 0xff, sizeof(*p->place) * point_count);
	r = new_boot(p);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(event, &p->retry, CLOCK_BOOTTIME, 0, 0, on_retry, p);
	if (r < 0)
		return r;
	sd_event_source_set_enabled(p->retry, SD_EVENT_OFF);
	r = connect_both(event, root, p);
	if (r < 0)
		return r;
	*ret = hj_steal(p);
	return 0;
}
