/* Lists on their way to who asked. What is to be sent is copied once and turned into JSON a part at a time, as fast
 * as the client reads; who follows and does not read is let go when too much waits for him. What waits for all of
 * them is bounded, too: beyond that a list is refused, and who follows and is behind is let go. Who asks for what is
 * not in RAM waits in a line: the ledger is read for one at a time, in slices, for daemons first. */
#include "api_event.h"
#include "eventd.h"
#include "search.h"
#include "hjgate/ipc.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#define PART_BYTES      (32u << 10)  /* of one message of several */
#define SINGLE_BYTES    (192u << 10) /* of the one message of who did not ask for more; HJ_IPC_MESSAGE_MAX is above */
#define STREAM_WAIT_MAX 2000         /* events that wait for one client */
#define STREAMS_BYTES   (8u << 20)   /* of the events that wait for all clients; more only for who has read all */
#define PARTS_AHEAD     2            /* messages queued for a client that has not read them yet */

struct stream {
	struct stream *next;
	struct eventd *d;
	struct hj_ipc_call *call;
	struct event **events;
	size_t count, size, sent;
	bool follow, first, draining, over;
	struct filter wanted, filter; /* filter: of what is followed, by what never changes */
	struct search *search;        /* it waits for this */
	size_t limit;
};

static size_t bytes_in_ram(const struct event *e)
{
	return sizeof(*e) + (e->values ? strlen(e->values) : 0) + (e->cause ? strlen(e->cause) : 0);
}

static void stream_drop(struct stream *s)
{
	s->d->streams_bytes -= bytes_in_ram(s->events[s->sent]);
	event_free(s->events[s->sent++]);
}

static void stream_free(struct stream *s)
{
	while (s->sent < s->count)
		stream_drop(s);
	free(s->events);
	search_free(s->search);
	hj_ipc_call_unref(s->call);
	free(s);
}

static int stream_add(struct stream *s, const struct event *e)
{
	size_t wait = s->count - s->sent;

	if (wait >= STREAM_WAIT_MAX || (wait && s->d->streams_bytes > STREAMS_BYTES))
		return -ENOBUFS;
	/* A client that is always a little behind never empties the array: what was sent gives way before it
	 * grows. */
	if (s->count == s->size && s->sent > s->size / 2) {
		s->count -= s->sent;
		memmove(s->events, s->events + s->sent, s->count * sizeof(*s->events));
		s->sent = 0;
	}
	if (s->count == s->size) {
		size_t size = s->size ? 2 * s->size : 16;
		struct event **events = realloc(s->events, size * sizeof(*events));

		if (!events)
			return -ENOMEM;
		s->events = events;
		s->size = size;
	}
	s->events[s->count] = event_copy(e);
	if (!s->events[s->count])
		return -ENOMEM;
	s->count++;
	s->d->streams_bytes += bytes_in_ram(e);
	return 0;
}

/* ---- sending ---- */

/* At most what its JSON takes: six bytes for a character that must be written as \u0000. */
static size_t bytes_of(const struct event *e)
{
	return 300 + 6 * (strlen(e->key) + strlen(e->source) + (e->cause ? strlen(e->cause) : 0)) +
	       (e->values ? strlen(e->values) : 0);
}

static json_t *next_part(struct stream *s, size_t most)
{
	json_t *list = json_array(), *part;
	size_t bytes = 0;

	while (list && s->sent < s->count && (bytes += bytes_of(s->events[s->sent])) <= most) {
		json_array_append_new(list, event_to_json(s->events[s->sent]));
		stream_drop(s);
	}
	if (s->sent == s->count) {
		free(s->events);
		s->events = NULL;
		s->count = s->size = s->sent = 0;
	}
	part = json_pack("{s:o}", "events", list);
	if (!s->d->known)
		json_object_set_new(part, "unread", json_true());
	return part;
}

/* The client has read what was queued. */
static void drained(struct hj_ipc_call *call, void *userdata)
{
	struct stream *s = userdata;

	s->draining = false;
	eventd_pump(s->d);
}

static void left(struct hj_ipc_call *call, void *userdata)
{
	struct stream *s = userdata;

	s->over = true;
	s->draining = false;
	eventd_pump(s->d);
}

/* Who did not ask for more gets the newest part only: one message is all there is. */
static void send_single(struct stream *s)
{
	size_t first = s->count, bytes = 0;

	while (first > s->sent && (bytes += bytes_of(s->events[first - 1])) <= SINGLE_BYTES)
		first--;
	while (s->sent < first)
		stream_drop(s);
	hj_ipc_reply(s->call, next_part(s, SINGLE_BYTES));
	s->over = true;
}

static void stream_pump(struct stream *s)
{
	if (s->over || s->search)
		return;
	if (!hj_ipc_call_more(s->call)) {
		send_single(s);
		return;
	}
	while (!s->over && (s->sent < s->count || s->first)) {
		json_t *part;

		if (hj_ipc_call_queued(s->call) >= PARTS_AHEAD)
			break;
		s->first = false;
		part = next_part(s, PART_BYTES);
		if (!s->follow && s->sent == s->count) {
			hj_ipc_reply(s->call, part);
			s->over = true;
		} else if (hj_ipc_reply_more(s->call, part) < 0) {
			return; /* it is leaving, and left() comes */
		}
	}
	if (!s->over && s->sent < s->count && !s->draining) {
		s->draining = true;
		hj_ipc_call_on_drain(s->call, drained, s);
	}
}

void eventd_pump(struct eventd *d)
{
	struct stream **p = &d->streams;
	bool ended = false;

	for (struct stream *s = d->streams; s; s = s->next)
		stream_pump(s);
	while (*p) {
		struct stream *s = *p;

		if (s->over) {
			*p = s->next;
			stream_free(s);
			ended = true;
		} else {
			p = &s->next;
		}
	}
	if (ended)
		malloc_trim(0); /* a list of a thousand events takes a megabyte of the heap */
}

void eventd_changed(struct eventd *d, const struct event *e)
{
	for (struct stream *s = d->streams; s; s = s->next)
		if (s->follow && !s->over && !s->search && filter_may_take(&s->filter, e) && stream_add(s, e) < 0) {
			hj_ipc_call_on_drain(s->call, NULL, NULL);
			hj_ipc_fail(s->call, "hjgate.Event.TooSlow", NULL);
			s->over = true;
		}
}

void eventd_end_streams(struct eventd *d)
{
	while (d->streams) {
		struct stream *s = d->streams;

		d->streams = s->next;
		stream_free(s);
	}
}

/* ---- choosing ---- */

static int add_all(struct stream *s, const struct book *b, const struct filter *f, size_t limit)
{
	size_t first = b->count, n = 0;

	while (first > 0 && n < limit)
		n += filter_takes(f, b->events[--first]);
	for (; first < b->count; first++)
		if (filter_takes(f, b->events[first])) {
			int r = stream_add(s, b->events[first]);

			if (r < 0)
				return r;
		}
	return 0;
}

/* Whether the newest `limit` that match are all in RAM; or all that there is. */
static bool is_in_ram(const struct eventd *d, const struct filter *f, size_t limit)
{
	size_t n = 0;

	if (f->open_only || !d->ledger || d->book.floor < hj_ledger_first(d->ledger))
		return true;
	for (size_t i = d->book.count; i-- > 0 && d->book.events[i]->id > d->book.floor;)
		n += filter_takes(f, d->book.events[i]);
	return n >= limit;
}

/* Daemons before who looks, each in the order of asking; the newest stream is the first. */
static struct stream *next_search(const struct eventd *d)
{
	struct stream *found = NULL;

	for (struct stream *s = d->streams; s; s = s->next) {
		bool behind =
		        found && hj_ipc_call_right(found->call) == HJ_PEER && hj_ipc_call_right(s->call) != HJ_PEER;

		if (s->search && !s->over && !behind)
			found = s;
	}
	return found;
}

static int go_on_searching(struct eventd *d);

static void fail(struct stream *s, int r)
{
	hj_ipc_call_on_drain(s->call, NULL, NULL);
	hj_ipc_fail(s->call, "hjgate.Failed", json_pack("{s:i, s:s}", "errno", -r, "text", strerror(-r)));
	s->over = true;
}

static int on_search(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct eventd *d = userdata;
	struct stream *s = next_search(d);
	bool in_ram = s && is_in_ram(d, &s->wanted, s->limit); /* the ledger may be gone meanwhile */
	int r = s && !in_ram ? search_slice(s->search, d) : 0;

	(void)source;
	(void)usec;
	if (s && r <= 0) {
		r = r < 0 ? r : add_all(s, in_ram ? &d->book : search_found(s->search), &s->wanted, s->limit);
		search_free(hj_steal(s->search));
		if (r < 0)
			fail(s, r);
		eventd_pump(d);
	}
	return go_on_searching(d);
}

/* A timer that is due, since each turn of it stands behind those who came meanwhile: a deferred one would not. */
static int go_on_searching(struct eventd *d)
{
	const struct stream *s = next_search(d);
	int r = 0;

	if (!s)
		return 0;
	if (!d->searching)
		r = sd_event_add_time(d->event, &d->searching, CLOCK_BOOTTIME, 0, 1, on_search, d);
	r = r < 0 ? r : sd_event_source_set_priority(d->searching, hj_ipc_priority(hj_ipc_call_right(s->call)));
	return r < 0 ? r : sd_event_source_set_enabled(d->searching, SD_EVENT_ONESHOT);
}

static int choose(struct eventd *d, struct stream *s)
{
	if (is_in_ram(d, &s->wanted, s->limit))
		return add_all(s, &d->book, &s->wanted, s->limit);
	s->search = search_new(&s->wanted, s->limit);
	return s->search ? 0 : -ENOMEM;
}

int eventd_list(struct eventd *d, const struct filter *f, size_t limit, bool follow, struct hj_ipc_call *call)
{
	struct stream *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->d = d;
	s->call = hj_ipc_call_ref(call);
	s->follow = follow;
	s->first = true;
	s->limit = limit;
	s->wanted = s->filter = *f;
	s->filter.begin_ms = INT64_MIN; /* what began before may end now */
	s->filter.end_ms = INT64_MAX;
	r = choose(d, s);
	if (r < 0) {
		stream_free(s);
		return r;
	}
	hj_ipc_call_on_left(call, left, s);
	s->next = d->streams;
	d->streams = s;
	r = go_on_searching(d);
	if (r < 0)
		fail(s, r);
	eventd_pump(d);
	return 0;
}
