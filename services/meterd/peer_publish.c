/* The newest values of all points, from the live stream of stored, for the bus that shows them to others. The values
 * of this bus take the same way, so that all are shown alike. A value is shown for as long as its point may be
 * silent: when its bus, or stored, is away, it grows old, and is shown no longer. */
#include "meterd.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/ipc_client.h"
#include "hjgate/now.h"
#include "hjgate/record_json.h"
#include "hjgate/service.h"

#define LATE_PART  2                     /* of its interval: the next sample may come so much late */
#define LATE_LEAST (5 * HJ_USEC_PER_SEC) /* and on its way through the store so much */

/* A point that is shown, as the store numbers it. */
struct shown {
	const char *name;
	uint32_t number; /* 0: the store does not know it yet */
	uint32_t interval_ms;
};

struct publish {
	struct bus *bus;
	struct hj_ipc_client *watch;
	struct shown *shown; /* each name once */
	size_t count;
};

/* ---- what came ---- */

static struct shown *find_name(struct publish *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->shown[i].name, name))
			return &p->shown[i];
	return NULL;
}

static struct shown *find_number(struct publish *p, uint32_t number)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->shown[i].number == number)
			return &p->shown[i];
	return NULL;
}

/* A name means its newest number. What the older one said was in another unit, or of another factor. */
static void learn(struct publish *p, json_t *j)
{
	struct hj_point point;
	struct shown *s;

	if (hj_point_from_json(j, &point) < 0 || !point.number)
		return;
	s = find_name(p, point.name);
	if (!s || point.number < s->number)
		return;
	if (s->number && s->number != point.number)
		p->bus->ops->show(p->bus, s->name, NAN, 0);
	s->number = point.number;
	s->interval_ms = point.interval_ms;
}

static void take(struct publish *p, json_t *j, const struct hj_now *now)
{
	struct hj_sample sample;
	struct shown *s;
	hj_usec late, age;

	if (hj_sample_from_json(j, &sample) < 0 || !sample.point)
		return;
	s = find_number(p, sample.point);
	if (!s)
		return;
	late = (hj_usec)s->interval_ms * HJ_USEC_PER_MS;
	late += hj_max(late / LATE_PART, (hj_usec)LATE_LEAST);
	age = now->wall_ms > sample.time_ms ? (hj_usec)(now->wall_ms - sample.time_ms) * HJ_USEC_PER_MS : 0;
	if (sample.flag != HJ_FLAG_NORMAL || !hj_sample_has_value(&sample) || age >= late)
		p->bus->ops->show(p->bus, s->name, NAN, 0);
	else
		p->bus->ops->show(p->bus, s->name, sample.value, now->mono + late - age);
}

static void on_values(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct publish *p = userdata;
	struct hj_now now = hj_now();
	json_t *j;
	size_t i;

	(void)continues;
	if (error)
		return; /* `up` begins again */
	json_array_foreach(json_object_get(reply, "points"), i, j)
	{
		learn(p, j);
	}
	json_array_foreach(json_object_get(reply, "samples"), i, j)
	{
		take(p, j, &now);
	}
}

static void on_up(void *userdata)
{
	struct publish *p = userdata;

	if (hj_ipc_client_call(p->watch, "hjgate.Store.Watch", NULL, HJ_IPC_MORE, on_values, p) < 0)
		hj_ipc_client_drop(p->watch);
}

/* ---- a meterd's ---- */

void publish_free(struct publish *p)
{
	if (!p)
		return;
	hj_ipc_client_free(p->watch);
	free(p->shown);
	free(p);
}

static int collect(const struct hj_conf_bus *c, struct publish *p)
{
	p->shown = calloc(c->publish_count, sizeof(*p->shown));
	if (!p->shown)
		return -ENOMEM;
	for (size_t i = 0; i < c->publish_count; i++)
		if (!find_name(p, c->publish[i].point))
			p->shown[p->count++] = (struct shown){ .name = c->publish[i].point };
	return 0;
}

int publish_new(struct meterd *m, const char *root)
{
	static const struct hj_ipc_client_events events = { .up = on_up };
	char path[HJ_PATH_MAX];
	int r;

	if (!m->bus->ops->show || !m->conf.publish_count)
		return 0;
	r = hj_path(root, HJ_DIR_RUN, "stored.peer", path);
	if (r < 0)
		return r;
	m->publish = calloc(1, sizeof(*m->publish));
	if (!m->publish)
		return -ENOMEM;
	m->publish->bus = m->bus;
	r = collect(&m->conf, m->publish);
	return r < 0 ? r : hj_ipc_client_new(m->event, path, &events, m->publish, &m->publish->watch);
}
