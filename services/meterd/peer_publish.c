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

/* One row of conf->publish. */
struct shown {
	uint32_t number; /* of its point in the store; 0: not known there yet */
	uint32_t interval_ms;
};

struct publish {
	struct bus *bus;
	const struct hj_conf_bus *conf;
	struct hj_ipc_client *watch;
	struct shown *shown;           /* as conf->publish */
	uint16_t *by_name, *by_number; /* of them; several may have the same */
	bool learnt;                   /* by_number is not sorted any more */
};

/* ---- finding them ---- */

static int compare_names(const void *a, const void *b, void *userdata)
{
	const struct hj_conf_published *list = userdata;

	return strcmp(list[*(const uint16_t *)a].point, list[*(const uint16_t *)b].point);
}

static int compare_numbers(const void *a, const void *b, void *userdata)
{
	const struct shown *list = userdata;
	uint32_t x = list[*(const uint16_t *)a].number, y = list[*(const uint16_t *)b].number;

	return (x > y) - (x < y);
}

/* The first place in by_name with this name, or a later one. */
static size_t seek_name(const struct publish *p, const char *name)
{
	size_t low = 0, high = p->conf->publish_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(p->conf->publish[p->by_name[middle]].point, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t seek_number(const struct publish *p, uint32_t number)
{
	size_t low = 0, high = p->conf->publish_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (p->shown[p->by_number[middle]].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- what came ---- */

/* A name means its newest number. What the older one said was in another unit, or of another factor. */
static void learn(struct publish *p, json_t *j)
{
	struct hj_point point;

	if (hj_point_from_json(j, &point) < 0 || !point.number)
		return;
	for (size_t i = seek_name(p, point.name); i < p->conf->publish_count; i++) {
		struct shown *s = &p->shown[p->by_name[i]];

		if (strcmp(p->conf->publish[p->by_name[i]].point, point.name) != 0)
			return;
		if (point.number < s->number)
			continue;
		if (s->number && s->number != point.number)
			p->bus->ops->show(p->bus, p->by_name[i], NAN, 0);
		p->learnt = p->learnt || s->number != point.number;
		s->number = point.number;
		s->interval_ms = point.interval_ms;
	}
}

static void show(struct publish *p, size_t which, const struct hj_sample *sample, const struct hj_now *now)
{
	hj_usec late = (hj_usec)p->shown[which].interval_ms * HJ_USEC_PER_MS, age;

	late += hj_max(late / LATE_PART, (hj_usec)LATE_LEAST);
	age = now->wall_ms > sample->time_ms ? (hj_usec)(now->wall_ms - sample->time_ms) * HJ_USEC_PER_MS : 0;
	if (sample->flag != HJ_FLAG_NORMAL || !hj_sample_has_value(sample) || age >= late)
		p->bus->ops->show(p->bus, which, NAN, 0);
	else
		p->bus->ops->show(p->bus, which, sample->value, now->mono + late - age);
}

static void take(struct publish *p, json_t *j, const struct hj_now *now)
{
	struct hj_sample sample;

	if (hj_sample_from_json(j, &sample) < 0 || !sample.point)
		return;
	for (size_t i = seek_number(p, sample.point); i < p->conf->publish_count; i++) {
		if (p->shown[p->by_number[i]].number != sample.point)
			return;
		show(p, p->by_number[i], &sample, now);
	}
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
	if (p->learnt)
		qsort_r(p->by_number, p->conf->publish_count, sizeof(*p->by_number), compare_numbers, p->shown);
	p->learnt = false;
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
	free(p->by_name);
	free(p->by_number);
	free(p);
}

static int sort(struct publish *p)
{
	size_t n = p->conf->publish_count;

	p->shown = calloc(n, sizeof(*p->shown));
	p->by_name = calloc(n, sizeof(*p->by_name));
	p->by_number = calloc(n, sizeof(*p->by_number));
	if (!p->shown || !p->by_name || !p->by_number)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		p->by_name[i] = p->by_number[i] = (uint16_t)i;
	qsort_r(p->by_name, n, sizeof(*p->by_name), compare_names, p->conf->publish);
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
	m->publish->conf = &m->conf;
	r = sort(m->publish);
	return r < 0 ? r : hj_ipc_client_new(m->event, path, &events, m->publish, &m->publish->watch);
}
