/* See peer_outbox.h. */
/* long because: what waits, what is said of it and what is kept are one list */
#include "peer_outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/ipc.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "judged.h"
#include "peer_taken.h"

#define RETRY_AFTER (2 * HJ_USEC_PER_SEC)
#define NO_TIME     (-1)

/* As text: many of them wait where stored is away, and a tree is ten times as large. */
struct entry {
	struct entry *next;
	int64_t begin_ms; /* where it lies when it has been taken: an event's begin, a record's label */
	int64_t clock_ms; /* the time of an event that is by the clock; NO_TIME: as in the text */
	bool kept;        /* with what judge thinks: a kill cannot conclude it again */
	bool doubtful;    /* it may have been taken already */
	bool moment;      /* an event that neither begins nor ends */
	char text[];
};

struct lane_state {
	struct outbox *o;
	enum lane lane;
	struct hj_ipc_client *client;
	const char *method, *looks;
	struct entry *first, **last;
	bool under_way, found; /* found: by what is asked about the first */
	sd_event_source *retry;
};

struct outbox {
	struct judged *d;
	struct lane_state lanes[LANES];
	unsigned long long waiting, taken, lost, refused, untold; /* the last two: of those that are lost */
};

static void pump(struct lane_state *l);

/* ---- the list ---- */

static void drop_first(struct lane_state *l)
{
	struct entry *e = l->first;

	l->first = e->next;
	if (!l->first)
		l->last = &l->first;
	l->o->waiting--;
	free(e);
}

static void lose(struct outbox *o, const char *why)
{
	o->untold++;
	if (!o->lost++)
		hj_error("conclusions are lost: %s", why);
}

static bool can_give_way(const struct lane_state *l)
{
	return l->first && (!l->under_way || l->first->next);
}

/* The oldest moment that is not under way, or else the oldest: an end that nobody is told of leaves its event open
 * for ever. */
static struct entry **least_missed(struct lane_state *l)
{
	struct entry **oldest = l->under_way ? &l->first->next : &l->first, **p = oldest;

	while (*p && !(*p)->moment)
		p = &(*p)->next;
	return *p ? p : oldest;
}

static void give_way(struct outbox *o)
{
	struct lane_state *l = &o->lanes[can_give_way(&o->lanes[LANE_EVENT]) ? LANE_EVENT : LANE_RECORD];
	struct entry **p, *e;

	if (!can_give_way(l))
		return;
	lose(o, "more than can wait for eventd and stored; the oldest give way");
	p = least_missed(l);
	e = *p;
	*p = e->next;
	if (!e->next)
		l->last = p;
	o->waiting--;
	free(e);
}

static bool is_moment(const json_t *parameters)
{
	const char *phase = json_string_value(json_object_get(parameters, "phase"));

	return phase && !strcmp(phase, "moment");
}

/* Of an event: a record has a label. */
static int64_t clock_time(const json_t *parameters)
{
	const json_t *time = json_object_get(parameters, "time");

	return time && !json_is_true(json_object_get(parameters, "sure")) ? json_integer_value(time) : NO_TIME;
}

static json_t *parameters_of(const struct entry *e)
{
	json_t *parameters = json_loads(e->text, 0, NULL);

	if (e->clock_ms != NO_TIME)
		json_object_set_new(parameters, "time", json_integer(e->clock_ms));
	return parameters;
}

static struct entry *append(struct outbox *o, enum lane lane, const json_t *parameters, int64_t begin_ms)
{
	struct lane_state *l = &o->lanes[lane];
	_cleanup_free_ char *text = parameters ? json_dumps(parameters, JSON_COMPACT) : NULL;
	struct entry *e = text ? malloc(sizeof(*e) + strlen(text) + 1) : NULL;

	if (!e) {
		lose(o, "there is no memory for them");
		return NULL;
	}
	if (o->waiting >= OUTBOX_MAX)
		give_way(o);
	*e = (struct entry){
		.begin_ms = begin_ms, .clock_ms = clock_time(parameters), .moment = is_moment(parameters)
	};
	strcpy(e->text, text);
	*l->last = e;
	l->last = &e->next;
	o->waiting++;
	return e;
}

void outbox_put(struct outbox *o, enum lane lane, json_t *parameters, int64_t begin_ms)
{
	append(o, lane, parameters, begin_ms);
	json_decref(parameters);
}

bool outbox_step(struct outbox *o, int64_t step_ms)
{
	struct lane_state *l = &o->lanes[LANE_EVENT];
	bool any = false;

	for (struct entry *e = l->first; e; e = e->next) {
		bool begins = e->begin_ms == e->clock_ms;

		if (e->clock_ms == NO_TIME || e->doubtful || (e == l->first && l->under_way))
			continue;
		e->clock_ms = hj_time_moved(e->clock_ms, step_ms);
		e->begin_ms = begins ? e->clock_ms : e->begin_ms;
		any = true;
	}
	return any;
}

/* ---- what was taken already ---- */

static void again(struct lane_state *l)
{
	sd_event_source_set_time(l->retry, hj_now().mono + RETRY_AFTER);
	sd_event_source_set_enabled(l->retry, SD_EVENT_ONESHOT);
}

static bool is_for_good(const char *error)
{
	return !strcmp(error, HJ_IPC_ERROR_PARAMETER) || !strcmp(error, HJ_IPC_ERROR_METHOD) ||
	       !strcmp(error, "hjgate.Event.UnknownCode");
}

/* Whether it is said again by itself: when the other end is there again, or after a while. */
static bool comes_again(struct lane_state *l, const char *error)
{
	if (!error || is_for_good(error))
		return false;
	if (hj_ipc_client_is_up(l->client))
		again(l);
	return true;
}

static void take_first(struct lane_state *l)
{
	l->o->taken++;
	drop_first(l);
}

static void on_looked(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct lane_state *l = userdata;
	_cleanup_json_ json_t *entry = parameters_of(l->first);

	l->found = l->found || (!error && taken_has(l->lane, reply, entry));
	if (continues)
		return;
	l->under_way = false;
	if (comes_again(l, error))
		return;
	l->first->doubtful = false;
	if (l->found)
		take_first(l);
	pump(l);
}

/* ---- on its way ---- */

/* What eventd takes goes well: then it can be told what did not. */
static void tell_lost(struct outbox *o)
{
	json_int_t now_ms = hj_now().wall_ms, count = (json_int_t)o->untold;

	if (!count)
		return;
	o->untold = 0;
	outbox_put(o, LANE_EVENT,
	        json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:s, s:I}}", "code", "reports-lost", "phase", "moment", "key",
	                "judged", "source", "judged", "time", now_ms, "values", "source", "judged", "count", count),
	        now_ms);
	keep_save(o->d);
}

static void on_taken(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct lane_state *l = userdata;

	l->under_way = false;
	if (comes_again(l, error)) {
		l->first->doubtful = true;
		return;
	}
	if (error) {
		hj_error("%s refuses a conclusion (%s): it is lost: %s", l->method, error, l->first->text);
		lose(l->o, "they are refused");
		l->o->refused++;
		drop_first(l);
	} else {
		take_first(l);
	}
	if (l->lane == LANE_EVENT && !error)
		tell_lost(l->o);
	pump(l);
}

static int say(struct lane_state *l, json_t *entry)
{
	json_t *query;

	if (!l->first->doubtful)
		return hj_ipc_client_call(l->client, l->method, json_incref(entry), 0, on_taken, l);
	l->found = false;
	query = taken_query(l->lane, entry, l->first->begin_ms);
	return query ? hj_ipc_client_call(l->client, l->looks, query, HJ_IPC_MORE, on_looked, l) : -EINVAL;
}

static void pump(struct lane_state *l)
{
	_cleanup_json_ json_t *entry = NULL;

	if (l->under_way || !l->first || !l->first->kept || !hj_ipc_client_is_up(l->client))
		return;
	entry = parameters_of(l->first);
	l->under_way = entry && say(l, entry) >= 0;
	if (!l->under_way)
		again(l);
}

void outbox_pump(struct outbox *o)
{
	for (size_t i = 0; i < LANES; i++)
		pump(&o->lanes[i]);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	pump(userdata);
	return 0;
}

static void is_up(void *userdata)
{
	struct lane_state *l = userdata;

	l->under_way = false;
	pump(l);
}

/* ---- kept ---- */

json_t *outbox_save(const struct outbox *o)
{
	json_t *entries = json_array();

	for (size_t i = 0; i < LANES; i++)
		for (const struct entry *e = o->lanes[i].first; e; e = e->next)
			json_array_append_new(entries, json_pack("[i, o, I]", (int)i, parameters_of(e),
			                                       (json_int_t)e->begin_ms));
	return json_pack("{s:o, s:I}", "entries", entries, "untold", (json_int_t)o->untold);
}

void outbox_kept(struct outbox *o)
{
	for (size_t i = 0; i < LANES; i++)
		for (struct entry *e = o->lanes[i].first; e; e = e->next)
			e->kept = true;
}

/* What an older judged has kept does not say where it lies: of an end that is not known, and eventd passes it over
 * where it is one again. */
static void load_entry(struct outbox *o, const json_t *item)
{
	json_int_t lane = json_integer_value(json_array_get(item, 0));
	json_t *parameters = json_array_get(item, 1), *begin = json_array_get(item, 2);
	struct entry *e;

	if (lane < 0 || lane >= LANES || !json_is_object(parameters))
		return;
	if (!begin)
		begin = json_object_get(parameters, lane == LANE_EVENT ? "time" : "label");
	e = append(o, (enum lane)lane, parameters, json_integer_value(begin));
	if (e)
		e->kept = e->doubtful = true;
}

void outbox_load(struct outbox *o, const json_t *kept)
{
	const json_t *entries = json_is_array(kept) ? kept : json_object_get(kept, "entries");
	json_int_t untold = json_integer_value(json_object_get(kept, "untold"));

	for (size_t i = 0; i < json_array_size(entries); i++)
		load_entry(o, json_array_get(entries, i));
	if (untold > 0) {
		o->untold += (unsigned long long)untold;
		o->lost += (unsigned long long)untold;
	}
}

void outbox_state(const struct outbox *o, struct outbox_state *ret)
{
	*ret = (struct outbox_state){ o->waiting, o->taken, o->lost, o->refused };
}

/* ---- the whole ---- */

static int open_lane(struct outbox *o, enum lane lane)
{
	static const struct hj_ipc_client_events events = { .up = is_up };
	static const struct {
		const char *socket, *method, *looks;
	} ends[LANES] = { [LANE_EVENT] = { "eventd.peer", "hjgate.Event.Log", "hjgate.Event.List" },
		[LANE_RECORD] = { "stored.peer", "hjgate.Store.Put", "hjgate.Store.Query" } };
	struct lane_state *l = &o->lanes[lane];
	char path[HJ_PATH_MAX];
	int r = hj_path(o->d->root, HJ_DIR_RUN, ends[lane].socket, path);

	l->method = ends[lane].method;
	l->looks = ends[lane].looks;
	if (r >= 0)
		r = sd_event_add_time(o->d->event, &l->retry, CLOCK_BOOTTIME, 0, 0, on_retry, l);
	if (r >= 0)
		r = sd_event_source_set_enabled(l->retry, SD_EVENT_OFF);
	return r < 0 ? r : hj_ipc_client_new(o->d->event, path, &events, l, &l->client);
}

int outbox_new(struct judged *d, struct outbox **ret)
{
	struct outbox *o = calloc(1, sizeof(*o));
	int r = 0;

	if (!o)
		return -ENOMEM;
	o->d = d;
	for (enum lane i = 0; i < LANES; i++) {
		o->lanes[i].o = o;
		o->lanes[i].lane = i;
		o->lanes[i].last = &o->lanes[i].first;
	}
	for (enum lane i = 0; i < LANES && r >= 0; i++)
		r = open_lane(o, i);
	if (r < 0) {
		outbox_free(o);
		return r;
	}
	*ret = o;
	return 0;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < LANES; i++) {
		struct lane_state *l = &o->lanes[i];

		hj_ipc_client_free(l->client);
		sd_event_source_disable_unref(l->retry);
		while (l->first)
			drop_first(l);
	}
	free(o);
}
