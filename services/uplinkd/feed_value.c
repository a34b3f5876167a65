/* The newest value of each point of this uplink, from stored's Watch. Only while real-time data is wanted: the stream
 * wakes us with every sample. While stored is away values grow old, and old values are not sent. */
#include "feed_private.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/now.h"

#define FIRST_VALUES (1 * HJ_USEC_PER_SEC) /* so long the first ones are waited for */

static struct hj212_phrase_newest *place(struct feed *f, uint32_t point)
{
	struct hj212_phrase_newest *list;

	for (size_t i = 0; i < f->newest_count; i++)
		if (f->newest[i].point == point)
			return &f->newest[i];
	list = realloc(f->newest, (f->newest_count + 1) * sizeof(*list));
	if (!list)
		return NULL;
	f->newest = list;
	return &list[f->newest_count++];
}

static void take_sample(struct feed *f, const struct hj_sample *s)
{
	struct hj212_phrase_newest *n = hj212_phrase_map_find(&f->u->map, s->point) ? place(f, s->point) : NULL;

	if (n)
		*n = (struct hj212_phrase_newest){
			.point = s->point, .time_ms = s->time_ms, .value = s->value, .flag = s->flag
		};
}

static void on_values(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;
	struct hj_sample s;
	json_t *j;
	size_t i;

	if (error) {
		f->values_known = false;
		return;
	}
	feed_learn(f, reply);
	json_array_foreach(json_object_get(reply, "samples"), i, j)
	{
		if (hj_sample_from_json(j, &s) == 0)
			take_sample(f, &s);
	}
	f->values_known |= feed_int(reply, "rest", 1) == 0;
	if (f->watch_until && !json_integer_value(json_object_get(reply, "rest"))) {
		f->watch_until = 0;
		uplinkd_pump(f->u);
	}
}

static void on_watch_up(void *userdata)
{
	struct feed *f = userdata;

	if (hj_ipc_client_call(f->watch, "hjgate.Store.Watch", NULL, HJ_IPC_MORE, on_values, f) < 0)
		hj_ipc_client_drop(f->watch);
}

void feed_watch(struct feed *f, bool on)
{
	static const struct hj_ipc_client_events events = { .up = on_watch_up };

	if (on && !f->watch) {
		f->watch_until = hj_now().mono + FIRST_VALUES;
		hj_ipc_client_new(f->u->event, f->path, &events, f,
		        &f->watch); /* without memory every value is absent: flag B */
	}
	if (on || !f->watch)
		return;
	hj_ipc_client_free(f->watch);
	f->watch = NULL;
	f->values_known = false;
}

bool feed_values_known(const struct feed *f)
{
	return f->values_known;
}

hj_usec feed_values_from(const struct feed *f)
{
	return f->watch_until;
}

const struct hj212_phrase_newest *feed_newest(const struct feed *f, size_t *ret_count)
{
	*ret_count = f->newest_count;
	return f->newest;
}
