/* See peer_outbox.h. */
#include "peer_outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/ipc.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "judged.h"

#define RETRY_AFTER   (2 * HJ_USEC_PER_SEC)
#define KEEP_AFTER    (5 * HJ_USEC_PER_SEC) /* the last one was taken: then that is kept, too */
#define EVENTS_LOOKED 1000                  /* newest events that what was loaded is compared with */

/* As text: many of them wait where stored is away, and a tree is ten times as large. */
struct entry {
	struct entry *next;
	int64_t time_ms;
	bool loaded; /* it may have been taken already */
	char text[];
};

struct lane_state {
	struct outbox *o;
	struct hj_ipc_client *client;
	const char *method;
	struct entry *first, **last;
	bool under_way, looked; /* looked: what was loaded has been compared */
	sd_event_source *retry;
};

struct outbox {
	struct judged *d;
	struct lane_state lanes[LANES];
	sd_event_source *keep;
	unsigned long long waiting, taken, lost;
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

/* The oldest that is not under way: the newest says best how things are. */
static void give_way(struct outbox *o)
{
	struct lane_state *l = &o->lanes[o->lanes[LANE_EVENT].first ? LANE_EVENT : LANE_RECORD];

	if (!o->lost++)
		hj_error("more than %d conclusions wait: the oldest give way and are lost", OUTBOX_MAX);
	if (!l->under_way) {
		drop_first(l);
	} else if (l->first->next) {
		struct entry *second = l->first->next;

		l->first->next = second->next;
		if (!second->next)
			l->last = &l->first->next;
		o->waiting--;
		free(second);
	}
}

static void append(struct outbox *o, enum lane lane, json_t *parameters, bool loaded)
{
	struct lane_state *l = &o->lanes[lane];
	_cleanup_free_ char *text = json_dumps(parameters, JSON_COMPACT);
	struct entry *e = text ? malloc(sizeof(*e) + strlen(text) + 1) : NULL;

	if (!e) {
		o->lost++;
		return;
	}
	if (o->waiting >= OUTBOX_MAX)
		give_way(o);
	*e = (struct entry){ .loaded = loaded };
	e->time_ms = json_integer_value(json_object_get(parameters, lane == LANE_EVENT ? "time" : "label"));
	strcpy(e->text, text);
	*l->last = e;
	l->last = &e->next;
	o->waiting++;
}

void outbox_put(struct outbox *o, enum lane lane, json_t *parameters)
{
	if (parameters)
		append(o, lane, parameters, false);
	else
		o->lost++;
	json_decref(parameters);
}

/* ---- what was taken already ---- */

static bool is_same_event(json_t *event, json_t *entry)
{
	const char *phase = json_string_value(json_object_get(entry, "phase"));
	const char *const same[] = { "code", "key" };
	json_int_t time = json_integer_value(json_object_get(entry, "time"));

	for (size_t i = 0; i < hj_array_size(same); i++)
		if (!json_equal(json_object_get(event, same[i]), json_object_get(entry, same[i])))
			return false;
	return phase && json_integer_value(json_object_get(event, strcmp(phase, "end") ? "begin" : "end")) == time;
}

static bool is_same_record(json_t *record, json_t *entry)
{
	return json_equal(json_object_get(record, "label"), json_object_get(entry, "label")) &&
	       json_equal(json_object_get(record, "body"), json_object_get(entry, "body"));
}

static bool is_taken(const struct lane_state *l, json_t *list, const struct entry *e)
{
	_cleanup_json_ json_t *entry = json_loads(e->text, 0, NULL);
	bool event = l == &l->o->lanes[LANE_EVENT];
	json_t *other;
	size_t i;

	json_array_foreach(list, i, other)
	{
		if (entry && (event ? is_same_event(other, entry) : is_same_record(other, entry)))
			return true;
	}
	return false;
}

static void on_looked(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct lane_state *l = userdata;
	bool event = l == &l->o->lanes[LANE_EVENT];
	json_t *list = json_object_get(reply, event ? "events" : "records");

	if (error) {
		l->under_way = false;
		return; /* is_up() looks again */
	}
	for (struct entry **at = &l->first; *at;) {
		struct entry *e = *at;

		if (!e->loaded || !is_taken(l, list, e)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		l->o->waiting--;
		free(e);
	}
	for (l->last = &l->first; *l->last; l->last = &(*l->last)->next)
		;
	if (continues)
		return;
	l->under_way = false;
	l->looked = true;
	pump(l);
}

static void look(struct lane_state *l)
{
	bool event = l == &l->o->lanes[LANE_EVENT];
	int64_t since = HJ_TIME_MAX_MS;
	json_t *p;

	for (const struct entry *e = l->first; e; e = e->next)
		if (e->loaded)
			since = hj_min(since, e->time_ms);
	if (since == HJ_TIME_MAX_MS) {
		l->looked = true;
		return;
	}
	p = event ? json_pack("{s:i}", "limit", EVENTS_LOOKED)
	          : json_pack("{s:s, s:I, s:I}", "kind", hj_kind_name(HJ_KIND_STATUS), "begin", (json_int_t)since,
	                    "end", (json_int_t)HJ_TIME_MAX_MS);
	l->under_way = hj_ipc_client_call(l->client, event ? "hjgate.Event.List" : "hjgate.Store.Query", p,
	                       HJ_IPC_MORE, on_looked, l) >= 0;
}

/* ---- on its way ---- */

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

static void on_taken(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct lane_state *l = userdata;
	struct outbox *o = l->o;

	l->under_way = false;
	if (error && !is_for_good(error)) {
		if (hj_ipc_client_is_up(l->client))
			again(l);
		return; /* is_up() says it again */
	}
	if (error) {
		hj_error("%s refuses a conclusion (%s): it is lost: %s", l->method, error, l->first->text);
		o->lost++;
	} else {
		o->taken++;
	}
	drop_first(l);
	if (!o->waiting) {
		sd_event_source_set_time(o->keep, hj_now().mono + KEEP_AFTER);
		sd_event_source_set_enabled(o->keep, SD_EVENT_ONESHOT);
	}
	pump(l);
}

static void pump(struct lane_state *l)
{
	json_t *p;

	if (l->under_way || !l->first || !hj_ipc_client_is_up(l->client))
		return;
	if (!l->looked)
		look(l);
	if (l->under_way || !l->first)
		return;
	p = json_loads(l->first->text, 0, NULL);
	l->under_way = p && hj_ipc_client_call(l->client, l->method, p, 0, on_taken, l) >= 0;
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

static int on_keep(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct outbox *o = userdata;

	keep_save(o->d);
	return 0;
}

/* ---- kept ---- */

json_t *outbox_save(const struct outbox *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < LANES; i++)
		for (const struct entry *e = o->lanes[i].first; e; e = e->next)
			json_array_append_new(list, json_pack("[i, o]", (int)i, json_loads(e->text, 0, NULL)));
	return list;
}

void outbox_load(struct outbox *o, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		json_int_t lane = json_integer_value(json_array_get(item, 0));
		json_t *parameters = json_array_get(item, 1);

		if (lane >= 0 && lane < LANES && json_is_object(parameters))
			append(o, (enum lane)lane, parameters, true);
	}
}

void outbox_state(const struct outbox *o, struct outbox_state *ret)
{
	*ret = (struct outbox_state){ o->waiting, o->taken, o->lost };
}

/* ---- the whole ---- */

static int open_lane(struct outbox *o, enum lane lane, const char *socket, const char *method)
{
	static const struct hj_ipc_client_events events = { .up = is_up };
	struct lane_state *l = &o->lanes[lane];
	char path[HJ_PATH_MAX];
	int r = hj_path(o->d->root, HJ_DIR_RUN, socket, path);

	l->method = method;
	if (r >= 0)
		r = sd_event_add_time(o->d->event, &l->retry, CLOCK_BOOTTIME, 0, 0, on_retry, l);
	if (r >= 0)
		r = sd_event_source_set_enabled(l->retry, SD_EVENT_OFF);
	return r < 0 ? r : hj_ipc_client_new(o->d->event, path, &events, l, &l->client);
}

int outbox_new(struct judged *d, struct outbox **ret)
{
	struct outbox *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	o->d = d;
	for (size_t i = 0; i < LANES; i++) {
		o->lanes[i].o = o;
		o->lanes[i].last = &o->lanes[i].first;
	}
	r = open_lane(o, LANE_EVENT, "eventd.peer", "hjgate.Event.Log");
	if (r >= 0)
		r = open_lane(o, LANE_RECORD, "stored.peer", "hjgate.Store.Put");
	if (r >= 0)
		r = sd_event_add_time(d->event, &o->keep, CLOCK_BOOTTIME, 0, 0, on_keep, o);
	if (r >= 0)
		r = sd_event_source_set_enabled(o->keep, SD_EVENT_OFF);
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
	sd_event_source_disable_unref(o->keep);
	free(o);
}
