/* See book.h. The array is small (some hundreds) and sorted by id because ids only grow, so it is searched by halves;
 * (code, key) of an open event is searched from one end to the other. */
#include "book.h"
#include "hjgate/event.h"
#include "hjgate/ipc.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>

static const char *const trusts[] = { "none", "rtc", "platform", "ntp" };

void event_free(struct event *e)
{
	if (!e)
		return;
	free(e->values);
	free(e->cause);
	free(e);
}

static bool copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

struct event *event_copy(const struct event *e)
{
	struct event *copy = malloc(sizeof(*copy));
	bool whole;

	if (!copy)
		return NULL;
	*copy = *e;
	whole = copy_text(&copy->values, e->values);
	whole = copy_text(&copy->cause, e->cause) && whole;
	if (whole)
		return copy;
	event_free(copy);
	return NULL;
}

bool event_is_open(const struct event *e)
{
	return e->spans && e->end_ms == NO_END;
}

json_t *event_to_json(const struct event *e)
{
	const struct hj_event_type *type = hj_event_find(e->code);
	json_t *values = e->values ? json_loads(e->values, 0, NULL) : NULL;
	json_t *j;

	/* The newest of a moment is its end too: only what is open has none. */
	j = json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:I}", "id", (json_int_t)e->id, "code", e->code,
	        "class", hj_event_class_name(type ? type->class : HJ_EVENT_INFO), "key", e->key, "begin",
	        (json_int_t)e->begin_ms, "trust", e->trust < hj_array_size(trusts) ? trusts[e->trust] : "none",
	        "source", e->source, "values", values ? values : json_object(), "count", (json_int_t)e->count);
	if (j && !event_is_open(e))
		json_object_set_new(j, "end", json_integer(e->spans ? e->end_ms : e->begin_ms));
	if (j && e->cause)
		json_object_set_new(j, "cause", json_string(e->cause));
	return j;
}

bool filter_takes(const struct filter *f, const struct event *e)
{
	return e->begin_ms >= f->begin_ms && e->begin_ms < f->end_ms && (!f->open_only || event_is_open(e));
}

/* ---- the array ---- */

static void remove_at(struct book *b, size_t i)
{
	struct event *e = b->events[i];

	b->floor = hj_max(b->floor, e->id);
	if (event_is_open(e))
		b->open--;
	event_free(e);
	b->count--;
	memmove(&b->events[i], &b->events[i + 1], (b->count - i) * sizeof(*b->events));
}

static void remove_first(struct book *b, bool open)
{
	size_t i = 0;

	while (event_is_open(b->events[i]) != open)
		i++;
	remove_at(b, i);
}

void book_trim(struct book *b)
{
	while (b->keep_open && b->open > BOOK_OPEN_MAX) {
		b->untracked++;
		remove_first(b, true);
	}
	while (b->keep_open && b->count - b->open > b->newest)
		remove_first(b, false);
	while (!b->keep_open && b->count > b->newest)
		remove_at(b, 0);
}

static int push(struct book *b, struct event *e)
{
	if (b->count == b->size) {
		size_t size = b->size ? 2 * b->size : 32;
		struct event **events = realloc(b->events, size * sizeof(*events));

		if (!events)
			return -ENOMEM;
		b->events = events;
		b->size = size;
	}
	b->events[b->count++] = e;
	if (event_is_open(e))
		b->open++;
	return 0;
}

static size_t lower_bound(const struct book *b, uint64_t id)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (b->events[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct event *book_find(const struct book *b, uint64_t id)
{
	size_t i = lower_bound(b, id);

	return i < b->count && b->events[i]->id == id ? b->events[i] : NULL;
}

struct event *book_find_open(const struct book *b, const char *code, const char *key)
{
	for (size_t i = b->count; i-- > 0;)
		if (event_is_open(b->events[i]) && !strcmp(b->events[i]->code, code) &&
		        !strcmp(b->events[i]->key, key))
			return b->events[i];
	return NULL;
}

void book_done(struct book *b)
{
	for (size_t i = 0; i < b->count; i++)
		event_free(b->events[i]);
	free(b->events);
	b->events = NULL;
	b->count = b->size = b->open = 0;
}

/* ---- rows ---- */

static struct event *add(struct book *b, uint64_t seq, const struct row *row, int *ret_error)
{
	struct event e = {
		.id = seq, .begin_ms = row->time_ms, .end_ms = NO_END, .count = row->count ? row->count : 1,
		.trust = row->trust, .spans = row->is == ROW_BEGIN, .values = row->values, .cause = row->cause,
	}, *copy;

	hj_text_copy(e.code, sizeof(e.code), row->code);
	hj_text_copy(e.key, sizeof(e.key), row->key);
	hj_text_copy(e.source, sizeof(e.source), row->source);
	if (b->filter && !(e.begin_ms >= b->filter->begin_ms && e.begin_ms < b->filter->end_ms))
		return NULL;
	copy = event_copy(&e);
	if (!copy || push(b, copy) < 0) {
		event_free(copy);
		*ret_error = -ENOMEM;
		return NULL;
	}
	return book_find(b, seq);
}

/* What the end tells replaces what the begin told of the same name: how many were lost is known at the end only. */
static int merge_values(struct event *e, const char *more)
{
	_cleanup_json_ json_t *to = e->values ? json_loads(e->values, 0, NULL) : json_object();
	_cleanup_json_ json_t *from = json_loads(more, 0, NULL);
	char *text;

	if (!to || !from || json_object_update(to, from) < 0 || !(text = json_dumps(to, JSON_COMPACT)))
		return -ENOMEM;
	free(e->values);
	e->values = text;
	return 0;
}

static int change(struct book *b, struct event *e, const struct row *row)
{
	e->count += row->count;
	if (row->is == ROW_END && event_is_open(e)) {
		e->end_ms = row->time_ms;
		b->open--;
	}
	if (row->is == ROW_CAUSE) {
		free(e->cause);
		if (!copy_text(&e->cause, row->cause))
			return -ENOMEM;
	}
	return row->values ? merge_values(e, row->values) : 0;
}

struct event *book_apply(struct book *b, uint64_t seq, const struct row *row, int *ret_error)
{
	struct event *e;

	*ret_error = 0;
	if (row_is_event(row))
		return add(b, seq, row, ret_error);
	e = book_find(b, row->of);
	if (e)
		*ret_error = change(b, e, row);
	return e;
}
