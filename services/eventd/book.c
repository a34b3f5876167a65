/* See book.h. The array is small (some hundreds) and sorted by id because ids only grow, so it is searched by halves;
 * (code, key) of an open event is searched from one end to the other. */
#include "book.h"
#include "hjgate/event.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>

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

static bool has_class(const struct filter *f, const char *code)
{
	const struct hj_event_type *type = hj_event_find(code);

	return !f->classes || f->classes >> (type ? type->class : HJ_EVENT_INFO) & 1;
}

static bool has_code(const struct filter *f, const char *code)
{
	for (size_t i = 0; i < f->code_count; i++)
		if (!strcmp(f->codes[i], code))
			return true;
	return !f->code_count;
}

bool filter_may_take(const struct filter *f, const struct event *e)
{
	return (!f->id || f->id == e->id) && e->begin_ms >= f->begin_ms && e->begin_ms < f->end_ms &&
	       has_code(f, e->code) && has_class(f, e->code);
}

bool filter_takes(const struct filter *f, const struct event *e)
{
	return filter_may_take(f, e) && (!f->open_only || event_is_open(e));
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
	struct event e = { .id = seq,
		.begin_ms = row->time_ms,
		.end_ms = NO_END,
		.last_ms = NO_END,
		.count = row->count ? row->count : 1,
		.trust = row->trust,
		.spans = row->is == ROW_BEGIN,
		.values = row->values,
		.cause = row->cause };
	struct event *copy;

	hj_text_copy(e.code, sizeof(e.code), row->code);
	hj_text_copy(e.key, sizeof(e.key), row->key);
	hj_text_copy(e.source, sizeof(e.source), row->source);
	if (b->filter && !filter_may_take(b->filter, &e))
		return NULL;
	copy = event_copy(&e);
	if (!copy || push(b, copy) < 0) {
		event_free(copy);
		*ret_error = -ENOMEM;
		return NULL;
	}
	return book_find(b, seq);
}

static int change(struct book *b, struct event *e, const struct row *row)
{
	e->count += row->count;
	if (row->count)
		e->last_ms = row->time_ms;
	if (row->is == ROW_END && event_is_open(e)) {
		e->end_ms = row->time_ms;
		e->end_trust = row->trust;
		b->open--;
	}
	if (row->is == ROW_CAUSE) {
		free(e->cause);
		if (!copy_text(&e->cause, row->cause))
			return -ENOMEM;
	}
	return row->values ? values_merge(&e->values, row->values) : 0;
}

struct event *book_apply(struct book *b, uint64_t seq, const struct row *row, int *ret_error)
{
	struct event *e;

	*ret_error = 0;
	if (row->is == ROW_SHIFT)
		return NULL;
	if (row_is_event(row))
		return add(b, seq, row, ret_error);
	e = book_find(b, row->of);
	if (e)
		*ret_error = change(b, e, row);
	return e;
}
